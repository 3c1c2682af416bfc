#include <ol/execution/execute.hpp>

#include <ol/base/hex.hpp>
#include <ol/state/journal.hpp>
#include <ol/state/state_root.hpp>

#include "transfer.hpp"

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

primitives::EvmHeader make_header(const BlockContext& context, std::span<const TxnPtr> txns,
                                  const ExecutedBlock& block, const Hash256& state_root) {
  primitives::EvmHeader out;
  out.parent_hash = primitives::evm_header_hash(context.parent);
  out.coinbase = context.coinbase;
  out.state_root = state_root;
  out.transactions_root = transactions_root(txns);
  out.receipts_root = receipts_root(block.receipts);
  for (const auto& receipt : block.receipts) {
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

BlockContext next_block_context(primitives::ChainId chain_id, const primitives::EvmHeader& parent,
                                primitives::TimeMs time, const Address& coinbase,
                                const primitives::BlockHash& consensus_hash) {
  BlockContext out;
  out.chain_id = chain_id;
  out.height = primitives::Height(parent.number).next();
  out.time = time;
  out.coinbase = coinbase;
  out.base_fee = primitives::next_base_fee(parent);
  out.gas_limit = parent.gas_limit;
  out.parent = parent;
  out.consensus_hash = consensus_hash;
  out.prev_randao = Hash256::from(parent.extra_data).value_or(Hash256{});
  return out;
}

Result<ExecutedBlock, ExecutionError> execute_block(const state::StateView& parent_state,
                                                    const state::TrieNodeReader& parent_trie,
                                                    const BlockContext& context,
                                                    std::span<const TxnPtr> txns,
                                                    state::TrieNodeCache* cache) {
  state::Journal journal(parent_state);
  ExecutedBlock out;
  out.receipts.reserve(txns.size());
  for (std::size_t i = 0; i < txns.size(); ++i) {
    auto receipt = apply_txn(journal, context, *txns[i], out.gas_used);
    if (!receipt) return fail(to_execution_error(std::move(receipt).error(), i, txns[i]->hash()));
    out.gas_used = receipt->cumulative_gas_used;
    out.receipts.push_back(*std::move(receipt));
  }
  out.diff = journal.take_diff();
  const auto root = state::update_state_root(parent_state, parent_trie, context.parent.state_root,
                                             out.diff, cache);
  if (!root) return fail(ExecutionError(root.error()));
  out.header = make_header(context, txns, out, *root);
  out.evm_hash = primitives::evm_header_hash(out.header);
  return out;
}

}  // namespace ol::execution
