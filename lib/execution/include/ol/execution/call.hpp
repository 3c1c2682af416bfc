#pragma once

#include <functional>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/evm/trace.hpp>
#include <ol/evm/transition.hpp>
#include <ol/execution/engine.hpp>
#include <ol/execution/execute.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>

namespace ol::execution {

/// A transaction that nobody signed: eth_call, eth_estimateGas, debug_traceCall.
struct CallRequest {
  Address from;
  std::optional<Address> to;  // absent for contract creation
  U256 value;
  Bytes data;
  /// What it may use. Whoever asks for strangers caps it.
  std::uint64_t gas = 0;
  /// Both zero: gas is free, and BASEFEE says zero, as in geth. Otherwise `from` must be able to
  /// pay.
  U256 max_fee_per_gas;
  U256 max_priority_fee_per_gas;
  std::vector<primitives::AccessListEntry> access_list;
  std::vector<primitives::Authorization> authorizations;
  /// EIP-4844, though no block here has blobs. Absent: none are asked for.
  std::optional<std::vector<Hash256>> blob_hashes;
  /// Zero, or hashes without it: blob gas is free, and BLOBBASEFEE says zero.
  std::optional<U256> max_fee_per_blob_gas;
};

/// How the transaction ended: `status` says whether code failed and why, `output` is what it
/// returned or its revert data, `gas_used` what a receipt would say.
using CallOutcome = evm::TxnOutcome;
/// A rule with geth's words (gas below the intrinsic gas, not enough funds), or a failed read.
using CallError = std::variant<primitives::TxnRefusal, state::StateError>;

/// Runs `request` as the one transaction of a block that sees `block`, on `state`, and forgets what
/// it changed. The nonce is the account's; `from` may have code, and more gas than the block's is
/// allowed.
/// @param tracer  Watches it run; null for none. Borrowed for the call.
[[nodiscard]] Result<CallOutcome, CallError> call(Engine& engine, const state::StateView& state,
                                                  const evm::BlockEnv& block,
                                                  const CallRequest& request,
                                                  evm::Tracer* tracer = nullptr);

/// What is done with the transactions of a block while they run again. Either may be absent.
struct ReplayHooks {
  /// Who watches the transaction at `index`; null for nobody. The tracer is borrowed until `done`.
  std::function<evm::Tracer*(std::size_t index)> watch;
  /// It ended so. False ends the replay.
  std::function<bool(std::size_t index, const CallOutcome& outcome)> done;
};

/// Runs `txns`, which begin a block, as that block did, once.
/// @param parent_state, context  As for execute_block; see replay_context.
/// @return What they changed of the parent's state; InvalidTxn if the block could not have been
///   executed on it.
[[nodiscard]] Result<state::StateDiff, ExecutionError> replay(Engine& engine,
                                                              const state::StateView& parent_state,
                                                              const BlockContext& context,
                                                              std::span<const TxnPtr> txns,
                                                              const ReplayHooks& hooks);

}  // namespace ol::execution
