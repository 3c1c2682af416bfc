#pragma once

#include <memory>

#include <ol/exchange/access.hpp>
#include <ol/execution/exchange_items.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/storage/database.hpp>

#include "worker_pool.hpp"

namespace ol::node {

/// The exchange as the database has it: final blocks to execute again, and the state's records.
/// Any thread.
class StoredChain {
 public:
  struct Parts {
    const primitives::Genesis& genesis;
    const execution::ItemRules& rules;
    const storage::Database& database;
    WorkerPool& workers;
  };
  /// References must outlive it.
  explicit StoredChain(const Parts& parts) : parts_(parts) {}

  /// A block without its result: what goes in, and the roots it left. Null where it is not stored
  /// yet. Signatures are verified once more.
  /// @param clock_ahead  Of the state it is executed on.
  [[nodiscard]] Result<std::shared_ptr<exchange::CommittedBlock>, std::string> block(
      std::uint64_t height, exchange::TimeMs clock_ahead) const;

  /// As `exchange::Access::cut`.
  [[nodiscard]] std::unique_ptr<exchange::StateCut> cut(std::uint64_t height) const;

 private:
  Parts parts_;
};

}  // namespace ol::node
