#pragma once

#include <cstdint>
#include <vector>

#include <ol/exchange/slab.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// A place in the pool; 0 is none. Never visible in results: slots are reused.
using Slot = std::uint32_t;
constexpr Slot kNoSlot = 0;

/// Where an order rests, in one word.
struct OrderPlace {
  static constexpr unsigned kTickBits = 42;
  static constexpr unsigned kMarketBits = 19;

  std::uint64_t tick : kTickBits = 0;
  Side side : 1 = Side::Buy;
  bool reduce_only : 1 = false;
  bool expires : 1 = false;                // whether it has a time (dex.md 4.2)
  std::uint32_t market : kMarketBits = 0;  // index of the market

  OrderPlace() = default;
  OrderPlace(std::uint32_t market_at, Side side_at, std::uint64_t tick_at)
      : tick(tick_at & ((std::uint64_t{1} << kTickBits) - 1)),
        side(side_at),
        market(market_at & ((1U << kMarketBits) - 1)) {
    OL_CHECK(tick == tick_at, "a tick beyond the range of prices");
    OL_CHECK(market == market_at, "a market beyond the range of markets");
  }
};
static_assert(sizeof(OrderPlace) == 8);

/// What matching and cancelling read of a resting order: half a cache line.
struct alignas(32) OrderNode : OrderPlace {
  std::uint64_t sz = 0;  // lots left
  std::uint64_t oid = 0;
  std::uint32_t account = 0;  // index of the owner
  std::uint32_t group = 0;    // 0: none; else the group of attached triggers
};
static_assert(sizeof(OrderNode) == 32);

/// The neighbours of an order in its level, which is a ring: the newest is followed by the oldest.
/// Apart from the order, since a neighbour that comes or goes writes these and reads nothing else:
/// those of 100,000 orders are 800 kB.
struct OrderLinks {
  // Later at the level. None in an order that was the newest when it was taken out; in a free slot
  // the next free one.
  Slot next = kNoSlot;
  Slot prev = kNoSlot;  // earlier at the level
};

/// The orders of all books. Links between them are slots. One thread at a time.
class OrderPool {
 public:
  OrderPool() { static_cast<void>(grow()); }

  [[nodiscard]] OrderNode& operator[](Slot slot) { return nodes_[slot]; }
  [[nodiscard]] const OrderNode& operator[](Slot slot) const { return nodes_[slot]; }

  [[nodiscard]] OrderLinks& links(Slot slot) { return links_[slot]; }
  [[nodiscard]] const OrderLinks& links(Slot slot) const { return links_[slot]; }

  /// Fetches an order, or its links, that will soon be written.
  void prefetch(Slot slot) const { __builtin_prefetch(&nodes_[slot], 1); }
  void prefetch_links(Slot slot) const { __builtin_prefetch(&links_[slot], 1); }
  void prefetch_neighbours(Slot slot) const {
    prefetch_links(links_[slot].next);
    prefetch_links(links_[slot].prev);
  }

  /// A slot whose content is undefined; the one released last comes first.
  [[nodiscard]] Slot allocate() {
    if (free_ == kNoSlot) return grow();
    const Slot slot = free_;
    free_ = links_[slot].next;
    return slot;
  }
  void release(Slot slot) {
    links_[slot].next = free_;
    nodes_[slot].oid = 0;
    free_ = slot;
  }

 private:
  Slot grow() {
    links_.emplace_back();
    return static_cast<Slot>(nodes_.grow());
  }

  ChunkVector<OrderNode, 14> nodes_;
  std::vector<OrderLinks> links_;  // in one piece: an operation meets up to seven of them
  Slot free_ = kNoSlot;
};

}  // namespace ol::exchange
