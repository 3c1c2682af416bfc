#pragma once

#include <ol/base/u256.hpp>

namespace ol::crypto {

/// 1/a modulo m; zero if there is none. Takes a time that depends on `a`: for public data only.
[[nodiscard]] U256 modular_inverse(const U256& a, const U256& m);

}  // namespace ol::crypto
