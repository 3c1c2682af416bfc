// Powers modulo odd numbers of up to four words, by Montgomery's multiplication. For public data
// only: the time taken depends on the values. Source: Koc, Acar, Kaliski, "Analyzing and Comparing
// Montgomery Multiplication Algorithms" (1996), section 4 (SOS: the product first, then its
// reduction); what differs is written at `reduce`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ol/base/u256.hpp>

#include "carry.hpp"

namespace ol::evm::precompiles {

/// Whether a modulus leaves the two upper bits of its words free, as those of 254 bits do that many
/// curves are over: then nothing is ever carried out of them.
enum class Room : std::uint8_t { None, TwoBits };

/// Numbers modulo an odd one m of at most `N` words, as multiples of R = 2^(64 N). Words come with
/// the least significant first. With room any number below 2 m stands for its residue, otherwise
/// any N words do.
template <std::size_t N, Room kRoom = Room::None>
class Montgomery {
 public:
  using Words = std::array<std::uint64_t, N>;

  /// Whether a modulus with this last word has room; one in 2^60 that has two bits free has not.
  static bool has_room(std::uint64_t last) { return last < (std::uint64_t{1} << 62) - 4; }

  /// @pre `modulus` is odd, its last word is not zero and has the room that was promised.
  explicit Montgomery(const Words& modulus) : modulus_(modulus) {
    Uint128 low = modulus[0];
    if constexpr (kLast == 2) low |= Uint128{modulus[1]} << 64;
    const Uint128 inverse = 0 - inverse_of(low);
    for (std::size_t i = 0; i < kLast; ++i)
      inverse_[i] = static_cast<std::uint64_t>(inverse >> (64 * i));
    Words power{1};
    for (Words& fold : folds_)
      fold = power = divided_by_word(power);
  }

  /// `base` to the power of `exponent`, below the modulus.
  /// @pre `base` is multiplied by R and reduced; the last word of `exponent` is not zero.
  [[nodiscard]] Words power(const Words& base, std::span<const std::uint64_t> exponent) const {
    std::size_t bit = 64 * exponent.size() - leading_zeros(exponent[exponent.size() - 1]);
    const std::size_t width = window_bits(bit, exponent);
    std::array<Words, kOddPowers> odd;  // base, base^3, base^5, ..
    fill_odd_powers(odd, base, std::size_t{1} << (width - 1));

    // Windows of bits begin and end with ones; what is zero between them is squared over. They are
    // cut without loops over bits, whose ends nobody can foresee.
    Words out{};
    bool begun = false;
    std::size_t squarings = 0;
    while (bit > 0) {
      const std::size_t zeros = std::min(leading_zeros(bits_below(exponent, bit)), bit);
      bit -= zeros;
      squarings += zeros;
      const std::size_t taken = std::min(width, bit);
      const std::uint64_t window = taken == 0 ? 0 : bits_below(exponent, bit) >> (64 - taken);
      if (window == 0) continue;
      const auto behind = static_cast<std::size_t>(std::countr_zero(window));
      bit -= taken - behind;
      squarings += taken - behind;
      const Words& factor = odd[window >> (behind + 1)];
      out = begun ? product(squared(out, squarings), factor) : factor;
      begun = true;
      squarings = 0;
    }
    return reduced(product(squared(out, squarings), Words{1}));
  }

  // Both are part of the loops that use them: returned through memory, results are copied by
  // vectors, which wait for the words to arrive there.

  /// a b / R.
  [[nodiscard, gnu::always_inline]] Words product(const Words& a, const Words& b) const {
    return reduce(product_of(a, b, std::make_index_sequence<N>()));
  }

  /// `a` squared so many times, each time divided by R.
  [[nodiscard, gnu::always_inline]] Words squared(Words a, std::size_t times) const {
    for (; times > 0; --times)
      a = reduce(square_of(a, std::make_index_sequence<N - 1>()));
    return a;
  }

 private:
  static constexpr std::size_t kOddPowers = 16;
  static constexpr int kFewOnes = 4;
  /// Words that `reduce` takes off with multiples of the modulus, and those before them.
  static constexpr std::size_t kLast = N == 1 ? 1 : 2;
  static constexpr std::size_t kFolded = N - kLast;

  using Product = std::array<std::uint64_t, 2 * N>;
  using Partial = std::array<std::uint64_t, N + kLast>;
  using Row = std::array<std::uint64_t, N + 1>;

  /// The width with the fewest multiplications for so many bits, for tables that are small.
  static std::size_t window_bits(std::size_t bits, std::span<const std::uint64_t> exponent) {
    // With few ones a table costs more than it saves: 3, 65537, powers of two.
    if (bits <= 6 || has_few_ones(exponent)) return 1;
    if (bits <= 24) return 2;
    return bits <= 80 ? 3 : bits <= 240 ? 4 : 5;
  }

  static bool has_few_ones(std::span<const std::uint64_t> exponent) {
    int ones = 0;
    for (std::size_t i = 0; i < exponent.size() && ones <= kFewOnes; ++i)
      ones += std::popcount(exponent[i]);
    return ones <= kFewOnes;
  }

  static std::size_t leading_zeros(std::uint64_t word) {
    return static_cast<std::size_t>(std::countl_zero(word));
  }

  /// The 64 bits below bit `end`, zeros following the last of them. @pre `end` is not zero.
  static std::uint64_t bits_below(std::span<const std::uint64_t> exponent, std::size_t end) {
    const std::size_t word = (end - 1) / 64;
    const std::size_t unused = 63 - (end - 1) % 64;
    const std::uint64_t next = word > 0 && unused > 0 ? exponent[word - 1] >> (64 - unused) : 0;
    return exponent[word] << unused | next;
  }

  void fill_odd_powers(std::array<Words, kOddPowers>& odd, const Words& base,
                       std::size_t count) const {
    odd[0] = base;
    if (count == 1) return;
    const Words square = squared(base, 1);
    for (std::size_t i = 1; i < count; ++i)
      odd[i] = product(odd[i - 1], square);
  }

  /// 1/a modulo 2^128 for odd a: a is its own inverse modulo 8, and each step doubles the bits.
  static Uint128 inverse_of(Uint128 a) {
    const auto low = static_cast<std::uint64_t>(a);
    std::uint64_t x = low;
    for (int bits = 3; bits < 64; bits *= 2)
      x *= 2 - low * x;
    return x * (2 - a * x);
  }

  /// a * b.
  [[gnu::always_inline]] static Row row_of(const Words& a, std::uint64_t b) {
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
    return row;
  }

  /// Adds `row` at word `At`; what is carried out of `sum`.
  template <std::size_t At, std::size_t Size>
  [[gnu::always_inline]] static std::uint8_t add_row(std::array<std::uint64_t, Size>& sum,
                                                     const Row& row) {
    std::uint8_t carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = At; j < Size; ++j)
      sum[j] = add_with_carry(sum[j], j - At <= N ? row[j - At] : 0, carry);
    return carry;
  }

  template <std::size_t... I>
  [[gnu::always_inline]] static Product product_of(const Words& a, const Words& b,
                                                   std::index_sequence<I...> /*words*/) {
    Product out{};
    (add_row_of<I>(out, row_of(a, b[I])), ...);
    return out;
  }

  /// Adds `row` at word `At`, the last of it being the first there.
  template <std::size_t At>
  [[gnu::always_inline]] static void add_row_of(Product& sum, const Row& row) {
    std::uint8_t carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = 0; j < N; ++j)
      sum[At + j] = add_with_carry(sum[At + j], row[j], carry);
    sum[At + N] = row[N] + carry;
  }

  /// a^2: twice the products of different words, and the squares of words.
  template <std::size_t... I>
  [[gnu::always_inline]] static Product square_of(const Words& a,
                                                  std::index_sequence<I...> /*rows*/) {
    Product out{};
    (add_products_with<I>(out, a), ...);
    std::uint8_t carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t i = 1; i + 1 < 2 * N; ++i)
      out[i] = add_with_carry(out[i], out[i], carry);
    out[2 * N - 1] = carry;
    carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < N; ++i) {
      const Uint128 both = Uint128{a[i]} * a[i];
      out[2 * i] = add_with_carry(out[2 * i], static_cast<std::uint64_t>(both), carry);
      out[2 * i + 1] =
          add_with_carry(out[2 * i + 1], static_cast<std::uint64_t>(both >> 64), carry);
    }
    return out;
  }

  /// Adds the products of word `I` with those above it.
  template <std::size_t I>
  [[gnu::always_inline]] static void add_products_with(Product& sum, const Words& a) {
    std::array<std::uint64_t, N> low;
    std::uint64_t high = 0;
    std::uint8_t carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = I + 1; j < N; ++j) {
      const Uint128 both = Uint128{a[j]} * a[I];
      low[j] = add_with_carry(static_cast<std::uint64_t>(both), high, carry);
      high = static_cast<std::uint64_t>(both >> 64);
    }
    high += carry;
    carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = I + 1; j < N; ++j)
      sum[I + j] = add_with_carry(sum[I + j], low[j], carry);
    sum[I + N] = high + carry;
  }

  /// a / 2^64, below the modulus. @pre So is `a`.
  [[nodiscard]] Words divided_by_word(const Words& a) const {
    Row sum = row_of(modulus_, a[0] * inverse_[0]);
    std::uint8_t carry = 0;
    for (std::size_t j = 0; j < N; ++j)
      sum[j] = add_with_carry(sum[j], a[j], carry);
    sum[N] += carry;
    Words out;
    std::copy_n(sum.begin() + 1, N, out.begin());
    return out;
  }

  /// `product` / R for one word, where what counts is how long each step waits for the one before.
  /// The multiple of the modulus that has the same lowest word is taken off instead of its negative
  /// being added: the difference of the upper words needs no carry. @pre The factors are below the
  /// modulus; so is the result.
  [[nodiscard, gnu::always_inline]] Words reduce_word(const Product& product) const {
    const std::uint64_t times = product[0] * (0 - inverse_[0]);
    const auto taken = static_cast<std::uint64_t>(Uint128{times} * modulus_[0] >> 64);
    const std::uint64_t rest = product[1] - taken;
    const std::uint64_t wrapped = product[1] + modulus_[0] - taken;
    return {product[1] < taken ? wrapped : rest};
  }

  /// `product` / R. With m the modulus and k = N - 2:
  /// - Divided by 2^(64 k), word i < k of the product is worth itself times 2^(-64 (k - i)) modulo
  /// m,
  ///   a constant below m: rows that do not wait for each other. They add less than k 2^64 m.
  /// - Then a multiple of m below 2^128 m makes the two lowest words zero.
  /// As the product is at most (R - 1)^2, what is left is below R - 2 + m + k m / 2^64. With room
  /// it is below 4 m^2, and m below R / 4 (1 - 2^-60): what is left is below 2 m.
  [[nodiscard, gnu::always_inline]] Words reduce(const Product& product) const {
    if constexpr (N == 1) return reduce_word(product);
    Partial sum;
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] = product[kFolded + i];
    std::uint8_t carry = fold(sum, product, std::make_index_sequence<kFolded>());
    carry += clear_lowest(sum);
    Words out;
    if constexpr (kRoom == Room::TwoBits) {
      std::copy_n(sum.begin() + kLast, N, out.begin());
      return out;
    }
    // The modulus is taken off where R was reached.
    const std::uint64_t mask = carry == 0 ? 0 : ~std::uint64_t{0};
    std::uint8_t borrow = 0;
#pragma clang loop unroll(full)
    for (std::size_t j = 0; j < N; ++j)
      out[j] = subtract_with_borrow(sum[kLast + j], modulus_[j] & mask, borrow);
    // Still below R + k m / 2^64: hardly ever is it taken off once more.
    if constexpr (kFolded > 0) {
      if (carry > borrow) [[unlikely]]
        subtract_modulus(out);
    }
    return out;
  }

  template <std::size_t... I>
  [[gnu::always_inline]] std::uint8_t fold(Partial& sum, const Product& product,
                                           std::index_sequence<I...> /*words*/) const {
    return static_cast<std::uint8_t>(
        (0 + ... + add_row<0>(sum, row_of(folds_[kFolded - 1 - I], product[I]))));
  }

  /// Adds the multiple of the modulus that makes the `kLast` lowest words zero; what is carried
  /// out.
  [[gnu::always_inline]] std::uint8_t clear_lowest(Partial& sum) const {
    const Uint128 first = Uint128{sum[0]} * inverse_[0];
    const Row row = row_of(modulus_, static_cast<std::uint64_t>(first));
    if constexpr (kLast == 1) {
      return add_row<0>(sum, row);
    } else {
      const std::uint64_t second =
          static_cast<std::uint64_t>(first >> 64) + sum[0] * inverse_[1] + sum[1] * inverse_[0];
      Partial both{};
      std::copy_n(row.begin(), row.size(), both.begin());
      (void)add_row<1>(both, row_of(modulus_, second));
      std::uint8_t carry = 0;
#pragma clang loop unroll(full)
      for (std::size_t j = 0; j < sum.size(); ++j)
        sum[j] = add_with_carry(sum[j], both[j], carry);
      return carry;
    }
  }

  void subtract_modulus(Words& a) const {
    std::uint8_t borrow = 0;
    for (std::size_t j = 0; j < N; ++j)
      a[j] = subtract_with_borrow(a[j], modulus_[j], borrow);
  }

  /// The residue of `a` that is below the modulus. @pre `a` is a product with 1, so that it is at
  /// most m + 1 + k m / 2^64.
  [[nodiscard]] Words reduced(Words a) const {
    while (!std::ranges::lexicographical_compare(a.rbegin(), a.rend(), modulus_.rbegin(),
                                                 modulus_.rend()))
      subtract_modulus(a);
    return a;
  }

  Words modulus_;
  std::array<std::uint64_t, kLast> inverse_{};  // -1/m modulo 2^(64 kLast)
  std::array<Words, kFolded> folds_{};          // 2^(-64 (i + 1)) modulo m
};

}  // namespace ol::evm::precompiles
