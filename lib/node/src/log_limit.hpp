#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <ol/p2p/network.hpp>

namespace ol::node {

/// Lets one line about each reason into the log per period: what strangers can cause must not fill
/// a disk. The time is passed in. Single-threaded.
class LogLimit {
 public:
  static constexpr std::uint64_t kPeriodMs = 10'000;

  /// @return how many of the reason were held back since the last line, if one may be written now.
  [[nodiscard]] std::optional<std::uint64_t> allow(p2p::CloseCode code, std::uint64_t now_ms) {
    Reason& reason = reasons_[static_cast<std::size_t>(code)];
    if (reason.said && now_ms - reason.said_ms < kPeriodMs) {
      reason.held_back += 1;
      return std::nullopt;
    }
    const std::uint64_t held_back = reason.held_back;
    reason = {.said = true, .said_ms = now_ms, .held_back = 0};
    return held_back;
  }

 private:
  struct Reason {
    bool said = false;
    std::uint64_t said_ms = 0;
    std::uint64_t held_back = 0;
  };
  std::array<Reason, p2p::kCloseCodeCount> reasons_{};
};

}  // namespace ol::node
