#include <benchmark/benchmark.h>

#include <ol/crypto/ed25519.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/crypto/vrf.hpp>
#include <ol/crypto/x25519.hpp>

namespace ol::crypto {
namespace {

void secp256k1_sign(benchmark::State& state) {
  const auto key = Secp256k1SecretKey::generate();
  const Hash256 digest = keccak256({});
  for (auto _ : state)
    benchmark::DoNotOptimize(sign_recoverable(key, digest));
}
BENCHMARK(secp256k1_sign);

void secp256k1_recover_address(benchmark::State& state) {
  const Hash256 digest = keccak256({});
  const auto signature = sign_recoverable(Secp256k1SecretKey::generate(), digest);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ethereum_address(recover(digest, signature).value()));
  }
}
BENCHMARK(secp256k1_recover_address);

void ed25519_sign(benchmark::State& state) {
  const auto key = Ed25519SecretKey::generate();
  const Bytes message(32, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(key.sign(message));
}
BENCHMARK(ed25519_sign);

void ed25519_verify(benchmark::State& state) {
  const auto key = Ed25519SecretKey::generate();
  const Bytes message(32, 1);
  const auto signature = key.sign(message);
  const auto public_key = key.public_key();
  for (auto _ : state)
    benchmark::DoNotOptimize(verify(public_key, message, signature));
}
BENCHMARK(ed25519_verify);

void ecvrf_prove(benchmark::State& state) {
  const auto key = Ed25519SecretKey::generate();
  const Bytes alpha(40, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(vrf_prove(key, alpha));
}
BENCHMARK(ecvrf_prove);

void ecvrf_verify(benchmark::State& state) {
  const auto key = Ed25519SecretKey::generate();
  const Bytes alpha(40, 1);
  const auto proof = vrf_prove(key, alpha);
  const auto public_key = key.public_key();
  for (auto _ : state)
    benchmark::DoNotOptimize(vrf_verify(public_key, alpha, proof));
}
BENCHMARK(ecvrf_verify);

void x25519_shared_secret(benchmark::State& state) {
  const auto pair = X25519KeyPair::generate();
  const auto peer = X25519KeyPair::generate().public_key();
  for (auto _ : state)
    benchmark::DoNotOptimize(pair.shared_secret(peer));
}
BENCHMARK(x25519_shared_secret);

void x25519_generate(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(X25519KeyPair::generate());
}
BENCHMARK(x25519_generate);

}  // namespace
}  // namespace ol::crypto
