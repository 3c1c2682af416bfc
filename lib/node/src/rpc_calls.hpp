#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ol/execution/call.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

#include "deadline.hpp"
#include "engine_pool.hpp"
#include "txn_cache.hpp"

namespace ol::node {

/// Runs what clients ask about: calls on the state after any block that is kept, and committed
/// transactions over again, watched. Nothing of it touches consensus. Any thread.
class RpcCalls {
 public:
  /// References must outlive this.
  /// @param seed  As for execution::Engine.
  /// @param call_timeout_ms  For all calls of one request; 0 for no limit.
  RpcCalls(const primitives::Genesis& genesis, const storage::Database& database,
           const TxnCache& cache, std::uint64_t seed, std::uint64_t call_timeout_ms)
      : genesis_(genesis),
        database_(database),
        cache_(cache),
        call_timeout_ms_(call_timeout_ms),
        engines_(genesis.revision, seed) {}

  /// @param time  Of the clock, in seconds: that of the block after the head.
  [[nodiscard]] Result<std::unique_ptr<rpc::CallState>, rpc::CallFailure> call_state(
      const rpc::CallSetting& setting, std::uint64_t time);
  [[nodiscard]] Result<std::vector<std::string>, rpc::CallFailure> trace_block(
      const rpc::BlockRecord& block, std::size_t first, std::size_t count,
      const rpc::TraceOptions& options);
  /// For the last kProofDepthMax blocks: roots need tries.
  [[nodiscard]] Result<std::vector<rpc::SimulatedBlock>, rpc::RpcError> simulate(
      const rpc::SimulateRequest& request);

 private:
  /// The state after a block and what changed since.
  struct Base {
    primitives::Height height;
    state::StateDiff diff;
  };
  /// The state within the block of `header`, after its first `txns_before` transactions.
  [[nodiscard]] Result<Base, rpc::CallFailure> within_block(const storage::Snapshot& snapshot,
                                                            const primitives::EvmHeader& header,
                                                            std::uint64_t txns_before,
                                                            const Deadline& deadline);
  /// The first transactions of the block of `header` over again; what they changed.
  [[nodiscard]] Result<state::StateDiff, rpc::CallFailure> replay(
      const storage::Snapshot& snapshot, const primitives::EvmHeader& header,
      std::span<const TxnPtr> txns, const execution::ReplayHooks& hooks, const Deadline& deadline);
  [[nodiscard]] TxnPtr verified(const primitives::TxnHash& hash, const Bytes& envelope) const;

  const primitives::Genesis& genesis_;
  const storage::Database& database_;
  const TxnCache& cache_;
  const std::uint64_t call_timeout_ms_;
  EnginePool engines_;
};

}  // namespace ol::node
