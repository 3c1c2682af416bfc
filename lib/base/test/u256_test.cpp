#include <ol/base/u256.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

namespace ol {
namespace {

constexpr U256 kMax = U256::max();
constexpr U256 kMin = U256{1} << 255;  // -2^255 as two's complement
constexpr U256 kMinusOne = kMax;

// Cheap operations are usable in constant expressions.
static_assert(U256{2} + U256{3} == U256{5});
static_assert(kMax + U256{1} == U256{});
static_assert(U256{} - U256{1} == kMax);
static_assert(kMax * kMax == U256{1});
static_assert(((U256{1} << 200) >> 200) == U256{1});
static_assert(U256{7} < U256{8} && U256(0, 1, 0, 0) > U256{~0ULL});

TEST(U256, reports_overflow_exactly_at_the_boundary) {
  EXPECT_EQ(checked_add(kMax - U256{1}, 1), kMax);
  EXPECT_EQ(checked_add(kMax, 1), std::nullopt);
  EXPECT_EQ(checked_sub(1, 1), U256{});
  EXPECT_EQ(checked_sub(1, 2), std::nullopt);
  const U256 half = U256{1} << 128;
  EXPECT_EQ(checked_mul(half, half - U256{1}), half * (half - U256{1}));
  EXPECT_EQ(checked_mul(half, half), std::nullopt);
  EXPECT_TRUE(mul_overflow(half, half).overflow);
  EXPECT_TRUE(mul_overflow(half, half).value.is_zero());
}

TEST(U256, carries_across_every_limb) {
  const U256 a(~0ULL, ~0ULL, ~0ULL, 0);
  EXPECT_EQ(a + U256{1}, U256(0, 0, 0, 1));
  EXPECT_EQ(U256(0, 0, 0, 1) - U256{1}, a);
}

TEST(U256, multiplies_into_wider_results) {
  const auto full = mul_full(kMax, kMax);  // 2^512 - 2^257 + 1
  EXPECT_EQ(full, (std::array<std::uint64_t, 8>{1, 0, 0, 0, ~0ULL - 1, ~0ULL, ~0ULL, ~0ULL}));
  const auto by64 = mul_wide(kMax, ~0ULL);
  EXPECT_EQ(by64.low, U256(1, ~0ULL, ~0ULL, ~0ULL));
  EXPECT_EQ(by64.high, ~0ULL - 1);
  const auto by128 = mul_wide128(kMax, ~Uint128{0});
  EXPECT_EQ(by128.low, U256(1, 0, ~0ULL, ~0ULL));
  EXPECT_TRUE(by128.high == ~Uint128{0} - 1);
}

TEST(U256, division_by_zero_is_zero_for_opcodes_and_fatal_for_operators) {
  EXPECT_EQ(div(7, 0), U256{});
  EXPECT_EQ(mod(7, 0), U256{});
  EXPECT_EQ(sdiv(7, 0), U256{});
  EXPECT_EQ(smod(7, 0), U256{});
  EXPECT_EQ(addmod(7, 7, 0), U256{});
  EXPECT_EQ(mulmod(7, 7, 0), U256{});
  EXPECT_DEATH(static_cast<void>(U256{7} / U256{}), "division by zero");
  EXPECT_DEATH(static_cast<void>(U256{7} % U256{}), "division by zero");
}

TEST(U256, signed_division_truncates_towards_zero) {
  EXPECT_EQ(sdiv(-U256{7}, 2), -U256{3});
  EXPECT_EQ(sdiv(7, -U256{2}), -U256{3});
  EXPECT_EQ(sdiv(-U256{7}, -U256{2}), U256{3});
  EXPECT_EQ(smod(-U256{7}, 2), kMinusOne);
  EXPECT_EQ(smod(7, -U256{2}), U256{1});
  EXPECT_EQ(sdiv(kMin, kMinusOne), kMin);
  EXPECT_EQ(smod(kMin, kMinusOne), U256{});
}

// The estimate of a quotient digit is one too large in about one case of 2^64; these operands are
// built to force that and the digit that equals 2^64 - 1.
TEST(U256, division_corrects_a_quotient_digit_that_is_too_large) {
  const U256 divisor(~0ULL, 0, 1ULL << 63, 0);
  const U256 dividend(0, 0, 0, 1ULL << 62);
  const auto [q, r] = divmod(dividend, divisor);
  EXPECT_LT(r, divisor);
  EXPECT_EQ(q * divisor + r, dividend);
  const U256 same_top(1, 2, 1ULL << 63, 0);
  const U256 top_digit(0, 0, 2, 1ULL << 63);
  const auto [q2, r2] = divmod(top_digit - U256(0, 0, 3, 0), same_top);
  EXPECT_LT(r2, same_top);
  EXPECT_EQ(q2 * same_top + r2, top_digit - U256(0, 0, 3, 0));
}

TEST(U256, modular_operations_use_an_unlimited_intermediate) {
  EXPECT_EQ(addmod(kMax, kMax, kMax), U256{});
  EXPECT_EQ(addmod(kMax, 2, kMax), U256{2});
  EXPECT_EQ(addmod(kMax, 1, 10), U256{6});  // 2^256 = 6 (mod 10)
  EXPECT_EQ(mulmod(kMax, kMax, 12), U256{9});
  EXPECT_EQ(mulmod(kMax, kMax, kMax - U256{1}), U256{1});
  EXPECT_EQ(mulmod(kMax, kMax, 1), U256{});
}

TEST(U256, exponentiates_modulo_the_word) {
  EXPECT_EQ(exp(0, 0), U256{1});
  EXPECT_EQ(exp(0, 5), U256{});
  EXPECT_EQ(exp(2, 255), kMin);
  EXPECT_EQ(exp(2, 256), U256{});
  EXPECT_EQ(exp(3, 5), U256{243});
  EXPECT_EQ(exp(kMinusOne, kMax), kMinusOne);
}

TEST(U256, shifts_by_any_word) {
  for (const unsigned bits : {0U, 1U, 63U, 64U, 65U, 127U, 128U, 192U, 255U}) {
    EXPECT_EQ(shl(1, bits), exp(2, bits)) << bits;
    EXPECT_EQ(shr(exp(2, bits), bits), U256{1}) << bits;
    EXPECT_EQ(sar(kMin, bits), -exp(2, 255 - bits)) << bits;
  }
  for (const U256& many : {U256{256}, U256(0, 1, 0, 0), kMax}) {
    EXPECT_EQ(shl(kMax, many), U256{});
    EXPECT_EQ(shr(kMax, many), U256{});
    EXPECT_EQ(sar(kMin, many), kMinusOne);
    EXPECT_EQ(sar(kMin - U256{1}, many), U256{});
  }
  EXPECT_EQ(kMax << 256, U256{});
  EXPECT_EQ(kMax >> 300, U256{});
}

TEST(U256, picks_bytes_from_the_most_significant) {
  const U256 v =
      U256::from_hex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20").value();
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(byte(i, v), U256{i + 1});
  EXPECT_EQ(byte(32, v), U256{});
  EXPECT_EQ(byte(kMax, v), U256{});
}

TEST(U256, extends_the_sign_of_a_byte) {
  EXPECT_EQ(signextend(0, 0x7f), U256{0x7f});
  EXPECT_EQ(signextend(0, 0x80), -U256{128});
  EXPECT_EQ(signextend(0, 0x1ff), kMinusOne);
  EXPECT_EQ(signextend(1, 0x80), U256{0x80});
  EXPECT_EQ(signextend(30, U256{1} << 247), kMax << 247);
  EXPECT_EQ(signextend(31, kMin), kMin);
  EXPECT_EQ(signextend(kMax, 0xff), U256{0xff});
}

TEST(U256, compares_signed_and_unsigned) {
  EXPECT_LT(U256{1}, kMinusOne);
  EXPECT_TRUE(signed_less(kMinusOne, 1));
  EXPECT_TRUE(signed_less(kMin, kMinusOne));
  EXPECT_FALSE(signed_less(1, 1));
  EXPECT_TRUE((U256(0, 0, 1, 0) <=> U256(5, 5, 0, 0)) > 0);
}

TEST(U256, measures_bits_and_bytes) {
  EXPECT_EQ(U256{}.clz(), 256U);
  EXPECT_EQ(U256{}.bit_length(), 0U);
  EXPECT_EQ(U256{1}.bit_length(), 1U);
  EXPECT_EQ(U256{255}.byte_length(), 1U);
  EXPECT_EQ(U256{256}.byte_length(), 2U);
  EXPECT_EQ(U256(0, 1, 0, 0).bit_length(), 65U);
  EXPECT_EQ(kMax.byte_length(), 32U);
  EXPECT_TRUE(U256{~0ULL}.fits_u64());
  EXPECT_FALSE(U256(0, 1, 0, 0).fits_u64());
  EXPECT_TRUE(U256(0, 1, 0, 0).fits_u128());
  EXPECT_FALSE(U256(0, 0, 1, 0).fits_u128());
  EXPECT_TRUE(U256(7, 9, 0, 0).low128() == (Uint128{9} << 64 | 7));
}

TEST(U256, reads_hex_strictly) {
  EXPECT_EQ(U256::from_hex("0x0"), U256{});
  EXPECT_EQ(U256::from_hex("fF"), U256{255});
  EXPECT_EQ(U256::from_hex("0x123"), U256{0x123});
  EXPECT_EQ(U256::from_hex(std::string(64, 'f')), kMax);
  for (const std::string& bad : {std::string(), std::string("0x"), std::string("0x0x1"),
                                 std::string("g"), std::string(65, '0'), std::string("-1")}) {
    EXPECT_FALSE(U256::from_hex(bad)) << bad;
  }
}

TEST(U256, reads_and_writes_decimal_to_the_last_value) {
  const std::string largest =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  EXPECT_EQ(kMax.to_decimal(), largest);
  EXPECT_EQ(U256::from_decimal(largest), kMax);
  EXPECT_FALSE(U256::from_decimal(largest.substr(0, 77) + "6"));
  EXPECT_FALSE(U256::from_decimal(largest + "0"));
  EXPECT_FALSE(U256::from_decimal(""));
  EXPECT_FALSE(U256::from_decimal("1 "));
  EXPECT_FALSE(U256::from_decimal("-1"));
  EXPECT_EQ(U256{}.to_decimal(), "0");
  EXPECT_EQ(U256::from_decimal("10000000000000000000000000000000000000001")->to_decimal(),
            "10000000000000000000000000000000000000001");
}

TEST(U256, writes_quantities_and_minimal_bytes) {
  EXPECT_EQ(U256{}.to_hex(), "0x0");
  EXPECT_EQ(U256{0x1234}.to_hex(), "0x1234");
  EXPECT_TRUE(U256{}.to_minimal_big_endian().empty());
  EXPECT_EQ(U256{0x0100}.to_minimal_big_endian(), (Bytes{1, 0}));
  EXPECT_EQ(kMax.to_minimal_big_endian().size(), 32U);
  EXPECT_EQ(U256::from_fixed(U256{77}.to_fixed<Hash256>()), U256{77});
  EXPECT_FALSE(U256::from_big_endian(Bytes(33)));
  EXPECT_EQ(U256::from_big_endian({}), U256{});
}

}  // namespace
}  // namespace ol
