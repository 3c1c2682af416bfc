#pragma once

#include <cstdint>

namespace ol::node {

/// What this process takes from its machine, as Linux counts it.
struct ProcessStats {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
  std::uint64_t threads = 0;
  double cpu_seconds = 0;
};

/// Reads it now. What cannot be read is 0.
[[nodiscard]] ProcessStats read_process_stats();

}  // namespace ol::node
