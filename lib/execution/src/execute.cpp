#include <ol/execution/execute.hpp>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/execution/call.hpp>
#include <ol/state/state_root.hpp>

#include "apply.hpp"

namespace ol::execution {
namespace {

ExecutionError to_execution_error(ApplyError error, std::size_t index,
                                  const primitives::TxnHash& hash) {
  if (const auto* state_error = std::get_if<state::StateError>(&error)) return *state_error;
  return InvalidTxn{
      .index = index, .hash = hash, .refusal = std::get<primitives::TxnRefusal>(std::move(error))};
}

Hash256 transactions_root(std::span<const TxnPtr> txns) {
  std::vector<Bytes> leaves;
  leaves.reserve(txns.size());
  for (const TxnPtr& txn : txns)
    leaves.push_back(txn->envelope());
  return state::ordered_root(leaves);
}

Hash256 receipts_root(const std::vector<primitives::Receipt>& receipts) {
  std::vector<Bytes> leaves;
  leaves.reserve(receipts.size());
  for (const auto& receipt : receipts)
    leaves.push_back(primitives::encode_receipt(receipt));
  return state::ordered_root(leaves);
}

primitives::EvmHeader make_header(const BlockContext& context, const Hash256& parent_hash,
                                  std::span<const TxnPtr> txns, const ExecutedBlock& block,
                                  const Hash256& state_root) {
  primitives::EvmHeader out;
  out.parent_hash = retag<primitives::EvmHash>(parent_hash);
  out.coinbase = context.coinbase;
  out.state_root = state_root;
  out.transactions_root = transactions_root(txns);
  out.receipts_root = receipts_root(block.receipts);
  for (const auto& receipt : block.receipts) {
    if (receipt.logs.empty()) continue;
    for (std::size_t i = 0; i < primitives::Bloom::kSize; ++i) {
      out.logs_bloom.bytes[i] |= receipt.bloom.bytes[i];
    }
  }
  out.number = context.height.value();
  out.gas_limit = context.gas_limit;
  out.gas_used = block.gas_used;
  out.timestamp = context.time.value() / 1000;
  out.extra_data = to_bytes(context.consensus_hash.view());
  out.prev_randao = context.prev_randao;
  out.base_fee = context.base_fee;
  return out;
}

}  // namespace

std::string describe(const ExecutionError& error) {
  if (const auto* state_error = std::get_if<state::StateError>(&error)) {
    return std::string("the parent's state cannot be read: ") + state::describe(*state_error);
  }
  const auto& invalid = std::get<InvalidTxn>(error);
  return "transaction " + std::to_string(invalid.index) + " (" +
         to_hex_prefixed(invalid.hash.view()) + "): " + invalid.refusal.message;
}

Result<ExecutedBlock, ExecutionError> execute_block(
    Engine& engine, const state::StateView& parent_state, const state::TrieNodeReader& parent_trie,
    const BlockContext& context, std::span<const TxnPtr> txns, state::TrieNodeCache* cache) {
  const KnownHashes hashes(context);
  const evm::BlockEnv env = env_of(context, hashes);
  evm::World world(parent_state, engine.seed());
  const auto begun = begin_block(engine, world, context, hashes.parent());
  if (!begun) return fail(ExecutionError(begun.error()));
  ExecutedBlock out;
  out.receipts.reserve(txns.size());
  for (std::size_t i = 0; i < txns.size(); ++i) {
    auto outcome = apply_txn(engine, world, env, *txns[i], out.gas_used);
    if (!outcome) return fail(to_execution_error(std::move(outcome).error(), i, txns[i]->hash()));
    out.receipts.push_back(receipt_of(*txns[i], *std::move(outcome), out.gas_used));
    out.gas_used = out.receipts.back().cumulative_gas_used;
  }
  out.diff = world.take_diff();
  const Hash256& base = context.base_root ? *context.base_root : context.parent.state_root;
  const auto root = state::update_state_root(parent_state, parent_trie, base, out.diff, cache);
  if (!root) return fail(ExecutionError(root.error()));
  out.header = make_header(context, hashes.parent(), txns, out, *root);
  out.evm_hash = primitives::evm_header_hash(out.header);
  return out;
}

Result<state::StateDiff, ExecutionError> replay(Engine& engine,
                                                const state::StateView& parent_state,
                                                const BlockContext& context,
                                                std::span<const TxnPtr> txns,
                                                const ReplayHooks& hooks) {
  const KnownHashes hashes(context);
  const evm::BlockEnv env = env_of(context, hashes);
  evm::World world(parent_state, engine.seed());
  const auto begun = begin_block(engine, world, context, hashes.parent());
  if (!begun) return fail(ExecutionError(begun.error()));
  std::uint64_t gas_used = 0;
  for (std::size_t i = 0; i < txns.size(); ++i) {
    engine.evm().trace(hooks.watch ? hooks.watch(i) : nullptr);
    auto outcome = apply_txn(engine, world, env, *txns[i], gas_used);
    engine.evm().trace(nullptr);
    if (!outcome) return fail(to_execution_error(std::move(outcome).error(), i, txns[i]->hash()));
    gas_used += outcome->gas_used;
    if (hooks.done && !hooks.done(i, *outcome)) break;
  }
  return world.take_diff();
}

}  // namespace ol::execution
