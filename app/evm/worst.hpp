#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "command.hpp"
#include "worst_case.hpp"

namespace ol::app {

struct WorstOptions {
  std::int64_t gas = 10'000'000;  // of a run
  std::uint32_t runs = 3;         // of each program; the fastest counts
  std::string filter;             // only programs whose name contains this
  std::filesystem::path directory;
  WorstStateSize state;
};

/// How fast a program's gas is worked off, changes to the state, their root and reading a database
/// just opened included.
struct WorstResult {
  std::string name = {};
  std::int64_t gas = 0;
  double seconds = 0;        // of the processor
  std::string failure = {};  // how it ended, if not as it should
  /// Whether a precompiled contract did its work for the gas that was taken. If not, nothing was
  /// measured.
  bool affordable = true;

  [[nodiscard]] double mgas_per_s() const {
    if (!affordable) return std::numeric_limits<double>::infinity();
    return static_cast<double>(gas) / seconds * 1e-6;
  }
};

/// The slowest first. Throws CommandError.
[[nodiscard]] std::vector<WorstResult> measure_worst(const WorstOptions& options);

/// Adds `evm-worst` to `openliquid bench`.
void add_bench_evm_worst(CLI::App& bench);

}  // namespace ol::app
