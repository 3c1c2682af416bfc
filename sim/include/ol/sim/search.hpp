#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <ol/sim/options.hpp>

namespace ol::sim {

/// Seeds first..last, both included.
struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct Failure {
  std::uint64_t seed = 0;
  std::string violation;
};

/// What a search found.
struct SearchReport {
  std::uint64_t seeds = 0;
  std::uint64_t views = 0;
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
  FaultCounts faults;
  std::uint64_t evidence = 0;
  std::uint64_t recovery_max_ms = 0;
  std::vector<Failure> failures;  // ascending by seed
};

/// How one run of a search is made and how a person repeats it.
struct Runner {
  RunReport (*run)(const RunOptions& options);
  std::string (*replay)(const RunOptions& options);
};

/// Runs `options` with every seed of `range` on `jobs` threads. The result does not depend on
/// `jobs`. @param progress  told of each failure as it is found; may be null.
[[nodiscard]] SearchReport search(const RunOptions& options, SeedRange range, std::uint32_t jobs,
                                  std::ostream* progress, const Runner& runner);
/// What a search found, for people; the last line is the verdict.
[[nodiscard]] std::string summary(const SearchReport& found, const RunOptions& options,
                                  double cpu_seconds, const Runner& runner);

}  // namespace ol::sim
