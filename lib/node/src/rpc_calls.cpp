#include "rpc_calls.hpp"

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/evm/access_list_tracer.hpp>
#include <ol/execution/context.hpp>
#include <ol/state/overlay.hpp>

#include "ancestor_hashes.hpp"
#include "borrowed_engine.hpp"
#include "rpc_convert.hpp"

namespace ol::node {
namespace {

using primitives::Height;
using rpc::CallFailure;
using rpc::CallFault;

constexpr const char* kTraceTimedOut = "execution timeout";

std::unexpected<CallFailure> failure(CallFault fault, std::string message = {}) {
  return fail(CallFailure{fault, std::move(message)});
}

std::unexpected<CallFailure> failure(const execution::CallError& error) {
  const auto* refusal = std::get_if<primitives::TxnRefusal>(&error);
  if (refusal == nullptr) return failure(CallFault::Unavailable);
  const bool wants_gas = refusal->rule == primitives::TxnRule::IntrinsicGas ||
                         refusal->rule == primitives::TxnRule::FloorGas;
  return failure(wants_gas ? CallFault::GasTooLow : CallFault::Refused, refusal->message);
}

/// Tracers look at the clock and at what they have written.
evm::TraceLimits limits_until(const Deadline& deadline) {
  return {.expired = deadline.sign()};
}

Result<std::string, CallFailure> finish(evm::JsonTracer& tracer) {
  switch (tracer.ending()) {
    case evm::TraceEnding::Whole:
      return tracer.json();
    case evm::TraceEnding::TooLarge:
      return failure(CallFault::TooLarge, "trace too large");
    case evm::TraceEnding::Expired:
      return failure(CallFault::TimedOut, kTraceTimedOut);
  }
  OL_CHECK(false, "every ending is known");
}

bool names_its_instruction(evm::Status status) {
  return status == evm::Status::InvalidOpcode || status == evm::Status::StackUnderflow ||
         status == evm::Status::StackOverflow;
}

/// One version of the state and all that calls need beside it.
class NodeCallState final : public rpc::CallState {
 public:
  struct Parts {
    std::shared_ptr<const storage::Snapshot> snapshot;
    Height height;
    /// What changed of the state after that height before the calls.
    state::StateDiff diff;
    EnginePool& engines;
    execution::StateOverrides overrides;
    evm::PrecompileMoves moves;
    Deadline deadline;
  };
  explicit NodeCallState(Parts parts)
      : snapshot_(std::move(parts.snapshot)),
        past_(*snapshot_, parts.height),
        hashes_(*snapshot_),
        diff_(std::move(parts.diff)),
        overlay_(view(parts.height), *snapshot_, diff_),
        state_(overlay_, std::move(parts.overrides)),
        deadline_(parts.deadline),
        engine_(parts.engines, deadline_) {
    engine_->evm().move_precompiles(std::move(parts.moves));
  }
  NodeCallState(const NodeCallState&) = delete;
  NodeCallState& operator=(const NodeCallState&) = delete;

  [[nodiscard]] AncestorHashes& hashes() { return hashes_; }
  void set_block(const evm::BlockEnv& block) {
    block_ = block;
    block_.hashes = &hashes_;
  }

  Result<rpc::AccountRecord, rpc::StateError> account(const Address& address) override {
    const auto found = state_.account(address);
    if (!found) return fail(rpc::StateError::Unavailable);
    if (!*found) return rpc::AccountRecord{};
    const auto code = state_.code((*found)->code_hash);
    if (!code) return fail(rpc::StateError::Unavailable);
    return rpc::AccountRecord{
        .nonce = (*found)->nonce, .balance = (*found)->balance, .code = **code};
  }
  std::uint64_t block_gas_limit() const override { return block_.gas_limit; }

  Result<rpc::CallResult, CallFailure> call(const rpc::CallRequest& request,
                                            std::uint64_t gas) override {
    OL_TRY(const auto outcome, run(request, gas, nullptr));
    rpc::CallResult result = to_result(outcome);
    if (names_its_instruction(outcome.status)) {
      // Only a tracer knows which; the fast interpreter does not keep it.
      evm::LastStepTracer tracer;
      if (run(request, gas, &tracer)) result.error = tracer.words(outcome.status);
    }
    return result;
  }

  Result<std::string, CallFailure> trace(const rpc::CallRequest& request, std::uint64_t gas,
                                         const rpc::TraceOptions& options) override {
    const Deadline deadline(options.timeout_ms);
    const auto tracer = evm::make_tracer(to_tracer(options), limits_until(deadline));
    // A trace has a time of its own.
    engine_->evm().stop_when(deadline.sign());
    const auto outcome =
        execution::call(*engine_, state_, block_, to_call(request, gas), tracer.get());
    if (deadline.is_over()) return failure(CallFault::TimedOut, kTraceTimedOut);
    if (!outcome) return failure(outcome.error());
    return finish(*tracer);
  }

  Result<Listed, CallFailure> list(const rpc::CallRequest& request, std::uint64_t gas) override {
    const auto sender = state_.account(request.from);
    if (!sender) return failure(CallFault::Unavailable);
    const std::uint64_t nonce = *sender ? (*sender)->nonce : 0;
    std::set<Address> parties{
        request.from, request.to ? *request.to : primitives::contract_address(request.from, nonce)};
    for (const primitives::Authorization& authorization : request.authorizations) {
      if (const auto signer = primitives::recover_authority(authorization)) parties.insert(*signer);
    }
    evm::AccessListTracer tracer(std::move(parties));
    OL_TRY(const auto outcome, run(request, gas, &tracer));
    return Listed{to_result(outcome), tracer.list()};
  }

 private:
  [[nodiscard]] const state::StateView& view(Height height) const {
    if (height == snapshot_->head()->height) return *snapshot_;
    return past_;
  }
  Result<execution::CallOutcome, CallFailure> run(const rpc::CallRequest& request,
                                                  std::uint64_t gas, evm::Tracer* tracer) {
    auto outcome = execution::call(*engine_, state_, block_, to_call(request, gas), tracer);
    // What was stopped has no outcome.
    if (deadline_.is_over()) return failure(CallFault::TimedOut, deadline_.words());
    if (!outcome) return failure(outcome.error());
    return *std::move(outcome);
  }

  std::shared_ptr<const storage::Snapshot> snapshot_;
  storage::StateAt past_;
  AncestorHashes hashes_;
  state::StateDiff diff_;
  state::Overlay overlay_;
  execution::OverrideView state_;
  Deadline deadline_;
  BorrowedEngine engine_;
  evm::BlockEnv block_;
};

/// The block after `parent`, as far as it is known. Its second is the next: what is asked about now
/// runs a moment later, and code that measures time must not find that none has passed.
evm::BlockEnv env_after(const evm::BlockEnv& env, const primitives::EvmHeader& parent,
                        std::uint64_t time) {
  evm::BlockEnv out = env;
  out.number += 1;
  out.timestamp = std::max(time, parent.timestamp) + 1;
  out.base_fee = primitives::next_base_fee(parent);
  return out;
}

/// Why nothing can be run on the state after `height`, if so.
std::optional<CallFault> obstacle(const storage::Snapshot& snapshot, Height height) {
  if (height > snapshot.head()->height) return CallFault::UnknownBlock;
  if (height < snapshot.history_floor()) return CallFault::Unavailable;
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<rpc::CallState>, CallFailure> RpcCalls::call_state(
    const rpc::CallSetting& setting, std::uint64_t time) {
  const Deadline deadline(call_timeout_ms_ == 0 ? std::nullopt : std::optional(call_timeout_ms_));
  auto taken = database_.snapshot();
  if (!taken) return failure(CallFault::Unavailable);
  const std::shared_ptr<const storage::Snapshot> snapshot = *std::move(taken);
  const Height height(setting.number);
  if (height > snapshot->head()->height) return failure(CallFault::UnknownBlock);
  const auto header = snapshot->evm_header(height);
  if (!header || !*header) return failure(CallFault::Unavailable);
  Base base{.height = height, .diff = {}};
  if (setting.txns_before) {
    OL_TRY(base, within_block(*snapshot, **header, *setting.txns_before, deadline));
  }
  if (base.height < snapshot->history_floor()) return failure(CallFault::Unavailable);
  auto moves = to_moves(setting.state, execution::evm_revision(genesis_.revision));
  if (!moves) return failure(CallFault::Refused, moves.error());
  auto state =
      std::make_unique<NodeCallState>(NodeCallState::Parts{.snapshot = snapshot,
                                                           .height = base.height,
                                                           .diff = std::move(base.diff),
                                                           .engines = engines_,
                                                           .overrides = to_overrides(setting.state),
                                                           .moves = *std::move(moves),
                                                           .deadline = deadline});
  evm::BlockEnv env = execution::block_env(genesis_.domain.chain_id, **header);
  if (setting.place == rpc::CallPlace::AfterBlock) env = env_after(env, **header, time);
  override_block(setting.block, env);
  state->set_block(env);
  return state;
}

Result<RpcCalls::Base, CallFailure> RpcCalls::within_block(const storage::Snapshot& snapshot,
                                                           const primitives::EvmHeader& header,
                                                           std::uint64_t txns_before,
                                                           const Deadline& deadline) {
  if (header.number == 0) return failure(CallFault::Refused, "no transaction in genesis");
  const auto block = snapshot.block(Height(header.number));
  if (!block || !*block) return failure(CallFault::Unavailable);
  const std::vector<Bytes>& payload = (*block)->payload;
  // The state before the first is there even if there is none.
  if (txns_before >= std::max<std::size_t>(payload.size(), 1)) {
    return failure(CallFault::Refused,
                   "transaction index " + std::to_string(txns_before) + " out of range for block " +
                       to_hex_prefixed(primitives::evm_header_hash(header).view()));
  }
  std::vector<TxnPtr> txns;
  txns.reserve(txns_before);
  for (std::size_t i = 0; i < txns_before; ++i)
    txns.push_back(verified((*block)->item_hashes[i], payload[i]));
  OL_TRY(auto diff, replay(snapshot, header, txns, {}, deadline));
  return Base{.height = Height(header.number - 1), .diff = std::move(diff)};
}

TxnPtr RpcCalls::verified(const primitives::TxnHash& hash, const Bytes& envelope) const {
  if (TxnPtr known = cache_.find(hash)) return known;
  auto txn = primitives::VerifiedTxn::verify(envelope);
  OL_CHECK(txn.has_value(), "what was committed was verified");
  return std::make_shared<const primitives::VerifiedTxn>(*std::move(txn));
}

Result<state::StateDiff, CallFailure> RpcCalls::replay(const storage::Snapshot& snapshot,
                                                       const primitives::EvmHeader& header,
                                                       std::span<const TxnPtr> txns,
                                                       const execution::ReplayHooks& hooks,
                                                       const Deadline& deadline) {
  const Height parent_height(header.number - 1);
  if (const auto fault = obstacle(snapshot, parent_height)) return failure(*fault);
  const auto parent = snapshot.evm_header(parent_height);
  if (!parent || !*parent) return failure(CallFault::Unavailable);
  const storage::StateAt state(snapshot, parent_height);
  const AncestorHashes hashes(snapshot);
  const auto context =
      execution::replay_context(genesis_.domain.chain_id, **parent, header, &hashes);
  const BorrowedEngine engine(engines_, deadline);
  auto diff = execution::replay(*engine, state, context, txns, hooks);
  if (deadline.is_over()) return failure(CallFault::TimedOut, kTraceTimedOut);
  if (!diff) return failure(CallFault::Unavailable);
  return *std::move(diff);
}

Result<std::vector<std::string>, CallFailure> RpcCalls::trace_block(
    const rpc::BlockRecord& block, std::size_t first, std::size_t count,
    const rpc::TraceOptions& options) {
  const Deadline deadline(options.timeout_ms);
  OL_CHECK(block.header.number > 0, "genesis has no transactions");
  const auto snapshot = database_.snapshot();
  if (!snapshot) return failure(CallFault::Unavailable);
  std::vector<TxnPtr> txns;
  txns.reserve(first + count);
  for (std::size_t i = 0; i < first + count; ++i)
    txns.push_back(verified(block.txns[i].hash, block.txns[i].envelope));
  std::vector<std::string> out;
  std::unique_ptr<evm::JsonTracer> tracer;
  std::optional<CallFailure> failed;
  const execution::ReplayHooks hooks{
      .watch = [&](std::size_t i) -> evm::Tracer* {
        if (i < first) return nullptr;
        tracer = evm::make_tracer(to_tracer(options), limits_until(deadline));
        return tracer.get();
      },
      .done =
          [&](std::size_t i, const execution::CallOutcome& /*outcome*/) {
            if (deadline.is_over()) return false;
            if (i < first) return true;
            auto text = finish(*tracer);
            if (!text) failed = text.error();
            if (text) out.push_back(*std::move(text));
            return !failed;
          }};
  const auto done = replay(**snapshot, block.header, txns, hooks, deadline);
  if (failed) return fail(*std::move(failed));
  if (!done && out.size() < count) return fail(done.error());
  return out;
}

}  // namespace ol::node
