#pragma once

#include <memory>

#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/primitives/txn_rules.hpp>

namespace ol::execution {

/// Shared by the pool, the node's cache of verified transactions and the blocks that name them;
/// immutable.
using TxnPtr = std::shared_ptr<const primitives::VerifiedTxn>;

/// What a block's transactions see of the block, and what its Ethereum-shaped header repeats.
struct BlockContext {
  primitives::ChainId chain_id;
  primitives::Height height;
  primitives::TimeMs time;
  /// Receives the priority fees: the proposer's fee_recipient.
  Address coinbase;
  U256 base_fee;
  std::uint64_t gas_limit = 0;
  primitives::EvmHeader parent;
  /// Hash of the consensus header; becomes extra_data.
  primitives::BlockHash consensus_hash;
  /// EIP-4399. Profiles without a random beacon use the parent's consensus hash, which the next
  /// proposer knows in advance: contracts must not take it for randomness.
  Hash256 prev_randao;

  [[nodiscard]] primitives::BlockTerms terms() const {
    return {.chain_id = chain_id, .gas_limit = gas_limit, .base_fee = base_fee};
  }
};

/// The context of the block after `parent`: height, base fee (EIP-1559), gas limit and prev_randao
/// follow from it. `consensus_hash` may be zero while a block is being built.
[[nodiscard]] BlockContext next_block_context(primitives::ChainId chain_id,
                                              const primitives::EvmHeader& parent,
                                              primitives::TimeMs time, const Address& coinbase,
                                              const primitives::BlockHash& consensus_hash);

}  // namespace ol::execution
