// The base field of the curve alt_bn128 (bn254): integers modulo the prime of EIP-196, in
// Montgomery form with R = 2^256, always reduced. Not constant-time: nothing here is secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>

namespace ol::evm::precompiles::bn254 {

using Limbs = std::array<std::uint64_t, 4>;

/// The prime p, the least significant limb first. It leaves two bits of 256 unused, which the code
/// below relies on: sums of four elements and the rows of a product do not overflow.
inline constexpr Limbs kPrime = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                                 0x30644e72e131a029};
/// -1/p modulo 2^64.
inline constexpr std::uint64_t kPrimeInverse = 0x87d20782e4866389;

[[gnu::always_inline]] constexpr std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b,
                                                              std::uint64_t& carry) {
  const Uint128 sum = Uint128{a} + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

[[gnu::always_inline]] constexpr std::uint64_t subtract_with_borrow(std::uint64_t a,
                                                                    std::uint64_t b,
                                                                    std::uint64_t& borrow) {
  const Uint128 difference = Uint128{a} - b - borrow;
  borrow = static_cast<std::uint64_t>(difference >> 127);
  return static_cast<std::uint64_t>(difference);
}

/// a - p if that is not negative, else a; for a below 2p.
[[gnu::always_inline]] constexpr Limbs reduce_once(const Limbs& a) {
  std::uint64_t borrow = 0;
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
    std::uint64_t carry = 0;
    Limbs sum{};
    for (std::size_t i = 0; i < 4; ++i)
      sum[i] = add_with_carry(a.limbs[i], b.limbs[i], carry);
    return {reduce_once(sum)};
  }

  [[gnu::always_inline]] friend constexpr Fp operator-(const Fp& a, const Fp& b) {
    std::uint64_t borrow = 0;
    Limbs out{};
    for (std::size_t i = 0; i < 4; ++i)
      out[i] = subtract_with_borrow(a.limbs[i], b.limbs[i], borrow);
    const std::uint64_t mask = 0 - borrow;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i)
      out[i] = add_with_carry(out[i], kPrime[i] & mask, carry);
    return {out};
  }

  [[gnu::always_inline]] friend constexpr Fp operator-(const Fp& a) { return Fp{} - a; }
};

/// A product of two elements, or a sum of such, before reduction.
using Wide = std::array<std::uint64_t, 8>;

/// a times b, both any 256-bit numbers.
[[gnu::always_inline]] constexpr Wide multiply_wide(const Limbs& a, const Limbs& b) {
  Wide out{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const Uint128 t = Uint128{a[j]} * b[i] + out[i + j] + carry;
      out[i + j] = static_cast<std::uint64_t>(t);
      carry = static_cast<std::uint64_t>(t >> 64);
    }
    out[i + 4] = carry;
  }
  return out;
}

/// t / R modulo p, for t below p * R (Montgomery's reduction).
[[gnu::always_inline]] constexpr Fp reduce_wide(Wide t) {
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t m = t[i] * kPrimeInverse;
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const Uint128 s = Uint128{m} * kPrime[j] + t[i + j] + carry;
      t[i + j] = static_cast<std::uint64_t>(s);
      carry = static_cast<std::uint64_t>(s >> 64);
    }
    t[i + 4] = add_with_carry(t[i + 4], carry, top);
  }
  // t < p * R and m * p < p * R, so the sum over R is below 2p and `top` is zero at the end.
  return {reduce_once({t[4], t[5], t[6], t[7]})};
}

// Product and reduction a row at a time. p's top limb is below 2^62, so the two carries of a row
// fit in one word and no fifth limb is kept.
[[gnu::always_inline]] constexpr Fp operator*(const Fp& a, const Fp& b) {
  Limbs t{};
  for (std::size_t i = 0; i < 4; ++i) {
    Uint128 product = Uint128{a.limbs[0]} * b.limbs[i] + t[0];
    std::uint64_t carry = static_cast<std::uint64_t>(product >> 64);
    const std::uint64_t m = static_cast<std::uint64_t>(product) * kPrimeInverse;
    Uint128 reduction = Uint128{m} * kPrime[0] + static_cast<std::uint64_t>(product);
    std::uint64_t reduction_carry = static_cast<std::uint64_t>(reduction >> 64);
    for (std::size_t j = 1; j < 4; ++j) {
      product = Uint128{a.limbs[j]} * b.limbs[i] + t[j] + carry;
      carry = static_cast<std::uint64_t>(product >> 64);
      reduction = Uint128{m} * kPrime[j] + static_cast<std::uint64_t>(product) + reduction_carry;
      reduction_carry = static_cast<std::uint64_t>(reduction >> 64);
      t[j - 1] = static_cast<std::uint64_t>(reduction);
    }
    t[3] = carry + reduction_carry;
  }
  return {reduce_once(t)};
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
