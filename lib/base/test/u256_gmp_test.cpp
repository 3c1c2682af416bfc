// Every operation on words against GMP, over operands whose limbs are often all zeros or all ones
// and whose lengths differ: where carries, quotient digits and special cases live.

#include <array>

#include <gtest/gtest.h>

#include <gmp.h>

#include <ol/base/u256.hpp>

namespace ol {
namespace {

class Integer {
 public:
  Integer() { mpz_init(value_); }
  explicit Integer(const U256& value) : Integer() {
    mpz_import(value_, 32, 1, 1, 1, 0, value.to_big_endian().data());
  }
  ~Integer() { mpz_clear(value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  mpz_ptr get() { return value_; }
  [[nodiscard]] mpz_srcptr get() const { return value_; }

  /// The value modulo 2^256.
  [[nodiscard]] U256 word() const {
    Integer reduced;
    mpz_fdiv_r_2exp(reduced.value_, value_, 256);
    std::array<std::uint64_t, 4> limbs{};
    for (std::size_t i = 0; i < 4; ++i)
      limbs[i] = mpz_getlimbn(reduced.value_, static_cast<mp_size_t>(i));
    return {limbs[0], limbs[1], limbs[2], limbs[3]};
  }

 private:
  mpz_t value_;
};

template <typename Operation>
U256 with(const U256& a, const U256& b, Operation operation) {
  Integer out;
  operation(out.get(), Integer(a).get(), Integer(b).get());
  return out.word();
}

template <typename Operation>
U256 modulo(const U256& a, const U256& b, const U256& m, Operation operation) {
  Integer out;
  operation(out.get(), Integer(a).get(), Integer(b).get());
  mpz_mod(out.get(), out.get(), Integer(m).get());
  return out.word();
}

class Words {
 public:
  explicit Words(std::uint64_t seed) : state_(seed) {}

  U256 next() {
    const std::uint64_t kind = draw();
    const U256 word{limb(kind), limb(kind >> 3), limb(kind >> 6), limb(kind >> 9)};
    const unsigned shift = (kind >> 12 & 3) == 0 ? 0 : static_cast<unsigned>(kind >> 14 & 255);
    return (kind >> 22 & 1) != 0 ? word >> shift : word << shift;
  }
  /// A word within a few units of `near`, or any.
  U256 next_near(const U256& near) {
    const std::uint64_t kind = draw();
    if (kind % 8 != 0) return next();
    return near + U256{kind >> 8 & 3} - U256{1};
  }

 private:
  std::uint64_t draw() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t limb(std::uint64_t kind) {
    switch (kind & 7) {
      case 0:
        return 0;
      case 1:
        return ~0ULL;
      case 2:
        return 1ULL << 63;
      default:
        return draw();
    }
  }

  std::uint64_t state_;
};

constexpr int kRounds = 20000;

TEST(U256AgainstGmp, adds_subtracts_multiplies_and_compares) {
  Words words(1);
  for (int i = 0; i < kRounds; ++i) {
    const U256 a = words.next();
    const U256 b = words.next_near(a);
    ASSERT_EQ(a + b, with(a, b, mpz_add));
    ASSERT_EQ(a - b, with(a, b, mpz_sub));
    ASSERT_EQ(a * b, with(a, b, mpz_mul));
    ASSERT_EQ(a < b, mpz_cmp(Integer(a).get(), Integer(b).get()) < 0);
  }
}

TEST(U256AgainstGmp, divides) {
  Words words(2);
  for (int i = 0; i < kRounds; ++i) {
    const U256 a = words.next();
    const U256 b = words.next_near(a);
    if (b.is_zero()) continue;
    const auto [quotient, remainder] = divmod(a, b);
    ASSERT_EQ(quotient, with(a, b, mpz_tdiv_q)) << a.to_hex() << " / " << b.to_hex();
    ASSERT_EQ(remainder, with(a, b, mpz_tdiv_r)) << a.to_hex() << " % " << b.to_hex();
  }
}

TEST(U256AgainstGmp, reduces_sums_and_products) {
  Words words(3);
  for (int i = 0; i < kRounds; ++i) {
    const U256 m = words.next_near(U256{});
    const U256 a = words.next_near(m);
    const U256 b = words.next_near(m);
    if (m.is_zero()) {
      ASSERT_TRUE(addmod(a, b, m).is_zero() && mulmod(a, b, m).is_zero());
      continue;
    }
    ASSERT_EQ(addmod(a, b, m), modulo(a, b, m, mpz_add)) << a.to_hex() << b.to_hex() << m.to_hex();
    ASSERT_EQ(mulmod(a, b, m), modulo(a, b, m, mpz_mul)) << a.to_hex() << b.to_hex() << m.to_hex();
  }
}

// 2^256 - 1 and the powers of two are reduced by another way.
TEST(U256AgainstGmp, reduces_products_by_special_moduli) {
  Words words(4);
  for (int i = 0; i < kRounds; ++i) {
    const U256 a = words.next_near(U256::max());
    const U256 b = words.next_near(U256::max());
    ASSERT_EQ(mulmod(a, b, U256::max()), modulo(a, b, U256::max(), mpz_mul));
    const U256 power = U256{1} << static_cast<unsigned>(i % 256);
    ASSERT_EQ(mulmod(a, b, power), modulo(a, b, power, mpz_mul));
    ASSERT_EQ(mod(a, power), with(a, power, mpz_tdiv_r));
    ASSERT_EQ(div(a, power), with(a, power, mpz_tdiv_q));
  }
}

TEST(U256AgainstGmp, raises_to_powers) {
  Words words(5);
  Integer modulus;
  mpz_setbit(modulus.get(), 256);
  for (int i = 0; i < 2000; ++i) {
    const U256 base = i % 4 == 0 ? U256{1} << static_cast<unsigned>(i % 256) : words.next();
    const U256 exponent = i % 3 == 0 ? U256{static_cast<std::uint64_t>(i % 300)} : words.next();
    Integer out;
    mpz_powm(out.get(), Integer(base).get(), Integer(exponent).get(), modulus.get());
    ASSERT_EQ(exp(base, exponent), out.word()) << base.to_hex() << " ^ " << exponent.to_hex();
  }
}

/// Floor of the two's complement value over 2^shift, or times 2^shift.
U256 shifted(const U256& a, unsigned shift, bool is_signed, bool left) {
  Integer value(a);
  if (is_signed && a.is_negative()) {
    Integer wrap;
    mpz_setbit(wrap.get(), 256);
    mpz_sub(value.get(), value.get(), wrap.get());
  }
  if (left) {
    mpz_mul_2exp(value.get(), value.get(), shift);
  } else {
    mpz_fdiv_q_2exp(value.get(), value.get(), shift);
  }
  return value.word();
}

TEST(U256AgainstGmp, shifts_by_every_amount) {
  Words words(6);
  for (unsigned i = 0; i < 5200; ++i) {
    const U256 a = words.next();
    const unsigned shift = i % 260;
    ASSERT_EQ(shl(a, shift), shifted(a, shift, false, true)) << a.to_hex() << " << " << shift;
    ASSERT_EQ(shr(a, shift), shifted(a, shift, false, false)) << a.to_hex() << " >> " << shift;
    ASSERT_EQ(sar(a, shift), shifted(a, shift, true, false)) << a.to_hex() << " >> " << shift;
  }
}

TEST(U256AgainstGmp, extends_signs_and_picks_bytes) {
  Words words(7);
  for (unsigned i = 0; i < 5000; ++i) {
    const U256 a = words.next();
    const unsigned index = i % 33;
    const unsigned unused = index < 31 ? 248 - 8 * index : 0;
    ASSERT_EQ(signextend(index, a), shifted(shifted(a, unused, false, true), unused, true, false))
        << a.to_hex() << " from byte " << index;
    const U256 picked = index < 32 ? U256{a.to_big_endian()[index]} : U256{};
    ASSERT_EQ(byte(index, a), picked) << a.to_hex() << " byte " << index;
  }
}

// What the compiler evaluates goes another way through carries and bytes.
TEST(U256AgainstGmp, constants_equal_running_code) {
  constexpr U256 kA{~0ULL, 1, ~0ULL, 7};
  constexpr U256 kB{5, ~0ULL, 0, ~0ULL};
  constexpr U256 kDifference = kA - kB;
  constexpr bool kLess = kA < kB;
  constexpr std::array<std::uint8_t, 32> kBytes = kA.to_big_endian();
  constexpr U256 kRead = *U256::from_big_endian(kBytes);
  static_assert(kRead == kA);
  U256 a = kA;
  U256 b = kB;
  asm volatile("" : "+m"(a), "+m"(b));
  EXPECT_EQ(a - b, kDifference);
  EXPECT_EQ(a < b, kLess);
  EXPECT_EQ(*U256::from_big_endian(a.to_big_endian()), kRead);
}

}  // namespace
}  // namespace ol
