#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/log_query.hpp>

namespace ol::rpc {

/// What eth_subscribe can ask for.
enum class Topic : std::uint8_t { NewHeads, PendingHashes, PendingTxns, Logs };
inline constexpr std::size_t kTopics = 4;

/// A topic and, of logs, which.
struct Interest {
  Topic topic = Topic::NewHeads;
  LogFilter logs;
};

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
  [[nodiscard]] SubscriptionId add(Interest interest, std::weak_ptr<EventSink> sink);
  void remove(Topic topic, SubscriptionId id);
  /// Hands `result` to every subscriber of `topic`.
  void deliver(Topic topic, const EventText& result);
  /// Hands `result` to every subscriber of logs that wants `log`.
  void deliver_log(const primitives::Log& log, const EventText& result);

  /// Whether anyone would be told; cheap.
  [[nodiscard]] bool has(Topic topic) const;
  [[nodiscard]] std::size_t open() const;

 private:
  struct Subscriber {
    std::weak_ptr<EventSink> sink;
    LogFilter logs;
  };
  using Sinks = std::map<SubscriptionId, Subscriber>;

  void deliver(Topic topic, const primitives::Log* log, const EventText& result);

  mutable Mutex mutex_;
  std::array<Sinks, kTopics> sinks_ OL_GUARDED_BY(mutex_);
  std::array<std::atomic<std::size_t>, kTopics> counts_{};
  std::atomic<SubscriptionId> next_id_{1};
};

}  // namespace ol::rpc
