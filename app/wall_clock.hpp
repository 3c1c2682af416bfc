#pragma once

#include <chrono>
#include <cstdint>

namespace ol::app {

/// Milliseconds since 1970, by the machine's clock.
[[nodiscard]] inline std::uint64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace ol::app
