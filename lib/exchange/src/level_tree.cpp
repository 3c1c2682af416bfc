#include <ol/exchange/level_tree.hpp>

#include <bit>

namespace ol::exchange {
namespace {

unsigned lowest_bit(std::uint64_t bits) {
  return static_cast<unsigned>(std::countr_zero(bits));
}

unsigned highest_bit(std::uint64_t bits) {
  return 63U - static_cast<unsigned>(std::countl_zero(bits));
}

std::uint64_t bit(unsigned i) {
  return std::uint64_t{1} << i;
}

}  // namespace

std::uint32_t LevelTree::take_node(bool leaf) {
  auto& free = leaf ? free_leaves_ : free_inners_;
  if (free.empty()) return static_cast<std::uint32_t>(leaf ? leaves_.grow() : inners_.grow());
  const std::uint32_t node = free.back();
  free.pop_back();
  return node;
}

void LevelTree::give_node(bool leaf, std::uint32_t node) {
  (leaf ? free_leaves_ : free_inners_).push_back(node);
}

// Puts new roots above the old one until the range holds `tick`.
void LevelTree::raise(std::uint64_t tick) {
  if (height_ == 0) {
    root_ = take_node(true);
    height_ = 1;
    base_ = tick;
  }
  while (!covers(tick)) {
    const std::uint32_t parent = take_node(false);
    const unsigned slot = digit(base_, height_);
    inners_[parent].bits = bit(slot);
    inners_[parent].child[slot] = root_;
    root_ = parent;
    ++height_;
  }
}

LevelTree::Leaf& LevelTree::make_leaf(std::uint64_t tick) {
  OL_CHECK(tick < kTickEnd, "a tick beyond the range of prices");
  if (height_ == 0 || !covers(tick)) raise(tick);
  std::uint32_t node = root_;
  for (unsigned height = height_; height > 1; --height) {
    const unsigned slot = digit(tick, height - 1);
    if ((inners_[node].bits & bit(slot)) == 0) {
      const std::uint32_t child = take_node(height == 2);
      inners_[node].child[slot] = child;
      inners_[node].bits |= bit(slot);
    }
    node = inners_[node].child[slot];
  }
  Leaf& leaf = leaves_[node];
  leaf.ticks = tick >> kBits;
  near_[leaf.ticks % kNear] = &leaf;
  return leaf;
}

const LevelTree::Leaf* LevelTree::far_leaf(std::uint64_t tick) const {
  if (height_ == 0 || !covers(tick)) return nullptr;
  std::uint32_t node = root_;
  for (unsigned height = height_; height > 1; --height) {
    const unsigned slot = digit(tick, height - 1);
    if ((inners_[node].bits & bit(slot)) == 0) return nullptr;
    node = inners_[node].child[slot];
  }
  return &leaves_[node];
}

LevelTree::Leaf& LevelTree::known_leaf(std::uint64_t tick) {
  OL_CHECK(far_leaf(tick) != nullptr, "a level that is not there");
  return make_leaf(tick);
}

// Takes out an empty leaf and every node that has no other below it.
void LevelTree::drop_leaf(std::uint64_t tick) {
  Leaf*& near = near_[(tick >> kBits) % kNear];
  if (near->ticks == tick >> kBits) near = &nowhere_;
  std::array<std::uint32_t, kHeightMax + 1> path{};
  std::uint32_t node = root_;
  for (unsigned height = height_; height > 1; --height) {
    path[height] = node;
    node = inners_[node].child[digit(tick, height - 1)];
  }
  give_node(true, node);
  for (unsigned height = 2; height <= height_; ++height) {
    Inner& inner = inners_[path[height]];
    inner.bits &= ~bit(digit(tick, height - 1));
    if (inner.bits != 0) return;
    give_node(false, path[height]);
  }
  height_ = 0;
}

std::uint64_t LevelTree::extreme(unsigned height, std::uint32_t node, std::uint64_t prefix,
                                 bool highest) const {
  for (;; --height) {
    const unsigned slot =
        highest ? highest_bit(bits(height, node)) : lowest_bit(bits(height, node));
    prefix = (prefix << kBits) | slot;
    if (height == 1) return prefix;
    node = inners_[node].child[slot];
  }
}

std::optional<std::uint64_t> LevelTree::lowest() const {
  if (height_ == 0) return std::nullopt;
  return extreme(height_, root_, base_ >> (kBits * height_), false);
}

std::optional<std::uint64_t> LevelTree::highest() const {
  if (height_ == 0) return std::nullopt;
  return extreme(height_, root_, base_ >> (kBits * height_), true);
}

// Walks down towards `tick`, remembering the deepest node with an occupied branch on the wanted
// side, and takes that branch's nearest end.
std::optional<std::uint64_t> LevelTree::neighbour(std::uint64_t tick, bool up) const {
  if (height_ == 0) return std::nullopt;
  if (!covers(tick)) {
    const bool tree_above = (base_ >> (kBits * height_)) > (tick >> (kBits * height_));
    if (tree_above != up) return std::nullopt;
    return up ? lowest() : highest();
  }
  unsigned best_height = 0;
  std::uint32_t best_node = 0;
  std::uint64_t best_bits = 0;
  std::uint32_t node = root_;
  for (unsigned height = height_; height > 0; --height) {
    const unsigned slot = digit(tick, height - 1);
    const std::uint64_t here = bits(height, node);
    const std::uint64_t side =
        up ? (slot == 63 ? 0 : here & (~std::uint64_t{0} << (slot + 1))) : here & (bit(slot) - 1);
    if (side != 0) {
      best_height = height;
      best_node = node;
      best_bits = side;
    }
    if (height == 1 || (here & bit(slot)) == 0) break;
    node = inners_[node].child[slot];
  }
  if (best_height == 0) return std::nullopt;
  const unsigned slot = up ? lowest_bit(best_bits) : highest_bit(best_bits);
  const std::uint64_t prefix = ((tick >> (kBits * best_height)) << kBits) | slot;
  if (best_height == 1) return prefix;
  return extreme(best_height - 1, inners_[best_node].child[slot], prefix, !up);
}

std::optional<std::uint64_t> LevelTree::above(std::uint64_t tick) const {
  return neighbour(tick, true);
}

std::optional<std::uint64_t> LevelTree::below(std::uint64_t tick) const {
  return neighbour(tick, false);
}

}  // namespace ol::exchange
