#include "rpc_calls.hpp"

#include <algorithm>
#include <chrono>

#include <ol/base/check.hpp>
#include <ol/evm/access_list_tracer.hpp>
#include <ol/execution/context.hpp>

#include "ancestor_hashes.hpp"
#include "rpc_convert.hpp"

namespace ol::node {
namespace {

using primitives::Height;
using rpc::CallFailure;
using rpc::CallFault;
using Clock = std::chrono::steady_clock;

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
evm::TraceLimits limits_until(Clock::time_point deadline) {
  return {.expired = [deadline] { return Clock::now() >= deadline; }};
}

Result<std::string, CallFailure> finish(evm::JsonTracer& tracer) {
  switch (tracer.ending()) {
    case evm::TraceEnding::Whole:
      return tracer.json();
    case evm::TraceEnding::TooLarge:
      return failure(CallFault::TooLarge, "trace too large");
    case evm::TraceEnding::Expired:
      return failure(CallFault::TimedOut, "execution timeout");
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
    EnginePool& engines;
    execution::StateOverrides overrides;
    evm::PrecompileMoves moves;
  };
  explicit NodeCallState(Parts parts)
      : snapshot_(std::move(parts.snapshot)),
        past_(*snapshot_, parts.height),
        hashes_(*snapshot_),
        state_(view(parts.height), std::move(parts.overrides)),
        engines_(parts.engines),
        engine_(engines_.take()) {
    engine_->evm().move_precompiles(std::move(parts.moves));
  }
  ~NodeCallState() override {
    engine_->evm().move_precompiles({});
    engines_.give_back(std::move(engine_));
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
    const auto outcome = run(request, gas, nullptr);
    if (!outcome) return failure(outcome.error());
    rpc::CallResult result = to_result(*outcome);
    if (names_its_instruction(outcome->status)) {
      // Only a tracer knows which; the fast interpreter does not keep it.
      evm::LastStepTracer tracer;
      if (run(request, gas, &tracer)) result.error = tracer.words(outcome->status);
    }
    return result;
  }

  Result<std::string, CallFailure> trace(const rpc::CallRequest& request, std::uint64_t gas,
                                         const rpc::TraceOptions& options) override {
    const auto deadline = Clock::now() + std::chrono::milliseconds(options.timeout_ms);
    const auto tracer = evm::make_tracer(to_tracer(options), limits_until(deadline));
    const auto outcome = run(request, gas, tracer.get());
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
    const auto outcome = run(request, gas, &tracer);
    if (!outcome) return failure(outcome.error());
    return Listed{to_result(*outcome), tracer.list()};
  }

 private:
  [[nodiscard]] const state::StateView& view(Height height) const {
    if (height == snapshot_->head()->height) return *snapshot_;
    return past_;
  }
  Result<execution::CallOutcome, execution::CallError> run(const rpc::CallRequest& request,
                                                           std::uint64_t gas, evm::Tracer* tracer) {
    return execution::call(*engine_, state_, block_, to_call(request, gas), tracer);
  }

  std::shared_ptr<const storage::Snapshot> snapshot_;
  storage::StateAt past_;
  AncestorHashes hashes_;
  execution::OverrideView state_;
  EnginePool& engines_;
  std::unique_ptr<execution::Engine> engine_;
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
  auto taken = database_.snapshot();
  if (!taken) return failure(CallFault::Unavailable);
  const std::shared_ptr<const storage::Snapshot> snapshot = *std::move(taken);
  const Height height(setting.number);
  if (const auto fault = obstacle(*snapshot, height)) return failure(*fault);
  const auto header = snapshot->evm_header(height);
  if (!header || !*header) return failure(CallFault::Unavailable);
  auto moves = to_moves(setting.state, execution::evm_revision(genesis_.revision));
  if (!moves) return failure(CallFault::Refused, moves.error());
  auto state =
      std::make_unique<NodeCallState>(NodeCallState::Parts{.snapshot = snapshot,
                                                           .height = height,
                                                           .engines = engines_,
                                                           .overrides = to_overrides(setting.state),
                                                           .moves = *std::move(moves)});
  evm::BlockEnv env = execution::block_env(genesis_.domain.chain_id, **header);
  if (setting.place == rpc::CallPlace::AfterBlock) env = env_after(env, **header, time);
  override_block(setting.block, env);
  state->set_block(env);
  return state;
}

std::vector<TxnPtr> RpcCalls::verified(const rpc::BlockRecord& block) const {
  std::vector<TxnPtr> out;
  out.reserve(block.txns.size());
  for (const rpc::TxnRecord& record : block.txns) {
    if (TxnPtr known = cache_.find(record.hash)) {
      out.push_back(std::move(known));
      continue;
    }
    auto txn = primitives::VerifiedTxn::verify(record.envelope);
    OL_CHECK(txn.has_value(), "what was committed was verified");
    out.push_back(std::make_shared<const primitives::VerifiedTxn>(*std::move(txn)));
  }
  return out;
}

Result<std::vector<std::string>, CallFailure> RpcCalls::trace_block(
    const rpc::BlockRecord& block, std::size_t first, std::size_t count,
    const rpc::TraceOptions& options) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(options.timeout_ms);
  OL_CHECK(block.header.number > 0, "genesis has no transactions");
  const Height parent_height(block.header.number - 1);
  const auto snapshot = database_.snapshot();
  if (!snapshot) return failure(CallFault::Unavailable);
  if (const auto fault = obstacle(**snapshot, parent_height)) return failure(*fault);
  const auto parent = (*snapshot)->evm_header(parent_height);
  if (!parent || !*parent) return failure(CallFault::Unavailable);
  const storage::StateAt state(**snapshot, parent_height);
  const AncestorHashes hashes(**snapshot);
  const auto context =
      execution::replay_context(genesis_.domain.chain_id, **parent, block.header, &hashes);
  const std::vector<TxnPtr> txns = verified(block);
  std::vector<std::string> out;
  auto engine = engines_.take();
  for (std::size_t i = first; i < first + count; ++i) {
    const auto tracer = evm::make_tracer(to_tracer(options), limits_until(deadline));
    const auto done = execution::replay(*engine, state, context, txns, i, *tracer);
    if (!done) return failure(CallFault::Unavailable);
    OL_TRY(std::string text, finish(*tracer));
    out.push_back(std::move(text));
    if (Clock::now() >= deadline && i + 1 < first + count) {
      return failure(CallFault::TimedOut, "execution timeout");
    }
  }
  engines_.give_back(std::move(engine));
  return out;
}

}  // namespace ol::node
