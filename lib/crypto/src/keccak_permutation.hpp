#pragma once

#include <array>
#include <cstdint>

namespace ol::crypto::detail {

/// Keccak-f[1600] in place; lane (x, y) is at x + 5 y. Source: Keccak reference 3.0, section 1.2.
void keccak_permute(std::array<std::uint64_t, 25>& lanes);

}  // namespace ol::crypto::detail
