// Networks against peers that are wrong, slow, silent or hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "network_harness.hpp"
#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::pattern;
using testing::peer_id;
using testing::SocketPeer;
using testing::TestNode;

NetworkConfig allowing(std::initializer_list<std::uint8_t> keys) {
  NetworkConfig config;
  for (const std::uint8_t key : keys)
    config.allowed.push_back(peer_id(key));
  return config;
}

NetworkConfig dialling(std::initializer_list<PeerEndpoint> peers) {
  NetworkConfig config;
  config.peers = peers;
  return config;
}

std::uint64_t closed(TestNode& node, CloseCode code) {
  return node.network().counters().closed[static_cast<std::size_t>(code)];
}

bool failed_with(const TestNode& node, CloseCode code) {
  return std::any_of(node.failures.begin(), node.failures.end(),
                     [&](const LinkFailure& f) { return f.reason.code == code; });
}

CloseCode code_of(const std::optional<CloseReason>& goodbye) {
  return goodbye ? goodbye->code : CloseCode::ConnectionLost;
}

TEST(NetworkDefence, refuses_a_wrong_hello_with_the_reason_on_both_sides) {
  NetworkConfig config = allowing({2});
  config.hello = to_bytes(as_bytes("chain 7777"));
  TestNode a(1, std::move(config));
  a.set_check([](ByteView hello) -> std::optional<std::string> {
    if (as_text(hello) == "chain 7777") return std::nullopt;
    return "wrong genesis: " + std::string(as_text(hello));
  });
  config = dialling({a.endpoint()});
  config.hello = to_bytes(as_bytes("chain 1"));
  TestNode b(2, std::move(config));
  ASSERT_TRUE(a.wait([&] { return failed_with(a, CloseCode::HelloRefused); }));
  ASSERT_TRUE(b.wait([&] { return failed_with(b, CloseCode::HelloRefused); }));
  EXPECT_EQ(a.seen().failures[0].reason.text, "wrong genesis: chain 1");
  EXPECT_EQ(a.seen().failures[0].peer, b.id());
  EXPECT_EQ(b.seen().failures[0].reason.text, "the peer says: wrong genesis: chain 1");
  EXPECT_EQ(b.seen().failures[0].peer, a.id());
  EXPECT_TRUE(a.seen().connects.empty());
  EXPECT_TRUE(b.seen().connects.empty());
}

TEST(NetworkDefence, refuses_peers_that_are_not_expected_and_tells_them) {
  TestNode a(1);
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(b.wait([&] { return failed_with(b, CloseCode::NotAllowed); }));
  EXPECT_EQ(b.seen().failures[0].reason.text,
            "the peer says: not among the peers this node accepts");
  ASSERT_TRUE(a.wait([&] { return failed_with(a, CloseCode::NotAllowed); }));
}

TEST(NetworkDefence, takes_as_many_unknown_peers_as_it_has_room_for) {
  NetworkConfig config = allowing({9});
  config.limits.unknown_peers_max = 2;
  TestNode a(1, std::move(config));
  SocketPeer first(2, a.endpoint());
  SocketPeer second(3, a.endpoint());
  ASSERT_TRUE(first.open());
  ASSERT_TRUE(second.open());
  ASSERT_TRUE(a.wait([&] { return a.connected.size() == 2; }));
  SocketPeer third(4, a.endpoint());
  EXPECT_FALSE(third.open());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::TooManyPeers); }));
  SocketPeer allowed(9, a.endpoint());
  EXPECT_TRUE(allowed.open());
}

TEST(NetworkDefence, takes_only_so_many_unknown_peers_from_one_address) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 10;
  config.limits.unknown_peers_per_ip_max = 1;
  TestNode a(1, std::move(config));
  SocketPeer first(2, a.endpoint());
  ASSERT_TRUE(first.open());
  SocketPeer second(3, a.endpoint());
  EXPECT_FALSE(second.open());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::TooManyPeers); }));
}

TEST(NetworkDefence, notices_that_another_peer_answers) {
  TestNode a(1, allowing({2}));
  PeerEndpoint wrong = a.endpoint();
  wrong.id = peer_id(7);
  TestNode b(2, dialling({wrong}));
  ASSERT_TRUE(b.wait([&] { return failed_with(b, CloseCode::WrongPeer); }));
  EXPECT_TRUE(a.seen().connects.empty());
}

TEST(NetworkDefence, refuses_to_talk_to_itself) {
  TestNode a(1);
  SocketPeer mirror(1, a.endpoint());
  EXPECT_FALSE(mirror.open());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::SelfConnection); }));
}

TEST(NetworkDefence, cuts_a_handshake_that_trickles) {
  NetworkConfig config = allowing({2});
  config.times.handshake = milliseconds(150);
  TestNode a(1, std::move(config));
  SocketPeer slow(2, a.endpoint());
  slow.write(testing::hex("132f6d"));  // the beginning of multistream's header
  EXPECT_TRUE(slow.closed_by_peer());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::HandshakeTimeout); }))
      << testing::describe(a);
}

TEST(NetworkDefence, cuts_a_peer_that_never_says_hello) {
  NetworkConfig config = allowing({2});
  config.times.handshake = milliseconds(3000);
  TestNode a(1, std::move(config));
  SocketPeer mute(2, a.endpoint());
  ASSERT_TRUE(mute.connect());  // and not a word more
  EXPECT_EQ(code_of(mute.goodbye()), CloseCode::HandshakeTimeout);
}

TEST(NetworkDefence, gives_up_dialling_a_listener_that_does_not_answer) {
  // A listening socket whose connections nobody accepts: TCP connects, Noise hears nothing.
  TestNode deaf(3);
  std::mutex busy;
  std::unique_lock hold(busy);
  deaf.network().post([&] { const std::scoped_lock wait(busy); });
  NetworkConfig config = dialling({deaf.endpoint()});
  config.times.handshake = milliseconds(150);
  TestNode a(1, std::move(config));
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::HandshakeTimeout); }));
  hold.unlock();
}

TEST(NetworkDefence, survives_garbage) {
  TestNode a(1, allowing({2}));
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    SocketPeer vandal(2, a.endpoint());
    Bytes garbage = pattern(5000, seed);
    garbage[0] = 0xff;  // a length no negotiation has
    vandal.write(garbage);
    EXPECT_TRUE(vandal.closed_by_peer());
  }
  EXPECT_TRUE(a.wait([&] { return closed(a, CloseCode::HandshakeFailed) == 20; }));
  SocketPeer honest(2, a.endpoint());
  EXPECT_TRUE(honest.open());
}

TEST(NetworkDefence, closes_a_link_with_a_reason_when_its_bytes_are_wrong) {
  TestNode a(1, allowing({2}));
  SocketPeer peer(2, a.endpoint());
  ASSERT_TRUE(peer.open());
  ASSERT_TRUE(a.wait_connected(peer_id(2)));
  peer.write(testing::hex("0010000102030405060708090a0b0c0d0e0f"));
  EXPECT_TRUE(peer.closed_by_peer());
  ASSERT_TRUE(a.wait([&] { return a.disconnects.size() == 1; }));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::ProtocolError);
}

TEST(NetworkDefence, says_goodbye_to_a_peer_whose_messages_are_not_allowed) {
  const struct {
    Bytes message;
    const char* why;
  } cases[] = {
      {{}, "a message without a channel"},
      {{9}, "no channel 9"},
      {{4, 1}, "a message of channel bulk on another protocol's stream"},
      {{0, 77}, "malformed control message"},
      {testing::hex("0002"), "a second ready"},
      {testing::hex("000101"), "a second hello"},
      {Bytes((std::size_t{4} << 20) + 2, 1), "a message of bad or forbidden length"},
  };
  TestNode a(1, allowing({2}));
  for (const auto& test : cases) {
    SCOPED_TRACE(test.why);
    SocketPeer peer(2, a.endpoint());
    ASSERT_TRUE(peer.open());
    peer.send(test.message);
    const auto goodbye = peer.goodbye();
    EXPECT_EQ(code_of(goodbye), CloseCode::ProtocolError);
    EXPECT_EQ(goodbye ? goodbye->text : "", test.why);
    ASSERT_TRUE(peer.closed_by_peer());
    ASSERT_TRUE(a.wait([&] { return a.connected.empty(); }));
  }
}

TEST(NetworkDefence, takes_no_message_before_both_sides_are_ready) {
  TestNode a(1, allowing({2}));
  SocketPeer hasty(2, a.endpoint());
  ASSERT_TRUE(hasty.connect());
  hasty.send(Bytes{1, 2, 3});
  const auto goodbye = hasty.goodbye();
  EXPECT_EQ(goodbye ? goodbye->text : "", "a message before ready");
  EXPECT_TRUE(a.seen().messages.empty());
}

TEST(NetworkDefence, limits_handshakes_from_one_address_and_recovers) {
  NetworkConfig config = allowing({2});
  config.limits.handshakes_per_ip_max = 2;
  config.profile = AddressProfile::Public;  // which counts this machine's peers too
  TestNode a(1, std::move(config));
  {
    SocketPeer first(2, a.endpoint());
    SocketPeer second(2, a.endpoint());
    // Who has said something keeps its place.
    first.write(Bytes{0x13});
    second.write(Bytes{0x13});
    ASSERT_TRUE(a.wait([&] { return a.network().counters().wire_bytes_in >= 2; }));
    SocketPeer third(2, a.endpoint());
    EXPECT_TRUE(third.closed_by_peer());
    EXPECT_TRUE(a.wait([&] { return a.network().counters().refused_handshakes == 1; }));
  }
  ASSERT_TRUE(a.wait([&] { return a.network().counters().handshakes == 0; }));
  SocketPeer honest(2, a.endpoint());
  EXPECT_TRUE(honest.open());
}

TEST(NetworkDefence, limits_connections_in_all) {
  NetworkConfig config = allowing({2, 3});
  config.limits.connections_max = 1;
  TestNode a(1, std::move(config));
  SocketPeer first(2, a.endpoint());
  ASSERT_TRUE(first.open());
  SocketPeer second(3, a.endpoint());
  EXPECT_TRUE(second.closed_by_peer());
  EXPECT_TRUE(a.wait([&] { return a.network().counters().refused_connections == 1; }));
}

TEST(NetworkDefence, drops_a_peer_that_falls_silent_and_keeps_one_that_pings) {
  NetworkConfig config = allowing({2, 3});
  config.times.ping_interval = milliseconds(200);
  config.times.dead_after = milliseconds(4000);
  TestNode a(1, config);
  config.peers = {a.endpoint()};
  TestNode alive(3, std::move(config));
  SocketPeer silent(2, a.endpoint());
  ASSERT_TRUE(silent.open());
  ASSERT_TRUE(a.wait([&] { return a.disconnects.size() == 1; }));
  EXPECT_EQ(a.seen().disconnects[0].first, peer_id(2));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::KeepAliveTimeout);
  EXPECT_TRUE(a.wait_connected(alive.id()));
  EXPECT_TRUE(alive.seen().disconnects.empty());
}

TEST(NetworkDefence, does_not_call_a_peer_dead_that_it_does_not_read_from) {
  NetworkConfig config = allowing({2});
  config.times.ping_interval = milliseconds(200);
  config.times.dead_after = milliseconds(4000);
  TestNode a(1, config);
  a.set_flow([](const TestNode::Message&) { return Flow::Pause; });
  config.peers = {a.endpoint()};
  TestNode b(2, std::move(config));
  ASSERT_TRUE(b.wait_connected(a.id()));
  ASSERT_TRUE(b.network().send(a.id(), Channel::Request, share({})));
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == 1; }));
  const auto start = std::chrono::steady_clock::now();
  // More than the limit passes, during which the pings of a keep b content.
  ASSERT_TRUE(
      a.wait([&] { return std::chrono::steady_clock::now() - start > milliseconds(5000); }));
  EXPECT_TRUE(a.seen().disconnects.empty());
  EXPECT_TRUE(b.seen().disconnects.empty());
  ASSERT_TRUE(b.network().send(a.id(), Channel::Request, share({})));
  a.network().resume_reading(b.id());
  EXPECT_TRUE(a.wait([&] { return a.messages.size() == 2; }));
}

TEST(NetworkDefence, refuses_a_second_instance_with_the_same_key_while_the_first_lives) {
  TestNode a(1, allowing({2, 3}));
  // Both ways round: the deciding side is the one with the smaller id.
  const std::uint8_t larger = peer_id(1) < peer_id(2) ? 2 : 3;
  ASSERT_LT(peer_id(1), peer_id(larger));
  TestNode original(larger, dialling({a.endpoint()}));
  ASSERT_TRUE(a.wait_connected(original.id()));
  TestNode copy(larger, dialling({a.endpoint()}));
  ASSERT_TRUE(copy.wait([&] { return failed_with(copy, CloseCode::Duplicate); }));
  EXPECT_EQ(copy.seen().failures[0].reason.text,
            "the peer says: another link with your id is alive");
  EXPECT_TRUE(a.seen().disconnects.empty());
  EXPECT_TRUE(original.seen().disconnects.empty());
}

TEST(NetworkDefence, replaces_a_dead_link_when_its_peer_dials_again) {
  NetworkConfig config = allowing({2, 3});
  TestNode a(1, std::move(config));
  const std::uint8_t larger = peer_id(1) < peer_id(2) ? 2 : 3;
  SocketPeer dead(larger, a.endpoint());  // as after a power cut: open, and silent for ever
  ASSERT_TRUE(dead.open());
  ASSERT_TRUE(a.wait_connected(peer_id(larger)));
  TestNode restarted(larger, dialling({a.endpoint()}));
  ASSERT_TRUE(restarted.wait_connected(a.id()));
  ASSERT_TRUE(a.wait([&] { return a.connects.size() == 2; }));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::KeepAliveTimeout);
}

TEST(NetworkDefence, follows_a_deciding_peer_to_its_newer_link) {
  // Here the other side decides: it has the smaller id.
  const std::uint8_t smaller = peer_id(1) < peer_id(2) ? 1 : 2;
  const std::uint8_t larger = smaller == 1 ? 2 : 1;
  TestNode a(larger, allowing({smaller}));
  SocketPeer old(smaller, a.endpoint());
  ASSERT_TRUE(old.open());
  ASSERT_TRUE(a.wait_connected(peer_id(smaller)));
  SocketPeer newer(smaller, a.endpoint());
  ASSERT_TRUE(newer.open());
  ASSERT_TRUE(a.wait([&] { return a.connects.size() == 2; }));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::Replaced);
  EXPECT_EQ(code_of(old.goodbye()), CloseCode::Replaced);
}

TEST(NetworkDefence, reads_a_fast_peer_more_slowly_but_completely) {
  NetworkConfig config = allowing({2});
  config.limits.inbound_messages_per_second = 1'000;
  TestNode a(1, std::move(config));
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(b.wait_connected(a.id()));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'500; ++i)
    ASSERT_TRUE(b.network().send(a.id(), Channel::Gossip, share({})));
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == 1'500; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(400));
  EXPECT_TRUE(a.wait([&] { return a.peer_counters(b.id())->throttled > 0; }));
  EXPECT_TRUE(a.wait([&] { return a.network().counters().throttled > 0; }));
  EXPECT_TRUE(a.seen().disconnects.empty());
}

// Of its messages a second's worth is read at once; the first owes for 99 more.
TEST(NetworkDefence, consensus_does_not_wait_for_what_else_comes_too_fast) {
  NetworkConfig config = allowing({2});
  config.limits.inbound_bytes_per_second = 10'000;
  TestNode a(1, std::move(config));
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(b.wait_connected(a.id()));
  for (const std::size_t size : {1'000'000U, 1U})
    ASSERT_TRUE(b.network().send(a.id(), Channel::Bulk, share(Bytes(size))));
  ASSERT_TRUE(a.wait([&] { return a.peer_counters(b.id())->throttled > 0; }));
  ASSERT_TRUE(b.network().send(a.id(), Channel::Consensus, share(Bytes{7})));
  ASSERT_TRUE(a.wait([&] { return a.messages.back().channel == Channel::Consensus; }));
  EXPECT_EQ(a.seen().messages.size(), 2U);
}

TEST(NetworkDefence, bans_for_a_time_and_tells_why) {
  TestNode a(1, allowing({2}));
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(b.wait_connected(a.id()));
  a.network().ban(b.id(), milliseconds(3000), "sent an invalid block");
  ASSERT_TRUE(b.wait([&] { return b.disconnects.size() == 1; }));
  EXPECT_EQ(b.seen().disconnects[0].second.code, CloseCode::Banned);
  EXPECT_EQ(b.seen().disconnects[0].second.text, "the peer says: sent an invalid block");
  ASSERT_TRUE(b.wait([&] { return failed_with(b, CloseCode::Banned); }));
  EXPECT_EQ(b.seen().failures.back().reason.text, "the peer says: banned: sent an invalid block");
  EXPECT_TRUE(b.wait_connected(a.id()));
  EXPECT_TRUE(a.wait([&] { return a.connects.size() == 2; }));
}

TEST(NetworkDefence, disconnects_on_request_and_dials_again) {
  TestNode a(1, allowing({2}));
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(a.wait_connected(b.id()));
  a.network().disconnect(b.id(), "testing");
  ASSERT_TRUE(b.wait([&] { return b.disconnects.size() == 1; }));
  EXPECT_EQ(b.seen().disconnects[0].second.code, CloseCode::LocalRequest);
  EXPECT_EQ(b.seen().disconnects[0].second.text, "the peer says: testing");
  EXPECT_TRUE(b.wait([&] { return b.connects.size() == 2; }));
}

TEST(NetworkDefence, tells_of_peers_that_are_no_nodes_of_this_chain) {
  NetworkConfig config = allowing({9});
  config.limits.unknown_peers_max = 4;
  TestNode a(1, std::move(config));
  testing::PlainPeer plain(2, a.endpoint());
  const auto is_here = [&](std::uint8_t key) {
    const auto peer = a.peer_counters(peer_id(key));
    return peer && peer->connected;
  };
  ASSERT_TRUE(a.wait([&] { return is_here(2); }));
  const PeerCounters other = *a.peer_counters(peer_id(2));
  EXPECT_FALSE(other.linked);
  EXPECT_EQ(other.direction, Direction::Inbound);
  EXPECT_TRUE(other.address.starts_with("127.0.0.1:")) << other.address;
  SocketPeer linked(9, a.endpoint());
  ASSERT_TRUE(linked.open());
  EXPECT_TRUE(a.wait([&] { return is_here(9) && a.peer_counters(peer_id(9))->linked; }));
}

TEST(NetworkDefence, forgets_unknown_peers_once_they_are_gone) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 4;
  TestNode a(1, std::move(config));
  {
    SocketPeer visitor(2, a.endpoint());
    ASSERT_TRUE(visitor.open());
    ASSERT_TRUE(a.wait([&] { return a.peer_counters(peer_id(2)).has_value(); }));
  }
  EXPECT_TRUE(a.wait([&] { return !a.peer_counters(peer_id(2)).has_value(); }));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::ConnectionLost);
}

}  // namespace
}  // namespace ol::p2p
