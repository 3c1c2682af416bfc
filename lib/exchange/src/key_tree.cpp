#include <ol/exchange/key_tree.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <ol/base/check.hpp>
#include <ol/crypto/blake3_many.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::exchange {
namespace {

constexpr std::size_t kPairBytes = 64;

unsigned bit_of(const TreeKey& key, unsigned bit) {
  return (key.bytes[bit / 8] >> (7 - bit % 8)) & 1U;
}

// The first bit in which two keys differ, 256 if they are the same.
unsigned first_difference(const TreeKey& a, const TreeKey& b) {
  for (unsigned i = 0; i < 4; ++i) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a.bytes.data() + 8 * i, 8);
    std::memcpy(&right, b.bytes.data() + 8 * i, 8);
    if (left == right) continue;
    std::uint64_t differ = left ^ right;
    if constexpr (std::endian::native == std::endian::little) differ = std::byteswap(differ);
    return 64 * i + static_cast<unsigned>(std::countl_zero(differ));
  }
  return 256;
}

}  // namespace

Hash256 inner_hash(const Hash256& left, const Hash256& right) {
  std::array<std::uint8_t, kPairBytes> pair{};
  std::ranges::copy(left.bytes, pair.begin());
  std::ranges::copy(right.bytes, pair.begin() + 32);
  return crypto::blake3(pair);
}

Hash256 follow(const Hash256& leaf, const TreePath& path) {
  Hash256 at = leaf;
  for (const TreeStep& step : path)
    at = step.sibling_left ? inner_hash(step.sibling, at) : inner_hash(at, step.sibling);
  return at;
}

bool adjacent(const TreePath& left, const TreePath& right) {
  // From the root down the two share their steps until they part.
  std::size_t l = left.size();
  std::size_t r = right.size();
  while (l > 0 && r > 0 && left[l - 1].sibling_left == right[r - 1].sibling_left &&
         left[l - 1].sibling == right[r - 1].sibling) {
    --l;
    --r;
  }
  if (l == 0 || r == 0) return false;
  if (left[l - 1].sibling_left || !right[r - 1].sibling_left) return false;
  // Below, one keeps right and the other left.
  const auto is_left = [](const TreeStep& step) { return step.sibling_left; };
  const auto below = [](const TreePath& path, std::size_t parted) {
    return std::span(path).first(parted - 1);
  };
  return std::ranges::all_of(below(left, l), is_left) &&
         std::ranges::none_of(below(right, r), is_left);
}

// The leaf that shares the longest beginning with the key, among others perhaps.
KeyTree::Ref KeyTree::nearest(const TreeKey& key) const {
  Ref at = root_;
  while (!is_leaf(at))
    at = inners_[at].child[bit_of(key, inners_[at].bit)];
  return at;
}

// The highest subtree around a node whose leaves all agree up to the bit and in it.
KeyTree::Ref KeyTree::climb(Ref ref, unsigned bit) const {
  Ref above = parent_of(ref);
  while (above != kNone && inners_[above].bit > bit) {
    ref = above;
    above = inners_[above].parent;
  }
  return ref;
}

KeyTree::Spot KeyTree::locate(const TreeKey& key) const {
  unsigned bit = first_difference(leaves_[finger_ ^ kLeaf].key, key);
  if (bit == kKeyBits) return {finger_, bit};
  Ref at = climb(finger_, bit);
  const Ref fork = parent_of(at);
  if (fork == kNone || inners_[fork].bit != bit) return {at, bit};
  // The tree parts where the key parts from the finger: it belongs to the other side.
  at = inners_[fork].child[bit_of(key, bit)];
  while (!is_leaf(at))
    at = inners_[at].child[bit_of(key, inners_[at].bit)];
  bit = first_difference(leaves_[at ^ kLeaf].key, key);
  if (bit == kKeyBits) return {at, bit};
  return {climb(at, bit), bit};
}

void KeyTree::mark(Ref inner) {
  while (inner != kNone && inners_[inner].changed != round_) {
    inners_[inner].changed = round_;
    inner = inners_[inner].parent;
  }
}

void KeyTree::replace_child(Ref parent, Ref from, Ref to) {
  if (parent == kNone) {
    root_ = to;
  } else {
    Inner& node = inners_[parent];
    node.child[node.child[1] == from ? 1 : 0] = to;
  }
  if (to != kNone) parent_of(to) = parent;
}

KeyTree::Ref KeyTree::add_leaf(const TreeKey& key, const Hash256& hash) {
  std::size_t at = leaves_.size();
  if (free_leaves_.empty()) {
    leaves_.emplace_back();
    leaf_hashes_.emplace_back();
  } else {
    at = free_leaves_.back();
    free_leaves_.pop_back();
  }
  leaves_[at] = {key, kNone};
  leaf_hashes_[at] = hash;
  return static_cast<Ref>(at) | kLeaf;
}

KeyTree::Ref KeyTree::add_inner() {
  if (!free_inners_.empty()) {
    const Ref at = free_inners_.back();
    free_inners_.pop_back();
    inners_[at] = {};
    return at;
  }
  inners_.emplace_back();
  inner_hashes_.emplace_back();
  OL_CHECK(inners_.size() < kLeaf, "more records than the tree has numbers");
  return static_cast<Ref>(inners_.size() - 1);
}

std::optional<Hash256> KeyTree::set(const TreeKey& key, const Hash256& leaf) {
  if (root_ == kNone) {
    root_ = finger_ = add_leaf(key, leaf);
    return std::nullopt;
  }
  const auto [at, bit] = locate(key);
  if (bit == kKeyBits) {
    finger_ = at;
    mark(leaves_[at ^ kLeaf].parent);
    return std::exchange(leaf_hashes_[at ^ kLeaf], leaf);
  }
  const Ref added = add_leaf(key, leaf);
  const Ref inner = add_inner();
  replace_child(parent_of(at), at, inner);
  const unsigned side = bit_of(key, bit);
  inners_[inner].bit = static_cast<std::uint16_t>(bit);
  inners_[inner].child[side] = added;
  inners_[inner].child[1 - side] = at;
  parent_of(added) = inner;
  parent_of(at) = inner;
  mark(inner);
  finger_ = added;
  return std::nullopt;
}

std::optional<Hash256> KeyTree::erase(const TreeKey& key) {
  if (root_ == kNone) return std::nullopt;
  const auto [at, bit] = locate(key);
  if (bit != kKeyBits) return std::nullopt;
  const Ref parent = leaves_[at ^ kLeaf].parent;
  if (parent == kNone) {
    root_ = finger_ = kNone;
  } else {
    const Inner& node = inners_[parent];
    const unsigned side = node.child[1] == at ? 1 : 0;
    const Ref other = node.child[1 - side];
    const Ref above = node.parent;
    replace_child(above, parent, other);
    mark(above);
    free_inners_.push_back(parent);
    // The neighbour of the leaf that goes.
    finger_ = other;
    while (!is_leaf(finger_))
      finger_ = inners_[finger_].child[side];
  }
  free_leaves_.push_back(at ^ kLeaf);
  return leaf_hashes_[at ^ kLeaf];
}

// Puts changed nodes into the level above their highest changed child. Returns the number of levels
// below and at the node. At most 256 deep, the bits of a key.
std::size_t KeyTree::collect(Ref ref) {
  if (is_leaf(ref) || inners_[ref].changed != round_) return 0;
  const Inner& node = inners_[ref];
  const std::size_t level = std::max(collect(node.child[0]), collect(node.child[1]));
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].push_back(ref);
  return level + 1;
}

void KeyTree::hash_level(const std::vector<Ref>& level) {
  constexpr std::size_t kBatch = 64;
  std::array<std::array<std::uint8_t, kPairBytes>, kBatch> pairs;
  std::array<const std::uint8_t*, kBatch> inputs{};
  std::array<Hash256, kBatch> out;
  for (std::size_t i = 0; i < kBatch; ++i)
    inputs[i] = pairs[i].data();
  for (std::size_t first = 0; first < level.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, level.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      const Inner& node = inners_[level[first + i]];
      std::memcpy(pairs[i].data(), hash_of(node.child[0]).bytes.data(), 32);
      std::memcpy(pairs[i].data() + 32, hash_of(node.child[1]).bytes.data(), 32);
    }
    crypto::blake3_many(std::span(inputs).first(count), 1, std::span(out).first(count));
    for (std::size_t i = 0; i < count; ++i)
      inner_hashes_[level[first + i]] = out[i];
  }
}

const Hash256& KeyTree::rehash() {
  for (std::vector<Ref>& level : levels_)
    level.clear();
  if (root_ != kNone) collect(root_);
  for (const std::vector<Ref>& level : levels_)
    hash_level(level);
  ++round_;
  root_hash_ = root_ == kNone ? Hash256{} : hash_of(root_);
  return root_hash_;
}

std::optional<TreePath> KeyTree::path_of(const TreeKey& key) const {
  if (root_ == kNone) return std::nullopt;
  Ref at = nearest(key);
  const Leaf& found = leaves_[at ^ kLeaf];
  if (found.key != key) return std::nullopt;
  TreePath out;
  for (Ref parent = found.parent; parent != kNone; parent = inners_[at].parent) {
    const Inner& node = inners_[parent];
    const bool sibling_left = node.child[1] == at;
    out.push_back({hash_of(node.child[sibling_left ? 0 : 1]), sibling_left});
    at = parent;
  }
  return out;
}

std::pair<std::optional<TreeKey>, std::optional<TreeKey>> KeyTree::neighbours(
    const TreeKey& key) const {
  if (root_ == kNone) return {};
  const TreeKey& near = leaves_[nearest(key) ^ kLeaf].key;
  OL_CHECK(near != key, "neighbours of a key that has a leaf");
  // Everything at and below `at` agrees with the key up to the bit where the key parts from it.
  const unsigned bit = first_difference(near, key);
  Ref at = root_;
  Ref below = kNone;  // the last subtrees passed by on each side
  Ref above = kNone;
  while (!is_leaf(at) && inners_[at].bit < bit) {
    const unsigned side = bit_of(key, inners_[at].bit);
    (side == 1 ? below : above) = inners_[at].child[1 - side];
    at = inners_[at].child[side];
  }
  (bit_of(key, bit) == 1 ? below : above) = at;
  const auto end_of = [&](Ref ref, unsigned side) -> std::optional<TreeKey> {
    if (ref == kNone) return std::nullopt;
    while (!is_leaf(ref))
      ref = inners_[ref].child[side];
    return leaves_[ref ^ kLeaf].key;
  };
  return {end_of(below, 1), end_of(above, 0)};
}

}  // namespace ol::exchange
