// What a peer may hold of a network: messages that are not complete, places, addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include <ol/p2p/gossip_rpc.hpp>
#include <ol/p2p/local_ports.hpp>
#include <ol/p2p/protobuf.hpp>

#include "../src/control.hpp"
#include "network_harness.hpp"
#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::pattern;
using testing::peer_id;
using testing::Record;
using testing::SocketPeer;
using testing::TestNode;

NetworkConfig allowing(std::initializer_list<std::uint8_t> keys) {
  NetworkConfig config;
  for (const std::uint8_t key : keys)
    config.allowed.push_back(peer_id(key));
  return config;
}

bool failed_with(const TestNode& node, CloseCode code) {
  return std::any_of(node.failures.begin(), node.failures.end(),
                     [&](const LinkFailure& f) { return f.reason.code == code; });
}

CloseCode code_of(const std::optional<CloseReason>& goodbye) {
  return goodbye ? goodbye->code : CloseCode::ConnectionLost;
}

// Whatever the cut: each byte is a frame of its own.
TEST(NetworkBounds, reads_messages_that_come_byte_by_byte) {
  TestNode a(1, allowing({2}));
  SocketPeer peer(2, a.endpoint());
  ASSERT_TRUE(peer.connect());
  const auto say = [&](Channel channel, ByteView payload) {
    Bytes message{static_cast<std::uint8_t>(channel)};
    append(message, payload);
    Bytes framed;
    append_delimited(framed, message);
    for (const std::uint8_t byte : framed)
      peer.send_raw(Bytes{byte});
  };
  say(Channel::Control, encode_hello(as_bytes(std::string_view("hello"))));
  say(Channel::Control, encode_ready());
  ASSERT_TRUE(a.wait([&] { return a.hellos.contains(peer_id(2)); }));
  EXPECT_EQ(a.seen().hellos[peer_id(2)], "hello");
  ASSERT_TRUE(a.wait_connected(peer_id(2)));
  std::vector<Bytes> sent;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{126}, std::size_t{127},
                                 std::size_t{128}, std::size_t{3000}}) {
    sent.push_back(pattern(size, 7));
    say(Channel::Consensus, sent.back());
  }
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == sent.size(); }));
  const Record seen = a.seen();
  for (std::size_t i = 0; i < sent.size(); ++i)
    EXPECT_EQ(seen.messages[i].payload, sent[i]);
  EXPECT_TRUE(seen.disconnects.empty());
}

/// The beginning of a message of the channel that says it is this long.
Bytes beginning(Channel channel, std::size_t announced, std::size_t sent) {
  Bytes out;
  append_varint(out, announced);
  out.push_back(static_cast<std::uint8_t>(channel));
  out.resize(out.size() + sent);
  return out;
}

TEST(NetworkBounds, keeps_no_long_message_before_both_sides_are_ready) {
  TestNode a(1, allowing({2}));
  SocketPeer hasty(2, a.endpoint());
  ASSERT_TRUE(hasty.connect());
  hasty.send_raw(beginning(Channel::Consensus, std::size_t{1} << 20, 8000));
  const auto goodbye = hasty.goodbye();
  EXPECT_EQ(goodbye ? goodbye->text : "", "a long message before ready");
}

// One of each channel may be under way at a time, which takes 25 MiB at most.
TEST(NetworkBounds, keeps_so_much_of_unfinished_messages) {
  TestNode a(1, allowing({2}));
  SocketPeer hoarder(2, a.endpoint());
  ASSERT_TRUE(hoarder.open());
  for (int i = 0; i < 2; ++i)
    hoarder.send_sync(beginning(Channel::Bulk, std::size_t{16} << 20, std::size_t{15} << 20));
  const auto goodbye = hoarder.goodbye();
  EXPECT_EQ(goodbye ? goodbye->text : "", "too many unfinished messages");
}

/// Strangers may come, 9 is expected, and strangers hold 400 KiB at most.
NetworkConfig bounding_strangers() {
  NetworkConfig config = allowing({9});
  config.limits.unknown_peers_max = 4;
  config.limits.strangers_bytes_max = std::size_t{400} << 10;
  return config;
}

TEST(NetworkBounds, cuts_off_the_stranger_with_most_unfinished_once_all_have_too_much) {
  TestNode a(1, bounding_strangers());
  SocketPeer expected(9, a.endpoint());
  SocketPeer most(2, a.endpoint());
  SocketPeer less(3, a.endpoint());
  for (SocketPeer* const peer : {&expected, &most, &less})
    ASSERT_TRUE(peer->open());
  ASSERT_TRUE(a.wait([&] { return a.connected.size() == 3; }));
  const auto begin = [](std::size_t sent) {
    return beginning(Channel::Consensus, std::size_t{4} << 20, sent);
  };
  // Each within the window that a stream begins with.
  expected.send_raw(begin(std::size_t{255} << 10));
  most.send_raw(begin(std::size_t{250} << 10));
  less.send_raw(begin(std::size_t{200} << 10));
  const auto goodbye = most.goodbye();
  EXPECT_EQ(code_of(goodbye), CloseCode::SlowPeer);
  EXPECT_EQ(goodbye ? goodbye->text : "", "unknown peers hold too much of this node's memory");
  ASSERT_TRUE(a.wait([&] { return a.disconnects.size() == 1; }));
  EXPECT_EQ(a.seen().disconnects[0].first, peer_id(2));
}

TEST(NetworkBounds, what_a_stranger_has_begun_to_gossip_counts) {
  NetworkConfig config = bounding_strangers();
  config.topics = {{"t"}};
  TestNode a(1, std::move(config));
  SocketPeer hoarder(2, a.endpoint());
  ASSERT_TRUE(hoarder.open());
  Bytes rpc;
  append_varint(rpc, std::size_t{3} << 20);
  rpc.resize(std::size_t{2} << 20);
  hoarder.send_on("/meshsub/1.1.0", rpc);
  EXPECT_EQ(code_of(hoarder.goodbye()), CloseCode::SlowPeer);
}

TEST(NetworkBounds, cuts_off_the_stranger_for_which_most_waits_and_keeps_who_is_expected) {
  TestNode a(1, bounding_strangers());
  NetworkConfig config;
  config.peers = {a.endpoint()};
  TestNode stranger(2, config);
  TestNode expected(9, config);
  for (TestNode* const peer : {&stranger, &expected}) {
    peer->set_flow([](const TestNode::Message&) { return Flow::Pause; });
    ASSERT_TRUE(a.wait_connected(peer->id()));
  }
  // What the sockets and windows hold comes on top.
  const SharedBytes megabyte = share(Bytes(std::size_t{1} << 20));
  ASSERT_TRUE(a.wait([&] {
    static_cast<void>(a.network().broadcast(Channel::Gossip, megabyte));
    return !a.disconnects.empty();
  }));
  EXPECT_EQ(a.seen().disconnects[0].first, stranger.id());
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::SlowPeer);
  EXPECT_TRUE(a.seen().connected.contains(expected.id()));
}

TEST(NetworkBounds, waits_so_long_for_the_rest_of_a_message) {
  NetworkConfig config = allowing({2});
  config.times.message = milliseconds(300);
  TestNode a(1, std::move(config));
  SocketPeer slow(2, a.endpoint());
  ASSERT_TRUE(slow.open());
  slow.send_raw(beginning(Channel::Consensus, 100, 50));
  const auto goodbye = slow.goodbye();
  EXPECT_EQ(code_of(goodbye), CloseCode::SlowPeer);
  EXPECT_EQ(goodbye ? goodbye->text : "", "a message did not arrive in full in time");
}

TEST(NetworkBounds, does_not_call_a_message_late_while_it_does_not_read) {
  NetworkConfig config = allowing({2});
  config.times.message = milliseconds(3000);
  TestNode a(1, std::move(config));
  a.set_flow([](const TestNode::Message&) { return Flow::Pause; });
  SocketPeer peer(2, a.endpoint());
  ASSERT_TRUE(peer.open());
  peer.send_sync(beginning(Channel::Request, 100, 50));
  peer.send(Bytes{1, 2, 3});
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == 1; }));
  const auto paused = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      a.wait([&] { return std::chrono::steady_clock::now() - paused > milliseconds(4000); }));
  EXPECT_TRUE(a.seen().disconnects.empty());
  a.network().resume_reading(peer_id(2));
  const auto goodbye = peer.goodbye();
  EXPECT_EQ(code_of(goodbye), CloseCode::SlowPeer);
}

TEST(NetworkBounds, cuts_a_stranger_that_does_not_even_say_what_it_speaks) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 4;
  config.times.handshake = milliseconds(3000);
  TestNode a(1, std::move(config));
  SocketPeer mute(2, a.endpoint());
  ASSERT_TRUE(mute.secure());
  EXPECT_TRUE(mute.closed_by_peer());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::HandshakeTimeout); }));
}

// Greeted at once, for it may be a validator: it refuses the stream and says what else it speaks.
TEST(NetworkBounds, an_expected_peer_of_other_protocols_stays_for_those) {
  NetworkConfig config = allowing({5});
  config.times.handshake = milliseconds(3000);
  TestNode a(1, std::move(config));
  testing::PlainPeer plain(5, a.endpoint());
  ASSERT_TRUE(a.wait([&] { return a.network().counters().accepted == 1; }));
  const auto came = std::chrono::steady_clock::now();
  EXPECT_TRUE(a.wait([&] { return std::chrono::steady_clock::now() - came > milliseconds(5000); }));
  EXPECT_EQ(a.network().counters().connections, 1U);
  EXPECT_EQ(a.network().counters().accepted, 1U) << "it did not come anew";
  EXPECT_TRUE(a.seen().failures.empty()) << testing::describe(a);
}

// Identify is for whoever wants to be known: a protocol that is used says as much.
TEST(NetworkBounds, keeps_a_stranger_that_uses_a_protocol_and_serves_no_identify) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 4;
  config.times.handshake = milliseconds(3000);
  TestNode a(1, std::move(config));
  SocketPeer plain(2, a.endpoint());
  ASSERT_TRUE(plain.secure());
  plain.ask_for("/ipfs/ping/1.0.0");
  SocketPeer other(3, a.endpoint());
  ASSERT_TRUE(other.secure());
  other.ask_for("/none/1.0.0");
  EXPECT_TRUE(other.closed_by_peer());
  const auto then = std::chrono::steady_clock::now();
  EXPECT_TRUE(a.wait([&] { return std::chrono::steady_clock::now() - then > milliseconds(1000); }));
  EXPECT_TRUE(a.wait([&] { return a.network().counters().connections == 1; }));
  EXPECT_EQ(a.seen().failures.size(), 1U);
}

/// Messages as one piece for a sync stream.
Bytes requests(std::size_t count) {
  Bytes out;
  for (std::size_t i = 0; i < count; ++i)
    append_delimited(out, Bytes{static_cast<std::uint8_t>(Channel::Request)});
  return out;
}

// In every tick for 5 s something is read that was held back.
TEST(NetworkBounds, a_peer_at_its_limit_is_pinged_and_not_called_late) {
  constexpr std::size_t kFlood = 600;
  NetworkConfig config = allowing({2});
  config.limits.inbound_messages_per_second = 100;
  config.times.message = milliseconds(4000);
  config.times.ping_interval = milliseconds(200);
  config.times.dead_after = std::chrono::seconds(60);
  TestNode a(1, std::move(config));
  SocketPeer busy(2, a.endpoint());
  ASSERT_TRUE(busy.open());
  busy.send_sync(requests(kFlood));
  ASSERT_TRUE(a.wait([&] { return a.messages.size() >= kFlood - 20; }));
  const Bytes vote = pattern(100);
  Bytes framed;
  append_varint(framed, vote.size() + 1);
  framed.push_back(static_cast<std::uint8_t>(Channel::Consensus));
  append(framed, vote);
  busy.send_raw(ByteView(framed).first(50));
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == kFlood; }));
  const auto calm = std::chrono::steady_clock::now();
  EXPECT_TRUE(a.wait([&] { return std::chrono::steady_clock::now() - calm > milliseconds(500); }));
  busy.send_raw(ByteView(framed).subspan(50));
  EXPECT_TRUE(a.wait([&] { return a.messages.back().payload == vote || !a.disconnects.empty(); }));
  EXPECT_TRUE(a.seen().disconnects.empty());
  a.network().disconnect(peer_id(2), "enough");
  EXPECT_EQ(code_of(busy.goodbye()), CloseCode::LocalRequest);
  // One when the link was made, and 2 in the calm.
  EXPECT_GT(busy.pings(), 6U);
}

// It may stay for gossip until somebody wants to be a peer.
TEST(NetworkBounds, a_stranger_without_a_hello_makes_way_for_one_that_says_it) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 1;
  config.times.handshake = milliseconds(1000);
  TestNode a(1, std::move(config));
  const auto came = std::chrono::steady_clock::now();
  testing::PlainPeer idle(5, a.endpoint());
  ASSERT_TRUE(a.wait([&] { return a.network().counters().connections == 1; }));
  std::optional<SocketPeer> newcomer;
  bool open = false;
  while (!open && std::chrono::steady_clock::now() - came < testing::kDeadline) {
    newcomer.emplace(std::uint8_t{2}, a.endpoint());
    open = newcomer->open();
  }
  ASSERT_TRUE(open);
  EXPECT_GE(std::chrono::steady_clock::now() - came, milliseconds(1000));
  // Whoever has said it stays.
  ASSERT_TRUE(a.wait([&] { return a.connected.size() == 1; }));
  EXPECT_TRUE(a.wait([&] { return std::chrono::steady_clock::now() - came > milliseconds(2500); }));
  SocketPeer third(3, a.endpoint());
  EXPECT_FALSE(third.open());
  EXPECT_EQ(a.seen().connected.size(), 1U);
}

TEST(NetworkBounds, takes_only_so_many_strangers_from_one_network) {
  NetworkConfig config = allowing({9});
  config.limits.unknown_peers_max = 16;
  config.limits.unknown_peers_per_prefix_max = 2;
  config.profile = AddressProfile::Public;  // which counts this machine's peers too
  TestNode a(1, std::move(config));
  SocketPeer validator(9, a.endpoint(), "127.0.0.9");
  ASSERT_TRUE(validator.open());
  SocketPeer first(2, a.endpoint(), "127.0.0.2");
  SocketPeer second(3, a.endpoint(), "127.0.0.3");
  ASSERT_TRUE(first.open());
  ASSERT_TRUE(second.open());
  SocketPeer third(4, a.endpoint(), "127.0.0.4");
  ASSERT_TRUE(third.secure());
  const auto goodbye = third.goodbye();
  EXPECT_EQ(code_of(goodbye), CloseCode::TooManyPeers);
  EXPECT_EQ(goodbye ? goodbye->text : "", "too many peers from this network");
  SocketPeer elsewhere(5, a.endpoint(), "127.0.1.1");
  EXPECT_TRUE(elsewhere.open());
}

TEST(NetworkBounds, a_place_goes_to_a_newcomer_but_not_one_that_gossip_needs) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 2;
  config.topics = {{"t"}};
  config.times.rotation = milliseconds(500);
  TestNode a(1, config);
  SocketPeer quiet(2, a.endpoint());
  ASSERT_TRUE(quiet.open());
  config.peers = {a.endpoint()};
  TestNode useful(3, config);
  ASSERT_TRUE(a.wait([&] { return a.network().counters().meshes["t"] == 1; }));
  TestNode newcomer(4, config);
  EXPECT_EQ(code_of(quiet.goodbye()), CloseCode::Rotated);
  ASSERT_TRUE(a.wait_connected(newcomer.id()));
  ASSERT_TRUE(a.wait([&] { return a.network().counters().meshes["t"] == 2; }));
  const auto grafted = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      a.wait([&] { return std::chrono::steady_clock::now() - grafted > milliseconds(600); }));
  SocketPeer late(5, a.endpoint());
  ASSERT_TRUE(late.secure());
  EXPECT_EQ(code_of(late.goodbye()), CloseCode::TooManyPeers);
  EXPECT_EQ(a.seen().connected.size(), 2U);
}

/// Links a peer and bans it for an hour.
void link_and_ban(TestNode& a, std::uint8_t number) {
  SocketPeer peer(number, a.endpoint());
  EXPECT_TRUE(peer.open());
  EXPECT_TRUE(a.wait_connected(peer_id(number)));
  a.network().ban(peer_id(number), std::chrono::hours(1), "lied");
  EXPECT_EQ(code_of(peer.goodbye()), CloseCode::Banned);
}

TEST(NetworkBounds, bans_of_expected_peers_are_short) {
  NetworkConfig config = allowing({9});
  config.limits.unknown_peers_max = 4;
  TestNode a(1, std::move(config));
  link_and_ban(a, 2);
  link_and_ban(a, 9);
  ASSERT_TRUE(a.wait([&] { return a.network().counters().banned == 2; }));
  for (const BannedPeer& one : a.network().counters().bans)
    EXPECT_EQ(one.ban.left <= milliseconds(5000), one.peer == peer_id(9));
}

TEST(NetworkBounds, bans_of_strangers_count_for_their_address) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 4;
  config.profile = AddressProfile::Public;  // which counts this machine's peers too
  TestNode a(1, std::move(config));
  for (std::uint8_t stranger = 2; stranger <= 4; ++stranger)
    link_and_ban(a, stranger);
  SocketPeer fresh(5, a.endpoint());
  EXPECT_TRUE(fresh.closed_by_peer());
  EXPECT_TRUE(a.wait([&] { return a.network().counters().refusals["banned_address"] == 1; }));
}

// As many strangers as an address may have are not punished for having it.
TEST(NetworkBounds, who_is_admitted_from_one_address_is_fit_for_the_mesh) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 16;
  config.profile = AddressProfile::Public;
  config.topics = {{"t"}};
  TestNode a(1, std::move(config));
  std::deque<TestNode> strangers;
  for (std::uint8_t key = 2; key <= 7; ++key) {
    NetworkConfig stranger;
    stranger.peers = {a.endpoint()};
    stranger.topics = {{"t"}};
    strangers.emplace_back(key, std::move(stranger));
  }
  EXPECT_TRUE(a.wait([&] { return a.network().counters().meshes["t"] == strangers.size(); }))
      << testing::describe(a);
  for (const PeerCounters& peer : a.network().counters().peers)
    EXPECT_GE(peer.score, 0);
}

TEST(NetworkBounds, counts_what_gossip_passes_over) {
  NetworkConfig config = allowing({2});
  config.topics = {{"t"}};
  TestNode a(1, std::move(config));
  SocketPeer peer(2, a.endpoint());
  ASSERT_TRUE(peer.open());
  const Bytes long_id(kGossipIdBytesMax + 1, 1);
  ControlBuilder control;
  control.iwant({long_id, long_id, long_id});
  Bytes rpc;
  control.append_to(rpc);
  Bytes framed;
  append_delimited(framed, rpc);
  peer.send_on("/meshsub/1.1.0", framed);
  ASSERT_TRUE(a.wait([&] { return a.network().counters().gossip_incidents["too_long"] == 3; }));
  for (const char* const other : {"unsupported", "slow_direct", "graylisted", "overflowed"})
    EXPECT_EQ(a.network().counters().gossip_incidents.at(other), 0U) << other;
}

// The first leads nowhere. The peer is started again without knowing anybody, so it must be found.
TEST(NetworkBounds, tries_each_address_that_a_peer_told) {
  TestNode a(1, allowing({2}));
  NetworkConfig config = allowing({1});
  config.listen_port = free_local_ports(1).at(0);
  const auto own = "/ip4/127.0.0.1/tcp/" + std::to_string(config.listen_port);
  config.announced = {*Multiaddr::from_text("/ip4/127.0.0.1/tcp/1"), *Multiaddr::from_text(own)};
  {
    NetworkConfig dialling = config;
    dialling.peers = {a.endpoint()};
    TestNode b(2, std::move(dialling));
    ASSERT_TRUE(a.wait_connected(b.id()));
    ASSERT_TRUE(a.wait([&] { return !a.peer_counters(b.id())->agent.empty(); }));
  }
  TestNode again(2, std::move(config));
  ASSERT_TRUE(a.wait([&] { return a.connects.size() == 2; })) << testing::describe(a);
  EXPECT_EQ(a.seen().connected.at(again.id()), Direction::Outbound);
}

}  // namespace
}  // namespace ol::p2p
