#include <gtest/gtest.h>

#include "../src/dev_waits.hpp"
#include "../src/pending.hpp"
#include "fake_access.hpp"

namespace ol::api::test {
namespace {

/// Whether somebody keeps what is bound to it.
std::shared_ptr<int> client() {
  return std::make_shared<int>(0);
}

// A node that stops still verifies what it was sent; the sessions go before whoever keeps replies.
TEST(Pending, keeps_no_reply_once_it_is_closed) {
  FakeAccess access;
  Pending pending(access, 4);
  const auto session = client();
  Hash256 action;
  action.bytes[0] = 1;
  ASSERT_TRUE(pending.wait(action, 100, [session](const auto&) {}));
  EXPECT_EQ(session.use_count(), 2);
  pending.close();
  EXPECT_EQ(session.use_count(), 1);
  EXPECT_FALSE(pending.wait(action, 100, [session](const auto&) {}));
  EXPECT_EQ(session.use_count(), 1);
}

TEST(DevWaits, keeps_no_reply_once_it_is_closed) {
  DevWaits waits(4);
  const auto session = client();
  EXPECT_NE(waits.add({}, 100, [session](const auto&) {}), 0U);
  EXPECT_EQ(session.use_count(), 2);
  waits.close();
  EXPECT_EQ(session.use_count(), 1);
  EXPECT_EQ(waits.add({}, 100, [session](const auto&) {}), 0U);
  EXPECT_EQ(session.use_count(), 1);
}

}  // namespace
}  // namespace ol::api::test
