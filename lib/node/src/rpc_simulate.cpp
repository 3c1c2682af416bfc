#include <ol/base/check.hpp>
#include <ol/execution/simulate.hpp>
#include <ol/state/overlay.hpp>

#include "ancestor_hashes.hpp"
#include "borrowed_engine.hpp"
#include "rpc_calls.hpp"
#include "rpc_convert.hpp"
#include "rpc_reads.hpp"

namespace ol::node {
namespace {

using primitives::Height;
using primitives::TxnRule;
using rpc::RpcError;

/// execution-apis, eth_simulateV1.
int code_of(TxnRule rule) {
  switch (rule) {
    case TxnRule::NonceTooLow:
      return rpc::kNonceTooLow;
    case TxnRule::NonceTooHigh:
      return rpc::kNonceTooHigh;
    case TxnRule::IntrinsicGas:
    case TxnRule::FloorGas:
      return rpc::kIntrinsicGas;
    case TxnRule::CostOverflow:
    case TxnRule::InsufficientFunds:
      return rpc::kInsufficientFunds;
    case TxnRule::BlockGasLimitReached:
      return rpc::kBlockGasLimitReached;
    case TxnRule::SenderHasCode:
      return rpc::kSenderHasCode;
    case TxnRule::InitCodeTooLarge:
      return rpc::kInitCodeTooLarge;
    case TxnRule::WrongChain:
    case TxnRule::TypeNotSupported:
    case TxnRule::TipAboveFeeCap:
    case TxnRule::EmptyAuthorizations:
    case TxnRule::ExceedsBlockGasLimit:
    case TxnRule::ExceedsTxnGasLimit:
    case TxnRule::FeeCapBelowBaseFee:
    case TxnRule::AlreadyKnown:
    case TxnRule::ReplacementUnderpriced:
    case TxnRule::Underpriced:
    case TxnRule::PoolFull:
    case TxnRule::DelegatedInFlight:
    case TxnRule::DelegatedGap:
    case TxnRule::AuthorityReserved:
      return rpc::kInvalidParams;
  }
  OL_CHECK(false, "every rule has a code");
}

RpcError to_error(const execution::SimulationError& error, std::uint64_t number) {
  if (const auto* refusal = std::get_if<primitives::TxnRefusal>(&error))
    return {code_of(refusal->rule), refusal->message};
  return {rpc::kServerError, "state of block " + std::to_string(number) + " cannot be read"};
}

primitives::Transaction to_txn(const rpc::CallRequest& call, std::uint64_t chain_id) {
  using primitives::TxnType;
  primitives::Transaction out;
  out.type = !call.authorizations.empty() ? TxnType::SetCode
             : call.has_gas_price         ? TxnType::Legacy
                                          : TxnType::DynamicFee;
  if (out.type != TxnType::Legacy) out.chain_id = chain_id;
  out.max_fee_per_gas = call.max_fee_per_gas;
  out.max_priority_fee_per_gas = call.max_priority_fee_per_gas;
  out.to = call.to;
  out.value = call.value;
  out.data = call.data;
  if (out.type != TxnType::Legacy) out.access_list = call.access_list;
  out.authorizations = call.authorizations;
  return out;
}

Result<execution::BlockToSimulate, std::string> to_block(const rpc::SimulateBlock& block,
                                                         const primitives::EvmHeader& base,
                                                         std::uint64_t chain_id,
                                                         evm::Revision revision) {
  OL_CHECK(block.block.number && block.block.time, "simulated blocks have numbers and times");
  execution::BlockToSimulate out;
  out.number = *block.block.number;
  out.timestamp = *block.block.time;
  out.gas_limit = block.block.gas_limit.value_or(base.gas_limit);
  out.coinbase = block.block.fee_recipient.value_or(base.coinbase);
  out.prev_randao = block.block.prev_randao.value_or(Hash256{});
  out.base_fee = block.block.base_fee;
  out.blob_base_fee = block.block.blob_base_fee;
  out.state = to_overrides(block.state);
  OL_TRY(out.moves, to_moves(block.state, revision));
  for (const rpc::CallRequest& call : block.calls) {
    out.calls.push_back(
        {.from = call.from, .txn = to_txn(call, chain_id), .nonce = call.nonce, .gas = call.gas});
  }
  return out;
}

rpc::SimulatedBlock to_answer(execution::SimulatedBlock block) {
  rpc::SimulatedBlock out;
  out.block.header = std::move(block.header);
  out.block.hash = block.hash;
  for (execution::SimulatedTxn& txn : block.txns) {
    out.calls.push_back({.result = to_result(txn.outcome),
                         .gas_used_max = txn.outcome.gas_used_max,
                         .logs = std::move(txn.logs)});
    out.block.txns.push_back({.txn = std::move(txn.txn),
                              .sender = txn.sender,
                              .hash = txn.hash,
                              .envelope = std::move(txn.envelope)});
    out.block.receipts.push_back(std::move(txn.receipt));
  }
  return out;
}

std::unexpected<RpcError> unavailable(std::uint64_t number) {
  return rpc::refuse("historical state of block " + std::to_string(number) + " is not available");
}

}  // namespace

Result<std::vector<rpc::SimulatedBlock>, RpcError> RpcCalls::simulate(
    const rpc::SimulateRequest& request) {
  const Deadline deadline(call_timeout_ms_ == 0 ? std::nullopt : std::optional(call_timeout_ms_));
  const Height height(request.number);
  const auto snapshot = database_.snapshot();
  if (!snapshot) return unavailable(request.number);
  const std::uint64_t head = (*snapshot)->head()->height.value();
  if (height.value() > head) return rpc::refuse("header not found");
  if (head - height.value() > kProofDepthMax) return unavailable(request.number);
  state::StateDiff way_back;
  if (height.value() < head) {
    auto rewound = (*snapshot)->rewind(height);
    if (!rewound) return unavailable(request.number);
    way_back = *std::move(rewound);
  }
  const auto header = (*snapshot)->evm_header(height);
  if (!header || !*header) return unavailable(request.number);
  const state::Overlay state(**snapshot, **snapshot, way_back);
  const AncestorHashes hashes(**snapshot);
  const BorrowedEngine engine(engines_, deadline);
  execution::Simulation simulation(
      {.engine = *engine,
       .state = state,
       .nodes = state,
       .header = **header,
       .chain_id = genesis_.domain.chain_id,
       .hashes = hashes},
      request.validation ? execution::SimulatedRules::Strict : execution::SimulatedRules::Lenient,
      request.trace_transfers ? execution::TransferLogs::On : execution::TransferLogs::Off,
      request.gas_max);
  std::vector<rpc::SimulatedBlock> out;
  for (const rpc::SimulateBlock& wanted : request.blocks) {
    auto block = to_block(wanted, **header, genesis_.domain.chain_id.value(),
                          execution::evm_revision(genesis_.revision));
    if (!block) return fail(RpcError{rpc::kInvalidParams, block.error()});
    auto done = simulation.add(*block);
    // What was stopped has no outcome.
    if (deadline.is_over()) return rpc::refuse(deadline.words());
    if (!done) return fail(to_error(done.error(), request.number));
    out.push_back(to_answer(*std::move(done)));
  }
  return out;
}

}  // namespace ol::node
