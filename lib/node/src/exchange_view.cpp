#include "exchange_view.hpp"

#include <algorithm>

#include <ol/exchange/signing.hpp>

namespace ol::node {

using exchange::CommittedBlock;
using exchange::CommittedBlockPtr;
using exchange::Outcome;

namespace {

// How often a block that is missing here is looked for while it is being stored.
constexpr std::chrono::milliseconds kStoredPause{5};

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
  while (const CommittedBlockPtr block = next_block()) {
    keep(block);
    // Whoever sees the new height finds the block kept.
    height_.store(block->input.height, std::memory_order_release);
    time_.store(block->input.time, std::memory_order_release);
    publish(block);
  }
}

void ExchangeView::stop() {
  queue_.close();
  const MutexLock lock(mutex_);
  stopped_ = true;
  room_.notify_all();
}

// Executed, as soon as there is room for it. Null: no more will come.
CommittedBlockPtr ExchangeView::next_block() {
  const std::uint64_t height = height_.load(std::memory_order_relaxed) + 1;
  const auto next = queue_.pop(height);
  if (!next) return nullptr;
  wait_for_room();
  if (next->block) {
    static_cast<void>(follow(next->block->input));
    return next->block;
  }
  const auto stored = read_stored(height);
  if (stored) stored->result = follow(stored->input);
  return stored;
}

std::shared_ptr<CommittedBlock> ExchangeView::read_stored(std::uint64_t height) {
  // No other thread changes the engine.
  const exchange::TimeMs ahead = parts_.engine->state().clock_ahead();
  do {
    if (auto block = parts_.stored(height, ahead)) return block;
  } while (queue_.pause(kStoredPause));
  return nullptr;
}

exchange::BlockResult ExchangeView::follow(const exchange::BlockInput& block) {
  const std::lock_guard gate(gate_);
  const std::unique_lock lock(state_);
  exchange::BlockResult result = parts_.engine->execute(block);
  parts_.engine->commit_block();
  const bool changes = std::ranges::any_of(block.system, [](const auto& action) {
    return std::holds_alternative<exchange::SetParams>(action) ||
           std::holds_alternative<exchange::RevertTo>(action);
  });
  if (changes) keep_params();
  return result;
}

void ExchangeView::keep_from(const void* follower, std::uint64_t height) {
  const MutexLock lock(mutex_);
  if (height == kNoHeight) {
    wanted_from_.erase(follower);
  } else {
    wanted_from_[follower] = height;
  }
  room_.notify_all();
}

bool ExchangeView::wanted(std::uint64_t height) const {
  return !stopped_ && std::ranges::any_of(wanted_from_, [&](const auto& follower) {
    return follower.second <= height;
  });
}

// Whether a block more would push out one that is still wanted.
bool ExchangeView::crowded() const {
  const bool full = blocks_.size() >= kBlocksKept || block_parts_ >= kBlockPartsKept;
  return full && wanted(blocks_.front()->input.height);
}

void ExchangeView::wait_for_room() {
  MutexLock lock(mutex_);
  while (crowded())
    lock.wait(room_);
}

void ExchangeView::keep(const CommittedBlockPtr& block) {
  const MutexLock lock(mutex_);
  blocks_.push_back(block);
  block_parts_ += parts_of(*block);
  while (blocks_.size() > 1 && !wanted(blocks_.front()->input.height)) {
    if (blocks_.size() <= kBlocksKept && block_parts_ <= kBlockPartsKept) break;
    block_parts_ -= parts_of(*blocks_.front());
    blocks_.pop_front();
  }
  if (block->result.reverted_to) {
    // What was done before may be done again, and that is what counts then.
    results_.clear();
    result_order_.clear();
    result_parts_ = 0;
  }
  for (const exchange::ActionResult& result : block->result.results)
    keep_result({block->input.height, block->input.time, result});
}

// The first of a name counts, for one that is sent again fails by its nonce; unless the first was
// refused without using it, and came again.
void ExchangeView::keep_result(const Outcome& outcome) {
  const exchange::ActionResult& result = outcome.result;
  const auto before = results_.find(result.hash);
  if (before != results_.end()) {
    const bool again = !before->second.outcome.result.ok &&
                       (result.ok || result.error != exchange::Error::BadNonce);
    if (!again) return;
    result_parts_ -= before->second.outcome.result.orders.size();
    results_.erase(before);
  }
  results_.emplace(result.hash, Result{outcome, ++last_result_});
  result_order_.emplace_back(result.hash, last_result_);
  result_parts_ += result.orders.size();
  while (result_order_.size() > kResultsKept || result_parts_ > kResultPartsKept)
    drop_oldest_result();
}

void ExchangeView::drop_oldest_result() {
  const auto [action, number] = result_order_.front();
  result_order_.pop_front();
  const auto oldest = results_.find(action);
  if (oldest == results_.end() || oldest->second.number != number) return;
  result_parts_ -= oldest->second.outcome.result.orders.size();
  results_.erase(oldest);
}

void ExchangeView::refuse(const Hash256& action, exchange::Error why) {
  const MutexLock lock(mutex_);
  if (refused_.size() < kAwaitedMax) refused_.emplace_back(action, why);
}

void ExchangeView::forget_refused(const Hash256& action) {
  const MutexLock lock(mutex_);
  const auto it = results_.find(action);
  if (it == results_.end() || it->second.outcome.result.ok) return;
  result_parts_ -= it->second.outcome.result.orders.size();
  results_.erase(it);
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
  for (const exchange::ActionResult& result : block->result.results)
    answer({block->input.height, block->input.time, result});
  std::vector<std::pair<Hash256, exchange::Error>> refused;
  {
    const MutexLock lock(mutex_);
    refused.swap(refused_);
  }
  for (const auto& [action, why] : refused) {
    Outcome outcome{block->input.height, block->input.time, {}};
    outcome.result.hash = action;
    outcome.result.ok = false;
    outcome.result.error = why;
    answer(outcome);
  }
}

void ExchangeView::answer(const Outcome& outcome) {
  for (auto it = awaited_by_action_.find(outcome.result.hash); it != awaited_by_action_.end();
       it = awaited_by_action_.find(outcome.result.hash)) {
    const auto waiting = awaited_.extract(it->second);
    awaited_by_action_.erase(it);
    waiting.mapped().done(outcome);
  }
}

std::optional<Outcome> ExchangeView::find_result(const Hash256& action) const {
  const MutexLock lock(mutex_);
  const auto it = results_.find(action);
  return it == results_.end() ? std::nullopt : std::optional(it->second.outcome);
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
