#include <ol/sim/usage.hpp>

#include <ctime>

#include <charconv>

#include <fmt/format.h>

namespace ol::sim {
namespace {

constexpr std::uint64_t kNodesMax = 100;
constexpr std::uint64_t kViewsMax = 1'000'000;

}  // namespace

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Result<std::uint64_t, UsageError> number_in(std::string_view flag, std::string_view text,
                                            std::uint64_t low, std::uint64_t high) {
  const auto value = number(text);
  if (value && *value >= low && *value <= high) return *value;
  return fail(UsageError{
      fmt::format("{} takes a number from {} to {}, not \"{}\"", flag, low, high, text)});
}

Result<SeedRange, UsageError> seed_range(std::string_view text, std::string_view flag) {
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos) {
    const auto first = number(text.substr(0, dots));
    const auto last = number(text.substr(dots + 2));
    if (first && last && *first <= *last && *last < UINT64_MAX) return SeedRange{*first, *last};
  }
  return fail(UsageError{fmt::format("{} takes a range like 1..1000, not \"{}\"", flag, text)});
}

Result<bool, UsageError> take_run_flag(RunOptions& run, std::string_view flag,
                                       std::string_view text) {
  if (flag == "--seed") {
    OL_TRY(run.seed, number_in(flag, text, 0, UINT64_MAX - 1));
  } else if (flag == "--nodes") {
    OL_TRY(const std::uint64_t nodes, number_in(flag, text, 1, kNodesMax));
    run.nodes = static_cast<std::uint32_t>(nodes);
  } else if (flag == "--views") {
    OL_TRY(run.views, number_in(flag, text, 1, kViewsMax));
  } else if (flag == "--rule") {
    const auto rule = rule_named(text);
    if (!rule)
      return fail(UsageError{fmt::format("--rule takes {}, not \"{}\"", rule_names(), text)});
    run.rule = *rule;
  } else if (flag == "--faults") {
    const auto faults = FaultSet::parse(text);
    if (!faults)
      return fail(UsageError{fmt::format(
          "--faults takes all, none or names of fault classes separated by commas, not \"{}\"",
          text)});
    run.faults = *faults;
  } else {
    return false;
  }
  return true;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

}  // namespace ol::sim
