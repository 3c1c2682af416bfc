#include "event_hub.hpp"

#include <vector>

namespace ol::rpc {
namespace {

std::size_t index(Topic topic) {
  return static_cast<std::size_t>(topic);
}

}  // namespace

SubscriptionId EventHub::add(Interest interest, std::weak_ptr<EventSink> sink) {
  const SubscriptionId id = next_id_.fetch_add(1);
  const std::size_t place = index(interest.topic);
  const MutexLock lock(mutex_);
  sinks_[place].emplace(id, Subscriber{std::move(sink), std::move(interest.logs)});
  counts_[place].fetch_add(1);
  return id;
}

void EventHub::remove(Topic topic, SubscriptionId id) {
  const MutexLock lock(mutex_);
  if (sinks_[index(topic)].erase(id) != 0) counts_[index(topic)].fetch_sub(1);
}

void EventHub::deliver(Topic topic, const EventText& result) {
  deliver(topic, nullptr, result);
}

void EventHub::deliver_log(const primitives::Log& log, const EventText& result) {
  deliver(Topic::Logs, &log, result);
}

void EventHub::deliver(Topic topic, const primitives::Log* log, const EventText& result) {
  struct Target {
    SubscriptionId id;
    std::shared_ptr<EventSink> sink;
  };
  // Sinks are told, and may die, outside the lock: a dying sink removes its subscriptions here.
  std::vector<Target> targets;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, subscriber] : sinks_[index(topic)]) {
      if (log != nullptr && !subscriber.logs.matches(*log)) continue;
      if (auto alive = subscriber.sink.lock()) targets.push_back({id, std::move(alive)});
    }
  }
  for (const Target& target : targets)
    target.sink->notify(target.id, result);
}

bool EventHub::has(Topic topic) const {
  return counts_[index(topic)].load() != 0;
}

std::size_t EventHub::open() const {
  std::size_t sum = 0;
  for (const auto& count : counts_)
    sum += count.load();
  return sum;
}

}  // namespace ol::rpc
