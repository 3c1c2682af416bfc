#pragma once

#include <string>
#include <vector>

#include <ol/sim/cluster/cluster.hpp>

namespace ol::sim::cluster {

/// Twins (arXiv:2004.10617): four validators, the last of which runs twice with one key. A scenario
/// says for each of the first rounds who leads it and which machines hear each other in it; then
/// everything works, and what was begun must end well.
///
/// A round's choice is one of 4 leaders times 16 ways to put five machines on at most two sides. Of
/// scenarios that differ only in the names of the three honest validators, or of the two twins, the
/// one with the smallest number stands for all.
struct TwinsOptions {
  Rule rule = Rule::ThreeChain;
  std::uint32_t rounds = 4;
  /// How many of the scenarios to run, drawn by `seed`; absent: all of them.
  std::optional<std::uint64_t> sample;
  /// Without a sample: those with numbers from `first` up to `last`, so that a long enumeration can
  /// be done in parts.
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  std::uint64_t seed = 1;
  std::uint32_t jobs = 1;
};

inline constexpr std::uint64_t kTwinsChoices = 64;
inline constexpr std::uint32_t kTwinsRoundsMax = 8;

struct TwinsFailure {
  std::uint64_t scenario;
  std::string violation;
};

struct TwinsReport {
  /// kTwinsChoices to the power of the rounds.
  std::uint64_t all = 0;
  /// Not the same as another up to names. Counted, not estimated, if all were enumerated.
  std::uint64_t distinct = 0;
  std::uint64_t run = 0;
  std::uint64_t committed = 0;  // scenarios in which a block was final before the links were mended
  std::vector<TwinsFailure> failures;
};

/// Whether no scenario with a smaller number is the same up to names.
[[nodiscard]] bool is_canonical(std::uint64_t scenario, std::uint32_t rounds);
/// How many scenarios are left up to names, by Burnside's lemma.
[[nodiscard]] std::uint64_t distinct_scenarios(std::uint32_t rounds);
/// Runs one. @return what went wrong, or nothing. @param early  set if a block was final before the
/// links were mended.
[[nodiscard]] std::string run_twins_scenario(Rule rule, std::uint64_t scenario,
                                             std::uint32_t rounds, Chart* chart, bool& early);
[[nodiscard]] TwinsReport run_twins(const TwinsOptions& options);

}  // namespace ol::sim::cluster
