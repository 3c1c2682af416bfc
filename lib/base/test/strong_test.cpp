#include <ol/base/strong.hpp>

#include <cstdint>
#include <type_traits>

#include <gtest/gtest.h>

namespace ol {
namespace {

using Apples = Strong<std::uint64_t, struct ApplesTag>;
using Pears = Strong<std::uint64_t, struct PearsTag>;
using Small = Strong<std::uint8_t, struct SmallTag>;

TEST(Strong, is_neither_converted_nor_compared_across_kinds) {
  static_assert(!std::is_convertible_v<std::uint64_t, Apples>);
  static_assert(!std::is_convertible_v<Apples, std::uint64_t>);
  static_assert(!std::is_constructible_v<Apples, Pears>);
  static_assert(!std::equality_comparable_with<Apples, Pears>);
  EXPECT_EQ(Apples(7).value(), 7U);
}

TEST(Strong, orders_by_value) {
  EXPECT_LT(Apples(1), Apples(2));
  EXPECT_EQ(Apples(), Apples(0));
}

TEST(Strong, adds_numbers_and_measures_distance) {
  EXPECT_EQ(Apples(1) + 2, Apples(3));
  EXPECT_EQ(Apples(1).next(), Apples(2));
  EXPECT_EQ(Apples(5) - Apples(5), 0U);
  EXPECT_EQ(Apples(5) - Apples(2), 3U);
}

TEST(StrongDeathTest, stops_on_overflow_and_underflow) {
  EXPECT_EQ(Small(254).next(), Small(255));
  EXPECT_DEATH(static_cast<void>(Small(255).next()), "strong number overflow");
  EXPECT_DEATH(static_cast<void>(Apples(1) - Apples(2)), "strong number underflow");
}

TEST(Strong, hashes_as_its_value) {
  EXPECT_EQ(std::hash<Apples>{}(Apples(9)), std::hash<std::uint64_t>{}(9));
}

}  // namespace
}  // namespace ol
