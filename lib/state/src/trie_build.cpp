#include "trie_build.hpp"

#include <algorithm>
#include <numeric>

#include <ol/base/rlp.hpp>
#include <ol/crypto/keccak_many.hpp>
#include <ol/state/trie_node_cache.hpp>

namespace ol::state {
namespace {

constexpr std::size_t kStoredSizeMin = 32;

/// So many nodes fill the processor's lanes on all but the topmost levels and fit its cache.
constexpr std::size_t kWaitingMax = 1024;

}  // namespace

NodeRef TrieSink::seal(const NibblePath& place, Bytes rlp) {
  // The root is stored and hashed whatever its size.
  if (rlp.size() < kStoredSizeMin && !place.empty()) return NodeRef(rlp);
  // Not behind the new node: what it holds must still be linked to it.
  if (waiting_.size() == kWaitingMax) hash_waiting();
  const auto number = static_cast<std::uint32_t>(hashes_.size() + waiting_.size());
  waiting_.push_back({place, std::move(rlp), NodeRef::kNotAwaited, 0, 0});
  return NodeRef::awaiting(number);
}

void TrieSink::link(const NodeRef& ref, std::size_t offset) {
  const std::uint32_t number = ref.awaited();
  if (number == NodeRef::kNotAwaited) return;
  Waiting& holder = waiting_.back();
  if (number < hashes_.size()) return put_hash(holder.rlp, offset, hashes_[number]);
  Waiting& held = waiting_[number - hashes_.size()];
  held.parent = static_cast<std::uint32_t>(waiting_.size() - 1);
  held.offset = static_cast<std::uint32_t>(offset);
  holder.level = std::max(holder.level, held.level + 1);
}

void TrieSink::put_hash(Bytes& rlp, std::size_t offset, const Hash256& hash) {
  std::ranges::copy(hash.bytes, rlp.begin() + static_cast<std::ptrdiff_t>(offset));
}

void TrieSink::hash_waiting() {
  std::vector<std::uint32_t> order(waiting_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return waiting_[i].level; });
  const std::size_t first = hashes_.size();
  hashes_.resize(first + waiting_.size());
  for (std::span<const std::uint32_t> rest = order; !rest.empty();) {
    const auto same = [&](std::uint32_t i) { return waiting_[i].level == waiting_[rest[0]].level; };
    const auto end = std::ranges::find_if_not(rest, same);
    const auto level = rest.first(static_cast<std::size_t>(end - rest.begin()));
    hash_level(level, std::span(hashes_).subspan(first));
    rest = rest.subspan(level.size());
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i)
    record(waiting_[i], hashes_[first + i]);
  waiting_.clear();
}

void TrieSink::hash_level(std::span<const std::uint32_t> nodes, std::span<Hash256> hashes) {
  std::vector<ByteView> messages;
  messages.reserve(nodes.size());
  for (const std::uint32_t i : nodes)
    messages.emplace_back(waiting_[i].rlp);
  std::vector<Hash256> digests(nodes.size());
  crypto::keccak256_many(messages, digests);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Waiting& node = waiting_[nodes[i]];
    hashes[nodes[i]] = digests[i];
    if (node.parent != NodeRef::kNotAwaited) {
      put_hash(waiting_[node.parent].rlp, node.offset, digests[i]);
    }
  }
}

void TrieSink::record(Waiting& node, const Hash256& hash) {
  if (cache_ != nullptr) cache_->put(hash, std::make_shared<const Bytes>(node.rlp));
  if (changes_ != nullptr) records_.push_back({node.place, std::move(node.rlp)});
}

void TrieSink::erase(const NibblePath& place) {
  if (changes_ != nullptr) records_.push_back({place, {}});
}

void TrieSink::write_changes() {
  std::vector<std::uint32_t> order(records_.size());
  std::iota(order.begin(), order.end(), 0U);
  // A map built in order needs no search. Of one place, what was put there last comes first.
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const auto by_place = records_[a].place <=> records_[b].place;
    if (by_place != 0) return by_place < 0;
    const bool a_erases = records_[a].rlp.empty();
    return a_erases == records_[b].rlp.empty() ? a > b : !a_erases;
  });
  for (const std::uint32_t i : order) {
    Record& record = records_[i];
    auto rlp = record.rlp.empty() ? std::optional<Bytes>{} : std::optional(std::move(record.rlp));
    changes_->try_emplace(changes_->end(), {owner_, record.place}, std::move(rlp));
  }
  records_.clear();
}

NodeRef TrieSink::commit(const PendingNode& node, const NibblePath& place) {
  switch (node.kind) {
    case PendingNode::Kind::Empty:
      return {};
    case PendingNode::Kind::Leaf:
      return seal(place, encode_leaf(node.path, node.value));
    case PendingNode::Kind::Extension: {
      Bytes rlp = encode_extension(node.path, node.ref);
      const std::size_t size = rlp.size();
      const NodeRef out = seal(place, std::move(rlp));
      link(node.ref, size - Hash256::kSize);
      return out;
    }
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
  Bytes rlp = encode_branch(refs, value);
  // References lie at the end, but for the value.
  std::size_t offset = rlp.size() - rlp_string_size(value);
  for (const NodeRef& ref : refs)
    offset -= ref.empty() ? 1 : ref.encoded().size();
  PendingNode out;
  out.kind = PendingNode::Kind::Branch;
  out.ref = seal(place, std::move(rlp));
  out.changed = true;
  for (const NodeRef& ref : refs) {
    link(ref, offset + 1);  // behind the header of the hash's string
    offset += ref.empty() ? 1 : ref.encoded().size();
  }
  return out;
}

Hash256 TrieSink::finish(const PendingNode& node) {
  const NodeRef root = commit(node, {});
  hash_waiting();
  if (changes_ != nullptr) write_changes();
  if (node.kind == PendingNode::Kind::Empty) return kEmptyTrieRoot;
  if (root.awaited() != NodeRef::kNotAwaited) return hashes_[root.awaited()];
  const auto hash = root.hash();
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
