#include <ol/sim/cluster/twins.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <ol/sim/cluster/chaos.hpp>

namespace ol::sim::cluster {
namespace {

constexpr std::uint32_t kMachines = 5;
constexpr std::uint32_t kHonest = 3;
constexpr std::uint32_t kSides = 16;
constexpr std::uint64_t kHoldUs = 600'000;
constexpr std::uint64_t kRoundUs = 3'000'000;

using Renaming = std::array<std::uint32_t, kMachines>;

/// The three honest validators in any order, the twins in either.
std::vector<Renaming> renamings() {
  std::vector<Renaming> out;
  std::array<std::uint32_t, kHonest> honest{0, 1, 2};
  do {
    out.push_back({honest[0], honest[1], honest[2], 3, 4});
    out.push_back({honest[0], honest[1], honest[2], 4, 3});
  } while (std::next_permutation(honest.begin(), honest.end()));
  return out;
}

// Sides as a mask of machines, machine 0 always on side 0: of two masks that say the same, one.
std::uint64_t renamed(std::uint64_t choice, const Renaming& names) {
  const std::uint64_t leader = choice / kSides;
  const std::uint64_t mask = choice % kSides << 1U;
  std::uint64_t out = 0;
  for (std::uint32_t machine = 0; machine < kMachines; ++machine) {
    if ((mask >> machine & 1U) != 0) out |= std::uint64_t{1} << names[machine];
  }
  if ((out & 1U) != 0) out = ~out & ((std::uint64_t{1} << kMachines) - 1);
  // Both twins lead together, whatever they are called.
  const std::uint64_t new_leader = leader < kHonest ? names[leader] : leader;
  return new_leader * kSides + (out >> 1U);
}

using Table = std::array<std::uint64_t, kTwinsChoices>;

const std::vector<Table>& tables() {
  static const std::vector<Table> made = [] {
    std::vector<Table> out;
    for (const Renaming& names : renamings()) {
      Table table{};
      for (std::uint64_t choice = 0; choice < kTwinsChoices; ++choice)
        table[choice] = renamed(choice, names);
      out.push_back(table);
    }
    return out;
  }();
  return made;
}

// The first round is the lowest digit.
std::uint64_t choice_of(std::uint64_t scenario, std::uint32_t round) {
  return scenario >> (6U * round) & (kTwinsChoices - 1);
}

std::uint64_t power(std::uint64_t base, std::uint32_t exponent) {
  std::uint64_t out = 1;
  for (std::uint32_t i = 0; i < exponent; ++i)
    out *= base;
  return out;
}

}  // namespace

bool is_canonical(std::uint64_t scenario, std::uint32_t rounds) {
  return std::all_of(tables().begin(), tables().end(), [&](const Table& table) {
    for (std::uint32_t round = 0; round < rounds; ++round) {
      const std::uint64_t choice = choice_of(scenario, round);
      if (table[choice] != choice) return choice < table[choice];
    }
    return true;
  });
}

std::uint64_t distinct_scenarios(std::uint32_t rounds) {
  std::uint64_t sum = 0;
  for (const Table& table : tables()) {
    std::uint64_t fixed = 0;
    for (std::uint64_t choice = 0; choice < kTwinsChoices; ++choice)
      fixed += table[choice] == choice ? 1 : 0;
    sum += power(fixed, rounds);
  }
  return sum / tables().size();
}

std::string run_twins_scenario(Rule rule, std::uint64_t scenario, std::uint32_t rounds,
                               Chart* chart, bool& early) {
  const ValidatorIndex twin(kHonest);
  Cluster cluster({.rule = rule, .validators = kHonest + 1, .byzantine = {twin}, .twins = {twin}},
                  Random(scenario), chart);
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const std::uint64_t choice = choice_of(scenario, round);
    const View view(round + 1);
    cluster.leaders.choose(view, ValidatorIndex(static_cast<std::uint32_t>(choice / kSides)));
    std::vector<std::uint8_t> sides(kMachines);
    for (std::uint32_t machine = 1; machine < kMachines; ++machine)
      sides[machine] = static_cast<std::uint8_t>(choice % kSides >> (machine - 1) & 1U);
    cluster.split_view(view, std::move(sides), kHoldUs);
  }
  cluster.start_all();
  cluster.run_until(rounds * kRoundUs, [&] { return cluster.highest_view() > View(rounds); });
  early = cluster.checker.height() > Height(0);
  if (!cluster.checker.violation()) (void)recover(cluster);
  cluster.checker.finish();
  return cluster.checker.violation().value_or("");
}

TwinsReport run_twins(const TwinsOptions& options) {
  TwinsReport report;
  report.all = power(kTwinsChoices, options.rounds);
  report.distinct = distinct_scenarios(options.rounds);
  std::mutex mutex;
  std::atomic<std::uint64_t> next{options.sample ? 0 : options.first};
  const std::uint64_t end =
      options.sample.value_or(options.last < report.all ? options.last + 1 : report.all);
  const auto work = [&] {
    for (std::uint64_t i = next++; i < end; i = next++) {
      std::uint64_t scenario = i;
      if (options.sample) {
        Random random(options.seed * 0x9e3779b97f4a7c15ULL + i);
        scenario = random.below(report.all);
      } else if (!is_canonical(scenario, options.rounds)) {
        continue;
      }
      bool early = false;
      const std::string violation =
          run_twins_scenario(options.rule, scenario, options.rounds, nullptr, early);
      const std::lock_guard lock(mutex);
      ++report.run;
      report.committed += early ? 1 : 0;
      if (!violation.empty()) report.failures.push_back({scenario, violation});
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t i = 1; i < options.jobs; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread& thread : threads)
    thread.join();
  std::sort(report.failures.begin(), report.failures.end(),
            [](const auto& a, const auto& b) { return a.scenario < b.scenario; });
  return report;
}

}  // namespace ol::sim::cluster
