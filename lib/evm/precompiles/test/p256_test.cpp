// EIP-7951.

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

// go-ethereum's first vector: digest, r, s, x, y.
constexpr std::string_view kGood =
    "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
    "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
    "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
    "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
    "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

constexpr U256 kOrder{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
                      0xffffffff00000000};
constexpr U256 kPrime{0xffffffffffffffff, 0x00000000ffffffff, 0, 0xffffffff00000001};

Bytes with_word(std::size_t index, const U256& value) {
  Bytes input = hex(kGood);
  const Bytes bytes = word(value);
  std::copy(bytes.begin(), bytes.end(), input.begin() + static_cast<std::ptrdiff_t>(32 * index));
  return input;
}

U256 good_word(std::size_t index) {
  return *U256::from_big_endian(ByteView(hex(kGood)).subspan(32 * index, 32));
}

void expect_empty(ByteView input) {
  const auto result = run(0x100, input, Revision::Osaka, 6900);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.gas_left, 0);
  EXPECT_TRUE(result.output.empty());
}

TEST(P256Verify, answers_one_to_a_good_signature) {
  const auto result = run(0x100, hex(kGood), Revision::Osaka, 6901);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.gas_left, 1);
  EXPECT_EQ(result.output, word(1));
  EXPECT_FALSE(run(0x100, hex(kGood), Revision::Osaka, 6899).success);
}

TEST(P256Verify, accepts_the_other_s) {
  EXPECT_EQ(run(0x100, with_word(2, kOrder - good_word(2))).output, word(1));
}

TEST(P256Verify, answers_nothing_when_any_byte_is_changed) {
  for (std::size_t i = 0; i < 160; i += 3) {
    Bytes input = hex(kGood);
    input[i] ^= 1;
    expect_empty(input);
  }
}

TEST(P256Verify, answers_nothing_to_other_lengths) {
  expect_empty({});
  expect_empty(ByteView(hex(kGood)).first(159));
  expect_empty(join(hex(kGood), Bytes{0}));
}

TEST(P256Verify, answers_nothing_to_r_or_s_out_of_range) {
  for (const U256 bad : {U256{0}, kOrder, kOrder + U256{1}, U256::max()}) {
    expect_empty(with_word(1, bad));
    expect_empty(with_word(2, bad));
  }
}

TEST(P256Verify, answers_nothing_to_a_bad_key) {
  Bytes input = with_word(3, 0);
  std::fill(input.end() - 32, input.end(), std::uint8_t{0});
  expect_empty(input);  // (0, 0)
  expect_empty(with_word(3, kPrime));
  expect_empty(with_word(4, kPrime));
  expect_empty(with_word(4, good_word(4) + U256{1}));
}

}  // namespace
}  // namespace ol::evm::precompiles
