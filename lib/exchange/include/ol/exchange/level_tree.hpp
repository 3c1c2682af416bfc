#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <ol/exchange/order_pool.hpp>
#include <ol/exchange/slab.hpp>

namespace ol::exchange {

/// The orders at one price, a ring. Four levels are one cache line.
struct alignas(16) Level {
  Slot tail = kNoSlot;  // the newest, followed by the oldest
  std::uint32_t count = 0;
  std::uint64_t total_sz = 0;  // lots
};

/// Levels by tick: a radix tree of 64 branches per node with an occupancy bitmap in each, so that
/// finding a level and its neighbours costs a handful of bit operations however far apart prices
/// lie (dex.md 6.6: contiguous levels with bitmaps; the tree replaces a moving base and its
/// spill-over). Where leaves lie is kept in a table by tick: mostly nothing else is looked at.
/// Nodes without an occupied level are given back, so memory follows the levels in use. One thread
/// at a time.
class LevelTree {
 public:
  static constexpr std::uint64_t kTickEnd = std::uint64_t{1} << OrderPlace::kTickBits;

  /// 64 levels that lie side by side.
  struct alignas(64) Leaf {
    std::array<Level, 64> levels{};
    std::uint64_t bits = 0;                   // which are occupied
    std::uint64_t ticks = ~std::uint64_t{0};  // theirs, less the last digit

    [[nodiscard]] Level& at(std::uint64_t tick) { return levels[tick % 64]; }
    [[nodiscard]] const Level& at(std::uint64_t tick) const { return levels[tick % 64]; }
  };

  LevelTree() { near_.fill(&nowhere_); }
  LevelTree(const LevelTree&) = delete;
  LevelTree& operator=(const LevelTree&) = delete;

  /// The level for `tick`, marked occupied. The caller makes it non-empty. @pre tick < kTickEnd.
  [[nodiscard]] Level& occupy(std::uint64_t tick) {
    Leaf* leaf = near_[(tick >> kBits) % kNear];
    if (leaf->ticks != tick >> kBits) [[unlikely]]
      leaf = &make_leaf(tick);
    leaf->bits |= std::uint64_t{1} << digit(tick, 0);
    return leaf->at(tick);
  }
  /// Fetches the level that `occupy` there will write.
  void prefetch(std::uint64_t tick) const {
    __builtin_prefetch(&near_[(tick >> kBits) % kNear]->at(tick), 1);
  }
  /// The leaf with a level. @pre It is occupied.
  [[nodiscard]] Leaf& leaf_of(std::uint64_t tick) {
    Leaf* leaf = near_[(tick >> kBits) % kNear];
    if (leaf->ticks != tick >> kBits) [[unlikely]]
      leaf = &known_leaf(tick);
    return *leaf;
  }
  /// The level at an occupied tick, or null.
  [[nodiscard]] const Level* find(std::uint64_t tick) const {
    const Leaf* leaf = near_[(tick >> kBits) % kNear];
    if (leaf->ticks != tick >> kBits) leaf = far_leaf(tick);
    if (leaf == nullptr || (leaf->bits >> digit(tick, 0) & 1) == 0) return nullptr;
    return &leaf->at(tick);
  }
  [[nodiscard]] Level* find(std::uint64_t tick) {
    return const_cast<Level*>(static_cast<const LevelTree*>(this)->find(tick));
  }
  /// Gives the level back if it is empty. @pre It is occupied, and `leaf` is its leaf.
  void vacate_if(Leaf& leaf, std::uint64_t tick, bool empty) {
    // No branch on what cannot be foretold.
    leaf.bits &= ~(std::uint64_t{empty} << digit(tick, 0));
    if (leaf.bits == 0) [[unlikely]]
      drop_leaf(tick);
  }

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
  [[nodiscard]] static unsigned digit(std::uint64_t tick, unsigned height) {
    return static_cast<unsigned>(tick >> (kBits * height)) & (kFan - 1);
  }
  /// Whether the tree's range holds the tick. @pre Not empty.
  [[nodiscard]] bool covers(std::uint64_t tick) const {
    return (tick >> (kBits * height_)) == (base_ >> (kBits * height_));
  }
  [[nodiscard]] Leaf& make_leaf(std::uint64_t tick);
  [[nodiscard]] Leaf& known_leaf(std::uint64_t tick);
  [[nodiscard]] const Leaf* far_leaf(std::uint64_t tick) const;
  void drop_leaf(std::uint64_t tick);
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
  // Leaves by their ticks modulo its size, which saves the way down. Each is in the tree.
  static constexpr std::size_t kNear = 1024;
  std::array<Leaf*, kNear> near_;
  Leaf nowhere_;
  std::uint32_t root_ = 0;
  unsigned height_ = 0;     // 0: empty; 1: the root is a leaf
  std::uint64_t base_ = 0;  // some tick in the root's range
};

}  // namespace ol::exchange
