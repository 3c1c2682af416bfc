#include "vault_cash.hpp"

#include <ol/exchange/spot_value.hpp>

#include "accounts.hpp"
#include "fill.hpp"
#include "margin.hpp"
#include "placing.hpp"
#include "steps.hpp"
#include "taken_back.hpp"

// How a vault comes to the cash for a withdrawal: dex.md 13.2, ADR 41.

namespace ol::exchange {
namespace {

// The worst price to sell a token at: as far from the oracle's as a slice from the mark.
std::uint64_t token_px(const Context& ctx, MarketIndex market) {
  const Int128 tick = ctx.state.info(market).config.tick_px;
  const Int128 oracle = ctx.state.markets[market].oracle;
  const Int128 worst = oracle * (kPpb - ctx.params.slice_band_ppb);
  return must_u64(max128(tick, ceil_div(worst, tick * kPpb) * tick));
}

}  // namespace

VaultPart::VaultPart(Context& ctx, AccountIndex vault, Int128 shares, Int128 total_shares)
    : ctx_(ctx),
      vault_(vault),
      shares_(shares),
      total_(total_shares),
      matched_before_(ctx.matched),
      before_(vault_equity(ctx, vault)) {}

Int128 VaultPart::gross() {
  const Int128 now = max128(0, vault_equity(ctx_, vault_));
  const Int128 cost = max128(0, before_ - now);
  const Int128 whole = floor_div(shares_ * max128(0, before_), total_);
  return max128(0, min128(whole - cost, floor_div(shares_ * now, total_)));
}

bool VaultPart::covered() {
  return gross() <= withdrawable(ctx_.state, vault_);
}

void VaultPart::raise_cash() {
  if (covered()) return;
  cancel_orders();
  if (covered()) return;
  move_spot_dollars();
  // Closing costs something, for which a little more is closed.
  for (int pass = 0; pass < 2 && !covered(); ++pass)
    reduce_positions();
  if (covered()) return;
  sell_tokens();
  move_spot_dollars();
}

void VaultPart::cancel_orders() {
  ctx_.walked += ctx_.state.orders.count_of(vault_);
  for (const OrderId oid : ctx_.state.orders.orders_of(vault_)) {
    const Slot slot = ctx_.state.orders.find(oid);
    if (slot != kNoSlot) cancel_resting(ctx_, slot, CancelReason::VaultWithdrawal);
  }
}

void VaultPart::move_spot_dollars() {
  State& state = ctx_.state;
  const SpotBalance* held = state.find_balance(vault_, kUsdToken);
  if (held == nullptr) return;
  const Int128 free = floor_div(Int128{held->total} - held->hold, kWeiPerUsd);
  const Int128 room = Int128{kRawUsdMax} - state.accounts[vault_].raw_usd;
  const Int128 usd = min128(min128(free, room), gross() - spare_cash(state, vault_));
  if (usd <= 0) return;
  state.edit_balance(vault_, kUsdToken).total -= must_u64(usd * kWeiPerUsd);
  state.accounts.edit(vault_).raw_usd += must_i64(usd);
}

// At least the part's share; more where the vault is short of margin, else a leader at its edge
// would keep everybody in: what is left of the value must cover what is left of the requirement.
void VaultPart::reduce_positions() {
  State& state = ctx_.state;
  const Bucket cross = cross_bucket(state, vault_);
  const Int128 needed = max128(cross.im, ceil_div(cross.ntl, 10));
  const Int128 lacking = gross() - spare_cash(state, vault_);
  for (const State::Place place : std::vector(state.perps_of(vault_))) {
    const PerpState& perp = state.perps[place.index];
    if (perp.szi == 0) continue;
    const Int128 held = abs128(perp.szi);
    Int128 part = ceil_div(held * shares_, total_);
    if (!perp.isolated && needed > 0) {
      part = max128(part, ceil_div(held * min128(lacking, needed), needed));
    }
    const Int128 av = perp.isolated ? isolated_bucket(state, perp).av : Int128{0};
    const MarketIndex market = perp.market;
    const Side side = closing_side(perp.szi);
    trade(market, side, part, held, slice_px(ctx_, market, side));
    if (av > 0) release_isolated(market, av);
  }
}

// What an isolated bucket no longer needs of the part's share of it.
void VaultPart::release_isolated(MarketIndex market, Int128 av_before) {
  State& state = ctx_.state;
  const PerpState& perp = *state.find_perp(vault_, market);
  if (perp.szi == 0 || !perp.isolated) return;
  const Int128 usd =
      min128(isolated_withdrawable(state, perp), floor_div(av_before * shares_, total_));
  if (usd <= 0) return;
  state.edit_perp(vault_, market).iso_raw -= must_i64(usd);
  state.accounts.edit(vault_).raw_usd += must_i64(usd);
}

void VaultPart::sell_tokens() {
  State& state = ctx_.state;
  for (const auto& [asset, market] : state.markets_by_asset()) {
    const MarketConfig& config = state.info(market).config;
    if (!tells_dollars(state, market)) continue;
    const SpotBalance* held = state.find_balance(vault_, config.base);
    if (held == nullptr || held->total == 0) continue;
    const Int128 lots = floor_div(held->total, config.base_wei_per_lot);
    const Int128 part = ceil_div(lots * shares_, total_);
    trade(market, Side::Sell, part, lots, token_px(ctx_, market));
    if (covered()) return;
  }
}

// At least the least order that the market takes.
void VaultPart::trade(MarketIndex market, Side side, Int128 lots, Int128 lots_most,
                      std::uint64_t px) {
  const MarketConfig& config = ctx_.state.info(market).config;
  const Int128 wanted = max128(lots, ceil_div(config.min_ntl, px));
  const Int128 whole = ceil_div(wanted, config.lot_sz) * config.lot_sz;
  const Int128 most = floor_div(lots_most, config.lot_sz) * config.lot_sz;
  Order order;
  order.asset = config.asset;
  order.side = side;
  order.px = px;
  order.sz = must_u64(min128(whole, most));
  order.reduce_only = !ctx_.state.info(market).spot();
  order.tif = Tif::Ioc;
  const bool much = ctx_.matched - matched_before_ >= taken_back_max(ctx_.params);
  if (order.sz == 0 || much) return;
  static_cast<void>(place_order(ctx_, {vault_, {}, 0}, order));  // what fills, fills
}

}  // namespace ol::exchange
