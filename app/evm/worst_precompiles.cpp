// Every precompiled contract, with the inputs that take it longest for their price.
#include <algorithm>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/evm/precompiles.hpp>
#include <ol/evm/world.hpp>

#include "command.hpp"
#include "worst_case.hpp"

namespace ol::app {
namespace {

using evm::Revision;

/// The output of a precompiled contract, for making inputs of another.
Bytes output_of(unsigned number, ByteView input) {
  constexpr std::int64_t kPlenty = 1'000'000'000'000;
  const auto contract = evm::find_precompile(evm::to_address(U256{number}), Revision::Osaka);
  auto result = contract(input, kPlenty, Revision::Osaka);
  if (!result.success) throw CommandError("an input of a precompiled contract is wrong");
  return std::move(result.output);
}

void append_word(Bytes& out, const U256& value) {
  append(out, value.to_big_endian());
}

/// Bytes without a pattern, the same in every run.
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

/// Calls the contract with all of the call data.
void add(std::vector<WorstCase>& out, const std::string& name, unsigned number, Bytes input,
         Revision revision = Revision::Prague) {
  const std::string address = worst_push(U256{number});
  // What fails takes all gas; it must not take the program's.
  out.push_back({.name = name,
                 .setup = "CALLDATASIZE 0x00 0x00 CALLDATACOPY",
                 .body = "0x00 0x00 CALLDATASIZE 0x00 " + address + " GAS STATICCALL POP",
                 .input = std::move(input),
                 .revision = revision,
                 .unrolled = 1,
                 .gas_reserve = 4'000'000,
                 .calls_precompile = true});
}

void add_hashes(std::vector<WorstCase>& out) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{32}, std::size_t{55},
                                  std::size_t{4'096}, std::size_t{200'000}}) {
    const std::string of = " of " + std::to_string(bytes) + " bytes";
    add(out, "SHA-256" + of, 0x02, noise(bytes));
    add(out, "RIPEMD-160" + of, 0x03, noise(bytes));
    add(out, "identity" + of, 0x04, noise(bytes));
  }
  for (const std::uint32_t rounds : {0U, 1U, 12U, 100'000U}) {
    Bytes input = noise(213);
    for (std::size_t i = 0; i < 4; ++i)
      input[i] = static_cast<std::uint8_t>(rounds >> (24 - 8 * i));
    input.back() = 1;
    add(out, "BLAKE2 F of " + std::to_string(rounds) + " rounds", 0x09, input);
  }
}

void add_signatures(std::vector<WorstCase>& out) {
  const auto key = crypto::Secp256k1SecretKey::from_bytes(Bytes(32, 7)).value();
  const Hash256 digest = crypto::keccak256(noise(32));
  const auto signature = crypto::sign_recoverable(key, digest);
  Bytes input = to_bytes(digest.view());
  append_word(input, U256{27U + signature.recovery_id});
  append(input, signature.r);
  append(input, signature.s);
  add(out, "ECRECOVER", 0x01, input);
  // An x that is not on the curve, once the square root was looked for.
  std::fill(input.begin() + 64, input.begin() + 96, std::uint8_t{0x05});
  add(out, "ECRECOVER, no such point", 0x01, input);
  add(out, "P-256, Osaka", 0x100,
      from_hex("4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
               "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
               "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
               "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
               "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e")
          .value(),
      Revision::Osaka);
}

enum class Modulus : std::uint8_t { Odd, Even };

Bytes modexp_input(std::size_t size, const Bytes& exponent, Modulus modulus) {
  Bytes input;
  append_word(input, U256{size});
  append_word(input, U256{exponent.size()});
  append_word(input, U256{size});
  Bytes base = noise(size);
  base[0] |= 0x80;
  append(input, base);
  append(input, exponent);
  Bytes mod = noise(size + 1);
  mod.erase(mod.begin());
  mod[0] |= 0x80;
  mod.back() |= 1;
  if (modulus == Modulus::Even) mod.back() &= 0xfe;
  append(input, mod);
  return input;
}

void add_modexp(std::vector<WorstCase>& out) {
  for (const Revision revision : {Revision::Prague, Revision::Osaka}) {
    for (const std::size_t size : {8U, 16U, 24U, 32U, 40U, 64U, 128U, 256U, 1'024U}) {
      for (const std::size_t exponent : {1U, 32U, 256U, 1'024U}) {
        for (const Modulus modulus : {Modulus::Odd, Modulus::Even}) {
          // Runs of more gas than a block has tell nothing.
          if (size * size * exponent > 5'000'000) continue;
          add(out,
              std::string("MODEXP, ") + (revision == Revision::Osaka ? "Osaka, " : "") +
                  std::to_string(size) + " bytes, " + (modulus == Modulus::Odd ? "odd" : "even") +
                  ", exponent of " + std::to_string(exponent),
              0x05, modexp_input(size, Bytes(exponent, 0xff), modulus), revision);
        }
      }
    }
    // Next to no work, for the least price; a long exponent of zeros with one bit on top.
    add(out, revision == Revision::Osaka ? "MODEXP, Osaka, nothing" : "MODEXP, nothing", 0x05, {},
        revision);
    Bytes sparse(512, 0x00);
    sparse[0] = 0x80;
    add(out,
        revision == Revision::Osaka ? "MODEXP, Osaka, sparse exponent" : "MODEXP, sparse exponent",
        0x05, modexp_input(32, sparse, Modulus::Even), revision);
  }
}

// Multiples of the generator (1, 2), which is its own encoding.
Bytes bn254_point(const U256& scalar) {
  Bytes input;
  append_word(input, U256{1});
  append_word(input, U256{2});
  append_word(input, scalar);
  return output_of(0x07, input);
}

void add_bn254(std::vector<WorstCase>& out) {
  // The generator of G2 (EIP-197).
  const Bytes g2 = from_hex(
                       "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
                       "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
                       "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
                       "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa")
                       .value();
  Bytes sum = bn254_point(U256{1'234'567});
  append(sum, bn254_point(U256{7, 8, 9, 10}));
  add(out, "bn254 add", 0x06, sum);
  Bytes product = bn254_point(U256{1'234'567});
  append(product, noise(32));
  add(out, "bn254 multiply", 0x07, product);
  for (const std::uint64_t pairs : {0U, 1U, 2U, 10U}) {
    Bytes input;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      append(input, bn254_point(U256{i + 3, 5, 7, 9}));
      append(input, g2);
    }
    add(out, "bn254 pairing of " + std::to_string(pairs), 0x08, input);
  }
}

void add_point_evaluation(std::vector<WorstCase>& out) {
  add(out, "KZG point evaluation", 0x0a,
      from_hex("01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
               "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
               "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
               "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
               "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
               "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a")
          .value());
}

/// A field element in 64 bytes.
Bytes element(std::uint64_t seed) {
  Bytes out(32, 0);
  append_word(out, U256{seed + 77});
  return out;
}

// A map gives points of the subgroup.
Bytes bls_g1(std::uint64_t seed) {
  return output_of(0x10, element(seed));
}
Bytes bls_g2(std::uint64_t seed) {
  Bytes input = element(seed);
  append(input, Bytes(64, 0));
  return output_of(0x11, input);
}

void add_bls12_381(std::vector<WorstCase>& out) {
  Bytes g1_sum = bls_g1(1);
  append(g1_sum, bls_g1(2));
  add(out, "BLS12-381 G1 add", 0x0b, g1_sum);
  Bytes g2_sum = bls_g2(1);
  append(g2_sum, bls_g2(2));
  add(out, "BLS12-381 G2 add", 0x0d, g2_sum);
  for (const std::uint64_t count : {1U, 2U, 8U, 32U, 64U}) {
    const Bytes scalars = noise(32 * count);
    Bytes g1;
    Bytes g2;
    for (std::uint64_t i = 0; i < count; ++i) {
      const ByteView scalar = ByteView(scalars).subspan(32 * i, 32);
      append(g1, bls_g1(i));
      append(g1, scalar);
      append(g2, bls_g2(i));
      append(g2, scalar);
    }
    const std::string of = " of " + std::to_string(count);
    add(out, "BLS12-381 G1 sum of products" + of, 0x0c, g1);
    add(out, "BLS12-381 G2 sum of products" + of, 0x0e, g2);
  }
  for (const std::uint64_t pairs : {1U, 2U, 8U}) {
    Bytes input;
    for (std::uint64_t i = 0; i < pairs; ++i) {
      append(input, bls_g1(i));
      append(input, bls_g2(i));
    }
    add(out, "BLS12-381 pairing of " + std::to_string(pairs), 0x0f, input);
  }
  add(out, "BLS12-381 map to G1", 0x10, element(0));
  Bytes pair = element(0);
  append(pair, element(1));
  add(out, "BLS12-381 map to G2", 0x11, pair);
}

}  // namespace

std::vector<WorstCase> worst_precompile_cases() {
  std::vector<WorstCase> out;
  add_signatures(out);
  add_hashes(out);
  add_modexp(out);
  add_bn254(out);
  add_point_evaluation(out);
  add_bls12_381(out);
  return out;
}

}  // namespace ol::app
