#include <ol/crypto/hash.hpp>
#include <ol/state/trie.hpp>

#include "trie_node.hpp"

namespace ol::state {
namespace {

using Visit = std::function<void(ByteView key, ByteView value)>;

Bytes key_of(const NibblePath& path) {
  Bytes key;
  for (std::size_t i = 0; i + 1 < path.size(); i += 2)
    key.push_back(static_cast<std::uint8_t>(path[i] << 4 | path[i + 1]));
  return key;
}

class Visitor {
 public:
  Visitor(const TrieNodeReader& reader, const Hash256& owner, const Visit& visit)
      : reader_(reader), owner_(owner), visit_(visit) {}

  /// Recursion is bounded by the 64 nibbles of a path.
  Result<void, StateError> walk(const NodeRef& ref, const NibblePath& place) {
    Bytes bytes = to_bytes(ref.encoded());
    if (const auto hash = ref.hash()) {
      OL_TRY(auto stored, reader_.trie_node({owner_, place}));
      if (!stored) return fail(StateError::Corrupt);
      bytes = *std::move(stored);
      if (crypto::keccak256(bytes) != *hash) return fail(StateError::Corrupt);
    }
    OL_TRY(const DecodedNode node, decode_node(bytes));
    if (place.size() + node.path.size() > NibblePath::kSizeMax) return fail(StateError::Corrupt);
    const NibblePath below = place.with(node.path);
    if (node.kind == NodeKind::Extension) return walk(node.child, below);
    if (!node.value.empty()) visit_(key_of(below), node.value);
    if (node.kind == NodeKind::Leaf) return {};
    if (below.size() == NibblePath::kSizeMax) return fail(StateError::Corrupt);
    for (std::uint8_t i = 0; i < 16; ++i) {
      if (node.children[i].empty()) continue;
      OL_TRY_VOID(walk(NodeRef(node.children[i]), below.with(i)));
    }
    return {};
  }

 private:
  const TrieNodeReader& reader_;
  const Hash256 owner_;
  const Visit& visit_;
};

}  // namespace

Result<void, StateError> visit_trie(const TrieNodeReader& reader, const Hash256& owner,
                                    const Hash256& root, const Visit& visit) {
  if (root == kEmptyTrieRoot) return {};
  return Visitor(reader, owner, visit).walk(NodeRef::from_hash(root), {});
}

}  // namespace ol::state
