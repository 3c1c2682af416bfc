#include <atomic>

#include <ol/state/state_root.hpp>

#include "state_stack.hpp"

namespace ol::node {

using primitives::BlockHash;

#ifdef OL_OMITS_PRICES
bool leaves_out(primitives::ValidatorIndex proposer, std::uint32_t validator);
#endif

namespace {

PricedBlock priced_block(const primitives::Header& header,
                         const std::vector<ExchangeItemPtr>& items) {
  PricedBlock out;
  out.epoch = header.epoch;
  out.height = header.height;
  out.proposer = header.proposer.value();
  out.time_ms = header.time.value();
  for (const ExchangeItemPtr& item : items) {
    if (const auto* prices = std::get_if<exchange::OracleSubmit>(&item->content))
      out.carried.push_back({prices->validator, prices->round});
  }
  return out;
}

}  // namespace

// Signatures are verified once, side by side, for what no gossip brought before: of no more items
// than a block may have, and of none twice.
std::optional<std::vector<ExchangeItemPtr>> Executor::verified_items(
    const primitives::Block& block) {
  const std::size_t first = primitives::transaction_count(block);
  std::vector<ExchangeItemPtr> out(primitives::executed_count(block, parts_.genesis.leaders) -
                                   first);
  const auto hashes = std::span(block.item_hashes).subspan(first, out.size());
  const std::unordered_set<primitives::TxnHash> different(hashes.begin(), hashes.end());
  if (out.size() > execution::kExchangeItemsMax || different.size() != out.size())
    return std::nullopt;
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = parts_.exchange->cache.find(block.item_hashes[first + i]);
    if (!out[i]) unknown.push_back(i);
  }
  std::atomic<bool> all_valid{true};
  parts_.workers.run_all(unknown.size(), [&](std::size_t k) {
    const std::size_t i = unknown[k];
    auto item = execution::verify_item(parts_.exchange->rules, block.payload[first + i]);
    if (!item) {
      all_valid = false;
    } else {
      out[i] = std::make_shared<const execution::ExchangeItem>(*std::move(item));
    }
  });
  if (!all_valid) return std::nullopt;
  return out;
}

bool Executor::execute_exchange(ExecutedEntry& entry) {
  const primitives::Block& block = *entry.block;
  if (!parts_.exchange)
    return primitives::transaction_count(block) ==
           primitives::executed_count(block, parts_.genesis.leaders);
  const auto items = verified_items(block);
  if (!items) return false;
  const exchange::State* before = parts_.exchange->chain.state_at(block.header.parent);
  if (before == nullptr) return false;
  auto input =
      execution::block_input(parts_.exchange->rules, block.header, *items, before->clock_ahead());
  if (!input) return false;
  if (execution::has_revert(*before, *items) && primitives::transaction_count(block) != 0)
    return false;
  PricedBlock priced = priced_block(block.header, *items);
  priced.waiting = parts_.exchange->pool.heard_prices(block.header.epoch, *before);
  entry.exchange =
      parts_.exchange->chain.execute(block.header.parent, block.hash, *std::move(input));
  if (!entry.exchange) return false;
  // Those of a block that is invalid are not known: gossip still brings them to the pool.
  for (const ExchangeItemPtr& item : *items)
    parts_.exchange->cache.put(item);
  parts_.exchange->priced(std::move(priced));
  const std::vector<exchange::SystemAction>& system = entry.exchange->input.system;
  for (std::size_t i = 0; i < system.size(); ++i) {
    const auto* mine = std::get_if<exchange::MineBlocks>(&system[i]);
    if (mine != nullptr && entry.exchange->result.system_ok[i])
      parts_.exchange->mine(primitives::Height(block.header.height.value() + mine->blocks));
  }
  return true;
}

std::optional<primitives::TimeMs> Executor::execution_time(const BlockHash& parent,
                                                           primitives::TimeMs stamped) {
  if (!parts_.exchange) return stamped;
  const exchange::State* state = parts_.exchange->chain.state_at(parent);
  if (state == nullptr) return std::nullopt;
  return primitives::TimeMs(stamped.value() + state->clock_ahead());
}

// What a block that will never be final brought may wait nowhere else: gossip of what is known is
// not looked at again.
void Executor::restore_items(const primitives::Block& block) {
  if (!parts_.exchange) return;
  const exchange::State* state = parts_.exchange->chain.state_at(head_->hash);
  if (state == nullptr) return;
  for (std::size_t i = primitives::transaction_count(block); i < block.item_hashes.size(); ++i) {
    const ExchangeItemPtr item = parts_.exchange->cache.find(block.item_hashes[i]);
    if (item) parts_.exchange->pool.restore(item, *state);
  }
}

// The state that the block before the snapshot's left, whatever has been executed since: what may
// differ is told by the history of the database and the diffs above it.
std::optional<Hash256> Executor::go_back(StateStack& state, const BlockHash& parent,
                                         std::uint64_t snapshot) {
  const primitives::Height to(snapshot - 1);
  const auto refuse = [&](const std::string& why) {
    events_.fatal("the EVM's state after block " + std::to_string(to.value()) +
                  " is needed again and cannot be had: " + why +
                  "; keep a longer history on development networks");
    return std::nullopt;
  };
  const storage::Snapshot& base = state.base();
  state::Touched touched;
  if (to < base.head()->height) {
    auto since = base.touched_since(to);
    if (!since) return refuse(since.error().message);
    touched = *std::move(since);
  }
  const storage::StateAt stored(base, to);
  const state::StateView* then = &stored;
  auto root = base.evm_header(to);
  for (const ExecutedPtr& entry : state.held()) {
    const primitives::Height height = entry->block->header.height;
    if (height > to) touched.add(entry->result.diff);
    if (height != to) continue;
    then = &state.view_after(*entry);
    root = entry->result.header;
  }
  const auto now = parent_info(parent);
  auto back = state::lead_back({state.view(), state.nodes(), now->evm.state_root}, *then, touched);
  if (!back) return refuse(state::describe(back.error()));
  const bool arrived = root && *root && (*root)->state_root == back->root;
  if (!arrived) return refuse("what is kept does not lead back to it");
  state.add(std::move(back->diff));
  return back->root;
}

void Executor::set_roots(ExecutedEntry& entry) const {
  entry.state_root = entry.result.header.state_root;
  entry.results_root = entry.result.header.receipts_root;
  if (!entry.exchange) return;
  const execution::ExchangeRoots roots = execution::roots_of(*entry.exchange);
  const primitives::ChainDomain& domain = parts_.genesis.domain;
  entry.state_root = execution::joint_state_root(domain, entry.state_root, roots.state);
  entry.results_root = execution::joint_results_root(domain, entry.results_root, roots);
}

std::vector<ExchangeItemPtr> Executor::select_items(const consensus::BuildRequest& request,
                                                    primitives::Epoch epoch,
                                                    std::size_t bytes_max) {
  if (!parts_.exchange) return {};
  const BlockHash& parent = request.parent->hash;
  const exchange::State* state = parts_.exchange->chain.state_at(parent);
  if (state == nullptr) return {};
  std::unordered_set<primitives::TxnHash> in_flight;
  BlockHash next = parent;
  for (auto it = executed_.find(next); it != executed_.end(); it = executed_.find(next)) {
    const primitives::Block& block = *it->second->block;
    const auto first = static_cast<std::ptrdiff_t>(primitives::transaction_count(block));
    in_flight.insert(block.item_hashes.begin() + first, block.item_hashes.end());
    next = block.header.parent;
  }
  std::vector<ExchangeItemPtr> out =
      parts_.exchange->pool.select(bytes_max, epoch, *state, in_flight);
#ifdef OL_OMITS_PRICES
  std::erase_if(out, [&](const ExchangeItemPtr& item) {
    const auto* prices = std::get_if<exchange::OracleSubmit>(&item->content);
    return prices != nullptr && leaves_out(*parts_.epochs.seat(epoch), prices->validator);
  });
#endif
  execution::sort_items(parts_.exchange->rules, request.justify, out);
  for (const ExchangeItemPtr& item : out)
    parts_.exchange->cache.put(item);
  return out;
}

}  // namespace ol::node
