#include "../src/stranger_bytes.hpp"

#include <gtest/gtest.h>

#include <ol/p2p/network.hpp>

namespace ol::p2p {
namespace {

constexpr std::size_t kMax = 10 * StrangerBytes::kLookBytes;

TEST(StrangerBytes, as_much_as_the_limit_is_held) {
  StrangerBytes bytes(100);
  EXPECT_EQ(bytes.look({}), std::nullopt);
  EXPECT_EQ(bytes.look({{1, 60}, {2, 40}}), std::nullopt);
  EXPECT_EQ(NetworkLimits{}.strangers_bytes_max, std::size_t{256} << 20);
}

TEST(StrangerBytes, beyond_it_whoever_holds_most_goes_until_it_is_kept) {
  StrangerBytes bytes(100);
  EXPECT_EQ(bytes.look({{1, 60}, {2, 90}, {3, 70}}), 2U);
  EXPECT_EQ(bytes.look({{1, 60}, {3, 70}}), 3U);
  EXPECT_EQ(bytes.look({{1, 60}}), std::nullopt);
}

TEST(StrangerBytes, is_looked_at_once_it_may_be_too_much) {
  StrangerBytes bytes(kMax);
  EXPECT_FALSE(bytes.is_due());
  bytes.grow(kMax);
  EXPECT_FALSE(bytes.is_due());
  bytes.grow(1);
  EXPECT_TRUE(bytes.is_due());
  EXPECT_EQ(bytes.look({{1, kMax}}), std::nullopt);
  EXPECT_FALSE(bytes.is_due());
}

// Or each small message would cost a look at everybody.
TEST(StrangerBytes, is_not_looked_at_for_little) {
  StrangerBytes bytes(kMax);
  EXPECT_EQ(bytes.look({{1, kMax}}), std::nullopt);
  bytes.grow(StrangerBytes::kLookBytes - 1);
  EXPECT_FALSE(bytes.is_due());
  bytes.grow(1);
  EXPECT_TRUE(bytes.is_due());
}

}  // namespace
}  // namespace ol::p2p
