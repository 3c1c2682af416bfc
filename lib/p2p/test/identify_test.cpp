// What a host believes of what peers say of themselves. libp2p.md section 6.
#include <ol/p2p/identify.hpp>

#include <gtest/gtest.h>

#include "attacker.hpp"

namespace ol::p2p {
namespace {

using testing::Attacker;
using testing::HostNetwork;
using testing::TestHost;
using testing::yamux_header;

constexpr std::uint8_t kNumber = 66;
constexpr std::uint16_t kSyn = 1;
constexpr std::uint16_t kAck = 2;
constexpr std::uint16_t kFin = 4;

Bytes key_message(std::uint8_t number) {
  return PublicKey(testing::identity_key(number).public_key()).message();
}

IdentifyMessage own_message() {
  IdentifyMessage out;
  out.public_key = key_message(kNumber);
  out.protocols = {"/its/1"};
  return out;
}

/// A host that identifies a peer which says what the test wants.
struct Identifying : ::testing::Test {
  Identifying() : victim(network.add()) { connect(); }

  void connect() {
    attacker = &attackers.emplace_back(network, victim, kNumber);
    attacker->exchange();
    pushes = 0;
  }
  /// Both sides of multistream-select, then one message, then the end of the stream.
  void send(std::uint32_t stream, std::uint16_t flags, std::string_view protocol,
            const IdentifyMessage& message) {
    Bytes body;
    append(body, as_bytes("\x13/multistream/1.0.0\n"));
    body.push_back(static_cast<std::uint8_t>(protocol.size() + 1));
    append(body, as_bytes(protocol));
    body.push_back('\n');
    append_delimited(body, encode(message));
    Bytes frames = yamux_header(0, flags, stream, static_cast<std::uint32_t>(body.size()));
    append(frames, body);
    append(frames, yamux_header(1, kFin, stream, 0));
    attacker->send(frames);
  }
  /// Answers the stream that the host opened for identify.
  void answer(const IdentifyMessage& message) { send(2, kAck, IdentifyProtocol::kId, message); }
  void push(const IdentifyMessage& message) {
    send(1 + 2 * pushes++, kSyn, IdentifyProtocol::kPushId, message);
  }
  const PeerInfo* info() { return victim.host.info(testing::peer_id(kNumber)); }

  HostNetwork network;
  TestHost& victim;
  std::deque<Attacker> attackers;
  Attacker* attacker = nullptr;
  std::uint32_t pushes = 0;
};

// libp2p.md section 6: publicKey MUST be sent and MUST equal the Noise identity.
TEST_F(Identifying, believes_whoever_sends_the_key_of_its_handshake) {
  answer(own_message());
  ASSERT_NE(info(), nullptr);
  EXPECT_TRUE(info()->protocols.contains("/its/1"));
}

// libp2p.md section 6: publicKey MUST be sent.
TEST_F(Identifying, believes_nothing_without_a_key) {
  IdentifyMessage message = own_message();
  message.public_key.reset();
  answer(message);
  EXPECT_EQ(info(), nullptr);
}

// libp2p.md section 6: publicKey MUST equal the Noise identity.
TEST_F(Identifying, believes_nothing_with_the_key_of_somebody_else) {
  IdentifyMessage message = own_message();
  message.public_key = key_message(kNumber + 1);
  answer(message);
  EXPECT_EQ(info(), nullptr);
}

TEST_F(Identifying, believes_nothing_with_a_key_that_is_none) {
  IdentifyMessage message = own_message();
  message.public_key->push_back(0);
  answer(message);
  EXPECT_EQ(info(), nullptr);
}

// libp2p.md section 6: a push may leave the key out, not send another.
TEST_F(Identifying, believes_no_push_with_the_key_of_somebody_else) {
  answer(own_message());
  IdentifyMessage message;
  message.protocols = {"/other/1"};
  push(message);
  ASSERT_NE(info(), nullptr);
  EXPECT_TRUE(info()->protocols.contains("/other/1"));
  message.protocols = {"/third/1"};
  message.public_key = key_message(kNumber + 1);
  push(message);
  EXPECT_FALSE(info()->protocols.contains("/third/1"));
}

}  // namespace
}  // namespace ol::p2p
