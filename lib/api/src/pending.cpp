#include "pending.hpp"

#include <vector>

namespace ol::api {

std::optional<Pending::Waiting> Pending::take(std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto it = waiting_.find(id);
  if (it == waiting_.end()) return std::nullopt;
  std::optional<Waiting> out(std::move(it->second));
  waiting_.erase(it);
  return out;
}

bool Pending::wait(const Hash256& action, std::uint64_t deadline_ms, Done done) {
  std::uint64_t id = 0;
  {
    const MutexLock lock(mutex_);
    if (closed_ || waiting_.size() >= max_) return false;
    id = next_++;
    waiting_[id] = {0, deadline_ms, std::move(done)};
  }
  // It may be final already, and then is told from within this call.
  const auto ticket = access_.await(action, [this, id](const exchange::Outcome& outcome) {
    if (auto waiting = take(id)) waiting->done(outcome);
  });
  bool lost = false;
  {
    const MutexLock lock(mutex_);
    const auto it = waiting_.find(id);
    if (it == waiting_.end()) return true;
    it->second.ticket = ticket;
    lost = ticket == 0;
    if (lost) waiting_.erase(it);
  }
  return !lost;
}

void Pending::expire(std::uint64_t now_ms) {
  std::vector<Waiting> late;
  {
    const MutexLock lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const bool over = it->second.deadline_ms <= now_ms;
      if (over) late.push_back(std::move(it->second));
      it = over ? waiting_.erase(it) : std::next(it);
    }
  }
  for (Waiting& waiting : late) {
    access_.forget(waiting.ticket);
    waiting.done(std::nullopt);
  }
}

void Pending::close() {
  std::map<std::uint64_t, Waiting> all;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    all.swap(waiting_);
  }
  for (const auto& [id, waiting] : all) {
    if (waiting.ticket != 0) access_.forget(waiting.ticket);
  }
}

}  // namespace ol::api
