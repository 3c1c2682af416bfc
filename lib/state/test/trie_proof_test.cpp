#include <ol/state/trie_proof.hpp>

#include <map>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

#include "trie_node.hpp"

namespace ol::state {
namespace {

/// Follows a proof as a verifier would, who knows the root alone: the value, or nothing where the
/// proof shows that there is none. Fails the test where the proof proves neither.
std::optional<Bytes> verify(const Hash256& root, ByteView key, const std::vector<Bytes>& nodes) {
  const NibblePath path(key);
  std::size_t depth = 0;
  std::size_t used = 0;
  std::optional<Bytes> value;
  NodeRef ref = root == kEmptyTrieRoot ? NodeRef() : NodeRef::from_hash(root);
  while (!ref.empty()) {
    Bytes bytes = to_bytes(ref.encoded());
    if (const auto hash = ref.hash()) {
      EXPECT_LT(used, nodes.size());
      if (used >= nodes.size()) break;
      bytes = nodes[used++];
      EXPECT_EQ(crypto::keccak256(bytes), *hash);
    }
    const auto node = decode_node(bytes);
    EXPECT_TRUE(node.has_value());
    if (!node ||
        path.from(depth).first(std::min(node->path.size(), path.size() - depth)) != node->path)
      break;
    depth += node->path.size();
    if (node->kind == NodeKind::Leaf) {
      value = to_bytes(node->value);
      break;
    }
    if (node->kind == NodeKind::Extension) {
      ref = node->child;
      continue;
    }
    const ByteView child = node->children[path[depth++]];
    ref = child.empty() ? NodeRef() : NodeRef(child);
  }
  EXPECT_EQ(used, nodes.size()) << "no node too many";
  return value;
}

class TrieProof : public ::testing::Test {
 protected:
  void fill(std::size_t count, std::size_t value_size) {
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes number{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
      items_[to_bytes(crypto::keccak256(number).view())] =
          Bytes(value_size, static_cast<std::uint8_t>(i + 1));
    }
    std::vector<TrieChange> changes;
    for (const auto& [key, value] : items_)
      changes.push_back({key, value});
    const auto update = update_trie(state_, owner_, kEmptyTrieRoot, changes);
    ASSERT_TRUE(update.has_value());
    state_.apply(update->nodes);
    root_ = update->root;
  }
  std::vector<Bytes> proof(ByteView key) const {
    const auto nodes = prove(state_, owner_, root_, key);
    EXPECT_TRUE(nodes.has_value());
    return nodes.value_or(std::vector<Bytes>{});
  }
  MemoryState state_;
  Hash256 owner_;
  Hash256 root_ = kEmptyTrieRoot;
  std::map<Bytes, Bytes> items_;
};

TEST_F(TrieProof, shows_every_value) {
  fill(700, 40);
  for (const auto& [key, value] : items_)
    EXPECT_EQ(verify(root_, key, proof(key)), value);
}

TEST_F(TrieProof, shows_values_inside_their_parents) {
  fill(60, 1);
  for (const auto& [key, value] : items_)
    EXPECT_EQ(verify(root_, key, proof(key)), value);
}

TEST_F(TrieProof, shows_that_a_key_is_absent) {
  fill(300, 40);
  for (std::uint16_t i = 1'000; i < 1'300; ++i) {
    const Bytes number{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    const Hash256 key = crypto::keccak256(number);
    EXPECT_EQ(verify(root_, key.view(), proof(key.view())), std::nullopt);
  }
}

TEST_F(TrieProof, of_an_empty_trie_is_empty) {
  EXPECT_TRUE(proof(Hash256{}.view()).empty());
}

TEST_F(TrieProof, of_one_key_shows_others_absent) {
  fill(1, 40);
  EXPECT_EQ(proof(Hash256{}.view()).size(), 1U);
  EXPECT_EQ(verify(root_, Hash256{}.view(), proof(Hash256{}.view())), std::nullopt);
}

TEST_F(TrieProof, is_refused_where_nodes_are_missing) {
  fill(300, 40);
  const MemoryState empty;
  EXPECT_EQ(prove(empty, owner_, root_, Hash256{}.view()).error(), StateError::Corrupt);
}

}  // namespace
}  // namespace ol::state
