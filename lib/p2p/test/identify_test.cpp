// What a host believes of what peers say of themselves. libp2p.md sections 1 and 6.
#include <ol/p2p/identify.hpp>

#include <gmock/gmock.h>
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

Multiaddr tcp_port(std::uint16_t port) {
  return *Multiaddr::from_text("/ip4/1.2.3.4/tcp/" + std::to_string(port));
}

Bytes key_message(std::uint8_t number) {
  return PublicKey(testing::identity_key(number).public_key()).message();
}

/// The record that the attacker signs for itself.
Bytes record(std::uint64_t sequence, std::uint16_t port) {
  return sign_peer_record(IdentityKey(testing::identity_key(kNumber)),
                          {testing::peer_id(kNumber), sequence, {tcp_port(port)}});
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
  void reconnect() {
    victim.host.disconnect(testing::peer_id(kNumber), EndReason::Local, "bye");
    network.run();
    connect();
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
  std::vector<Multiaddr> addresses() {
    return info() == nullptr ? std::vector<Multiaddr>{} : info()->addresses;
  }
  /// Identifies with a record.
  void answer_with(std::uint64_t sequence, std::uint16_t port) {
    IdentifyMessage message = own_message();
    message.signed_peer_record = record(sequence, port);
    answer(message);
  }
  void push_with(std::uint64_t sequence, std::uint16_t port) {
    IdentifyMessage message;
    message.signed_peer_record = record(sequence, port);
    push(message);
  }

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

// libp2p.md section 6: protocols MUST name everything we accept inbound, and only that.
TEST_F(Identifying, says_which_protocols_it_accepts_and_names_no_others) {
  struct Silent final : ProtocolHandler {
    void on_stream_data(StreamKey, ByteView) override {}
    void on_stream_ended(StreamKey) override {}
    void on_stream_failed(StreamKey, std::string_view) override { failed += 1; }
    void on_stream_opened(StreamKey, const PeerId&, std::string_view, bool) override {
      opened += 1;
    }
    std::size_t opened = 0;
    std::size_t failed = 0;
  } accepting, asking;
  victim.host.add_protocol({"/accepted/1", "/accepted/2"}, accepting, {});
  // It asks others for it and does not serve it.
  victim.host.add_protocol({}, asking, {});
  TestHost& peer = network.add();
  network.connect(peer, victim);
  const auto& named = peer.host.info(victim.id())->protocols;
  EXPECT_THAT(named, ::testing::ElementsAre("/accepted/1", "/accepted/2", "/ipfs/id/1.0.0",
                                            "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"));
  // What is named is accepted, and what is not is not.
  for (const std::string& protocol : named) {
    if (!protocol.starts_with("/accepted/")) continue;
    EXPECT_TRUE(peer.host.open_stream(victim.id(), {protocol}, asking));
    network.run();
  }
  EXPECT_EQ(accepting.opened, 2U);
  EXPECT_EQ(asking.failed, 0U);
  EXPECT_TRUE(peer.host.open_stream(victim.id(), {"/its/1"}, asking));
  network.run();
  EXPECT_EQ(asking.failed, 1U);
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

// libp2p.md section 1: keep only the highest seq per peer.
TEST_F(Identifying, keeps_the_addresses_of_the_record_with_the_highest_number) {
  answer_with(5, 5);
  EXPECT_EQ(addresses(), std::vector{tcp_port(5)});
  push_with(4, 4);
  EXPECT_EQ(addresses(), std::vector{tcp_port(5)});
  push_with(6, 6);
  EXPECT_EQ(addresses(), std::vector{tcp_port(6)});
  IdentifyMessage unsigned_addresses;
  unsigned_addresses.listen_addresses = {tcp_port(7).bytes()};
  push(unsigned_addresses);
  EXPECT_EQ(addresses(), std::vector{tcp_port(6)});
}

// libp2p.md section 1.
TEST_F(Identifying, remembers_the_highest_number_when_the_peer_comes_again) {
  answer_with(5, 5);
  reconnect();
  EXPECT_EQ(info(), nullptr);
  answer_with(4, 4);
  EXPECT_EQ(addresses(), std::vector{tcp_port(5)});
  reconnect();
  answer_with(7, 7);
  EXPECT_EQ(addresses(), std::vector{tcp_port(7)});
}

// The record that is kept has no other of ours with its number that could have been meant.
TEST_F(Identifying, no_two_records_of_ours_share_a_number) {
  TestHost& a = network.add();
  network.connect(a, victim);
  ASSERT_EQ(victim.host.info(a.id())->addresses, std::vector{a.address});
  a.host.set_announced({tcp_port(9)});
  a.host.disconnect(victim.id(), EndReason::Local, "bye");
  network.run();
  network.connect(a, victim);
  EXPECT_EQ(victim.host.info(a.id())->addresses, std::vector{tcp_port(9)});
}

// A peer that says each moment that it has changed.
TEST_F(Identifying, of_a_flood_of_pushes_so_many_are_read_and_then_the_peer_is_cut_off) {
  answer(own_message());
  const auto push_protocol = [&](std::uint32_t number) {
    IdentifyMessage message;
    message.protocols = {"/its/" + std::to_string(number)};
    push(message);
    return info() != nullptr && info()->protocols.contains(message.protocols[0]);
  };
  std::uint32_t number = 0;
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(push_protocol(++number));
  EXPECT_FALSE(push_protocol(++number));
  network.advance(std::chrono::seconds(2));
  EXPECT_TRUE(push_protocol(++number));
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(push_protocol(++number));
  EXPECT_EQ(attacker->outcome(), "");
  EXPECT_FALSE(push_protocol(++number));
  EXPECT_EQ(attacker->outcome(), "misbehaved: too many identify streams");
}

// One a second for minutes is no flood.
TEST_F(Identifying, of_a_peer_that_changes_each_second_every_push_is_read) {
  answer(own_message());
  for (std::uint32_t i = 0; i < 200; ++i) {
    IdentifyMessage message;
    message.protocols = {"/its/" + std::to_string(i)};
    push(message);
    EXPECT_TRUE(info()->protocols.contains(message.protocols[0]));
    network.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(attacker->outcome(), "");
}

// CVE-2023-40583: the store is bounded. libp2p.md section 1.
TEST(PeerRecordStore, forgets_the_oldest_of_peers_that_left_and_keeps_connected_ones) {
  PeerRecordStore store;
  std::vector<PeerId> peers;
  const auto is_first = [&](const PeerId& peer) { return peer == peers.front(); };
  for (std::size_t i = 0; i <= PeerRecordStore::kRecordsMax; ++i) {
    peers.emplace_back(crypto::Ed25519SecretKey::generate().public_key());
    store.keep({peers.back(), 1, {tcp_port(1)}}, is_first);
  }
  EXPECT_EQ(store.size(), PeerRecordStore::kRecordsMax);
  EXPECT_NE(store.find(peers.front()), nullptr);
  EXPECT_EQ(store.find(peers[1]), nullptr);
  EXPECT_NE(store.find(peers[2]), nullptr);
  EXPECT_NE(store.find(peers.back()), nullptr);
}

}  // namespace
}  // namespace ol::p2p
