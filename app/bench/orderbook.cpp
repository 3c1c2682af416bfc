#include "bench/orderbook.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <x86intrin.h>

#include <ol/exchange/olb.hpp>

#include "bench/machine.hpp"

namespace ol::app::bench {
namespace {

using exchange::OlbFills;
using exchange::OlbOp;
using exchange::OlbWorkload;

exchange::OlbVariant variant_of(const std::string& workload) {
  if (workload == "W1") return exchange::OlbVariant::W1;
  return workload == "W2" ? exchange::OlbVariant::W2 : exchange::OlbVariant::W3;
}

/// Cycles of the time-stamp counter in a nanosecond, and what reading it costs.
struct CycleClock {
  double cycles_per_ns = 0;
  std::uint64_t overhead = ~std::uint64_t{0};

  CycleClock() {
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t start = __rdtsc();
      overhead = std::min<std::uint64_t>(overhead, __rdtsc() - start);
    }
    const auto begin = Clock::now();
    const std::uint64_t start = __rdtsc();
    while (seconds_between(begin, Clock::now()) < 0.02) {
    }
    const double ns = seconds_between(begin, Clock::now()) * 1e9;
    cycles_per_ns = static_cast<double>(__rdtsc() - start) / ns;
  }
};

struct Result {
  std::vector<double> ops_per_s;  // of each round, ascending
  // Of each operation of one more round, ascending; none where they do not run one at a time.
  std::vector<std::uint64_t> cycles;
  bool valid = true;

  [[nodiscard]] double best() const { return ops_per_s.back(); }
  [[nodiscard]] double median() const { return ops_per_s[ops_per_s.size() / 2]; }
  [[nodiscard]] double at_ns(double share, const CycleClock& clock) const {
    const auto i = static_cast<std::size_t>(share * static_cast<double>(cycles.size() - 1));
    return static_cast<double>(cycles[i]) / clock.cycles_per_ns;
  }
};

template <typename Book, typename Each>
bool run_round(const OlbWorkload& work, Each each) {
  Book book;
  OlbFills fills;
  for (const OlbOp& op : work.warm_up)
    apply(book, op, fills);
  each(book, fills);
  return fills == work.expected;
}

/// `run(book, fills)` runs the timed operations.
template <typename Book, typename Run>
Result measure_rounds(const OlbWorkload& work, std::uint32_t rounds, Run run) {
  Result out;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    out.valid &= run_round<Book>(work, [&](Book& book, OlbFills& fills) {
      const double begin = thread_cpu_s();
      run(book, fills);
      out.ops_per_s.push_back(static_cast<double>(work.ops.size()) / (thread_cpu_s() - begin));
    });
  }
  std::ranges::sort(out.ops_per_s);
  return out;
}

/// One operation at a time.
template <typename Book>
Result measure(const OlbWorkload& work, std::uint32_t rounds, const CycleClock& clock) {
  Result out = measure_rounds<Book>(work, rounds, [&](Book& book, OlbFills& fills) {
    for (const OlbOp& op : work.ops)
      apply(book, op, fills);
  });
  out.cycles.reserve(work.ops.size());
  out.valid &= run_round<Book>(work, [&](Book& book, OlbFills& fills) {
    for (const OlbOp& op : work.ops) {
      const std::uint64_t start = __rdtsc();
      apply(book, op, fills);
      const std::uint64_t spent = __rdtsc() - start;
      out.cycles.push_back(spent - std::min(spent, clock.overhead));
    }
  });
  std::ranges::sort(out.cycles);
  return out;
}

/// As a block brings them: known before they run.
Result measure_block(const OlbWorkload& work, std::uint32_t rounds) {
  using exchange::BareBook;
  return measure_rounds<BareBook>(
      work, rounds, [&](BareBook& book, OlbFills& fills) { apply_all(book, work.ops, fills); });
}

void add(Report& report, const std::string& key, const std::string& name, const Result& result,
         const CycleClock& clock) {
  report.section(name);
  const std::string rounds = fmt::format("of {} rounds", result.ops_per_s.size());
  report.number(key + "_best_mops", "best " + rounds, result.best() / 1e6, "M ops/s", 2);
  report.number(key + "_median_mops", "median " + rounds, result.median() / 1e6, "M ops/s", 2);
  if (!result.cycles.empty()) {
    report.number(key + "_p50_ns", "one operation, p50", result.at_ns(0.5, clock), "ns");
    report.number(key + "_p99_ns", "one operation, p99", result.at_ns(0.99, clock), "ns");
    report.number(key + "_p999_ns", "one operation, p99.9", result.at_ns(0.999, clock), "ns");
  }
  if (!result.valid) report.failure(name + " made other fills than the generator");
}

}  // namespace

Report bench_orderbook(const OrderbookOptions& options) {
  const OlbWorkload work = make_olb(variant_of(options.workload), options.ops);
  const CycleClock clock;
  const Result block = measure_block(work, options.rounds);
  const Result single = measure<exchange::BareBook>(work, options.rounds, clock);
  const Result plain = measure<exchange::PlainBook>(work, options.rounds, clock);
  Report report(fmt::format("order book, workload {}, {} operations, processor time",
                            options.workload, options.ops));
  report.number("fills", "fills", static_cast<double>(work.expected.count()), "");
  report.sentence(fmt::format("fill hash {:016x}", work.expected.hash()));
  add(report, "ours", "our book, operations as a block brings them", block, clock);
  add(report, "single", "our book, one operation at a time", single, clock);
  add(report, "plain", "sorted map of lists", plain, clock);
  report.section("ratio");
  report.number("ratio", "median of a block to the map's", block.median() / plain.median(), "times",
                2);
  report.number("single_ratio", "median one at a time to the map's",
                single.median() / plain.median(), "times", 2);
  return report;
}

}  // namespace ol::app::bench
