#include <ol/state/proof.hpp>

#include <functional>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "trie_node.hpp"

namespace ol::state {
namespace {

/// Gives the node at a place whose hash is known.
using Fetch =
    std::function<Result<Bytes, StateError>(const NibblePath& place, const Hash256& hash)>;

/// The reference to follow below `node` and how much of the path it takes; nothing to follow where
/// the way ends, in `value` if there is one.
struct Step {
  NodeRef next;
  std::size_t depth = 0;
  Bytes value;
};

Step step_into(const DecodedNode& node, const NibblePath& path, std::size_t depth) {
  Step out;
  const NibblePath rest = path.from(depth);
  if (node.kind == NodeKind::Branch) {
    OL_CHECK(!rest.empty(), "keys of one length end in leaves");
    const ByteView child = node.children[rest[0]];
    if (!child.empty()) out.next = NodeRef(child);
    out.depth = depth + 1;
    return out;
  }
  if (node.path.size() > rest.size() || rest.first(node.path.size()) != node.path) return out;
  out.depth = depth + node.path.size();
  if (node.kind == NodeKind::Extension) out.next = node.child;
  if (node.kind == NodeKind::Leaf && out.depth == path.size()) out.value = to_bytes(node.value);
  return out;
}

Result<Bytes, StateError> walk(const Hash256& root, const Hash256& key, const Fetch& fetch) {
  const NibblePath path(key.view());
  if (root == kEmptyTrieRoot) return Bytes{};
  Step step{NodeRef::from_hash(root), 0, {}};
  while (!step.next.empty()) {
    Bytes bytes = to_bytes(step.next.encoded());
    if (const auto hash = step.next.hash()) {
      OL_TRY(bytes, fetch(path.first(step.depth), *hash));
      if (crypto::keccak256(bytes) != *hash) return fail(StateError::Corrupt);
    }
    OL_TRY(const DecodedNode node, decode_node(bytes));
    const bool is_too_deep = step.depth >= path.size() && node.kind == NodeKind::Branch;
    if (is_too_deep) return fail(StateError::Corrupt);
    step = step_into(node, path, step.depth);
  }
  return std::move(step.value);
}

}  // namespace

Result<std::vector<Bytes>, StateError> prove(const TrieNodeReader& reader, const Hash256& owner,
                                             const Hash256& root, const Hash256& key) {
  std::vector<Bytes> out;
  const Fetch fetch = [&](const NibblePath& place, const Hash256&) -> Result<Bytes, StateError> {
    OL_TRY(auto stored, reader.trie_node({owner, place}));
    if (!stored) return fail(StateError::Corrupt);
    out.push_back(*stored);
    return *std::move(stored);
  };
  OL_TRY_VOID(walk(root, key, fetch));
  return out;
}

Result<Bytes, StateError> check_proof(const Hash256& root, const Hash256& key,
                                      const std::vector<Bytes>& proof) {
  std::size_t used = 0;
  const Fetch fetch = [&](const NibblePath&, const Hash256&) -> Result<Bytes, StateError> {
    if (used == proof.size()) return fail(StateError::Corrupt);
    return proof[used++];
  };
  OL_TRY(Bytes value, walk(root, key, fetch));
  if (used != proof.size()) return fail(StateError::Corrupt);
  return value;
}

}  // namespace ol::state
