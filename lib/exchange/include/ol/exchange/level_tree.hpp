#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <ol/exchange/order_pool.hpp>
#include <ol/exchange/slab.hpp>

namespace ol::exchange {

/// The orders at one price: a list from `head` on.
struct Level {
  Slot head = kNoSlot;
  Slot tail = kNoSlot;
  std::uint32_t count = 0;
  std::uint64_t total_sz = 0;  // lots
};

/// Levels by tick: a radix tree of 64 branches per node with an occupancy bitmap in each, so that
/// finding a level and its neighbours costs a handful of bit operations however far apart prices
/// lie (dex.md 6.6: contiguous levels with bitmaps; the tree replaces a moving base and its
/// spill-over). Nodes without an occupied level are given back, so memory follows the levels in
/// use. One thread at a time.
class LevelTree {
 public:
  static constexpr std::uint64_t kTickEnd = std::uint64_t{1} << 42;

  /// The level for `tick`, marked occupied. The caller makes it non-empty. @pre tick < kTickEnd.
  [[nodiscard]] Level& occupy(std::uint64_t tick);
  /// The level at an occupied tick, or null.
  [[nodiscard]] Level* find(std::uint64_t tick);
  [[nodiscard]] const Level* find(std::uint64_t tick) const;
  /// Gives the level back. @pre It is occupied.
  void vacate(std::uint64_t tick);

  /// The nearest occupied tick strictly above, strictly below.
  [[nodiscard]] std::optional<std::uint64_t> above(std::uint64_t tick) const;
  [[nodiscard]] std::optional<std::uint64_t> below(std::uint64_t tick) const;
  [[nodiscard]] std::optional<std::uint64_t> lowest() const;
  [[nodiscard]] std::optional<std::uint64_t> highest() const;

 private:
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kFan = 1U << kBits;
  static constexpr unsigned kHeightMax = 7;  // 7 * 6 bits

  // Inner nodes are occupied where a child is; a child is there exactly if occupied.
  struct Inner {
    std::uint64_t bits = 0;
    std::array<std::uint32_t, kFan> child{};
  };
  struct Leaf {
    std::uint64_t bits = 0;
    std::array<Level, kFan> levels{};
  };

  [[nodiscard]] static unsigned digit(std::uint64_t tick, unsigned height) {
    return static_cast<unsigned>(tick >> (kBits * height)) & (kFan - 1);
  }
  /// Whether the tree's range holds the tick. @pre Not empty.
  [[nodiscard]] bool covers(std::uint64_t tick) const {
    return (tick >> (kBits * height_)) == (base_ >> (kBits * height_));
  }
  void raise(std::uint64_t tick);
  [[nodiscard]] std::uint32_t take_node(bool leaf);
  void give_node(bool leaf, std::uint32_t node);
  [[nodiscard]] std::uint64_t bits(unsigned height, std::uint32_t node) const {
    return height == 1 ? leaves_[node].bits : inners_[node].bits;
  }
  [[nodiscard]] std::uint64_t extreme(unsigned height, std::uint32_t node, std::uint64_t prefix,
                                      bool highest) const;
  [[nodiscard]] std::optional<std::uint64_t> neighbour(std::uint64_t tick, bool up) const;

  ChunkVector<Inner, 5> inners_;
  ChunkVector<Leaf, 5> leaves_;
  std::vector<std::uint32_t> free_inners_;
  std::vector<std::uint32_t> free_leaves_;
  std::uint32_t root_ = 0;
  unsigned height_ = 0;     // 0: empty; 1: the root is a leaf
  std::uint64_t base_ = 0;  // some tick in the root's range
};

}  // namespace ol::exchange
