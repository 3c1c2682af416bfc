// The base field of the curve alt_bn128 (bn254): integers modulo the prime of EIP-196, in
// Montgomery form with R = 2^256, always reduced. Not constant-time: nothing here is secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>

#include "carry.hpp"

namespace ol::evm::precompiles::bn254 {

using Limbs = std::array<std::uint64_t, 4>;

/// The prime p, the least significant limb first. It leaves two bits of 256 unused, which the code
/// below relies on: sums of four elements and the rows of a product do not overflow.
inline constexpr Limbs kPrime = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                                 0x30644e72e131a029};
/// -1/p modulo 2^64.
inline constexpr std::uint64_t kPrimeInverse = 0x87d20782e4866389;

/// a - p if that is not negative, else a; for a below 2p.
[[gnu::always_inline]] constexpr Limbs reduce_once(const Limbs& a) {
  std::uint8_t borrow = 0;
  Limbs out{};
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = subtract_with_borrow(a[i], kPrime[i], borrow);
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = borrow != 0 ? a[i] : out[i];
  return out;
}

/// An element of the field.
struct Fp {
  Limbs limbs{};

  friend constexpr bool operator==(const Fp&, const Fp&) = default;

  [[nodiscard]] constexpr bool is_zero() const {
    return (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0;
  }

  [[gnu::always_inline]] friend constexpr Fp operator+(const Fp& a, const Fp& b) {
    std::uint8_t carry = 0;
    Limbs sum{};
    for (std::size_t i = 0; i < 4; ++i)
      sum[i] = add_with_carry(a.limbs[i], b.limbs[i], carry);
    return {reduce_once(sum)};
  }

  [[gnu::always_inline]] friend constexpr Fp operator-(const Fp& a, const Fp& b) {
    std::uint8_t borrow = 0;
    Limbs out{};
    for (std::size_t i = 0; i < 4; ++i)
      out[i] = subtract_with_borrow(a.limbs[i], b.limbs[i], borrow);
    const std::uint64_t mask = 0 - std::uint64_t{borrow};
    std::uint8_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i)
      out[i] = add_with_carry(out[i], kPrime[i] & mask, carry);
    return {out};
  }

  [[gnu::always_inline]] friend constexpr Fp operator-(const Fp& a) { return Fp{} - a; }
};

/// Five limbs that products are added to, row after row.
struct Accumulator {
  std::array<std::uint64_t, 5> limbs{};

  /// Adds a * b; the caller knows that the sum fits.
  [[gnu::always_inline]] constexpr void add_product(const Limbs& a, std::uint64_t b) {
    std::array<std::uint64_t, 5> row{};
    std::uint64_t high = 0;
    std::uint8_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const Uint128 product = Uint128{a[j]} * b;
      row[j] = add_with_carry(static_cast<std::uint64_t>(product), high, carry);
      high = static_cast<std::uint64_t>(product >> 64);
    }
    row[4] = high + carry;
    carry = 0;
    for (std::size_t j = 0; j < 5; ++j)
      limbs[j] = add_with_carry(limbs[j], row[j], carry);
  }

  /// Adds the multiple of p that clears the lowest limb, then drops it (Montgomery's reduction).
  [[gnu::always_inline]] constexpr void reduce_limb() {
    add_product(kPrime, limbs[0] * kPrimeInverse);
    limbs = {limbs[1], limbs[2], limbs[3], limbs[4], 0};
  }

  /// The value, which is below 2p, modulo p.
  [[nodiscard, gnu::always_inline]] constexpr Fp value() const {
    return {reduce_once({limbs[0], limbs[1], limbs[2], limbs[3]})};
  }
};

// After each row the accumulator is below 3p, before its reduction below 2^64 * 3p: five limbs hold
// it.
[[gnu::always_inline]] constexpr Fp operator*(const Fp& a, const Fp& b) {
  Accumulator out;
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 4; ++i) {
    out.add_product(a.limbs, b.limbs[i]);
    out.reduce_limb();
  }
  return out.value();
}

/// a b + c d with one reduction, for numbers up to p. Below 2p at the end as 2 p^2 / R + p is.
/// Source: Longa, "Efficient Algorithms for Large Prime Characteristic Fields" (ePrint 2022/367).
[[gnu::always_inline]] constexpr Fp sum_of_products(const Limbs& a, const Limbs& b, const Limbs& c,
                                                    const Limbs& d) {
  Accumulator out;
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 4; ++i) {
    out.add_product(a, b[i]);
    out.add_product(c, d[i]);
    out.reduce_limb();
  }
  return out.value();
}

/// p - a, which is p and not zero for zero.
[[gnu::always_inline]] constexpr Limbs negated_lazily(const Fp& a) {
  std::uint8_t borrow = 0;
  Limbs out{};
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = subtract_with_borrow(kPrime[i], a.limbs[i], borrow);
  return out;
}

[[gnu::always_inline]] constexpr Fp square(const Fp& a) {
  return a * a;
}

[[gnu::always_inline]] constexpr Fp twice(const Fp& a) {
  return a + a;
}

/// R^2 modulo p, which brings numbers into Montgomery form.
inline constexpr Fp kRadixSquared = {
    {0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f}};

/// The element of an integer below p, the least significant limb first.
[[nodiscard]] constexpr Fp fp(std::uint64_t l0, std::uint64_t l1 = 0, std::uint64_t l2 = 0,
                              std::uint64_t l3 = 0) {
  return Fp{{l0, l1, l2, l3}} * kRadixSquared;
}

inline constexpr Fp kOne = fp(1);

/// 32 big-endian bytes; nothing if the number is not below p.
[[nodiscard]] std::optional<Fp> read_fp(ByteView bytes);
[[nodiscard]] std::array<std::uint8_t, 32> write_fp(const Fp& a);

/// 1/a; zero for zero.
[[nodiscard]] Fp inverse(const Fp& a);

}  // namespace ol::evm::precompiles::bn254
