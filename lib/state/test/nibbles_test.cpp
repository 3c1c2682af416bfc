#include <ol/state/nibbles.hpp>

#include <gtest/gtest.h>

namespace ol::state {
namespace {

const Bytes kKey{0x12, 0x3f};

TEST(NibblePath, splits_bytes_upper_half_first) {
  const NibblePath path(kKey);
  ASSERT_EQ(path.size(), 4U);
  EXPECT_EQ(to_bytes(path.view()), (Bytes{1, 2, 3, 15}));
  EXPECT_EQ(to_bytes(NibblePath(kKey, 3).view()), Bytes{15});
  EXPECT_TRUE(NibblePath(kKey, 4).empty());
}

TEST(NibblePath, cuts_and_joins) {
  const NibblePath path(kKey);
  EXPECT_EQ(path.first(2).with(path.from(2)), path);
  EXPECT_EQ(path.first(0), NibblePath{});
  EXPECT_EQ(path.with(7).from(4), NibblePath{}.with(7));
}

TEST(NibblePath, orders_a_prefix_before_what_extends_it) {
  const NibblePath path(kKey);
  EXPECT_LT(path.first(3), path);
  EXPECT_LT(path, path.with(0));
  EXPECT_LT(path.with(15), NibblePath{}.with(2));
  EXPECT_NE(path.first(3), path);
}

TEST(NibblePathDeathTest, holds_64_nibbles_and_no_more) {
  const Bytes longest(32, 0xab);
  EXPECT_EQ(NibblePath(longest).size(), 64U);
  EXPECT_DEATH(static_cast<void>(NibblePath(longest).with(1)), "fits 64 nibbles");
  EXPECT_DEATH(static_cast<void>(NibblePath{}.with(16)), "below 16");
}

}  // namespace
}  // namespace ol::state
