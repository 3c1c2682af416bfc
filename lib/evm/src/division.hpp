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
