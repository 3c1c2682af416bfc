#include <benchmark/benchmark.h>
#include <sodium.h>

#include <ol/crypto/aead.hpp>

namespace ol::crypto {
namespace {

void aead_seal(benchmark::State& state) {
  AeadSealer sealer(AeadKey::random());
  Bytes text(static_cast<std::size_t>(state.range(0)));
  std::array<std::uint8_t, kAeadTagBytes> tag{};
  std::uint64_t counter = 0;
  for (auto _ : state)
    sealer.seal(noise_nonce(counter++), {}, text, tag);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aead_seal)->Arg(64)->Arg(1024)->Arg(65536);

void aead_open(benchmark::State& state) {
  const auto key = AeadKey::random();
  AeadSealer sealer(key);
  AeadOpener opener(key);
  Bytes sealed(static_cast<std::size_t>(state.range(0)));
  std::array<std::uint8_t, kAeadTagBytes> tag{};
  sealer.seal(AeadNonce{}, {}, sealed, tag);
  Bytes text;
  for (auto _ : state) {
    text = sealed;
    benchmark::DoNotOptimize(opener.open(AeadNonce{}, {}, text, tag));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aead_open)->Arg(64)->Arg(1024)->Arg(65536);

// What OpenSSL's is compared with.
void aead_seal_sodium(benchmark::State& state) {
  const auto key = AeadKey::random();
  Bytes text(static_cast<std::size_t>(state.range(0)));
  std::array<std::uint8_t, kAeadTagBytes> tag{};
  std::uint64_t counter = 0;
  for (auto _ : state) {
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        text.data(), tag.data(), nullptr, text.data(), text.size(), nullptr, 0, nullptr,
        noise_nonce(counter++).data(), key.view().data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aead_seal_sodium)->Arg(64)->Arg(1024)->Arg(65536);

void noise_hkdf_step(benchmark::State& state) {
  const Bytes key(32, 1);
  const Bytes material(32, 2);
  for (auto _ : state)
    benchmark::DoNotOptimize(noise_hkdf(key, material));
}
BENCHMARK(noise_hkdf_step);

}  // namespace
}  // namespace ol::crypto
