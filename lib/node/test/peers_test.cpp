// What a node shows of its peers, and when it calls for help.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "../../consensus/test/validators.hpp"
#include "../src/gossip_batch.hpp"
#include "../src/reach.hpp"
#include "../src/rpc_peers.hpp"

namespace ol::node {
namespace {

using Change = ReachWatch::Change;
using primitives::ValidatorIndex;

p2p::PeerId peer_of(const primitives::ValidatorSet& set, std::uint32_t index) {
  return p2p::PeerId(set.find(ValidatorIndex(index))->network_key);
}

TEST(Reach, counts_this_node_and_linked_validators_and_nobody_else) {
  const primitives::ValidatorSet set = *consensus::test::Validators(4).set;
  std::set<p2p::PeerId> connected;
  EXPECT_EQ(reach_of(set, std::nullopt, connected).weight, 0U);
  EXPECT_EQ(reach_of(set, ValidatorIndex(0), connected).weight, 1U);
  connected.insert(peer_of(set, 0));
  EXPECT_EQ(reach_of(set, ValidatorIndex(0), connected).weight, 1U);
  connected.insert(p2p::PeerId(crypto::Ed25519SecretKey::generate().public_key()));
  connected.insert(peer_of(set, 2));
  const Reach two = reach_of(set, ValidatorIndex(0), connected);
  EXPECT_EQ(two.weight, 2U);
  EXPECT_EQ(two.total, 4U);
  EXPECT_FALSE(two.is_quorum);
  connected.insert(peer_of(set, 3));
  EXPECT_TRUE(reach_of(set, ValidatorIndex(0), connected).is_quorum);
}

TEST(Reach, calls_once_when_the_quorum_is_out_of_reach_for_long_enough) {
  ReachWatch watch;
  constexpr std::uint64_t kGrace = ReachWatch::kGraceMs;
  EXPECT_EQ(watch.look(false, 1'000), Change::None);
  EXPECT_EQ(watch.look(false, 1'000 + kGrace - 1), Change::None);
  EXPECT_EQ(watch.look(false, 1'000 + kGrace), Change::Lost);
  EXPECT_EQ(watch.look(false, 1'000 + 9 * kGrace), Change::None);
  EXPECT_EQ(watch.look(true, 1'001 + 9 * kGrace), Change::Regained);
  EXPECT_EQ(watch.look(true, 1'002 + 9 * kGrace), Change::None);
}

TEST(Reach, a_short_loss_is_no_alarm_and_starts_the_time_over) {
  ReachWatch watch;
  constexpr std::uint64_t kGrace = ReachWatch::kGraceMs;
  EXPECT_EQ(watch.look(false, 0), Change::None);
  EXPECT_EQ(watch.look(true, kGrace - 1), Change::None);
  EXPECT_EQ(watch.look(false, kGrace), Change::None);
  EXPECT_EQ(watch.look(false, 2 * kGrace - 1), Change::None);
  EXPECT_EQ(watch.look(false, 2 * kGrace), Change::Lost);
}

TEST(Peers, shows_validators_links_bans_and_the_weight_reached) {
  const primitives::ValidatorSet set = *consensus::test::Validators(4).set;
  p2p::NetworkCounters network;
  network.known_peers = 5;
  p2p::PeerCounters itself;
  itself.peer = peer_of(set, 0);
  network.peers.push_back(itself);
  p2p::PeerCounters linked;
  linked.peer = peer_of(set, 1);
  linked.connected = true;
  linked.linked = true;
  linked.address = "127.0.0.1:9000";
  linked.rtt = std::chrono::microseconds(250);
  network.peers.push_back(linked);
  p2p::PeerCounters banned;
  banned.peer = p2p::PeerId(crypto::Ed25519SecretKey::generate().public_key());
  banned.ban = p2p::BanState{"bad proof", std::chrono::milliseconds(900)};
  network.peers.push_back(banned);
  p2p::PeerCounters other;
  other.peer = p2p::PeerId(crypto::Ed25519SecretKey::generate().public_key());
  other.connected = true;
  network.peers.push_back(other);
  p2p::BannedPeer stranger{p2p::PeerId(crypto::Ed25519SecretKey::generate().public_key()),
                           {"too many yamux pings", std::chrono::milliseconds(599'000)}};
  network.bans.push_back(stranger);
  network.banned = 7;
  const Reach reach{.weight = 2, .total = 4, .is_quorum = false};
  const auto answer = boost::json::parse(peers_json(peer_of(set, 0), network, set, reach));
  EXPECT_EQ(answer.at("self").as_string(), peer_of(set, 0).text());
  EXPECT_EQ(answer.at("reachedWeight").to_number<int>(), 2);
  EXPECT_EQ(answer.at("totalWeight").to_number<int>(), 4);
  EXPECT_FALSE(answer.at("quorumReached").as_bool());
  EXPECT_EQ(answer.at("knownPeers").to_number<int>(), 5);
  EXPECT_EQ(answer.at("peers").as_array().size(), 3U);
  const auto& first = answer.at("peers").at(0);
  EXPECT_EQ(first.at("validator").to_number<int>(), 1);
  EXPECT_TRUE(first.at("connected").as_bool());
  EXPECT_TRUE(first.at("linked").as_bool());
  EXPECT_EQ(first.at("address").as_string(), "127.0.0.1:9000");
  EXPECT_EQ(first.at("roundTripUs").to_number<int>(), 250);
  EXPECT_TRUE(first.at("ban").is_null());
  const auto& second = answer.at("peers").at(1);
  EXPECT_TRUE(second.at("validator").is_null());
  EXPECT_TRUE(second.at("roundTripUs").is_null());
  EXPECT_EQ(second.at("ban").at("reason").as_string(), "bad proof");
  EXPECT_EQ(second.at("ban").at("leftMs").to_number<int>(), 900);
  const auto& third = answer.at("peers").at(2);
  EXPECT_TRUE(third.at("connected").as_bool());
  EXPECT_FALSE(third.at("linked").as_bool());
  EXPECT_EQ(answer.at("banned").to_number<int>(), 7);
  const auto& ban = answer.at("bans").at(0);
  EXPECT_EQ(ban.at("id").as_string(), stranger.peer.text());
  EXPECT_EQ(ban.at("reason").as_string(), "too many yamux pings");
  EXPECT_EQ(ban.at("leftMs").to_number<int>(), 599'000);
}

TEST(GossipBatch, takes_what_it_gives_and_nothing_else) {
  const std::vector<Bytes> entries{{1, 2, 3}, {}, Bytes(1000, 7)};
  const Bytes encoded = encode_gossip_batch(entries);
  EXPECT_EQ(decode_gossip_batch(encoded), entries);
  EXPECT_FALSE(decode_gossip_batch(ByteView(encoded).first(encoded.size() - 1)));
  Bytes longer = encoded;
  longer.push_back(0);
  EXPECT_FALSE(decode_gossip_batch(longer));
  EXPECT_FALSE(decode_gossip_batch(Bytes{0xff, 0xff, 0xff, 0xff}));
}

TEST(GossipBatch, only_a_few_validators_are_each_others_direct_peers) {
  std::vector<p2p::PeerId> validators;
  for (std::size_t i = 0; i < kDirectPeersMax; ++i)
    validators.emplace_back(crypto::Ed25519SecretKey::generate().public_key());
  EXPECT_EQ(direct_among(validators), validators);
  validators.emplace_back(crypto::Ed25519SecretKey::generate().public_key());
  EXPECT_TRUE(direct_among(validators).empty());
}

}  // namespace
}  // namespace ol::node
