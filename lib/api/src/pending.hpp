#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>

namespace ol::api {

/// Replies that wait for actions to become final, each with a deadline. Any thread.
class Pending {
 public:
  /// Nothing: the time is over.
  using Done = std::function<void(const std::optional<exchange::Outcome>&)>;

  Pending(exchange::Access& access, std::size_t max) : access_(access), max_(max) {}

  /// Calls `done` once when the action is final or `deadline_ms` has passed. False: too many wait,
  /// or it is closed; `done` is not kept.
  [[nodiscard]] bool wait(const Hash256& action, std::uint64_t deadline_ms, Done done);
  void expire(std::uint64_t now_ms);
  /// Forgets all; from here on none is kept: whom they would answer may go.
  void close();

 private:
  struct Waiting {
    exchange::Access::Ticket ticket = 0;
    std::uint64_t deadline_ms = 0;
    Done done;
  };
  [[nodiscard]] std::optional<Waiting> take(std::uint64_t id);

  exchange::Access& access_;
  const std::size_t max_;
  Mutex mutex_;
  std::map<std::uint64_t, Waiting> waiting_ OL_GUARDED_BY(mutex_);
  std::uint64_t next_ OL_GUARDED_BY(mutex_) = 1;
  bool closed_ OL_GUARDED_BY(mutex_) = false;
};

}  // namespace ol::api
