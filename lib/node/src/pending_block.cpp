#include "pending_block.hpp"

#include <algorithm>

#include <ol/execution/execute.hpp>
#include <ol/execution/select.hpp>

#include "ancestor_hashes.hpp"
#include "block_records.hpp"

namespace ol::node {

rpc::BlockPtr PendingBlock::get(primitives::TimeMs time, std::uint64_t ahead_ms) {
  MutexLock lock(mutex_);
  const auto snapshot = database_.snapshot();
  if (!snapshot) return nullptr;
  const primitives::BlockHash head = (*snapshot)->head()->hash;
  const auto now = std::chrono::steady_clock::now();
  const bool fresh = last_ && last_->head == head && now < last_->made + kFresh;
  const bool resting = last_ && now < last_->made + kRestFactor * last_->cost;
  if (fresh || resting) return last_->block;
  rpc::BlockPtr block = make(**snapshot, time, ahead_ms);
  const auto done = std::chrono::steady_clock::now();
  if (block) last_ = Answer{.block = block, .head = head, .made = done, .cost = done - now};
  return block;
}

rpc::BlockPtr PendingBlock::make(const storage::Snapshot& snapshot, primitives::TimeMs time,
                                 std::uint64_t ahead_ms) {
  const primitives::Height height = snapshot.head()->height;
  const auto parent = snapshot.evm_header(height);
  const auto parent_header = snapshot.header(height);
  if (!parent || !*parent || !parent_header || !*parent_header) return nullptr;
  const AncestorHashes ancestors(snapshot);
  // No consensus block exists yet, so extra_data, which names it, is all zeros.
  const primitives::TimeMs stamped = std::max(time, (*parent_header)->time.next());
  const auto context = execution::next_block_context(
      genesis_.domain.chain_id, **parent, primitives::TimeMs(stamped.value() + ahead_ms), coinbase_,
      primitives::BlockHash{}, &ancestors);
  execution::SelectionLimits limits;
  const auto deadline = std::chrono::steady_clock::now() + kBuildMax;
  limits.is_over = [deadline] { return std::chrono::steady_clock::now() >= deadline; };
  const auto candidates = pool_.select(
      {.txns_max = limits.txns_max, .bytes_max = limits.bytes_max, .gas_max = context.gas_limit},
      {});
  const auto selection = execution::select_txns(engine_, snapshot, context, candidates, limits);
  if (!selection) return nullptr;
  auto executed = execution::execute_block(engine_, snapshot, snapshot, context, selection->txns);
  if (!executed) return nullptr;
  auto record = std::make_shared<rpc::BlockRecord>();
  record->header = executed->header;
  record->hash = executed->evm_hash;
  record->receipts = std::move(executed->receipts);
  record->txns.reserve(selection->txns.size());
  for (const TxnPtr& txn : selection->txns)
    record->txns.push_back(record_of(*txn));
  return record;
}

}  // namespace ol::node
