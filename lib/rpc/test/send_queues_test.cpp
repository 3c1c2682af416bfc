#include <gtest/gtest.h>

#include "send_queues.hpp"

namespace ol::rpc {
namespace {

TEST(SendQueuesTest, cut_off_for_whom_most_waits_when_all_is_too_much) {
  SendQueues queues(100);
  std::string cut;
  const auto slow = queues.join([&] { cut += "slow "; });
  const auto slower = queues.join([&] { cut += "slower "; });
  const auto fast = queues.join([&] { cut += "fast "; });
  queues.grow(slow, 40);
  queues.grow(slower, 50);
  queues.grow(fast, 10);
  EXPECT_EQ(cut, "") << "as much as may wait";
  queues.grow(fast, 1);
  EXPECT_EQ(cut, "slower ");
  EXPECT_EQ(queues.bytes(), 51U);
  // What is still sent or comes for who was cut off counts no more.
  queues.grow(slower, 90);
  queues.shrink(slower, 10);
  queues.leave(slower);
  EXPECT_EQ(queues.bytes(), 51U);
  queues.shrink(slow, 30);
  EXPECT_EQ(queues.bytes(), 21U) << "what was sent waits no more";
  queues.leave(slow);
  EXPECT_EQ(queues.bytes(), 11U) << "nor does what waited for who left";
  queues.grow(fast, 200);
  EXPECT_EQ(cut, "slower fast ") << "who alone has too much";
  EXPECT_EQ(queues.bytes(), 0U);
}

}  // namespace
}  // namespace ol::rpc
