#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <ol/evm/transition.hpp>

namespace ol::node {

/// How long what one client asked may run. By the steady clock.
class Deadline {
 public:
  /// @param ms  From now; absent for ever.
  explicit Deadline(std::optional<std::uint64_t> ms) : ms_(ms) {
    if (ms) end_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(*ms);
  }

  [[nodiscard]] bool is_over() const {
    return ms_.has_value() && std::chrono::steady_clock::now() >= end_;
  }
  /// Empty for ever.
  [[nodiscard]] evm::StopSign sign() const {
    if (!ms_) return {};
    return [end = end_] { return std::chrono::steady_clock::now() >= end; };
  }
  /// In geth's words, with the time as Go writes whole seconds, or less than one.
  [[nodiscard]] std::string words() const {
    const std::uint64_t ms = ms_.value_or(0);
    const std::string time =
        ms % 1'000 == 0 ? std::to_string(ms / 1'000) + "s" : std::to_string(ms) + "ms";
    return "execution aborted (timeout = " + time + ")";
  }

 private:
  std::optional<std::uint64_t> ms_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace ol::node
