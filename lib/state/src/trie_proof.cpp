#include <ol/state/trie_proof.hpp>

#include <ol/crypto/hash.hpp>

#include "trie_node.hpp"

namespace ol::state {
namespace {

/// The child of `node` on the way to `key`, of which `depth` nibbles lie above the node; raises
/// `depth`. Empty where the way ends.
NodeRef step(const DecodedNode& node, const NibblePath& key, std::size_t& depth) {
  const std::size_t end = depth + node.path.size();
  if (node.kind == NodeKind::Leaf || end > key.size()) return {};
  if (key.from(depth).first(node.path.size()) != node.path) return {};
  depth = end;
  if (node.kind == NodeKind::Extension) return node.child;
  if (depth == key.size()) return {};
  const ByteView child = node.children[key[depth++]];
  return child.empty() ? NodeRef() : NodeRef(child);
}

}  // namespace

Result<std::vector<Bytes>, StateError> prove(const TrieNodeReader& reader, const Hash256& owner,
                                             const Hash256& root, ByteView key) {
  std::vector<Bytes> nodes;
  if (root == kEmptyTrieRoot) return nodes;
  const NibblePath path(key);
  std::size_t depth = 0;
  for (NodeRef ref = NodeRef::from_hash(root); !ref.empty();) {
    Bytes bytes = to_bytes(ref.encoded());
    if (const auto hash = ref.hash()) {
      OL_TRY(auto stored, reader.trie_node({owner, path.first(depth)}));
      if (!stored || crypto::keccak256(*stored) != *hash) return fail(StateError::Corrupt);
      bytes = *std::move(stored);
      nodes.push_back(bytes);
    }
    OL_TRY(const DecodedNode node, decode_node(bytes));
    ref = step(node, path, depth);
  }
  return nodes;
}

}  // namespace ol::state
