#include <ol/base/u256.hpp>

#include <ol/base/check.hpp>

// Division follows Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D, with the
// quotient digit estimated by a precomputed reciprocal instead of a division per digit:
// Moller and Granlund, "Improved division by invariant integers" (IEEE TC 2011), algorithms 4 to 6.

namespace ol {
namespace {

using Limb = std::uint64_t;

constexpr Limb high(Uint128 v) {
  return static_cast<Limb>(v >> 64);
}
constexpr Limb low(Uint128 v) {
  return static_cast<Limb>(v);
}
constexpr Uint128 join(Limb hi, Limb lo) {
  return (static_cast<Uint128>(hi) << 64) | lo;
}
constexpr Uint128 mul(Limb a, Limb b) {
  return static_cast<Uint128>(a) * b;
}

/// floor((2^128 - 1) / d) - 2^64 for d with its top bit set.
Limb reciprocal(Limb d) {
  // One hardware division of (2^128 - 1 - d * 2^64) by d; the quotient fits 64 bits because the
  // upper half, ~d, is below d.
  Limb quotient = ~Limb{0};
  Limb remainder = ~d;
  __asm__("divq %[d]" : "+a"(quotient), "+d"(remainder) : [d] "r"(d) : "cc");
  return quotient;
}

/// The same for a divisor of two limbs: floor((2^192 - 1) / (d1, d0)) - 2^64. Algorithm 6.
Limb reciprocal(Limb d1, Limb d0) {
  Limb v = reciprocal(d1);
  Limb p = d1 * v + d0;
  if (p < d0) {
    --v;
    if (p >= d1) {
      --v;
      p -= d1;
    }
    p -= d1;
  }
  const Uint128 t = mul(v, d0);
  p += high(t);
  if (p < high(t)) {
    --v;
    if (join(p, low(t)) >= join(d1, d0)) --v;
  }
  return v;
}

/// (u1, u0) / d where u1 < d. Algorithm 4. `rest` gets the remainder.
Limb divide_2by1(Limb u1, Limb u0, Limb d, Limb v, Limb& rest) {
  const Uint128 q = mul(v, u1) + join(u1, u0);
  Limb q1 = high(q) + 1;
  Limb r = u0 - q1 * d;
  if (r > low(q)) {
    --q1;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++q1;
    r -= d;
  }
  rest = r;
  return q1;
}

/// (u2, u1, u0) / d where (u2, u1) < d = (d1, d0). Algorithm 5.
Limb divide_3by2(Limb u2, Limb u1, Limb u0, Uint128 d, Limb v, Uint128& rest) {
  const Uint128 q = mul(v, u2) + join(u2, u1);
  Limb q1 = high(q);
  const Limb r1 = u1 - q1 * high(d);
  Uint128 r = join(r1, u0) - mul(low(d), q1) - d;
  ++q1;
  if (high(r) >= low(q)) {
    --q1;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++q1;
    r -= d;
  }
  rest = r;
  return q1;
}

/// Dividends up to 512 bits, with room for the limb that normalising adds.
constexpr std::size_t kLimbsMax = 9;
using Limbs = std::array<Limb, kLimbsMax>;

std::size_t significant(const Limb* limbs, std::size_t n) {
  while (n > 0 && limbs[n - 1] == 0)
    --n;
  return n;
}

/// Shifts `n` limbs left by `shift` < 64 bits, into `n` + 1 limbs.
void shift_left(const Limb* in, std::size_t n, unsigned shift, Limb* out) {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Limb limb = in[i];
    out[i] = (limb << shift) | carry;
    carry = (limb >> 1) >> (63 - shift);
  }
  out[n] = carry;
}

/// u[0..n] -= q * d[0..n); returns the borrow out of limb n.
bool subtract_product(Limb* u, const Limb* d, std::size_t n, Limb q) {
  Limb carry = 0;
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Limb product = u256_detail::mul_add(q, d[i], 0, carry);
    u[i] = u256_detail::sub_borrow(u[i], product, borrow);
  }
  u[n] = u256_detail::sub_borrow(u[n], carry, borrow);
  return borrow != 0;
}

void add_back(Limb* u, const Limb* d, std::size_t n) {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i)
    u[i] = u256_detail::add_carry(u[i], d[i], carry);
  u[n] += carry;
}

/// Algorithm D for `n` >= 3: divides u[0..m] by d[0..n), both normalised; leaves the remainder in
/// `u`, the quotient in `q`.
void divide_long(Limb* u, std::size_t m, const Limb* d, std::size_t n, Limb* q) {
  const Limb d1 = d[n - 1];
  const Limb d0 = d[n - 2];
  const Limb v = reciprocal(d1, d0);
  for (std::size_t j = m - n + 1; j-- > 0;) {
    const Limb u2 = u[j + n];
    const Limb u1 = u[j + n - 1];
    Limb digit = ~Limb{0};
    if (join(u2, u1) != join(d1, d0)) {
      Uint128 rest = 0;
      digit = divide_3by2(u2, u1, u[j + n - 2], join(d1, d0), v, rest);
    }
    if (subtract_product(u + j, d, n, digit)) [[unlikely]] {
      --digit;
      add_back(u + j, d, n);
    }
    q[j] = digit;
  }
}

/// Divides `m` limbs of `dividend` by `divisor` (not zero). `quotient` gets `m` limbs where it is
/// not null. Returns the remainder.
U256 divide(const Limb* dividend, std::size_t m, const U256& divisor, Limb* quotient) {
  Limbs scratch{};
  Limb* const q = quotient != nullptr ? quotient : scratch.data();
  const std::array<Limb, 4> limbs{divisor.limb(0), divisor.limb(1), divisor.limb(2),
                                  divisor.limb(3)};
  const std::size_t n = significant(limbs.data(), 4);
  m = significant(dividend, m);
  if (m < n) {
    Limbs r{};
    std::copy_n(dividend, m, r.begin());
    return {r[0], r[1], r[2], r[3]};
  }
  const auto shift = static_cast<unsigned>(std::countl_zero(limbs[n - 1]));
  Limbs u{};
  std::array<Limb, 5> d{};
  shift_left(dividend, m, shift, u.data());
  shift_left(limbs.data(), n, shift, d.data());

  if (n == 1) {
    const Limb v = reciprocal(d[0]);
    Limb rest = u[m];
    for (std::size_t j = m; j-- > 0;)
      q[j] = divide_2by1(rest, u[j], d[0], v, rest);
    return rest >> shift;
  }
  if (n == 2) {
    const Limb v = reciprocal(d[1], d[0]);
    Uint128 rest = join(u[m], u[m - 1]);
    for (std::size_t j = m - 1; j-- > 0;)
      q[j] = divide_3by2(high(rest), low(rest), u[j], join(d[1], d[0]), v, rest);
    return U256::from_u128(rest >> shift);
  }
  divide_long(u.data(), m, d.data(), n, q);
  return U256{u[0], u[1], u[2], n == 4 ? u[3] : 0} >> shift;
}

bool is_power_of_two(const U256& v) {
  return !v.is_zero() && (v & (v - U256{1})).is_zero();
}

U256 magnitude(const U256& v) {
  return v.is_negative() ? -v : v;
}

}  // namespace

U256DivMod divmod(const U256& dividend, const U256& divisor) {
  OL_CHECK(!divisor.is_zero(), "division by zero");
  if (dividend < divisor) return {{}, dividend};
  if (dividend.fits_u64()) {
    return {dividend.low64() / divisor.low64(), dividend.low64() % divisor.low64()};
  }
  if (is_power_of_two(divisor)) {
    return {dividend >> (divisor.bit_length() - 1), dividend & (divisor - U256{1})};
  }
  const std::array<Limb, 4> limbs{dividend.limb(0), dividend.limb(1), dividend.limb(2),
                                  dividend.limb(3)};
  std::array<Limb, 4> q{};
  const U256 remainder = divide(limbs.data(), 4, divisor, q.data());
  return {{q[0], q[1], q[2], q[3]}, remainder};
}

U256 operator/(const U256& a, const U256& b) {
  return divmod(a, b).quotient;
}
U256 operator%(const U256& a, const U256& b) {
  return divmod(a, b).remainder;
}

U256 div(const U256& a, const U256& b) {
  return b.is_zero() ? U256{} : divmod(a, b).quotient;
}

U256 mod(const U256& a, const U256& b) {
  return b.is_zero() ? U256{} : divmod(a, b).remainder;
}

U256 sdiv(const U256& a, const U256& b) {
  const U256 quotient = div(magnitude(a), magnitude(b));
  return a.is_negative() != b.is_negative() ? -quotient : quotient;
}

U256 smod(const U256& a, const U256& b) {
  const U256 remainder = mod(magnitude(a), magnitude(b));
  return a.is_negative() ? -remainder : remainder;
}

U256 addmod(const U256& a, const U256& b, const U256& m) {
  if (m.is_zero()) return {};
  const auto [sum, carry] = add_overflow(a, b);
  if (!carry) return divmod(sum, m).remainder;
  const std::array<Limb, 5> limbs{sum.limb(0), sum.limb(1), sum.limb(2), sum.limb(3), 1};
  return divide(limbs.data(), 5, m, nullptr);
}

U256 mulmod(const U256& a, const U256& b, const U256& m) {
  if (m.is_zero()) return {};
  const auto product = mul_full(a, b);
  if ((product[4] | product[5] | product[6] | product[7]) == 0) {
    return divmod({product[0], product[1], product[2], product[3]}, m).remainder;
  }
  return divide(product.data(), 8, m, nullptr);
}

U256 exp(const U256& base, const U256& exponent) {
  if (base == U256{2}) return shl(U256{1}, exponent);
  U256 result{1};
  for (unsigned bit = exponent.bit_length(); bit-- > 0;) {
    result *= result;
    if ((exponent.limb(bit / 64) >> (bit % 64) & 1) != 0) result *= base;
  }
  return result;
}

}  // namespace ol
