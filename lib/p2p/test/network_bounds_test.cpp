// What a peer may hold of a network: messages that are not complete, places, addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  config.times.message = milliseconds(300);
  TestNode a(1, std::move(config));
  a.set_flow([](const TestNode::Message&) { return Flow::Pause; });
  SocketPeer peer(2, a.endpoint());
  ASSERT_TRUE(peer.open());
  peer.send_sync(beginning(Channel::Request, 100, 50));
  peer.send(Bytes{1, 2, 3});
  ASSERT_TRUE(a.wait([&] { return a.messages.size() == 1; }));
  const auto paused = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      a.wait([&] { return std::chrono::steady_clock::now() - paused > milliseconds(900); }));
  EXPECT_TRUE(a.seen().disconnects.empty());
  a.network().resume_reading(peer_id(2));
  const auto goodbye = peer.goodbye();
  EXPECT_EQ(code_of(goodbye), CloseCode::SlowPeer);
}

TEST(NetworkBounds, cuts_a_stranger_that_does_not_even_say_what_it_speaks) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 4;
  config.times.handshake = milliseconds(500);
  TestNode a(1, std::move(config));
  SocketPeer mute(2, a.endpoint());
  ASSERT_TRUE(mute.secure());
  EXPECT_TRUE(mute.closed_by_peer());
  EXPECT_TRUE(a.wait([&] { return failed_with(a, CloseCode::HandshakeTimeout); }));
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
