// Montgomery's multiplication against its definition, with GMP.

#include <array>
#include <span>

#include <gtest/gtest.h>

#include <gmp.h>

#include "../montgomery.hpp"
#include "vectors.hpp"

namespace ol::evm::precompiles {
namespace {

template <std::size_t N>
using Words = std::array<std::uint64_t, N>;

/// A word next to zero, next to the largest there is, or of no pattern.
std::uint64_t some_word(Noise& noise) {
  const std::uint64_t kind = noise.below(4);
  if (kind == 0) return noise.below(3);
  if (kind == 1) return ~noise.below(3);
  return noise.below(std::uint64_t{1} << 63) << 1 | noise.below(2);
}

template <std::size_t N>
Words<N> some_words(Noise& noise) {
  Words<N> out;
  for (std::uint64_t& word : out)
    word = some_word(noise);
  return out;
}

/// Whether r R is a b modulo m.
template <std::size_t N>
bool is_product(const Words<N>& r, const Words<N>& a, const Words<N>& b, const Words<N>& m) {
  std::array<mpz_t, 4> v;
  for (std::size_t i = 0; i < v.size(); ++i) {
    mpz_init(v[i]);
    mpz_import(v[i], N, -1, 8, 0, 0, std::array{&r, &a, &b, &m}[i]->data());
  }
  mpz_mul_2exp(v[0], v[0], 64 * N);
  mpz_mul(v[1], v[1], v[2]);
  const bool same = mpz_congruent_p(v[0], v[1], v[3]) != 0;
  for (auto& value : v)
    mpz_clear(value);
  return same;
}

template <std::size_t N>
void check_products() {
  Noise noise(N);
  for (int i = 0; i < 5'000; ++i) {
    Words<N> modulus = some_words<N>(noise);
    modulus[0] |= 1;
    if (modulus[N - 1] == 0) modulus[N - 1] = 1;
    // A modulus of one word is for factors below it, the others for any words.
    Words<N> a = some_words<N>(noise);
    Words<N> b = some_words<N>(noise);
    if (N == 1) {
      a[0] %= modulus[0];
      b[0] %= modulus[0];
    }
    const Montgomery<N> field(modulus);
    const Words<N> product = field.product(a, b);
    ASSERT_TRUE(is_product<N>(product, a, b, modulus)) << N << " words, " << i;
    const Words<N> square = field.squared(a, 1);
    ASSERT_TRUE(is_product<N>(square, a, a, modulus)) << N << " words, " << i;
    ASSERT_EQ(field.squared(a, 2), field.squared(square, 1));
    if (N == 1) ASSERT_TRUE(product[0] < modulus[0] && square[0] < modulus[0]);
  }
}

TEST(Montgomery, products_and_squares_are_those_of_the_definition) {
  check_products<1>();
  check_products<2>();
  check_products<3>();
  check_products<4>();
}

// The largest modulus with room and smaller ones, with the largest factors there may be.
TEST(Montgomery, products_stay_below_twice_a_modulus_with_room) {
  using Roomy = Montgomery<4, Room::TwoBits>;
  Noise noise(5);
  for (int i = 0; i < 5'000; ++i) {
    Words<4> modulus = some_words<4>(noise);
    modulus[0] |= 1;
    modulus[3] = i % 2 == 0 ? (std::uint64_t{1} << 62) - 5 : 1 + modulus[3] % (1 << 20);
    ASSERT_TRUE(Roomy::has_room(modulus[3]));
    const U256 m{modulus[0], modulus[1], modulus[2], modulus[3]};
    const auto below_twice = [&] {
      const U256 away{some_word(noise), noise.below(3), 0, 0};
      const U256 value = noise.below(2) == 0 ? (m << 1) - U256{1} - away : away;
      return Words<4>{value.limb(0), value.limb(1), value.limb(2), value.limb(3)};
    };
    const Words<4> a = below_twice();
    const Words<4> b = below_twice();
    const Roomy field(modulus);
    for (const auto& [r, other] : {std::pair{field.product(a, b), b}, {field.squared(a, 1), a}}) {
      ASSERT_TRUE(is_product<4>(r, a, other, modulus)) << i;
      ASSERT_LT((U256{r[0], r[1], r[2], r[3]}), m << 1) << i;
    }
  }
  EXPECT_FALSE(Roomy::has_room((std::uint64_t{1} << 62) - 4));
}

// Factors chosen so that what is reduced exceeds R by more than the modulus, by less than one part
// in 2^64 of it: numbers by chance never do.
TEST(Montgomery, takes_the_modulus_off_twice_where_once_does_not_do) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  const Words<4> modulus{0xf0e3cd972e81d66d, 0xb0cde917f7f35634, 0xf770c2263266aa3b,
                         0xe4cc4132f7108e96};
  const Words<4> a{0, kOnes, 0xe587301c3b47efd1, kOnes};
  const Words<4> b{1, kOnes, 0xf2c90dff122fe424, kOnes};
  const Words<4> product = Montgomery<4>(modulus).product(a, b);
  EXPECT_TRUE(is_product<4>(product, a, b, modulus));
}

TEST(Montgomery, powers_are_below_the_modulus) {
  // 1 as a multiple of R, modulo 2^256 - 1, and its square.
  const Words<4> modulus{~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0},
                         ~std::uint64_t{0}};
  const std::array<std::uint64_t, 1> two{2};
  EXPECT_EQ(Montgomery<4>(modulus).power({1}, two), (Words<4>{1}));
  // The modulus stands for zero.
  EXPECT_EQ(Montgomery<4>(modulus).power(modulus, two), (Words<4>{}));
}

}  // namespace
}  // namespace ol::evm::precompiles
