#pragma once

#include <memory>
#include <optional>

#include <ol/evm/block_env.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/genesis.hpp>
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
  /// Root of the state the block begins with, where it is not the one the parent left.
  std::optional<Hash256> base_root;
  /// Hash of the consensus header; becomes extra_data.
  primitives::BlockHash consensus_hash;
  /// EIP-4399. Profiles without a random beacon use the parent's consensus hash, which the next
  /// proposer knows in advance: contracts must not take it for randomness.
  Hash256 prev_randao;
  /// Answers BLOCKHASH for the parent's ancestors; the parent itself is known. Borrowed; null
  /// where there are none, and their hashes are zero.
  const evm::BlockHashes* ancestors = nullptr;
};

/// The context of the block after `parent`: height, base fee (EIP-1559), gas limit and prev_randao
/// follow from it. `consensus_hash` may be zero while a block is being built.
[[nodiscard]] BlockContext next_block_context(primitives::ChainId chain_id,
                                              const primitives::EvmHeader& parent,
                                              primitives::TimeMs time, const Address& coinbase,
                                              const primitives::BlockHash& consensus_hash,
                                              const evm::BlockHashes* ancestors = nullptr);

/// The context `block` was executed in, to replay it. What no transaction can see, the consensus
/// time below a second, is not restored.
[[nodiscard]] BlockContext replay_context(primitives::ChainId chain_id,
                                          const primitives::EvmHeader& parent,
                                          const primitives::EvmHeader& block,
                                          const evm::BlockHashes* ancestors = nullptr);

/// What code sees of `block`, for calls on the state after it. Change fields to override them.
[[nodiscard]] evm::BlockEnv block_env(primitives::ChainId chain_id,
                                      const primitives::EvmHeader& block,
                                      const evm::BlockHashes* hashes = nullptr);

/// What the block after `parent` sets for its transactions.
[[nodiscard]] primitives::BlockTerms next_block_terms(const primitives::Genesis& genesis,
                                                      const primitives::EvmHeader& parent);

}  // namespace ol::execution
