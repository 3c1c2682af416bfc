#include <algorithm>
#include <memory>
#include <vector>

#include <ol/crypto/keccak_many.hpp>
#include <ol/state/trie.hpp>
#include <ol/state/trie_node_cache.hpp>

#include "trie_build.hpp"
#include "trie_node.hpp"

// A batch goes down the trie once, split at every branch, so that each node on the way is read,
// encoded and hashed once however many keys lie below it.

namespace ol::state {
namespace {

using Changes = std::span<const TrieChange>;
using Kind = PendingNode::Kind;
using Outcome = Result<PendingNode, StateError>;

class Updater {
 public:
  Updater(const TrieNodeReader& reader, const Hash256& owner, TrieNodeChanges& out,
          TrieNodeCache* cache)
      : reader_(reader), owner_(owner), sink_(owner, &out, cache), cache_(cache) {}

  Result<Hash256, StateError> run(const Hash256& root, Changes changes) {
    const NodeRef ref = root == kEmptyTrieRoot ? NodeRef{} : NodeRef::from_hash(root);
    OL_TRY(const PendingNode node, update(ref, {}, changes));
    OL_TRY_VOID(verify());
    return node.changed ? sink_.finish(node) : root;
  }

 private:
  /// Applies `changes`, whose keys start with `place`, to the node there.
  Outcome update(const NodeRef& ref, const NibblePath& place, Changes changes) {
    if (ref.empty()) return build_subtrie(sink_, place, without_deletions(changes));
    const PendingNode untouched{Kind::Unread, {}, {}, ref, false};
    if (changes.empty()) return untouched;
    OL_TRY(const DecodedNode node, read(ref, place));
    OL_TRY(const PendingNode result, update_node(node, place, changes));
    if (!result.changed) return untouched;
    if (ref.hash()) sink_.erase(place);
    return result;
  }

  Outcome update_node(const DecodedNode& node, const NibblePath& place, Changes changes) {
    switch (node.kind) {
      case NodeKind::Leaf:
        return update_leaf(node, place, changes);
      case NodeKind::Extension:
        return update_extension(node.path, node.child, place, changes);
      case NodeKind::Branch:
        return update_branch(node, place, changes);
    }
    OL_CHECK(false, "unknown node kind");
  }

  /// A leaf is one more item of the subtrie, unless a change speaks of its key.
  PendingNode update_leaf(const DecodedNode& leaf, const NibblePath& place, Changes changes) {
    const Bytes& key = keep(pack(place.with(leaf.path)));
    const auto before = [](const TrieChange& change, ByteView k) {
      return std::ranges::lexicographical_compare(change.key, k);
    };
    const auto at = std::lower_bound(changes.begin(), changes.end(), ByteView(key), before);
    const bool spoken_of = at != changes.end() && std::ranges::equal(at->key, key);
    std::vector<TrieChange> items = without_deletions(Changes(changes.begin(), at));
    if (!spoken_of) items.push_back({key, leaf.value});
    const std::vector<TrieChange> rest = without_deletions(Changes(at, changes.end()));
    items.insert(items.end(), rest.begin(), rest.end());
    PendingNode out = build_subtrie(sink_, place, items);
    const bool same = out.kind == Kind::Leaf && out.path == leaf.path &&
                      std::ranges::equal(out.value, leaf.value);
    out.changed = !same;
    return out;
  }

  Outcome update_extension(const NibblePath& prefix, const NodeRef& child, const NibblePath& place,
                           Changes changes) {
    // Deleting keys that are not below the extension does nothing and must not split it.
    std::vector<TrieChange> relevant;
    std::size_t shared = prefix.size();
    for (const TrieChange& change : changes) {
      const std::size_t common = common_with(prefix, change.key, place.size());
      if (change.value.empty() && common < prefix.size()) continue;
      shared = std::min(shared, common);
      relevant.push_back(change);
    }
    PendingNode same{Kind::Extension, prefix, {}, child, false};
    if (relevant.empty()) return same;
    if (shared < prefix.size()) return split_extension(prefix, shared, child, place, relevant);
    const NibblePath below = place.with(prefix);
    OL_TRY(const PendingNode inside, update(child, below, relevant));
    if (!inside.changed) return same;
    return prepend(prefix, inside);
  }

  /// Some change leaves the extension after `shared` nibbles: a branch goes there, and what remains
  /// of the extension becomes one of its children.
  Outcome split_extension(const NibblePath& prefix, std::size_t shared, const NodeRef& child,
                          const NibblePath& place, Changes changes) {
    const NibblePath branch_place = place.with(prefix.first(shared));
    const NibblePath remainder = prefix.from(shared + 1);
    ByteView value;
    if (changes.front().key.size() * 2 == branch_place.size()) {
      value = changes.front().value;
      changes = changes.subspan(1);
    }
    std::array<PendingNode, 16> children;
    for (std::uint8_t i = 0; i < 16; ++i) {
      const auto group = take_group(changes, branch_place.size(), i);
      const NibblePath child_place = branch_place.with(i);
      if (i != prefix[shared]) {
        children[i] = build_subtrie(sink_, child_place, without_deletions(group));
      } else if (remainder.empty()) {
        OL_TRY(children[i], update(child, child_place, group));
      } else {
        OL_TRY(children[i], update_extension(remainder, child, child_place, group));
      }
    }
    OL_TRY(const PendingNode branch, combine(branch_place, children, value));
    return prepend(prefix.first(shared), branch);
  }

  Outcome update_branch(const DecodedNode& branch, const NibblePath& place, Changes changes) {
    ByteView value = branch.value;
    if (changes.front().key.size() * 2 == place.size()) {
      value = changes.front().value;
      changes = changes.subspan(1);
    }
    bool changed = !std::ranges::equal(value, branch.value);
    std::array<PendingNode, 16> children;
    for (std::uint8_t i = 0; i < 16; ++i) {
      const auto group = take_group(changes, place.size(), i);
      if (group.empty() && branch.children[i].empty()) continue;
      OL_TRY(children[i], update(NodeRef(branch.children[i]), place.with(i), group));
      changed = changed || children[i].changed;
    }
    if (!changed) return PendingNode{Kind::Branch, {}, {}, {}, false};
    return combine(place, children, value);
  }

  /// A branch of `children` and `value`, or what is left when fewer than two are there.
  Outcome combine(const NibblePath& place, const std::array<PendingNode, 16>& children,
                  ByteView value) {
    std::size_t count = 0;
    std::uint8_t last = 0;
    for (std::uint8_t i = 0; i < 16; ++i) {
      if (children[i].kind == Kind::Empty) continue;
      ++count;
      last = i;
    }
    if (count == 0) {
      if (value.empty()) return PendingNode{Kind::Empty, {}, {}, {}, true};
      return PendingNode{Kind::Leaf, {}, value, {}, true};
    }
    if (count > 1 || !value.empty()) return sink_.make_branch(place, children, value);
    OL_TRY(const PendingNode only, absorb(children[last], place.with(last)));
    return prepend(NibblePath{}.with(last), only);
  }

  /// The shape of a child that is about to merge with its parent. A stored leaf or extension leaves
  /// its place.
  Outcome absorb(const PendingNode& child, const NibblePath& place) {
    if (child.kind != Kind::Unread) return child;
    OL_TRY(const DecodedNode node, read(child.ref, place));
    if (node.kind == NodeKind::Branch) return PendingNode{Kind::Branch, {}, {}, child.ref, false};
    if (child.ref.hash()) sink_.erase(place);
    if (node.kind == NodeKind::Leaf) {
      return PendingNode{Kind::Leaf, node.path, node.value, {}, false};
    }
    return PendingNode{Kind::Extension, node.path, {}, node.child, false};
  }

  /// The node that leads over `prefix` to `node`.
  static PendingNode prepend(const NibblePath& prefix, const PendingNode& node) {
    PendingNode out = node;
    out.changed = true;
    if (prefix.empty() || node.kind == Kind::Empty) return out;
    OL_CHECK(node.kind != Kind::Unread, "a node that merges with its parent was read");
    out.path = prefix;
    if (node.kind == Kind::Branch) {
      out.kind = Kind::Extension;
    } else {
      out.path.append(node.path);
    }
    return out;
  }

  /// The decoded node; it borrows from bytes this object keeps.
  Result<DecodedNode, StateError> read(const NodeRef& ref, const NibblePath& place) {
    OL_TRY(const ByteView bytes, read_bytes(ref, place));
    OL_TRY(DecodedNode node, decode_node(bytes));
    // What a stored node says is believed until `verify`, as far as it can be true.
    const std::size_t depth = place.size() + node.path.size();
    const bool leads_on = node.kind == NodeKind::Branch;
    if (depth > NibblePath::kSizeMax) return fail(StateError::Corrupt);
    if (leads_on && depth == NibblePath::kSizeMax) return fail(StateError::Corrupt);
    if (node.kind == NodeKind::Leaf && depth % 2 != 0) return fail(StateError::Corrupt);
    return node;
  }

  Result<ByteView, StateError> read_bytes(const NodeRef& ref, const NibblePath& place) {
    const auto hash = ref.hash();
    if (!hash) return ByteView(keep(to_bytes(ref.encoded())));
    if (cache_ != nullptr) {
      if (auto cached = cache_->find(*hash)) return ByteView(keep(std::move(cached)));
    }
    OL_TRY(auto stored, reader_.trie_node({owner_, place}));
    if (!stored) return fail(StateError::Corrupt);
    auto node = std::make_shared<const Bytes>(*std::move(stored));
    unverified_.push_back({*hash, node});
    return ByteView(keep(std::move(node)));
  }

  /// Whether all nodes read from the store have the hashes their parents gave, all at once because
  /// many are hashed faster than one after the other. The cache takes only what was verified.
  Result<void, StateError> verify() {
    std::vector<ByteView> nodes;
    nodes.reserve(unverified_.size());
    for (const Unverified& read : unverified_)
      nodes.emplace_back(*read.node);
    std::vector<Hash256> hashes(nodes.size());
    crypto::keccak256_many(nodes, hashes);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (hashes[i] != unverified_[i].hash) return fail(StateError::Corrupt);
    }
    if (cache_ == nullptr) return {};
    for (Unverified& read : unverified_)
      cache_->put(read.hash, std::move(read.node));
    return {};
  }

  const Bytes& keep(Bytes bytes) { return keep(std::make_shared<const Bytes>(std::move(bytes))); }
  const Bytes& keep(TrieNodeCache::Node node) {
    kept_.push_back(std::move(node));
    return *kept_.back();
  }

  static Bytes pack(const NibblePath& path) {
    Bytes out;
    out.reserve(path.size() / 2);
    for (std::size_t i = 0; i + 1 < path.size(); i += 2)
      out.push_back(static_cast<std::uint8_t>(path[i] << 4 | path[i + 1]));
    return out;
  }

  static std::size_t common_with(const NibblePath& prefix, ByteView key, std::size_t from) {
    std::size_t i = 0;
    while (i < prefix.size() && from + i < key.size() * 2 &&
           nibble_at(key, from + i) == prefix[i]) {
      ++i;
    }
    return i;
  }

  static std::vector<TrieChange> without_deletions(Changes changes) {
    std::vector<TrieChange> out;
    out.reserve(changes.size());
    std::ranges::copy_if(changes, std::back_inserter(out),
                         [](const TrieChange& change) { return !change.value.empty(); });
    return out;
  }

  const TrieNodeReader& reader_;
  const Hash256 owner_;
  TrieSink sink_;
  TrieNodeCache* cache_;
  struct Unverified {
    Hash256 hash;
    TrieNodeCache::Node node;
  };
  std::vector<Unverified> unverified_;  // read from the store
  // Nodes read and keys rebuilt, which pending nodes borrow from. The cache may drop its own.
  std::vector<TrieNodeCache::Node> kept_;
};

}  // namespace

Result<TrieUpdate, StateError> update_trie(const TrieNodeReader& reader, const Hash256& owner,
                                           const Hash256& root, std::span<const TrieChange> changes,
                                           TrieNodeCache* cache) {
  check_sorted(changes);
  TrieUpdate out;
  OL_TRY(out.root, Updater(reader, owner, out.nodes, cache).run(root, changes));
  return out;
}

}  // namespace ol::state
