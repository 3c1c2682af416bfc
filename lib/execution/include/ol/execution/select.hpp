#pragma once

#include <functional>
#include <span>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/execution/context.hpp>
#include <ol/execution/engine.hpp>
#include <ol/state/error.hpp>
#include <ol/state/state_view.hpp>

namespace ol::execution {

/// What the cheapest transaction uses: no block has room for more than its limit over this.
inline constexpr std::uint64_t kTxnGasMin = 21'000;

/// How much a proposer puts into one block, beside the block's gas limit.
struct SelectionLimits {
  std::size_t txns_max = primitives::kBlockItemsMax;
  /// Sum of the envelopes and their 4-byte lengths. Below kBlockBytesMax by more than any header.
  std::size_t bytes_max = primitives::kBlockBytesMax / 2;
  /// Asked before each transaction; true ends the filling. A proposer that knows the time bounds
  /// the building by it. Empty: never.
  std::function<bool()> is_over;
};

/// A candidate left out, and why: NonceTooLow and its like mean the pool is behind.
struct SkippedTxn {
  TxnPtr txn;
  primitives::TxnRefusal refusal;
};

struct Selection {
  /// In the candidates' order; `execute_block` accepts exactly these on the same parent.
  std::vector<TxnPtr> txns;
  std::vector<SkippedTxn> skipped;
  std::uint64_t gas_used = 0;
};

/// Fills a block from `candidates`, best first, skipping those that are not includable where they
/// would stand. Pure but for `is_over`. What does not fit the limits is left out without being
/// called skipped, and so is what follows it from the same sender.
[[nodiscard]] Result<Selection, state::StateError> select_txns(Engine& engine,
                                                               const state::StateView& parent_state,
                                                               const BlockContext& context,
                                                               std::span<const TxnPtr> candidates,
                                                               const SelectionLimits& limits);

}  // namespace ol::execution
