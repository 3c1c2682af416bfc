#include <algorithm>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <ol/exchange/olb.hpp>

// dex.md 22: the reference benchmark. A run is valid only if the fills are those of the generator.

namespace ol::exchange {
namespace {

constexpr std::uint32_t kOps = 1'000'000;

const OlbWorkload& workload(std::int64_t variant) {
  static std::vector<OlbWorkload> all(3);
  OlbWorkload& out = all[static_cast<std::size_t>(variant)];
  if (out.ops.empty()) out = make_olb(static_cast<OlbVariant>(variant), kOps);
  return out;
}

// `run(book, ops, fills)` is what is timed.
template <typename AnyBook, typename Run>
void timed(benchmark::State& state, Run run) {
  const OlbWorkload& work = workload(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    AnyBook book;
    OlbFills fills;
    for (const OlbOp& op : work.warm_up)
      apply(book, op, fills);
    state.ResumeTiming();
    run(book, work.ops, fills);
    state.PauseTiming();
    if (fills != work.expected) state.SkipWithError("fills differ");
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kOps);
  state.counters["fills"] = static_cast<double>(work.expected.count());
}

template <typename AnyBook>
void Olb(benchmark::State& state) {
  timed<AnyBook>(state, [](AnyBook& book, const std::vector<OlbOp>& ops, OlbFills& fills) {
    for (const OlbOp& op : ops)
      apply(book, op, fills);
  });
}

// The operations of a block, which is known before it runs.
void OlbBlock(benchmark::State& state) {
  timed<BareBook>(state, apply_all);
}

// Latency of single operations in cycles of the time-stamp counter, the counter's own cost taken
// off.
template <typename AnyBook>
void OlbLatency(benchmark::State& state) {
  const OlbWorkload& work = workload(state.range(0));
  std::vector<std::uint64_t> cycles;
  for (auto _ : state) {
    AnyBook book;
    OlbFills fills;
    for (const OlbOp& op : work.warm_up)
      apply(book, op, fills);
    std::uint64_t overhead = ~std::uint64_t{0};
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t start = __rdtsc();
      overhead = std::min<std::uint64_t>(overhead, __rdtsc() - start);
    }
    cycles.clear();
    cycles.reserve(kOps);
    for (const OlbOp& op : work.ops) {
      const std::uint64_t start = __rdtsc();
      apply(book, op, fills);
      cycles.push_back(__rdtsc() - start - overhead);
    }
  }
  std::ranges::sort(cycles);
  const auto at = [&](double share) {
    return static_cast<double>(
        cycles[static_cast<std::size_t>(share * static_cast<double>(kOps - 1))]);
  };
  state.counters["p50_cycles"] = at(0.5);
  state.counters["p99_cycles"] = at(0.99);
  state.counters["p99.9_cycles"] = at(0.999);
}

BENCHMARK(Olb<BareBook>)
    ->DenseRange(0, 2)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(OlbBlock)->DenseRange(0, 2)->Iterations(1)->Repetitions(5)->Unit(benchmark::kMillisecond);
BENCHMARK(Olb<PlainBook>)->DenseRange(0, 2)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(OlbLatency<BareBook>)->DenseRange(0, 2)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(OlbLatency<PlainBook>)->DenseRange(0, 2)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::exchange
