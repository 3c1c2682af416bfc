#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <ol/crypto/hash.hpp>
#include <ol/crypto/keccak_many.hpp>

namespace ol::crypto {
namespace {

template <Hash256 (*Function)(ByteView)>
void hash_bytes(benchmark::State& state) {
  const Bytes data(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state)
    benchmark::DoNotOptimize(Function(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// What blst's SHA-256 is compared with: OpenSSL with everything kept between calls.
Hash256 openssl_sha256(ByteView data) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static EVP_MD_CTX* const context = EVP_MD_CTX_new();
  Hash256 out;
  EVP_DigestInit_ex2(context, algorithm, nullptr);
  EVP_DigestUpdate(context, data.data(), data.size());
  EVP_DigestFinal_ex(context, out.bytes.data(), nullptr);
  return out;
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(32)->Arg(256)->Arg(1024)->Arg(16384)->Arg(1 << 20);
}

BENCHMARK(hash_bytes<blake3>)->Name("blake3")->Apply(sizes);
BENCHMARK(hash_bytes<sha256>)->Name("sha256")->Apply(sizes);
BENCHMARK(hash_bytes<openssl_sha256>)->Name("sha256_openssl")->Apply(sizes);
BENCHMARK(hash_bytes<keccak256>)->Name("keccak256")->Apply(sizes);

/// 64 messages of `range(0)` bytes at once; the time is that of all.
void keccak256_of_64(benchmark::State& state) {
  const std::vector<Bytes> data(64, Bytes(static_cast<std::size_t>(state.range(0)), 0x5a));
  const std::vector<ByteView> messages(data.begin(), data.end());
  std::vector<Hash256> out(messages.size());
  for (auto _ : state) {
    keccak256_many(messages, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 64);
}
BENCHMARK(keccak256_of_64)->Arg(32)->Arg(110)->Arg(532)->Arg(1024);

}  // namespace
}  // namespace ol::crypto
