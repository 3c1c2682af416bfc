#include "../src/stranger_places.hpp"

#include <gtest/gtest.h>

#include <map>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::seconds;

/// A node whose strangers come from where and when the test says.
struct Door {
  /// Who leaves for the newcomer, its own id if it must not stay, nothing if it may.
  std::optional<ConnectionId> come(const std::string& ip, const std::string& prefix) {
    const auto id = static_cast<ConnectionId>(next++);
    const Stranger newcomer{id, testing::peer_id(static_cast<std::uint8_t>(id)), ip, prefix, true,
                            now};
    std::vector<Stranger> others;
    for (const auto& [key, one] : strangers)
      others.push_back(one);
    const PlaceVerdict verdict =
        places.admit(newcomer, others, [this](const PeerId& peer) { return standings[peer]; }, now);
    reason = verdict.reason;
    if (verdict.leaves) strangers.erase(*verdict.leaves);
    if (verdict.leaves || !verdict.reason) strangers.insert_or_assign(id, newcomer);
    if (!verdict.reason) return std::nullopt;
    return verdict.leaves ? verdict.leaves : id;
  }
  GossipStanding& standing(ConnectionId id) {
    return standings[testing::peer_id(static_cast<std::uint8_t>(id))];
  }
  /// Four strangers that nobody tells apart, the limit, and then so much time.
  void fill(Duration time) {
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(come(std::to_string(next), std::to_string(next)), std::nullopt);
    now += time;
  }
  std::optional<ConnectionId> come_from_anywhere() {
    return come(std::to_string(next), std::to_string(next));
  }

  NetworkLimits limits = [] {
    NetworkLimits out;
    out.unknown_peers_max = 4;
    out.unknown_peers_per_ip_max = 2;
    out.unknown_peers_per_prefix_max = 3;
    return out;
  }();
  StrangerPlaces places{limits, NetworkTimes{}};
  TimePoint now{seconds(1000)};
  int next = 1;
  std::map<ConnectionId, Stranger> strangers;
  std::map<PeerId, GossipStanding> standings;
  std::optional<CloseReason> reason;
};

TEST(StrangerPlaces, so_many_of_an_address_of_a_network_and_in_all) {
  Door door;
  EXPECT_EQ(door.come("1", "a"), std::nullopt);
  EXPECT_EQ(door.come("1", "a"), std::nullopt);
  EXPECT_EQ(door.come("1", "a"), 3U);
  EXPECT_EQ(door.reason->text, "too many peers from this address");
  EXPECT_EQ(door.come("2", "a"), std::nullopt);
  EXPECT_EQ(door.come("3", "a"), 5U);
  EXPECT_EQ(door.reason->text, "too many peers from this network");
  EXPECT_EQ(door.come("4", "b"), std::nullopt);
  EXPECT_EQ(door.come("5", "c"), 7U);
  EXPECT_EQ(door.reason->text, "no room for peers that are not configured");
  EXPECT_EQ(door.reason->code, CloseCode::TooManyPeers);
}

TEST(StrangerPlaces, of_a_network_as_many_as_the_limit_says_by_default) {
  EXPECT_EQ(NetworkLimits{}.unknown_peers_per_ip_max, 8U);
  EXPECT_EQ(NetworkLimits{}.unknown_peers_per_prefix_max, 8U);
  EXPECT_EQ(NetworkTimes{}.rotation, std::chrono::minutes(1));
}

TEST(StrangerPlaces, who_never_said_hello_makes_way_within_the_limit_that_is_reached) {
  Door door;
  EXPECT_EQ(door.come("1", "a"), std::nullopt);
  EXPECT_EQ(door.come("2", "b"), std::nullopt);
  EXPECT_EQ(door.come("2", "b"), std::nullopt);
  for (auto& [id, one] : door.strangers)
    one.linked = false;
  EXPECT_EQ(door.come("2", "b"), 4U);
  door.now += NetworkTimes{}.handshake;
  EXPECT_EQ(door.come("2", "b"), 2U);
  EXPECT_EQ(door.reason->text, "a place without a hello goes to a newcomer");
  EXPECT_EQ(door.reason->code, CloseCode::TooManyPeers);
}

TEST(StrangerPlaces, one_place_a_minute_goes_to_a_newcomer) {
  Door door;
  door.fill(seconds(60));
  EXPECT_EQ(door.come_from_anywhere(), 4U);
  EXPECT_EQ(door.reason->code, CloseCode::Rotated);
  door.now += seconds(59);
  EXPECT_EQ(door.come_from_anywhere(), 6U);
  EXPECT_EQ(door.reason->code, CloseCode::TooManyPeers);
  door.now += seconds(1);
  EXPECT_EQ(door.come_from_anywhere(), 5U);
}

TEST(StrangerPlaces, a_place_is_kept_for_a_minute) {
  Door door;
  door.fill(seconds(59));
  EXPECT_EQ(door.come_from_anywhere(), 5U);
  door.now += seconds(1);
  EXPECT_EQ(door.come_from_anywhere(), 4U);
}

TEST(StrangerPlaces, whoever_is_worth_least_to_gossip_goes) {
  Door door;
  door.fill(seconds(60));
  door.standing(1) = {.needed = false, .in_mesh = true, .score = 0};
  door.standing(2) = {.needed = false, .in_mesh = false, .score = 1.0};
  door.standing(3) = {.needed = false, .in_mesh = false, .score = 2.0};
  door.standing(4) = {.needed = false, .in_mesh = true, .score = -1};
  for (const ConnectionId least : {2U, 3U, 4U, 1U}) {
    // Whoever has come is better than all that were there.
    const auto comes = static_cast<ConnectionId>(door.next);
    EXPECT_EQ(door.come_from_anywhere(), least);
    door.standing(comes) = {.needed = true, .in_mesh = true, .score = 9};
    door.now += seconds(60);
  }
  EXPECT_EQ(door.come_from_anywhere(), 9U) << "all are needed";
  EXPECT_EQ(door.reason->code, CloseCode::TooManyPeers);
}

TEST(StrangerPlaces, nobody_goes_where_a_limit_of_its_network_is_reached) {
  Door door;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(door.come(std::to_string(i), "a"), std::nullopt);
  EXPECT_EQ(door.come("9", "b"), std::nullopt);
  door.now += seconds(60);
  EXPECT_EQ(door.come("8", "a"), 5U);
  EXPECT_EQ(door.reason->text, "too many peers from this network");
}

// As after an epoch that made strangers of validators.
TEST(StrangerPlaces, nobody_goes_while_there_are_more_than_places) {
  Door door;
  door.fill(seconds(0));
  const Stranger first = door.strangers.at(1);
  door.strangers.emplace(99, Stranger{99, first.peer, "99", "99", true, door.now});
  door.now += seconds(60);
  EXPECT_EQ(door.come_from_anywhere(), 5U);
  door.strangers.erase(99);
  EXPECT_EQ(door.come_from_anywhere(), 4U);
}

}  // namespace
}  // namespace ol::p2p
