#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include <ol/base/u256.hpp>

#include "word.hpp"

namespace ol::evm {

/// log2 of a power of two; nothing for other numbers.
[[gnu::always_inline]] inline std::optional<unsigned> power_of_two(const U256& v) {
  const int ones = std::popcount(v.limb(0)) + std::popcount(v.limb(1)) + std::popcount(v.limb(2)) +
                   std::popcount(v.limb(3));
  if (ones != 1) return std::nullopt;
  return v.bit_length() - 1;
}

/// a * b mod 2^256 - 1, where 2^256 is 1: the halves of the product are added. Contracts ask for it
/// to learn a product's upper half.
[[gnu::always_inline]] inline U256 mulmod_max(const U256& a, const U256& b) {
  if ((a.limb(2) | a.limb(3) | b.limb(2) | b.limb(3)) == 0) {
    // Below 2^256 - 1. The compiler leaves out the limbs that are zero.
    return U256{a.limb(0), a.limb(1), 0, 0} * U256{b.limb(0), b.limb(1), 0, 0};
  }
  const std::array<std::uint64_t, 8> product = mul_full(a, b);
  unsigned long long carry = 0;
  std::array<std::uint64_t, 4> sum{};
  for (std::size_t i = 0; i < 4; ++i)
    sum[i] = __builtin_addcll(product[i], product[i + 4], carry, &carry);
  const U256 folded = U256{sum[0], sum[1], sum[2], sum[3]} + U256{carry};
  return folded == U256::max() ? U256{} : folded;
}

/// DIV, MOD, SDIV, SMOD with short cuts for divisors of 64 bits, which contracts use most.
[[nodiscard]] U256 fast_div(const U256& a, const U256& b);
[[nodiscard]] U256 fast_mod(const U256& a, const U256& b);
[[nodiscard]] U256 fast_sdiv(const U256& a, const U256& b);
[[nodiscard]] U256 fast_smod(const U256& a, const U256& b);

/// MULMOD that remembers its modulus: contracts that multiply modulo a number do so many times.
/// After some uses of the same modulus a reciprocal is computed (Barrett reduction), which replaces
/// the division by two multiplications. One thread.
class ModularMultiplier {
 public:
  [[nodiscard]] U256 mulmod(const U256& a, const U256& b, const U256& m);

 private:
  /// Uses before a reciprocal pays: computing it costs about as much as ten divisions.
  static constexpr std::uint32_t kUsesBefore = 8;

  void prepare();
  [[nodiscard]] U256 reduce(const std::array<std::uint64_t, 8>& x) const;

  U256 modulus_;
  std::array<std::uint64_t, 5> reciprocal_{};  // floor(2^512 / modulus)
  std::uint32_t uses_ = 0;
  bool ready_ = false;
};

}  // namespace ol::evm
