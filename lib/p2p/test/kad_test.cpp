#include <ol/p2p/kad_protocol.hpp>

#include <gtest/gtest.h>

#include "host_network.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using std::chrono::seconds;
using testing::hex;
using testing::HostNetwork;
using testing::TestHost;

std::string key_field(const char* type, const char* field) {
  return std::string(testing::libp2p_vectors().at("keys").at(type).at(field).as_string());
}

TEST(Kad, reproduces_the_vectors) {
  for (const char* const type : {"ed25519", "secp256k1", "ecdsa", "rsa"}) {
    EXPECT_EQ(to_hex(kad_key(hex(key_field(type, "peerIdBytes"))).view()),
              key_field(type, "kadKey"));
  }
  const KadKey a = kad_key(hex(key_field("ed25519", "peerIdBytes")));
  const KadKey b = kad_key(hex(key_field("secp256k1", "peerIdBytes")));
  EXPECT_EQ(to_hex(kad_distance(a, b).view()),
            testing::vector_text("kad", "xorDistanceEd25519Secp256k1"));
  EXPECT_EQ(shared_bits(a, b), 1U);
  EXPECT_EQ(shared_bits(a, a), 256U);
  const Bytes target = hex(key_field("secp256k1", "peerIdBytes"));
  const KadMessage request{KadType::FindNode, target, {}};
  EXPECT_EQ(to_hex(encode(request)),
            testing::vector_text("kad", "findNodeRequestForSecp256k1Vector"));
  EXPECT_EQ(parse_kad(encode(request)), request);
}

TEST(KadMessage, is_bounded_and_drops_only_what_it_cannot_read) {
  KadMessage message{KadType::FindNode, Bytes(kKadTargetBytesMax), {}};
  for (std::uint8_t i = 1; i <= 30; ++i)
    message.closer.push_back({testing::peer_id(i), {*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5")}});
  const auto read = parse_kad(encode(message));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->closer.size(), kKadPeersMax);
  message.key.push_back(0);
  EXPECT_FALSE(parse_kad(encode(message)));
  EXPECT_FALSE(parse_kad(hex("0806")));
  EXPECT_FALSE(parse_kad(hex("08")));
  // A peer with an unreadable id, then one with an unreadable address.
  Bytes mixed = hex("080442040a020000");
  const Bytes good = encode(KadMessage{KadType::FindNode, {}, {{testing::peer_id(1), {}}}});
  append(mixed, ByteView(good).subspan(2));
  const auto rest = parse_kad(mixed);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->closer.size(), 1U);
}

KadPeer peer_at(std::uint8_t number, const char* address) {
  return {testing::peer_id(number), {*Multiaddr::from_text(address)}};
}

KadTableLimits uncounted() {
  KadTableLimits out;
  out.count_prefixes = false;
  return out;
}

TEST(KadTable, finds_the_closest_first) {
  KadTable table(testing::peer_id(200), uncounted());
  for (std::uint8_t i = 1; i <= 60; ++i)
    table.add(peer_at(i, "/ip4/1.2.3.4/tcp/5"), {});
  table.add(peer_at(200, "/ip4/1.2.3.4/tcp/5"), {});  // ourselves
  EXPECT_EQ(table.find(testing::peer_id(200)), nullptr);
  const KadKey key = kad_key(as_bytes("target"));
  const auto closest = table.closest(key, 20);
  ASSERT_EQ(closest.size(), 20U);
  const auto distance = [&](const KadPeer& p) { return kad_distance(key, kad_key(p.id.bytes())); };
  for (std::size_t i = 1; i < closest.size(); ++i)
    EXPECT_LT(distance(closest[i - 1]), distance(closest[i]));
}

// libp2p.md section 9: bucket full: the oldest is asked; alive it stays, dead it is replaced.
TEST(KadTable, replaces_the_oldest_only_when_it_is_dead) {
  KadTableLimits limits = uncounted();
  limits.bucket = 2;
  limits.replacements = 2;
  KadTable table(testing::peer_id(200), limits);
  // Peers of one bucket: those that share no leading bit with us.
  std::vector<KadPeer> same;
  const KadKey self = kad_key(testing::peer_id(200).bytes());
  for (std::uint8_t i = 1; same.size() < 5; ++i) {
    const KadPeer peer = peer_at(i, "/ip4/1.2.3.4/tcp/5");
    if (shared_bits(self, kad_key(peer.id.bytes())) == 0) same.push_back(peer);
  }
  EXPECT_FALSE(table.add(same[0], {}));
  EXPECT_FALSE(table.add(same[1], {}));
  EXPECT_EQ(table.add(same[2], {}), same[0].id);
  table.touch(same[0].id);  // alive: now the newest
  EXPECT_EQ(table.add(same[3], {}), same[1].id);
  EXPECT_EQ(table.add(same[4], {}), same[1].id);
  table.remove(same[1].id);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_NE(table.find(same[4].id), nullptr);  // the newest of those that waited
  EXPECT_EQ(table.find(same[2].id), nullptr);
  EXPECT_EQ(table.buckets(), std::vector<std::size_t>{0});
}

// "At most 2 per /24 or /48 per bucket and 10 per table."
TEST(KadTable, one_network_cannot_fill_it) {
  KadTable table(testing::peer_id(200), {});
  for (std::uint8_t i = 1; i <= 100; ++i) {
    // Wherever it claims to be.
    const std::string address = "/ip4/1." + std::to_string(i) + ".3.4/tcp/5";
    table.add(peer_at(i, address.c_str()), "its place");
  }
  EXPECT_LE(table.size(), 10U);
  for (const std::size_t bucket : table.buckets()) {
    std::size_t in_bucket = 0;
    for (const KadPeer& peer : table.closest(kad_key({}), 100)) {
      const KadKey self = kad_key(testing::peer_id(200).bytes());
      if (shared_bits(self, kad_key(peer.id.bytes())) == bucket) in_bucket += 1;
    }
    EXPECT_LE(in_bucket, 2U);
  }
  const std::size_t before = table.size();
  const KadPeer elsewhere = peer_at(150, "/ip4/9.9.9.9/tcp/5");
  table.add(elsewhere, "another");
  EXPECT_EQ(table.size(), before + 1);
  // Nor by moving there.
  table.add(elsewhere, "its place");
  EXPECT_EQ(table.size(), before);
}

struct KadNetwork {
  explicit KadNetwork(std::size_t count) {
    KadParameters parameters;
    parameters.table = uncounted();
    for (std::size_t i = 0; i < count; ++i)
      kads.push_back(std::make_unique<KadProtocol>(network.add().host, parameters));
  }

  HostNetwork network;
  std::vector<std::unique_ptr<KadProtocol>> kads;
};

// libp2p.md section 9: what counts is where the connection is seen to come from.
TEST(KadProtocol, counts_peers_where_they_are_and_not_where_they_claim_to_be) {
  HostNetwork network;
  TestHost& victim = network.add();
  KadProtocol kad(victim.host, {});
  std::vector<std::unique_ptr<KadProtocol>> others;
  for (std::uint8_t i = 1; i <= 9; ++i) {
    TestHost& peer = network.add();  // in a network of its own
    others.push_back(std::make_unique<KadProtocol>(peer.host, KadParameters{}));
    peer.host.set_announced({*Multiaddr::from_text("/ip4/9.9.9." + std::to_string(i) + "/tcp/5")});
    network.connect(peer, victim);
  }
  network.advance(seconds(1));
  EXPECT_EQ(kad.table().size(), 9U);
}

TEST(KadProtocol, nodes_that_know_one_other_find_everyone) {
  KadNetwork net(12);
  for (std::size_t i = 1; i < 12; ++i)
    net.network.connect(net.network.at(i), net.network.at(0));
  std::vector<KadPeer> found;
  const TestHost& sought = net.network.at(11);
  net.kads[1]->look_up(to_bytes(sought.id().bytes()),
                       [&](const std::vector<KadPeer>& peers) { found = peers; });
  net.network.advance(seconds(1));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().id, sought.id());
  EXPECT_EQ(found.front().addresses, std::vector<Multiaddr>{sought.address});
  EXPECT_GE(net.kads[1]->table().size(), 10U);
}

TEST(KadProtocol, a_lookup_ends_when_nobody_answers) {
  KadNetwork net(2);
  net.network.connect(net.network.at(0), net.network.at(1));
  net.network.at(0).host.disconnect(net.network.at(1).id(), EndReason::Local, "bye");
  net.network.run();
  net.network.hold_dials(true);
  bool done = false;
  net.kads[0]->look_up(Bytes(32), [&](const std::vector<KadPeer>& peers) {
    done = true;
    EXPECT_TRUE(peers.empty());
  });
  net.network.advance(seconds(9));
  EXPECT_FALSE(done);
  net.network.advance(seconds(2));
  EXPECT_TRUE(done);
}

/// Speaks the protocol by hand.
struct Asker final : ProtocolHandler {
  explicit Asker(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    stream = key;
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    append(received, bytes);
  }
  void on_stream_ended(StreamKey) override { over = "ended"; }
  void on_stream_failed(StreamKey, std::string_view why) override { over = why; }

  Host& host;
  std::optional<StreamKey> stream;
  Bytes received;
  std::string over;
};

/// What a kad server says to `message`, and how the stream stands.
std::pair<std::optional<KadMessage>, std::string> ask(const KadMessage& message) {
  KadNetwork net(3);
  TestHost& asker_host = net.network.add();
  Asker asker(asker_host.host);
  net.network.connect(net.network.at(1), net.network.at(0));
  net.network.connect(net.network.at(2), net.network.at(0));
  net.network.connect(asker_host, net.network.at(0));
  EXPECT_TRUE(
      asker_host.host.open_stream(net.network.at(0).id(), {"/openliquid/kad/1.0.0"}, asker));
  net.network.run();
  Bytes out;
  append_delimited(out, encode(message));
  EXPECT_TRUE(asker_host.host.write(*asker.stream, out));
  net.network.run();
  DelimitedReader reader(kKadResponseBytesMax);
  ByteView rest = asker.received;
  const auto answer = reader.next(rest);
  if (!answer || !*answer) return {std::nullopt, asker.over};
  return {parse_kad(**answer), asker.over};
}

// Section 9: we serve FIND_NODE and PING, answer GET with closer peers, refuse PUT and ADD by
// reset.
TEST(KadProtocol, answers_what_finds_peers_and_stores_nothing) {
  const Bytes target = to_bytes(testing::peer_id(3).bytes());
  const auto [found, state] = ask({KadType::FindNode, target, {}});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->closer.size(), 2U);
  EXPECT_EQ(found->closer[0].id, testing::peer_id(3));
  EXPECT_EQ(state, "");
  EXPECT_EQ(ask({KadType::Ping, {}, {}}).first, (KadMessage{KadType::Ping, {}, {}}));
  EXPECT_EQ(ask({KadType::GetValue, Bytes(10), {}}).first->closer.size(), 2U);
  EXPECT_EQ(ask({KadType::GetProviders, Bytes(10), {}}).first->closer.size(), 2U);
  for (const KadType type : {KadType::PutValue, KadType::AddProvider}) {
    const auto [answer, over] = ask({type, Bytes(10), {}});
    EXPECT_FALSE(answer);
    EXPECT_EQ(over, "reset by the peer");
  }
}

TEST(KadProtocol, clients_do_not_serve_and_are_in_no_table) {
  HostNetwork network;
  KadParameters client;
  client.server = false;
  client.table = uncounted();
  KadParameters server;
  server.table = uncounted();
  TestHost& a = network.add();
  TestHost& b = network.add();
  KadProtocol one(a.host, client);
  KadProtocol other(b.host, server);
  network.connect(a, b);
  EXPECT_EQ(one.table().size(), 1U);
  EXPECT_EQ(other.table().size(), 0U);
  EXPECT_FALSE(a.host.protocols().contains("/openliquid/kad/1.0.0"));
}

TEST(KadProtocol, drops_idle_askers) {
  KadNetwork net(1);
  TestHost& asker_host = net.network.add();
  Asker asker(asker_host.host);
  net.network.connect(asker_host, net.network.at(0));
  ASSERT_TRUE(
      asker_host.host.open_stream(net.network.at(0).id(), {"/openliquid/kad/1.0.0"}, asker));
  net.network.advance(seconds(9));
  EXPECT_EQ(asker.over, "");
  net.network.advance(seconds(2));
  EXPECT_EQ(asker.over, "reset by the peer");
}

/// A server, and a peer that asks it by hand on one stream or more.
struct KadAsker {
  KadAsker() : asker(host.host) {
    net.network.connect(host, server);
    streams.push_back(open());
  }
  StreamKey open() {
    EXPECT_TRUE(host.host.open_stream(server.id(), {"/openliquid/kad/1.0.0"}, asker));
    net.network.run();
    return *asker.stream;
  }
  void ask(std::size_t count, std::size_t stream = 0) {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i)
      append_delimited(out, encode(KadMessage{KadType::Ping, {}, {}}));
    static_cast<void>(host.host.write(streams[stream], std::move(out)));
    net.network.run();
  }
  /// Answers that came since the last call; all are alike.
  std::size_t answers() {
    Bytes one;
    append_delimited(one, encode(KadMessage{KadType::Ping, {}, {}}));
    return std::exchange(asker.received, {}).size() / one.size();
  }
  [[nodiscard]] std::string outcome() const {
    return server.ended.empty() ? "" : server.ended.back();
  }

  KadNetwork net{1};
  TestHost& server{net.network.at(0)};
  TestHost& host{net.network.add()};
  Asker asker;
  std::vector<StreamKey> streams;
};

TEST(KadLimits, sixty_queries_are_answered_at_once_and_then_twenty_a_second) {
  KadAsker a;
  a.ask(100);
  EXPECT_EQ(a.answers(), 60U);
  a.net.network.advance(seconds(1));
  EXPECT_EQ(a.answers(), 20U);
  a.net.network.advance(seconds(5));
  EXPECT_EQ(a.answers(), 20U);
  a.ask(100);
  EXPECT_EQ(a.answers(), 60U) << "what was not used for 3 s, and no more than at the start";
  EXPECT_EQ(a.outcome(), "");
}

TEST(KadLimits, a_peer_has_one_limit_for_all_its_streams) {
  KadAsker a;
  a.streams.push_back(a.open());
  a.ask(60, 0);
  EXPECT_EQ(a.answers(), 60U);
  a.ask(60, 1);
  EXPECT_EQ(a.answers(), 0U);
  a.net.network.advance(seconds(3));
  EXPECT_EQ(a.answers(), 60U);
}

// Queries alone never end a connection: what is too much stays where it comes from.
TEST(KadLimits, of_who_asks_far_beyond_the_limit_no_more_is_read) {
  KadAsker a;
  constexpr std::size_t kQueries = 120'000;
  a.ask(kQueries);
  a.host.host.close_write(a.streams[0]);
  a.net.network.run();
  EXPECT_EQ(a.answers(), 60U);
  EXPECT_GT(a.host.host.queued_bytes(a.streams[0]), 0U);
  a.net.network.advance(seconds(60));
  EXPECT_EQ(a.answers(), 60U * 20U);
  EXPECT_GT(a.host.host.queued_bytes(a.streams[0]), 0U);
  EXPECT_EQ(a.outcome(), "");
  EXPECT_EQ(a.asker.over, "");
}

TEST(KadLimits, credit_is_for_queries_that_were_read) {
  KadAsker a;
  constexpr std::size_t kQueries = 120'000;
  Bytes one;
  append_delimited(one, encode(KadMessage{KadType::Ping, {}, {}}));
  a.ask(40'000);
  a.net.network.advance(seconds(40'000 / 20));
  EXPECT_EQ(a.answers(), 40'000U);
  a.ask(kQueries);
  const std::size_t sent = kQueries * one.size() - a.host.host.queued_bytes(a.streams[0]);
  EXPECT_LE(sent, kYamuxInitialWindow + (60 + 128) * one.size());
}

TEST(KadLimits, what_is_read_later_is_answered_too_and_then_the_stream_is_closed) {
  KadAsker a;
  a.streams.push_back(a.open());
  a.ask(500, 0);
  a.ask(100, 1);
  a.host.host.close_write(a.streams[1]);
  a.net.network.run();
  EXPECT_EQ(a.asker.over, "");
  a.net.network.advance(seconds(28));
  EXPECT_EQ(a.answers(), 600U);
  EXPECT_EQ(a.asker.over, "ended");
  EXPECT_EQ(a.outcome(), "");
}

TEST(KadLimits, what_waits_is_answered_before_the_time_of_a_query_is_over) {
  KadAsker a;
  a.ask(60 + 128);
  a.net.network.advance(KadParameters{}.query_time - seconds(3));
  EXPECT_EQ(a.answers(), 60U + 128U);
}

TEST(KadLimits, a_stream_that_ended_is_closed_once_what_waits_is_answered) {
  KadAsker a;
  a.ask(70);
  a.host.host.close_write(a.streams[0]);
  a.net.network.run();
  EXPECT_EQ(a.asker.over, "");
  a.net.network.advance(seconds(1));
  EXPECT_EQ(a.answers(), 70U);
  EXPECT_EQ(a.asker.over, "ended");
}

TEST(KadLimits, a_stream_that_was_reset_leaves_nothing_waiting) {
  KadAsker a;
  a.streams.push_back(a.open());
  a.ask(60 + 100, 0);
  a.host.host.reset(a.streams[0]);
  a.net.network.run();
  a.ask(128, 1);
  EXPECT_EQ(a.outcome(), "");
  EXPECT_EQ(a.answers(), 60U);
  a.net.network.advance(seconds(1));
  EXPECT_EQ(a.answers(), 20U);
}

TEST(KadLimits, a_stream_that_was_reset_makes_room_for_what_others_hold_back) {
  KadAsker a;
  a.streams.push_back(a.open());
  a.ask(60 + 128, 0);
  a.ask(50, 1);
  a.host.host.reset(a.streams[0]);
  a.net.network.run();
  EXPECT_EQ(a.answers(), 60U);
  a.net.network.advance(seconds(3));
  EXPECT_EQ(a.answers(), 50U);
}

// A refusal in the middle of what waits: the rest of that stream goes with it, others do not.
TEST(KadLimits, a_refused_query_that_waited_ends_its_stream_alone) {
  KadAsker a;
  a.streams.push_back(a.open());
  a.ask(60, 1);
  EXPECT_EQ(a.answers(), 60U);
  Bytes out;
  append_delimited(out, encode(KadMessage{KadType::PutValue, {}, {}}));
  append_delimited(out, encode(KadMessage{KadType::Ping, {}, {}}));
  EXPECT_TRUE(a.host.host.write(a.streams[0], out));
  a.ask(5, 1);
  a.net.network.advance(seconds(1));
  EXPECT_EQ(a.answers(), 5U);
  EXPECT_EQ(a.asker.over, "reset by the peer");
}

TEST(KadLimits, answers_come_in_the_order_of_the_queries) {
  KadAsker a;
  a.ask(60 + 1);
  EXPECT_EQ(a.answers(), 60U);
  // The time for one answer has passed before the tick that gives it.
  Bytes out;
  append_delimited(out, encode(KadMessage{KadType::Ping, {1}, {}}));
  EXPECT_TRUE(a.host.host.write(a.streams[0], out));
  for (const ConnectionId id : a.host.host.take_dirty()) {
    Bytes sent;
    a.host.host.poll_transmit(id, sent, a.net.network.now());
    a.server.host.on_received(1, sent, a.net.network.now() + seconds(1));
  }
  a.net.network.run();
  EXPECT_TRUE(a.asker.received.empty());
  a.net.network.advance(seconds(2));
  Bytes both;
  append_delimited(both, encode(KadMessage{KadType::Ping, {}, {}}));
  append(both, out);
  EXPECT_EQ(a.asker.received, both);
}

TEST(KadLimits, a_peer_that_is_gone_is_forgotten) {
  KadAsker a;
  a.ask(61);
  EXPECT_EQ(a.net.kads[0]->asker_count(), 1U);
  a.host.host.disconnect(a.server.id(), EndReason::Local, "bye");
  a.net.network.run();
  EXPECT_EQ(a.net.kads[0]->asker_count(), 0U);
}

// A refresh looks up one key in each of 17 parts of the table, and a small network is asked for
// each of them.
TEST(KadLimits, lookups_of_honest_nodes_stay_below) {
  KadNetwork net(6);
  for (std::size_t i = 1; i < 6; ++i)
    net.network.connect(net.network.at(i), net.network.at(0));
  net.network.advance(seconds(1));
  std::size_t done = 0;
  for (std::uint8_t i = 0; i < 30; ++i) {
    net.kads[1]->look_up(Bytes(32, i), [&](const std::vector<KadPeer>& peers) {
      done += 1;
      EXPECT_GE(peers.size(), 3U);
    });
  }
  for (const auto& kad : net.kads)
    kad->refresh();
  net.network.advance(seconds(12));
  EXPECT_EQ(done, 30U);
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_TRUE(net.network.at(i).ended.empty()) << i;
}

}  // namespace
}  // namespace ol::p2p
