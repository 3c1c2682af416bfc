#pragma once

#include <deque>
#include <map>
#include <memory>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

#include "executor.hpp"

namespace ol::node {

/// Committed blocks in the shape RPC shows them: the newest from memory, older ones from disk. Any
/// thread.
class BlockRecords {
 public:
  explicit BlockRecords(const storage::Database& database) : database_(database) {}

  /// Reads the head from disk at start-up.
  [[nodiscard]] storage::StorageResult<void> load_head();
  void add(const FinalBlock& block);

  [[nodiscard]] rpc::BlockPtr head() const;
  [[nodiscard]] rpc::BlockPtr by_number(std::uint64_t number) const;
  [[nodiscard]] rpc::BlockPtr by_hash(const primitives::EvmHash& hash) const;

 private:
  static constexpr std::size_t kKept = 128;

  void keep(rpc::BlockPtr record) OL_REQUIRES(mutex_);
  [[nodiscard]] rpc::BlockPtr find(std::uint64_t number) const;
  [[nodiscard]] rpc::BlockPtr read(const storage::Snapshot& snapshot,
                                   primitives::Height height) const;

  const storage::Database& database_;
  mutable Mutex mutex_;
  rpc::BlockPtr head_ OL_GUARDED_BY(mutex_);
  std::map<std::uint64_t, rpc::BlockPtr> recent_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
