// The tree of the state root: shape, history independence, proofs of presence and absence.
#include <ol/exchange/key_tree.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>

namespace ol::exchange {
namespace {

using Model = std::map<TreeKey, Hash256>;
using Entry = std::pair<TreeKey, Hash256>;

TreeKey key_of(std::uint32_t number) {
  TreeKey out;
  for (unsigned i = 0; i < 4; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return out;
}

Hash256 leaf_of(std::uint32_t number) {
  return crypto::blake3(key_of(number).bytes);
}

bool bit_of(const TreeKey& key, unsigned bit) {
  return ((key.bytes[bit / 8] >> (7 - bit % 8)) & 1) != 0;
}

// The definition: leaves are split by the first bit in which not all of them agree.
Hash256 plain_root(std::span<const Entry> leaves, unsigned bit = 0) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return leaves.front().second;
  const auto split =
      std::ranges::find_if(leaves, [&](const Entry& e) { return bit_of(e.first, bit); });
  if (split == leaves.begin() || split == leaves.end()) return plain_root(leaves, bit + 1);
  const auto count = static_cast<std::size_t>(split - leaves.begin());
  return inner_hash(plain_root(leaves.first(count), bit + 1),
                    plain_root(leaves.subspan(count), bit + 1));
}

Hash256 plain_root(const Model& model) {
  const std::vector<Entry> leaves(model.begin(), model.end());
  return plain_root(std::span(leaves));
}

TEST(KeyTree, without_leaves_has_the_zero_root) {
  KeyTree tree;
  EXPECT_EQ(tree.rehash(), Hash256{});
  EXPECT_FALSE(tree.erase(key_of(1)).has_value());
  EXPECT_FALSE(tree.path_of(key_of(1)).has_value());
  EXPECT_EQ(tree.neighbours(key_of(1)).first, std::nullopt);
  tree.set(key_of(1), leaf_of(1));
  EXPECT_EQ(tree.rehash(), leaf_of(1));
  EXPECT_EQ(tree.erase(key_of(1)), leaf_of(1));
  EXPECT_EQ(tree.rehash(), Hash256{});
}

TEST(KeyTree, tells_what_a_change_replaced) {
  KeyTree tree;
  EXPECT_EQ(tree.set(key_of(1), leaf_of(1)), std::nullopt);
  EXPECT_EQ(tree.set(key_of(2), leaf_of(2)), std::nullopt);
  EXPECT_EQ(tree.set(key_of(1), leaf_of(3)), leaf_of(1));
  EXPECT_EQ(tree.erase(key_of(3)), std::nullopt);
  EXPECT_EQ(tree.erase(key_of(1)), leaf_of(3));
  EXPECT_EQ(tree.size(), 1U);
}

TEST(KeyTree, hashes_as_the_definition_says_whatever_came_and_went) {
  std::mt19937 random(7);
  for (const std::uint32_t range : {4U, 64U, 100'000U}) {
    KeyTree tree;
    Model model;
    for (int round = 0; round < 60; ++round) {
      for (std::uint32_t i = random() % 40; i > 0; --i) {
        const std::uint32_t number = random() % range;
        if (random() % 3 == 0) {
          tree.erase(key_of(number));
          model.erase(key_of(number));
        } else {
          const Hash256 leaf = leaf_of(static_cast<std::uint32_t>(random()));
          tree.set(key_of(number), leaf);
          model[key_of(number)] = leaf;
        }
      }
      ASSERT_EQ(tree.rehash(), plain_root(model)) << range << ' ' << round;
      ASSERT_EQ(tree.size(), model.size());
    }
  }
}

/// A few hundred leaves, and the proofs a stranger would check.
class KeyTreeProofs : public testing::Test {
 protected:
  void SetUp() override {
    std::mt19937 random(11);
    for (int i = 0; i < 300; ++i) {
      const std::uint32_t number = 2 + random() % 2000;
      tree.set(key_of(number), leaf_of(number));
      model[key_of(number)] = leaf_of(number);
    }
    root = tree.rehash();
  }
  KeyTree tree;
  Model model;
  Hash256 root;
};

TEST_F(KeyTreeProofs, lead_from_every_leaf_to_the_root_and_from_nothing_else) {
  for (const auto& [key, leaf] : model) {
    const TreePath path = tree.path_of(key).value();
    EXPECT_EQ(follow(leaf, path), root);
    EXPECT_NE(follow(leaf_of(1), path), root);
  }
}

TEST_F(KeyTreeProofs, of_neighbours_are_adjacent_and_of_others_are_not) {
  for (auto it = model.begin(); std::next(it) != model.end(); ++it) {
    const TreePath left = tree.path_of(it->first).value();
    const TreePath right = tree.path_of(std::next(it)->first).value();
    EXPECT_TRUE(adjacent(left, right));
    EXPECT_FALSE(adjacent(right, left));
    EXPECT_FALSE(adjacent(left, left));
    if (std::next(it, 2) != model.end()) {
      EXPECT_FALSE(adjacent(left, tree.path_of(std::next(it, 2)->first).value()));
    }
  }
}

TEST_F(KeyTreeProofs, name_the_leaves_around_a_key_that_has_none) {
  for (std::uint32_t number = 0; number < 2010; ++number) {
    const TreeKey key = key_of(number);
    if (model.contains(key)) continue;
    const auto [below, above] = tree.neighbours(key);
    const auto next = model.upper_bound(key);
    EXPECT_EQ(above.has_value(), next != model.end()) << number;
    if (above) EXPECT_EQ(*above, next->first) << number;
    EXPECT_EQ(below.has_value(), next != model.begin()) << number;
    if (below) EXPECT_EQ(*below, std::prev(next)->first) << number;
  }
  EXPECT_DEATH(static_cast<void>(tree.neighbours(model.begin()->first)), "has a leaf");
}

}  // namespace
}  // namespace ol::exchange
