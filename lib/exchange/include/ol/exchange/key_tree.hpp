#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>

namespace ol::exchange {

/// A place in a KeyTree, padded with zeros. No two keys may differ in padding alone, so no key may
/// begin another.
struct TreeKey {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const TreeKey&, const TreeKey&) = default;
};

/// The way from a leaf up to the root: what stands beside it at every step.
struct TreeStep {
  Hash256 sibling;
  bool sibling_left = false;
};
using TreePath = std::vector<TreeStep>;

/// BLAKE3 of two hashes: an inner node.
[[nodiscard]] Hash256 inner_hash(const Hash256& left, const Hash256& right);
/// The root that the path leads to from a leaf.
[[nodiscard]] Hash256 follow(const Hash256& leaf, const TreePath& path);
/// Whether no leaf stands between the two, given that both paths lead to one root.
[[nodiscard]] bool adjacent(const TreePath& left, const TreePath& right);

/// A binary Merkle tree over leaves in the order of their keys. Its shape is the crit-bit tree of
/// the keys, so the root is a function of the leaves alone, whatever order they came and went in;
/// neighbours by key are neighbours in the tree, so ranges and absence can be proved.
///
/// `set` and `erase` change the shape; `rehash` then hashes every node above a change once, level
/// by level, many side by side. A search begins at the leaf of the change before, so changes in the
/// order of their keys cost the least. In memory only. One thread at a time.
class KeyTree {
 public:
  /// Sets the leaf at a key. Returns the one it replaces.
  std::optional<Hash256> set(const TreeKey& key, const Hash256& leaf);
  /// Takes the leaf at a key away. Returns it, if there was one.
  std::optional<Hash256> erase(const TreeKey& key);
  /// The root after all changes so far; zero without leaves.
  const Hash256& rehash();

  /// The root as of the last `rehash`.
  [[nodiscard]] const Hash256& root() const { return root_hash_; }
  [[nodiscard]] std::size_t size() const { return leaves_.size() - free_leaves_.size(); }

  /// The path of a key's leaf, or nothing without one. @pre No change since the last `rehash`.
  [[nodiscard]] std::optional<TreePath> path_of(const TreeKey& key) const;
  /// The keys next to one that has no leaf, below and above.
  [[nodiscard]] std::pair<std::optional<TreeKey>, std::optional<TreeKey>> neighbours(
      const TreeKey& key) const;

 private:
  // A leaf's number has the highest bit set, an inner node's has not.
  using Ref = std::uint32_t;
  static constexpr Ref kNone = 0xffff'ffff;
  static constexpr Ref kLeaf = 0x8000'0000;

  struct Inner {
    std::array<Ref, 2> child{};
    Ref parent = kNone;
    std::uint16_t bit = 0;      // the first in which keys below differ, from the front
    std::uint32_t changed = 0;  // in which round; then every node above changed in it too
  };
  struct Leaf {
    TreeKey key;
    Ref parent = kNone;
  };

  [[nodiscard]] static bool is_leaf(Ref ref) { return (ref & kLeaf) != 0; }
  [[nodiscard]] const Hash256& hash_of(Ref ref) const {
    return is_leaf(ref) ? leaf_hashes_[ref ^ kLeaf] : inner_hashes_[ref];
  }
  [[nodiscard]] Ref parent_of(Ref ref) const {
    return is_leaf(ref) ? leaves_[ref ^ kLeaf].parent : inners_[ref].parent;
  }
  Ref& parent_of(Ref ref) {
    return is_leaf(ref) ? leaves_[ref ^ kLeaf].parent : inners_[ref].parent;
  }
  // Where a key's leaf is, or the highest subtree that agrees with the key up to the bit where the
  // key parts from it.
  struct Spot {
    Ref at = kNone;
    unsigned bit = kKeyBits;  // kKeyBits: `at` is the key's leaf
  };
  static constexpr unsigned kKeyBits = 256;

  [[nodiscard]] Ref nearest(const TreeKey& key) const;
  [[nodiscard]] Ref climb(Ref ref, unsigned bit) const;
  [[nodiscard]] Spot locate(const TreeKey& key) const;
  void replace_child(Ref parent, Ref from, Ref to);
  void mark(Ref inner);
  Ref add_leaf(const TreeKey& key, const Hash256& hash);
  Ref add_inner();
  std::size_t collect(Ref ref);
  void hash_level(const std::vector<Ref>& level);

  std::vector<Inner> inners_;
  std::vector<Hash256> inner_hashes_;
  std::vector<Leaf> leaves_;
  std::vector<Hash256> leaf_hashes_;
  std::vector<Ref> free_inners_;
  std::vector<Ref> free_leaves_;
  std::vector<std::vector<Ref>> levels_;  // changed nodes by height; kept for their memory
  Ref root_ = kNone;
  Ref finger_ = kNone;  // the leaf that was changed last, or one near it; none exactly if no root
  Hash256 root_hash_;
  std::uint32_t round_ = 1;
};

}  // namespace ol::exchange
