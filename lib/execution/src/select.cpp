#include <ol/execution/select.hpp>

#include <set>
#include <utility>

#include "apply.hpp"

namespace ol::execution {
namespace {

// Each item of a payload is preceded by its length (docs/protocol/block.md).
constexpr std::size_t kItemPrefixBytes = 4;

}  // namespace

Result<Selection, state::StateError> select_txns(Engine& engine,
                                                 const state::StateView& parent_state,
                                                 const BlockContext& context,
                                                 std::span<const TxnPtr> candidates,
                                                 const SelectionLimits& limits) {
  const KnownHashes hashes(context);
  const evm::BlockEnv env = env_of(context, hashes);
  evm::World world(parent_state, engine.seed());
  OL_TRY_VOID(begin_block(engine, world, context, hashes.parent()));
  Selection out;
  std::size_t bytes_left = limits.bytes_max;
  // Senders with a transaction that did not fit: their later ones must wait for it.
  std::set<Address> waiting;
  for (const TxnPtr& candidate : candidates) {
    if (out.txns.size() >= limits.txns_max) break;
    if (context.gas_limit - out.gas_used < kTxnGasMin) break;
    if (limits.is_over && limits.is_over()) break;
    if (!waiting.empty() && waiting.contains(candidate->sender())) continue;
    const std::size_t bytes = candidate->envelope().size() + kItemPrefixBytes;
    if (bytes > bytes_left) {
      waiting.insert(candidate->sender());
      continue;
    }
    auto outcome = apply_txn(engine, world, env, *candidate, out.gas_used);
    if (outcome) {
      bytes_left -= bytes;
      out.gas_used += outcome->gas_used;
      out.txns.push_back(candidate);
      continue;
    }
    if (const auto* error = std::get_if<state::StateError>(&outcome.error())) return fail(*error);
    auto refusal = std::get<primitives::TxnRefusal>(std::move(outcome).error());
    if (refusal.rule == primitives::TxnRule::BlockGasLimitReached) {
      waiting.insert(candidate->sender());
      continue;
    }
    out.skipped.push_back({.txn = candidate, .refusal = std::move(refusal)});
  }
  return out;
}

}  // namespace ol::execution
