#include <ol/base/rlp.hpp>

#include <benchmark/benchmark.h>

namespace ol {
namespace {

/// The shape of a signed type-2 transfer, 9 fields and a signature.
void write_transfer(RlpWriter& w) {
  w.begin_list().u64(7777).u64(12).u64(1'000'000'000).u64(2'000'000'000).u64(21'000);
  w.fixed(FixedBytes<20, struct BenchTag>{{1, 2, 3}}).u256(U256{1} << 60).string({});
  w.begin_list().end_list().u64(1).u256(U256::max()).u256(U256::max() >> 3).end_list();
}

void EncodeTransfer(benchmark::State& state) {
  for (auto _ : state) {
    RlpWriter w;
    write_transfer(w);
    benchmark::DoNotOptimize(w.bytes().data());
  }
}
BENCHMARK(EncodeTransfer);

void DecodeTransfer(benchmark::State& state) {
  RlpWriter w;
  write_transfer(w);
  const Bytes bytes = w.take();
  for (auto _ : state) {
    RlpReader outer(bytes);
    RlpReader in = *outer.list();
    std::uint64_t sum = 0;
    for (int i = 0; i < 5; ++i)
      sum += *in.u64();
    benchmark::DoNotOptimize(sum);
    benchmark::DoNotOptimize(in.string());
    benchmark::DoNotOptimize(in.u256());
    benchmark::DoNotOptimize(in.string());
    benchmark::DoNotOptimize(in.list());
    benchmark::DoNotOptimize(in.u64());
    benchmark::DoNotOptimize(in.u256());
    benchmark::DoNotOptimize(in.u256());
    benchmark::DoNotOptimize(in.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(DecodeTransfer);

/// A block's worth: a list of 1,000 transfers.
void CheckBlock(benchmark::State& state) {
  RlpWriter w;
  w.begin_list();
  for (int i = 0; i < 1000; ++i)
    write_transfer(w);
  w.end_list();
  const Bytes bytes = w.take();
  for (auto _ : state)
    benchmark::DoNotOptimize(rlp_check(bytes));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(CheckBlock);

}  // namespace
}  // namespace ol
