#include "trie_build.hpp"

#include <algorithm>
#include <vector>

#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/trie_node_cache.hpp>

namespace ol::state {
namespace {

constexpr std::size_t kStoredSizeMin = 32;

}  // namespace

NodeRef TrieSink::seal(const NibblePath& place, Bytes rlp) {
  // The root is stored and hashed whatever its size.
  if (rlp.size() < kStoredSizeMin && !place.empty()) return NodeRef(rlp);
  const Hash256 hash = crypto::keccak256(rlp);
  if (cache_ != nullptr) cache_->put(hash, std::make_shared<const Bytes>(rlp));
  if (changes_ != nullptr) changes_->insert_or_assign({owner_, place}, std::move(rlp));
  return NodeRef::from_hash(hash);
}

void TrieSink::erase(const NibblePath& place) {
  if (changes_ != nullptr) changes_->try_emplace({owner_, place}, std::nullopt);
}

NodeRef TrieSink::commit(const PendingNode& node, const NibblePath& place) {
  switch (node.kind) {
    case PendingNode::Kind::Empty:
      return {};
    case PendingNode::Kind::Leaf:
      return seal(place, encode_leaf(node.path, node.value));
    case PendingNode::Kind::Extension:
      return seal(place, encode_extension(node.path, node.ref));
    case PendingNode::Kind::Branch:
    case PendingNode::Kind::Unread:
      return node.ref;
  }
  OL_CHECK(false, "unknown node kind");
}

PendingNode TrieSink::make_branch(const NibblePath& place,
                                  const std::array<PendingNode, 16>& children, ByteView value) {
  std::array<NodeRef, 16> refs;
  for (std::uint8_t i = 0; i < 16; ++i) {
    if (children[i].kind != PendingNode::Kind::Empty) refs[i] = commit(children[i], place.with(i));
  }
  PendingNode out;
  out.kind = PendingNode::Kind::Branch;
  out.ref = seal(place, encode_branch(refs, value));
  out.changed = true;
  return out;
}

Hash256 TrieSink::finish(const PendingNode& node) {
  if (node.kind == PendingNode::Kind::Empty) return kEmptyTrieRoot;
  const auto hash = commit(node, {}).hash();
  OL_CHECK(hash.has_value(), "the root is always hashed");
  return *hash;
}

std::size_t common_nibbles(ByteView a, ByteView b, std::size_t from) {
  const std::size_t size = std::min(a.size(), b.size()) * 2;
  std::size_t i = from;
  while (i < size && nibble_at(a, i) == nibble_at(b, i))
    ++i;
  return i - from;
}

std::span<const TrieChange> take_group(std::span<const TrieChange>& items, std::size_t depth,
                                       std::uint8_t nibble) {
  std::size_t n = 0;
  while (n < items.size() && nibble_at(items[n].key, depth) == nibble)
    ++n;
  const auto group = items.first(n);
  items = items.subspan(n);
  return group;
}

void check_sorted(std::span<const TrieChange> changes) {
  for (std::size_t i = 1; i < changes.size(); ++i) {
    OL_CHECK(std::ranges::lexicographical_compare(changes[i - 1].key, changes[i].key),
             "trie changes are sorted by key without repetition");
  }
}

PendingNode build_subtrie(TrieSink& sink, const NibblePath& place,
                          std::span<const TrieChange> items) {
  PendingNode out;
  if (items.empty()) return out;
  out.changed = true;
  const std::size_t depth = place.size();
  if (items.size() == 1) {
    out.kind = PendingNode::Kind::Leaf;
    out.path = NibblePath(items[0].key, depth);
    out.value = items[0].value;
    return out;
  }
  // Sorted, so what the first and the last share they all share.
  const std::size_t shared = common_nibbles(items.front().key, items.back().key, depth);
  const NibblePath prefix = NibblePath(items.front().key, depth).first(shared);
  const NibblePath branch_place = place.with(prefix);
  ByteView value;
  if (items.front().key.size() * 2 == branch_place.size()) {
    value = items.front().value;
    items = items.subspan(1);
  }
  std::array<PendingNode, 16> children;
  for (std::uint8_t i = 0; i < 16; ++i) {
    const auto group = take_group(items, branch_place.size(), i);
    if (!group.empty()) children[i] = build_subtrie(sink, branch_place.with(i), group);
  }
  PendingNode branch = sink.make_branch(branch_place, children, value);
  if (shared == 0) return branch;
  out.kind = PendingNode::Kind::Extension;
  out.path = prefix;
  out.ref = branch.ref;
  return out;
}

Hash256 trie_root(std::span<const TrieChange> items) {
  check_sorted(items);
  std::vector<TrieChange> present;
  std::ranges::copy_if(items, std::back_inserter(present),
                       [](const TrieChange& item) { return !item.value.empty(); });
  TrieSink sink(Hash256{}, nullptr);
  return sink.finish(build_subtrie(sink, {}, present));
}

Hash256 ordered_root(std::span<const Bytes> items) {
  std::vector<Bytes> keys;
  keys.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    keys.push_back(RlpWriter().u64(i).take());
  std::vector<TrieChange> changes;
  changes.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    changes.push_back({keys[i], items[i]});
  // The RLP of 0 is 0x80, which sorts behind 1 to 127.
  std::ranges::sort(changes, [](const TrieChange& a, const TrieChange& b) {
    return std::ranges::lexicographical_compare(a.key, b.key);
  });
  return trie_root(changes);
}

}  // namespace ol::state
