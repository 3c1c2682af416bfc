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
/// Takes a trigger away and says why; its group follows as `cancel_resting` does it.
void cancel_trigger(Context& ctx, OrderId oid, CancelReason reason);

/// Tells an order's group that `sz` of its parent was filled (dex.md 4.1, grouping 1).
void parent_filled(Context& ctx, std::uint64_t group, OrderId oid, std::uint64_t sz);

/// Whether a fill at that price is allowed (dex.md 7.2).
[[nodiscard]] bool in_exec_band(const State& state, MarketIndex market, std::uint64_t px);

}  // namespace ol::exchange
