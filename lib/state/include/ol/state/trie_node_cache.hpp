#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ol/base/bytes.hpp>

namespace ol::state {

/// Trie nodes in memory by their hash, kept from block to block. A node found here needs neither
/// the store nor a check: what lies under a hash has that hash, so the cache can make an update
/// faster but never different, and serves every version of the state at once. Holds a fixed number
/// of nodes, the ones used last. Whoever can choose hashes can only make it forget. One thread at a
/// time.
class TrieNodeCache {
 public:
  /// Shared between the cache and an update that reads a node while it is evicted.
  using Node = std::shared_ptr<const Bytes>;

  /// Room for at least `nodes_min` nodes, of at most about 600 bytes each.
  explicit TrieNodeCache(std::size_t nodes_min);
  TrieNodeCache(const TrieNodeCache&) = delete;
  TrieNodeCache& operator=(const TrieNodeCache&) = delete;

  /// The node, or null.
  [[nodiscard]] Node find(const Hash256& hash);
  /// @pre `hash` is the Keccak-256 of `node`.
  void put(const Hash256& hash, Node node);

  [[nodiscard]] std::uint64_t hits() const { return hits_; }
  [[nodiscard]] std::uint64_t misses() const { return misses_; }

 private:
  struct Entry {
    Hash256 hash;
    Node node;
  };
  /// The set of `kWays` entries where `hash` may be, the one used last first.
  [[nodiscard]] Entry* set_of(const Hash256& hash);

  std::vector<Entry> entries_;
  std::uint64_t mask_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace ol::state
