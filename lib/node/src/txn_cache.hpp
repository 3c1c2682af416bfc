#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <unordered_map>

#include <ol/base/thread_safety.hpp>

#include "worker_pool.hpp"

namespace ol::node {

/// Transactions whose sender was recovered, by hash, so that neither a proposal nor a resync
/// verifies one again. Bounded by count and bytes per shard; the oldest leave first. Any thread;
/// the lock of a shard is held for a map operation only, so the consensus thread may look items up.
class TxnCache {
 public:
  explicit TxnCache(std::size_t txns_max, std::size_t bytes_max)
      : txns_per_shard_(txns_max / kShards), bytes_per_shard_(bytes_max / kShards) {}

  void put(const TxnPtr& txn);
  [[nodiscard]] TxnPtr find(const primitives::TxnHash& hash) const;
  [[nodiscard]] std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    mutable Mutex mutex;
    std::unordered_map<primitives::TxnHash, TxnPtr> txns OL_GUARDED_BY(mutex);
    std::deque<primitives::TxnHash> order OL_GUARDED_BY(mutex);
    std::size_t bytes OL_GUARDED_BY(mutex) = 0;
  };
  [[nodiscard]] Shard& shard(const primitives::TxnHash& hash) {
    return shards_[hash.bytes[0] % kShards];
  }
  [[nodiscard]] const Shard& shard(const primitives::TxnHash& hash) const {
    return shards_[hash.bytes[0] % kShards];
  }

  std::size_t txns_per_shard_;
  std::size_t bytes_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace ol::node
