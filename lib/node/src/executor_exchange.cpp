#include <atomic>

#include "executor.hpp"

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

// Signatures are verified once, side by side, for what no gossip brought before.
std::optional<std::vector<ExchangeItemPtr>> Executor::verified_items(
    const primitives::Block& block) {
  const std::size_t first = primitives::transaction_count(block);
  std::vector<ExchangeItemPtr> out(primitives::executed_count(block, parts_.genesis.leaders) -
                                   first);
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
  for (const std::size_t i : unknown)
    parts_.exchange->cache.put(out[i]);
  return out;
}

bool Executor::execute_exchange(ExecutedEntry& entry) {
  const primitives::Block& block = *entry.block;
  if (!parts_.exchange)
    return primitives::transaction_count(block) ==
           primitives::executed_count(block, parts_.genesis.leaders);
  const auto items = verified_items(block);
  if (!items) return false;
  auto input = execution::block_input(parts_.exchange->rules, block.header, *items);
  if (!input) return false;
  const exchange::State* before = parts_.exchange->chain.state_at(block.header.parent);
  if (before == nullptr) return false;
  PricedBlock priced = priced_block(block.header, *items);
  priced.waiting = parts_.exchange->pool.heard_prices(block.header.epoch, *before);
  entry.exchange =
      parts_.exchange->chain.execute(block.header.parent, block.hash, *std::move(input));
  if (!entry.exchange) return false;
  parts_.exchange->priced(std::move(priced));
  return true;
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

std::vector<ExchangeItemPtr> Executor::select_items(const BlockHash& parent,
                                                    primitives::Epoch epoch,
                                                    std::size_t bytes_max) {
  if (!parts_.exchange) return {};
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
  for (const ExchangeItemPtr& item : out)
    parts_.exchange->cache.put(item);
  return out;
}

}  // namespace ol::node
