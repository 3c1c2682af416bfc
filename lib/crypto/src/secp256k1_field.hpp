// The base field of secp256k1: integers modulo p = 2^256 - 2^32 - 977 (SEC 2, section 2.4.1). For
// public data only: the time taken depends on the values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ol/base/u256.hpp>

namespace ol::crypto::secp256k1 {

/// 2^256 - p: what a carry out of 256 bits is worth.
inline constexpr std::uint64_t kFold = 0x1000003d1;

inline constexpr U256 kPrime{0 - kFold, ~0ULL, ~0ULL, ~0ULL};

[[gnu::always_inline]] inline std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b,
                                                           unsigned char& carry) {
  unsigned long long sum = 0;
  carry = __builtin_ia32_addcarryx_u64(carry, a, b, &sum);
  return sum;
}

[[gnu::always_inline]] inline std::uint64_t subtract_with_borrow(std::uint64_t a, std::uint64_t b,
                                                                 unsigned char& borrow) {
  unsigned long long difference = 0;
  borrow = __builtin_ia32_subborrow_u64(borrow, a, b, &difference);
  return difference;
}

/// An element. Any 256-bit number stands for its residue; only `canonical` reduces below p.
struct Fe {
  std::array<std::uint64_t, 4> limbs{};

  [[nodiscard]] static constexpr Fe from(const U256& v) {
    return {{v.limb(0), v.limb(1), v.limb(2), v.limb(3)}};
  }

  [[nodiscard]] U256 canonical() const {
    const U256 v{limbs[0], limbs[1], limbs[2], limbs[3]};
    return v < kPrime ? v : v - kPrime;
  }
  [[nodiscard]] bool is_zero() const {
    // Zero has two forms, 0 and p.
    const std::uint64_t any = limbs[0] | limbs[1] | limbs[2] | limbs[3];
    const std::uint64_t all = (limbs[0] ^ (0 - kFold)) | ~(limbs[1] & limbs[2] & limbs[3]);
    return any == 0 || all == 0;
  }

  [[gnu::always_inline]] friend Fe operator+(const Fe& a, const Fe& b) {
    Fe out;
    unsigned char carry = 0;
    for (std::size_t i = 0; i < 4; ++i)
      out.limbs[i] = add_with_carry(a.limbs[i], b.limbs[i], carry);
    const std::uint64_t fold = carry != 0 ? kFold : 0;
    carry = 0;
    out.limbs[0] = add_with_carry(out.limbs[0], fold, carry);
    for (std::size_t i = 1; i < 4; ++i)
      out.limbs[i] = add_with_carry(out.limbs[i], 0, carry);
    // Only if both were nearly 2^256; what is left then is small. A jump never taken costs less
    // here than a selection that everything after waits for.
    if (carry != 0) [[unlikely]]
      out.limbs[0] += kFold;
    return out;
  }

  [[gnu::always_inline]] friend Fe operator-(const Fe& a, const Fe& b) {
    Fe out;
    unsigned char borrow = 0;
    for (std::size_t i = 0; i < 4; ++i)
      out.limbs[i] = subtract_with_borrow(a.limbs[i], b.limbs[i], borrow);
    const std::uint64_t fold = borrow != 0 ? kFold : 0;
    borrow = 0;
    out.limbs[0] = subtract_with_borrow(out.limbs[0], fold, borrow);
    for (std::size_t i = 1; i < 4; ++i)
      out.limbs[i] = subtract_with_borrow(out.limbs[i], 0, borrow);
    // Only if the difference was nearly -2^256; the lowest limb is large then.
    if (borrow != 0) [[unlikely]]
      out.limbs[0] -= kFold;
    return out;
  }
  [[gnu::always_inline]] friend Fe operator-(const Fe& a) { return Fe{} - a; }
};

/// A product before reduction.
using Wide = std::array<std::uint64_t, 8>;

/// 2^256 is kFold modulo p: the upper half is folded onto the lower, and what that carries again.
[[gnu::always_inline]] inline Fe reduce(const Wide& t) {
  std::array<std::uint64_t, 5> row{};
  std::uint64_t high = 0;
  unsigned char carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Uint128 product = Uint128{t[i + 4]} * kFold;
    row[i] = add_with_carry(static_cast<std::uint64_t>(product), high, carry);
    high = static_cast<std::uint64_t>(product >> 64);
  }
  row[4] = high + carry;
  Fe out;
  carry = 0;
  for (std::size_t i = 0; i < 4; ++i)
    out.limbs[i] = add_with_carry(t[i], row[i], carry);
  const Uint128 again = Uint128{row[4] + carry} * kFold;
  carry = 0;
  out.limbs[0] = add_with_carry(out.limbs[0], static_cast<std::uint64_t>(again), carry);
  out.limbs[1] = add_with_carry(out.limbs[1], static_cast<std::uint64_t>(again >> 64), carry);
  out.limbs[2] = add_with_carry(out.limbs[2], 0, carry);
  out.limbs[3] = add_with_carry(out.limbs[3], 0, carry);
  // A third carry is one in 2^189; it leaves less than 2^68, so it ends in the second limb.
  if (carry != 0) [[unlikely]] {
    carry = 0;
    out.limbs[0] = add_with_carry(out.limbs[0], kFold, carry);
    out.limbs[1] += carry;
  }
  return out;
}

[[gnu::always_inline]] inline Fe operator*(const Fe& a, const Fe& b) {
  Wide out{};
#pragma clang loop unroll(full)
  for (std::size_t i = 0; i < 4; ++i) {
    std::array<std::uint64_t, 4> row{};
    std::uint64_t high = 0;
    unsigned char carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const Uint128 product = Uint128{a.limbs[j]} * b.limbs[i];
      row[j] = add_with_carry(static_cast<std::uint64_t>(product), high, carry);
      high = static_cast<std::uint64_t>(product >> 64);
    }
    high += carry;
    carry = 0;
    for (std::size_t j = 0; j < 4; ++j)
      out[i + j] = add_with_carry(out[i + j], row[j], carry);
    out[i + 4] = high + carry;
  }
  return reduce(out);
}

/// Six mixed products doubled, and four squares.
[[gnu::always_inline]] inline Fe square(const Fe& a) {
  const auto& l = a.limbs;
  const Uint128 p01 = Uint128{l[0]} * l[1];
  const Uint128 p02 = Uint128{l[0]} * l[2];
  const Uint128 p03 = Uint128{l[0]} * l[3];
  const Uint128 p12 = Uint128{l[1]} * l[2];
  const Uint128 p13 = Uint128{l[1]} * l[3];
  const Uint128 p23 = Uint128{l[2]} * l[3];
  const auto low = [](Uint128 v) { return static_cast<std::uint64_t>(v); };
  const auto high = [](Uint128 v) { return static_cast<std::uint64_t>(v >> 64); };
  unsigned char c = 0;
  Wide t{};
  t[1] = low(p01);
  t[2] = add_with_carry(high(p01), low(p02), c);
  t[3] = add_with_carry(high(p02), low(p03), c);
  t[4] = add_with_carry(high(p03), low(p13), c);
  t[5] = add_with_carry(high(p13), low(p23), c);
  t[6] = high(p23) + c;
  c = 0;
  t[3] = add_with_carry(t[3], low(p12), c);
  t[4] = add_with_carry(t[4], high(p12), c);
  t[5] = add_with_carry(t[5], 0, c);
  t[6] += c;
  t[7] = t[6] >> 63;
  for (std::size_t i = 6; i > 1; --i)
    t[i] = t[i] << 1 | t[i - 1] >> 63;
  t[1] <<= 1;
  c = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Uint128 s = Uint128{l[i]} * l[i];
    t[2 * i] = add_with_carry(t[2 * i], low(s), c);
    t[2 * i + 1] = add_with_carry(t[2 * i + 1], high(s), c);
  }
  return reduce(t);
}

[[gnu::always_inline]] inline Fe twice(const Fe& a) {
  return a + a;
}

/// 1/a; zero for zero.
[[nodiscard]] Fe inverse(const Fe& a);

/// A square root of `a` if it has one, which the caller checks.
[[nodiscard]] Fe square_root_candidate(const Fe& a);

}  // namespace ol::crypto::secp256k1
