#include "../src/peer_waiting.hpp"

#include <gtest/gtest.h>

#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

TEST(PeerWaiting, a_peer_has_no_more_than_its_items_and_others_have_theirs) {
  PeerWaiting waiting({.peer_items = 2, .peer_bytes = 100, .all_bytes = 100});
  EXPECT_TRUE(waiting.enter(kAnna, 1));
  EXPECT_TRUE(waiting.enter(kAnna, 1));
  EXPECT_FALSE(waiting.enter(kAnna, 1));
  EXPECT_TRUE(waiting.enter(kBert, 1));
  waiting.leave(kAnna, 1);
  EXPECT_TRUE(waiting.enter(kAnna, 1));
}

TEST(PeerWaiting, a_peer_has_no_more_than_its_bytes_and_others_have_theirs) {
  PeerWaiting waiting({.peer_items = 9, .peer_bytes = 10, .all_bytes = 100});
  EXPECT_TRUE(waiting.enter(kAnna, 10));
  EXPECT_FALSE(waiting.enter(kAnna, 1));
  EXPECT_TRUE(waiting.enter(kBert, 10));
  EXPECT_EQ(waiting.bytes(), 20U);
}

TEST(PeerWaiting, all_together_have_no_more_than_their_bytes_but_always_one_item) {
  PeerWaiting waiting({.peer_items = 9, .peer_bytes = 10, .all_bytes = 15});
  EXPECT_TRUE(waiting.enter(kAnna, 50)) << "the first";
  EXPECT_FALSE(waiting.enter(kBert, 1));
  waiting.leave(kAnna, 50);
  EXPECT_TRUE(waiting.enter(kAnna, 10));
  EXPECT_TRUE(waiting.enter(kBert, 5));
  EXPECT_FALSE(waiting.enter(kBert, 1));
}

TEST(PeerWaiting, nothing_is_left_of_who_has_nothing_waiting) {
  PeerWaiting waiting({.peer_items = 2, .peer_bytes = 10, .all_bytes = 20});
  for (std::uint16_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(waiting.enter(numbered_peer(i), 5));
    waiting.leave(numbered_peer(i), 5);
  }
  waiting.leave(kAnna, 5);
  EXPECT_EQ(waiting.peers(), 0U);
  EXPECT_EQ(waiting.bytes(), 0U);
}

}  // namespace
}  // namespace ol::node::test
