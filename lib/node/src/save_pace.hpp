#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ol::node {

/// When what the exchange's API remembers is saved again: every minute, every five seconds where
/// much happened, and never for more than one part in kShare of the time. Times in milliseconds, of
/// any clock that does not go back, beginning at zero.
class SavePace {
 public:
  static constexpr std::uint64_t kPeriodMs = 60'000;
  static constexpr std::uint64_t kManyPeriodMs = 5'000;
  /// Blocks, results and events.
  static constexpr std::size_t kMany = 100'000;
  static constexpr std::uint64_t kShare = 20;

  [[nodiscard]] bool due(std::uint64_t now, std::size_t unsaved) const {
    if (unsaved == 0) return false;
    const std::uint64_t period = unsaved >= kMany ? kManyPeriodMs : kPeriodMs;
    return now >= ended_ + std::max(period, took_ * (kShare - 1));
  }
  void saved(std::uint64_t began, std::uint64_t ended) {
    ended_ = ended;
    took_ = ended - began;
  }

 private:
  std::uint64_t ended_ = 0;
  std::uint64_t took_ = 0;
};

}  // namespace ol::node
