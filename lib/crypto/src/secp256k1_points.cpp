#include "secp256k1_points.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace ol::crypto::secp256k1 {
namespace {

constexpr Affine kGenerator = {
    {{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac}},
    {{0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}}};

constexpr Fe kOne = {{1, 0, 0, 0}};

/// Jacobian coordinates: the point (x / z^2, y / z^3). Infinity is a flag, so that z need not be
/// looked at.
struct Jacobian {
  Fe x;
  Fe y;
  Fe z;
  bool infinity = true;
};

Jacobian from_affine(const Affine& a) {
  return {a.x, a.y, kOne, false};
}

/// a / 2.
Fe half(const Fe& a) {
  const std::uint64_t odd = 0 - (a.limbs[0] & 1);
  const U256 p{kPrime.limb(0) & odd, odd, odd, odd};
  unsigned char carry = 0;
  std::array<std::uint64_t, 4> sum{};
  for (std::size_t i = 0; i < 4; ++i)
    sum[i] = add_with_carry(a.limbs[i], p.limb(i), carry);
  return {{sum[0] >> 1 | sum[1] << 63, sum[1] >> 1 | sum[2] << 63, sum[2] >> 1 | sum[3] << 63,
           sum[3] >> 1 | std::uint64_t{carry} << 63}};
}

// With the slope over z, s = 3 x^2 / 2: x' = s^2 - 2 x y^2, y' = s (x y^2 - x') - y^4, z' = y z. No
// point has y = 0, for the group's order is odd.
void double_in_place(Jacobian& p) {
  if (p.infinity) return;
  const Fe x2 = square(p.x);
  const Fe s = half(x2 + x2 + x2);
  const Fe y2 = square(p.y);
  const Fe m = p.x * y2;
  const Fe z = p.y * p.z;
  const Fe x = square(s) - twice(m);
  p.y = s * (m - x) - square(y2);
  p.x = x;
  p.z = z;
}

/// Adds a point given with z = 1 ("madd" with the cases it does not cover).
void add_in_place(Jacobian& p, const Affine& q) {
  if (p.infinity) {
    p = from_affine(q);
    return;
  }
  const Fe z2 = square(p.z);
  const Fe h = q.x * z2 - p.x;
  const Fe r = q.y * (z2 * p.z) - p.y;
  if (h.is_zero()) [[unlikely]] {
    if (r.is_zero()) {
      double_in_place(p);
    } else {
      p = {};
    }
    return;
  }
  const Fe h2 = square(h);
  const Fe h3 = h2 * h;
  const Fe v = p.x * h2;
  const Fe x = square(r) - h3 - twice(v);
  p.y = r * (v - x) - p.y * h3;
  p.x = x;
  p.z = p.z * h;
}

/// Affine forms of points that are not infinity, with one inversion for all.
std::vector<Affine> to_affine(const std::vector<Jacobian>& points) {
  std::vector<Fe> products(points.size());
  Fe product = kOne;
  for (std::size_t i = 0; i < points.size(); ++i) {
    products[i] = product;
    product = product * points[i].z;
  }
  Fe rest = inverse(product);
  std::vector<Affine> out(points.size());
  for (std::size_t i = points.size(); i-- > 0;) {
    const Fe z = rest * products[i];
    const Fe z2 = square(z);
    rest = rest * points[i].z;
    out[i] = {points[i].x * z2, points[i].y * (z2 * z)};
  }
  return out;
}

/// 1, 3, 5, ... times `point`, which is given with z = 1.
std::vector<Affine> odd_multiples(const Affine& point, std::size_t count) {
  Jacobian twofold = from_affine(point);
  double_in_place(twofold);
  // On the curve where that has z = 1 the steps are additions of an affine point; the curves differ
  // by a power of its z, which the points get back at the end.
  const Fe z2 = square(twofold.z);
  const Affine step = {twofold.x, twofold.y};
  std::vector<Jacobian> points;
  points.reserve(count);
  Jacobian next = from_affine({point.x * z2, point.y * (z2 * twofold.z)});
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) add_in_place(next, step);
    points.push_back(next);
    points.back().z = next.z * twofold.z;
  }
  return to_affine(points);
}

// Scalars are written with signed odd digits, at least `window` places apart; the digit is below
// 2^(window - 1).
constexpr std::size_t kPlaces = 132;
constexpr unsigned kPointWindow = 5;
constexpr unsigned kGeneratorWindow = 12;

constexpr std::size_t table_size(unsigned window) {
  return std::size_t{1} << (window - 2);
}

struct Digits {
  std::array<std::int16_t, kPlaces> values{};
  std::size_t count = 0;
};

/// `bits` < 64 bits of `value` from `place` up.
std::uint64_t bits_at(const U256& value, std::size_t place, unsigned bits) {
  const std::size_t limb = place / 64;
  const unsigned offset = place % 64;
  std::uint64_t out = value.limb(limb) >> offset;
  if (offset + bits > 64 && limb < 3) out |= value.limb(limb + 1) << (64 - offset);
  return out & ((std::uint64_t{1} << bits) - 1);
}

/// `value` is below 2^131.
Digits recode(const U256& value, bool negative, unsigned window) {
  Digits out;
  std::uint64_t carry = 0;
  for (std::size_t place = 0; place < kPlaces;) {
    if (bits_at(value, place, 1) == carry) {
      ++place;
      continue;
    }
    const std::uint64_t chunk = bits_at(value, place, window) + carry;
    carry = chunk >> (window - 1) & 1;
    const int digit = static_cast<int>(chunk) - static_cast<int>(carry << window);
    out.values[place] = static_cast<std::int16_t>(negative ? -digit : digit);
    out.count = place + 1;
    place += window;
  }
  return out;
}

void add_digit(Jacobian& sum, const Affine* table, int digit) {
  if (digit == 0) return;
  Affine entry = table[static_cast<std::size_t>(std::abs(digit)) / 2];
  if (digit < 0) entry.y = -entry.y;
  add_in_place(sum, entry);
}

// The endomorphism (x, y) -> (beta x, y) multiplies by lambda, a cube root of one modulo the order.
// A scalar becomes k1 + k2 lambda with halves of about 128 bits, through a short basis (a, -b), (a
// + b, a) of the lattice of pairs with k1 + k2 lambda = 0. Source: Gallant, Lambert, Vanstone,
// "Faster Point Multiplication on Elliptic Curves with Efficient Endomorphisms" (2001).
constexpr Fe kBeta = {
    {0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710}};
constexpr U256 kA{0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0, 0};
constexpr U256 kB{0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0, 0};
constexpr U256 kAPlusB{0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1, 0};
// 2^384 a / order and 2^384 b / order, rounded down.
constexpr U256 kAShare{0xe893209a45dbb030, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15,
                       0x3086d221a7d46bcd};
constexpr U256 kBShare{0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4,
                       0xe4437ed6010e8828};

/// a * b / 2^384, rounded to the nearest.
U256 high_product(const U256& a, const U256& b) {
  const auto product = mul_full(a, b);
  return U256{product[6], product[7], 0, 0} + U256{product[5] >> 63};
}

Digits recode_signed(const U256& twos_complement) {
  const bool negative = twos_complement.is_negative();
  return recode(negative ? U256{} - twos_complement : twos_complement, negative, kPointWindow);
}

std::array<Digits, 2> split(const U256& scalar) {
  const U256 c1 = high_product(scalar, kAShare);
  const U256 c2 = high_product(scalar, kBShare);
  return {recode_signed(scalar - c1 * kA - c2 * kAPlusB), recode_signed(c1 * kB - c2 * kA)};
}

/// Odd multiples of G and of 2^128 G.
struct GeneratorTables {
  std::vector<Affine> low;
  std::vector<Affine> high;
};

// Made at the first call, in about a millisecond; read-only then and so shared by all threads.
const GeneratorTables& generator_tables() {
  static const GeneratorTables shared = [] {
    Jacobian high = from_affine(kGenerator);
    for (int i = 0; i < 128; ++i)
      double_in_place(high);
    return GeneratorTables{odd_multiples(kGenerator, table_size(kGeneratorWindow)),
                           odd_multiples(to_affine({high})[0], table_size(kGeneratorWindow))};
  }();
  return shared;
}

}  // namespace

std::optional<Affine> lift_x(const U256& x, Parity parity) {
  const Fe fx = Fe::from(x);
  const Fe right = square(fx) * fx + Fe{{7, 0, 0, 0}};
  Fe y = square_root_candidate(right);
  if (!(square(y) - right).is_zero()) return std::nullopt;
  const bool odd = (y.canonical().low64() & 1) != 0;
  if (odd != (parity == Parity::Odd)) y = -y;
  return Affine{fx, y};
}

std::optional<Affine> multiply_both(const U256& a, const U256& b, const Affine& p) {
  const GeneratorTables& generator = generator_tables();
  const std::array<Digits, 2> point_digits = split(b);
  const std::array<Digits, 2> generator_digits = {
      recode({a.limb(0), a.limb(1), 0, 0}, false, kGeneratorWindow),
      recode({a.limb(2), a.limb(3), 0, 0}, false, kGeneratorWindow)};
  const std::vector<Affine> table = odd_multiples(p, table_size(kPointWindow));
  std::vector<Affine> turned = table;
  for (Affine& entry : turned)
    entry.x = entry.x * kBeta;

  Jacobian sum;
  for (std::size_t i = std::max({point_digits[0].count, point_digits[1].count,
                                 generator_digits[0].count, generator_digits[1].count});
       i-- > 0;) {
    double_in_place(sum);
    add_digit(sum, table.data(), point_digits[0].values[i]);
    add_digit(sum, turned.data(), point_digits[1].values[i]);
    add_digit(sum, generator.low.data(), generator_digits[0].values[i]);
    add_digit(sum, generator.high.data(), generator_digits[1].values[i]);
  }
  if (sum.infinity) return std::nullopt;
  return to_affine({sum})[0];
}

}  // namespace ol::crypto::secp256k1
