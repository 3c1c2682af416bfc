#include <ol/base/u256.hpp>

#include <ol/base/check.hpp>

// Division follows Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D, with the
// quotient digit estimated by a precomputed reciprocal instead of a division per digit:
// Moller and Granlund, "Improved division by invariant integers" (IEEE TC 2011), algorithms 5
// and 6.

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

/// (u1, u0) / d where u1 < d, by the processor. `rest` gets the remainder.
Limb divide_2by1(Limb u1, Limb u0, Limb d, Limb& rest) {
  __asm__("divq %[d]" : "+a"(u0), "+d"(u1) : [d] "r"(d) : "cc");
  rest = u1;
  return u0;
}

/// floor((2^128 - 1) / d) - 2^64 for d with its top bit set.
Limb reciprocal(Limb d) {
  // That is (2^128 - 1 - d * 2^64) / d; the quotient fits 64 bits because the upper half, ~d, is
  // below d.
  Limb rest = 0;
  return divide_2by1(~d, ~Limb{0}, d, rest);
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

template <std::size_t N>
using Limbs = std::array<Limb, N>;

Limbs<4> limbs_of(const U256& v) {
  return {v.limb(0), v.limb(1), v.limb(2), v.limb(3)};
}

template <std::size_t N>
std::size_t significant(const Limbs<N>& limbs) {
  std::size_t n = N;
  while (n > 0 && limbs[n - 1] == 0)
    --n;
  return n;
}

/// Shifts left by `shift` < 64 bits into one limb more.
template <std::size_t N>
Limbs<N + 1> shifted_left(const Limbs<N>& in, unsigned shift) {
  Limbs<N + 1> out;
  Limb carry = 0;
  for (std::size_t i = 0; i < N; ++i) {
    out[i] = in[i] << shift | carry;
    carry = in[i] >> 1 >> (63 - shift);
  }
  out[N] = carry;
  return out;
}

/// u[0..count) -= q * d[0..count); returns what is still to be taken from limb `count`.
template <std::size_t Count>
Limb subtract_product(Limb* u, const Limb* d, Limb q) {
  Limb carry = 0;
  Limb borrow = 0;
  for (std::size_t i = 0; i < Count; ++i) {
    const Limb product = u256_detail::mul_add(q, d[i], 0, carry);
    u[i] = u256_detail::sub_borrow(u[i], product, borrow);
  }
  return carry + borrow;
}

/// Digit by digit with the processor's division, which takes less time than a reciprocal would
/// save.
template <std::size_t M>
U256 divide_by_1(const Limbs<M>& u, std::size_t m, Limb d, Limb* q) {
  Limb rest = 0;
  for (std::size_t j = m; j-- > 0;) {
    if (u[j] < d && rest == 0) {
      rest = u[j];
      continue;
    }
    const Limb digit = divide_2by1(rest, u[j], d, rest);
    if (q != nullptr) q[j] = digit;
  }
  return rest;
}

// Division by longer divisors, by their length. `u` holds the dividend, shifted so that
// the divisor's top bit is set; `m` of its limbs may be significant before the shift. `q` has M
// limbs, all zero, or is null. Each returns the remainder, still shifted.

template <std::size_t M>
U256 divide_by_2(Limbs<M + 1>& u, std::size_t m, Uint128 d, Limb* q) {
  const Limb v = reciprocal(high(d), low(d));
  Uint128 rest = join(u[m], u[m - 1]);
  for (std::size_t j = m - 1; j-- > 0;) {
    const Limb digit = divide_3by2(high(rest), low(rest), u[j], d, v, rest);
    if (q != nullptr) q[j] = digit;
  }
  return U256::from_u128(rest);
}

/// Takes q * d from u[0..N], where q is the digit that divide_3by2 found or the largest one, and is
/// too large by one at most. Returns the right digit.
template <std::size_t N>
Limb take_digit(Limb* u, const Limbs<N>& d, Limb v) {
  const Uint128 top = join(d[N - 1], d[N - 2]);
  Limb digit = ~Limb{0};
  bool negative = false;
  if (join(u[N], u[N - 1]) != top) [[likely]] {
    // The two upper limbs of the difference come with the digit; the lower ones remain to be done.
    Uint128 rest = 0;
    digit = divide_3by2(u[N], u[N - 1], u[N - 2], top, v, rest);
    const Limb taken = subtract_product<N - 2>(u, d.data(), digit);
    negative = rest < taken;
    rest -= taken;
    u[N - 2] = low(rest);
    u[N - 1] = high(rest);
  } else {
    const Limb taken = subtract_product<N>(u, d.data(), digit);
    negative = u[N] < taken;
  }
  if (negative) [[unlikely]] {
    --digit;
    Limb carry = 0;
    for (std::size_t i = 0; i < N; ++i)
      u[i] = u256_detail::add_carry(u[i], d[i], carry);
  }
  return digit;
}

/// Algorithm D. Limb j + N of `u` is not looked at again once digit j is taken.
template <std::size_t N, std::size_t M>
U256 divide_by_many(Limbs<M + 1>& u, std::size_t m, const Limbs<N>& d, Limb* q) {
  const Limb v = reciprocal(d[N - 1], d[N - 2]);
  for (std::size_t j = m - N + 1; j-- > 0;) {
    const Limb digit = take_digit<N>(&u[j], d, v);
    if (q != nullptr) q[j] = digit;
  }
  return {u[0], u[1], u[2], N == 4 ? u[3] : 0};
}

/// Divides by `divisor` (not zero). `q` as above.
template <std::size_t M>
U256 divide(const Limbs<M>& dividend, const U256& divisor, Limb* q) {
  const Limbs<4> d = limbs_of(divisor);
  const std::size_t n = significant(d);
  const std::size_t m = significant(dividend);
  if (m < n) return {dividend[0], dividend[1], dividend[2], dividend[3]};
  if (n == 1) return divide_by_1<M>(dividend, m, d[0], q);
  const auto shift = static_cast<unsigned>(std::countl_zero(d[n - 1]));
  Limbs<M + 1> u = shifted_left(dividend, shift);
  const U256 normal = divisor << shift;
  switch (n) {
    case 2:
      return divide_by_2<M>(u, m, normal.low128(), q) >> shift;
    case 3:
      return divide_by_many<3, M>(u, m, {normal.limb(0), normal.limb(1), normal.limb(2)}, q) >>
             shift;
    default:
      return divide_by_many<4, M>(u, m, limbs_of(normal), q) >> shift;
  }
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
  Limbs<4> q{};
  const U256 remainder = divide(limbs_of(dividend), divisor, q.data());
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
  const auto [sum, carry] = add_overflow(a, b);
  if (a < m && b < m) [[likely]] {
    // Less than 2m, though perhaps more than a word: at most one subtraction.
    const auto [reduced, borrow] = sub_overflow(sum, m);
    return carry || !borrow ? reduced : sum;
  }
  if (m.is_zero()) return {};
  if (!carry) return divmod(sum, m).remainder;
  const Limbs<5> limbs{sum.limb(0), sum.limb(1), sum.limb(2), sum.limb(3), 1};
  return divide(limbs, m, nullptr);
}

U256 mulmod(const U256& a, const U256& b, const U256& m) {
  if (m.is_zero()) return {};
  const auto product = mul_full(a, b);
  const U256 lower{product[0], product[1], product[2], product[3]};
  const U256 upper{product[4], product[5], product[6], product[7]};
  if (upper.is_zero()) return divmod(lower, m).remainder;
  if (is_power_of_two(m)) return lower & (m - U256{1});
  if (m == U256::max()) {
    // 2^256 is 1 here. Contracts ask for this one to learn a product's upper half.
    const auto [sum, carry] = add_overflow(lower, upper);
    const U256 folded = sum + U256{carry ? 1ULL : 0ULL};
    return folded == m ? U256{} : folded;
  }
  return divide(product, m, nullptr);
}

U256 exp(const U256& base, const U256& exponent) {
  if (exponent.is_zero()) return 1;
  if (is_power_of_two(base)) {
    const unsigned bits = base.bit_length() - 1;
    if (bits == 0) return 1;
    return exponent < U256{256} ? U256{1} << static_cast<unsigned>(exponent.low64()) * bits
                                : U256{};
  }
  U256 result = base;
  for (unsigned bit = exponent.bit_length() - 1; bit-- > 0;) {
    result *= result;
    if ((exponent.limb(bit / 64) >> (bit % 64) & 1) != 0) result *= base;
  }
  return result;
}

}  // namespace ol
