// The group G2: the points of prime order on the twist y^2 = x^3 + 3/xi over Fp2. Source: EIP-197.
#pragma once

#include <optional>

#include "bn254_tower.hpp"

namespace ol::evm::precompiles::bn254 {

/// An affine point of the twist; infinity is (0, 0), which is not on it.
struct G2 {
  Fp2 x;
  Fp2 y;

  friend constexpr bool operator==(const G2&, const G2&) = default;
  [[nodiscard]] constexpr bool is_infinity() const { return x.is_zero() && y.is_zero(); }
};

/// 128 bytes, of each coordinate the imaginary part first. Nothing if a number is not below p or
/// the point is not on the twist. Whether it is in G2 the pairing finds out.
[[nodiscard]] std::optional<G2> read_twist_point(ByteView bytes);

/// A point of the twist in homogeneous coordinates, (x / z, y / z), as the Miller loop moves it.
struct G2Projective {
  Fp2 x;
  Fp2 y;
  Fp2 z;
};

/// The tangent at `point` or the line through `point` and `other`, without the factors that depend
/// on where it is evaluated: the value at (x, y) is l0 y + l1 x w + l3 w^3.
struct LineFunction {
  Fp2 l0;
  Fp2 l1;
  Fp2 l3;
};

/// Doubles `point`. Infinity stays infinity (z = 0).
LineFunction step_double(G2Projective& point);
/// Adds `other`. If the points are equal, opposite or `point` is infinity the result has z = 0,
/// which it keeps in every later step: points of G2 never come there in the Miller loop.
LineFunction step_add(G2Projective& point, const G2& other);

/// psi: the p-power map of the curve brought to the twist. On G2 it multiplies by p.
[[nodiscard]] G2 twist_frobenius(const G2& point);

}  // namespace ol::evm::precompiles::bn254
