// Peers that attack a host, machine level: each is bounded in memory and time and cut off with a
// named reason, and nobody else notices. libp2p.md section 11.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacker.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Attacker;
using testing::HostNetwork;
using testing::kData;
using testing::kPing;
using testing::kSyn;
using testing::kWindowUpdate;
using testing::TestHost;
using testing::yamux_header;

/// A victim with an honest peer, which is asked for a ping when the attack is over.
struct HostilePeer : ::testing::Test {
  explicit HostilePeer(const HostConfig& config = {})
      : victim(network.add(config)), honest(network.add()) {
    network.connect(honest, victim);
  }

  Attacker& connect(const char* from = "/ip4/1.2.3.4/tcp/5", std::uint8_t number = 66) {
    Attacker& out = attackers.emplace_back(network, victim, number, from);
    out.exchange();
    return out;
  }

  void TearDown() override {
    std::string answer;
    victim.ping.ping(honest.id(), [&](const PeerId&, const Result<Duration, std::string>& result) {
      answer = result ? "answered" : result.error();
    });
    network.run();
    EXPECT_EQ(answer, "answered") << "the honest peer is not affected";
    EXPECT_TRUE(honest.ended.empty());
  }

  HostNetwork network;
  TestHost& victim;
  TestHost& honest;
  std::deque<Attacker> attackers;
};

TEST_F(HostilePeer, new_keys_do_not_help_an_address_that_misbehaves) {
  for (std::uint8_t number = 61; number <= 63; ++number) {
    Attacker& attacker = connect("/ip4/1.2.3.4/tcp/5", number);
    ASSERT_TRUE(attacker.accepted());
    attacker.send(Bytes(12, 0xff));
    EXPECT_THAT(attacker.outcome(), ::testing::StartsWith("yamux_violation"));
    network.advance(seconds(1));
  }
  EXPECT_EQ(connect("/ip4/1.2.3.4/tcp/5", 64).accepted().error(), HostRefusal::BannedAddress);
  EXPECT_TRUE(connect("/ip4/1.2.3.5/tcp/5", 64).accepted());
  network.advance(minutes(10));
  EXPECT_TRUE(connect("/ip4/1.2.3.4/tcp/5", 65).accepted());
}

TEST_F(HostilePeer, a_handshake_that_drips_is_cut_after_10_s) {
  Attacker attacker(network, victim, 66);
  const Bytes hello = attacker.peer().take_output();
  for (std::size_t i = 0; i < 9; ++i) {
    attacker.send_raw(ByteView(hello).subspan(i, 1));
    network.advance(seconds(1));
  }
  EXPECT_EQ(attacker.outcome(), "");
  network.advance(seconds(1));
  EXPECT_EQ(attacker.outcome(), "upgrade_timeout: not ready in time");
}

TEST_F(HostilePeer, a_noise_message_that_drips_is_cut_after_20_s) {
  Attacker& attacker = connect();
  attacker.send_raw(Bytes{0x40, 0x00});  // announces 16 KiB
  for (int i = 0; i < 19; ++i) {
    network.advance(seconds(1));
    attacker.send_raw(Bytes{1});
  }
  EXPECT_EQ(attacker.outcome(), "");
  network.advance(seconds(1));
  EXPECT_EQ(attacker.outcome(), "slow_sender: a message did not arrive in full in time");
}

// Messages that do arrive, one after another, are no slow-loris.
TEST_F(HostilePeer, a_slow_but_honest_peer_is_kept) {
  Attacker& attacker = connect();
  for (int i = 0; i < 40; ++i) {
    attacker.peer().send(yamux_header(kWindowUpdate, 8, 99, 0));
    const Bytes message = attacker.peer().take_output();
    attacker.send_raw(ByteView(message).first(10));
    network.advance(seconds(1));
    attacker.send_raw(ByteView(message).subspan(10));
  }
  EXPECT_EQ(attacker.outcome(), "");
}

TEST_F(HostilePeer, streams_that_agree_on_no_protocol_are_reset_after_10_s) {
  Attacker& attacker = connect();
  for (std::uint32_t id = 1; id < 400; id += 2) {
    attacker.send(yamux_header(kData, kSyn, id, 1));
    attacker.send(Bytes{0x13});
  }
  // The victim's own for identify is the last one.
  EXPECT_EQ(victim.host.stream_count(*attacker.accepted()), 201U);
  network.advance(seconds(10));
  EXPECT_EQ(victim.host.stream_count(*attacker.accepted()), 0U);
  EXPECT_EQ(attacker.outcome(), "");
}

TEST_F(HostilePeer, of_more_than_2048_streams_a_second_the_rest_is_refused) {
  Attacker& attacker = connect();
  Bytes opens;
  for (std::uint32_t i = 0; i < 4000; ++i)
    append(opens, yamux_header(kWindowUpdate, kSyn, 1 + 2 * i, 0));
  attacker.send(opens);
  EXPECT_EQ(attacker.outcome(), "");
  EXPECT_EQ(victim.host.stream_count(*attacker.accepted()), 257U);
}

TEST_F(HostilePeer, more_than_16384_streams_a_second_for_3_s_are_a_flood) {
  Attacker& attacker = connect();
  std::uint32_t id = 1;
  for (int second = 0; second < 3; ++second) {
    EXPECT_EQ(attacker.outcome(), "");
    network.advance(seconds(1));
    for (int message = 0; message < 5; ++message) {
      Bytes opens;
      for (int i = 0; i < 4000; ++i, id += 2)
        append(opens, yamux_header(kWindowUpdate, kSyn, id, 0));
      attacker.send(opens);
    }
  }
  EXPECT_EQ(attacker.outcome(), "yamux_violation: far too many streams opened in several seconds");
}

// An honest peer that knows no limits: 1000 streams at once, payload behind the proposal.
TEST_F(HostilePeer, a_thousand_streams_with_their_payload_at_once_are_no_offence) {
  Attacker& peer = connect();
  Bytes proposal{19};
  append(proposal, as_bytes("/multistream/1.0.0\n"));
  proposal.push_back(17);
  append(proposal, as_bytes("/ipfs/ping/1.0.0\n"));
  for (std::uint32_t id = 1; id < 2000; id += 2) {
    Bytes opening = yamux_header(kWindowUpdate, kSyn, id, 0);
    append(opening, yamux_header(kData, 0, id, static_cast<std::uint32_t>(proposal.size())));
    append(opening, proposal);
    peer.peer().send(opening);
  }
  for (std::uint32_t id = 1; id < 2000; id += 2) {
    Bytes payload;
    for (int piece = 0; piece < 12; ++piece) {
      append(payload, yamux_header(kData, 0, id, 512));
      append(payload, Bytes(512));
    }
    append(payload, yamux_header(kWindowUpdate, 4, id, 0));
    peer.peer().send(payload);
  }
  peer.exchange();
  EXPECT_EQ(peer.outcome(), "");
  EXPECT_TRUE(victim.host.bans().empty());
}

TEST_F(HostilePeer, a_peer_that_does_not_read_its_resets_is_cut) {
  Attacker& attacker = connect();
  for (std::uint32_t piece = 0; piece < 5; ++piece) {
    Bytes opens;
    for (std::uint32_t i = 0; i < (256 + 16385) / 5 + 1; ++i)
      append(opens, yamux_header(kWindowUpdate, kSyn, 1 + 2 * (piece * 4000 + i), 0));
    attacker.push(opens);
  }
  EXPECT_EQ(attacker.outcome(), "yamux_violation: too many streams beyond the limit");
}

TEST_F(HostilePeer, a_peer_that_takes_no_bytes_is_cut_after_10_s) {
  Attacker& attacker = connect();
  attacker.push(yamux_header(kPing, kSyn, 0, 7));
  Bytes never_written;
  victim.host.poll_transmit(*attacker.accepted(), never_written, network.now());
  EXPECT_FALSE(never_written.empty());
  network.advance(seconds(10) - milliseconds(100));
  EXPECT_EQ(attacker.outcome(), "");
  network.advance(milliseconds(200));
  EXPECT_EQ(attacker.outcome(), "write_stalled: the peer takes no bytes");
}

TEST_F(HostilePeer, data_beyond_the_window_is_cut) {
  Attacker& attacker = connect();
  attacker.send(yamux_header(kData, kSyn, 1, 0));
  attacker.send(yamux_header(kData, 0, 1, kYamuxInitialWindow + 1));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: more data than the stream's window allows");
}

// rust CVE-2026-32314: a SYN with a body above the first window.
TEST_F(HostilePeer, a_stream_that_opens_with_more_than_a_window_is_cut) {
  Attacker& attacker = connect();
  attacker.send(yamux_header(kData, kSyn, 1, kYamuxInitialWindow + 1));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: more data than the stream's window allows");
}

// rust CVE-2026-31814: a WindowUpdate that overflows the send window.
TEST_F(HostilePeer, credit_beyond_32_bits_is_cut) {
  Attacker& attacker = connect();
  attacker.send(yamux_header(kWindowUpdate, kSyn, 1, 0));
  attacker.send(yamux_header(kWindowUpdate, 0, 1, UINT32_MAX));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: stream credit above 32 bits");
}

// rust-yamux CVE-2024-32984: control frames queued without bound.
TEST_F(HostilePeer, more_than_32_pings_a_second_are_a_flood) {
  Attacker& attacker = connect();
  for (std::uint32_t i = 0; i < 32; ++i)
    attacker.send(yamux_header(kPing, kSyn, 0, i));
  EXPECT_EQ(attacker.outcome(), "");
  attacker.send(yamux_header(kPing, kSyn, 0, 32));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: too many yamux pings");
}

TEST_F(HostilePeer, more_than_4096_frames_a_second_for_no_stream_are_a_flood) {
  Attacker& attacker = connect();
  Bytes frames;
  for (int i = 0; i < 4096; ++i)
    append(frames, yamux_header(kWindowUpdate, 0, 99, 1));
  attacker.send(frames);
  EXPECT_EQ(attacker.outcome(), "");
  attacker.send(yamux_header(kWindowUpdate, 0, 99, 1));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: too many frames for streams that do not exist");
}

TEST_F(HostilePeer, a_giant_length_is_refused_before_anything_is_kept) {
  const std::string hello("\x13/multistream/1.0.0\n\x07/noise\n", 28);
  Attacker first(network, victim, 66, "/ip4/1.2.3.4/tcp/5");
  static_cast<void>(first.peer().take_output());
  first.send_raw(Bytes{0xff, 0xff, 0xff, 0x7f});
  EXPECT_EQ(first.outcome(), "negotiation_failed: security: negotiation message over 1024 bytes");

  const Attacker second(network, victim, 67, "/ip4/2.2.3.4/tcp/5");
  victim.host.on_received(*second.accepted(), as_bytes(hello), network.now());
  victim.host.on_received(*second.accepted(), Bytes{0xff, 0xff}, network.now());
  EXPECT_EQ(second.outcome(), "handshake_failed: handshake message over 2 KiB");

  Attacker& third = connect("/ip4/3.2.3.4/tcp/5", 68);
  third.send(yamux_header(kData, 0, 77, UINT32_MAX));
  EXPECT_EQ(third.outcome(), "yamux_violation: more data than the stream's window allows");
}

// A stream is a smaller thing than a connection: what is wrong on one costs that one.
TEST_F(HostilePeer, a_giant_length_on_a_stream_costs_the_stream) {
  Attacker& attacker = connect();
  attacker.send(yamux_header(kData, kSyn, 1, 4));
  EXPECT_EQ(victim.host.stream_count(*attacker.accepted()), 2U);
  attacker.send(Bytes{0xff, 0xff, 0xff, 0x7f});
  EXPECT_EQ(victim.host.stream_count(*attacker.accepted()), 1U);
  EXPECT_EQ(attacker.outcome(), "");
}

TEST_F(HostilePeer, a_replayed_handshake_is_not_authentic) {
  Attacker original(network, victim, 66);
  Bytes recorded = original.peer().take_output();
  const auto carry = [&](ByteView bytes) {
    victim.host.on_received(*original.accepted(), bytes, network.now());
    Bytes back;
    victim.host.poll_transmit(*original.accepted(), back, network.now());
    victim.host.on_written(*original.accepted(), network.now());
    if (!back.empty()) original.peer().receive(back);
  };
  carry(recorded);
  for (int i = 0; i < 3; ++i) {
    const Bytes more = original.peer().take_output();
    carry(more);
    append(recorded, more);
  }
  ASSERT_TRUE(original.peer().is_secured());
  ASSERT_EQ(original.outcome(), "");
  Attacker replay(network, victim, 67, "/ip4/2.2.3.4/tcp/5");
  static_cast<void>(replay.peer().take_output());
  victim.host.on_received(*replay.accepted(), recorded, network.now());
  EXPECT_EQ(replay.outcome(), "handshake_failed: message is not authentic");
}

// libp2p.md section 4.2: a failed tag anywhere MUST close the connection.
TEST_F(HostilePeer, a_replayed_message_is_not_authentic) {
  Attacker& attacker = connect();
  attacker.peer().send(yamux_header(kPing, kSyn, 0, 1));
  const Bytes message = attacker.peer().take_output();
  attacker.send_raw(message);
  EXPECT_EQ(attacker.outcome(), "");
  attacker.send_raw(message);
  EXPECT_EQ(attacker.outcome(), "bad_transport: message is not authentic");
}

// libp2p.md section 4.2: a failed tag MUST close the connection.
// Garbage may come from anybody on the way: the connection ends, but nobody is banned for it.
TEST_F(HostilePeer, garbage_after_the_handshake_ends_the_connection_without_a_ban) {
  Attacker& attacker = connect();
  attacker.send_raw(Bytes(300, 1));
  EXPECT_EQ(attacker.outcome(), "bad_transport: message is not authentic");
  EXPECT_TRUE(victim.host.bans().empty());
  network.run();
  EXPECT_TRUE(connect().peer().is_secured());
  EXPECT_EQ(victim.ended.size(), 1U);
}

TEST_F(HostilePeer, who_broke_the_protocol_is_banned_for_10_minutes) {
  Attacker& attacker = connect();
  attacker.send(yamux_header(kData, 0, 77, UINT32_MAX));
  const PeerId id = testing::peer_id(66);
  ASSERT_TRUE(victim.host.bans().contains(id));
  network.run();
  EXPECT_EQ(connect().outcome(), "banned: more data than the stream's window allows");
  EXPECT_EQ(victim.host.dial(Multiaddr::from_text("/ip4/9.9.9.9/tcp/1")->with_peer(id)).error(),
            HostRefusal::Banned);
  // Time passes without the pings an honest peer would answer.
  network.advance(minutes(10));
  EXPECT_TRUE(victim.host.bans().empty());
  const std::size_t before = victim.ended.size();
  EXPECT_TRUE(connect().peer().is_secured());
  EXPECT_EQ(victim.ended.size(), before);
}

TEST_F(HostilePeer, the_fifth_connection_of_one_address_is_refused) {
  for (std::uint8_t i = 0; i < 4; ++i)
    connect("/ip4/1.2.3.4/tcp/5", static_cast<std::uint8_t>(60 + i));
  const auto of_ip = [&](const char* from) {
    const Attacker fifth(network, victim, 70, from);
    return fifth.accepted();
  };
  EXPECT_EQ(of_ip("/ip4/1.2.3.4/tcp/6").error(), HostRefusal::IpLimit);
  EXPECT_TRUE(of_ip("/ip4/1.2.3.5/tcp/6"));
  EXPECT_EQ(victim.host.refusals().at("ip_limit"), 1U);
}

TEST_F(HostilePeer, the_ninth_connection_of_one_prefix_is_refused) {
  for (std::uint8_t i = 0; i < 8; ++i) {
    const std::string from = "/ip4/1.2.3." + std::to_string(i) + "/tcp/5";
    ASSERT_TRUE(connect(from.c_str(), static_cast<std::uint8_t>(60 + i)).accepted());
  }
  EXPECT_EQ(Attacker(network, victim, 70, "/ip4/1.2.3.99/tcp/5").accepted().error(),
            HostRefusal::PrefixLimit);
  EXPECT_TRUE(Attacker(network, victim, 70, "/ip4/1.2.4.1/tcp/5").accepted());
}

TEST_F(HostilePeer, an_address_that_fails_10_upgrades_waits_for_the_minute_to_end) {
  const auto fail_once = [&] {
    Attacker attacker(network, victim, 66);
    if (!attacker.accepted()) return std::string(refusal_name(attacker.accepted().error()));
    attacker.send_raw(Bytes{0xff, 0xff, 0xff, 0x7f});
    network.run();
    return std::string("accepted");
  };
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(fail_once(), "accepted") << i;
  EXPECT_EQ(fail_once(), "failed_upgrades");
  EXPECT_TRUE(Attacker(network, victim, 66, "/ip4/1.2.3.5/tcp/5").accepted());
  network.advance(minutes(1));
  EXPECT_EQ(fail_once(), "accepted");
}

// A listener that accepts and says nothing costs a dial's slot for 10 s and no more. It speaks when
// it likes: of a dialler the first byte is due after 5 s, of a listener it is not.
TEST_F(HostilePeer, a_dial_that_stays_half_open_is_given_up_after_10_s) {
  const auto mute = *Multiaddr::from_text("/ip4/7.7.7.7/tcp/7");
  ASSERT_TRUE(victim.host.dial(mute));
  const auto request = victim.host.next_dial();
  ASSERT_TRUE(request);
  victim.host.on_connected(request->id, mute, network.now());
  network.advance(seconds(9));
  EXPECT_TRUE(victim.ended.empty());
  network.advance(seconds(1));
  EXPECT_EQ(victim.ended, std::vector<std::string>{"upgrade_timeout: not ready in time"});
  EXPECT_EQ(victim.host.connection_count(), 1U);
}

struct FullHost : HostilePeer {
  static HostConfig config() {
    HostConfig out;
    out.limits.inbound = 3;
    out.limits.reserved = 2;
    out.reserved = {testing::peer_id(80), testing::peer_id(81)};
    return out;
  }
  FullHost() : HostilePeer(config()) {}
  Attacker& from(std::uint8_t number) {
    const std::string address = "/ip4/1.1." + std::to_string(number) + ".1/tcp/5";
    return connect(address.c_str(), number);
  }
};

TEST_F(FullHost, keeps_slots_that_only_reserved_peers_can_take) {
  from(60);
  from(61);  // with the honest peer, the limit
  EXPECT_EQ(victim.ended.size(), 0U);
  EXPECT_EQ(from(62).outcome(), "limit_reached: inbound");
  network.run();
  from(80);
  from(81);
  EXPECT_EQ(victim.ended.size(), 1U);
  EXPECT_TRUE(victim.host.is_connected(testing::peer_id(80)));
  EXPECT_TRUE(victim.host.is_connected(testing::peer_id(81)));
  EXPECT_EQ(Attacker(network, victim, 63, "/ip4/1.1.63.1/tcp/5").accepted().error(),
            HostRefusal::InboundLimit);
}

// Whoever has not finished its handshake may come to be anybody, and holds no slot against those
// whose address is known.
TEST_F(FullHost, handshakes_of_strangers_take_no_slot_from_a_reserved_peer) {
  from(60);
  from(61);
  const auto begin = [&](const char* address) {
    const auto id = victim.host.on_accepted(*Multiaddr::from_text(address), network.now());
    if (id) victim.host.on_received(*id, Bytes{0x13}, network.now());
    return id;
  };
  ASSERT_TRUE(begin("/ip4/1.1.70.1/tcp/5"));
  ASSERT_TRUE(begin("/ip4/1.1.71.1/tcp/5"));
  EXPECT_EQ(begin("/ip4/1.1.80.1/tcp/5").error(), HostRefusal::InboundLimit);
  victim.host.set_reserved_addresses({*Multiaddr::from_text("/ip4/1.1.80.1/tcp/5")});
  from(80);
  EXPECT_TRUE(victim.host.is_connected(testing::peer_id(80)));
  // A stranger from there is none the better for it.
  EXPECT_EQ(connect("/ip4/1.1.80.1/tcp/6", 72).outcome(), "limit_reached: inbound");
}

TEST_F(FullHost, never_bans_a_reserved_peer) {
  Attacker& attacker = from(80);
  victim.host.ban(testing::peer_id(80), minutes(1), "test");
  EXPECT_EQ(attacker.outcome(), "");
  attacker.send(yamux_header(kData, 0, 77, UINT32_MAX));
  EXPECT_EQ(attacker.outcome(), "yamux_violation: more data than the stream's window allows");
  EXPECT_TRUE(victim.host.bans().empty());
  victim.host.ban(testing::peer_id(60), minutes(1), "test");
  EXPECT_EQ(victim.host.bans().size(), 1U);
  victim.host.set_reserved({testing::peer_id(60)});
  EXPECT_TRUE(victim.host.bans().empty());
}

TEST_F(HostilePeer, a_private_network_takes_nobody_it_does_not_know) {
  HostConfig config;
  config.reserved_only = true;
  config.reserved = {testing::peer_id(2)};
  HostNetwork other;
  TestHost& closed = other.add(config);
  TestHost& known = other.add();
  TestHost& stranger = other.add();
  other.connect(known, closed);
  other.connect(stranger, closed);
  EXPECT_TRUE(closed.host.is_connected(known.id()));
  EXPECT_FALSE(closed.host.is_connected(stranger.id()));
  EXPECT_EQ(closed.ended, std::vector<std::string>{"not_allowed: the network is private"});
}

TEST(ConnectionGate, remembers_as_many_bans_as_its_limit_and_drops_the_one_that_ends_first) {
  HostLimits limits;
  limits.bans = 3;
  ConnectionGate gate(limits, AddressProfile::Public);
  const TimePoint start{};
  for (std::uint8_t i = 1; i <= 4; ++i)
    gate.ban(testing::peer_id(i), start + seconds(10 - i), "test");
  EXPECT_EQ(gate.bans().size(), 3U);
  EXPECT_EQ(gate.ban_of(testing::peer_id(3), start), nullptr);
  ASSERT_NE(gate.ban_of(testing::peer_id(4), start), nullptr);
  EXPECT_EQ(gate.ban_of(testing::peer_id(4), start + seconds(6)), nullptr);
}

TEST(ConnectionGate, bounds_what_it_counts_however_many_addresses_come) {
  const HostLimits limits;
  ConnectionGate gate(limits, AddressProfile::Public);
  std::size_t admitted = 0;
  for (std::uint32_t i = 0; i < 6000; ++i) {
    const std::array<std::uint8_t, 4> ip{static_cast<std::uint8_t>(1 + (i >> 16)),
                                         static_cast<std::uint8_t>(i >> 8),
                                         static_cast<std::uint8_t>(i), 1};
    InboundCensus census;
    census.slots = 1;
    const TimePoint now{std::chrono::hours{1}};
    if (!gate.admit(Multiaddr::tcp(ip, 1), census, now)) admitted += 1;
  }
  EXPECT_EQ(admitted, 4096U);
}

}  // namespace
}  // namespace ol::p2p
