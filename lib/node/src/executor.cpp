#include "executor.hpp"

#include <ol/base/hex.hpp>
#include <ol/execution/select.hpp>

#include "state_stack.hpp"

namespace ol::node {

using consensus::Execution;
using primitives::BlockHash;
using primitives::Height;

Executor::Executor(Parts parts, ExecutorEvents events)
    : parts_(std::move(parts)),
      events_(std::move(events)),
      engine_(parts_.genesis.revision, parts_.seed),
      head_(parts_.head),
      head_evm_(parts_.head_evm),
      flushed_(parts_.head->header.height.value()) {}

void Executor::push(Job job) {
  // Waits when execution is far behind; consensus must not outrun it without bound.
  static_cast<void>(jobs_.push(std::move(job)));
}

void Executor::run() {
  while (auto job = jobs_.pop()) {
    forget_flushed();
    if (const auto* execute = std::get_if<Execute>(&*job)) run_execute(execute->block);
    if (const auto* build = std::get_if<Build>(&*job)) run_build(*build);
    if (const auto* commit = std::get_if<Commit>(&*job)) run_commit(*commit);
    if (const auto* discard = std::get_if<Discard>(&*job)) run_discard(*discard);
  }
}

void Executor::run_execute(const consensus::BlockPtr& block) {
  if (executed_.contains(block->hash)) {
    events_.executed(block->hash, Execution::Valid);
    return;
  }
  // Before any vote can be cast for it: see BlockLog.
  if (auto written = parts_.log.append(*block); !written) {
    events_.fatal(written.error().message);
    return;
  }
  events_.executed(block->hash, try_execute(block));
}

// A block is valid iff its header repeats what its parent left behind and every transaction may
// stand where it stands.
Execution Executor::try_execute(const consensus::BlockPtr& block) {
  const primitives::Header& header = block->header;
  const auto parent = parent_info(header.parent);
  if (!parent) return Execution::Invalid;
  if (header.parent_state_root != parent->state_root) return Execution::Invalid;
  if (header.parent_receipts_root != parent->results_root) return Execution::Invalid;
  if (header.parent_evm_hash != parent->evm_hash) return Execution::Invalid;
  // Signatures cost more than all the rest: not of more than can fit.
  if (primitives::transaction_count(*block) > parent->evm.gas_limit / execution::kTxnGasMin)
    return Execution::Invalid;
  auto txns = verified_txns(*block);
  if (!txns) return Execution::Invalid;
  const auto state = state_after(header.parent);
  if (!state) return Execution::Invalid;
  auto entry = std::make_shared<ExecutedEntry>();
  entry->block = block;
  // The exchange's steps come before the EVM (dex.md 5.1).
  if (!execute_exchange(*entry)) return Execution::Invalid;

  const auto coinbase = parts_.epochs.fee_recipient(header.epoch, header.proposer);
  if (!coinbase) return Execution::Invalid;
  // Of both sides of the block: a development network's clock may be ahead (adr 31).
  const primitives::TimeMs time =
      entry->exchange ? primitives::TimeMs(entry->exchange->input.time) : header.time;
  auto context = execution::next_block_context(header.chain_id, parent->evm, time, *coinbase,
                                               block->hash, &state->ancestors());
  if (entry->exchange && entry->exchange->result.reverted_to) {
    context.base_root = go_back(*state, header.parent, *entry->exchange->result.reverted_to);
    if (!context.base_root) return Execution::Invalid;
  }
  auto result = execution::execute_block(engine_, state->view(), state->nodes(), context, *txns,
                                         &trie_nodes_);
  if (!result) {
    if (parts_.exchange) parts_.exchange->chain.forget(block->hash);
    if (std::holds_alternative<state::StateError>(result.error())) {
      events_.fatal("the state cannot be read: " + describe(result.error()));
    }
    return Execution::Invalid;
  }
  txns_executed_.fetch_add(txns->size(), std::memory_order_relaxed);
  entry->txns = *std::move(txns);
  entry->result = *std::move(result);
  if (context.base_root) entry->result.diff = state->from_parent(std::move(entry->result.diff));
  set_roots(*entry);
  executed_.emplace(block->hash, std::move(entry));
  return Execution::Valid;
}

std::optional<Executor::ParentInfo> Executor::parent_info(const BlockHash& parent) const {
  if (const auto it = executed_.find(parent); it != executed_.end()) {
    const ExecutedEntry& entry = *it->second;
    return ParentInfo{entry.result.header, entry.result.evm_hash, entry.state_root,
                      entry.results_root};
  }
  if (parent != head_->hash) return std::nullopt;
  ParentInfo out{head_evm_, primitives::evm_header_hash(head_evm_), head_evm_.state_root,
                 head_evm_.receipts_root};
  if (parts_.exchange) {
    const execution::ExchangeRoots& roots = parts_.exchange->head_roots;
    const primitives::ChainDomain& domain = parts_.genesis.domain;
    out.state_root = execution::joint_state_root(domain, out.state_root, roots.state);
    out.results_root = execution::joint_results_root(domain, out.results_root, roots);
  }
  return out;
}

// The diffs from `block` down to what the database holds, over a snapshot of it. A snapshot newer
// than the lowest diff does no harm: diffs hold whole values, so writing one twice changes nothing.
std::unique_ptr<Executor::StateStack> Executor::state_after(const BlockHash& block) {
  auto base = parts_.database.snapshot();
  if (!base) {
    events_.fatal(base.error().message);
    return nullptr;
  }
  const Height stored = (*base)->head()->height;
  std::vector<ExecutedPtr> above;
  BlockHash next = block;
  for (auto it = executed_.find(next); it != executed_.end(); it = executed_.find(next)) {
    if (it->second->block->header.height <= stored) break;
    above.push_back(it->second);
    next = it->second->block->header.parent;
  }
  // The branch must stand on the stored head, not beside it.
  const bool rooted = next == (*base)->head()->hash;
  if (!rooted) return nullptr;
  return std::make_unique<StateStack>(*std::move(base), above);
}

std::optional<std::vector<TxnPtr>> Executor::verified_txns(const primitives::Block& block) {
  std::vector<TxnPtr> out(primitives::transaction_count(block));
  std::vector<Bytes> unknown;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = parts_.cache.find(block.item_hashes[i]);
    if (out[i]) continue;
    unknown.push_back(block.payload[i]);
    places.push_back(i);
  }
  const std::vector<TxnPtr> verified = parts_.workers.verify_all(unknown);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!verified[i]) return std::nullopt;
    parts_.cache.put(verified[i]);
    out[places[i]] = verified[i];
  }
  return out;
}

std::map<Address, std::uint64_t> Executor::nonces_in_flight(const BlockHash& tip) const {
  std::map<Address, std::uint64_t> out;
  BlockHash next = tip;
  for (auto it = executed_.find(next); it != executed_.end(); it = executed_.find(next)) {
    // What came before is undone.
    if (it->second->exchange && it->second->exchange->result.reverted_to) break;
    for (const TxnPtr& txn : it->second->txns) {
      std::uint64_t& nonce = out[txn->sender()];
      nonce = std::max(nonce, txn->txn().nonce + 1);
    }
    next = it->second->block->header.parent;
  }
  return out;
}

void Executor::run_build(const Build& build) {
  const consensus::BlockPtr& on = build.request.parent;
  const auto parent = parent_info(on->hash);
  const auto state = state_after(on->hash);
  if (!parent || !state) return;
  // Consensus asks a validator of the present epoch alone.
  const primitives::Epoch epoch = parts_.epochs.current().set.epoch();
  const auto self = parts_.epochs.seat(epoch);
  if (!self) return;
  const auto items = select_items(build.request, epoch, kExchangeBytesMax);
  std::vector<TxnPtr> txns;
  const exchange::State* before =
      parts_.exchange ? parts_.exchange->chain.state_at(on->hash) : nullptr;
  if (before == nullptr || !execution::has_revert(*before, items)) {
    auto selected = select_txns(*state, parent->evm, on, *self);
    if (!selected) return;
    txns = *std::move(selected);
  }
  BuiltPayload payload{.view = build.request.view,
                       .parent = {.state_root = parent->state_root,
                                  .receipts_root = parent->results_root,
                                  .evm_hash = parent->evm_hash},
                       .items = {}};
  payload.items.reserve(txns.size() + items.size());
  for (const TxnPtr& txn : txns) {
    parts_.cache.put(txn);
    payload.items.push_back(txn->envelope());
  }
  for (const ExchangeItemPtr& item : items)
    payload.items.push_back(item->bytes);
  events_.built(std::move(payload));
}

std::optional<std::vector<TxnPtr>> Executor::select_txns(const StateStack& state,
                                                         const primitives::EvmHeader& parent,
                                                         const consensus::BlockPtr& on,
                                                         primitives::ValidatorIndex self) {
  const primitives::Epoch epoch = parts_.epochs.current().set.epoch();
  const Address coinbase = *parts_.epochs.fee_recipient(epoch, self);
  const auto time = execution_time(on->hash, on->header.time.next());
  if (!time) return std::nullopt;
  const auto context = execution::next_block_context(parts_.genesis.domain.chain_id, parent, *time,
                                                     coinbase, BlockHash{}, &state.ancestors());
  const auto deadline = std::chrono::steady_clock::now() + kBuildMax;
  execution::SelectionLimits limits;
  limits.is_over = [deadline] { return std::chrono::steady_clock::now() >= deadline; };
  const mempool::SelectLimits ask{.txns_max = limits.txns_max,
                                  .bytes_max = limits.bytes_max,
                                  .gas_max = kCandidateGasFactor * context.gas_limit};
  const std::vector<TxnPtr> candidates = parts_.pool.select(ask, nonces_in_flight(on->hash));
  auto selection = execution::select_txns(engine_, state.view(), context, candidates, limits);
  if (!selection) {
    events_.fatal("the state cannot be read: " + std::string(state::describe(selection.error())));
    return std::nullopt;
  }
  return std::move(selection->txns);
}

void Executor::run_commit(const Commit& commit) {
  for (const consensus::CommittedBlock& block : commit.blocks) {
    const auto it = executed_.find(block.block->hash);
    if (it == executed_.end()) {
      events_.fatal("block " + to_hex(block.block->hash.view()) + " at height " +
                    std::to_string(block.block->header.height.value()) +
                    " is final but does not execute here: this node's state differs from the "
                    "others'. Keep the data directory for inspection and start from an empty one.");
      return;
    }
    head_ = block.block;
    head_evm_ = it->second->result.header;
    if (parts_.exchange) {
      ExecutorExchange& exchange = *parts_.exchange;
      exchange.chain.commit(head_->hash);
      exchange.head_roots = execution::roots_of(*it->second->exchange);
      const auto dropped = exchange.pool.commit(head_->item_hashes, it->second->exchange->input,
                                                exchange.chain.params());
      if (!dropped.empty()) exchange.dropped(dropped);
    }
    if (auto done = parts_.log.committed(Height(flushed_.load(std::memory_order_acquire))); !done) {
      events_.fatal(done.error().message);
      return;
    }
    events_.finalised({it->second, block.certificate});
  }
}

void Executor::run_discard(const Discard& discard) {
  std::vector<TxnPtr> orphaned;
  for (const consensus::BlockPtr& block : discard.blocks) {
    if (parts_.exchange) parts_.exchange->chain.forget(block->hash);
    const auto node = executed_.extract(block->hash);
    if (node.empty()) continue;
    restore_items(*block);
    orphaned.insert(orphaned.end(), node.mapped()->txns.begin(), node.mapped()->txns.end());
  }
  if (orphaned.empty()) return;
  if (auto restored = parts_.pool.restore(orphaned); !restored) {
    events_.fatal("the state cannot be read: " + std::string(state::describe(restored.error())));
  }
}

void Executor::forget_flushed() {
  const Height flushed(flushed_.load(std::memory_order_acquire));
  std::erase_if(executed_, [&](const auto& entry) {
    return entry.second->block->header.height <= flushed && entry.first != head_->hash;
  });
}

}  // namespace ol::node
