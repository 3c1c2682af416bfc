#include "reference.hpp"

#include <algorithm>
#include <ctime>

#include <ol/base/check.hpp>
#include <ol/crypto/bls.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::consensus::bench {
namespace {

const Bytes kMessage(32, 0x11);
const Bytes kKilobyte(1024, 0x22);

const crypto::BlsSecretKey& bls_key() {
  static const auto key = *crypto::BlsSecretKey::key_gen(Bytes(32, 1));
  return key;
}

// The quickest of some rounds: caches shared with other programs only ever add.
template <typename Body>
double seconds_of(int rounds, int repeats, Body body) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < repeats; ++i)
      body();
    best = std::min(best, (cpu_seconds() - start) / repeats);
  }
  return best;
}

Reference measure() {
  const auto public_key = bls_key().public_key();
  const auto signature = bls_key().sign(kMessage);
  const auto link_key = *crypto::Ed25519SecretKey::from_bytes(Bytes(32, 3));
  const auto link_public = link_key.public_key();
  const auto link_signature = link_key.sign(kMessage);
  return {
      .pairing = seconds_of(
          10, 10,
          [&] { benchmark::DoNotOptimize(crypto::verify(public_key, kMessage, signature)); }),
      .bls_sign = seconds_of(10, 50, [&] { benchmark::DoNotOptimize(bls_key().sign(kMessage)); }),
      .ed25519_verify = seconds_of(
          10, 100,
          [&] { benchmark::DoNotOptimize(crypto::verify(link_public, kMessage, link_signature)); }),
      .sha256_1k =
          seconds_of(10, 1000, [&] { benchmark::DoNotOptimize(crypto::sha256(kKilobyte)); })};
}

// Printed with the others, so that a listing explains its own ratios.
void reference_bls_verify(benchmark::State& state) {
  const auto public_key = bls_key().public_key();
  const auto signature = bls_key().sign(kMessage);
  run_against(state, "x_pairing", reference().pairing,
              [&] { benchmark::DoNotOptimize(crypto::verify(public_key, kMessage, signature)); });
}
BENCHMARK(reference_bls_verify)->Unit(benchmark::kMicrosecond);

void reference_sha256_1k(benchmark::State& state) {
  run_against(state, "x_sha256", reference().sha256_1k,
              [&] { benchmark::DoNotOptimize(crypto::sha256(kKilobyte)); });
}
BENCHMARK(reference_sha256_1k)->Unit(benchmark::kMicrosecond);

}  // namespace

double cpu_seconds() {
  timespec now{};
  OL_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "every thread has a processor clock");
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

const Reference& reference() {
  static const Reference measured = measure();
  return measured;
}

}  // namespace ol::consensus::bench
