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
  Slot next = kNoSlot;  // later at the same level; in a free node the next free one
  Slot prev = kNoSlot;  // earlier at the same level
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

/// The orders of all books. Links between them are slots. One thread at a time.
class OrderPool {
 public:
  OrderPool() { nodes_.grow(); }

  [[nodiscard]] OrderNode& operator[](Slot slot) { return nodes_[slot]; }
  [[nodiscard]] const OrderNode& operator[](Slot slot) const { return nodes_[slot]; }

  /// Fetches a node that will soon be written.
  void prefetch(Slot slot) const { __builtin_prefetch(&nodes_[slot], 1); }

  /// A slot whose content is undefined; the one released last comes first.
  [[nodiscard]] Slot allocate() {
    if (free_ == kNoSlot) return static_cast<Slot>(nodes_.grow());
    const Slot slot = free_;
    free_ = nodes_[slot].next;
    return slot;
  }
  void release(Slot slot) {
    nodes_[slot].next = free_;
    nodes_[slot].oid = 0;
    free_ = slot;
  }

 private:
  ChunkVector<OrderNode, 14> nodes_;
  Slot free_ = kNoSlot;
};

}  // namespace ol::exchange
