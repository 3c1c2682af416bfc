// Barrett reduction: Menezes, van Oorschot, Vanstone, Handbook of Applied Cryptography, algorithm
// 14.42, with limbs of 64 bits and k = 4.
#include "division.hpp"

namespace ol::evm {
namespace {

using Limb = std::uint64_t;

/// (high, low) / divisor by the processor's own division. @pre high < divisor.
[[gnu::always_inline]] inline Limb divide_limb(Limb high, Limb low, Limb divisor, Limb& rest) {
  Limb quotient = low;
  Limb remainder = high;
  __asm__("divq %[d]" : "+a"(quotient), "+d"(remainder) : [d] "r"(divisor) : "cc");
  rest = remainder;
  return quotient;
}

/// @pre `divisor` is not zero.
U256 divide_by_limb(const U256& a, Limb divisor, Limb& rest) {
  std::array<Limb, 4> q{};
  rest = 0;
  for (std::size_t i = 4; i-- > 0;) {
    // Leading zeros, of the number or of what is left of it, need no division.
    if ((rest | a.limb(i)) != 0) q[i] = divide_limb(rest, a.limb(i), divisor, rest);
  }
  return {q[0], q[1], q[2], q[3]};
}

U256 magnitude(const U256& v) {
  return v.is_negative() ? word::subtract({}, v) : v;
}

/// r = a - b for five limbs, modulo 2^320.
std::array<Limb, 5> subtract5(const std::array<Limb, 5>& a, const std::array<Limb, 5>& b) {
  std::array<Limb, 5> r{};
  unsigned long long borrow = 0;
  for (std::size_t i = 0; i < 5; ++i)
    r[i] = word::subtract_limb(a[i], b[i], borrow);
  return r;
}

}  // namespace

U256 fast_div(const U256& a, const U256& b) {
  if (b.fits_u64()) {
    if (b.low64() == 0) return {};
    Limb rest = 0;
    return divide_by_limb(a, b.low64(), rest);
  }
  return ol::div(a, b);
}

U256 fast_mod(const U256& a, const U256& b) {
  if (b.fits_u64()) {
    if (b.low64() == 0) return {};
    Limb rest = 0;
    (void)divide_by_limb(a, b.low64(), rest);
    return U256{rest};
  }
  return ol::mod(a, b);
}

U256 fast_sdiv(const U256& a, const U256& b) {
  const U256 quotient = fast_div(magnitude(a), magnitude(b));
  return a.is_negative() != b.is_negative() ? word::subtract({}, quotient) : quotient;
}

U256 fast_smod(const U256& a, const U256& b) {
  const U256 remainder = fast_mod(magnitude(a), magnitude(b));
  return a.is_negative() ? word::subtract({}, remainder) : remainder;
}

void ModularMultiplier::prepare() {
  // 2^512 - 1 instead of 2^512: the quotient is the same, as a power of two is never prepared for.
  // Two digits of 256 bits: the upper by division, the lower bit by bit.
  const U256DivMod upper = divmod(U256::max(), modulus_);
  U256 rest = upper.remainder;
  U256 lower;
  for (int i = 0; i < 256; ++i) {
    const bool carry = rest.is_negative();
    rest = (rest << 1) | U256{1};
    const bool fits = carry || !word::less(rest, modulus_);
    if (fits) rest = word::subtract(rest, modulus_);
    lower = (lower << 1) | U256{fits ? 1U : 0U};
  }
  // The modulus exceeds 2^192, so the upper digit has one limb.
  reciprocal_ = {lower.limb(0), lower.limb(1), lower.limb(2), lower.limb(3),
                 upper.quotient.low64()};
  ready_ = true;
}

U256 ModularMultiplier::reduce(const std::array<Limb, 8>& x) const {
  // The upper five limbs times the reciprocal. Columns below the third are left out: together they
  // carry so little that the quotient is at most one lower.
  std::array<Limb, 10> product{};
  for (std::size_t i = 0; i < 5; ++i) {
    Limb carry = 0;
    for (std::size_t j = i < 3 ? 3 - i : 0; j < 5; ++j)
      product[i + j] = u256_detail::mul_add(x[3 + i], reciprocal_[j], product[i + j], carry);
    product[i + 5] = carry;
  }
  // The lower five limbs of quotient times modulus.
  std::array<Limb, 5> multiple{};
  for (std::size_t i = 0; i < 5; ++i) {
    Limb carry = 0;
    for (std::size_t j = 0; j < 4 && i + j < 5; ++j)
      multiple[i + j] =
          u256_detail::mul_add(product[5 + i], modulus_.limb(j), multiple[i + j], carry);
    if (i == 0) multiple[4] = carry;
  }
  std::array<Limb, 5> r = subtract5({x[0], x[1], x[2], x[3], x[4]}, multiple);
  const std::array<Limb, 5> m{modulus_.limb(0), modulus_.limb(1), modulus_.limb(2),
                              modulus_.limb(3), 0};
  // At most three times, as the quotient is at most three too low.
  while (r[4] != 0 || !word::less({r[0], r[1], r[2], r[3]}, modulus_))
    r = subtract5(r, m);
  return {r[0], r[1], r[2], r[3]};
}

U256 ModularMultiplier::mulmod(const U256& a, const U256& b, const U256& m) {
  if (m == modulus_ && ready_) [[likely]]
    return reduce(mul_full(a, b));
  if (a.fits_u64() && b.fits_u64()) {
    return fast_mod(U256::from_u128(Uint128{a.low64()} * b.low64()), m);
  }
  if (m != modulus_) {
    modulus_ = m;
    uses_ = 0;
    ready_ = false;
  } else if (m.limb(3) != 0 && !power_of_two(m) && ++uses_ >= kUsesBefore) {
    prepare();
  }
  return ol::mulmod(a, b, m);
}

}  // namespace ol::evm
