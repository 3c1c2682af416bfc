#include <benchmark/benchmark.h>

#include <ol/crypto/bls.hpp>
#include <ol/crypto/dkg.hpp>
#include <ol/crypto/threshold.hpp>

namespace ol::crypto {
namespace {

const Bytes kMessage(32, 0x11);

SecretBytes<32> seed(std::size_t number) {
  SecretBytes<32> out;
  out.span()[0] = static_cast<std::uint8_t>(number);
  out.span()[1] = static_cast<std::uint8_t>(number >> 8);
  return out;
}

BlsSecretKey key(std::size_t number) {
  return std::move(*BlsSecretKey::key_gen(seed(number).view()));
}

void bls_sign(benchmark::State& state) {
  const auto secret = key(1);
  for (auto _ : state)
    benchmark::DoNotOptimize(secret.sign(kMessage));
}
BENCHMARK(bls_sign);

void bls_verify(benchmark::State& state) {
  const auto secret = key(1);
  const auto public_key = secret.public_key();
  const auto signature = secret.sign(kMessage);
  for (auto _ : state)
    benchmark::DoNotOptimize(verify(public_key, kMessage, signature));
}
BENCHMARK(bls_verify);

void bls_decode_signature(benchmark::State& state) {
  const auto bytes = key(1).sign(kMessage).to_bytes();
  for (auto _ : state)
    benchmark::DoNotOptimize(BlsSignature::from_bytes(bytes));
}
BENCHMARK(bls_decode_signature);

void bls_decode_public_key(benchmark::State& state) {
  const auto bytes = key(1).public_key().to_bytes();
  for (auto _ : state)
    benchmark::DoNotOptimize(BlsPublicKey::from_bytes(bytes));
}
BENCHMARK(bls_decode_public_key);

void bls_aggregate_signatures(benchmark::State& state) {
  std::vector<BlsSignature> signatures;
  for (int i = 0; i < state.range(0); ++i) {
    signatures.push_back(key(static_cast<std::size_t>(i) + 1).sign(kMessage));
  }
  for (auto _ : state)
    benchmark::DoNotOptimize(aggregate(signatures));
}
BENCHMARK(bls_aggregate_signatures)->Arg(3)->Arg(67);

void bls_fast_aggregate_verify(benchmark::State& state) {
  std::vector<BlsSignature> signatures;
  std::vector<BlsPublicKey> keys;
  for (int i = 0; i < state.range(0); ++i) {
    const auto secret = key(static_cast<std::size_t>(i) + 1);
    signatures.push_back(secret.sign(kMessage));
    keys.push_back(secret.public_key());
  }
  const auto sum = *aggregate(signatures);
  for (auto _ : state)
    benchmark::DoNotOptimize(fast_aggregate_verify(keys, kMessage, sum));
}
BENCHMARK(bls_fast_aggregate_verify)->Arg(4)->Arg(100);

// The last `quorum` of `holders`: the set with the largest weights.
std::vector<PartialSignature> partials(ThresholdParams params) {
  const auto dealt = deal_key(params, seed(1));
  std::vector<PartialSignature> out;
  const auto first = static_cast<std::uint16_t>(params.holders - params.quorum);
  for (std::uint16_t i = first; i < params.holders; ++i) {
    out.push_back({ShareIndex(i), dealt->shares[i].sign(kMessage)});
  }
  return out;
}

ThresholdParams params_of(const benchmark::State& state) {
  return {static_cast<std::uint16_t>(state.range(0)), static_cast<std::uint16_t>(state.range(1))};
}

void threshold_combine(benchmark::State& state) {
  const auto all = partials(params_of(state));
  for (auto _ : state)
    benchmark::DoNotOptimize(combine(params_of(state), all));
}
BENCHMARK(threshold_combine)->Args({3, 4})->Args({5, 7})->Args({7, 10})->Args({67, 100});

void threshold_combine_cached(benchmark::State& state) {
  const auto all = partials(params_of(state));
  ThresholdCombiner combiner(params_of(state));
  for (auto _ : state)
    benchmark::DoNotOptimize(combiner.combine(all));
}
BENCHMARK(threshold_combine_cached)->Args({3, 4})->Args({5, 7})->Args({7, 10})->Args({67, 100});

void threshold_share_keys(benchmark::State& state) {
  const auto dealt = deal_key(params_of(state), seed(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(dealt->vector.share_keys(params_of(state).holders));
  }
}
BENCHMARK(threshold_share_keys)->Args({3, 4})->Args({67, 100})->Unit(benchmark::kMillisecond);

// One member's work in the ceremony's costliest round: checking every dealer.
void dkg_complaints_round(benchmark::State& state) {
  DkgCeremony ceremony{"bench", params_of(state), {}};
  std::vector<DkgSecret> secrets;
  for (std::uint16_t i = 0; i < ceremony.params.holders; ++i) {
    secrets.emplace_back(seed(i + 1u));
    ceremony.members.push_back(secrets.back().member());
  }
  DkgTranscript transcript(ceremony);
  for (const auto& secret : secrets) {
    const auto message = *transcript.message(DkgRound::Deal, secret);
    if (!transcript.add(message)) return state.SkipWithError("honest deals are accepted");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(transcript.message(DkgRound::Complaints, secrets[0]));
  }
}
BENCHMARK(dkg_complaints_round)->Args({3, 4})->Args({15, 21})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::crypto
