#include <algorithm>

#include "margin.hpp"
#include "matching.hpp"
#include "placing.hpp"
#include "steps.hpp"

// How the backstop vault gets rid of what it took over: dex.md 13.3.

namespace ol::exchange {
namespace {

// Small enough that whoever trades with it moves the vault little, and what would be left is taken
// along.
std::uint64_t quote_sz(const Context& ctx, const PerpState& perp) {
  const State& state = ctx.state;
  const Int128 lots = abs128(perp.szi);
  const Int128 mark = state.markets[perp.market].mark;
  const Int128 most = ctx.params.unwind_usd;
  if (lots * mark <= 2 * most) return must_u64(lots);
  const Int128 lot = state.info(perp.market).config.lot_sz;
  return must_u64(max128(lot, most / mark / lot * lot));
}

// The mark, or one tick behind the best opposite order if that is better: it never takes.
std::uint64_t quote_px(const Context& ctx, MarketIndex market, Side side) {
  const State& state = ctx.state;
  const Int128 tick = state.info(market).config.tick_px;
  const Int128 mark = state.markets[market].mark;
  const auto opposing = state.orders.book(market).best_tick(opposite(side));
  if (side == Side::Sell) {
    const Int128 above = opposing ? Int128{*opposing} + 1 : 0;
    return must_u64(max128(ceil_div(mark, tick), above) * tick);
  }
  const Int128 below = opposing ? Int128{*opposing} - 1 : mark;
  return must_u64(max128(1, min128(mark / tick, below)) * tick);
}

// Leaves the vault's order in a market where it is if it is as it should be, and says so; takes any
// other away.
bool keeps(Context& ctx, MarketIndex market, const Order& wanted) {
  const std::uint64_t tick = wanted.px / ctx.state.info(market).config.tick_px;
  bool kept = false;
  for (const OrderId oid : ctx.state.orders.orders_of(kBackstopIndex)) {
    const Slot slot = ctx.state.orders.find(oid);
    const OrderNode& node = ctx.state.orders[slot];
    if (node.market != market) continue;
    // An order of the other side is not where one stands that takes nothing.
    const bool fits = !kept && node.tick == tick;
    kept = kept || fits;
    if (!fits) cancel_resting(ctx, slot, CancelReason::UserCanceled);
  }
  return kept;
}

void quote(Context& ctx, MarketIndex market) {
  const PerpState perp = ctx.state.perp_or_default(kBackstopIndex, market);
  Order order;
  order.asset = ctx.state.info(market).config.asset;
  order.side = closing_side(perp.szi);
  order.px = quote_px(ctx, market, order.side);
  order.sz = quote_sz(ctx, perp);
  order.reduce_only = true;
  order.tif = Tif::Alo;
  if (keeps(ctx, market, order)) return;
  // A refusal, as of a halted market, is for the next block to try again.
  static_cast<void>(place_order(ctx, {kBackstopIndex, {}, 0}, order));
}

}  // namespace

void quote_backstop(Context& ctx) {
  std::vector<std::pair<AssetId, MarketIndex>> held;
  for (const State::Place& place : ctx.state.perps_of(kBackstopIndex)) {
    const PerpState& perp = ctx.state.perps[place.index];
    if (perp.szi == 0) continue;
    held.emplace_back(ctx.state.info(perp.market).config.asset, perp.market);
  }
  std::ranges::sort(held);
  for (const auto& [asset, market] : held)
    quote(ctx, market);
}

}  // namespace ol::exchange
