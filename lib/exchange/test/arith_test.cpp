#include <ol/exchange/arith.hpp>

#include <gtest/gtest.h>

namespace ol::exchange {
namespace {

struct Case {
  std::int64_t a, b, floor, ceil, trunc;
};

TEST(Dex1Rounding, names_its_direction_for_every_sign) {
  constexpr Case kCases[] = {{7, 2, 3, 4, 3},   {-7, 2, -4, -3, -3}, {7, -2, -4, -3, -3},
                             {-7, -2, 3, 4, 3}, {6, 2, 3, 3, 3},     {-6, 2, -3, -3, -3},
                             {0, 5, 0, 0, 0},   {1, 3, 0, 1, 0},     {-1, 3, -1, 0, 0}};
  for (const Case& c : kCases) {
    EXPECT_EQ(static_cast<std::int64_t>(floor_div(c.a, c.b)), c.floor) << c.a << "/" << c.b;
    EXPECT_EQ(static_cast<std::int64_t>(ceil_div(c.a, c.b)), c.ceil) << c.a << "/" << c.b;
    EXPECT_EQ(static_cast<std::int64_t>(trunc_div(c.a, c.b)), c.trunc) << c.a << "/" << c.b;
  }
}

TEST(Dex1Rounding, is_the_same_beyond_64_bits) {
  const Int128 big = (Int128{1} << 100) + 1;
  EXPECT_EQ(floor_div(big, 2), Int128{1} << 99);
  EXPECT_EQ(ceil_div(big, 2), (Int128{1} << 99) + 1);
  EXPECT_EQ(floor_div(-big, 2), -(Int128{1} << 99) - 1);
  EXPECT_EQ(trunc_div(-big, 2), -(Int128{1} << 99));
  const Int128 smallest = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(trunc_div(smallest, -1), Int128{1} << 63);
}

TEST(Dex1RoundingDeathTest, stops_at_a_zero_divisor) {
  EXPECT_DEATH(static_cast<void>(floor_div(1, 0)), "division by zero");
}

TEST(Dex1Range, narrows_only_what_fits) {
  const Int128 edge = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(to_i64(edge));
  EXPECT_FALSE(to_i64(edge + 1));
  EXPECT_TRUE(to_i64(-edge - 1));
  EXPECT_FALSE(to_i64(-edge - 2));
  EXPECT_TRUE(to_u64(2 * edge + 1));
  EXPECT_FALSE(to_u64(2 * edge + 2));
  EXPECT_FALSE(to_u64(-1));
  EXPECT_EQ(must_i64(edge), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(must_u64(5), 5U);
}

TEST(Dex1RangeDeathTest, stops_where_a_bounded_amount_is_not) {
  EXPECT_DEATH(static_cast<void>(must_i64(Int128{1} << 63)), "left 64 bits");
  EXPECT_DEATH(static_cast<void>(must_u64(-1)), "negative");
  EXPECT_DEATH(static_cast<void>(must_u64(Int128{1} << 64)), "left 64 bits");
}

TEST(Dex1Range, multiplies_within_128_bits_or_says_so) {
  const Int128 root = Int128{1} << 63;
  EXPECT_EQ(checked_mul(root, root), Int128{1} << 126);
  EXPECT_FALSE(checked_mul(root * 2, root));
  EXPECT_EQ(saturating_mul(3, 4), Uint128{12});
  EXPECT_EQ(saturating_mul(Uint128{1} << 64, Uint128{1} << 64), ~Uint128{0});
}

}  // namespace
}  // namespace ol::exchange
