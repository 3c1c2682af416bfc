#include <ol/p2p/link.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../src/control.hpp"
#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::exchange_key;
using testing::hex;
using testing::noise_identity;
using testing::pattern;
using testing::peer_id;

constexpr std::uint8_t kAlice = 1;
constexpr std::uint8_t kBob = 2;
constexpr std::size_t kQueue = std::size_t{40} << 20;

template <typename T>
std::optional<T> next(Link& link) {
  auto event = link.next_event();
  if (!event || !std::holds_alternative<T>(*event)) return std::nullopt;
  return std::get<T>(std::move(*event));
}

/// Two links joined by bytes that the test moves.
struct Pair {
  NoiseIdentity alice_identity = noise_identity(kAlice);
  NoiseIdentity bob_identity = noise_identity(kBob);
  Link alice{NoiseRole::Initiator, alice_identity, exchange_key(0x22), peer_id(kBob), kQueue};
  Link bob{NoiseRole::Responder, bob_identity, exchange_key(0x44), std::nullopt, kQueue};

  static Bytes output(Link& link) {
    Bytes out;
    while (link.has_output())
      link.take_output(out);
    return out;
  }
  void alice_to_bob() { bob.receive(output(alice)); }
  void bob_to_alice() { alice.receive(output(bob)); }

  void authenticate() {
    alice_to_bob();
    bob_to_alice();
    alice_to_bob();
    ASSERT_EQ(next<LinkAuthenticated>(alice)->peer, peer_id(kBob));
    ASSERT_EQ(next<LinkAuthenticated>(bob)->peer, peer_id(kAlice));
  }
  void greet() {
    authenticate();
    alice.admit(as_bytes("from alice"));
    bob.admit(as_bytes("from bob"));
    alice_to_bob();
    bob_to_alice();
    ASSERT_EQ(as_text(next<LinkHello>(alice)->hello), "from bob");
    ASSERT_EQ(as_text(next<LinkHello>(bob)->hello), "from alice");
  }
  void open() {
    greet();
    alice.send_ready();
    alice_to_bob();
    ASSERT_TRUE(next<LinkReady>(bob));
    bob.send_ready();
    bob_to_alice();
    ASSERT_TRUE(next<LinkReady>(alice));
  }
};

TEST(Link, opens_in_the_documented_order_and_carries_messages_both_ways) {
  Pair pair;
  pair.open();
  ASSERT_TRUE(pair.alice.is_open());
  ASSERT_TRUE(pair.bob.is_open());
  ASSERT_EQ(pair.alice.send(Channel::Bulk, share(pattern(100'000))), PushOutcome::Queued);
  ASSERT_EQ(pair.alice.send(Channel::Consensus, share(pattern(10))), PushOutcome::Queued);
  pair.alice_to_bob();
  const auto vote = next<LinkMessage>(pair.bob);
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->message.channel, Channel::Consensus);
  const auto block = next<LinkMessage>(pair.bob);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->message.payload, pattern(100'000));
  EXPECT_FALSE(pair.bob.next_event());
  EXPECT_EQ(pair.bob.buffered_bytes(), 0U);
}

TEST(Link, opens_byte_by_byte_too) {
  Pair pair;
  const auto trickle = [](Link& from, Link& to) {
    for (const std::uint8_t& byte : Pair::output(from))
      to.receive({&byte, 1});
  };
  trickle(pair.alice, pair.bob);
  trickle(pair.bob, pair.alice);
  trickle(pair.alice, pair.bob);
  ASSERT_TRUE(next<LinkAuthenticated>(pair.alice));
  ASSERT_TRUE(next<LinkAuthenticated>(pair.bob));
  pair.alice.admit(as_bytes("x"));
  trickle(pair.alice, pair.bob);
  EXPECT_FALSE(pair.bob.next_event());  // not admitted by its owner yet
  pair.bob.admit(as_bytes("y"));
  EXPECT_TRUE(next<LinkHello>(pair.bob));
}

TEST(Link, reports_the_peer_before_any_message_it_sent_along) {
  Pair pair;
  pair.alice_to_bob();
  pair.bob_to_alice();
  ASSERT_TRUE(next<LinkAuthenticated>(pair.alice));
  pair.alice.admit(as_bytes("early"));
  pair.alice_to_bob();  // message 3 and the hello in one segment
  ASSERT_TRUE(next<LinkAuthenticated>(pair.bob));
  EXPECT_FALSE(pair.bob.next_event());
  pair.bob.admit(as_bytes("mine"));
  EXPECT_EQ(as_text(next<LinkHello>(pair.bob)->hello), "early");
}

TEST(Link, answers_pings_and_reports_them) {
  Pair pair;
  pair.open();
  pair.alice.send_ping(77);
  pair.alice_to_bob();
  EXPECT_TRUE(next<LinkPing>(pair.bob));
  pair.bob_to_alice();
  const auto pong = next<LinkPong>(pair.alice);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->value, 77U);
}

TEST(Link, stops_queueing_answers_nobody_reads) {
  Pair pair;
  pair.open();
  for (int i = 0; i < 1000; ++i) {
    pair.alice.send_ping(1);
    pair.alice_to_bob();
    while (pair.bob.next_event()) {
    }
  }
  EXPECT_LT(pair.bob.queue().bytes(), 5000U);
  for (int i = 0; i < 1000; ++i)
    pair.bob.send_ping(1);
  EXPECT_LT(pair.bob.queue().bytes(), 5000U);
}

TEST(Link, tells_why_it_says_goodbye_and_drops_what_was_queued) {
  Pair pair;
  pair.open();
  ASSERT_EQ(pair.alice.send(Channel::Bulk, share(pattern(1 << 20))), PushOutcome::Queued);
  pair.alice.say_goodbye(CloseCode::Banned, "bad \x1b[31mblocks\n");
  pair.alice_to_bob();
  const auto ended = next<LinkEnded>(pair.bob);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason.code, CloseCode::Banned);
  EXPECT_EQ(ended->reason.text, "the peer says: bad ?[31mblocks?");
  EXPECT_FALSE(pair.bob.next_event());
  // Nothing the other side sends is reported any more.
  pair.bob.send_ping(1);
  pair.bob_to_alice();
  EXPECT_FALSE(pair.alice.next_event());
}

TEST(Link, says_goodbye_in_the_middle_of_a_message) {
  Pair pair;
  pair.open();
  ASSERT_EQ(pair.alice.send(Channel::Bulk, share(pattern(1 << 20))), PushOutcome::Queued);
  Bytes wire;
  pair.alice.take_output(wire);
  pair.alice.say_goodbye(CloseCode::Stopped, "bye");
  append(wire, Pair::output(pair.alice));
  pair.bob.receive(wire);
  const auto ended = next<LinkEnded>(pair.bob);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason.text, "the peer says: bye");
}

TEST(Link, is_silent_when_it_must_leave_before_the_keys_are_agreed) {
  Pair pair;
  pair.bob.say_goodbye(CloseCode::Stopped, "bye");
  EXPECT_FALSE(pair.bob.is_secured());
  EXPECT_FALSE(pair.bob.has_output());
}

TEST(Link, names_a_failed_handshake) {
  Pair pair;
  pair.bob.receive(testing::pattern(100, 3));
  const auto ended = next<LinkEnded>(pair.bob);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason.code, CloseCode::HandshakeFailed);
  pair.bob.receive(testing::pattern(100, 3));
  EXPECT_FALSE(pair.bob.next_event());
}

TEST(Link, names_the_wrong_peer) {
  Pair pair;
  Link alice(NoiseRole::Initiator, pair.alice_identity, exchange_key(0x22), peer_id(9), kQueue);
  pair.bob.receive(Pair::output(alice));
  alice.receive(Pair::output(pair.bob));
  EXPECT_EQ(next<LinkEnded>(alice)->reason.code, CloseCode::WrongPeer);
}

TEST(Link, ends_on_an_altered_transport_message) {
  Pair pair;
  pair.open();
  pair.alice.send_ping(1);
  Bytes wire = Pair::output(pair.alice);
  wire.back() ^= 1;
  pair.bob.receive(wire);
  EXPECT_EQ(next<LinkEnded>(pair.bob)->reason.code, CloseCode::ProtocolError);
}

/// Speaks to a link in frames of its own making, with correct encryption.
class HostilePeer {
 public:
  HostilePeer() {
    Bytes to_link;
    Bytes from_link;
    handshake_.start(to_link);
    link.receive(to_link);
    link.take_output(from_link);
    to_link.clear();
    OL_CHECK(handshake_.feed(from_link, to_link).has_value(), "an honest handshake");
    link.receive(to_link);
    sealer_.emplace(handshake_.take_session().send_key);
    OL_CHECK(next<LinkAuthenticated>(link).has_value(), "an honest handshake");
    link.admit(as_bytes("hello"));
  }

  void send(ByteView frames) {
    Bytes wire;
    OL_CHECK(sealer_->seal(frames, wire).has_value(), "nonces left");
    link.receive(wire);
  }
  void send_control(ByteView payload) {
    Bytes frame =
        hex("00000000"
            "00");
    frame[2] = static_cast<std::uint8_t>(payload.size() >> 8);
    frame[3] = static_cast<std::uint8_t>(payload.size());
    append(frame, payload);
    send(frame);
  }
  /// The text of the reason if the link ends now, after whatever it reports before.
  std::string verdict() {
    while (auto event = link.next_event()) {
      if (const auto* ended = std::get_if<LinkEnded>(&*event)) return ended->reason.text;
    }
    return "";
  }

 private:
  NoiseIdentity own_ = noise_identity(kAlice);
  NoiseIdentity identity_ = noise_identity(kBob);
  NoiseHandshake handshake_{NoiseRole::Initiator, own_, exchange_key(5), std::nullopt};
  std::optional<NoiseSealer> sealer_;

 public:
  Link link{NoiseRole::Responder, identity_, exchange_key(6), std::nullopt, kQueue};
};

TEST(LinkRules, refuse_a_message_before_both_sides_are_ready) {
  HostilePeer peer;
  peer.send_control(hex("0101"));
  peer.send(hex("0000000001"));
  EXPECT_EQ(peer.verdict(), "message before both sides were ready");
}

TEST(LinkRules, refuse_a_message_after_the_peers_ready_but_before_ours) {
  HostilePeer peer;
  peer.send_control(hex("0101"));
  peer.send_control(hex("02"));
  peer.send(hex("0000000001"));
  EXPECT_EQ(peer.verdict(), "message before both sides were ready");
}

TEST(LinkRules, refuse_ready_before_hello_and_anything_twice) {
  HostilePeer early;
  early.send_control(hex("02"));
  EXPECT_EQ(early.verdict(), "ready before hello");
  HostilePeer twice;
  twice.send_control(hex("0101"));
  twice.send_control(hex("0101"));
  EXPECT_EQ(twice.verdict(), "second hello");
  HostilePeer ready_twice;
  ready_twice.send_control(hex("0101"));
  ready_twice.send_control(hex("02"));
  ready_twice.send_control(hex("02"));
  EXPECT_EQ(ready_twice.verdict(), "second ready");
}

TEST(LinkRules, refuse_control_messages_that_are_not_exactly_as_documented) {
  Bytes long_hello = hex("0101");
  long_hello.resize(2 + kHelloBytesMax + 1);
  Bytes long_goodbye = hex("0500");
  long_goodbye.resize(2 + kGoodbyeTextMax + 1);
  for (const Bytes& payload : {hex(""), hex("00"), hex("06"), hex("01"), hex("0102"), hex("0200"),
                               hex("03"), hex("0300000000000000"), hex("030000000000000000ff"),
                               hex("04"), hex("05"), long_hello, long_goodbye}) {
    HostilePeer peer;
    peer.send_control(payload);
    EXPECT_EQ(peer.verdict(), "malformed control message") << to_hex(payload);
  }
  Bytes hello = hex("0101");
  hello.resize(2 + kHelloBytesMax);
  HostilePeer peer;
  peer.send_control(hello);
  EXPECT_EQ(peer.verdict(), "");
}

TEST(LinkRules, take_a_goodbye_with_an_unknown_code) {
  HostilePeer peer;
  peer.send_control(hex("05ff6869"));
  auto ended = next<LinkEnded>(peer.link);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason.code, CloseCode::ConnectionLost);
  EXPECT_EQ(ended->reason.text, "the peer says: hi");
}

TEST(LinkRules, name_a_frame_error) {
  HostilePeer peer;
  peer.send(hex("ffffffff01"));
  EXPECT_EQ(peer.verdict(), "frame longer than a chunk may be");
}

TEST(Control, cuts_a_long_goodbye_text) {
  const Bytes message = encode_goodbye(CloseCode::Banned, std::string(1000, 'x'));
  EXPECT_EQ(message.size(), 2 + kGoodbyeTextMax);
  EXPECT_TRUE(decode_control(message));
}

TEST(CloseCode, has_a_name_each_and_a_fixed_number) {
  for (std::size_t code = 0; code < kCloseCodeCount; ++code)
    EXPECT_GT(std::string_view(describe(static_cast<CloseCode>(code))).size(), 5U);
  EXPECT_EQ(static_cast<int>(CloseCode::LocalRequest), 16);
  EXPECT_EQ(static_cast<int>(CloseCode::HelloRefused), 10);
}

TEST(SendError, has_a_description_each) {
  for (const auto error : {SendError::TooLarge, SendError::BadChannel, SendError::InboxFull})
    EXPECT_GT(std::string_view(describe(error)).size(), 10U);
}

}  // namespace
}  // namespace ol::p2p
