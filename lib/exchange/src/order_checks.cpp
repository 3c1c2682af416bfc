#include "order_checks.hpp"

#include <algorithm>

#include "steps.hpp"

namespace ol::exchange {
namespace {

using Failure = std::optional<Error>;

bool has_known_fields(const Order& order) {
  const auto tif = static_cast<std::uint8_t>(order.tif);
  return tif >= 1 && tif <= 4 && static_cast<std::uint8_t>(order.side) <= 1 &&
         static_cast<std::uint8_t>(order.trigger) <= 4 && static_cast<std::uint8_t>(order.stp) <= 3;
}

// A vault trades what its equity knows the value of: a pair with the dollar that has an oracle
// price, to which the band of executions is bound (ADR 41).
Failure check_vault(const Context& ctx, const Placer& placer, MarketIndex market) {
  const Account& account = ctx.state.accounts[placer.account];
  if (account.kind != AccountKind::Vault && placer.account != kBackstopIndex) return std::nullopt;
  const bool valued = ctx.state.info(market).config.quote == kUsdToken && !is_dead(ctx, market);
  if (!valued) return Error::StaleOracle;
  return std::nullopt;
}

Failure check_form(const Context& ctx, MarketIndex market, const Order& order) {
  const MarketConfig& config = ctx.state.info(market).config;
  if (order.px == 0 || order.px % config.tick_px != 0) return Error::BadTick;
  if (order.sz == 0 || order.sz % config.lot_sz != 0) return Error::BadLot;
  if (order.px >= kPxEnd || order.sz >= kSzEnd) return Error::Overflow;
  if (notional(order.px, order.sz) > kOrderNtlMax) return Error::Overflow;
  if (order.good_til != 0 && order.good_til <= ctx.block.time) return Error::Expired;
  return std::nullopt;
}

std::int64_t szi_of(const Context& ctx, const Placer& placer, MarketIndex market) {
  if (ctx.state.info(market).spot()) return 0;
  const PerpState* perp = ctx.state.find_perp(placer.account, market);
  return perp == nullptr ? 0 : perp->szi;
}

bool opposes(std::int64_t szi, Side side) {
  return szi != 0 && (szi > 0) == (side == Side::Sell);
}

bool oi_capped(const Context& ctx, MarketIndex market) {
  const Int128 cap = ctx.state.info(market).config.oi_cap_ntl;
  if (cap == 0) return false;
  const MarketState& state = ctx.state.markets[market];
  return Int128{state.open_interest} * state.mark >= cap;
}

// dex.md 7.2 and 6.5.
Failure check_band(const Context& ctx, MarketIndex market, const Order& order) {
  const Int128 oracle = ctx.state.markets[market].oracle;
  if (oracle == 0) return std::nullopt;
  const Int128 px = order.px;
  if (px * 20 < oracle || px > oracle * 20) return Error::PxTooFar;
  if (!oi_capped(ctx, market)) return std::nullopt;
  const bool near = px * 100 >= oracle * 99 && px * 100 <= oracle * 101;
  if (!near) return Error::PxTooFar;
  return std::nullopt;
}

Failure check_limits(const Context& ctx, const Placer& placer, const Order& order) {
  const State& state = ctx.state;
  const Account& account = state.accounts[placer.account];
  if (!order.cloid.is_zero() && state.cloids.contains({account.address, order.cloid})) {
    return Error::DuplicateCloid;
  }
  const bool immediate =
      order.trigger == Trigger::None && (order.tif == Tif::Ioc || order.tif == Tif::Fok);
  if (immediate) return std::nullopt;
  const std::uint64_t open =
      state.orders.count_of(placer.account) + std::uint64_t{account.triggers};
  if (open < std::min(ctx.params.open_orders, ctx.params.open_orders_max)) return std::nullopt;
  const std::uint64_t extra =
      account.volume / static_cast<std::uint64_t>(ctx.params.usd_per_extra_order);
  const std::uint64_t limit =
      std::min<std::uint64_t>(ctx.params.open_orders_max, ctx.params.open_orders + extra);
  if (open >= limit) return Error::TooManyOrders;
  const bool special = order.reduce_only || order.trigger != Trigger::None;
  if (open >= ctx.params.open_orders && special) return Error::TooManyOrders;
  return std::nullopt;
}

// Adds the order to the account's orders (dex.md 8.2).
PerpState with_order(const PerpState& perp, const Order& order) {
  PerpState out = perp;
  if (order.side == Side::Buy) {
    out.buy_lots += order.sz;
    out.buy_ntl += notional(order.px, order.sz);
  } else {
    out.sell_lots += order.sz;
    out.sell_ntl += notional(order.px, order.sz);
  }
  return out;
}

// dex.md 1.6 for the position that the order could lead to.
bool too_large(const State& state, MarketIndex market, Int128 exposed) {
  return exposed * state.markets[market].mark > kPositionNtlMax;
}

// What an order that adds exposure must pass besides its form (dex.md 6.5, 1.6, 8.3).
// `free_after()` is Free less what the order takes of it, funding settled.
template <typename FreeAfter>
Failure check_addition(Context& ctx, const Placer& placer, MarketIndex market, const Order& order,
                       Int128 exposed, FreeAfter free_after) {
  if (oi_capped(ctx, market)) return Error::OiCap;
  if (too_large(ctx.state, market, exposed)) return Error::Overflow;
  settle_funding(ctx, placer.account);
  const Int128 fee =
      worst_fee(ctx.state, placer.account, notional(order.px, order.sz), placer.builder_fee);
  if (free_after() < fee) return Error::InsufficientMargin;
  return std::nullopt;
}

// In an asset with a bucket of its own the order takes its reserve (dex.md 8.2).
[[gnu::noinline]] Failure check_isolated(Context& ctx, const Placer& placer, MarketIndex market,
                                         const Order& order) {
  const State& state = ctx.state;
  const PerpState before = state.perp_or_default(placer.account, market);
  const PerpState after = with_order(before, order);
  const Int128 more = isolated_reserve(state, after) - isolated_reserve(state, before);
  if (more <= 0) return std::nullopt;
  return check_addition(ctx, placer, market, order, exposure(after),
                        [&] { return free_margin(state, placer.account) - more; });
}

Failure check_margin(Context& ctx, const Placer& placer, MarketIndex market, const Order& order) {
  const State& state = ctx.state;
  if (order.reduce_only) return std::nullopt;
  const PerpState* held = state.find_perp(placer.account, market);
  if (held != nullptr ? held->isolated : state.info(market).config.isolated_only) {
    return check_isolated(ctx, placer, market, order);
  }
  const std::int64_t szi = held == nullptr ? 0 : held->szi;
  const Int128 buys = held == nullptr ? 0 : held->buy_lots;
  const Int128 sells = held == nullptr ? 0 : held->sell_lots;
  const bool is_buy = order.side == Side::Buy;
  const Int128 exposed =
      exposure(szi, buys + (is_buy ? order.sz : 0), sells + (is_buy ? 0 : order.sz));
  if (exposed <= exposure(szi, buys, sells)) return std::nullopt;
  // Free less what the order adds to this market's initial margin.
  return check_addition(ctx, placer, market, order, exposed,
                        [&] { return free_margin_with(state, placer.account, market, exposed); });
}

Failure check_spot(const Context& ctx, const Placer& placer, MarketIndex market,
                   const Order& order) {
  const MarketConfig& config = ctx.state.info(market).config;
  const bool buys = order.side == Side::Buy;
  const Int128 needed =
      buys ? notional(order.px, order.sz) : Int128{order.sz} * config.base_wei_per_lot;
  const SpotBalance* balance =
      ctx.state.find_balance(placer.account, buys ? config.quote : config.base);
  const Int128 available = balance == nullptr ? Int128{0} : Int128{balance->total} - balance->hold;
  if (available < needed) return Error::InsufficientSpot;
  return std::nullopt;
}

Failure check_reduce_only(const Context& ctx, const Placer& placer, MarketIndex market,
                          const Order& order) {
  if (!order.reduce_only) return std::nullopt;
  if (!opposes(szi_of(ctx, placer, market), order.side)) return Error::ReduceOnly;
  const bool could_rest = order.tif == Tif::Alo || order.tif == Tif::Gtc;
  if (!could_rest || reduce_only_room(ctx.state, placer.account, market, order.side) > 0) {
    return std::nullopt;
  }
  // Others that rest close the whole position already: it may still take (ADR 42).
  const std::uint64_t tick = order.px / ctx.state.info(market).config.tick_px;
  const bool takes =
      order.tif == Tif::Gtc && ctx.state.orders.book(market).tick_for(order.side, tick).has_value();
  if (!takes) return Error::ReduceOnly;
  return std::nullopt;
}

Failure check_alo(const Context& ctx, MarketIndex market, const Order& order, std::uint64_t& bbo) {
  if (order.tif != Tif::Alo) return std::nullopt;
  const std::uint64_t tick_px = ctx.state.info(market).config.tick_px;
  const auto best = ctx.state.orders.book(market).tick_for(order.side, order.px / tick_px);
  if (!best) return std::nullopt;
  bbo = *best * tick_px;
  return Error::BadAloPx;
}

Failure check_trigger_px(const Context& ctx, MarketIndex market, const Order& order) {
  const MarketConfig& config = ctx.state.info(market).config;
  const std::uint64_t at = order.trigger_px;
  if (at == 0 || at >= kPxEnd || at % config.tick_px != 0) return Error::BadTriggerPx;
  const bool is_market =
      order.trigger == Trigger::TakeProfitMarket || order.trigger == Trigger::StopMarket;
  if (!is_market) return std::nullopt;
  // Within 10 % of the trigger price on the worse side (dex.md 4.1).
  const Int128 px = order.px;
  const Int128 far = Int128{at} * (kPpb + sign(order.side) * ctx.params.trigger_band_ppb);
  const bool fits =
      order.side == Side::Buy ? px >= at && px * kPpb <= far : px <= at && px * kPpb >= far;
  if (!fits) return Error::BadTriggerPx;
  return std::nullopt;
}

}  // namespace

std::optional<Error> check_status(const Context& ctx, MarketIndex market, const Order& order) {
  const MarketState& state = ctx.state.markets[market];
  const bool alo = order.tif == Tif::Alo;
  const bool waits = order.trigger != Trigger::None;
  switch (state.status) {
    case MarketStatus::Halted:
    case MarketStatus::Settling:
      return Error::MarketHalted;
    case MarketStatus::ReduceOnly:
      if (!order.reduce_only) return Error::ReduceOnlyMarket;
      break;
    case MarketStatus::Active:
    case MarketStatus::PostOnly:
      break;
  }
  const bool post_only = state.status == MarketStatus::PostOnly ||
                         ctx.block.time < state.breaker_until ||
                         ctx.params.follows_upgrade(ctx.block.height);
  const bool admitted = alo || waits || (order.reduce_only && order.tif == Tif::Ioc);
  if (post_only && !admitted) return Error::PostOnlyPeriod;
  if (ctx.state.info(market).spot()) return std::nullopt;
  // dex.md 10.4. A perp without any oracle price is as stale as can be.
  if (state.oracle == 0) return Error::StaleOracle;
  const bool stale = ctx.block.time > state.oracle_at + ctx.params.oracle_fresh_ms;
  if (stale && !alo && !order.reduce_only) return Error::StaleOracle;
  return std::nullopt;
}

std::optional<Error> check_min_ntl(const Context& ctx, const Placer& placer, MarketIndex market,
                                   const Order& order) {
  if (notional(order.px, order.sz) >= ctx.state.info(market).config.min_ntl) return std::nullopt;
  const std::int64_t szi = szi_of(ctx, placer, market);
  const bool closes =
      order.reduce_only && opposes(szi, order.side) && Int128{order.sz} >= abs128(szi);
  if (closes) return std::nullopt;
  return Error::MinNtl;
}

std::optional<Error> check_order(Context& ctx, const Placer& placer, MarketIndex market,
                                 const Order& order, std::uint64_t& bbo) {
  if (!has_known_fields(order)) return Error::BadNumber;
  const bool spot = ctx.state.info(market).spot();
  if (auto e = check_status(ctx, market, order)) return e;
  if (spot) {
    if (auto e = check_vault(ctx, placer, market)) return e;
  }
  if (auto e = check_form(ctx, market, order)) return e;
  if (auto e = check_min_ntl(ctx, placer, market, order)) return e;
  if (auto e = check_band(ctx, market, order)) return e;
  if (auto e = check_limits(ctx, placer, order)) return e;
  if (auto e = check_reduce_only(ctx, placer, market, order)) return e;
  // OiCap comes before BadAloPx, which comes before margin; the cap's own check knows exposure.
  const auto margin =
      spot ? check_spot(ctx, placer, market, order) : check_margin(ctx, placer, market, order);
  if (margin == Error::OiCap) return margin;
  if (auto e = check_alo(ctx, market, order, bbo)) return e;
  return margin;
}

std::optional<Error> check_trigger(Context& ctx, const Placer& placer, MarketIndex market,
                                   const Order& order) {
  if (!has_known_fields(order)) return Error::BadNumber;
  if (ctx.state.info(market).spot()) return Error::BadTriggerPx;  // no mark price fires it
  if (auto e = check_status(ctx, market, order)) return e;
  if (auto e = check_form(ctx, market, order)) return e;
  if (auto e = check_min_ntl(ctx, placer, market, order)) return e;
  if (auto e = check_trigger_px(ctx, market, order)) return e;
  if (auto e = check_band(ctx, market, order)) return e;
  return check_limits(ctx, placer, order);
}

}  // namespace ol::exchange
