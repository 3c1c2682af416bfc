#include <ol/p2p/host.hpp>

#include <gtest/gtest.h>

#include <ol/p2p/echo.hpp>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HostNetwork;
using testing::TestHost;

// libp2p.md section 6: protocols MUST name everything accepted inbound, and only that.
TEST(Host, identifies_its_peers_both_ways) {
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}}) {
    HostNetwork network(piece);
    TestHost& a = network.add();
    TestHost& b = network.add();
    network.connect(a, b);
    for (const auto& [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      ASSERT_TRUE(one->identified.contains(other->id()));
      const PeerInfo& info = *one->host.info(other->id());
      EXPECT_EQ(info.protocols, other->host.protocols());
      EXPECT_EQ(info.agent_version, "openliquid");
      EXPECT_EQ(info.addresses, std::vector<Multiaddr>{other->address});
      EXPECT_EQ(info.observed, one->address);
    }
    EXPECT_EQ(a.host.stream_count(), 0U);
    EXPECT_EQ(b.host.stream_count(), 0U);
  }
}

TEST(Host, pushes_changes_but_not_too_often) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.connect(a, b);
  const Multiaddr moved = *Multiaddr::from_text("/ip4/10.9.9.9/tcp/1");
  a.host.set_announced({moved});
  a.identify.push();
  network.advance(milliseconds(200));
  EXPECT_EQ(b.host.info(a.id())->addresses, std::vector<Multiaddr>{moved});
  const Multiaddr again = *Multiaddr::from_text("/ip4/10.9.9.9/tcp/2");
  a.host.set_announced({again});
  a.identify.push();
  network.advance(seconds(9));
  EXPECT_EQ(b.host.info(a.id())->addresses, std::vector<Multiaddr>{moved});
  network.advance(seconds(2));
  EXPECT_EQ(b.host.info(a.id())->addresses, std::vector<Multiaddr>{again});
}

// Whoever connects next is told, pushed or not.
TEST(Host, signs_its_record_anew_when_its_addresses_change) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.connect(a, b);
  ASSERT_EQ(b.host.info(a.id())->addresses, std::vector<Multiaddr>{a.address});
  const Multiaddr moved = *Multiaddr::from_text("/ip4/10.9.9.9/tcp/1");
  a.host.set_announced({moved});
  TestHost& c = network.add();
  network.connect(a, c);
  EXPECT_EQ(c.host.info(a.id())->addresses, std::vector<Multiaddr>{moved});
}

TEST(Host, pings) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.connect(a, b);
  std::vector<std::string> results;
  const auto note = [&](const PeerId&, const Result<Duration, std::string>& result) {
    results.push_back(result ? "answered" : result.error());
  };
  a.ping.ping(b.id(), note);
  b.ping.ping(a.id(), note);
  network.run();
  EXPECT_EQ(results, (std::vector<std::string>{"answered", "answered"}));
  a.ping.ping(testing::peer_id(99), note);
  EXPECT_EQ(results.back(), "not connected, or no room for a stream");
  a.ping.ping(b.id(), note);
  a.host.disconnect(b.id(), EndReason::Local, "bye");
  network.run();
  EXPECT_EQ(results.back(), "bye");
}

// libp2p.md section 12.4: echo of 0 B to 8 MiB, 300 streams one after the other, 64 at once.
TEST(Host, echoes) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  EchoProtocol echo(b.host);
  EchoClient client(a.host);
  network.connect(a, b);
  unsigned done = 0;
  const auto finished = [&](const std::optional<std::string>& problem) {
    EXPECT_EQ(problem, std::nullopt);
    done += 1;
  };
  for (const std::size_t bytes : {0UL, 1UL, 65536UL, 1UL << 20, 8UL << 20}) {
    client.run(b.id(), bytes, 1, finished);
    network.run();
  }
  client.run(b.id(), 65536, 64, finished);
  network.run();
  for (int i = 0; i < 300; ++i) {
    client.run(b.id(), 1, 1, finished);
    network.run();
  }
  EXPECT_EQ(done, 306U);
  EXPECT_EQ(a.host.stream_count(), 0U);
  EXPECT_EQ(b.host.stream_count(), 0U);
}

// libp2p.md section 10: both sides keep the connection dialled by the smaller peer id, and the
// other ends 2 s later, so that neither closes what the other keeps.
TEST(Host, resolves_simultaneous_dials_to_the_same_connection) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.hold_dials(true);
  ASSERT_TRUE(a.host.dial(b.address.with_peer(b.id())));
  ASSERT_TRUE(b.host.dial(a.address.with_peer(a.id())));
  network.hold_dials(false);
  network.run();
  EXPECT_EQ(network.sockets(), 2U);
  const bool a_is_smaller = a.id() < b.id();
  EXPECT_EQ(a.host.is_outbound(b.id()), a_is_smaller);
  EXPECT_EQ(b.host.is_outbound(a.id()), !a_is_smaller);
  network.advance(milliseconds(1900));
  EXPECT_EQ(network.sockets(), 2U);
  network.advance(milliseconds(200));
  EXPECT_EQ(network.sockets(), 1U);
  EXPECT_TRUE(a.host.is_connected(b.id()));
  EXPECT_TRUE(b.host.is_connected(a.id()));
  EXPECT_EQ(a.host.is_outbound(b.id()), a_is_smaller);
  network.advance(seconds(5));
  EXPECT_EQ(network.sockets(), 1U);
}

TEST(Host, dials_a_peer_once_at_a_time) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.hold_dials(true);
  ASSERT_TRUE(a.host.dial(b.address.with_peer(b.id())));
  EXPECT_EQ(a.host.dial(b.address.with_peer(b.id())).error(), HostRefusal::AlreadyConnected);
  network.hold_dials(false);
  network.run();
  EXPECT_EQ(a.host.dial(b.address.with_peer(b.id())).error(), HostRefusal::AlreadyConnected);
  EXPECT_EQ(a.host.dial(a.address.with_peer(a.id())).error(), HostRefusal::SelfDial);
  EXPECT_EQ(a.host.dial(*Multiaddr::from_text("/ip4/1.2.3.4/udp/1")).error(), HostRefusal::NotTcp);
}

TEST(Host, refuses_its_own_identity_and_wrong_peers) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  ASSERT_TRUE(a.host.dial(a.address));
  network.run();
  EXPECT_EQ(a.host.connected_peers(), std::vector<PeerId>{});
  ASSERT_TRUE(a.host.dial(b.address.with_peer(testing::peer_id(77))));
  network.run();
  EXPECT_EQ(a.ended.back(), "wrong_peer: another peer answered than the one dialled");
  EXPECT_EQ(network.sockets(), 0U);
}

TEST(Host, gives_up_on_dials_that_hang) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.hold_dials(true);
  ASSERT_TRUE(a.host.dial(b.address));
  network.advance(seconds(9));
  EXPECT_TRUE(a.ended.empty());
  network.advance(seconds(1));
  EXPECT_EQ(a.ended, std::vector<std::string>{"upgrade_timeout: no connection in time"});
  EXPECT_EQ(a.host.connection_count(), 0U);
}

/// A host that accepts `count` sockets from 1.2.<third>.<i>, each of which begins to speak and so
/// keeps its place; what refused the first refused one.
std::pair<std::size_t, std::optional<HostRefusal>> accept_many(const HostConfig& config,
                                                               std::size_t count,
                                                               bool same_prefix) {
  TestHost host(1, config, TimePoint{});
  for (std::size_t i = 0; i < count; ++i) {
    const auto octet = static_cast<std::uint8_t>(i % 250);
    const std::array<std::uint8_t, 4> ip{1, 2, same_prefix ? std::uint8_t{3} : octet, octet};
    const auto id = host.host.on_accepted(Multiaddr::tcp(ip, 5), TimePoint{});
    if (!id) return {i, id.error()};
    host.host.on_received(*id, Bytes{0x13}, TimePoint{});
  }
  return {count, std::nullopt};
}

// libp2p.md section 11: over a limit the newest is refused before any cryptography.
TEST(Host, holds_every_limit_on_inbound_connections) {
  HostConfig config;
  EXPECT_EQ(accept_many(config, 100, false),
            std::pair(32UL, std::optional(HostRefusal::UpgradeLimit)));
  config.limits.upgrades = 1000;
  EXPECT_EQ(accept_many(config, 200, false),
            std::pair(128UL, std::optional(HostRefusal::InboundLimit)));
  EXPECT_EQ(accept_many(config, 100, true),
            std::pair(8UL, std::optional(HostRefusal::PrefixLimit)));
  config.limits.per_prefix = 1000;
  EXPECT_EQ(accept_many(config, 100, true),
            std::pair(20UL, std::optional(HostRefusal::AcceptRate)));
}

TEST(Host, holds_the_limit_on_upgrades_of_one_ip_except_in_local_networks) {
  const auto accepted = [](AddressProfile profile, const char* from) {
    HostConfig config;
    config.profile = profile;
    TestHost host(1, config, TimePoint{});
    for (std::size_t count = 0; count < 20; ++count) {
      const auto id = host.host.on_accepted(*Multiaddr::from_text(from), TimePoint{});
      if (!id) return count;
      host.host.on_received(*id, Bytes{0x13}, TimePoint{});
    }
    return std::size_t{20};
  };
  EXPECT_EQ(accepted(AddressProfile::Public, "/ip4/1.2.3.4/tcp/5"), 4U);
  EXPECT_EQ(accepted(AddressProfile::Local, "/ip4/1.2.3.4/tcp/5"), 4U);
  EXPECT_EQ(accepted(AddressProfile::Local, "/ip4/127.0.0.1/tcp/5"), 20U);
}

TEST(Host, half_open_upgrades_go_after_their_time) {
  TestHost host(1, {}, TimePoint{});
  for (std::uint8_t i = 0; i < 4; ++i)
    ASSERT_TRUE(host.host.on_accepted(*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5"), TimePoint{}));
  host.host.tick(TimePoint{} + seconds(10));
  EXPECT_EQ(host.ended.size(), 4U);
  while (host.host.next_finished()) {
  }
  EXPECT_EQ(host.host.connection_count(), 0U);
  EXPECT_TRUE(host.host.on_accepted(*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5"),
                                    TimePoint{} + seconds(10)));
}

TEST(Host, limits_dials) {
  HostConfig config;
  TestHost host(1, config, TimePoint{});
  for (std::uint8_t i = 0; i < 8; ++i) {
    const std::array<std::uint8_t, 4> ip{1, 2, 3, i};
    EXPECT_TRUE(host.host.dial(Multiaddr::tcp(ip, 5)));
  }
  EXPECT_EQ(host.host.dial(*Multiaddr::from_text("/ip4/1.2.4.1/tcp/5")).error(),
            HostRefusal::DialLimit);
}

TEST(Host, limits_connections_per_peer) {
  HostConfig config;
  config.limits.per_peer = 1;
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add(config);
  ASSERT_TRUE(a.host.dial(b.address));
  ASSERT_TRUE(a.host.dial(b.address));
  network.run();
  EXPECT_EQ(network.sockets(), 1U);
  EXPECT_EQ(b.ended, std::vector<std::string>{"limit_reached: per_peer"});
}

/// Holds its streams open.
struct Sink final : ProtocolHandler {
  explicit Sink(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    open.insert(key);
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    append(received, bytes);
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey key, std::string_view) override { open.erase(key); }

  Host& host;
  std::set<StreamKey> open;
  Bytes received;
};

TEST(Host, resets_streams_over_a_protocols_limit) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Sink ours(a.host);
  Sink theirs(b.host);
  b.host.add_protocol({"/sink/1"}, theirs, {3, StreamPriority::Normal});
  network.connect(a, b);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(a.host.open_stream(b.id(), {"/sink/1"}, ours));
    network.run();
  }
  EXPECT_EQ(theirs.open.size(), 3U);
  EXPECT_EQ(ours.open.size(), 3U);
  b.host.reset(*theirs.open.begin());
  network.run();
  EXPECT_EQ(ours.open.size(), 2U);
  ASSERT_TRUE(a.host.open_stream(b.id(), {"/sink/1"}, ours));
  network.run();
  EXPECT_EQ(ours.open.size(), 3U);
}

TEST(Host, tells_its_streams_when_the_connection_ends) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Sink ours(a.host);
  Sink theirs(b.host);
  b.host.add_protocol({"/sink/1"}, theirs, {});
  network.connect(a, b);
  ASSERT_TRUE(a.host.open_stream(b.id(), {"/sink/1"}, ours));
  network.run();
  ASSERT_EQ(theirs.open.size(), 1U);
  a.host.disconnect(b.id(), EndReason::Local, "bye");
  network.run();
  EXPECT_TRUE(ours.open.empty());
  EXPECT_TRUE(theirs.open.empty());
  EXPECT_EQ(a.host.connection_count(), 0U);
  EXPECT_EQ(b.host.connection_count(), 0U);
  EXPECT_FALSE(a.host.is_connected(b.id()));
}

TEST(Host, a_retired_connection_serves_its_last_words_alone) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Sink ours(a.host);
  Sink last_words(b.host);
  Sink theirs(b.host);
  b.host.add_protocol({"/sink/1"}, theirs, {});
  b.host.add_protocol({"/last/1"}, last_words, {});
  network.connect(a, b);
  ASSERT_TRUE(a.host.open_stream(b.id(), {"/sink/1"}, ours));
  ASSERT_TRUE(a.host.open_stream(b.id(), {"/last/1"}, ours));
  network.run();
  ASSERT_EQ(ours.open.size(), 2U);
  const ConnectionId connection = theirs.open.begin()->connection;
  b.host.retire(connection, last_words);
  b.host.retire(connection, last_words);
  network.run();
  EXPECT_TRUE(theirs.open.empty());
  EXPECT_EQ(last_words.open.size(), 1U);
  EXPECT_EQ(ours.open.size(), 1U);
  EXPECT_FALSE(b.host.is_connected(a.id()));
  EXPECT_EQ(b.host.open_stream(a.id(), {"/sink/1"}, theirs), std::nullopt);
  EXPECT_EQ(b.host.open_stream_on(connection, {"/sink/1"}, theirs, StreamPriority::Normal),
            std::nullopt);
  // What the peer opens on it is refused, too.
  ASSERT_TRUE(a.host.open_stream(b.id(), {"/sink/1"}, ours));
  network.run();
  EXPECT_TRUE(theirs.open.empty());
  b.host.close(connection, EndReason::Local, "bye");
  network.run();
  EXPECT_TRUE(last_words.open.empty());
  EXPECT_EQ(b.host.connection_count(), 0U);
  network.connect(a, b);
  EXPECT_TRUE(b.host.is_connected(a.id()));
}

// Asked on a connection that ends, a peer is asked on the other.
TEST(Host, identifies_a_peer_on_the_connection_that_is_left) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  network.hold_dials(true);
  ASSERT_TRUE(a.host.dial(b.address.with_peer(b.id())));
  ASSERT_TRUE(b.host.dial(a.address.with_peer(a.id())));
  network.hold_dials(false);
  a.close_when_ready = 1;
  network.run();
  network.advance(seconds(2));
  EXPECT_EQ(network.sockets(), 1U);
  EXPECT_TRUE(a.identified.contains(b.id()));
  EXPECT_TRUE(b.identified.contains(a.id()));
}

// libp2p.md section 7: a rate of 10 a second is the only limit on repetition. go-libp2p pings in a
// loop on one stream, as fast as it is answered.
TEST(Host, answers_to_a_peer_that_pings_in_a_loop_are_slowed_down) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Sink ours(a.host);
  network.connect(a, b);
  const auto key = a.host.open_stream(b.id(), {std::string(PingProtocol::kId)}, ours);
  ASSERT_TRUE(key);
  network.run();
  std::size_t sent = 0;
  const auto loop = [&] {
    while (ours.received.size() == 32 * sent) {
      ASSERT_TRUE(a.host.write(*key, testing::pattern(32, static_cast<std::uint32_t>(sent))));
      sent += 1;
      network.run();
    }
  };
  // An ordinary series of pings shows the round trip. Silence before it earns no more.
  network.advance(seconds(5));
  loop();
  EXPECT_EQ(sent, 101U);
  for (int i = 0; i < 50; ++i) {
    network.advance(milliseconds(100));
    loop();
  }
  EXPECT_EQ(sent, 151U);
  EXPECT_EQ(ours.open.size(), 1U);
  Bytes expected;
  for (std::size_t i = 0; i < 150; ++i)
    append(expected, testing::pattern(32, static_cast<std::uint32_t>(i)));
  EXPECT_EQ(ours.received, expected);
  // What waits is answered before the stream is closed.
  a.host.close_write(*key);
  network.advance(milliseconds(100));
  EXPECT_EQ(ours.received.size(), 32 * 151U);
  EXPECT_EQ(b.host.stream_count(), 0U);
}

TEST(Host, a_peer_that_floods_a_ping_stream_is_cut_off) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Sink ours(a.host);
  network.connect(a, b);
  const auto key = a.host.open_stream(b.id(), {std::string(PingProtocol::kId)}, ours);
  ASSERT_TRUE(key);
  network.run();
  ASSERT_TRUE(a.host.write(*key, Bytes(32 * (100 + 32))));
  network.run();
  EXPECT_EQ(ours.open.size(), 1U);
  ASSERT_TRUE(a.host.write(*key, Bytes(32)));
  network.run();
  EXPECT_TRUE(ours.open.empty());
}

}  // namespace
}  // namespace ol::p2p
