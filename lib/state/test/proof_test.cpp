#include <ol/state/proof.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::state {
namespace {

Hash256 key_of(std::uint8_t n) {
  return crypto::keccak256(Bytes{n});
}

/// A trie of `count` keys, every third of whose values is long.
struct Sample {
  explicit Sample(std::uint8_t count) {
    std::map<Hash256, Bytes> items;
    for (std::uint8_t i = 0; i < count; ++i)
      items[key_of(i)] = value_of(i);
    std::vector<TrieChange> changes;
    for (const auto& [key, value] : items)
      changes.push_back({.key = key.view(), .value = value});
    const MemoryState nothing;
    const auto update = update_trie(nothing, Hash256{}, kEmptyTrieRoot, changes);
    nodes.apply(update->nodes);
    root = update->root;
  }
  static Bytes value_of(std::uint8_t i) {
    return Bytes(i % 3 == 0 ? 40 : 1, static_cast<std::uint8_t>(i + 1));
  }

  MemoryState nodes;
  Hash256 root;
};

TEST(Proof, shows_every_value_and_every_absence) {
  for (const std::uint8_t count : Bytes{0, 1, 2, 3, 20, 120}) {
    const Sample sample(count);
    for (std::uint8_t i = 0; i < 200; ++i) {
      const auto proof = prove(sample.nodes, Hash256{}, sample.root, key_of(i));
      ASSERT_TRUE(proof);
      const auto shown = check_proof(sample.root, key_of(i), *proof);
      ASSERT_TRUE(shown);
      EXPECT_EQ(*shown, i < count ? Sample::value_of(i) : Bytes{}) << int{count} << ' ' << int{i};
    }
  }
}

TEST(Proof, of_an_empty_trie_is_empty) {
  const auto proof = prove(MemoryState{}, Hash256{}, kEmptyTrieRoot, key_of(1));
  ASSERT_TRUE(proof);
  EXPECT_TRUE(proof->empty());
}

TEST(Proof, that_was_tampered_with_shows_nothing) {
  const Sample sample(40);
  const auto proof = prove(sample.nodes, Hash256{}, sample.root, key_of(7));
  ASSERT_TRUE(proof);
  ASSERT_GE(proof->size(), 2U);
  for (std::size_t i = 0; i < proof->size(); ++i) {
    auto changed = *proof;
    changed[i].back() ^= 1;
    EXPECT_FALSE(check_proof(sample.root, key_of(7), changed)) << i;
    changed = *proof;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(check_proof(sample.root, key_of(7), changed)) << i;
  }
  auto longer = *proof;
  longer.push_back(longer.back());
  EXPECT_FALSE(check_proof(sample.root, key_of(7), longer));
  EXPECT_FALSE(check_proof(key_of(0), key_of(7), *proof));
}

TEST(Proof, needs_every_node) {
  Sample sample(40);
  const TrieNodeChanges no_root = {{TrieNodeKey{}, std::nullopt}};
  sample.nodes.apply(no_root);
  EXPECT_EQ(prove(sample.nodes, Hash256{}, sample.root, key_of(1)).error(), StateError::Corrupt);
}

}  // namespace
}  // namespace ol::state
