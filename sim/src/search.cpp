#include <ol/sim/search.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace ol::sim {
namespace {

void add(SearchReport& total, const RunReport& run, std::uint64_t seed) {
  ++total.seeds;
  total.views += run.views;
  total.blocks += run.height;
  total.events += run.events;
  total.faults += run.faults;
  total.evidence += run.evidence;
  total.recovery_max_ms = std::max(total.recovery_max_ms, run.recovery_ms);
  if (!run.ok()) total.failures.push_back({seed, run.violation});
}

}  // namespace

SearchReport search(const RunOptions& options, SeedRange range, std::uint32_t jobs,
                    std::ostream* progress, const Runner& runner) {
  SearchReport total;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{range.first};
  const auto work = [&] {
    for (std::uint64_t seed = next++; seed <= range.last; seed = next++) {
      RunOptions one = options;
      one.seed = seed;
      one.log = nullptr;
      const RunReport run = runner.run(one);
      const std::lock_guard lock(mutex);
      add(total, run, seed);
      if (!run.ok() && progress != nullptr) {
        *progress << fmt::format("seed {}: {}\n  replay: {}\n", seed, run.violation,
                                 runner.replay(one));
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t i = 1; i < std::max(jobs, 1U); ++i)
    threads.emplace_back(work);
  work();
  for (std::thread& thread : threads)
    thread.join();
  std::sort(total.failures.begin(), total.failures.end(),
            [](const Failure& a, const Failure& b) { return a.seed < b.seed; });
  return total;
}

std::string summary(const SearchReport& found, const RunOptions& options, double cpu_seconds,
                    const Runner& runner) {
  std::string out = fmt::format(
      "{}\n{} views, {} blocks, {} events, {} pieces of evidence; slowest recovery {} ms; {:.1f} s "
      "of CPU, {:.0f} seeds per CPU-minute\n",
      found.faults.text(), found.views, found.blocks, found.events, found.evidence,
      found.recovery_max_ms, cpu_seconds,
      cpu_seconds > 0 ? 60.0 * static_cast<double>(found.seeds) / cpu_seconds : 0.0);
  if (!found.failures.empty()) {
    RunOptions first = options;
    first.seed = found.failures.front().seed;
    out += "replay the first: " + runner.replay(first) + "\n";
  }
  return out + fmt::format("{} seeds, {} violations: {}\n", found.seeds, found.failures.size(),
                           found.failures.empty() ? "every check held" : "FAILED");
}

}  // namespace ol::sim
