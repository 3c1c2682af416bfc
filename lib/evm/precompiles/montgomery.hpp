// Powers modulo odd numbers of up to four words, by Montgomery's multiplication. For public data
// only: the time taken depends on the values. Source: Koc, Acar, Kaliski, "Analyzing and Comparing
// Montgomery Multiplication Algorithms" (1996), section 5 (CIOS).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ol/base/u256.hpp>

#include "carry.hpp"

namespace ol::evm::precompiles {

/// Numbers modulo an odd one of at most `N` words, as multiples of R = 2^(64 N). Words come with
/// the least significant first.
///
/// Any N words stand for their residue. Below, a and b are below R and m is the modulus: a row of
/// the product leaves less than a + m, so that what does not fit N words is a single bit.
template <std::size_t N>
class Montgomery {
 public:
  using Words = std::array<std::uint64_t, N>;

  /// @pre `modulus` is odd.
  explicit Montgomery(const Words& modulus)
      : modulus_(modulus), inverse_(0 - inverse_of(modulus[0])) {}

  /// `base` to the power of `exponent`, below the modulus.
  /// @pre `base` is multiplied by R and reduced; the last word of `exponent` is not zero.
  [[nodiscard]] Words power(const Words& base, std::span<const std::uint64_t> exponent) const {
    std::size_t bit = 64 * exponent.size() -
                      static_cast<std::size_t>(std::countl_zero(exponent[exponent.size() - 1]));
    const std::size_t width = window_bits(bit);
    std::array<Words, kOddPowers> odd;  // base, base^3, base^5, ..
    odd[0] = base;
    const Words square = product(base, base);
    for (std::size_t i = 1; i < std::size_t{1} << (width - 1); ++i)
      odd[i] = product(odd[i - 1], square);

    // Windows of bits begin and end with ones; what is zero between them is squared over.
    const auto is_set = [&](std::size_t i) { return (exponent[i / 64] >> (i % 64) & 1) != 0; };
    Words out{};
    bool begun = false;
    while (bit > 0) {
      --bit;
      if (!is_set(bit)) {
        out = product(out, out);
        continue;
      }
      std::size_t end = bit + 1 >= width ? bit + 1 - width : 0;
      while (!is_set(end))
        ++end;
      std::size_t value = 0;
      for (std::size_t i = bit + 1; i > end; --i) {
        value = 2 * value + (is_set(i - 1) ? 1 : 0);
        if (begun) out = product(out, out);
      }
      out = begun ? product(out, odd[value / 2]) : odd[value / 2];
      begun = true;
      bit = end;
    }
    return reduced(product(out, Words{1}));
  }

 private:
  static constexpr std::size_t kOddPowers = 16;

  /// The width with the fewest multiplications for so many bits, for tables that are small.
  static std::size_t window_bits(std::size_t bits) {
    if (bits <= 24) return bits <= 6 ? 1 : 2;
    return bits <= 80 ? 3 : bits <= 240 ? 4 : 5;
  }

  /// 1/a modulo 2^64 for odd a: a is its own inverse modulo 8, and each step doubles the bits.
  static std::uint64_t inverse_of(std::uint64_t a) {
    std::uint64_t x = a;
    for (int bits = 3; bits < 64; bits *= 2)
      x *= 2 - a * x;
    return x;
  }

  /// N + 1 words to which rows are added.
  using Row = std::array<std::uint64_t, N + 1>;

  /// Adds a * b; what is carried out.
  [[gnu::always_inline]] static std::uint8_t add_product(Row& sum, const Words& a,
                                                         std::uint64_t b) {
    Row row;
    std::uint64_t high = 0;
    std::uint8_t carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = 0; j < N; ++j) {
      const Uint128 both = Uint128{a[j]} * b;
      row[j] = add_with_carry(static_cast<std::uint64_t>(both), high, carry);
      high = static_cast<std::uint64_t>(both >> 64);
    }
    row[N] = high + carry;
    carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = 0; j <= N; ++j)
      sum[j] = add_with_carry(sum[j], row[j], carry);
    return carry;
  }

  /// Written without a loop: of one the compiler makes a move through memory.
  template <std::size_t... I>
  [[gnu::always_inline]] static Row without_lowest(const Row& sum, std::uint64_t highest,
                                                   std::index_sequence<I...> /*words*/) {
    return {sum[I + 1]..., highest};
  }

  /// a b / R.
  [[nodiscard, gnu::always_inline]] Words product(const Words& a, const Words& b) const {
    Row sum{};
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < N; ++i) {
      std::uint8_t carry = add_product(sum, a, b[i]);
      carry += add_product(sum, modulus_, sum[0] * inverse_);
      sum = without_lowest(sum, carry, std::make_index_sequence<N>());
    }
    // Below R + m: the modulus is taken off where R was reached.
    const std::uint64_t mask = 0 - sum[N];
    Words out;
    std::uint8_t borrow = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = 0; j < N; ++j)
      out[j] = subtract_with_borrow(sum[j], modulus_[j] & mask, borrow);
    return out;
  }

  /// What a product with 1 leaves is at most m.
  [[nodiscard]] Words reduced(const Words& a) const { return a == modulus_ ? Words{} : a; }

  Words modulus_;
  std::uint64_t inverse_;  // -1/m modulo 2^64
};

}  // namespace ol::evm::precompiles
