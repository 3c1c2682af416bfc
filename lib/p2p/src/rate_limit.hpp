#pragma once

#include <algorithm>
#include <chrono>

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

}  // namespace ol::p2p
