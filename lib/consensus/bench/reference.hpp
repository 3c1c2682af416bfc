#pragma once

#include <benchmark/benchmark.h>

#include <string>

namespace ol::consensus::bench {

/// Processor time of this thread in seconds: what else runs on the machine does not count.
[[nodiscard]] double cpu_seconds();

/// Runs the benchmark's loop and says, beside the time, how many times the reference it took, with
/// the reference measured in the same process: figures of different machines compare by this ratio.
/// @param seconds  What the reference takes, see below.
template <typename Body>
void run_against(benchmark::State& state, const std::string& name, double seconds, Body body) {
  const double start = cpu_seconds();
  for (auto _ : state)
    body();
  const double elapsed = cpu_seconds() - start;
  state.counters[name] = elapsed / static_cast<double>(state.iterations()) / seconds;
}

/// Seconds that one of each takes: a BLS12-381 check of one signature by one key (two pairings), a
/// BLS signature, an Ed25519 check, SHA-256 of 1 KiB. Measured when first asked for.
struct Reference {
  double pairing;
  double bls_sign;
  double ed25519_verify;
  double sha256_1k;
};
[[nodiscard]] const Reference& reference();

}  // namespace ol::consensus::bench
