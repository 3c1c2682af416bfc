// EIP-2537.

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

constexpr unsigned kG1Add = 0x0b;
constexpr unsigned kG1Msm = 0x0c;
constexpr unsigned kG2Add = 0x0d;
constexpr unsigned kG2Msm = 0x0e;
constexpr unsigned kPairing = 0x0f;
constexpr unsigned kMapFp = 0x10;
constexpr unsigned kMapFp2 = 0x11;

constexpr U256 kOrder{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
                      0x73eda753299d7d48};
// The base field's prime in the contract's encoding.
constexpr std::string_view kPrime =
    "000000000000000000000000000000001a0111ea397fe69a4b1ba7b6434bacd7"
    "64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
// x = 4 and its y: on the curve, not in the subgroup.
constexpr std::string_view kOutsideG1 =
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000004"
    "000000000000000000000000000000000a989badd40d6212b33cffc3f3763e9b"
    "c760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c";

const Bytes kInfinityG1(128, 0);
const Bytes kInfinityG2(256, 0);

Bytes fp(std::uint64_t value) {
  return join(Bytes(32, 0), word(value));
}
Bytes g1(std::uint64_t seed) {
  return run(kMapFp, fp(seed)).output;
}
Bytes g2(std::uint64_t seed) {
  return run(kMapFp2, join(fp(seed), fp(seed + 1))).output;
}

bool fails(unsigned address, ByteView input) {
  return !run(address, input, Revision::Prague).success;
}

TEST(Bls12Add, has_infinity_as_zero) {
  EXPECT_EQ(run(kG1Add, join(g1(1), kInfinityG1)).output, g1(1));
  EXPECT_EQ(run(kG1Add, join(kInfinityG1, g1(1))).output, g1(1));
  EXPECT_EQ(run(kG1Add, join(kInfinityG1, kInfinityG1)).output, kInfinityG1);
  EXPECT_EQ(run(kG2Add, join(g2(1), kInfinityG2)).output, g2(1));
  EXPECT_EQ(run(kG2Add, join(kInfinityG2, g2(1))).output, g2(1));
  EXPECT_EQ(run(kG2Add, join(kInfinityG2, kInfinityG2)).output, kInfinityG2);
}

TEST(Bls12Add, of_a_point_and_itself_is_twice_it) {
  EXPECT_EQ(run(kG1Add, join(g1(3), g1(3))).output, run(kG1Msm, join(g1(3), word(2))).output);
  EXPECT_EQ(run(kG2Add, join(g2(3), g2(3))).output, run(kG2Msm, join(g2(3), word(2))).output);
}

TEST(Bls12, asks_for_the_subgroup_where_points_are_multiplied_or_paired) {
  const Bytes outside = hex(kOutsideG1);
  EXPECT_FALSE(fails(kG1Add, join(outside, outside)));
  EXPECT_TRUE(fails(kG1Msm, join(outside, word(1))));
  EXPECT_TRUE(fails(kG1Msm, join(outside, word(0))));
  EXPECT_TRUE(fails(kG1Msm, join(g1(1), word(1), outside, word(1))));
  EXPECT_TRUE(fails(kPairing, join(outside, g2(1))));
  EXPECT_TRUE(fails(kPairing, join(outside, kInfinityG2)));
}

TEST(Bls12, refuses_inputs_of_other_lengths) {
  struct Length {
    unsigned address;
    std::size_t size;
  };
  for (const auto& [address, size] : {Length{kG1Add, 256},
                                      {kG1Msm, 160},
                                      {kG2Add, 512},
                                      {kG2Msm, 288},
                                      {kPairing, 384},
                                      {kMapFp, 64},
                                      {kMapFp2, 128}}) {
    SCOPED_TRACE(address);
    EXPECT_TRUE(fails(address, {}));
    EXPECT_TRUE(fails(address, Bytes(size - 1, 0)));
    EXPECT_FALSE(fails(address, Bytes(size, 0)));
    EXPECT_TRUE(fails(address, Bytes(size + 1, 0)));
  }
  EXPECT_TRUE(fails(kG1Add, Bytes(512, 0)));
  EXPECT_TRUE(fails(kMapFp, Bytes(128, 0)));
}

TEST(Bls12, refuses_numbers_that_are_not_reduced_or_padded) {
  const Bytes prime = hex(kPrime);
  Bytes below = prime;
  below.back() -= 1;
  EXPECT_TRUE(fails(kMapFp, prime));
  EXPECT_FALSE(fails(kMapFp, below));
  EXPECT_TRUE(fails(kMapFp2, join(prime, fp(1))));
  EXPECT_TRUE(fails(kMapFp2, join(fp(1), prime)));
  for (const std::size_t i : {0U, 15U}) {
    Bytes padded = fp(1);
    padded[i] = 1;
    EXPECT_TRUE(fails(kMapFp, padded));
  }
  // (0, 0) is infinity; (p, 0) is nothing.
  EXPECT_TRUE(fails(kG1Add, join(prime, fp(0), kInfinityG1)));
  EXPECT_TRUE(fails(kG2Add, join(fp(0), prime, fp(0), fp(0), kInfinityG2)));
}

TEST(Bls12, refuses_points_off_the_curve) {
  EXPECT_TRUE(fails(kG1Add, join(fp(4), fp(5), kInfinityG1)));
  EXPECT_TRUE(fails(kG1Add, join(fp(0), fp(1), kInfinityG1)));
  EXPECT_TRUE(fails(kG2Add, join(fp(1), fp(2), fp(3), fp(4), kInfinityG2)));
}

template <typename Point>
void expect_linear(unsigned msm, unsigned add, const Bytes& infinity, Point point) {
  Noise noise(2537);
  Bytes all;
  Bytes sum = infinity;
  for (std::uint64_t i = 0; i < 20; ++i) {
    // Infinity and zero among the terms, and scalars above the order.
    const Bytes p = i % 7 == 3 ? infinity : point(i);
    const Bytes term = join(p, i % 5 == 2 ? word(0) : word(noise.number()));
    all = join(all, term);
    sum = run(add, join(sum, run(msm, term).output)).output;
    EXPECT_EQ(run(msm, all).output, sum) << i;
  }
}

TEST(Bls12Msm, is_the_sum_of_its_terms) {
  expect_linear(kG1Msm, kG1Add, kInfinityG1, g1);
  expect_linear(kG2Msm, kG2Add, kInfinityG2, g2);
}

TEST(Bls12Msm, takes_scalars_modulo_the_order) {
  EXPECT_EQ(run(kG1Msm, join(g1(9), word(kOrder))).output, kInfinityG1);
  EXPECT_EQ(run(kG1Msm, join(g1(9), word(kOrder + U256{1}))).output, g1(9));
  EXPECT_EQ(run(kG2Msm, join(g2(9), word(kOrder))).output, kInfinityG2);
  EXPECT_EQ(run(kG2Msm, join(g2(9), word(U256::max()))).output,
            run(kG2Msm, join(g2(9), word(U256::max() % kOrder))).output);
}

TEST(Bls12Msm, of_a_point_and_its_opposite_is_infinity) {
  const Bytes input = join(g1(4), word(5), g1(4), word(kOrder - U256{5}));
  EXPECT_EQ(run(kG1Msm, input).output, kInfinityG1);
}

TEST(Bls12Msm, costs_by_the_discount_table) {
  const auto cost = [](unsigned address, std::size_t item, std::size_t count) {
    return kPlenty - run(address, Bytes(item * count, 0), Revision::Prague).gas_left;
  };
  EXPECT_EQ(cost(kG1Msm, 160, 1), 12000);
  EXPECT_EQ(cost(kG1Msm, 160, 2), 2 * 12000 * 949 / 1000);
  EXPECT_EQ(cost(kG1Msm, 160, 3), 3 * 12000 * 848 / 1000);
  EXPECT_EQ(cost(kG1Msm, 160, 127), 127 * 12000 * 520 / 1000);
  EXPECT_EQ(cost(kG1Msm, 160, 128), 128 * 12000 * 519 / 1000);
  EXPECT_EQ(cost(kG1Msm, 160, 129), 129 * 12000 * 519 / 1000);
  EXPECT_EQ(cost(kG2Msm, 288, 1), 22500);
  EXPECT_EQ(cost(kG2Msm, 288, 2), 2 * 22500);
  EXPECT_EQ(cost(kG2Msm, 288, 3), 3 * 22500 * 923 / 1000);
  EXPECT_EQ(cost(kG2Msm, 288, 126), 126 * 22500 * 525LL / 1000);
  EXPECT_EQ(cost(kG2Msm, 288, 129), 129 * 22500 * 524LL / 1000);
}

TEST(Bls12Pairing, is_bilinear) {
  const Bytes p = run(kG1Msm, join(g1(1), word(6))).output;
  const Bytes minus = run(kG1Msm, join(g1(1), word(kOrder - U256{1}))).output;
  const Bytes q = run(kG2Msm, join(g2(1), word(6))).output;
  EXPECT_EQ(run(kPairing, join(p, g2(1), minus, q)).output, word(1));
  EXPECT_EQ(run(kPairing, join(g1(1), g2(1), minus, q)).output, word(0));
  EXPECT_EQ(run(kPairing, join(g1(1), g2(1))).output, word(0));
}

TEST(Bls12Pairing, of_infinity_is_one) {
  EXPECT_EQ(run(kPairing, join(kInfinityG1, kInfinityG2)).output, word(1));
  EXPECT_EQ(run(kPairing, join(g1(1), kInfinityG2)).output, word(1));
  EXPECT_EQ(run(kPairing, join(kInfinityG1, g2(1))).output, word(1));
  EXPECT_EQ(run(kPairing, join(kInfinityG1, g2(1), g1(1), g2(1))).output, word(0));
}

}  // namespace
}  // namespace ol::evm::precompiles
