// The field, the tower above it and the constants, against GMP and against their definitions.

#include <gtest/gtest.h>

#include <gmp.h>

#include "../bn254_g1.hpp"
#include "../bn254_tower.hpp"
#include "vectors.hpp"

namespace ol::evm::precompiles::bn254 {
namespace {

constexpr U256 kP{kPrime[0], kPrime[1], kPrime[2], kPrime[3]};

/// An integer modulo p, with GMP.
class Plain {
 public:
  explicit Plain(const U256& value) {
    mpz_init(value_);
    mpz_import(value_, 32, 1, 1, 1, 0, value.to_big_endian().data());
  }
  ~Plain() { mpz_clear(value_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  /// Combines with `other` and reduces.
  template <typename Operation>
  [[nodiscard]] U256 with(const Plain& other, Operation operation) const {
    mpz_t out;
    mpz_init(out);
    operation(out, value_, other.value_);
    const Plain prime(kP);
    mpz_mod(out, out, prime.value_);
    std::array<std::uint8_t, 32> bytes{};
    if (mpz_sgn(out) != 0) {
      const std::size_t size = (mpz_sizeinbase(out, 2) + 7) / 8;
      mpz_export(&bytes[32 - size], nullptr, 1, 1, 1, 0, out);
    }
    mpz_clear(out);
    return *U256::from_big_endian(bytes);
  }

 private:
  mpz_t value_;
};

Fp element(const U256& value) {
  return read_fp(value.to_big_endian()).value();
}

U256 number(const Fp& a) {
  return *U256::from_big_endian(write_fp(a));
}

std::vector<U256> numbers() {
  std::vector<U256> out = {0,
                           1,
                           2,
                           kP - U256{1},
                           kP - U256{2},
                           kP / U256{2},
                           U256{0, 0, 0, 0x30644e72e131a028},
                           U256{~0ULL, ~0ULL, ~0ULL, 0}};
  Noise noise(254);
  for (int i = 0; i < 60; ++i)
    out.push_back(noise.number() % kP);
  return out;
}

TEST(Bn254Field, adds_subtracts_and_multiplies_as_GMP_does) {
  for (const U256& x : numbers()) {
    for (const U256& y : numbers()) {
      const Plain a(x);
      const Plain b(y);
      EXPECT_EQ(number(element(x) + element(y)), a.with(b, mpz_add));
      EXPECT_EQ(number(element(x) - element(y)), a.with(b, mpz_sub));
      EXPECT_EQ(number(element(x) * element(y)), a.with(b, mpz_mul));
    }
  }
}

// The same code as the compiler evaluates it, without the processor's carry instructions.
TEST(Bn254Field, gives_constants_the_values_of_running_code) {
  constexpr Fp a = fp(1, 2, 3, 4);
  constexpr Fp b = fp(~0ULL, 6, ~0ULL, 0x2fffffffffffffff);
  constexpr Fp product = a * b;
  constexpr Fp difference = a - b;
  constexpr Fp sum = b + b;
  Fp x = a;
  Fp y = b;
  asm volatile("" : "+m"(x), "+m"(y));
  EXPECT_EQ(x * y, product);
  EXPECT_EQ(x - y, difference);
  EXPECT_EQ(y + y, sum);
}

TEST(Bn254Field, inverts) {
  for (const U256& x : numbers()) {
    const Fp a = element(x);
    EXPECT_EQ(a * inverse(a), a.is_zero() ? Fp{} : kOne);
  }
}

TEST(Bn254Field, reads_numbers_below_the_prime_only) {
  EXPECT_TRUE(read_fp((kP - U256{1}).to_big_endian()).has_value());
  EXPECT_FALSE(read_fp(kP.to_big_endian()).has_value());
  EXPECT_FALSE(read_fp((kP + U256{1}).to_big_endian()).has_value());
  EXPECT_FALSE(read_fp(U256::max().to_big_endian()).has_value());
}

Fp2 any_fp2(Noise& noise) {
  return {element(noise.number() % kP), element(noise.number() % kP)};
}
Fp6 any_fp6(Noise& noise) {
  return {any_fp2(noise), any_fp2(noise), any_fp2(noise)};
}
Fp12 any_fp12(Noise& noise) {
  return {any_fp6(noise), any_fp6(noise)};
}

template <typename T>
T power(const T& base, const U256& exponent, const T& one) {
  T out = one;
  for (unsigned i = exponent.bit_length(); i-- > 0;) {
    out = out * out;
    if ((exponent >> i).low64() & 1U) out = out * base;
  }
  return out;
}

TEST(Bn254Tower, multiplies_in_Fp2_by_the_definition) {
  Noise noise(2);
  for (int i = 0; i < 200; ++i) {
    Fp2 a = any_fp2(noise);
    Fp2 b = any_fp2(noise);
    if (i == 0) a.c1 = {};
    if (i == 1) b.c0 = {};
    const Fp2 product = {a.c0 * b.c0 - a.c1 * b.c1, a.c0 * b.c1 + a.c1 * b.c0};
    EXPECT_EQ(a * b, product);
    EXPECT_EQ(square(a), a * a);
    EXPECT_EQ(a * inverse(a), kFp2One);
    EXPECT_EQ(times_xi(a), (a * Fp2{fp(9), kOne}));
  }
}

TEST(Bn254Tower, multiplies_in_Fp6_and_Fp12_as_rings_do) {
  Noise noise(12);
  for (int i = 0; i < 20; ++i) {
    const Fp12 a = any_fp12(noise);
    const Fp12 b = any_fp12(noise);
    const Fp12 c = any_fp12(noise);
    EXPECT_EQ(a * b, b * a);
    EXPECT_EQ((a * b) * c, a * (b * c));
    EXPECT_EQ(square(a), a * a);
    EXPECT_EQ(a * inverse(a), kFp12One);
    EXPECT_EQ(a.c0 * inverse(a.c0), (Fp6{kFp2One, {}, {}}));
  }
  const Fp12 w = {{}, {kFp2One, {}, {}}};
  const Fp12 v = {{{}, kFp2One, {}}, {}};
  const Fp12 xi = {{{fp(9), kOne}, {}, {}}, {}};
  EXPECT_EQ(w * w, v);
  EXPECT_EQ(v * v * v, xi);
  const Fp6 a = any_fp6(noise);
  EXPECT_EQ(times_v(a), (a * Fp6{{}, kFp2One, {}}));
}

TEST(Bn254Tower, multiplies_by_a_line_as_by_any_element) {
  Noise noise(13);
  for (int i = 0; i < 20; ++i) {
    const Fp12 a = any_fp12(noise);
    const Line line = {any_fp2(noise), any_fp2(noise), any_fp2(noise)};
    EXPECT_EQ(a * line, (a * Fp12{{line.l0, {}, {}}, {line.l1, line.l3, {}}}));
  }
}

TEST(Bn254Tower, has_the_Frobenius_map_as_a_power) {
  Noise noise(14);
  const Fp12 a = any_fp12(noise);
  const Fp12 once = power(a, kP, kFp12One);
  EXPECT_EQ(frobenius(a), once);
  EXPECT_EQ(frobenius_squared(a), power(once, kP, kFp12One));
}

TEST(Bn254Tower, squares_cyclotomic_elements) {
  Noise noise(15);
  for (int i = 0; i < 5; ++i) {
    const Fp12 a = any_fp12(noise);
    const Fp12 easy = conjugate(a) * inverse(a);
    const Fp12 cyclotomic = frobenius_squared(easy) * easy;
    EXPECT_EQ(cyclotomic_square(cyclotomic), cyclotomic * cyclotomic);
    EXPECT_EQ(cyclotomic * conjugate(cyclotomic), kFp12One);
    EXPECT_NE(cyclotomic_square(a), a * a);
  }
}

}  // namespace
}  // namespace ol::evm::precompiles::bn254
