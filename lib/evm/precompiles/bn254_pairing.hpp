// The optimal ate pairing on bn254. Source: Vercauteren, "Optimal Pairings" (ePrint 2008/096);
// EIP-197 for the encoding and for what is asked.
#pragma once

#include <optional>
#include <span>

#include "bn254_g1.hpp"
#include "bn254_g2.hpp"

namespace ol::evm::precompiles::bn254 {

/// A factor of a product of pairings.
struct Pair {
  G1 p;
  G2 q;  // on the twist
};

/// Whether the product of e(p, q) over `pairs` is one; nothing if a q is not in G2.
[[nodiscard]] std::optional<bool> is_product_one(std::span<const Pair> pairs);

/// f^((p^12 - 1) / order * c) with a fixed c that the order does not divide: one exactly where the
/// pairing is.
[[nodiscard]] Fp12 final_exponentiation(const Fp12& f);

}  // namespace ol::evm::precompiles::bn254
