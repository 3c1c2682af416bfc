// EIP-198, EIP-2565, EIP-7823, EIP-7883.

#include <gtest/gtest.h>

#include <gmp.h>

#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

Bytes call(ByteView base, ByteView exponent, ByteView modulus) {
  return join(word(base.size()), word(exponent.size()), word(modulus.size()), base, exponent,
              modulus);
}

Bytes lengths(const U256& base, const U256& exponent, const U256& modulus) {
  return join(word(base), word(exponent), word(modulus));
}

/// The definition, square and multiply bit by bit.
Bytes expected(ByteView base, ByteView exponent, ByteView modulus) {
  mpz_t b;
  mpz_t m;
  mpz_t r;
  mpz_inits(b, m, r, nullptr);
  mpz_import(b, base.size(), 1, 1, 1, 0, base.data());
  mpz_import(m, modulus.size(), 1, 1, 1, 0, modulus.data());
  Bytes out(modulus.size(), 0);
  if (mpz_sgn(m) != 0) {
    mpz_set_ui(r, 1);
    mpz_mod(r, r, m);
    for (const std::uint8_t byte : exponent) {
      for (unsigned bit = 8; bit-- > 0;) {
        mpz_mul(r, r, r);
        if ((byte >> bit & 1U) != 0) mpz_mul(r, r, b);
        mpz_mod(r, r, m);
      }
    }
    if (mpz_sgn(r) != 0) {
      const std::size_t size = (mpz_sizeinbase(r, 2) + 7) / 8;
      mpz_export(&out[out.size() - size], nullptr, 1, 1, 1, 0, r);
    }
  }
  mpz_clears(b, m, r, nullptr);
  return out;
}

std::int64_t cost(ByteView input, Revision revision) {
  const auto result = run(0x05, input, revision);
  EXPECT_TRUE(result.success);
  return kPlenty - result.gas_left;
}

TEST(Modexp, agrees_with_square_and_multiply) {
  Noise noise(11);
  for (int i = 0; i < 400; ++i) {
    const Bytes base = noise.bytes(noise.below(70));
    const Bytes exponent = noise.bytes(noise.below(40));
    Bytes modulus = noise.bytes(1 + noise.below(70));
    if (i % 3 == 0) modulus.back() &= 0xf0;  // even
    EXPECT_EQ(run(0x05, call(base, exponent, modulus)).output, expected(base, exponent, modulus))
        << i;
  }
}

// Odd moduli of one to four words have code of their own; five have not.
TEST(Modexp, agrees_with_square_and_multiply_for_every_count_of_words) {
  Noise noise(12);
  for (std::size_t size = 1; size <= 40; ++size) {
    for (int i = 0; i < 40; ++i) {
      // Numbers next to zero and to the largest there are, and of no pattern.
      const auto some = [&](std::size_t length) {
        const std::uint64_t kind = noise.below(4);
        Bytes out = kind == 0   ? Bytes(length, 0xff)
                    : kind == 1 ? Bytes(length, 0)
                                : noise.bytes(length);
        if (!out.empty() && noise.below(2) == 0)
          out.back() ^= static_cast<std::uint8_t>(noise.below(4));
        return out;
      };
      Bytes modulus = some(size);
      modulus.back() |= 1;
      const Bytes base = noise.below(8) == 0 ? modulus : some(noise.below(size + 20));
      const Bytes exponent = some(noise.below(70));
      ASSERT_EQ(run(0x05, call(base, exponent, modulus)).output, expected(base, exponent, modulus))
          << to_hex(base) << " " << to_hex(exponent) << " " << to_hex(modulus);
    }
  }
}

// Exponents of few and of many ones, their bits in one word and in several, next to where windows
// become wider and where the exponent is no longer a number of 32 bytes.
TEST(Modexp, agrees_with_square_and_multiply_for_exponents_of_every_length) {
  Noise noise(13);
  for (std::size_t bits = 0; bits <= 330; ++bits) {
    const std::size_t size = bits / 8 + 1;
    const std::uint8_t top = static_cast<std::uint8_t>(1U << (bits % 8));
    Bytes power_of_two(size, 0);
    power_of_two[0] = top;
    Bytes one_more = power_of_two;
    one_more.back() |= 1;
    Bytes ones(size, 0xff);
    ones[0] = static_cast<std::uint8_t>(top - 1);
    Bytes any = noise.bytes(size);
    any[0] = static_cast<std::uint8_t>((any[0] & (top - 1)) | top);
    for (const Bytes& exponent : {power_of_two, one_more, ones, any}) {
      const std::size_t length = 1 + noise.below(33);
      Bytes modulus = noise.bytes(length);
      modulus.back() |= 1;
      const Bytes base = noise.bytes(length);
      ASSERT_EQ(run(0x05, call(base, exponent, modulus)).output, expected(base, exponent, modulus))
          << to_hex(base) << " " << to_hex(exponent) << " " << to_hex(modulus);
    }
  }
}

// Numbers of up to 32 bytes have a way of their own, by what lengths the caller claims.
TEST(Modexp, does_not_depend_on_zeros_before_operands) {
  const Bytes base = hex("9f3d");
  const Bytes exponent = hex("010001");
  const Bytes modulus = hex("c0ffee01");
  const Bytes power = expected(base, exponent, modulus);
  for (const std::size_t zeros : {0U, 28U, 29U, 30U, 31U, 40U}) {
    const Bytes front(zeros, 0);
    EXPECT_EQ(run(0x05, call(join(front, base), exponent, modulus)).output, power);
    EXPECT_EQ(run(0x05, call(base, join(front, exponent), modulus)).output, power);
    EXPECT_EQ(run(0x05, call(base, exponent, join(front, modulus))).output, join(front, power));
  }
}

TEST(Modexp, writes_small_results_at_the_end_of_long_moduli) {
  Bytes modulus(40, 0);
  modulus.back() = 11;
  EXPECT_EQ(run(0x05, call(Bytes{7}, Bytes{2}, modulus)).output, join(Bytes(39, 0), Bytes{5}));
  EXPECT_EQ(run(0x05, call(Bytes{22}, Bytes{2}, modulus)).output, Bytes(40, 0));
}

TEST(Modexp, of_empty_input_is_empty) {
  const auto result = run(0x05, {}, Revision::Berlin, 200);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.gas_left, 0);
  EXPECT_TRUE(result.output.empty());
}

TEST(Modexp, with_modulus_zero_or_one_is_zero) {
  EXPECT_EQ(run(0x05, call(Bytes{3}, Bytes{5}, Bytes{0, 0})).output, (Bytes{0, 0}));
  EXPECT_EQ(run(0x05, call(Bytes{3}, Bytes{5}, Bytes{0, 1})).output, (Bytes{0, 0}));
  EXPECT_EQ(run(0x05, call(Bytes{3}, Bytes{}, Bytes{1})).output, (Bytes{0}));
}

TEST(Modexp, to_the_power_of_zero_is_one_even_of_zero) {
  EXPECT_EQ(run(0x05, call(Bytes{0}, Bytes{0}, Bytes{0, 5})).output, (Bytes{0, 1}));
  EXPECT_EQ(run(0x05, call(Bytes{}, Bytes{}, Bytes{5})).output, (Bytes{1}));
  EXPECT_EQ(run(0x05, call(Bytes{9}, Bytes{0}, Bytes{5})).output, (Bytes{1}));
}

TEST(Modexp, reads_zeros_past_the_end) {
  const Bytes cut_modulus = join(lengths(1, 1, 4), hex("03"), hex("05"), hex("01"));
  EXPECT_EQ(run(0x05, cut_modulus).output, (Bytes{0, 0, 0, 243}));  // 0x01000000
  const Bytes cut_base = join(lengths(4, 0, 0), hex("03"));
  EXPECT_TRUE(run(0x05, cut_base).output.empty());
}

// Nothing is left for the modulus then.
TEST(Modexp, with_an_exponent_longer_than_the_input_is_zero) {
  const Bytes input = join(lengths(1, 100'000, 1), hex("03"), hex("80"));
  EXPECT_EQ(run(0x05, input, Revision::Berlin).output, Bytes(1, 0));
}

TEST(Modexp, of_enormous_lengths_runs_out_of_gas) {
  for (const Revision revision : {Revision::Byzantium, Revision::Berlin, Revision::Osaka}) {
    for (const U256 huge : {U256{1} << 32U, U256{1} << 63U, U256{1} << 64U, U256::max()}) {
      for (const Bytes& input : {lengths(huge, 1, 1), lengths(1, huge, 1), lengths(1, 1, huge),
                                 lengths(huge, huge, huge)}) {
        EXPECT_FALSE(run(0x05, input, revision, 1'000'000'000).success);
      }
    }
  }
}

TEST(Modexp, without_base_and_modulus_costs_the_least_for_any_exponent) {
  const Bytes input = lengths(0, U256::max(), 0);
  EXPECT_EQ(cost(input, Revision::Byzantium), 0);
  EXPECT_EQ(cost(input, Revision::Berlin), 200);
  EXPECT_FALSE(run(0x05, input, Revision::Osaka).success);  // EIP-7823
}

TEST(Modexp, has_operands_of_at_most_1024_bytes_since_Osaka) {
  EXPECT_TRUE(run(0x05, lengths(1024, 1024, 1024), Revision::Osaka).success);
  EXPECT_FALSE(run(0x05, lengths(1025, 1, 1), Revision::Osaka).success);
  EXPECT_FALSE(run(0x05, lengths(1, 1025, 1), Revision::Osaka).success);
  EXPECT_FALSE(run(0x05, lengths(1, 1, 1025), Revision::Osaka).success);
  EXPECT_TRUE(run(0x05, lengths(1025, 1025, 1025), Revision::Prague).success);
}

TEST(Modexp, costs_by_operand_length) {
  const Bytes exponent{1, 0, 1};  // 17 bits: 16 iterations
  const auto of = [&](std::size_t size, Revision revision) {
    return cost(call(Bytes(size, 2), exponent, Bytes(size, 3)), revision);
  };
  // EIP-198: both sides of 64 and 1024.
  EXPECT_EQ(of(64, Revision::Byzantium), 64 * 64 * 16 / 20);
  EXPECT_EQ(of(65, Revision::Byzantium), (65 * 65 / 4 + 96 * 65 - 3072) * 16 / 20);
  EXPECT_EQ(of(1024, Revision::Istanbul), (1024 * 1024 / 4 + 96 * 1024 - 3072) * 16 / 20);
  EXPECT_EQ(of(1025, Revision::Istanbul), (1025 * 1025 / 16 + 480 * 1025 - 199680) * 16 / 20);
  // EIP-2565: words of 8 bytes, a third, at least 200.
  EXPECT_EQ(of(48, Revision::Berlin), 200);
  EXPECT_EQ(of(56, Revision::Berlin), 49 * 16 / 3);
  EXPECT_EQ(of(57, Revision::Prague), 64 * 16 / 3);
  // EIP-7883: 16 up to 32 bytes, then twice the square, at least 500.
  EXPECT_EQ(of(31, Revision::Osaka), 500);
  EXPECT_EQ(of(33, Revision::Osaka), 2 * 25 * 16);
}

TEST(Modexp, costs_by_exponent_length) {
  Bytes exponent(40, 0);
  exponent[31] = 1;  // the first 32 bytes are 1
  const auto of = [&](Revision revision) {
    return cost(call(Bytes(64, 2), exponent, Bytes(64, 3)), revision);
  };
  EXPECT_EQ(of(Revision::Byzantium), 64 * 64 * 64 / 20);
  EXPECT_EQ(of(Revision::Berlin), 64 * 64 / 3);
  EXPECT_EQ(of(Revision::Osaka), 2 * 64 * 128);
}

}  // namespace
}  // namespace ol::evm::precompiles
