#include <ol/execution/simulate.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include <ol/crypto/hash.hpp>
#include <ol/state/overlay.hpp>
#include <ol/state/state_root.hpp>

#include "apply.hpp"
#include "refusals.hpp"
#include "transfer_tracer.hpp"

namespace ol::execution {
namespace {

using primitives::TxnRule;

/// What `overrides` change of `state`. Accounts named there exist afterwards.
Result<state::StateDiff, state::StateError> changes_of(const StateOverrides& overrides,
                                                       const state::StateView& state) {
  state::StateDiff out;
  for (const auto& [address, wanted] : overrides) {
    OL_TRY(const auto real, state.account(address));
    state::Account account = real.value_or(state::Account{});
    if (wanted.nonce) account.nonce = *wanted.nonce;
    if (wanted.balance) account.balance = *wanted.balance;
    if (wanted.code) {
      account.code_hash = crypto::keccak256(*wanted.code);
      out.code[account.code_hash] = std::make_shared<const Bytes>(*wanted.code);
    }
    if (wanted.storage) {
      account.storage_root = state::kEmptyTrieRoot;
      out.storage_cleared.emplace(address, state::trie_owner(address));
      for (const auto& [slot, value] : *wanted.storage) {
        if (!value.is_zero()) out.storage[{address, slot}] = value;
      }
    }
    for (const auto& [slot, value] : wanted.slots)
      out.storage[{address, slot}] = value;
    out.accounts.emplace(address, account);
  }
  return out;
}

/// BLOCKHASH among simulated blocks and those below them.
class SimulatedHashes final : public evm::BlockHashes {
 public:
  explicit SimulatedHashes(const evm::BlockHashes& below) : below_(below) {}
  void add(std::uint64_t number, const primitives::EvmHash& hash) {
    known_[number] = retag<Hash256>(hash);
  }
  [[nodiscard]] Result<Hash256, state::StateError> block_hash(std::uint64_t number) const override {
    const auto found = known_.find(number);
    return found != known_.end() ? found->second : below_.block_hash(number);
  }

 private:
  const evm::BlockHashes& below_;
  std::map<std::uint64_t, Hash256> known_;
};

primitives::Receipt receipt_of(const SimulatedTxn& simulated, std::uint64_t gas_before) {
  const evm::TxnOutcome& outcome = simulated.outcome;
  primitives::Receipt out;
  out.type = simulated.txn.type;
  out.success = outcome.status == evm::Status::Success;
  out.cumulative_gas_used = gas_before + outcome.gas_used;
  out.gas_used = outcome.gas_used;
  out.effective_gas_price = outcome.effective_gas_price;
  out.contract = outcome.created;
  out.logs = outcome.logs;
  if (!out.logs.empty()) out.bloom = primitives::logs_bloom(out.logs);
  return out;
}

/// Transactions, receipts, bloom and gas of a header.
void summarise(const std::vector<SimulatedTxn>& txns, primitives::EvmHeader& header) {
  std::vector<Bytes> envelopes;
  std::vector<Bytes> receipts;
  for (const SimulatedTxn& txn : txns) {
    envelopes.push_back(txn.envelope);
    receipts.push_back(primitives::encode_receipt(txn.receipt));
    for (std::size_t i = 0; i < primitives::Bloom::kSize; ++i)
      header.logs_bloom.bytes[i] |= txn.receipt.bloom.bytes[i];
    header.gas_used = txn.receipt.cumulative_gas_used;
  }
  header.transactions_root = state::ordered_root(envelopes);
  header.receipts_root = state::ordered_root(receipts);
}

}  // namespace

class Simulation::Impl {
 public:
  Impl(const Base& base, SimulatedRules rules, TransferLogs transfers, std::uint64_t gas_max)
      : base_(base),
        rules_(rules),
        transfers_(transfers),
        gas_left_(gas_max),
        hashes_(base.hashes),
        state_(base.state, base.nodes, changes_),
        parent_(base.header) {}

  Result<SimulatedBlock, SimulationError> add(const BlockToSimulate& block) {
    // Overrides come first, as if a block of their own had made them.
    auto overridden = changes_of(block.state, state_);
    if (!overridden) return fail(SimulationError(overridden.error()));
    const auto root_before =
        state::update_state_root(state_, state_, parent_.state_root, *overridden);
    if (!root_before) return fail(SimulationError(root_before.error()));
    const state::Overlay state(state_, *overridden);
    SimulatedBlock out;
    primitives::EvmHeader& header = out.header;
    header = header_of(block);
    OL_TRY(state::StateDiff diff, execute(block, state, out));
    const auto root = state::update_state_root(state, state, *root_before, diff);
    if (!root) return fail(SimulationError(root.error()));
    header.state_root = *root;
    summarise(out.txns, header);
    out.hash = primitives::evm_header_hash(header);
    hashes_.add(header.number, out.hash);
    changes_.merge(*overridden);
    changes_.merge(diff);
    parent_ = header;
    return out;
  }

 private:
  [[nodiscard]] primitives::EvmHeader header_of(const BlockToSimulate& block) const {
    primitives::EvmHeader out;
    out.parent_hash = primitives::evm_header_hash(parent_);
    out.coinbase = block.coinbase;
    out.number = block.number;
    out.gas_limit = block.gas_limit;
    out.timestamp = block.timestamp;
    out.prev_randao = block.prev_randao;
    const bool strict = rules_ == SimulatedRules::Strict;
    out.base_fee = block.base_fee.value_or(strict ? primitives::next_base_fee(parent_) : U256{});
    return out;
  }

  Result<state::StateDiff, SimulationError> execute(const BlockToSimulate& block,
                                                    const state::StateView& state,
                                                    SimulatedBlock& out) {
    evm::World world(state, base_.engine.seed());
    base_.engine.evm().move_precompiles(block.moves);
    BlockContext context;
    context.height = primitives::Height(out.header.number);
    const auto begun =
        begin_block(base_.engine, world, context, retag<Hash256>(out.header.parent_hash));
    if (!begun) return fail(SimulationError(begun.error()));
    evm::BlockEnv env = block_env(base_.chain_id, out.header, &hashes_);
    if (block.blob_base_fee) env.blob_base_fee = *block.blob_base_fee;
    std::uint64_t gas_used = 0;
    for (const SimulatedCall& call : block.calls) {
      OL_TRY(SimulatedTxn txn, complete(call, world, env, gas_used));
      OL_TRY_VOID(run(world, env, gas_used, txn));
      gas_used = txn.receipt.cumulative_gas_used;
      out.txns.push_back(std::move(txn));
    }
    return world.take_diff();
  }

  /// Fills in what the call leaves open.
  Result<SimulatedTxn, SimulationError> complete(const SimulatedCall& call, evm::World& world,
                                                 const evm::BlockEnv& env,
                                                 std::uint64_t gas_used) const {
    const std::uint64_t left = env.gas_limit - gas_used;
    if (call.gas.value_or(left) > left) {
      return fail(SimulationError(primitives::TxnRefusal{
          TxnRule::BlockGasLimitReached, "block gas limit reached: " + std::to_string(gas_used) +
                                             " >= " + std::to_string(env.gas_limit)}));
    }
    SimulatedTxn out;
    out.txn = call.txn;
    out.sender = call.from;
    out.txn.nonce = call.nonce.value_or(world.account(call.from).nonce);
    out.txn.gas_limit = std::min(call.gas.value_or(left), gas_left_);
    out.envelope = primitives::encode_transaction(out.txn);
    out.hash = primitives::transaction_hash(out.envelope);
    return out;
  }

  Result<void, SimulationError> run(evm::World& world, const evm::BlockEnv& env,
                                    std::uint64_t gas_before, SimulatedTxn& txn) {
    evm::TxnRequest request = request_of(txn.txn, txn.sender);
    request.is_question = true;
    if (rules_ == SimulatedRules::Lenient) {
      request.nonce = world.account(txn.sender).nonce;
      request.is_free =
          request.max_fee_per_gas.is_zero() && request.max_priority_fee_per_gas.is_zero();
    }
    TransferTracer tracer;
    evm::Evm& machine = base_.engine.evm();
    machine.trace(transfers_ == TransferLogs::On ? &tracer : nullptr);
    auto outcome = machine.transact(world, env, request);
    machine.trace(nullptr);
    if (world.error()) return fail(SimulationError(*world.error()));
    if (!outcome) {
      if (const auto* error = std::get_if<state::StateError>(&outcome.error()))
        return fail(SimulationError(*error));
      return fail(
          SimulationError(explain_question(std::get<evm::TxnFault>(outcome.error()), request, env,
                                           machine.revision(), world.account(txn.sender))));
    }
    txn.outcome = *std::move(outcome);
    gas_left_ -= txn.outcome.gas_used;
    txn.receipt = receipt_of(txn, gas_before);
    txn.logs = transfers_ == TransferLogs::On ? tracer.among(txn.outcome.logs) : txn.outcome.logs;
    if (txn.outcome.created) txn.outcome.output = *world.code(world.account(*txn.outcome.created));
    return {};
  }

  const Base base_;
  const SimulatedRules rules_;
  const TransferLogs transfers_;
  std::uint64_t gas_left_;
  SimulatedHashes hashes_;
  /// All that the blocks so far changed.
  state::StateDiff changes_;
  const state::Overlay state_;
  primitives::EvmHeader parent_;
};

Simulation::Simulation(const Base& base, SimulatedRules rules, TransferLogs transfers,
                       std::uint64_t gas_max)
    : impl_(std::make_unique<Impl>(base, rules, transfers, gas_max)) {}
Simulation::~Simulation() = default;

Result<SimulatedBlock, SimulationError> Simulation::add(const BlockToSimulate& block) {
  return impl_->add(block);
}

}  // namespace ol::execution
