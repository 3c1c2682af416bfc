#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include <ol/base/thread_safety.hpp>
#include <ol/mempool/mempool.hpp>
#include <ol/storage/snapshot.hpp>

#include "txn_cache.hpp"

namespace ol::node {

/// The mempool behind a lock, with the committed state it is checked against. Any thread; consensus
/// asks only `has_selectable`, which takes no lock.
class TxnPool {
 public:
  TxnPool(const mempool::Limits& limits, const primitives::BlockTerms& next_block,
          std::shared_ptr<const storage::Snapshot> head);

  [[nodiscard]] Result<mempool::NewlyAdmitted, mempool::AddError> add(const TxnPtr& txn);
  /// Follows one or more commits at once.
  [[nodiscard]] Result<void, state::StateError> commit(
      const primitives::BlockTerms& next_block, std::shared_ptr<const storage::Snapshot> head,
      const std::vector<const state::StateDiff*>& diffs);
  [[nodiscard]] Result<void, state::StateError> restore(const std::vector<TxnPtr>& txns);
  void remove(const primitives::TxnHash& hash);

  [[nodiscard]] std::vector<TxnPtr> select(
      const mempool::SelectLimits& limits,
      const std::map<Address, std::uint64_t>& next_nonces) const;
  [[nodiscard]] TxnPtr find(const primitives::TxnHash& hash) const;
  [[nodiscard]] std::optional<std::uint64_t> next_nonce(const Address& sender) const;
  [[nodiscard]] mempool::Content content() const;
  [[nodiscard]] mempool::Stats stats() const;
  /// Whether some transaction is ready and pays the next block's base fee.
  [[nodiscard]] bool has_selectable() const { return selectable_.load(std::memory_order_relaxed); }

 private:
  void refresh_selectable() OL_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mempool::Mempool pool_ OL_GUARDED_BY(mutex_);
  std::shared_ptr<const storage::Snapshot> head_ OL_GUARDED_BY(mutex_);
  std::atomic<bool> selectable_{false};
};

}  // namespace ol::node
