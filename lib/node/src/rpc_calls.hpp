#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ol/primitives/genesis.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

#include "engine_pool.hpp"
#include "txn_cache.hpp"

namespace ol::node {

/// Runs what clients ask about: calls on the state after any block that is kept, and committed
/// transactions over again, watched. Nothing of it touches consensus. Any thread.
class RpcCalls {
 public:
  /// References must outlive this.
  /// @param seed  As for execution::Engine.
  RpcCalls(const primitives::Genesis& genesis, const storage::Database& database,
           const TxnCache& cache, std::uint64_t seed)
      : genesis_(genesis), database_(database), cache_(cache), engines_(genesis.revision, seed) {}

  /// @param time  Of the clock, in seconds: that of the block after the head.
  [[nodiscard]] Result<std::unique_ptr<rpc::CallState>, rpc::CallFailure> call_state(
      const rpc::CallSetting& setting, std::uint64_t time);
  [[nodiscard]] Result<std::vector<std::string>, rpc::CallFailure> trace_block(
      const rpc::BlockRecord& block, std::size_t first, std::size_t count,
      const rpc::TraceOptions& options);

 private:
  [[nodiscard]] std::vector<TxnPtr> verified(const rpc::BlockRecord& block) const;

  const primitives::Genesis& genesis_;
  const storage::Database& database_;
  const TxnCache& cache_;
  EnginePool engines_;
};

}  // namespace ol::node
