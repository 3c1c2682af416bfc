#include "matching.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace ol::exchange {
namespace {

// `reserve` of a spot order: its escrow.
[[gnu::noinline]] void reserve_spot(State& state, const MarketConfig& config, const OrderNode& node,
                                    std::uint64_t sz, int direction) {
  const bool buys = node.side == Side::Buy;
  SpotBalance& balance = state.edit_balance(node.account, buys ? config.quote : config.base);
  const Int128 amount =
      buys ? notional(node.tick * config.tick_px, sz) : Int128{sz} * config.base_wei_per_lot;
  balance.hold = must_u64(balance.hold + amount * direction);
  OL_CHECK(balance.hold <= balance.total, "escrow beyond the balance");
}

// Escrow or exposure of `sz` lots of a resting order, given (+1) or taken back (-1). Inlined, since
// every order that comes or goes has a direction that is known.
[[gnu::always_inline]] inline void reserve(Context& ctx, const OrderNode& node, std::uint64_t sz,
                                           int direction) {
  State& state = ctx.state;
  const MarketInfo& info = state.info(node.market);
  if (info.spot()) {
    reserve_spot(state, info.config, node, sz, direction);
    return;
  }
  PerpState& perp = state.edit_perp(node.account, node.market);
  if (node.reduce_only) {
    const auto lots = static_cast<std::int64_t>(sz);
    perp.reduce_lots += node.side == Side::Buy ? direction * lots : -direction * lots;
    return;
  }
  const std::uint64_t px = node.tick * info.config.tick_px;
  const Int128 ntl = direction > 0 ? notional(px, sz) : -notional(px, sz);
  std::uint64_t& resting = node.side == Side::Buy ? perp.buy_lots : perp.sell_lots;
  OL_CHECK(direction > 0 || resting >= sz, "more lots taken back than rest");
  resting += direction > 0 ? sz : -sz;
  (node.side == Side::Buy ? perp.buy_ntl : perp.sell_ntl) += ntl;
}

void drop_cloid(Context& ctx, AccountIndex account, const Cloid& cloid) {
  if (!cloid.is_zero()) ctx.state.cloids.erase({ctx.state.accounts[account].address, cloid});
}

// Removes without event or group; what stays of both is the caller's.
void remove_resting(Context& ctx, Slot slot) {
  State& state = ctx.state;
  const OrderNode& node = state.orders[slot];
  drop_cloid(ctx, node.account, state.orders.cold(slot).cloid);
  if (node.reduce_only) {
    state.reduce_only_orders.erase({node.account, node.market, OrderId(node.oid)});
  }
  state.orders.remove(slot);
}

// Fills `sz` of a resting order: its reservation and the book.
void shrink_maker(Context& ctx, Slot slot, std::uint64_t sz) {
  State& state = ctx.state;
  const OrderNode& node = state.orders[slot];
  const OrderCold& cold = state.orders.cold(slot);
  if (!state.info(node.market).spot()) reserve(ctx, node, sz, -1);
  if (sz == node.sz) {
    remove_resting(ctx, slot);
    return;
  }
  const std::uint64_t height = ctx.block.height;
  const std::uint64_t before = cold.filled_height == height ? cold.filled_in_block : 0;
  state.orders.resize(slot, node.sz - sz, height, before + sz);
}

enum class Verdict : std::uint8_t { Done, MakerRefused, TakerRefused };

/// Executes one fill, or leaves everything as it was.
class Execution {
 public:
  /// @param rest  What is left of the taker's order after this fill.
  Execution(Context& ctx, const Taker& taker, Slot maker, std::uint64_t sz, std::uint64_t rest)
      : ctx_(ctx),
        taker_(taker),
        node_(ctx.state.orders[maker]),
        cold_(ctx.state.orders.cold(maker)),
        slot_(maker),
        sz_(sz),
        rest_(rest),
        px_(node_.tick * ctx.state.info(taker.market).config.tick_px) {}

  Verdict run() {
    const Checkpoint point = checkpoint(ctx_);
    const bool exempt = taker_.side.kind == FillKind::Liquidation;  // dex.md 8.8
    const FillSide maker{node_.account, node_.side,        false, FillKind::Trade,
                         cold_.builder, cold_.builder_fee, 0,     exempt};
    shrink_maker(ctx_, slot_, sz_);
    if (!one_side(maker, true, maker_fees_)) {
      revert(ctx_, point);
      return Verdict::MakerRefused;
    }
    FillSide taker = taker_.side;
    if (exempt) taker.kept_usd = worst_loss_of_rest();
    if (!one_side(taker, !exempt, taker_fees_)) {
      revert(ctx_, point);
      return Verdict::TakerRefused;
    }
    if (exempt) {
      maker_fees_.fee -= pay_rebate(ctx_, taker_.market, node_.account, taker_.side.account,
                                    notional(px_, sz_), taker_fees_.fee);
    }
    record();
    return Verdict::Done;
  }

 private:
  bool one_side(const FillSide& side, bool checked, FillFees& out) {
    const MarketIndex market = taker_.market;
    if (ctx_.state.info(market).spot()) {
      const auto fees = fill_spot(ctx_, market, side, sz_, px_);
      out = fees.value_or(FillFees{});
      return fees.has_value();
    }
    settle_funding(ctx_, side.account);
    const PerpState* perp = ctx_.state.find_perp(side.account, market);
    const std::int64_t szi = perp == nullptr ? 0 : perp->szi;
    // Only a fill that does not enlarge the position is compared with what was before (8.8 b).
    const bool grows = abs128(szi + sign(side.side) * Int128{sz_}) > abs128(szi);
    const Standing before{grows ? Health{} : health_of(ctx_.state, side.account, market), szi,
                          ctx_.state.accounts[side.account].raw_usd};
    const auto fees = fill_perp(ctx_, market, side, sz_, px_);
    out = fees.value_or(FillFees{});
    return fees && (!checked || admissible(ctx_, side.account, market, before));
  }

  // At the limit price, against the mark.
  [[nodiscard]] Int128 worst_loss_of_rest() const {
    const Int128 worse = Int128{taker_.limit_px} - ctx_.state.markets[taker_.market].mark;
    return max128(0, worse * sign(taker_.side.side)) * rest_;
  }

  void record() {
    State& state = ctx_.state;
    state.markets.edit(taker_.market).last_px = px_;
    Globals& globals = state.globals.edit(0);
    ctx_.emit<FillEvent>(next_tid(globals), state.info(taker_.market).config.asset, px_, sz_,
                         state.accounts[taker_.side.account].address,
                         state.accounts[node_.account].address, taker_.oid, OrderId(node_.oid),
                         taker_.side.side, taker_fees_.fee, maker_fees_.fee, taker_.side.kind,
                         taker_fees_.builder, maker_fees_.builder, taker_.twap);
    if (node_.group == 0) return;
    parent_filled(ctx_, node_.group, OrderId(node_.oid), sz_);
    end_empty_group(state, node_.group);
  }

  Context& ctx_;
  const Taker& taker_;
  // Also of an order that the fill removes: its slot stays as it is until the block is final.
  const OrderNode& node_;
  const OrderCold& cold_;
  Slot slot_;
  std::uint64_t sz_;
  std::uint64_t rest_;
  std::uint64_t px_;
  FillFees maker_fees_;
  FillFees taker_fees_;
};

// dex.md 7.1. Returns whether the taker goes on.
bool prevent_self_trade(Context& ctx, const Taker& taker, Slot maker, MatchResult& result) {
  const std::uint64_t resting = ctx.state.orders[maker].sz;
  switch (taker.stp) {
    case Stp::CancelMaker:
      cancel_resting(ctx, maker, CancelReason::SelfTradeCanceled);
      return true;
    case Stp::CancelBoth:
      cancel_resting(ctx, maker, CancelReason::SelfTradeCanceled);
      [[fallthrough]];
    case Stp::CancelTaker:
      result.stopped = CancelReason::SelfTradeCanceled;
      return false;
    case Stp::Decrement: {
      const std::uint64_t both = std::min(resting, result.left);
      result.left -= both;
      if (both == resting) {
        cancel_resting(ctx, maker, CancelReason::SelfTradeCanceled);
      } else {
        const OrderNode node = ctx.state.orders[maker];
        const OrderCold& cold = ctx.state.orders.cold(maker);
        reserve(ctx, node, both, -1);
        ctx.state.orders.resize(maker, resting - both, cold.filled_height, cold.filled_in_block);
      }
      if (result.left > 0) return true;
      result.stopped = CancelReason::SelfTradeCanceled;
      return false;
    }
  }
  OL_CHECK(false, "a self-trade rule of no kind");
}

// The newest of an account's resting reduce-only orders in a market, of which there is one.
Slot newest_reduce_only(const State& state, AccountIndex account, MarketIndex market) {
  const auto& all = state.reduce_only_orders.items();
  const auto next = all.upper_bound({account, market, OrderId(~std::uint64_t{0})});
  OL_CHECK(next != all.begin(), "lots of reduce-only orders without an order");
  const ReduceOnlyKey& last = std::prev(next)->first;
  OL_CHECK(last.account == account && last.market == market, "reduce-only lots of another");
  return state.orders.find(last.oid);
}

}  // namespace

std::uint64_t opposing_lots(const State& state, AccountIndex account, MarketIndex market,
                            Side side) {
  const PerpState* perp = state.find_perp(account, market);
  if (perp == nullptr || perp->szi == 0) return 0;
  if ((perp->szi > 0) != (side == Side::Sell)) return 0;
  return static_cast<std::uint64_t>(abs128(perp->szi));
}

std::uint64_t reduce_only_room(const State& state, AccountIndex account, MarketIndex market,
                               Side side) {
  const std::uint64_t held = opposing_lots(state, account, market, side);
  if (held == 0) return 0;
  const auto resting =
      static_cast<std::uint64_t>(abs128(state.find_perp(account, market)->reduce_lots));
  return held - std::min(held, resting);
}

void trim_reduce_only(Context& ctx, AccountIndex account, MarketIndex market) {
  State& state = ctx.state;
  while (has_reduce_only_beyond(state, account, market)) {
    const Slot slot = newest_reduce_only(state, account, market);
    const OrderNode& node = state.orders[slot];
    const PerpState& perp = *state.find_perp(account, market);
    const auto resting = static_cast<std::uint64_t>(abs128(perp.reduce_lots));
    const std::uint64_t held = opposing_lots(state, account, market, node.side);
    const std::uint64_t over = resting - std::min(resting, held);
    if (over >= node.sz) {
      cancel_resting(ctx, slot, CancelReason::ReduceOnlyCanceled);
      continue;
    }
    const OrderCold& cold = state.orders.cold(slot);
    reserve(ctx, node, over, -1);
    state.orders.resize(slot, node.sz - over, cold.filled_height, cold.filled_in_block);
    return;
  }
}

void release_part(Context& ctx, const OrderNode& node, std::uint64_t sz) {
  reserve(ctx, node, sz, -1);
}

bool in_exec_band(const State& state, MarketIndex market, std::uint64_t px) {
  const Int128 oracle = state.markets[market].oracle;
  if (oracle == 0) return state.info(market).spot();  // a pair may have no oracle
  const Int128 band = state.info(market).config.exec_band_ppb;
  return Int128{px} * kPpb >= oracle * (kPpb - band) && Int128{px} * kPpb <= oracle * (kPpb + band);
}

namespace {

void trim_makers(Context& ctx, const std::set<AccountIndex>& makers, MarketIndex market) {
  if (makers.empty()) return;
  std::vector<AccountIndex> sorted(makers.begin(), makers.end());
  ctx.state.sort_by_address(sorted);
  for (const AccountIndex account : sorted)
    keep_reduce_only(ctx, account, market);
}

}  // namespace

MatchResult match(Context& ctx, const Taker& taker) {
  State& state = ctx.state;
  const MarketIndex market = taker.market;
  const std::uint64_t tick_px = state.info(market).config.tick_px;
  const Side side = taker.side.side;
  const std::uint64_t limit = taker.limit_px / tick_px;
  const Book& book = state.orders.book(market);
  MatchResult out;
  out.left = taker.sz;
  std::uint64_t clip = ~std::uint64_t{0};
  if (taker.reduce_only) clip = opposing_lots(state, taker.side.account, market, side);
  std::set<AccountIndex> beyond;  // makers to trim, once each
  // Each pass fills or removes a maker, and counts.
  for (std::uint32_t passes = 0; out.left > 0; ++passes, ++ctx.matched) {
    if (passes == ctx.params.fills_per_order_max) {
      out.stopped = CancelReason::MatchLimit;
      break;
    }
    const auto tick = book.tick_for(side, limit);
    if (!tick) break;
    if (!ctx.automatic && ctx.matching_is_over()) {
      out.stopped = CancelReason::MatchLimit;
      break;
    }
    if (clip == 0) {
      out.stopped = CancelReason::ReduceOnlyCanceled;
      break;
    }
    const Slot slot = book.first(*book.level(opposite(side), *tick));
    const OrderNode& maker = state.orders[slot];
    if (maker.expires && state.orders.cold(slot).good_til <= ctx.block.time) {
      cancel_resting(ctx, slot, CancelReason::Expired);
      continue;
    }
    if (maker.account == taker.side.account) {
      if (prevent_self_trade(ctx, taker, slot, out)) continue;
      break;
    }
    std::uint64_t room = maker.sz;
    if (maker.reduce_only) {
      room = std::min(room, opposing_lots(state, maker.account, market, maker.side));
      if (room == 0) {
        cancel_resting(ctx, slot, CancelReason::ReduceOnlyCanceled);
        continue;
      }
    }
    if (!in_exec_band(state, market, *tick * tick_px)) {
      out.stopped = CancelReason::BandCanceled;
      break;
    }
    const std::uint64_t sz = std::min({out.left, room, clip});
    const Verdict verdict = Execution(ctx, taker, slot, sz, out.left - sz).run();
    if (verdict == Verdict::MakerRefused) {
      cancel_resting(ctx, slot, CancelReason::MarginCanceled);
      continue;
    }
    if (verdict == Verdict::TakerRefused) {
      out.stopped = CancelReason::MarginCanceled;
      break;
    }
    out.left -= sz;
    out.filled += sz;
    out.quote += notional(*tick * tick_px, sz);
    if (taker.reduce_only) clip -= sz;
    if (!state.info(market).spot() && has_reduce_only_beyond(state, maker.account, market)) {
      beyond.insert(maker.account);
    }
  }
  trim_makers(ctx, beyond, market);
  if (out.filled > 0 && !state.info(market).spot()) {
    keep_reduce_only(ctx, taker.side.account, market);
  }
  return out;
}

void rest_order(Context& ctx, const Remainder& rest) {
  State& state = ctx.state;
  const MarketConfig& config = state.info(rest.market).config;
  const Order& order = rest.order;
  const Address& owner = state.accounts[rest.placer.account].address;
  const std::uint64_t seq = state.markets.edit(rest.market).next_seq++;
  const Slot slot = state.orders.add_in_place([&](OrderNode& node, OrderCold& cold) {
    OrderPlace place(rest.market, order.side, order.px / config.tick_px);
    place.reduce_only = order.reduce_only;
    static_cast<OrderPlace&>(node) = place;
    node.sz = rest.left;
    node.oid = rest.oid.value();
    node.account = rest.placer.account;
    node.group = static_cast<std::uint32_t>(rest.group);
    cold.cloid = order.cloid;
    cold.good_til = order.good_til;
    cold.seq = seq;
    cold.orig_sz = order.sz;
    cold.tif = order.tif;
    cold.builder = rest.placer.builder;
    cold.builder_fee = rest.placer.builder_fee;
    cold.placed_at = ctx.block.time;
    cold.filled_height = ctx.block.height;
    cold.filled_in_block = rest.filled;
  });
  reserve(ctx, state.orders[slot], rest.left, 1);
  if (order.reduce_only) {
    state.reduce_only_orders.set({rest.placer.account, rest.market, rest.oid}, true);
  }
  if (!order.cloid.is_zero()) state.cloids.set({owner, order.cloid}, rest.oid);
  ctx.emit<RestEvent>(rest.oid, owner, config.asset, order.side, order.px, rest.left);
}

void cancel_resting(Context& ctx, Slot slot, CancelReason reason) {
  State& state = ctx.state;
  const OrderNode& node = state.orders[slot];  // stays readable after the removal
  reserve(ctx, node, node.sz, -1);
  remove_resting(ctx, slot);
  ctx.emit<CancelEvent>(OrderId(node.oid), state.accounts[node.account].address,
                        state.info(node.market).config.asset, node.sz, reason);
  if (node.group == 0) return;
  // Children die with their parent (dex.md 4.1).
  const OrderGroup* found = state.groups.find(node.group);
  OL_CHECK(found != nullptr, "a resting parent without its group");
  const OrderGroup group = *found;
  state.groups.erase(node.group);
  for (const std::uint64_t child : group.children) {
    const OrderId oid(child);
    if (const TriggerOrder* trigger = state.triggers.find(oid)) {
      ctx.emit<CancelEvent>(oid, trigger->account, trigger->order.asset, trigger->order.sz, reason);
      remove_trigger(ctx, oid);
    }
  }
}

void add_trigger(Context& ctx, OrderId oid, const TriggerOrder& trigger) {
  State& state = ctx.state;
  state.triggers.set(oid, trigger);
  state.trigger_owners.set({trigger.account, oid}, true);
  ++state.accounts.edit(state.find_account(trigger.account)).triggers;
  if (!trigger.order.cloid.is_zero()) {
    state.cloids.set({trigger.account, trigger.order.cloid}, oid);
  }
  if (trigger.active_sz > 0) state.trigger_index.set(trigger_key(oid, trigger.order), true);
}

void remove_trigger(Context& ctx, OrderId oid) {
  State& state = ctx.state;
  const TriggerOrder trigger = *state.triggers.find(oid);
  state.triggers.erase(oid);
  state.trigger_owners.erase({trigger.account, oid});
  const AccountIndex owner = state.find_account(trigger.account);
  --state.accounts.edit(owner).triggers;
  drop_cloid(ctx, owner, trigger.order.cloid);
  state.trigger_index.erase(trigger_key(oid, trigger.order));
  if (const TimeMs* at = state.due_triggers.find(oid)) {
    state.due_line.erase(due_key(oid, trigger.order, *at));
    state.due_triggers.erase(oid);
    --state.accounts.edit(owner).in_line;
  }
}

void put_in_line(State& state, OrderId oid, TimeMs turn) {
  const TriggerOrder& trigger = *state.triggers.find(oid);
  const Order& order = trigger.order;
  ++state.accounts.edit(state.find_account(trigger.account)).in_line;
  state.trigger_index.erase(trigger_key(oid, order));
  state.due_triggers.set(oid, turn);
  state.due_line.set(due_key(oid, order, turn), true);
}

void cancel_trigger(Context& ctx, OrderId oid, CancelReason reason) {
  State& state = ctx.state;
  const TriggerOrder trigger = *state.triggers.find(oid);
  ctx.emit<CancelEvent>(oid, trigger.account, trigger.order.asset, trigger.order.sz, reason);
  remove_trigger(ctx, oid);
  leave_group(state, trigger.group, oid);
}

void leave_group(State& state, std::uint64_t id, OrderId child) {
  if (id == 0 || !state.groups.contains(id)) return;
  std::erase(state.groups.edit(id).children, child.value());
  end_empty_group(state, id);
}

void end_empty_group(State& state, std::uint64_t id) {
  const OrderGroup* group = state.groups.find(id);
  if (group == nullptr || !group->children.empty()) return;
  if (group->parent != 0 && state.orders.find(OrderId(group->parent)) != kNoSlot) return;
  state.groups.erase(id);
}

void parent_filled(Context& ctx, std::uint64_t group_id, OrderId oid, std::uint64_t sz) {
  State& state = ctx.state;
  const OrderGroup* found = state.groups.find(group_id);
  if (found == nullptr || found->parent != oid.value()) return;
  OrderGroup& group = state.groups.edit(group_id);
  group.parent_filled += sz;
  for (const std::uint64_t child : std::vector(group.children)) {
    TriggerOrder& trigger = state.triggers.edit(OrderId(child));
    trigger.active_sz =
        must_u64(floor_div(Int128{trigger.order.sz} * group.parent_filled, group.parent_sz));
    if (trigger.active_sz == 0 || state.due_triggers.contains(OrderId(child))) continue;
    state.trigger_index.set(trigger_key(OrderId(child), trigger.order), true);
  }
}

}  // namespace ol::exchange
