#include "placing.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "order_checks.hpp"
#include "taken_back.hpp"

namespace ol::exchange {
namespace {

OrderResult refused(Error error, std::uint64_t px = 0) {
  OrderResult out;
  out.kind = OrderResult::Kind::Error;
  out.error = error;
  out.px = px;
  return out;
}

OrderResult done(OrderId oid) {
  OrderResult out;
  out.oid = oid;
  return out;
}

// quote / base, rounded against the user (dex.md 15.2).
std::uint64_t average_px(Side side, const MatchResult& match) {
  if (match.filled == 0) return 0;
  return must_u64(side == Side::Buy ? ceil_div(match.quote, match.filled)
                                    : floor_div(match.quote, match.filled));
}

// Rests a remainder, unless its own fills have left too little for the exposure it adds: an order
// needs Free >= 0 after it, fills included (dex.md 8.3).
bool rest_within_margin(Context& ctx, const Remainder& rest) {
  State& state = ctx.state;
  const AccountIndex account = rest.placer.account;
  if (rest.filled == 0 || rest.order.reduce_only || state.info(rest.market).spot()) {
    rest_order(ctx, rest);
    return true;
  }
  const PerpState before = state.perp_or_default(account, rest.market);
  const Checkpoint point = checkpoint(ctx);
  rest_order(ctx, rest);
  const PerpState& after = *state.find_perp(account, rest.market);
  const bool raises = after.isolated
                          ? isolated_reserve(state, after) > isolated_reserve(state, before)
                          : exposure(after) > exposure(before);
  if (!raises || free_margin(state, account) >= 0) return true;
  revert(ctx, point);
  return false;
}

// Whether anything rests that the order could trade with: most orders rest themselves.
bool meets_book(const State& state, MarketIndex market, const Order& order) {
  const std::uint64_t limit = order.px / state.info(market).config.tick_px;
  return state.orders.book(market).tick_for(order.side, limit).has_value();
}

// Matches and rests an order that passed its checks. `out` is as made.
void run_order(Context& ctx, const Placer& placer, MarketIndex market, const Order& order,
               OrderId oid, std::uint64_t group, OrderResult& out) {
  out.oid = oid;
  const Taker taker{
      {placer.account, order.side, true, FillKind::Trade, placer.builder, placer.builder_fee},
      market,
      order.px,
      order.sz,
      order.reduce_only,
      order.stp,
      oid,
      placer.twap};
  MatchResult result{0, order.sz, 0, std::nullopt};
  if (order.tif == Tif::Fok && !could_fill(ctx, taker)) {
    out = refused(Error::FokCancel);
    return;
  }
  if (order.tif != Tif::Alo && meets_book(ctx.state, market, order)) result = match(ctx, taker);
  // Decrementing against one's own orders uses up size without a fill (dex.md 7.1, 20.9).
  if (order.tif == Tif::Fok && result.filled < order.sz) {
    out = refused(Error::FokCancel);
    return;
  }
  out.total_sz = result.filled;
  out.avg_px = average_px(order.side, result);
  if (group != 0 && result.filled > 0) parent_filled(ctx, group, oid, result.filled);
  bool rests =
      result.left > 0 && !result.stopped && (order.tif == Tif::Alo || order.tif == Tif::Gtc);
  if (rests && order.reduce_only) {
    // What the position has no lots for could not trade (ADR 42).
    const std::uint64_t room = reduce_only_room(ctx.state, placer.account, market, order.side);
    rests = room > 0;
    if (rests) result.left = std::min(result.left, room);
    if (!rests) result.stopped = CancelReason::ReduceOnlyCanceled;
  }
  if (rests) {
    const Remainder rest{placer, market, order, oid, result.left, result.filled, group};
    if (rest_within_margin(ctx, rest)) {
      out.kind = OrderResult::Kind::Resting;
      return;
    }
    result.stopped = CancelReason::MarginCanceled;
  }
  if (result.left > 0 && result.stopped) {
    ctx.emit<CancelEvent>(oid, ctx.state.accounts[placer.account].address, order.asset, result.left,
                          *result.stopped);
  }
  if (result.filled == 0) {
    out = refused(Error::IocCancel);
    out.oid = oid;
    return;
  }
  out.kind = OrderResult::Kind::Filled;
}

OrderId next_oid(Context& ctx) {
  return OrderId(ctx.state.globals.edit(0).next_oid++);
}

// Spot buyers pay no builder; shares above the limits never pass (dex.md 9.4).
bool builder_fits(const Context& ctx, const Placer& placer, MarketIndex market, Side side) {
  if (placer.builder_fee == 0) return true;
  if (!ctx.state.info(market).spot()) return placer.builder_fee <= kBuilderFeePerpMax;
  return side == Side::Sell && placer.builder_fee <= kBuilderFeeSpotMax;
}

// Writes into the list of results itself: a copy of what was just written would wait for it.
void place_checked(Context& ctx, const Placer& placer, const Order& order, OrderId fixed_oid,
                   std::uint64_t group, OrderResult& out) {
  const MarketIndex market = ctx.state.find_market(order.asset);
  if (market == kNobody) {
    out = refused(Error::BadAsset);
    return;
  }
  if (!builder_fits(ctx, placer, market, order.side)) {
    out = refused(Error::BuilderFee);
    return;
  }
  // A batch is one stretch of changes where it can be: what changes nothing before it may fail
  // needs no point to return to, and every point makes each record that follows be saved again.
  std::optional<Checkpoint> point;
  if (order.tif == Tif::Fok || funding_is_due(ctx.state, placer.account)) point = checkpoint(ctx);
  const std::uint64_t tick_px = ctx.state.info(market).config.tick_px;
  ctx.state.orders.prefetch_add(market, order.side, order.px / tick_px);
  std::uint64_t bbo = 0;
  if (const auto error = check_order(ctx, placer, market, order, bbo)) {
    if (point) revert(ctx, *point);
    out = refused(*error, bbo);
    return;
  }
  const OrderId oid = fixed_oid.value() != 0 ? fixed_oid : next_oid(ctx);
  if (group != 0) ctx.state.groups.edit(group).parent = oid.value();
  run_order(ctx, placer, market, order, oid, group, out);
  if (out.kind == OrderResult::Kind::Error && out.error == Error::FokCancel) {
    take_back(ctx, *point, placer.account);
  }
}

}  // namespace

bool builder_allowed(const Context& ctx, AccountIndex account, const Address& builder,
                     std::uint32_t fee) {
  if (builder.is_zero()) return fee == 0;
  if (ctx.state.find_account(builder) == kNobody) return false;
  const Address& owner = ctx.state.accounts[account].address;
  const std::uint32_t* most = ctx.state.builders.find({owner, builder});
  return fee == 0 || (most != nullptr && fee <= *most);
}

OrderResult place_order(Context& ctx, const Placer& placer, const Order& order,
                        std::uint64_t group) {
  return place_as(ctx, placer, order, OrderId(0), group);
}

OrderResult place_as(Context& ctx, const Placer& placer, const Order& order, OrderId oid,
                     std::uint64_t group) {
  OrderResult out;
  place_checked(ctx, placer, order, oid, group, out);
  return out;
}

Result<OrderId, Error> place_trigger(Context& ctx, const Placer& placer, const Order& order,
                                     std::uint64_t group, bool is_child) {
  const MarketIndex market = ctx.state.find_market(order.asset);
  if (market == kNobody) return fail(Error::BadAsset);
  if (!builder_fits(ctx, placer, market, order.side)) return fail(Error::BuilderFee);
  if (const auto error = check_trigger(ctx, placer, market, order)) return fail(*error);
  const OrderId oid = next_oid(ctx);
  TriggerOrder trigger{ctx.state.accounts[placer.account].address,
                       order,
                       group,
                       is_child,
                       is_child ? 0 : order.sz,
                       placer.builder,
                       placer.builder_fee};
  add_trigger(ctx, oid, trigger);
  if (group != 0) ctx.state.groups.edit(group).children.push_back(oid.value());
  return oid;
}

namespace {

OrderResult place_waiting(Context& ctx, const Placer& placer, const Order& order,
                          std::uint64_t group, bool is_child) {
  const Checkpoint point = checkpoint(ctx);
  const auto oid = place_trigger(ctx, placer, order, group, is_child);
  if (!oid) {
    revert(ctx, point);
    return refused(oid.error());
  }
  OrderResult out;
  out.kind = OrderResult::Kind::WaitingForTrigger;
  out.oid = *oid;
  return out;
}

// A parent with tp/sl, all or nothing in form: a child that is refused takes the whole along, so
// that no position opens without the protection its owner signed for.
std::vector<OrderResult> place_family(Context& ctx, const Placer& placer,
                                      const PlaceOrders& batch) {
  const Order& parent = batch.orders.front();
  std::vector<OrderResult> out(batch.orders.size(), refused(Error::BadTriggerPx));
  for (std::size_t i = 1; i < batch.orders.size(); ++i) {
    const Order& child = batch.orders[i];
    const bool fits = child.trigger != Trigger::None && child.reduce_only &&
                      child.asset == parent.asset && child.side != parent.side;
    if (!fits) return out;
  }
  if (parent.trigger != Trigger::None || parent.reduce_only) return out;
  // An immediate parent that removes makers and fills nothing is taken back with its children.
  if (parent.tif != Tif::Alo && !has_part_left(ctx, placer.account)) {
    return std::vector<OrderResult>(batch.orders.size(), refused(Error::IocCancel));
  }
  // A resting parent keeps its group's number in 32 bits.
  if (ctx.state.global().next_group > std::numeric_limits<std::uint32_t>::max()) {
    return std::vector<OrderResult>(batch.orders.size(), refused(Error::TooManyOrders));
  }
  const Checkpoint point = checkpoint(ctx);
  const std::uint64_t group = ctx.state.globals.edit(0).next_group++;
  OrderGroup made;
  made.parent_sz = parent.sz;
  ctx.state.groups.set(group, made);
  for (std::size_t i = 1; i < batch.orders.size(); ++i) {
    out[i] = place_waiting(ctx, placer, batch.orders[i], group, true);
    if (out[i].kind != OrderResult::Kind::Error) continue;
    revert(ctx, point);
    return std::vector<OrderResult>(batch.orders.size(), out[i]);
  }
  out[0] = place_order(ctx, placer, parent, group);
  if (out[0].kind != OrderResult::Kind::Error) return out;
  take_back(ctx, point, placer.account);
  return std::vector<OrderResult>(batch.orders.size(), refused(out[0].error, out[0].px));
}

std::vector<OrderResult> place_position_group(Context& ctx, const Placer& placer,
                                              const PlaceOrders& batch) {
  std::vector<OrderResult> out;
  const std::uint64_t group = ctx.state.global().next_group;
  ctx.state.groups.set(group, {});
  for (const Order& order : batch.orders) {
    const bool fits = order.trigger != Trigger::None && order.reduce_only &&
                      order.asset == batch.orders.front().asset &&
                      order.side == batch.orders.front().side;
    out.push_back(fits ? place_waiting(ctx, placer, order, group, false)
                       : refused(Error::BadTriggerPx));
  }
  // Numbers are for groups that are kept: else they would be used up for nothing.
  if (ctx.state.groups.find(group)->children.empty()) {
    ctx.state.groups.erase(group);
  } else {
    ++ctx.state.globals.edit(0).next_group;
  }
  return out;
}

}  // namespace

std::vector<OrderResult> place_batch(Context& ctx, AccountIndex account, const PlaceOrders& batch) {
  const Placer placer{account, batch.builder, batch.builder_fee};
  if (batch.grouping == Grouping::ParentChildren) return place_family(ctx, placer, batch);
  if (batch.grouping == Grouping::Position) return place_position_group(ctx, placer, batch);
  std::vector<OrderResult> out;
  out.reserve(batch.orders.size());
  for (const Order& order : batch.orders) {
    OrderResult& result = out.emplace_back();
    if (order.trigger == Trigger::None) {
      place_checked(ctx, placer, order, OrderId(0), 0, result);
    } else {
      result = place_waiting(ctx, placer, order, 0, false);
    }
  }
  return out;
}

namespace {

// The order an owner names, resting or waiting; 0 where there is none of theirs.
OrderId find_owned(const Context& ctx, AccountIndex account, OrderId oid, const Cloid& cloid) {
  const State& state = ctx.state;
  const Address& owner = state.accounts[account].address;
  if (oid.value() == 0) {
    const OrderId* named = cloid.is_zero() ? nullptr : state.cloids.find({owner, cloid});
    if (named == nullptr) return OrderId(0);
    oid = *named;
  }
  if (const Slot slot = state.orders.find(oid); slot != kNoSlot) {
    return state.orders[slot].account == account ? oid : OrderId(0);
  }
  const TriggerOrder* trigger = state.triggers.find(oid);
  return trigger != nullptr && trigger->account == owner ? oid : OrderId(0);
}

void cancel_found(Context& ctx, OrderId oid, CancelReason reason) {
  const Slot slot = ctx.state.orders.find(oid);
  if (slot != kNoSlot) {
    cancel_resting(ctx, slot, reason);
  } else {
    cancel_trigger(ctx, oid, reason);
  }
}

// Same price and smaller size, nothing else changed: keeps id and place (dex.md 4.4).
bool shrinks_in_place(const Context& ctx, Slot slot, const Order& order, std::uint64_t sz) {
  const OrderNode& node = ctx.state.orders[slot];
  const OrderCold& cold = ctx.state.orders.cold(slot);
  const MarketConfig& config = ctx.state.info(node.market).config;
  return order.asset == config.asset && order.trigger == Trigger::None && order.side == node.side &&
         order.px == node.tick * config.tick_px && sz < node.sz &&
         order.reduce_only == node.reduce_only && order.tif == cold.tif &&
         order.cloid == cold.cloid && order.good_til == cold.good_til && sz % config.lot_sz == 0 &&
         order.sz % config.lot_sz == 0;
}

void shrink(Context& ctx, Slot slot, std::uint64_t sz) {
  const OrderNode node = ctx.state.orders[slot];
  const OrderCold& cold = ctx.state.orders.cold(slot);
  release_part(ctx, node, node.sz - sz);
  ctx.state.orders.resize(slot, sz, cold.filled_height, cold.filled_in_block);
}

OrderResult modify_order(Context& ctx, AccountIndex account, const ModifyRequest& request) {
  const OrderId old = find_owned(ctx, account, request.oid, request.cloid);
  if (old.value() == 0) return refused(Error::MissingOrder);
  Order order = request.order;
  Placer placer{account, {}, 0};
  const Slot slot = ctx.state.orders.find(old);
  if (slot != kNoSlot) {
    const OrderCold& cold = ctx.state.orders.cold(slot);
    placer.builder = cold.builder;
    placer.builder_fee = cold.builder_fee;
    const std::uint64_t filled = cold.filled_height == ctx.block.height ? cold.filled_in_block : 0;
    if (order.sz <= filled) return refused(Error::MissingOrder);
    order.sz -= filled;
    if (shrinks_in_place(ctx, slot, order, order.sz)) {
      // What the owner asks for, whatever fills have left of it.
      const MarketIndex market = ctx.state.orders[slot].market;
      if (auto error = check_min_ntl(ctx, placer, market, request.order)) return refused(*error);
      shrink(ctx, slot, order.sz);
      OrderResult out;
      out.kind = OrderResult::Kind::Resting;
      out.oid = old;
      return out;
    }
  }
  const Checkpoint point = checkpoint(ctx);
  cancel_found(ctx, old, CancelReason::UserCanceled);
  const OrderResult out = order.trigger == Trigger::None
                              ? place_order(ctx, placer, order)
                              : place_waiting(ctx, placer, order, 0, false);
  const bool invalid = out.kind == OrderResult::Kind::Error && out.error != Error::IocCancel;
  if (invalid) revert(ctx, point);
  return out;
}

OrderResult cancel_order(Context& ctx, AccountIndex account, const CancelRequest& request) {
  const OrderId oid = find_owned(ctx, account, request.oid, request.cloid);
  if (oid.value() == 0) return refused(Error::MissingOrder);
  const Slot slot = ctx.state.orders.find(oid);
  const TriggerOrder* waits = slot == kNoSlot ? ctx.state.triggers.find(oid) : nullptr;
  OL_CHECK(slot != kNoSlot || waits != nullptr, "an order of its owner neither rests nor waits");
  const AssetId asset = waits != nullptr
                            ? waits->order.asset
                            : ctx.state.info(ctx.state.orders[slot].market).config.asset;
  if (asset != request.asset) return refused(Error::MissingOrder);
  cancel_found(ctx, oid, CancelReason::UserCanceled);
  return done(oid);
}

// Runs requests that name orders; what later ones will touch is fetched while earlier ones run.
template <typename Request, typename Run>
std::vector<OrderResult> run_named(const OrderStore& orders, const std::vector<Request>& requests,
                                   Run run) {
  std::vector<OrderResult> out;
  out.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (i + 3 < requests.size()) orders.prefetch_find(requests[i + 3].oid);
    if (i + 2 < requests.size()) orders.prefetch(orders.find(requests[i + 2].oid));
    if (i + 1 < requests.size()) orders.prefetch_remove(orders.find(requests[i + 1].oid));
    out.push_back(run(requests[i]));
  }
  return out;
}

}  // namespace

std::vector<OrderResult> modify_batch(Context& ctx, AccountIndex account,
                                      const std::vector<ModifyRequest>& requests) {
  return run_named(ctx.state.orders, requests, [&](const ModifyRequest& request) {
    return modify_order(ctx, account, request);
  });
}

std::vector<OrderResult> cancel_batch(Context& ctx, AccountIndex account,
                                      const std::vector<CancelRequest>& requests) {
  return run_named(ctx.state.orders, requests, [&](const CancelRequest& request) {
    return cancel_order(ctx, account, request);
  });
}

void cancel_all(Context& ctx, AccountIndex account, AssetId asset, CancelSide side,
                CancelReason reason) {
  State& state = ctx.state;
  const auto wanted = [&](AssetId of, Side at) {
    if (asset != kAllAssets && of != asset) return false;
    return side == CancelSide::Both || (side == CancelSide::Buys) == (at == Side::Buy);
  };
  const std::vector<OrderId> resting = state.orders.orders_of(account);
  for (std::size_t i = 0; i < resting.size(); ++i) {
    constexpr std::size_t kAhead = 2;
    if (i + kAhead < resting.size()) {
      state.orders.prefetch_remove(state.orders.find(resting[i + kAhead]));
    }
    const Slot slot = state.orders.find(resting[i]);
    const OrderNode& node = state.orders[slot];
    if (wanted(state.info(node.market).config.asset, node.side)) cancel_resting(ctx, slot, reason);
  }
  for (const OrderId oid : state.triggers_of(state.accounts[account].address)) {
    const TriggerOrder* trigger = state.triggers.find(oid);
    if (trigger == nullptr) continue;  // died with its parent above
    if (wanted(trigger->order.asset, trigger->order.side)) cancel_trigger(ctx, oid, reason);
  }
}

}  // namespace ol::exchange
