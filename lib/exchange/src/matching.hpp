#pragma once

#include <optional>

#include "context.hpp"
#include "fill.hpp"

namespace ol::exchange {

/// Who places an order, for which builder, and as a slice of what.
struct Placer {
  AccountIndex account = kNobody;
  Address builder;
  std::uint32_t builder_fee = 0;
  TwapId twap{};  // 0: none
};

/// An order on its way through the book.
struct Taker {
  FillSide side;
  MarketIndex market = kNobody;
  std::uint64_t limit_px = 0;
  std::uint64_t sz = 0;
  bool reduce_only = false;
  Stp stp = Stp::CancelMaker;
  OrderId oid;
  TwapId twap{};  // of which it is a slice; 0: none
};

struct MatchResult {
  std::uint64_t filled = 0;
  std::uint64_t left = 0;
  Int128 quote = 0;                     // px * sz summed
  std::optional<CancelReason> stopped;  // the rest must not rest
};

/// The taker loop (dex.md 6.2).
[[nodiscard]] MatchResult match(Context& ctx, const Taker& taker);

/// Takes a resting order away: escrow, exposure, names and group (dex.md 4.1, 6.4).
void cancel_resting(Context& ctx, Slot slot, CancelReason reason);

/// Gives back the escrow or exposure of `sz` lots of a resting order; its size is the caller's.
void release_part(Context& ctx, const OrderNode& node, std::uint64_t sz);

/// Lots of the position that an order of that side would close: how much of a reduce-only order is
/// let through (dex.md 4.6).
[[nodiscard]] std::uint64_t opposing_lots(const State& state, AccountIndex account,
                                          MarketIndex market, Side side);

/// Lots that another reduce-only order of that side could rest with: what the position has that
/// resting ones do not close already (ADR 42).
[[nodiscard]] std::uint64_t reduce_only_room(const State& state, AccountIndex account,
                                             MarketIndex market, Side side);

/// Whether all resting reduce-only orders together oppose the position and fit it (ADR 42).
[[nodiscard]] inline bool reduce_only_fits(const PerpState& perp) {
  const std::int64_t closing = -perp.reduce_lots;
  return perp.szi >= 0 ? closing >= 0 && closing <= perp.szi : closing <= 0 && closing >= perp.szi;
}
/// Takes an account's resting reduce-only orders away, the newest first and the last in part, until
/// they fit.
void trim_reduce_only(Context& ctx, AccountIndex account, MarketIndex market);
/// Most accounts have no such orders.
[[nodiscard]] inline bool has_reduce_only_beyond(const State& state, AccountIndex account,
                                                 MarketIndex market) {
  const PerpState* perp = state.find_perp(account, market);
  return perp != nullptr && perp->reduce_lots != 0 && !reduce_only_fits(*perp);
}
/// Trims after a change of the position.
inline void keep_reduce_only(Context& ctx, AccountIndex account, MarketIndex market) {
  if (has_reduce_only_beyond(ctx.state, account, market)) trim_reduce_only(ctx, account, market);
}

/// What is left of an accepted order to rest. Borrows.
struct Remainder {
  const Placer& placer;
  MarketIndex market;
  const Order& order;
  OrderId oid;
  std::uint64_t left;    // lots
  std::uint64_t filled;  // lots, in this block
  std::uint64_t group;   // 0: none
};

/// Rests the remainder of an accepted order.
void rest_order(Context& ctx, const Remainder& rest);

/// Adds a trigger, takes one away (dex.md 4.1).
void add_trigger(Context& ctx, OrderId oid, const TriggerOrder& trigger);
void remove_trigger(Context& ctx, OrderId oid);
/// Has a trigger that fired wait for its turn; it is sent then, whatever the mark is.
void put_in_line(State& state, OrderId oid, TimeMs turn);
/// Takes a trigger away and says why; its group follows as `cancel_resting` does it.
void cancel_trigger(Context& ctx, OrderId oid, CancelReason reason);

/// Takes a trigger that is gone, or sent, out of its group, if it has one.
void leave_group(State& state, std::uint64_t group, OrderId child);
/// A group ends with the last of its members: triggers, and a parent that rests (dex.md 4.1).
void end_empty_group(State& state, std::uint64_t group);

/// Tells an order's group that `sz` of its parent was filled (dex.md 4.1, grouping 1).
void parent_filled(Context& ctx, std::uint64_t group, OrderId oid, std::uint64_t sz);

/// Whether a fill at that price is allowed (dex.md 7.2).
[[nodiscard]] bool in_exec_band(const State& state, MarketIndex market, std::uint64_t px);

}  // namespace ol::exchange
