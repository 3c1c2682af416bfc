#include "trie_node.hpp"

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/base/rlp.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {
namespace {

NibblePath path_of(std::initializer_list<std::uint8_t> nibbles) {
  NibblePath out;
  for (const std::uint8_t n : nibbles)
    out.push_back(n);
  return out;
}

bool is_corrupt(std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  const auto node = decode_node(bytes);
  return !node && node.error() == StateError::Corrupt;
}

// The four examples of the Yellow Paper's hex-prefix rule: even and odd, extension and leaf.
TEST(TrieNode, pins_the_hex_prefix_of_paths) {
  const NodeRef child = NodeRef::from_hash(Hash256{});
  const std::string hash = "a0" + std::string(64, '0');
  EXPECT_EQ(to_hex(encode_extension(path_of({1, 2, 3, 4, 5}), child)), "e583112345" + hash);
  EXPECT_EQ(to_hex(encode_extension(path_of({0, 1, 2, 3}), child)), "e583000123" + hash);
  EXPECT_EQ(to_hex(encode_leaf(path_of({15, 1, 12}), as_bytes("v"))), "c4823f1c76");
  EXPECT_EQ(to_hex(encode_leaf(path_of({0, 15}), as_bytes("v"))), "c482200f76");
  EXPECT_EQ(to_hex(encode_leaf({}, as_bytes("v"))), "c22076");
}

TEST(TrieNode, reads_back_every_shape) {
  const Bytes leaf = encode_leaf(path_of({1, 2, 3}), as_bytes("value"));
  const DecodedNode l = decode_node(leaf).value();
  EXPECT_EQ(l.kind, NodeKind::Leaf);
  EXPECT_EQ(l.path, path_of({1, 2, 3}));
  EXPECT_EQ(as_text(l.value), "value");

  const Bytes extension = encode_extension(path_of({4, 5}), NodeRef::from_hash(Hash256{{9}}));
  const DecodedNode e = decode_node(extension).value();
  EXPECT_EQ(e.kind, NodeKind::Extension);
  EXPECT_EQ(e.path, path_of({4, 5}));
  EXPECT_EQ(e.child.hash(), (Hash256{{9}}));

  std::array<NodeRef, 16> children;
  children[0] = NodeRef(leaf);
  children[15] = NodeRef::from_hash(Hash256{{7}});
  const Bytes branch = encode_branch(children, as_bytes("here"));
  const DecodedNode b = decode_node(branch).value();
  EXPECT_EQ(b.kind, NodeKind::Branch);
  EXPECT_EQ(as_text(b.value), "here");
  EXPECT_EQ(to_bytes(b.children[0]), leaf);
  EXPECT_TRUE(b.children[1].empty());
  EXPECT_EQ(NodeRef(b.children[15]).hash(), (Hash256{{7}}));
  EXPECT_FALSE(NodeRef(b.children[0]).hash());
}

TEST(TrieNode, refuses_what_is_not_a_node) {
  EXPECT_TRUE(is_corrupt(""));
  EXPECT_TRUE(is_corrupt("80"));
  EXPECT_TRUE(is_corrupt("c0"));
  EXPECT_TRUE(is_corrupt("c120"));
  EXPECT_TRUE(is_corrupt("c2207600")) << "bytes behind the node";
  EXPECT_TRUE(is_corrupt("c3207676")) << "three items";
  EXPECT_TRUE(is_corrupt("c22080")) << "a leaf without value";
  EXPECT_TRUE(is_corrupt("c220c0")) << "a leaf whose value is a list";
  EXPECT_TRUE(is_corrupt("c28076")) << "no hex prefix";
  EXPECT_TRUE(is_corrupt("c2c076")) << "a list for a path";
  EXPECT_TRUE(is_corrupt("c22176")) << "an even path with an odd nibble";
  EXPECT_TRUE(is_corrupt("c24076")) << "an unknown flag";
  EXPECT_TRUE(is_corrupt("c21180")) << "an extension to nothing";
  EXPECT_TRUE(is_corrupt("c21176")) << "an extension to a string";
  EXPECT_TRUE(is_corrupt("e200a0" + std::string(64, '0'))) << "an extension over no nibble";
  EXPECT_TRUE(is_corrupt("d1" + std::string(32, '0') + "80")) << "a branch of zero bytes";
  const std::string longest = std::string(64, 'a');
  EXPECT_FALSE(is_corrupt("e3a120" + longest + "76"));
  EXPECT_TRUE(is_corrupt("e3a131" + longest + "76")) << "65 nibbles";
  EXPECT_TRUE(is_corrupt("e4a220" + longest + "aa76")) << "66 nibbles";
}

TEST(TrieNode, refuses_children_that_should_have_been_hashed) {
  RlpWriter w;
  w.begin_list();
  w.begin_list().string(Bytes(32, 0xaa)).end_list();
  for (int i = 0; i < 16; ++i)
    w.string({});
  w.end_list();
  EXPECT_TRUE(is_corrupt(to_hex(w.bytes())));
}

TEST(TrieNodeKey, pins_its_place_in_the_store) {
  const TrieNodeKey key{Hash256{{0xab}}, path_of({1, 15, 0})};
  EXPECT_EQ(to_hex(key.encode()), "ab" + std::string(62, '0') + "010f00");
}

TEST(TrieNodeKey, encodes_in_order) {
  const TrieNodeKey root{Hash256{}, {}};
  const TrieNodeKey below{Hash256{}, path_of({15})};
  const TrieNodeKey other{Hash256{{1}}, {}};
  EXPECT_LT(root, below);
  EXPECT_LT(root.encode(), below.encode());
  EXPECT_LT(below, other);
  EXPECT_LT(below.encode(), other.encode());
}

}  // namespace
}  // namespace ol::state
