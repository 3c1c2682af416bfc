#include "../src/peer_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include <ol/p2p/rate_limit.hpp>
#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::peer_id;

const Clock::time_point kStart{};

TEST(PeerTable, doubles_the_redial_delay_up_to_the_maximum_with_a_random_half) {
  PeerTable table(NetworkTimes{}, 7);
  PeerEntry& peer = table.entry(peer_id(1));
  std::int64_t full = 100;
  bool varied = false;
  for (int i = 0; i < 40; ++i) {
    table.schedule_dial(peer, kStart, Clock::duration::zero());
    const auto delay = std::chrono::duration_cast<milliseconds>(peer.next_dial - kStart).count();
    EXPECT_GE(delay, full / 2);
    EXPECT_LE(delay, full);
    varied = varied || delay != full;
    full = std::min<std::int64_t>(full * 2, 10'000);
  }
  EXPECT_TRUE(varied);
}

TEST(PeerTable, starts_the_delay_over_only_after_a_stable_link) {
  PeerTable table(NetworkTimes{}, 7);
  PeerEntry& peer = table.entry(peer_id(1));
  for (int i = 0; i < 20; ++i)
    table.schedule_dial(peer, kStart, Clock::duration::zero());
  table.schedule_dial(peer, kStart, milliseconds(9'999));
  EXPECT_GE(peer.next_dial - kStart, milliseconds(5'000));
  table.schedule_dial(peer, kStart, milliseconds(10'000));
  EXPECT_LE(peer.next_dial - kStart, milliseconds(100));
}

TEST(PeerTable, replaces_endpoints_and_never_dials_itself) {
  PeerTable table(NetworkTimes{}, 7);
  table.set_endpoints({{peer_id(1), "a", 1}, {peer_id(2), "b", 2}, {peer_id(3), "c", 3}},
                      peer_id(2));
  EXPECT_TRUE(table.entry(peer_id(1)).is_expected());
  EXPECT_EQ(table.find(peer_id(2)), nullptr);
  table.set_endpoints({{peer_id(3), "d", 4}}, peer_id(2));
  EXPECT_FALSE(table.entry(peer_id(1)).is_expected());
  EXPECT_EQ(table.entry(peer_id(3)).endpoint->host, "d");
}

TEST(PeerTable, tries_each_address_a_peer_told) {
  PeerTable table(NetworkTimes{}, 7);
  PeerEntry& peer = table.entry(peer_id(1));
  PeerTable::learn(peer, {{peer_id(1), "a", 1}, {peer_id(1), "b", 2}, {peer_id(1), "c", 3}});
  std::string tried;
  for (int i = 0; i < 7; ++i) {
    tried += peer.endpoint->host;
    PeerTable::try_next_address(peer);
  }
  EXPECT_EQ(tried, "abcabca");
  PeerTable::learn(peer, {{peer_id(1), "d", 4}});
  PeerTable::try_next_address(peer);
  EXPECT_EQ(peer.endpoint->host, "d");
  // What the operator wrote is not replaced by what was told.
  PeerTable::learn(peer, {{peer_id(1), "a", 1}, {peer_id(1), "b", 2}});
  table.set_endpoints({{peer_id(1), "e", 5}}, peer_id(2));
  PeerTable::try_next_address(peer);
  EXPECT_EQ(peer.endpoint->host, "e");
}

const auto kNobody = [](const PeerId&) { return false; };

std::set<PeerId> next_sought(PeerTable& table, std::size_t count) {
  const auto ids = table.next_sought(count, kNobody);
  return {ids.begin(), ids.end()};
}

TEST(PeerTable, searches_for_everybody_in_turn) {
  PeerTable table(NetworkTimes{}, 7);
  std::vector<PeerId> allowed;
  for (std::uint8_t i = 1; i <= 6; ++i)
    allowed.push_back(peer_id(i));
  table.set_allowed(allowed);
  const std::set<PeerId> all(allowed.begin(), allowed.end());
  std::set<PeerId> found = next_sought(table, 4);
  EXPECT_EQ(found.size(), 4U);
  found.merge(next_sought(table, 2));
  EXPECT_EQ(found, all);
  EXPECT_EQ(next_sought(table, 100), all);
}

TEST(PeerTable, searches_for_those_whose_addresses_are_not_known_or_dead) {
  PeerTable table(NetworkTimes{}, 7);
  EXPECT_EQ(next_sought(table, 9), std::set<PeerId>{});
  table.set_allowed({peer_id(1), peer_id(2), peer_id(3)});
  table.set_endpoints({{peer_id(3), "c", 3}}, peer_id(9));
  static_cast<void>(table.entry(peer_id(4)));
  PeerEntry& learnt = table.entry(peer_id(1));
  PeerTable::learn(learnt, {{peer_id(1), "a", 1}});
  EXPECT_EQ(next_sought(table, 9), std::set<PeerId>{peer_id(2)});
  const auto busy = [](const PeerId& id) { return id == peer_id(2); };
  EXPECT_TRUE(table.next_sought(9, busy).empty());
  for (unsigned i = 0; i < kSearchAfter; ++i) {
    EXPECT_FALSE(next_sought(table, 9).contains(peer_id(1)));
    table.schedule_dial(learnt, kStart, Clock::duration::zero());
    table.schedule_dial(table.entry(peer_id(3)), kStart, Clock::duration::zero());
  }
  EXPECT_EQ(next_sought(table, 9), (std::set<PeerId>{peer_id(1), peer_id(2)}));
  learnt.link = 1;
  EXPECT_EQ(next_sought(table, 9), std::set<PeerId>{peer_id(2)});
}

TEST(PeerTable, lifts_a_ban_when_its_time_is_over) {
  PeerTable table(NetworkTimes{}, 7);
  EXPECT_EQ(table.banned(peer_id(1), kStart), nullptr);
  table.ban(peer_id(1), kStart + milliseconds(10), "lied");
  ASSERT_NE(table.banned(peer_id(1), kStart + milliseconds(9)), nullptr);
  EXPECT_EQ(table.banned(peer_id(1), kStart)->reason, "lied");
  EXPECT_EQ(table.banned(peer_id(1), kStart + milliseconds(10)), nullptr);
}

TEST(PeerTable, forgets_strangers_but_not_banned_linked_allowed_or_busy_ones) {
  PeerTable table(NetworkTimes{}, 7);
  for (std::uint8_t i = 1; i <= 5; ++i)
    static_cast<void>(table.entry(peer_id(i)));
  table.ban(peer_id(2), kStart + milliseconds(10), "lied");
  table.entry(peer_id(3)).link = 1;
  table.set_allowed({peer_id(4)});
  const auto busy = [](const PeerId& peer) { return peer == peer_id(5); };
  table.forget_strangers(kStart, busy);
  EXPECT_EQ(table.find(peer_id(1)), nullptr);
  EXPECT_EQ(table.all().size(), 4U);
  table.forget_strangers(kStart + milliseconds(10), busy);
  EXPECT_EQ(table.find(peer_id(2)), nullptr);
}

TEST(RateLimit, allows_a_seconds_worth_at_once_and_refills_with_time) {
  RateLimit limit(100, kStart);
  limit.charge(100);
  EXPECT_TRUE(limit.allows(kStart));
  limit.charge(50);
  EXPECT_FALSE(limit.allows(kStart));
  EXPECT_FALSE(limit.allows(kStart + milliseconds(490)));
  EXPECT_TRUE(limit.allows(kStart + milliseconds(510)));
  EXPECT_TRUE(limit.allows(kStart + milliseconds(100'000)));
  limit.charge(101);
  EXPECT_FALSE(limit.allows(kStart + milliseconds(100'000)));
}

}  // namespace
}  // namespace ol::p2p
