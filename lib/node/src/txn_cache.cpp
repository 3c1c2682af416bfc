#include "txn_cache.hpp"

namespace ol::node {

void TxnCache::put(const TxnPtr& txn) {
  Shard& home = shard(txn->hash());
  MutexLock lock(home.mutex);
  if (!home.txns.emplace(txn->hash(), txn).second) return;
  home.order.push_back(txn->hash());
  home.bytes += txn->envelope().size();
  while (home.order.size() > txns_per_shard_ || home.bytes > bytes_per_shard_) {
    const auto oldest = home.txns.find(home.order.front());
    home.bytes -= oldest->second->envelope().size();
    home.txns.erase(oldest);
    home.order.pop_front();
  }
}

TxnPtr TxnCache::find(const primitives::TxnHash& hash) const {
  const Shard& home = shard(hash);
  MutexLock lock(home.mutex);
  const auto it = home.txns.find(hash);
  return it == home.txns.end() ? nullptr : it->second;
}

std::size_t TxnCache::size() const {
  std::size_t total = 0;
  for (const Shard& home : shards_) {
    MutexLock lock(home.mutex);
    total += home.txns.size();
  }
  return total;
}

}  // namespace ol::node
