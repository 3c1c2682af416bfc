#include <ol/state/trie_node_cache.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace ol::state {
namespace {

constexpr std::size_t kWays = 8;

}  // namespace

TrieNodeCache::TrieNodeCache(std::size_t nodes_min) {
  const std::size_t sets = std::bit_ceil(std::max<std::size_t>(1, (nodes_min + kWays - 1) / kWays));
  entries_.resize(sets * kWays);
  mask_ = sets - 1;
}

TrieNodeCache::Entry* TrieNodeCache::set_of(const Hash256& hash) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, hash.bytes.data(), sizeof prefix);
  return entries_.data() + (prefix & mask_) * kWays;
}

TrieNodeCache::Node TrieNodeCache::find(const Hash256& hash) {
  Entry* const set = set_of(hash);
  for (std::size_t i = 0; i < kWays && set[i].node; ++i) {
    if (set[i].hash != hash) continue;
    ++hits_;
    std::rotate(set, set + i, set + i + 1);
    return set->node;
  }
  ++misses_;
  return nullptr;
}

void TrieNodeCache::put(const Hash256& hash, Node node) {
  Entry* const set = set_of(hash);
  std::size_t i = 0;
  while (i + 1 < kWays && set[i].node && set[i].hash != hash)
    ++i;
  set[i] = {hash, std::move(node)};
  std::rotate(set, set + i, set + i + 1);
}

}  // namespace ol::state
