#include <algorithm>
#include <limits>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

#include "accounts.hpp"
#include "fill.hpp"
#include "margin.hpp"
#include "placing.hpp"
#include "steps.hpp"

// What happens to orders by themselves: expiry, schedules, triggers, TWAP; volumes; settlement.

namespace ol::exchange {
namespace {

constexpr TimeMs kDayMs = 86'400'000;

}  // namespace

void expire_orders(Context& ctx) {
  for (const OrderId oid : ctx.state.orders.expired(ctx.block.time))
    cancel_resting(ctx, ctx.state.orders.find(oid), CancelReason::Expired);
}

void run_scheduled_cancels(Context& ctx) {
  std::vector<Address> due;
  for (const auto& [address, time] : ctx.state.scheduled_cancels.items()) {
    if (time <= ctx.block.time) due.push_back(address);
  }
  for (const Address& address : due) {
    ctx.state.scheduled_cancels.erase(address);
    cancel_all(ctx, ctx.state.find_account(address), kAllAssets, CancelSide::Both,
               CancelReason::ScheduledCancel);
  }
}

void roll_volumes(Context& ctx) {
  State& state = ctx.state;
  const std::uint64_t day = ctx.block.time / kDayMs;
  const std::uint64_t last = state.global().day;
  if (day == last) return;
  state.globals.edit(0).day = day;
  if (last == 0) return;  // the chain's first block has no day before it
  const std::size_t days = static_cast<std::size_t>(std::min<std::uint64_t>(day - last, 14));
  Int128 market_maker = 0;
  std::vector<FeeVolume> volumes(state.stats.size());
  for (std::uint32_t i = 0; i < state.stats.size(); ++i) {
    FeeStats stats = state.stats[i];
    for (std::size_t n = 0; n < days; ++n) {
      std::shift_right(stats.days.begin(), stats.days.end(), 1);
      stats.days[0] = stats.today;
      stats.today = {};
    }
    for (const DayVolume& volume : stats.days) {
      volumes[i].weighted += Int128{volume.maker} + volume.taker;
      volumes[i].maker += volume.maker;
    }
    market_maker += volumes[i].maker;
    state.stats.edit(i) = stats;
  }
  for (std::uint32_t i = 0; i < state.stats.size(); ++i) {
    volumes[i].maker_market = market_maker;
    Account& account = state.accounts.edit(i);
    account.perp_rates = schedule_rates(false, volumes[i]);
    account.spot_rates = schedule_rates(true, volumes[i]);
  }
}

void settle_market(Context& ctx, MarketIndex market) {
  State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  std::vector<AccountIndex> all;
  for (AccountIndex account = 0; account < state.accounts.size(); ++account) {
    if (state.accounts[account].exists) all.push_back(account);
  }
  state.sort_by_address(all);
  for (const AccountIndex account : all)
    cancel_all(ctx, account, asset, CancelSide::Both, CancelReason::Settled);
  if (state.info(market).spot() || state.markets[market].mark == 0) return;
  const std::uint64_t mark = state.markets[market].mark;
  for (const AccountIndex account : state.holders(market)) {
    settle_funding(ctx, account);
    const PerpState perp = *state.find_perp(account, market);
    const Int128 bucket = perp.isolated ? isolated_bucket(state, perp).av : Int128{0};
    const bool moved = move_position(ctx, account, market, closing_side(perp.szi),
                                     must_u64(abs128(perp.szi)), mark, Shortfall::Allow);
    if (!moved) ctx.emit<AlertEvent>(AlertEvent::Kind::MarketHalted, asset, 0);
    // The ladder had no say where the market was halted before.
    if (moved) cover_closed(ctx, account, market, bucket);
  }
}

namespace {

// Ids of triggers whose condition holds at the market's mark (dex.md 4.1), by id.
std::vector<OrderId> fired(const Context& ctx, MarketIndex market) {
  const State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  const std::uint64_t mark = state.markets[market].mark;
  const auto& index = state.trigger_index.items();
  std::vector<OrderId> out;
  for (auto it = index.lower_bound({asset, false, 0, OrderId(0)});
       it != index.end() && it->first.asset == asset && !it->first.fires_below &&
       it->first.px <= mark;
       ++it)
    out.push_back(it->first.oid);
  for (auto it = index.lower_bound({asset, true, mark, OrderId(0)});
       it != index.end() && it->first.asset == asset && it->first.fires_below; ++it)
    out.push_back(it->first.oid);
  return out;
}

void fire(Context& ctx, OrderId oid) {
  State& state = ctx.state;
  const TriggerOrder* waiting = state.triggers.find(oid);
  if (waiting == nullptr) return;  // a sibling fired before it
  const TriggerOrder trigger = *waiting;
  const AccountIndex account = state.find_account(trigger.account);
  remove_trigger(ctx, oid);
  Order order = trigger.order;
  const bool at_market =
      order.trigger == Trigger::TakeProfitMarket || order.trigger == Trigger::StopMarket;
  order.tif = at_market ? Tif::Ioc : Tif::Gtc;
  order.trigger = Trigger::None;
  order.sz = trigger.active_sz;
  const OrderGroup* group = trigger.group == 0 ? nullptr : state.groups.find(trigger.group);
  const MarketIndex market = state.find_market(order.asset);
  if (group != nullptr && !trigger.is_child) {
    order.sz = must_u64(abs128(state.perp_or_default(account, market).szi));
  }
  // A share of a parent's fill need not be whole lots.
  order.sz -= order.sz % state.info(market).config.lot_sz;
  const OrderResult result =
      place_as(ctx, {account, trigger.builder, trigger.builder_fee}, order, oid, 0);
  // The order may have met its own parent and taken the group along (dex.md 7.1).
  if (trigger.group == 0 || !state.groups.contains(trigger.group)) return;
  std::erase(state.groups.edit(trigger.group).children, oid.value());
  if (result.kind == OrderResult::Kind::Error) return;
  const OrderGroup siblings = *state.groups.find(trigger.group);
  for (const std::uint64_t sibling : siblings.children)
    cancel_trigger(ctx, OrderId(sibling), CancelReason::SiblingFilled);
}

}  // namespace

void run_triggers(Context& ctx) {
  std::vector<OrderId> all;
  for (const auto& [asset, market] : ctx.state.markets_by_asset()) {
    const MarketState& state = ctx.state.markets[market];
    const bool fires = state.exists && state.mark != 0 && !is_dead(ctx, market);
    if (!fires) continue;
    const std::vector<OrderId> here = fired(ctx, market);
    all.insert(all.end(), here.begin(), here.end());
  }
  std::ranges::sort(all);
  for (const OrderId oid : all)
    fire(ctx, oid);
}

std::uint64_t slice_px(const Context& ctx, MarketIndex market, Side side) {
  const MarketConfig& config = ctx.state.info(market).config;
  const MarketState& state = ctx.state.markets[market];
  const Int128 mark = ctx.state.info(market).spot() ? state.last_px : state.mark;
  const Int128 tick = config.tick_px;
  const Int128 band = ctx.params.slice_band_ppb;
  if (side == Side::Buy) {
    return must_u64(max128(tick, floor_div(mark * (kPpb + band), tick * kPpb) * tick));
  }
  return must_u64(max128(tick, ceil_div(mark * (kPpb - band), tick * kPpb) * tick));
}

namespace {

// The most that a slice makes up for earlier ones (dex.md 4.2).
Int128 slice_max(std::uint64_t sz, std::uint32_t slices) {
  return 3 * ceil_div(sz, slices);
}

}  // namespace

bool slices_reach_min(const Context& ctx, AccountIndex account, MarketIndex market,
                      const TwapOrder& twap) {
  const MarketConfig& config = ctx.state.info(market).config;
  const std::uint64_t most = must_u64(min128(twap.sz, slice_max(twap.sz, 2 * twap.minutes)));
  const std::uint64_t slice = most - most % config.lot_sz;
  if (notional(slice_px(ctx, market, twap.side), slice) >= config.min_ntl) return true;
  if (!twap.reduce_only || ctx.state.info(market).spot()) return false;
  const PerpState* perp = ctx.state.find_perp(account, market);
  const std::int64_t szi = perp == nullptr ? 0 : perp->szi;
  const bool opposes = szi != 0 && (szi > 0) == (twap.side == Side::Sell);
  return opposes && Int128{slice} >= abs128(szi);
}

namespace {

// H(seed, twapId, k) mod 401, of the hash as a number (dex.md 4.2).
std::uint32_t jitter(const Hash256& seed, TwapId id, std::uint32_t k) {
  const Hash256 hash = crypto::keccak256(Writer().fixed(seed).u64(id.value()).u64(k).bytes());
  std::uint32_t rest = 0;
  for (const std::uint8_t byte : hash.bytes)
    rest = (rest * 256 + byte) % 401;
  return rest;
}

void run_slice(Context& ctx, TwapId id, std::uint32_t k) {
  State& state = ctx.state;
  const Twap twap = *state.twaps.find(id);
  state.twaps.edit(id).done = k;
  const MarketIndex market = state.find_market(twap.asset);
  const std::uint64_t target = must_u64(floor_div(Int128{twap.sz} * k, twap.slices));
  if (market != kNobody && target > twap.filled) {
    Int128 sz = min128(target - twap.filled, slice_max(twap.sz, twap.slices));
    if (twap.randomize && k != twap.slices) {
      sz = floor_div(sz * (800 + jitter(ctx.block.seed, id, k)), 1000);
    }
    Order order;
    order.asset = twap.asset;
    order.side = twap.side;
    order.px = slice_px(ctx, market, twap.side);
    order.sz = must_u64(sz - sz % state.info(market).config.lot_sz);
    order.reduce_only = twap.reduce_only;
    order.tif = Tif::Ioc;
    const OrderResult result =
        place_order(ctx, {state.find_account(twap.account), {}, 0, id}, order);
    state.twaps.edit(id).filled += result.total_sz;
  }
  if (k == twap.slices) {
    state.twaps.erase(id);
    --state.accounts.edit(state.find_account(twap.account)).triggers;
  }
}

}  // namespace

void run_twaps(Context& ctx) {
  std::vector<std::pair<TwapId, std::uint32_t>> due;
  for (const auto& [id, twap] : ctx.state.twaps.items()) {
    const std::uint64_t periods = (ctx.block.time - twap.start) / ctx.params.twap_period_ms;
    const auto k = static_cast<std::uint32_t>(std::min<std::uint64_t>(periods, twap.slices));
    if (k > twap.done) due.emplace_back(id, k);
  }
  for (const auto& [id, k] : due)
    run_slice(ctx, id, k);
}

}  // namespace ol::exchange
