#pragma once

#include <cstdint>

#include <ol/exchange/slab.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// A place in the pool; 0 is none. Never visible in results: slots are reused.
using Slot = std::uint32_t;
constexpr Slot kNoSlot = 0;

/// What matching reads of a resting order: one cache line.
struct alignas(64) OrderNode {
  std::uint64_t tick = 0;
  std::uint64_t sz = 0;  // lots left
  std::uint64_t oid = 0;
  std::uint64_t seq = 0;      // order of arrival in its book (dex.md 6.1)
  TimeMs good_til = 0;        // 0: none
  std::uint32_t account = 0;  // index of the owner
  std::uint32_t market = 0;   // index of the market
  Side side = Side::Buy;
  bool reduce_only = false;
  std::uint16_t unused = 0;
  std::uint32_t group = 0;  // 0: none; else the group of attached triggers
};
static_assert(sizeof(OrderNode) == 64);

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
    static_cast<void>(links_.grow());
    return static_cast<Slot>(nodes_.grow());
  }

  ChunkVector<OrderNode, 14> nodes_;
  ChunkVector<OrderLinks, 14> links_;
  Slot free_ = kNoSlot;
};

}  // namespace ol::exchange
