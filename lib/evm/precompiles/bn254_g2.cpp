#include "bn254_g2.hpp"

namespace ol::evm::precompiles::bn254 {
namespace {

// 3 / xi.
constexpr Fp2 kTwistB = {
    fp(0x3267e6dc24a138e5, 0xb5b4c5e559dbefa3, 0x81be18991be06ac3, 0x2b149d40ceb8aaae),
    fp(0xe4a2bd0685c315d2, 0xa74fa084e52d1852, 0xcd2cafadeed8fdf4, 0x009713b03af0fed4)};

constexpr Fp kHalf =
    fp(0x9e10460b6c3e7ea4, 0xcbc0b548b438e546, 0xdc2822db40c0ac2e, 0x183227397098d014);
static_assert(kHalf + kHalf == kOne);

std::optional<Fp2> read_fp2(ByteView bytes) {
  const auto imaginary = read_fp(bytes.first(32));
  const auto real = read_fp(bytes.subspan(32, 32));
  if (!imaginary || !real) return std::nullopt;
  return Fp2{*real, *imaginary};
}

Fp2 thrice(const Fp2& a) {
  return twice(a) + a;
}

}  // namespace

std::optional<G2> read_twist_point(ByteView bytes) {
  const auto x = read_fp2(bytes.first(64));
  const auto y = read_fp2(bytes.subspan(64, 64));
  if (!x || !y) return std::nullopt;
  const G2 out{*x, *y};
  if (!out.is_infinity() && square(*y) != square(*x) * *x + kTwistB) return std::nullopt;
  return out;
}

// Aranha, Karabina, Longa, Gebotys, Lopez, "Faster Explicit Formulas for Computing Pairings over
// Ordinary Curves" (ePrint 2010/526), section 4. The slope of the tangent is 3 x^2 / 2y on the
// twist and that times w on the curve; clearing 2 y z^2 and using the curve's equation leaves 2yz Y
// - 3 x^2 X w + (y^2 - 3 b z^2) w^3 at (X, Y).
LineFunction step_double(G2Projective& point) {
  const Fp2 a = point.x * point.y * kHalf;
  const Fp2 b = square(point.y);
  const Fp2 c = square(point.z);
  const Fp2 e = kTwistB * thrice(c);
  const Fp2 f = thrice(e);
  const Fp2 g = (b + f) * kHalf;
  const Fp2 h = square(point.y + point.z) - (b + c);
  const LineFunction line = {h, -thrice(square(point.x)), b - e};
  point = {a * (b - f), square(g) - thrice(square(e)), b * h};
  return line;
}

// The chord's slope is theta / lambda; clearing lambda leaves
// lambda Y - theta X w + (theta x' - lambda y') w^3.
LineFunction step_add(G2Projective& point, const G2& other) {
  const Fp2 theta = point.y - other.y * point.z;
  const Fp2 lambda = point.x - other.x * point.z;
  const Fp2 d = square(lambda);
  const Fp2 e = lambda * d;
  const Fp2 f = point.z * square(theta);
  const Fp2 g = point.x * d;
  const Fp2 h = e + f - twice(g);
  const LineFunction line = {lambda, -theta, theta * other.x - lambda * other.y};
  point = {lambda * h, theta * (g - h) - e * point.y, point.z * e};
  return line;
}

G2 twist_frobenius(const G2& point) {
  return {conjugate(point.x) * kFrobenius[1], conjugate(point.y) * kFrobenius[2]};
}

}  // namespace ol::evm::precompiles::bn254
