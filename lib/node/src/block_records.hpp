#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

#include "executor.hpp"

namespace ol::node {

/// A transaction in the shape RPC shows it.
[[nodiscard]] rpc::TxnRecord record_of(const primitives::VerifiedTxn& txn);

/// Committed blocks in the shape RPC shows them: the newest from memory, older ones from disk. What
/// is kept is bounded by count and bytes. Any thread.
class BlockRecords {
 public:
  /// Bounds of what is kept of the newest blocks, and of older ones that were asked for.
  struct Limits {
    std::size_t recent_blocks_max = 128;
    std::size_t recent_bytes_max = std::size_t{32} << 20;
    std::size_t older_blocks_max = 16;
    std::size_t older_bytes_max = std::size_t{16} << 20;
  };
  /// References must outlive the records.
  BlockRecords(const storage::Database& database, const TxnCache& cache)
      : BlockRecords(database, cache, Limits{}) {}
  BlockRecords(const storage::Database& database, const TxnCache& cache, const Limits& limits)
      : database_(database), cache_(cache), limits_(limits) {}

  /// Reads the head from disk at start-up.
  [[nodiscard]] storage::StorageResult<void> load_head();
  void add(const FinalBlock& block);

  [[nodiscard]] rpc::BlockPtr head() const;
  [[nodiscard]] rpc::BlockPtr by_number(std::uint64_t number) const;
  [[nodiscard]] rpc::BlockPtr by_hash(const primitives::EvmHash& hash) const;
  /// How many blocks are in memory now.
  [[nodiscard]] std::size_t kept() const;

 private:
  /// First in, first out; a block larger than the bound is kept alone.
  struct Shelf {
    std::deque<rpc::BlockPtr> blocks;
    std::size_t bytes = 0;
    void put(rpc::BlockPtr record, std::size_t blocks_max, std::size_t bytes_max);
    [[nodiscard]] rpc::BlockPtr find(std::uint64_t number) const;
  };

  void keep(rpc::BlockPtr record) OL_REQUIRES(mutex_);
  [[nodiscard]] rpc::BlockPtr find(std::uint64_t number) const;
  [[nodiscard]] rpc::BlockPtr read(const storage::Snapshot& snapshot,
                                   primitives::Height height) const;

  const storage::Database& database_;
  const TxnCache& cache_;
  const Limits limits_;
  mutable Mutex mutex_;
  rpc::BlockPtr head_ OL_GUARDED_BY(mutex_);
  Shelf recent_ OL_GUARDED_BY(mutex_);
  // Reading a block recovers its senders again, so the receipts of one block must not each do so.
  mutable Shelf older_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
