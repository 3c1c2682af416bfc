// The tower of extensions the pairing lives in:
// Fp2 = Fp[u] / (u^2 + 1), Fp6 = Fp2[v] / (v^3 - xi) with xi = 9 + u, Fp12 = Fp6[w] / (w^2 - v).
// Formulas: Devegili, O hEigeartaigh, Scott, Dahab, "Multiplication and Squaring on
// Pairing-Friendly Fields" (ePrint 2006/471); Granger, Scott, "Faster Squaring in the Cyclotomic
// Subgroup" (ePrint 2009/565).
#pragma once

#include "bn254_field.hpp"

namespace ol::evm::precompiles::bn254 {

struct Fp2 {
  Fp c0;
  Fp c1;

  friend constexpr bool operator==(const Fp2&, const Fp2&) = default;
  [[nodiscard]] constexpr bool is_zero() const { return c0.is_zero() && c1.is_zero(); }

  friend constexpr Fp2 operator+(const Fp2& a, const Fp2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend constexpr Fp2 operator-(const Fp2& a, const Fp2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  friend constexpr Fp2 operator-(const Fp2& a) { return {-a.c0, -a.c1}; }
};

[[nodiscard]] Fp2 operator*(const Fp2& a, const Fp2& b);
[[nodiscard]] Fp2 square(const Fp2& a);
[[nodiscard]] Fp2 inverse(const Fp2& a);

[[nodiscard]] constexpr Fp2 operator*(const Fp2& a, const Fp& b) {
  return {a.c0 * b, a.c1 * b};
}
[[nodiscard]] constexpr Fp2 twice(const Fp2& a) {
  return {twice(a.c0), twice(a.c1)};
}
[[nodiscard]] constexpr Fp2 conjugate(const Fp2& a) {
  return {a.c0, -a.c1};
}
/// a times xi = 9 + u.
[[nodiscard]] constexpr Fp2 times_xi(const Fp2& a) {
  const Fp2 eight = twice(twice(twice(a)));
  return {eight.c0 + a.c0 - a.c1, eight.c1 + a.c1 + a.c0};
}

inline constexpr Fp2 kFp2One = {kOne, {}};

struct Fp6 {
  Fp2 c0;
  Fp2 c1;
  Fp2 c2;

  friend constexpr bool operator==(const Fp6&, const Fp6&) = default;

  friend constexpr Fp6 operator+(const Fp6& a, const Fp6& b) {
    return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2};
  }
  friend constexpr Fp6 operator-(const Fp6& a, const Fp6& b) {
    return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2};
  }
  friend constexpr Fp6 operator-(const Fp6& a) { return {-a.c0, -a.c1, -a.c2}; }
};

[[nodiscard]] Fp6 operator*(const Fp6& a, const Fp6& b);
[[nodiscard]] Fp6 inverse(const Fp6& a);
/// a times v.
[[nodiscard]] constexpr Fp6 times_v(const Fp6& a) {
  return {times_xi(a.c2), a.c0, a.c1};
}

struct Fp12 {
  Fp6 c0;
  Fp6 c1;

  friend constexpr bool operator==(const Fp12&, const Fp12&) = default;
};

inline constexpr Fp12 kFp12One = {{kFp2One, {}, {}}, {}};

[[nodiscard]] Fp12 operator*(const Fp12& a, const Fp12& b);
[[nodiscard]] Fp12 square(const Fp12& a);
[[nodiscard]] Fp12 inverse(const Fp12& a);

/// a^(p^6): the inverse in the cyclotomic subgroup.
[[nodiscard]] constexpr Fp12 conjugate(const Fp12& a) {
  return {a.c0, -a.c1};
}

/// a^2 for a in the cyclotomic subgroup, that is with a^(p^4 - p^2 + 1) = 1.
[[nodiscard]] Fp12 cyclotomic_square(const Fp12& a);

/// a^p and a^(p^2).
[[nodiscard]] Fp12 frobenius(const Fp12& a);
[[nodiscard]] Fp12 frobenius_squared(const Fp12& a);

/// The value of a line: l0 + l1 w + l3 w^3, all other coefficients zero.
struct Line {
  Fp2 l0;
  Fp2 l1;
  Fp2 l3;
};

[[nodiscard]] Fp12 operator*(const Fp12& a, const Line& line);

/// xi^(i (p - 1) / 6) for i from 1 to 5, at index i - 1: what a^p multiplies w^i by.
inline constexpr std::array<Fp2, 5> kFrobenius = {{
    {fp(0xd60b35dadcc9e470, 0x5c521e08292f2176, 0xe8b99fdd76e68b60, 0x1284b71c2865a7df),
     fp(0xca5cf05f80f362ac, 0x747992778eeec7e5, 0xa6327cfe12150b8e, 0x246996f3b4fae7e6)},
    {fp(0x99e39557176f553d, 0xb78cc310c2c3330c, 0x4c0bec3cf559b143, 0x2fb347984f7911f7),
     fp(0x1665d51c640fcba2, 0x32ae2a1d0b7c9dce, 0x4ba4cc8bd75a0794, 0x16c9e55061ebae20)},
    {fp(0xdc54014671a0135a, 0xdbaae0eda9c95998, 0xdc5ec698b6e2f9b9, 0x063cf305489af5dc),
     fp(0x82d37f632623b0e3, 0x21807dc98fa25bd2, 0x0704b5a7ec796f2b, 0x07c03cbcac41049a)},
    {fp(0x848a1f55921ea762, 0xd33365f7be94ec72, 0x80f3c0b75a181e84, 0x05b54f5e64eea801),
     fp(0xc13b4711cd2b8126, 0x3685d2ea1bdec763, 0x9f3a80b03b0b1c92, 0x2c145edbe7fd8aee)},
    {fp(0x2ea2c810eab7692f, 0x425c459b55aa1bd3, 0xe93a3661a4353ff4, 0x0183c1e74f798649),
     fp(0x24c6b8ee6e0c2c4b, 0xb080cb99678e2ac0, 0xa27fb246c7729f7d, 0x12acf2ca76fd0675)},
}};

/// xi^(i (p^2 - 1) / 6) for i from 1 to 5, at index i - 1; all in Fp.
inline constexpr std::array<Fp, 5> kFrobeniusSquared = {{
    fp(0xe4bd44e5607cfd49, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029),
    fp(0xe4bd44e5607cfd48, 0xc28f069fbb966e3d, 0x5e6dd9e7e0acccb0, 0x30644e72e131a029),
    fp(0x3c208c16d87cfd46, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029),
    fp(0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac),
    fp(0x5763473177ffffff, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac),
}};

}  // namespace ol::evm::precompiles::bn254
