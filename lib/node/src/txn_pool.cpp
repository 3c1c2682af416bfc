#include "txn_pool.hpp"

namespace ol::node {

TxnPool::TxnPool(const mempool::Limits& limits, const primitives::BlockTerms& next_block,
                 std::shared_ptr<const storage::Snapshot> head)
    : pool_(limits, next_block), head_(std::move(head)) {}

Result<mempool::NewlyAdmitted, mempool::AddError> TxnPool::add(const TxnPtr& txn) {
  MutexLock lock(mutex_);
  auto admitted = pool_.add(txn, *head_);
  if (admitted && !has_selectable()) refresh_selectable();
  return admitted;
}

Result<void, state::StateError> TxnPool::commit(const primitives::BlockTerms& next_block,
                                                std::shared_ptr<const storage::Snapshot> head,
                                                const std::vector<const state::StateDiff*>& diffs) {
  MutexLock lock(mutex_);
  head_ = std::move(head);
  for (const state::StateDiff* diff : diffs)
    OL_TRY_VOID(pool_.commit(next_block, *head_, *diff));
  refresh_selectable();
  return {};
}

Result<void, state::StateError> TxnPool::restore(const std::vector<TxnPtr>& txns) {
  MutexLock lock(mutex_);
  OL_TRY_VOID(pool_.restore(txns, *head_));
  refresh_selectable();
  return {};
}

void TxnPool::remove(const primitives::TxnHash& hash) {
  MutexLock lock(mutex_);
  pool_.remove(hash);
  refresh_selectable();
}

void TxnPool::refresh_selectable() {
  const mempool::SelectLimits one{.txns_max = 1, .bytes_max = SIZE_MAX, .gas_max = UINT64_MAX};
  selectable_.store(!pool_.select(one).empty(), std::memory_order_relaxed);
}

std::vector<TxnPtr> TxnPool::select(const mempool::SelectLimits& limits,
                                    const std::map<Address, std::uint64_t>& next_nonces) const {
  MutexLock lock(mutex_);
  return pool_.select(limits, next_nonces);
}

TxnPtr TxnPool::find(const primitives::TxnHash& hash) const {
  MutexLock lock(mutex_);
  return pool_.find(hash);
}

std::optional<std::uint64_t> TxnPool::next_nonce(const Address& sender) const {
  MutexLock lock(mutex_);
  return pool_.next_nonce(sender);
}

mempool::Content TxnPool::content() const {
  MutexLock lock(mutex_);
  return pool_.content();
}

mempool::Stats TxnPool::stats() const {
  MutexLock lock(mutex_);
  return pool_.stats();
}

}  // namespace ol::node
