#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/execution/context.hpp>
#include <ol/execution/engine.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/error.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::execution {

/// A transaction that must not be in the block, so the block is invalid.
struct InvalidTxn {
  std::size_t index = 0;
  primitives::TxnHash hash;
  primitives::TxnRefusal refusal;
};

/// Either the block is invalid, for everyone, or this node's state could not be read: then the
/// driver stops the node and says nothing about the block.
using ExecutionError = std::variant<InvalidTxn, state::StateError>;
/// A sentence for logs: index, hash and rule, or what failed below.
[[nodiscard]] std::string describe(const ExecutionError& error);

/// Everything a block left behind.
struct ExecutedBlock {
  /// Accounts and trie nodes to write; its state root is `header.state_root`.
  state::StateDiff diff;
  /// One per transaction, in order.
  std::vector<primitives::Receipt> receipts;
  primitives::EvmHeader header;
  primitives::EvmHash evm_hash;
  std::uint64_t gas_used = 0;
};

/// Runs `txns` in order on the parent's state, after storing the parent's hash (EIP-2935). Pure:
/// the same arguments give the same result on every machine. May run on any thread.
/// @param engine  Used by nobody else meanwhile.
/// @param parent_state, parent_trie  The state after `context.parent`, whose root is
///        `context.parent.state_root`. Borrowed for the call.
/// @param cache  As for state::update_trie.
/// @return InvalidTxn for the first transaction that breaks a rule; a block with one such is
///         invalid as a whole. A transaction whose code fails breaks none: it pays, and its receipt
///         says so.
[[nodiscard]] Result<ExecutedBlock, ExecutionError> execute_block(
    Engine& engine, const state::StateView& parent_state, const state::TrieNodeReader& parent_trie,
    const BlockContext& context, std::span<const TxnPtr> txns,
    state::TrieNodeCache* cache = nullptr);

}  // namespace ol::execution
