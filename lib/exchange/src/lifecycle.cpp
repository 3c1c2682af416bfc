#include <algorithm>
#include <limits>
#include <map>
#include <span>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

#include "accounts.hpp"
#include "due.hpp"
#include "fill.hpp"
#include "margin.hpp"
#include "order_checks.hpp"
#include "placing.hpp"
#include "steps.hpp"

// What happens to orders by themselves: expiry, schedules, triggers, TWAP; volumes; settlement.

namespace ol::exchange {
namespace {

constexpr TimeMs kDayMs = 86'400'000;
// About a block.
constexpr TimeMs kTurnMs = 100;

}  // namespace

void expire_orders(Context& ctx) {
  for (const OrderId oid :
       ctx.state.orders.expired(ctx.block.time, ctx.params.expiries_per_block_max))
    cancel_resting(ctx, ctx.state.orders.find(oid), CancelReason::Expired);
}

void run_scheduled_cancels(Context& ctx) {
  const State& state = ctx.state;
  std::vector<Address> due;
  std::uint64_t work = 0;
  for (const auto& [at, is_due] : state.cancels_due.items()) {
    const bool full = work >= ctx.params.scheduled_cancels_per_block_max;
    if (at.first > ctx.block.time || full) break;
    due.push_back(at.second);
    const AccountIndex account = state.find_account(at.second);
    work += std::uint64_t{1} + state.orders.count_of(account) + state.accounts[account].triggers;
  }
  std::ranges::sort(due);
  for (const Address& address : due) {
    set_scheduled_cancel(ctx.state, address, 0);
    cancel_all(ctx, state.find_account(address), kAllAssets, CancelSide::Both,
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
  // All others have the rates of those who traded nothing.
  const std::vector<AccountIndex> traders = state.traded_lately.members();
  std::vector<FeeVolume> volumes(traders.size());
  for (std::size_t i = 0; i < traders.size(); ++i) {
    FeeStats stats = state.stats[traders[i]];
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
    state.stats.edit(traders[i]) = stats;
    if (stats.idle()) state.traded_lately.remove(traders[i]);
  }
  for (std::size_t i = 0; i < traders.size(); ++i) {
    volumes[i].maker_market = market_maker;
    Account& account = state.accounts.edit(traders[i]);
    account.perp_rates = schedule_rates(false, volumes[i]);
    account.spot_rates = schedule_rates(true, volumes[i]);
  }
}

namespace {

// Accounts with an order or a trigger in the market, by address.
std::vector<AccountIndex> owners_in(const State& state, MarketIndex market) {
  std::vector<AccountIndex> out;
  state.orders.for_each([&](Slot slot) {
    if (state.orders[slot].market == market) out.push_back(state.orders[slot].account);
  });
  for (const auto& [oid, trigger] : state.triggers.items()) {
    if (trigger.order.asset == state.info(market).config.asset) {
      out.push_back(state.find_account(trigger.account));
    }
  }
  std::ranges::sort(out);
  const auto rest = std::ranges::unique(out);
  out.erase(rest.begin(), rest.end());
  state.sort_by_address(out);
  return out;
}

}  // namespace

void settle_market(Context& ctx, MarketIndex market) {
  State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  for (const AccountIndex account : owners_in(state, market))
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

// Ids of triggers whose condition holds at the market's mark (dex.md 4.1), at most so many: of each
// direction those that the mark crossed first (docs/adr/0040).
std::vector<OrderId> fired(const Context& ctx, MarketIndex market, std::size_t most) {
  const State& state = ctx.state;
  const AssetId asset = state.info(market).config.asset;
  const std::uint64_t mark = state.markets[market].mark;
  const auto& index = state.trigger_index.items();
  std::vector<OrderId> out;
  const auto begin = index.lower_bound({asset, true, mark, OrderId(0)});
  constexpr std::uint64_t kLast = ~std::uint64_t{0};
  for (auto it = index.upper_bound({asset, true, kLast, OrderId(kLast)});
       it != begin && out.size() < most;)
    out.push_back((--it)->first.oid);
  for (auto it = index.lower_bound({asset, false, 0, OrderId(0)});
       it != index.end() && it->first.asset == asset && !it->first.fires_below &&
       it->first.px <= mark && out.size() < most;
       ++it)
    out.push_back(it->first.oid);
  return out;
}

// What became of an order that its trigger sent and the market refused.
CancelReason reason_of(Error error) {
  switch (error) {
    case Error::InsufficientMargin:
    case Error::InsufficientSpot:
      return CancelReason::MarginCanceled;
    case Error::ReduceOnly:
      return CancelReason::ReduceOnlyCanceled;
    case Error::Expired:
      return CancelReason::Expired;
    default:
      return CancelReason::TriggerRefused;
  }
}

// Its owner sent nothing in this block that could be answered: an event tells what the order's own
// do not (ADR 43).
void tell_refused(Context& ctx, OrderId oid, const TriggerOrder& trigger, Error error,
                  std::size_t events_before) {
  for (std::size_t i = events_before; i < ctx.events.size(); ++i) {
    const auto* cancel = std::get_if<CancelEvent>(&ctx.events[i]);
    if (cancel != nullptr && cancel->oid == oid) return;
  }
  ctx.emit<CancelEvent>(oid, trigger.account, trigger.order.asset, trigger.order.sz,
                        reason_of(error));
}

void fire(Context& ctx, OrderId oid) {
  State& state = ctx.state;
  const TriggerOrder* waiting = state.triggers.find(oid);
  if (waiting == nullptr) return;  // a sibling fired before it
  const TriggerOrder trigger = *waiting;
  const AccountIndex account = state.find_account(trigger.account);
  remove_trigger(ctx, oid);
  Order order = trigger.order;
  order.tif = becomes_market_order(order) ? Tif::Ioc : Tif::Gtc;
  order.trigger = Trigger::None;
  order.sz = trigger.active_sz;
  const OrderGroup* group = trigger.group == 0 ? nullptr : state.groups.find(trigger.group);
  const MarketIndex market = state.find_market(order.asset);
  if (group != nullptr && !trigger.is_child) {
    order.sz = must_u64(abs128(state.perp_or_default(account, market).szi));
  }
  // A share of a parent's fill need not be whole lots.
  order.sz -= order.sz % state.info(market).config.lot_sz;
  const std::size_t events_before = ctx.events.size();
  const OrderResult result =
      place_as(ctx, {account, trigger.builder, trigger.builder_fee}, order, oid, 0);
  const bool refused = result.kind == OrderResult::Kind::Error;
  if (refused) tell_refused(ctx, oid, trigger, result.error, events_before);
  // The order may have met its own parent and taken the group along (dex.md 7.1).
  leave_group(state, trigger.group, oid);
  const OrderGroup* left = trigger.group == 0 ? nullptr : state.groups.find(trigger.group);
  if (refused || left == nullptr) return;
  const OrderGroup siblings = *left;
  for (const std::uint64_t sibling : siblings.children)
    cancel_trigger(ctx, OrderId(sibling), CancelReason::SiblingFilled);
}

// Kinds of fired orders that the market lets in now, as bits (dex.md 4.5, 7.3, 10.4).
unsigned kinds_taken(const Context& ctx, MarketIndex market) {
  unsigned out = 0;
  for (unsigned kind = 0; kind < kFiredKinds; ++kind) {
    Order order;
    order.reduce_only = (kind & 2) != 0;
    order.tif = (kind & 1) != 0 ? Tif::Ioc : Tif::Gtc;
    if (!check_status(ctx, market, order)) out |= 1U << kind;
  }
  return out;
}

struct Fired {
  TimeMs turn = 0;
  OrderId oid;
  bool waited = false;  // in line since an earlier block
  bool taken = true;    // its market lets its order in
};

// Adds the first triggers in line of an asset and kind.
void add_waiting(const Context& ctx, AssetId asset, std::uint8_t kind, std::vector<Fired>& out) {
  const auto& line = ctx.state.due_line.items();
  std::uint64_t count = 0;
  for (auto it = line.lower_bound({asset, kind, 0, OrderId(0)});
       it != line.end() && it->first.asset == asset && it->first.kind == kind; ++it) {
    if (count++ == ctx.params.triggers_per_block_max) break;
    out.push_back({it->first.at, it->first.oid, true});
  }
}

// Adds a market's triggers that fire now, at most `most`, and those in line that are let in now.
// Returns how many fire now.
std::size_t add_fired(Context& ctx, MarketIndex market, std::size_t most, std::vector<Fired>& out) {
  const AssetId asset = ctx.state.info(market).config.asset;
  const unsigned kinds = kinds_taken(ctx, market);
  for (std::uint8_t kind = 0; kind < kFiredKinds; ++kind) {
    if ((kinds >> kind & 1) != 0) add_waiting(ctx, asset, kind, out);
  }
  const std::vector<OrderId> fresh = fired(ctx, market, most);
  for (const OrderId oid : fresh) {
    const std::uint8_t kind = fired_kind(ctx.state.triggers.find(oid)->order);
    out.push_back({ctx.block.time, oid, false, (kinds >> kind & 1) != 0});
  }
  return fresh.size();
}

// Each of an account's that wait comes `kTurnMs` after the one before: whoever has many in line
// delays its own (docs/adr/0040). @param fresh  Those that fire now, by oid.
void give_turns(const State& state, std::span<Fired> fresh) {
  std::map<AccountIndex, std::uint64_t> before;
  for (Fired& one : fresh) {
    const AccountIndex owner = state.find_account(state.triggers.find(one.oid)->account);
    const auto [at, first] = before.try_emplace(owner, state.accounts[owner].in_line);
    one.turn += kTurnMs * at->second++;
  }
}

// All that may run, those of this block whose turn it is first.
std::vector<Fired> next_in_turn(Context& ctx) {
  std::vector<Fired> all;
  std::size_t room = ctx.params.triggers_crossed_per_block_max;
  for (const auto& [asset, market] : ctx.state.markets_by_asset()) {
    const MarketState& state = ctx.state.markets[market];
    const bool fires = state.exists && state.mark != 0 && !is_dead(ctx, market);
    if (fires) room -= add_fired(ctx, market, room, all);
  }
  const auto fresh = std::ranges::partition(all, &Fired::waited);
  std::ranges::sort(fresh, {}, &Fired::oid);
  give_turns(ctx.state, fresh);
  for (const Fired& one : all) {
    if (!one.taken) put_in_line(ctx.state, one.oid, one.turn);
  }
  std::erase_if(all, [](const Fired& one) { return !one.taken; });
  const std::size_t most = std::min<std::size_t>(all.size(), ctx.params.triggers_per_block_max);
  std::ranges::sort(all, {}, [](const Fired& one) { return std::pair(one.turn, one.oid); });
  // Of these the order is that of dex.md 5.1.
  std::ranges::sort(std::span(all).first(most), {}, [&](const Fired& one) {
    return std::pair(std::min(one.turn, ctx.block.time), one.oid);
  });
  return all;
}

}  // namespace

void run_triggers(Context& ctx) {
  std::uint64_t run = 0;
  for (const Fired& next : next_in_turn(ctx)) {
    const bool over = run == ctx.params.triggers_per_block_max || ctx.matching_is_over();
    if (!over) {
      fire(ctx, next.oid);
      ++run;
    } else if (!next.waited && ctx.state.triggers.contains(next.oid)) {
      put_in_line(ctx.state, next.oid, next.turn);
    }
  }
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
  Twap twap = *state.twaps.find(id);
  twap.done = k;
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
    twap.filled += result.total_sz;
  }
  set_twap(state, id, twap, ctx.params.twap_period_ms);
  if (k == twap.slices) {
    erase_twap(state, id, ctx.params.twap_period_ms);
    --state.accounts.edit(state.find_account(twap.account)).triggers;
  }
}

}  // namespace

void run_twaps(Context& ctx) {
  std::vector<TwapId> due;
  for (const auto& [key, is_due] : ctx.state.slices_due.items()) {
    if (key.at > ctx.block.time || due.size() == ctx.params.slices_per_block_max) break;
    due.push_back(key.id);
  }
  std::ranges::sort(due);
  for (const TwapId id : due) {
    if (ctx.matching_is_over()) return;
    const Twap& twap = *ctx.state.twaps.find(id);
    const std::uint64_t periods = (ctx.block.time - twap.start) / ctx.params.twap_period_ms;
    const std::uint64_t k = std::min<std::uint64_t>(periods, twap.slices);
    run_slice(ctx, id, static_cast<std::uint32_t>(k));
  }
}

}  // namespace ol::exchange
