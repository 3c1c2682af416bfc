#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ol/evm/revision.hpp>
#include <ol/evm/transition.hpp>

namespace ol::app {

/// Which cases of the Ethereum state tests to run, and how.
struct StateTestOptions {
  evm::Engine engine = evm::Engine::Fast;
  /// Only this fork's cases; all known forks if empty.
  std::string fork;
  /// Only files whose path contains this.
  std::string filter;
  /// Leaves out the files that an optimised interpreter needs seconds to minutes for.
  bool skip_slow = false;
};

struct StateTestCount {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
};

/// What a run found. Forks this node does not know are counted as skipped.
struct StateTestReport {
  std::array<StateTestCount, evm::kRevisions> forks{};
  std::uint64_t files = 0;
  std::uint64_t skipped_files = 0;    // slow ones
  std::uint64_t skipped_cases = 0;    // of unknown forks
  std::uint64_t skipped_others = 0;   // that are no state tests
  std::uint64_t unreadable = 0;       // tests that say what cannot be
  std::vector<std::string> failures;  // a line each

  [[nodiscard]] std::uint64_t passed() const;
  [[nodiscard]] std::uint64_t failed() const;
};

/// Runs the state tests in `path`: a JSON file or a folder of them. Format: the state tests of
/// ethereum/tests. Throws CommandError where a file is not JSON.
[[nodiscard]] StateTestReport run_state_tests(const std::filesystem::path& path,
                                              const StateTestOptions& options);

}  // namespace ol::app
