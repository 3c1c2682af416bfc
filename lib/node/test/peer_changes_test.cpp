#include "../src/peer_changes.hpp"

#include <gtest/gtest.h>

#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

std::string all_of(PeerChanges& changes) {
  std::string out;
  while (const auto change = changes.next()) {
    for (std::uint16_t number = 1; number < 9; ++number) {
      if (change->peer == numbered_peer(number)) out += std::to_string(number);
    }
    out += change->connected ? "+ " : "- ";
  }
  return out;
}

TEST(PeerChanges, tells_who_came_and_who_went_in_their_order) {
  PeerChanges changes;
  changes.connected(numbered_peer(1));
  changes.connected(numbered_peer(2));
  EXPECT_EQ(all_of(changes), "1+ 2+ ");
  changes.disconnected(numbered_peer(2));
  changes.disconnected(numbered_peer(1));
  EXPECT_EQ(all_of(changes), "2- 1- ");
  EXPECT_EQ(changes.size(), 0U);
}

TEST(PeerChanges, tells_nothing_of_who_came_and_went_in_between) {
  PeerChanges changes;
  for (int i = 0; i < 1'000; ++i) {
    changes.connected(numbered_peer(1));
    changes.disconnected(numbered_peer(1));
  }
  EXPECT_EQ(changes.size(), 0U);
  EXPECT_EQ(all_of(changes), "");
}

TEST(PeerChanges, tells_of_a_new_connection_behind_the_loss_of_the_old_one) {
  PeerChanges changes;
  changes.connected(numbered_peer(1));
  EXPECT_EQ(all_of(changes), "1+ ");
  for (int i = 0; i < 10; ++i) {
    changes.disconnected(numbered_peer(1));
    changes.connected(numbered_peer(1));
  }
  EXPECT_EQ(all_of(changes), "1- 1+ ");
  changes.disconnected(numbered_peer(1));
  changes.connected(numbered_peer(1));
  changes.disconnected(numbered_peer(1));
  EXPECT_EQ(all_of(changes), "1- ");
  EXPECT_EQ(changes.size(), 0U);
}

TEST(PeerChanges, knows_nothing_of_who_was_never_connected) {
  PeerChanges changes;
  changes.disconnected(numbered_peer(1));
  EXPECT_EQ(changes.size(), 0U);
}

}  // namespace
}  // namespace ol::node::test
