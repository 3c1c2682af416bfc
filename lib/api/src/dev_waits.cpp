#include "dev_waits.hpp"

#include <algorithm>

#include <ol/exchange/action_codec.hpp>

namespace ol::api {

using exchange::SystemAction;

namespace {

// Blocks that show what the action did, after its own: time goes ahead in the next one.
std::uint64_t blocks_after(const SystemAction& action) {
  if (const auto* mine = std::get_if<exchange::MineBlocks>(&action)) return mine->blocks - 1;
  return std::holds_alternative<exchange::AdvanceTime>(action) ? 1 : 0;
}

}  // namespace

DevWaits::Id DevWaits::add(const DevRequest& request, std::uint64_t deadline_ms, Done done) {
  const MutexLock lock(mutex_);
  if (closed_ || waiting_.size() >= max_) return 0;
  Waiting& out = waiting_.emplace_back();
  out.id = next_++;
  for (const SystemAction& action : request.actions) {
    out.open.push_back(exchange::encode_system_action(action));
    out.more = std::max(out.more, blocks_after(action));
  }
  out.deadline_ms = deadline_ms;
  out.done = std::move(done);
  return out.id;
}

bool DevWaits::drop(Id id) {
  const MutexLock lock(mutex_);
  return waiting_.remove_if([&](const Waiting& waiting) { return waiting.id == id; }) > 0;
}

// Equal actions do the same, so whoever waits longest has the first of them.
void DevWaits::meet(const SystemAction& action, bool ok, std::uint64_t height) {
  const Bytes encoded = exchange::encode_system_action(action);
  for (Waiting& waiting : waiting_) {
    const auto at = std::ranges::find(waiting.open, encoded);
    if (at == waiting.open.end()) continue;
    waiting.open.erase(at);
    if (!ok) waiting.outcome.refused = action;
    if (std::holds_alternative<exchange::TakeSnapshot>(action)) waiting.outcome.snapshot = height;
    waiting.until = height + (ok ? waiting.more : 0);
    return;
  }
}

template <typename Over>
std::list<DevWaits::Waiting> DevWaits::take_if(Over over) {
  std::list<Waiting> out;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const auto at = it++;
    if (over(*at)) out.splice(out.end(), waiting_, at);
  }
  return out;
}

void DevWaits::settle(const exchange::CommittedBlock& block) {
  std::list<Waiting> over;
  {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) return;
    const std::vector<SystemAction>& system = block.input.system;
    for (std::size_t i = 0; i < system.size(); ++i)
      meet(system[i], block.result.system_ok.at(i), block.input.height);
    over = take_if([&](const Waiting& waiting) {
      return waiting.open.empty() && waiting.until <= block.input.height;
    });
  }
  for (Waiting& waiting : over) {
    waiting.outcome.height = block.input.height;
    waiting.outcome.time = block.input.time;
    waiting.done(waiting.outcome);
  }
}

void DevWaits::expire(std::uint64_t now_ms) {
  std::list<Waiting> late;
  {
    const MutexLock lock(mutex_);
    late = take_if([&](const Waiting& waiting) { return waiting.deadline_ms <= now_ms; });
  }
  for (const Waiting& waiting : late)
    waiting.done(std::nullopt);
}

void DevWaits::close() {
  std::list<Waiting> all;
  const MutexLock lock(mutex_);
  closed_ = true;
  all.swap(waiting_);
}

}  // namespace ol::api
