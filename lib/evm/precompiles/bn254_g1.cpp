#include "bn254_g1.hpp"

#include <algorithm>
#include <cstdlib>

namespace ol::evm::precompiles::bn254 {
namespace {

constexpr Fp kB = fp(3);

/// Jacobian coordinates: the point (x / z^2, y / z^3); infinity has z = 0.
struct Jacobian {
  Fp x;
  Fp y;
  Fp z;
};

Jacobian negated(const Jacobian& a) {
  return {a.x, -a.y, a.z};
}

// Explicit-Formulas Database, short Weierstrass with a = 0, "dbl-2009-l". Infinity stays infinity;
// no point has y = 0, for the group's order is odd.
Jacobian doubled(const Jacobian& p) {
  const Fp a = square(p.x);
  const Fp b = square(p.y);
  const Fp c = square(b);
  const Fp d = twice(square(p.x + b) - a - c);
  const Fp e = twice(a) + a;
  const Fp x = square(e) - twice(d);
  const Fp y = e * (d - x) - twice(twice(twice(c)));
  return {x, y, twice(p.y * p.z)};
}

// "add-2007-bl", with the cases it does not cover.
Jacobian add(const Jacobian& p, const Jacobian& q) {
  if (p.z.is_zero()) return q;
  if (q.z.is_zero()) return p;
  const Fp z1z1 = square(p.z);
  const Fp z2z2 = square(q.z);
  const Fp u1 = p.x * z2z2;
  const Fp u2 = q.x * z1z1;
  const Fp s1 = p.y * q.z * z2z2;
  const Fp s2 = q.y * p.z * z1z1;
  const Fp h = u2 - u1;
  const Fp r = twice(s2 - s1);
  if (h.is_zero()) return r.is_zero() ? doubled(p) : Jacobian{};
  const Fp i = square(twice(h));
  const Fp j = h * i;
  const Fp v = u1 * i;
  const Fp x = square(r) - j - twice(v);
  const Fp y = r * (v - x) - twice(s1 * j);
  return {x, y, (square(p.z + q.z) - z1z1 - z2z2) * h};
}

G1 to_affine(const Jacobian& p) {
  if (p.z.is_zero()) return {};
  const Fp z = inverse(p.z);
  const Fp z2 = square(z);
  return {p.x * z2, p.y * (z2 * z)};
}

// The endomorphism (x, y) -> (beta x, y) multiplies by lambda, a cube root of one modulo the order.
// A scalar becomes k1 + k2 lambda with halves of about 128 bits, through a short basis
// (a1, -b1), (a2, a1) of the lattice of pairs with k1 + k2 lambda = 0. Source: Gallant, Lambert,
// Vanstone, "Faster Point Multiplication on Elliptic Curves with Efficient Endomorphisms" (2001).
constexpr Fp kBeta = fp(0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac);
constexpr U256 kA1{0x89d3256894d213e3};
constexpr U256 kB1{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0};
constexpr U256 kA2{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0};
// 2^256 a1 / order and 2^256 b1 / order, rounded down.
constexpr Limbs kG1 = {0xd91d232ec7e0b3d7, 0x0000000000000002, 0, 0};
constexpr Limbs kG2 = {0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 0x0000000000000002, 0};

/// A number of up to about 128 bits with a sign.
struct Half {
  U256 magnitude;
  bool negative = false;
};

Half to_half(const U256& twos_complement) {
  if (!twos_complement.is_negative()) return {twos_complement, false};
  return {U256{} - twos_complement, true};
}

/// The upper 256 bits of a * b.
U256 high_product(const U256& a, const Limbs& b) {
  std::array<std::uint64_t, 8> product{};
  for (std::size_t i = 0; i < 4; ++i) {
    Uint128 sum = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      sum = Uint128{a.limb(j)} * b[i] + product[i + j] + static_cast<std::uint64_t>(sum >> 64);
      product[i + j] = static_cast<std::uint64_t>(sum);
    }
    product[i + 4] = static_cast<std::uint64_t>(sum >> 64);
  }
  return {product[4], product[5], product[6], product[7]};
}

std::array<Half, 2> split(const U256& scalar) {
  const U256 c1 = high_product(scalar, kG1);
  const U256 c2 = high_product(scalar, kG2);
  return {to_half(scalar - c1 * kA1 - c2 * kA2), to_half(c1 * kB1 - c2 * kA1)};
}

// Signed digits with at most one of five consecutive ones not zero; the others odd, below 16.
constexpr std::size_t kWindow = 5;
constexpr std::size_t kDigitsMax = 132;

struct Digits {
  std::array<std::int8_t, kDigitsMax> values{};
  std::size_t count = 0;
};

Digits recode(const Half& half) {
  Digits out;
  U256 rest = half.magnitude;
  while (!rest.is_zero()) {
    int digit = 0;
    if ((rest.low64() & 1) != 0) {
      digit = static_cast<int>(rest.low64() & ((1U << kWindow) - 1));
      if (digit >= 1 << (kWindow - 1)) {
        digit -= 1 << kWindow;
        rest = rest + U256{static_cast<std::uint64_t>(-digit)};
      } else {
        rest = rest - U256{static_cast<std::uint64_t>(digit)};
      }
    }
    out.values[out.count++] = static_cast<std::int8_t>(half.negative ? -digit : digit);
    rest = rest >> 1U;
  }
  return out;
}

constexpr std::size_t kTableSize = std::size_t{1} << (kWindow - 2);
using Table = std::array<Jacobian, kTableSize>;

/// The odd multiples 1, 3, 5, ... of a point.
Table odd_multiples(const G1& point) {
  Table out;
  out[0] = {point.x, point.y, kOne};
  const Jacobian step = doubled(out[0]);
  for (std::size_t i = 1; i < kTableSize; ++i)
    out[i] = add(out[i - 1], step);
  return out;
}

Jacobian add_digit(const Jacobian& sum, const Table& table, int digit) {
  if (digit == 0) return sum;
  const Jacobian& entry = table[static_cast<std::size_t>(std::abs(digit)) / 2];
  return add(sum, digit < 0 ? negated(entry) : entry);
}

}  // namespace

std::optional<G1> read_g1(ByteView bytes) {
  const auto x = read_fp(bytes.first(32));
  const auto y = read_fp(bytes.subspan(32, 32));
  if (!x || !y) return std::nullopt;
  const G1 out{*x, *y};
  if (!out.is_infinity() && square(*y) != square(*x) * *x + kB) return std::nullopt;
  return out;
}

std::array<std::uint8_t, 64> write_g1(const G1& point) {
  std::array<std::uint8_t, 64> out;
  const auto x = write_fp(point.x);
  const auto y = write_fp(point.y);
  std::copy(x.begin(), x.end(), out.begin());
  std::copy(y.begin(), y.end(), out.begin() + 32);
  return out;
}

G1 operator+(const G1& a, const G1& b) {
  if (a.is_infinity()) return b;
  if (b.is_infinity()) return a;
  if (a.x == b.x && a.y != b.y) return {};
  const Fp x2 = square(a.x);
  const Fp slope =
      a.x == b.x ? (twice(x2) + x2) * inverse(twice(a.y)) : (b.y - a.y) * inverse(b.x - a.x);
  const Fp x = square(slope) - a.x - b.x;
  return {x, slope * (a.x - x) - a.y};
}

G1 multiply(const G1& point, const U256& scalar) {
  if (point.is_infinity()) return {};
  const auto halves = split(scalar % kOrder);
  const std::array<Digits, 2> digits = {recode(halves[0]), recode(halves[1])};
  const Table table = odd_multiples(point);
  Table turned = table;
  for (Jacobian& entry : turned)
    entry.x = entry.x * kBeta;

  Jacobian sum;
  for (std::size_t i = std::max(digits[0].count, digits[1].count); i-- > 0;) {
    sum = doubled(sum);
    sum = add_digit(sum, table, digits[0].values[i]);
    sum = add_digit(sum, turned, digits[1].values[i]);
  }
  return to_affine(sum);
}

}  // namespace ol::evm::precompiles::bn254
