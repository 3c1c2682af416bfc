#include "bn254_pairing.hpp"

#include <vector>

namespace ol::evm::precompiles::bn254 {
namespace {

// The curve's parameter: p and the order are polynomials in it.
constexpr std::uint64_t kX = 0x44e992b44a6909f1;
constexpr Uint128 kLoop = Uint128{kX} * 6 + 2;

// Non-adjacent form: digits -1, 0, 1, the least significant first, no two neighbours both not zero.
struct SignedDigits {
  std::array<std::int8_t, 68> values{};
  std::size_t count = 0;
};

consteval SignedDigits recode(Uint128 value) {
  SignedDigits out;
  while (value != 0) {
    int digit = 0;
    if ((value & 1) != 0) {
      digit = (value & 2) != 0 ? -1 : 1;
      value = digit < 0 ? value + 1 : value - 1;
    }
    out.values[out.count++] = static_cast<std::int8_t>(digit);
    value >>= 1;
  }
  return out;
}

constexpr SignedDigits kLoopDigits = recode(kLoop);
constexpr SignedDigits kXDigits = recode(kX);

/// What the Miller loop keeps of a pair whose q is not infinity.
struct Traveller {
  G1 p;
  G2 q;
  G2 minus_q;
  G2Projective t;
  bool counts = false;  // p is not infinity: its lines go into the product

  explicit Traveller(const Pair& pair)
      : p(pair.p),
        q(pair.q),
        minus_q{pair.q.x, -pair.q.y},
        t{pair.q.x, pair.q.y, kFp2One},
        counts(!pair.p.is_infinity()) {}
};

void multiply_line(Fp12& f, const LineFunction& line, const Traveller& traveller) {
  if (!traveller.counts) return;
  f = f * Line{line.l0 * traveller.p.y, line.l1 * traveller.p.x, line.l3};
}

/// The two lines after the loop, through psi(q) and -psi^2(q). Returns whether q is in G2.
bool finish(Fp12& f, Traveller& traveller) {
  const G2 q1 = twist_frobenius(traveller.q);
  const G2 q2 = twist_frobenius(q1);
  const G2 q3 = twist_frobenius(q2);
  multiply_line(f, step_add(traveller.t, q1), traveller);
  multiply_line(f, step_add(traveller.t, {q2.x, -q2.y}), traveller);
  // Now t = (6x + 2) q + psi(q) - psi^2(q), which on G2 is -psi^3(q) (that is why the pairing is
  // optimal). Nowhere else: the norm of 6x + 2 + psi - psi^2 + psi^3 has with the order of the
  // twist only the order of G2 in common, once. So membership costs one comparison.
  const G2Projective& t = traveller.t;
  return !t.z.is_zero() && t.x == q3.x * t.z && t.y == -q3.y * t.z;
}

/// The product of the Miller functions; nothing if a q is not in G2.
std::optional<Fp12> miller_loop(std::vector<Traveller>& travellers) {
  Fp12 f = kFp12One;
  for (std::size_t i = kLoopDigits.count - 1; i-- > 0;) {
    f = square(f);
    const int digit = kLoopDigits.values[i];
    for (Traveller& traveller : travellers) {
      multiply_line(f, step_double(traveller.t), traveller);
      if (digit == 0) continue;
      const G2& step = digit > 0 ? traveller.q : traveller.minus_q;
      multiply_line(f, step_add(traveller.t, step), traveller);
    }
  }
  for (Traveller& traveller : travellers) {
    if (!finish(f, traveller)) return std::nullopt;
  }
  return f;
}

/// a^x for a in the cyclotomic subgroup, where inverting is conjugating.
Fp12 raise_to_x(const Fp12& a) {
  const Fp12 inverted = conjugate(a);
  Fp12 out = a;
  for (std::size_t i = kXDigits.count - 1; i-- > 0;) {
    out = cyclotomic_square(out);
    if (kXDigits.values[i] > 0) out = out * a;
    if (kXDigits.values[i] < 0) out = out * inverted;
  }
  return out;
}

}  // namespace

// (p^12 - 1) / order = (p^6 - 1) (p^2 + 1) h. Of the last factor a multiple is used:
// 1 + 6x + 12x^2 + 12x^3 + (4x + 6x^2 + 12x^3) p + (6x + 6x^2 + 12x^3) p^2
// + (-1 + 4x + 6x^2 + 12x^3) p^3. Source: Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster
// Hashing to G2" (SAC 2011), section 5.
Fp12 final_exponentiation(const Fp12& f) {
  const Fp12 easy = conjugate(f) * inverse(f);
  const Fp12 g = frobenius_squared(easy) * easy;

  const Fp12 g2x = cyclotomic_square(raise_to_x(g));
  const Fp12 g6x = cyclotomic_square(g2x) * g2x;
  const Fp12 g6x2 = raise_to_x(g6x);
  const Fp12 g12x3 = raise_to_x(cyclotomic_square(g6x2));

  const Fp12 a = g12x3 * g6x2 * g6x;
  const Fp12 b = a * conjugate(g2x);
  const Fp12 third = frobenius(frobenius_squared(b * conjugate(g)));
  return a * g6x2 * g * frobenius(b) * frobenius_squared(a) * third;
}

std::optional<bool> is_product_one(std::span<const Pair> pairs) {
  std::vector<Traveller> travellers;
  travellers.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    if (!pair.q.is_infinity()) travellers.emplace_back(pair);
  }
  if (travellers.empty()) return true;
  const auto f = miller_loop(travellers);
  if (!f) return std::nullopt;
  return final_exponentiation(*f) == kFp12One;
}

}  // namespace ol::evm::precompiles::bn254
