#include "apply.hpp"

#include <ol/evm/schedule.hpp>
#include <ol/execution/system_contracts.hpp>

#include "refusals.hpp"

namespace ol::execution {
namespace {

// EIP-4844 with no blobs, ever: the price stays at its least.
constexpr U256 kBlobBaseFee{1};

/// Rules of this chain that Ethereum's virtual machine does not know.
bool breaks_chain_rules(const primitives::Transaction& txn, std::uint64_t chain_id) {
  const bool other_chain = txn.chain_id && *txn.chain_id != chain_id;
  return other_chain || txn.type == primitives::TxnType::Blob;
}

}  // namespace

evm::BlockEnv env_of(const BlockContext& context, const evm::BlockHashes& hashes) {
  evm::BlockEnv out;
  out.chain_id = context.chain_id.value();
  out.number = context.height.value();
  out.timestamp = context.time.value() / 1000;
  out.gas_limit = context.gas_limit;
  out.coinbase = context.coinbase;
  out.base_fee = context.base_fee;
  out.prev_randao = U256::from_fixed(context.prev_randao);
  out.blob_base_fee = kBlobBaseFee;
  out.hashes = &hashes;
  return out;
}

evm::BlockEnv block_env(primitives::ChainId chain_id, const primitives::EvmHeader& block,
                        const evm::BlockHashes* hashes) {
  evm::BlockEnv out;
  out.chain_id = chain_id.value();
  out.number = block.number;
  out.timestamp = block.timestamp;
  out.gas_limit = block.gas_limit;
  out.coinbase = block.coinbase;
  out.base_fee = block.base_fee;
  out.prev_randao = U256::from_fixed(block.prev_randao);
  out.blob_base_fee = kBlobBaseFee;
  out.hashes = hashes;
  return out;
}

evm::TxnRequest request_of(const primitives::Transaction& txn, const Address& sender) {
  evm::TxnRequest out;
  out.kind = txn.type;
  out.sender = sender;
  out.nonce = txn.nonce;
  out.max_priority_fee_per_gas = txn.max_priority_fee_per_gas;
  out.max_fee_per_gas = txn.max_fee_per_gas;
  out.gas_limit = txn.gas_limit;
  out.to = txn.to;
  out.value = txn.value;
  out.data = txn.data;
  out.access_list = txn.access_list;
  out.max_fee_per_blob_gas = txn.max_fee_per_blob_gas;
  out.blob_hashes = txn.blob_hashes;
  out.authorizations = txn.authorizations;
  return out;
}

Result<evm::TxnOutcome, ApplyError> apply_txn(Engine& engine, evm::World& world,
                                              const evm::BlockEnv& env,
                                              const primitives::VerifiedTxn& txn,
                                              std::uint64_t gas_before) {
  const auto refused = [&](evm::TxnFault fault) {
    return fail(ApplyError(explain(engine, world, env, txn, fault)));
  };
  if (breaks_chain_rules(txn.txn(), env.chain_id)) return refused(evm::TxnFault::KindNotAllowed);
  // A gas limit that no block could hold is the transaction's fault, not this block's.
  const std::uint64_t gas_left = env.gas_limit - gas_before;
  if (txn.txn().gas_limit > gas_left && txn.txn().gas_limit <= env.gas_limit) {
    return fail(ApplyError(no_gas_left(txn.txn().gas_limit, gas_left)));
  }
  auto outcome = engine.evm().transact(world, env, request_of(txn.txn(), txn.sender()));
  if (outcome) return *std::move(outcome);
  if (const auto* fault = std::get_if<evm::TxnFault>(&outcome.error())) return refused(*fault);
  return fail(ApplyError(std::get<state::StateError>(outcome.error())));
}

primitives::Receipt receipt_of(const primitives::VerifiedTxn& txn, evm::TxnOutcome outcome,
                               std::uint64_t gas_before) {
  primitives::Receipt out;
  out.type = txn.txn().type;
  out.success = outcome.status == evm::Status::Success;
  out.cumulative_gas_used = gas_before + outcome.gas_used;
  out.gas_used = outcome.gas_used;
  out.effective_gas_price = outcome.effective_gas_price;
  if (!txn.txn().to) out.contract = primitives::contract_address(txn.sender(), txn.txn().nonce);
  out.logs = std::move(outcome.logs);
  if (!out.logs.empty()) out.bloom = primitives::logs_bloom(out.logs);
  return out;
}

// EIP-2935 allows writing the slot instead of calling the contract as the system.
Result<void, state::StateError> begin_block(Engine& engine, evm::World& world,
                                            const BlockContext& context,
                                            const Hash256& parent_hash) {
  evm::WorldAccount& history = world.account(kHistoryContract);
  if (history.has_code()) {
    const U256 place{(context.height.value() - 1) % kHistoryServeWindow};
    world.begin_transaction();
    world.set_storage(world.slot(history, place), U256::from_fixed(parent_hash));
    static_cast<void>(world.end_transaction(evm::schedule(engine.evm().revision())));
  }
  if (world.error()) return fail(*world.error());
  return {};
}

KnownHashes::KnownHashes(const BlockContext& context)
    : context_(context), parent_(retag<Hash256>(primitives::evm_header_hash(context.parent))) {}

Result<Hash256, state::StateError> KnownHashes::block_hash(std::uint64_t number) const {
  if (number == context_.parent.number) return parent_;
  if (context_.ancestors == nullptr) return Hash256{};
  return context_.ancestors->block_hash(number);
}

}  // namespace ol::execution
