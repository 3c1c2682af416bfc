#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include <ol/base/thread_safety.hpp>

namespace ol::rpc {

/// What eth_subscribe can ask for.
enum class Topic : std::uint8_t { NewHeads, PendingHashes, PendingTxns };
inline constexpr std::size_t kTopics = 3;

using SubscriptionId = std::uint64_t;
/// Encoded once per event and shared by the messages to all its subscribers.
using EventText = std::shared_ptr<const std::string>;

/// A client that takes events. `notify` is called from any thread and must not wait.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void notify(SubscriptionId id, EventText result) = 0;
};

/// Who wants which events. Any thread.
class EventHub {
 public:
  /// The number by which the subscription is known; unique while the process lives.
  [[nodiscard]] SubscriptionId add(Topic topic, std::weak_ptr<EventSink> sink);
  void remove(Topic topic, SubscriptionId id);
  /// Hands `result` to every subscriber of `topic`.
  void deliver(Topic topic, const EventText& result);

  /// Whether anyone would be told; cheap.
  [[nodiscard]] bool has(Topic topic) const;
  [[nodiscard]] std::size_t open() const;

 private:
  using Sinks = std::map<SubscriptionId, std::weak_ptr<EventSink>>;

  mutable Mutex mutex_;
  std::array<Sinks, kTopics> sinks_ OL_GUARDED_BY(mutex_);
  std::array<std::atomic<std::size_t>, kTopics> counts_{};
  std::atomic<SubscriptionId> next_id_{1};
};

}  // namespace ol::rpc
