#include <ol/execution/select.hpp>

#include <utility>

#include <ol/state/journal.hpp>

#include "transfer.hpp"

namespace ol::execution {
namespace {

// Each item of a payload is preceded by its length (docs/protocol/block.md).
constexpr std::size_t kItemPrefixBytes = 4;

// The cheapest transaction: with less gas than this left, no candidate fits.
constexpr std::uint64_t kTxnGasMin = 21'000;

}  // namespace

Result<Selection, state::StateError> select_txns(const state::StateView& parent_state,
                                                 const BlockContext& context,
                                                 std::span<const TxnPtr> candidates,
                                                 const SelectionLimits& limits) {
  state::Journal journal(parent_state);
  Selection out;
  std::size_t bytes_left = limits.bytes_max;
  for (const TxnPtr& candidate : candidates) {
    if (out.txns.size() >= limits.txns_max) break;
    if (context.gas_limit - out.gas_used < kTxnGasMin) break;
    const std::size_t bytes = candidate->envelope().size() + kItemPrefixBytes;
    if (bytes > bytes_left) continue;
    auto receipt = apply_txn(journal, context, *candidate, out.gas_used);
    if (receipt) {
      bytes_left -= bytes;
      out.gas_used = receipt->cumulative_gas_used;
      out.txns.push_back(candidate);
      continue;
    }
    if (const auto* error = std::get_if<state::StateError>(&receipt.error())) return fail(*error);
    auto refusal = std::get<primitives::TxnRefusal>(std::move(receipt).error());
    if (refusal.rule == primitives::TxnRule::BlockGasLimitReached) continue;
    out.skipped.push_back({.txn = candidate, .refusal = std::move(refusal)});
  }
  return out;
}

}  // namespace ol::execution
