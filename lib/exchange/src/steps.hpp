#pragma once

#include "context.hpp"

namespace ol::exchange {

// The system steps of a block (dex.md 5.1).

/// S0: prices and funding.
[[nodiscard]] bool submit_oracle(Context& ctx, const OracleSubmit& submit);
[[nodiscard]] bool set_oracle(Context& ctx, const SetOracle& action);
/// Aggregates submissions of assets that got new ones, recomputes marks, samples premiums and pays
/// hourly funding.
void update_prices(Context& ctx);
void update_funding(Context& ctx);

/// S1: expiry of orders, scheduled cancels, daily volumes.
void expire_orders(Context& ctx);
void run_scheduled_cancels(Context& ctx);
void roll_volumes(Context& ctx);
/// Status 4: cancels all orders and closes every position at the mark (dex.md 3).
void settle_market(Context& ctx, MarketIndex market);

/// S2: the liquidation ladder (dex.md 12).
void run_liquidations(Context& ctx);

/// S3: fired triggers, then due TWAP slices (dex.md 4), then the backstop vault's quotes (13.3).
void run_triggers(Context& ctx);
void run_twaps(Context& ctx);
/// One reduce-only post-only order for each position of the backstop vault, at the mark or better.
void quote_backstop(Context& ctx);

/// The protective price of a slice: mark +/- 3 %, on a tick, never past the band (dex.md 4.2).
[[nodiscard]] std::uint64_t slice_px(const Context& ctx, MarketIndex market, Side side);

/// Whether an ordinary slice of the TWAP, a part of its size rounded down to a lot, is worth the
/// least that an order must be, at the price it would have now; or would close the position, to
/// which that does not apply (dex.md 4.2, 4.5). Smaller ones would all be refused, unseen.
[[nodiscard]] bool slices_reach_min(const Context& ctx, AccountIndex account, MarketIndex market,
                                    const TwapOrder& twap);

/// Whether the market's oracle price is so old that nothing but closing happens (dex.md 10.4).
[[nodiscard]] bool is_dead(const Context& ctx, MarketIndex market);

}  // namespace ol::exchange
