#include "exchange_view.hpp"

#include <algorithm>

#include <ol/exchange/signing.hpp>

namespace ol::node {

using exchange::CommittedBlock;
using exchange::CommittedBlockPtr;
using exchange::Outcome;

namespace {

std::size_t parts_of(const CommittedBlock& block) {
  return block.result.results.size() + block.result.events.size() + block.result.diff.size();
}

}  // namespace

ExchangeView::ExchangeView(Parts parts)
    : parts_(std::move(parts)),
      domain_(exchange::domain_separator(parts_.genesis.domain.chain_id.value())),
      height_(parts_.engine->state().global().height),
      time_(parts_.engine->state().global().time) {
  keep_params();
}

void ExchangeView::keep_params() {
  all_params_.push_back(std::make_unique<const exchange::Params>(parts_.engine->params()));
  params_ = all_params_.back().get();
}

void ExchangeView::run() {
  while (auto block = queue_.pop()) {
    follow(**block);
    keep(*block);
    // Whoever sees the new height finds the block kept.
    height_.store((*block)->input.height, std::memory_order_release);
    time_.store((*block)->input.time, std::memory_order_release);
    publish(*block);
  }
}

void ExchangeView::follow(const CommittedBlock& block) {
  const std::lock_guard gate(gate_);
  const std::unique_lock lock(state_);
  static_cast<void>(parts_.engine->execute(block.input));
  parts_.engine->commit_block();
  const bool changes = std::ranges::any_of(block.input.system, [](const auto& action) {
    return std::holds_alternative<exchange::SetParams>(action) ||
           std::holds_alternative<exchange::RevertTo>(action);
  });
  if (changes) keep_params();
}

void ExchangeView::keep(const CommittedBlockPtr& block) {
  const MutexLock lock(mutex_);
  blocks_.push_back(block);
  block_parts_ += parts_of(*block);
  while (blocks_.size() > 1 && (blocks_.size() > kBlocksKept || block_parts_ > kBlockPartsKept)) {
    block_parts_ -= parts_of(*blocks_.front());
    blocks_.pop_front();
  }
  if (block->result.reverted_to) {
    // What was done before may be done again, and that is what counts then.
    results_.clear();
    result_order_.clear();
    result_parts_ = 0;
  }
  for (const exchange::ActionResult& result : block->result.results) {
    // The first of a name counts: one that is sent again fails by its nonce.
    const Outcome outcome{block->input.height, block->input.time, result};
    if (!results_.try_emplace(result.hash, outcome).second) continue;
    result_order_.push_back(result.hash);
    result_parts_ += result.orders.size();
    while (result_order_.size() > kResultsKept || result_parts_ > kResultPartsKept)
      drop_oldest_result();
  }
}

void ExchangeView::drop_oldest_result() {
  const auto oldest = results_.find(result_order_.front());
  result_parts_ -= oldest->second.result.orders.size();
  results_.erase(oldest);
  result_order_.pop_front();
}

void ExchangeView::publish(const CommittedBlockPtr& block) {
  const std::lock_guard calls(calls_);
  std::vector<Ticket> tickets;
  for (const auto& [ticket, listener] : listeners_)
    tickets.push_back(ticket);
  for (const Ticket ticket : tickets) {
    const auto it = listeners_.find(ticket);
    if (it == listeners_.end()) continue;
    const Listener listener = it->second;
    listener(block);
  }
  if (awaited_.empty()) return;
  for (const exchange::ActionResult& result : block->result.results) {
    for (auto it = awaited_by_action_.find(result.hash); it != awaited_by_action_.end();
         it = awaited_by_action_.find(result.hash)) {
      const auto waiting = awaited_.extract(it->second);
      awaited_by_action_.erase(it);
      waiting.mapped().done({block->input.height, block->input.time, result});
    }
  }
}

std::optional<Outcome> ExchangeView::find_result(const Hash256& action) const {
  const MutexLock lock(mutex_);
  const auto it = results_.find(action);
  return it == results_.end() ? std::nullopt : std::optional(it->second);
}

ExchangeView::Ticket ExchangeView::await(const Hash256& action, Awaited done) {
  const std::lock_guard calls(calls_);
  const Ticket ticket = ++last_ticket_;
  // Blocks are kept before they are published: a result is found here or comes by `publish`.
  if (const auto known = find_result(action)) {
    done(*known);
    return ticket;
  }
  if (awaited_.size() >= kAwaitedMax) return 0;
  awaited_.emplace(ticket, Waiting{action, std::move(done)});
  awaited_by_action_.emplace(action, ticket);
  return ticket;
}

void ExchangeView::forget(Ticket ticket) {
  const std::lock_guard calls(calls_);
  const auto it = awaited_.find(ticket);
  if (it == awaited_.end()) return;
  const auto [first, last] = awaited_by_action_.equal_range(it->second.action);
  for (auto at = first; at != last; ++at) {
    if (at->second != ticket) continue;
    awaited_by_action_.erase(at);
    break;
  }
  awaited_.erase(it);
}

void ExchangeView::read(const Reader& read) const {
  {
    const std::lock_guard gate(gate_);
  }
  const std::shared_lock lock(state_);
  read(parts_.engine->state());
}

ExchangeView::Ticket ExchangeView::subscribe(Listener listener) {
  const std::lock_guard calls(calls_);
  listeners_.emplace(++last_ticket_, std::move(listener));
  return last_ticket_;
}

void ExchangeView::unsubscribe(Ticket ticket) {
  const std::lock_guard calls(calls_);
  listeners_.erase(ticket);
}

CommittedBlockPtr ExchangeView::block(std::uint64_t height) const {
  const MutexLock lock(mutex_);
  if (blocks_.empty()) return nullptr;
  const std::uint64_t first = blocks_.front()->input.height;
  if (height < first || height - first >= blocks_.size()) return nullptr;
  return blocks_[height - first];
}

}  // namespace ol::node
