// EIP-196, EIP-197.

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr U256 kPrime{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                      0x30644e72e131a029};
constexpr U256 kOrder{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
                      0x30644e72e131a029};

// The generator of G2 and five times it.
constexpr std::string_view kQ =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
constexpr std::string_view kFiveQ =
    "0a09ccf561b55fd99d1c1208dee1162457b57ac5af3759d50671e510e428b2a1"
    "2e539c423b302d13f4e5773c603948eaf5db5df8ae8a9a9113708390a06410d8"
    "19b763513924a736e4eebd0d78c91c1bc1d657fee4214057d21414011cfcc763"
    "2f8d9f9ab83727c77a2fec063cb7b6e5eb23044ccf535ad49d46d394fb6f6bf6";
// Points of the twist outside G2: of no small order; of order 10069, the least prime in the
// cofactor; and that one added to a point of G2.
constexpr std::string_view kOutside[] = {
    "0000000000000000000000000000000000000000000000000000000000000001"
    "0000000000000000000000000000000000000000000000000000000000000002"
    "2b76c179599bb92a963dac85546a005a777f7c13f6a7b75d5918b6b5808f5fde"
    "101f7278419308b95099eca02dcee0c5381f4d26d1d62313f057167f064101ce",
    "1f1939a35248c05963dc28c492bd5496d0ee07203ed62a4646610343b7f519d1"
    "163b1e6d53c2b9384d7a50f52db7a5f3089a85d87695f7b4f0dfb367204e3d74"
    "05b7ee9fa25c610b779f046afe61bc518aac03cdfed3a82e1851d413bf4e56e1"
    "20616720904c4e3ec2056718d1a8fd28cb3978424461aec3ed1ee4534b60ca11",
    "100ecf2677a84f8e85dc16262b8bb3bdadacd079ea925508adcfdbf2c509d845"
    "08112f84e74affe024958fc7046274553784eb39690af61098a1dc97ca7303f0"
    "03795bdb3aa5dc8c92b41eb4a5c864669a4e2bb5f1b48976668af72bf4f22553"
    "2ea5923cb250af1c4b46295aa8bd819e613f2a9dcb120d84084b78976c2fe558",
};

const Bytes kInfinity(64, 0);
const Bytes kTwistInfinity(128, 0);
const Bytes kGenerator = join(word(1), word(2));

Bytes add(ByteView a, ByteView b) {
  return run(0x06, join(a, b)).output;
}
Bytes multiply(ByteView point, const U256& scalar) {
  return run(0x07, join(point, word(scalar))).output;
}
Bytes negated(ByteView point) {
  const U256 y = *U256::from_big_endian(point.last(32));
  return join(point.first(32), word(y.is_zero() ? y : kPrime - y));
}
/// Double and add, with the other contract.
Bytes multiply_slowly(ByteView point, const U256& scalar) {
  Bytes out = kInfinity;
  for (unsigned i = scalar.bit_length(); i-- > 0;) {
    out = add(out, out);
    if ((scalar >> i).low64() & 1U) out = add(out, point);
  }
  return out;
}

/// 1, 0, or -1 for failure.
int pairing(ByteView input) {
  const auto result = run(0x08, input);
  if (!result.success) return -1;
  EXPECT_EQ(result.output.size(), 32U);
  return U256::from_big_endian(result.output) == U256{1} ? 1 : 0;
}

TEST(Bn254Add, has_infinity_as_zero_and_opposites) {
  const Bytes p = multiply(kGenerator, 77);
  EXPECT_EQ(add(p, kInfinity), p);
  EXPECT_EQ(add(kInfinity, p), p);
  EXPECT_EQ(add(kInfinity, kInfinity), kInfinity);
  EXPECT_EQ(add(p, negated(p)), kInfinity);
  EXPECT_EQ(add(p, p), multiply(p, 2));
}

TEST(Bn254Add, reads_zeros_past_the_end_and_ignores_more) {
  EXPECT_EQ(run(0x06, {}).output, kInfinity);
  EXPECT_EQ(run(0x06, kGenerator).output, kGenerator);
  EXPECT_EQ(run(0x06, join(kGenerator, kInfinity, Bytes(9, 0xff))).output, kGenerator);
  EXPECT_FALSE(run(0x06, ByteView(kGenerator).first(63)).success);  // y is 0
}

TEST(Bn254Add, refuses_coordinates_that_are_not_reduced) {
  EXPECT_FALSE(run(0x06, join(word(kPrime), word(0))).success);
  EXPECT_FALSE(run(0x06, join(word(0), word(kPrime))).success);
  EXPECT_FALSE(run(0x06, join(word(kPrime + U256{1}), word(2))).success);
  EXPECT_FALSE(run(0x06, join(word(1), word(kPrime + U256{2}))).success);
  EXPECT_FALSE(run(0x06, join(kInfinity, word(kPrime), word(kPrime))).success);
}

TEST(Bn254Add, refuses_points_off_the_curve) {
  EXPECT_FALSE(run(0x06, join(word(1), word(1))).success);
  EXPECT_FALSE(run(0x06, join(kGenerator, word(0), word(1))).success);
  EXPECT_FALSE(run(0x07, join(word(1), word(3), word(0))).success);
}

TEST(Bn254Mul, agrees_with_doubling_and_adding) {
  Noise noise(196);
  Bytes point = kGenerator;
  for (int i = 0; i < 12; ++i) {
    const U256 scalar = noise.number() >> static_cast<unsigned>(noise.below(256));
    const Bytes product = multiply(point, scalar);
    EXPECT_EQ(product, multiply_slowly(point, scalar)) << scalar.to_hex();
    if (product != kInfinity) point = product;
  }
}

TEST(Bn254Mul, takes_scalars_modulo_the_order) {
  EXPECT_EQ(multiply(kGenerator, 0), kInfinity);
  EXPECT_EQ(multiply(kGenerator, 1), kGenerator);
  EXPECT_EQ(multiply(kGenerator, kOrder), kInfinity);
  EXPECT_EQ(multiply(kGenerator, kOrder - U256{1}), negated(kGenerator));
  EXPECT_EQ(multiply(kGenerator, kOrder + U256{5}), multiply(kGenerator, 5));
  EXPECT_EQ(multiply(kGenerator, U256::max()), multiply(kGenerator, U256::max() % kOrder));
  EXPECT_EQ(multiply(kInfinity, 12345), kInfinity);
}

// Every scalar near multiples of lambda and of the basis splits into unusual halves.
TEST(Bn254Mul, is_right_for_scalars_that_split_oddly) {
  constexpr U256 kLambda{0x8b17ea66b99c90dd, 0x5bfc41088d8daaa7, 0xb3c4d79d41a91758, 0};
  const U256 scalars[] = {kLambda,
                          kLambda + U256{1},
                          kLambda - U256{1},
                          kOrder - kLambda,
                          kLambda * U256{3},
                          U256{0x89d3256894d213e3},
                          U256{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0},
                          U256{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0},
                          U256{0, 0, 1, 0},
                          U256{~0ULL, ~0ULL, 0, 0},
                          U256{1, 0, 0, 0x3000000000000000}};
  for (const U256& scalar : scalars) {
    EXPECT_EQ(multiply(kGenerator, scalar), multiply_slowly(kGenerator, scalar)) << scalar.to_hex();
  }
}

TEST(Bn254Pairing, is_one_for_opposites_and_not_for_one_pair) {
  const Bytes p = multiply(kGenerator, 4242);
  EXPECT_EQ(pairing(join(p, hex(kQ), negated(p), hex(kQ))), 1);
  EXPECT_EQ(pairing(join(p, hex(kQ))), 0);
  EXPECT_EQ(pairing(join(p, hex(kQ), p, hex(kQ))), 0);
}

TEST(Bn254Pairing, is_bilinear) {
  Noise noise(197);
  for (int i = 0; i < 4; ++i) {
    const U256 a = noise.number();
    const U256 b = noise.number();
    const Bytes pa = multiply(kGenerator, a);
    const Bytes pb = multiply(kGenerator, b);
    EXPECT_EQ(pairing(join(pa, hex(kQ), pb, hex(kQ), negated(add(pa, pb)), hex(kQ))), 1);
    EXPECT_EQ(pairing(join(multiply(pa, 5), hex(kQ), negated(pa), hex(kFiveQ))), 1);
    EXPECT_EQ(pairing(join(multiply(pa, 4), hex(kQ), negated(pa), hex(kFiveQ))), 0);
  }
}

TEST(Bn254Pairing, of_nothing_or_of_infinity_is_one) {
  EXPECT_EQ(pairing({}), 1);
  EXPECT_EQ(pairing(join(kInfinity, kTwistInfinity)), 1);
  EXPECT_EQ(pairing(join(kInfinity, hex(kQ))), 1);
  EXPECT_EQ(pairing(join(kGenerator, kTwistInfinity)), 1);
  EXPECT_EQ(pairing(join(kGenerator, kTwistInfinity, kGenerator, hex(kQ))), 0);
}

TEST(Bn254Pairing, refuses_points_outside_G2_even_beside_infinity) {
  for (const auto& outside : kOutside) {
    EXPECT_EQ(pairing(join(kGenerator, hex(outside))), -1);
    EXPECT_EQ(pairing(join(kInfinity, hex(outside))), -1);
    EXPECT_EQ(pairing(join(kGenerator, hex(kQ), kGenerator, hex(outside))), -1);
  }
}

TEST(Bn254Pairing, refuses_bad_coordinates_and_points_off_the_curves) {
  for (std::size_t i = 0; i < 6; ++i) {
    Bytes input = join(kGenerator, hex(kQ));
    const Bytes prime = word(kPrime);
    std::copy(prime.begin(), prime.end(), input.begin() + static_cast<std::ptrdiff_t>(32 * i));
    EXPECT_EQ(pairing(input), -1) << i;
    input = join(kGenerator, hex(kQ));
    input[32 * i + 31] ^= 1;
    EXPECT_EQ(pairing(input), -1) << i;
  }
}

TEST(Bn254Pairing, takes_whole_pairs_only) {
  const Bytes input = join(kGenerator, hex(kQ));
  EXPECT_EQ(pairing(ByteView(input).first(191)), -1);
  EXPECT_EQ(pairing(join(input, Bytes(1, 0))), -1);
  EXPECT_EQ(pairing(Bytes(1, 0)), -1);
}

TEST(Bn254, got_cheaper_in_Istanbul) {
  const auto cost = [](unsigned address, ByteView input, Revision revision) {
    return kPlenty - run(address, input, revision).gas_left;
  };
  const Bytes pairs(2 * 192, 0);
  EXPECT_EQ(cost(0x06, {}, Revision::Petersburg), 500);
  EXPECT_EQ(cost(0x06, {}, Revision::Istanbul), 150);
  EXPECT_EQ(cost(0x07, {}, Revision::Petersburg), 40000);
  EXPECT_EQ(cost(0x07, {}, Revision::Istanbul), 6000);
  EXPECT_EQ(cost(0x08, pairs, Revision::Petersburg), 260000);
  EXPECT_EQ(cost(0x08, pairs, Revision::Istanbul), 113000);
  EXPECT_FALSE(run(0x08, pairs, Revision::Istanbul, 112999).success);
}

}  // namespace
}  // namespace ol::evm::precompiles
