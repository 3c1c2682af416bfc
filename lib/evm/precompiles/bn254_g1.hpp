// The group G1: the points of y^2 = x^3 + 3 over Fp, all of which have prime order. Source:
// EIP-196.
#pragma once

#include <optional>

#include <ol/base/u256.hpp>

#include "bn254_field.hpp"

namespace ol::evm::precompiles::bn254 {

/// The order of G1 and G2.
inline constexpr U256 kOrder{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
                             0x30644e72e131a029};

/// An affine point; infinity is (0, 0), which is not on the curve.
struct G1 {
  Fp x;
  Fp y;

  friend constexpr bool operator==(const G1&, const G1&) = default;
  [[nodiscard]] constexpr bool is_infinity() const { return x.is_zero() && y.is_zero(); }
};

/// 64 bytes; nothing if a coordinate is not below p or the point is not on the curve.
[[nodiscard]] std::optional<G1> read_g1(ByteView bytes);
[[nodiscard]] std::array<std::uint8_t, 64> write_g1(const G1& point);

[[nodiscard]] G1 operator+(const G1& a, const G1& b);
/// `scalar` is any 256-bit number.
[[nodiscard]] G1 multiply(const G1& point, const U256& scalar);

}  // namespace ol::evm::precompiles::bn254
