#include <ol/sim/ledger.hpp>

namespace ol::sim {

using consensus::BlockPtr;
using consensus::Execution;
using node::ParentResults;
using primitives::BlockHash;

ParentResults execute_toy(const ParentResults& parent, const primitives::Block& block) {
  const auto digest = [&](std::string_view what) {
    Writer out;
    out.blob(as_bytes(what)).fixed(parent.state_root).fixed(block.header.payload_root);
    out.strong(block.header.height);
    return crypto::blake3(out.bytes());
  };
  return {.state_root = digest("state"),
          .receipts_root = digest("receipts"),
          .evm_hash = retag<primitives::EvmHash>(digest("evm"))};
}

Ledger::Ledger(BlockPtr head, ParentResults results, std::set<TxnHash> committed_items)
    : head_(std::move(head)), head_results_(results), committed_(std::move(committed_items)) {}

const ParentResults* Ledger::results_of(const BlockHash& block) const {
  if (block == head_->hash) return &head_results_;
  const auto it = executed_.find(block);
  return it == executed_.end() ? nullptr : &it->second.results;
}

Execution Ledger::execute(const BlockPtr& block) {
  if (executed_.contains(block->hash)) return Execution::Valid;
  const primitives::Header& header = block->header;
  const ParentResults* parent = results_of(header.parent);
  if (parent == nullptr) return Execution::Invalid;
  if (header.parent_state_root != parent->state_root) return Execution::Invalid;
  if (header.parent_receipts_root != parent->receipts_root) return Execution::Invalid;
  if (header.parent_evm_hash != parent->evm_hash) return Execution::Invalid;
  std::set<TxnHash> own;
  for (const TxnHash& item : block->item_hashes) {
    if (!own.insert(item).second) return Execution::Invalid;
    if (contains(header.parent, item)) return Execution::Invalid;
  }
  for (const TxnHash& item : own)
    ++in_flight_[item];
  const ParentResults results = execute_toy(*parent, *block);
  executed_.emplace(block->hash, Entry{block, results});
  return Execution::Valid;
}

bool Ledger::contains(const BlockHash& tip, const TxnHash& item) const {
  if (committed_.contains(item)) return true;
  if (!in_flight_.contains(item)) return false;
  for (auto it = executed_.find(tip); it != executed_.end();
       it = executed_.find(it->second.block->header.parent)) {
    const auto& items = it->second.block->item_hashes;
    if (std::find(items.begin(), items.end(), item) != items.end()) return true;
  }
  return false;
}

bool Ledger::commit(const BlockPtr& block) {
  const auto it = executed_.find(block->hash);
  if (it == executed_.end() || block->header.parent != head_->hash) return false;
  head_results_ = it->second.results;
  committed_.insert(block->item_hashes.begin(), block->item_hashes.end());
  head_ = block;
  forget(*block);
  executed_.erase(it);
  return true;
}

void Ledger::discard(const BlockHash& block) {
  const auto it = executed_.find(block);
  if (it == executed_.end()) return;
  forget(*it->second.block);
  executed_.erase(it);
}

void Ledger::forget(const primitives::Block& block) {
  for (const TxnHash& item : block.item_hashes) {
    const auto it = in_flight_.find(item);
    if (it != in_flight_.end() && --it->second == 0) in_flight_.erase(it);
  }
}

}  // namespace ol::sim
