// Every kind of precompiled contract, in time and in gas per second. Counters: `Mgas/s` at Prague's
// prices (P-256: Osaka's) and, where evmone's figure is known, `times_reference`: how many times as
// fast as evmone, scaled by the speed of SHA-256 measured when the program starts (1.0 GB/s on the
// machine of those figures).

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include <openssl/evp.h>

#include <ol/base/hex.hpp>
#include <ol/base/u256.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "../test/vectors.hpp"

namespace ol::evm::precompiles {
namespace {

/// Time this thread has computed: what else runs on the machine does not count.
double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Bytes per second of OpenSSL's SHA-256 over 16 KiB messages.
double sha256_speed() {
  static const double speed = [] {
    const Bytes message(16384, 0x5a);
    std::array<std::uint8_t, 32> digest;
    const double start = cpu_seconds();
    double seconds = 0;
    double bytes = 0;
    while (seconds < 0.5) {
      for (int i = 0; i < 64; ++i) {
        EVP_Digest(message.data(), message.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
        bytes += 16384;
      }
      seconds = cpu_seconds() - start;
    }
    return bytes / seconds;
  }();
  return speed;
}

/// The reference machine's time on this one, as SHA-256 tells.
double reference_seconds(double reference_us) {
  return reference_us * 1e-6 * 1.0e9 / sha256_speed();
}

/// Runs the contract; `reference_us` is the reference machine's time, or 0 if there is none.
void measure(benchmark::State& state, unsigned address, const Bytes& input, double reference_us) {
  const double reference = reference_seconds(reference_us);
  const Revision revision = address == 0x100 ? Revision::Osaka : Revision::Prague;
  const Precompile contract = find_precompile(address_of(address), revision);
  const PrecompileResult first = contract(input, kPlenty, revision);
  if (!first.success) state.SkipWithError("the contract failed");
  const double start = cpu_seconds();
  for (auto _ : state)
    benchmark::DoNotOptimize(contract(input, kPlenty, revision));
  const double seconds = (cpu_seconds() - start) / static_cast<double>(state.iterations());
  const double gas = static_cast<double>(kPlenty - first.gas_left);
  state.counters["Mgas/s"] = gas / seconds / 1e6;
  if (reference_us > 0) state.counters["times_reference"] = reference / seconds;
}

U256 number(std::string_view digits) {
  return U256::from_hex("0x" + std::string(digits)).value();
}

void append_word(Bytes& out, const U256& value) {
  append(out, value.to_big_endian());
}

/// Bytes of no pattern, the same in every run.
Bytes noise(std::size_t size) {
  Bytes out;
  Hash256 block = crypto::keccak256({});
  while (out.size() < size) {
    append(out, block.view());
    block = crypto::keccak256(block.view());
  }
  out.resize(size);
  return out;
}

void sha256_16KiB_openssl(benchmark::State& state) {
  const Bytes message(16384, 0x5a);
  std::array<std::uint8_t, 32> digest;
  for (auto _ : state)
    EVP_Digest(message.data(), message.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  state.SetBytesProcessed(state.iterations() * 16384);
}
BENCHMARK(sha256_16KiB_openssl);

/// What KECCAK256 runs, of 32 bytes and of 64 KiB. The reference: 0.290 us; 480 MB/s.
void keccak256_of(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const double reference = reference_seconds(size == 32 ? 0.290 : 65536 / 480.0);
  const Bytes message(size, 0x5a);
  const double start = cpu_seconds();
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::keccak256(message));
  const double seconds = (cpu_seconds() - start) / static_cast<double>(state.iterations());
  state.counters["times_reference"] = reference / seconds;
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(keccak256_of)->Arg(32)->Arg(65536);

void ecrecover_call(benchmark::State& state) {
  const auto key = crypto::Secp256k1SecretKey::from_bytes(Bytes(32, 7)).value();
  const Hash256 digest = crypto::keccak256(noise(32));
  const auto signature = crypto::sign_recoverable(key, digest);
  Bytes input = to_bytes(digest.view());
  append_word(input, U256{27u + signature.recovery_id});
  append(input, signature.r);
  append(input, signature.s);
  measure(state, 0x01, input, 48.8);
}
BENCHMARK(ecrecover_call);

void sha256_call(benchmark::State& state) {
  measure(state, 0x02, noise(static_cast<std::size_t>(state.range(0))), 0);
}
BENCHMARK(sha256_call)->Arg(0)->Arg(32)->Arg(4096);

void ripemd160_call(benchmark::State& state) {
  measure(state, 0x03, noise(static_cast<std::size_t>(state.range(0))), 0);
}
BENCHMARK(ripemd160_call)->Arg(0)->Arg(32)->Arg(4096);

void identity_call(benchmark::State& state) {
  measure(state, 0x04, noise(static_cast<std::size_t>(state.range(0))), 0);
}
BENCHMARK(identity_call)->Arg(0)->Arg(32)->Arg(4096);

/// Operands of `size` bytes, the modulus odd or a multiple of 2^64.
Bytes modexp_input(std::size_t size, std::size_t exponent_size, bool odd) {
  Bytes input;
  append_word(input, size);
  append_word(input, exponent_size);
  append_word(input, size);
  const std::size_t header = input.size();
  append(input, noise(2 * size + exponent_size));
  input[header] |= 0x80;
  input[header + size] |= 0x80;
  input[header + size + exponent_size] |= 0x80;
  input.back() |= 1;
  if (!odd) std::fill(input.end() - 8, input.end(), std::uint8_t{0});
  return input;
}

void modexp_odd(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  measure(state, 0x05, modexp_input(size, static_cast<std::size_t>(state.range(1)), true), 0);
}
BENCHMARK(modexp_odd)->Args({32, 32})->Args({128, 128})->Args({256, 256})->Args({256, 3});

void modexp_even(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  measure(state, 0x05, modexp_input(size, static_cast<std::size_t>(state.range(1)), false), 0);
}
// Small operands with long exponents are what EIP-2565 prices lowest for the work.
BENCHMARK(modexp_odd)->Args({8, 1024})->Args({16, 1024})->Args({24, 1024})->Args({64, 1024});
BENCHMARK(modexp_even)->Args({32, 32})->Args({256, 256})->Args({1024, 1024});
BENCHMARK(modexp_even)->Args({16, 1024})->Args({24, 1024})->Args({64, 1024});

/// A call with operands of 32 bytes.
Bytes modexp_of_words(const U256& base, ByteView exponent, const U256& modulus) {
  Bytes input;
  append_word(input, 32);
  append_word(input, exponent.size());
  append_word(input, 32);
  append_word(input, base);
  append(input, exponent);
  append_word(input, modulus);
  return input;
}

/// The fifteen calls of the reference's mix (8.4 us each on average), all with a modulus of 32
/// bytes: exponents of 5, 12 and 32 bytes, all bits set, and what Ethereum's contracts ask for,
/// each of two bases: inverses modulo three primes, two other powers and square roots modulo two.
std::vector<Bytes> modexp_mix() {
  const U256 bn254_order =
      number("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
  const U256 bn254_prime =
      number("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
  const U256 p256_order =
      number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const U256 p256_prime =
      number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  const U256 secp256k1_prime =
      number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
  std::vector<Bytes> mix;
  for (const std::size_t size : {5U, 12U, 32U})
    mix.push_back(modexp_of_words(U256::max(), Bytes(size, 0xff), U256::max()));
  const auto add = [&](const U256& exponent, const U256& modulus) {
    const Bytes digits = to_bytes(exponent.to_big_endian());
    for (const std::size_t size : {33U, 34U}) {
      const U256 base = U256::from_big_endian(ByteView(noise(size)).last(32)).value();
      mix.push_back(modexp_of_words(base >> 4U, digits, modulus));
    }
  };
  for (const U256& prime : {bn254_order, p256_order, p256_prime})
    add(prime - U256{2}, prime);
  add((U256{1} << 253U) + U256{0x0fffffff}, bn254_order);
  add(U256{1} << 24U, bn254_order);
  for (const U256& prime : {bn254_prime, secp256k1_prime})
    add((prime >> 2U) + U256{1}, prime);  // (p + 1) / 4, as p is 3 modulo 4
  return mix;
}

/// The time is that of a call, on average.
void modexp_mix_call(benchmark::State& state) {
  const std::vector<Bytes> mix = modexp_mix();
  const double reference = reference_seconds(8.4);
  const double start = cpu_seconds();
  for (auto _ : state) {
    for (const Bytes& input : mix)
      benchmark::DoNotOptimize(run(0x05, input, Revision::Prague));
  }
  const auto calls = state.iterations() * static_cast<std::int64_t>(mix.size());
  const double seconds = (cpu_seconds() - start) / static_cast<double>(calls);
  state.counters["us_a_call"] = seconds * 1e6;
  state.counters["times_reference"] = reference / seconds;
}
BENCHMARK(modexp_mix_call);

// Multiples of the generator (1, 2), which is its own encoding.
Bytes g1_point(const U256& scalar) {
  Bytes input;
  append_word(input, 1);
  append_word(input, 2);
  append_word(input, scalar);
  return run(0x07, input).output;
}

void bn254_add_call(benchmark::State& state) {
  Bytes input = g1_point(1234567);
  append(input, g1_point(U256{7, 8, 9, 10}));
  measure(state, 0x06, input, 0);
}
BENCHMARK(bn254_add_call);

void bn254_mul_call(benchmark::State& state) {
  Bytes input = g1_point(1234567);
  append(input, noise(32));
  measure(state, 0x07, input, 0);
}
BENCHMARK(bn254_mul_call);

// The generator of G2 (EIP-197).
constexpr std::string_view kG2Generator =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

void bn254_pairing_call(benchmark::State& state) {
  Bytes input;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    append(input, g1_point(U256{static_cast<std::uint64_t>(i) + 3, 5, 7, 9}));
    append(input, hex(kG2Generator));
  }
  measure(state, 0x08, input, state.range(0) == 2 ? 1780 : 0);
}
BENCHMARK(bn254_pairing_call)->Arg(1)->Arg(2)->Arg(4)->Arg(20);

void blake2f_call(benchmark::State& state) {
  Bytes input = noise(213);
  const auto rounds = static_cast<std::uint32_t>(state.range(0));
  for (std::size_t i = 0; i < 4; ++i)
    input[i] = static_cast<std::uint8_t>(rounds >> (24 - 8 * i));
  input.back() = 1;
  measure(state, 0x09, input, 0);
}
BENCHMARK(blake2f_call)->Arg(12)->Arg(100000);

void point_evaluation_call(benchmark::State& state) {
  const Bytes input =
      hex("01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
          "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
          "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
          "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
          "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
          "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a");
  measure(state, 0x0a, input, 0);
}
BENCHMARK(point_evaluation_call);

// A map gives points of the subgroup.
Bytes bls_g1(std::uint64_t seed) {
  Bytes element(32, 0);
  append_word(element, seed);
  return run(0x10, element).output;
}
Bytes bls_g2(std::uint64_t seed) {
  Bytes element(32, 0);
  append_word(element, seed);
  append(element, Bytes(64, 0));
  return run(0x11, element).output;
}

void bls12_g1_add_call(benchmark::State& state) {
  Bytes input = bls_g1(1);
  append(input, bls_g1(2));
  measure(state, 0x0b, input, 0);
}
BENCHMARK(bls12_g1_add_call);

void bls12_g2_add_call(benchmark::State& state) {
  Bytes input = bls_g2(1);
  append(input, bls_g2(2));
  measure(state, 0x0d, input, 0);
}
BENCHMARK(bls12_g2_add_call);

void bls12_msm(benchmark::State& state, unsigned address, Bytes (*point)(std::uint64_t)) {
  Bytes input;
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const Bytes scalars = noise(32 * static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    append(input, point(i));
    append(input, ByteView(scalars).subspan(32 * static_cast<std::size_t>(i), 32));
  }
  measure(state, address, input, 0);
}
void bls12_g1_msm_call(benchmark::State& state) {
  bls12_msm(state, 0x0c, bls_g1);
}
void bls12_g2_msm_call(benchmark::State& state) {
  bls12_msm(state, 0x0e, bls_g2);
}
BENCHMARK(bls12_g1_msm_call)->Arg(1)->Arg(2)->Arg(8)->Arg(128);
BENCHMARK(bls12_g2_msm_call)->Arg(1)->Arg(2)->Arg(8)->Arg(128);

void bls12_pairing_call(benchmark::State& state) {
  Bytes input;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    append(input, bls_g1(static_cast<std::uint64_t>(i)));
    append(input, bls_g2(static_cast<std::uint64_t>(i)));
  }
  measure(state, 0x0f, input, 0);
}
BENCHMARK(bls12_pairing_call)->Arg(1)->Arg(2)->Arg(8);

void bls12_map_fp_to_g1_call(benchmark::State& state) {
  Bytes element(32, 0);
  append_word(element, 77);
  measure(state, 0x10, element, 0);
}
BENCHMARK(bls12_map_fp_to_g1_call);

void bls12_map_fp2_to_g2_call(benchmark::State& state) {
  Bytes element(32, 0);
  append_word(element, 77);
  append(element, Bytes(64, 0));
  measure(state, 0x11, element, 0);
}
BENCHMARK(bls12_map_fp2_to_g2_call);

void p256_verify_call(benchmark::State& state) {
  const Bytes input =
      hex("4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
          "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
          "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
          "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
          "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e");
  measure(state, 0x100, input, 0);
}
BENCHMARK(p256_verify_call);

}  // namespace
}  // namespace ol::evm::precompiles
