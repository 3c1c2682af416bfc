#pragma once

#include "context.hpp"

namespace ol::exchange {

/// Whether a bucket can be liquidated: its value at mark against what it must hold
/// (dex.md 8.1, 12.1). Micro-dollars.
struct Health {
  Int128 av = 0;
  Int128 mm = 0;
};

/// Value and requirements of a bucket: an account's cross positions, or one isolated position
/// (dex.md 8). Micro-dollars.
struct Bucket {
  Int128 av = 0;   // account value at mark
  Int128 mm = 0;   // maintenance margin
  Int128 im = 0;   // initial margin of exposure, resting orders included (8.2)
  Int128 ntl = 0;  // sum of |szi| * mark

  /// dex.md 12.1.
  [[nodiscard]] bool liquidatable() const { return av < mm; }
};

/// Whether `settle_funding` would change anything.
[[nodiscard]] inline bool funding_is_due(const State& state, AccountIndex account) {
  for (const State::Place& place : state.perps_of(account)) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi != 0 && perp.fund_idx != state.markets[perp.market].cum_funding) return true;
  }
  return false;
}

/// `settle_funding` where it is due.
void settle_due_funding(Context& ctx, AccountIndex account);

/// Pays what funding has accrued on an account's positions (dex.md 11.3). Every reader of margin
/// calls it first.
inline void settle_funding(Context& ctx, AccountIndex account) {
  if (funding_is_due(ctx.state, account)) settle_due_funding(ctx, account);
}

/// The exposure of dex.md 8.2 in lots: of a position, lots that buy and lots that sell.
[[nodiscard]] inline Int128 exposure(std::int64_t szi, Int128 buy_lots, Int128 sell_lots) {
  return max128(abs128(szi + buy_lots), abs128(szi - sell_lots));
}
[[nodiscard]] inline Int128 exposure(const PerpState& perp) {
  return exposure(perp.szi, perp.buy_lots, perp.sell_lots);
}

/// What resting opening orders of an isolated asset reserve in the cross bucket (dex.md 8.2).
[[nodiscard]] Int128 isolated_reserve(const State& state, const PerpState& perp);

[[nodiscard]] Bucket cross_bucket(const State& state, AccountIndex account);
[[nodiscard]] Bucket isolated_bucket(const State& state, const PerpState& perp);
/// Of the bucket that the account's position in a market belongs to.
[[nodiscard]] Health health_of(const State& state, AccountIndex account, MarketIndex market);
/// The bucket that the account's position in a market belongs to.
[[nodiscard]] Bucket bucket_of(const State& state, AccountIndex account, MarketIndex market);

/// Free of dex.md 8.3.
[[nodiscard]] Int128 free_margin(const State& state, AccountIndex account);
/// The same if the account's exposure in one market, where it is cross, were that.
[[nodiscard]] Int128 free_margin_with(const State& state, AccountIndex account, MarketIndex market,
                                      Int128 exposed);
/// What Withdrawable is before it is cut at zero: below, what an account is short of.
[[nodiscard]] Int128 spare_cash(const State& state, AccountIndex account);
/// Withdrawable of dex.md 8.4; never more than keeps Free at zero or above.
[[nodiscard]] Int128 withdrawable(const State& state, AccountIndex account);
/// The same rule on an isolated bucket (dex.md 8.5).
[[nodiscard]] Int128 isolated_withdrawable(const State& state, const PerpState& perp);

}  // namespace ol::exchange
