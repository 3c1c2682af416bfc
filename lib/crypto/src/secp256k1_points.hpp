// Points of secp256k1, y^2 = x^3 + 7 (SEC 2, section 2.4.1), for public data only: the time taken
// depends on the values.
#pragma once

#include <optional>

#include "secp256k1_field.hpp"

namespace ol::crypto::secp256k1 {

/// The order of the group of points, a prime.
inline constexpr U256 kOrder{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                             0xffffffffffffffff};

/// A point other than infinity.
struct Affine {
  Fe x;
  Fe y;
};

enum class Parity : std::uint8_t { Even, Odd };

/// The point with this x (below p) and this parity of y; nothing if there is none.
[[nodiscard]] std::optional<Affine> lift_x(const U256& x, Parity parity);

/// a G + b P, both scalars below the order; nothing if that is infinity.
[[nodiscard]] std::optional<Affine> multiply_both(const U256& a, const U256& b, const Affine& p);

}  // namespace ol::crypto::secp256k1
