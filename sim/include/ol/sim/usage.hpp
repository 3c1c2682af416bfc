#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/base/result.hpp>
#include <ol/sim/search.hpp>

// What the flags of `openliquid sim` have in common.
namespace ol::sim {

inline constexpr int kHeld = 0;
inline constexpr int kViolated = 1;
inline constexpr int kUsage = 2;

/// A sentence for the user.
struct UsageError {
  std::string message;
};

/// A decimal number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> number(std::string_view text);
[[nodiscard]] Result<std::uint64_t, UsageError> number_in(std::string_view flag,
                                                          std::string_view text, std::uint64_t low,
                                                          std::uint64_t high);
/// "A..B", both included.
[[nodiscard]] Result<SeedRange, UsageError> seed_range(std::string_view text,
                                                       std::string_view flag = "--seeds");
/// --rule, --seed, --nodes, --views, --faults. @return whether it was one of them.
[[nodiscard]] Result<bool, UsageError> take_run_flag(RunOptions& run, std::string_view flag,
                                                     std::string_view text);
/// Processor seconds of this process so far.
[[nodiscard]] double cpu_seconds();

}  // namespace ol::sim
