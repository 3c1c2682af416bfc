#include "../src/log_limit.hpp"

#include <gtest/gtest.h>

namespace ol::node {
namespace {

using p2p::CloseCode;

TEST(LogLimit, allows_one_line_a_period_and_counts_the_others) {
  LogLimit limit;
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 5), 0U);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 6), std::nullopt);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 4 + LogLimit::kPeriodMs), std::nullopt);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 5 + LogLimit::kPeriodMs), 2U);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 5 + 2 * LogLimit::kPeriodMs), 0U);
}

TEST(LogLimit, one_reason_does_not_hold_another_back) {
  LogLimit limit;
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 0), 0U);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeFailed, 0), 0U);
  EXPECT_EQ(limit.allow(CloseCode::HandshakeTimeout, 1), std::nullopt);
}

}  // namespace
}  // namespace ol::node
