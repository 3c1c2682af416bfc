#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace ol::p2p {

/// A token bucket that may go into debt: what arrived is always taken, and the debt says how long
/// to wait before taking more. Holds one second's worth at most.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(double per_second, Clock::time_point now)
      : per_second_(per_second), tokens_(per_second), last_(now) {}

  void charge(double amount) { tokens_ -= amount; }

  /// Whether more may be taken at `now`, which never goes back.
  [[nodiscard]] bool allows(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    tokens_ = std::min(per_second_, tokens_ + passed.count() * per_second_);
    return tokens_ >= 0;
  }

 private:
  double per_second_;
  double tokens_;
  Clock::time_point last_;
};

/// How fast messages of one kind may come from one peer. Whoever is faster is read more slowly.
class InboundRate {
 public:
  using Clock = RateLimit::Clock;

  InboundRate(double messages_per_second, double bytes_per_second, Clock::time_point now)
      : messages_(messages_per_second, now), bytes_(bytes_per_second, now) {}

  /// Counts what came. True: reading pauses from here on.
  bool charge(std::size_t messages, std::size_t bytes, Clock::time_point now) {
    messages_.charge(static_cast<double>(messages));
    bytes_.charge(static_cast<double>(bytes));
    if (paused_) return false;
    paused_ = !allows(now);
    return paused_;
  }
  /// True: reading paused and goes on from here on.
  bool resume(Clock::time_point now) {
    if (!paused_ || !allows(now)) return false;
    paused_ = false;
    return true;
  }
  [[nodiscard]] bool is_paused() const { return paused_; }

 private:
  bool allows(Clock::time_point now) {
    const bool messages = messages_.allows(now);
    return bytes_.allows(now) && messages;
  }

  RateLimit messages_;
  RateLimit bytes_;
  bool paused_ = false;
};

}  // namespace ol::p2p
