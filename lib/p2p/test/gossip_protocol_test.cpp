#include <ol/p2p/gossip_protocol.hpp>

#include <gtest/gtest.h>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HostNetwork;
using testing::pattern;
using testing::TestHost;

const std::string kTopic = "blocks";

/// Hosts that gossip on one topic and remember what they heard.
struct GossipNetwork {
  explicit GossipNetwork(std::size_t count, std::size_t piece_bytes = SIZE_MAX,
                         GossipParameters parameters = {})
      : network(piece_bytes), heard(count) {
    for (std::size_t i = 0; i < count; ++i) {
      TestHost& host = network.add();
      parameters.topics = {kTopic};
      parameters.score.count_ips = false;
      gossips.push_back(std::make_unique<GossipProtocol>(
          host.host, host.key, parameters, [this, i](const GossipMessage& message, const PeerId&) {
            heard[i].push_back(to_bytes(message.data()));
            return GossipVerdict::Accept;
          }));
      gossips[i]->join(kTopic);
    }
  }

  HostNetwork network;
  std::vector<std::vector<Bytes>> heard;
  std::vector<std::unique_ptr<GossipProtocol>> gossips;
};

// libp2p.md section 8.7: an allow-list for known hosts. A stranger beside a validator must not cost
// it its place.
TEST(GossipProtocol, who_is_reserved_or_direct_may_share_an_address_and_counts_for_nobody) {
  HostNetwork network;
  TestHost& victim = network.add();
  GossipParameters parameters;
  parameters.topics = {kTopic};
  std::vector<TestHost*> peers;
  for (std::uint16_t i = 0; i < 9; ++i) {
    TestHost& peer = *peers.emplace_back(&network.add());
    peer.address = Multiaddr::tcp(Bytes{10, 0, 99, 1}, static_cast<std::uint16_t>(5000 + i));
  }
  const PeerId validator = peers[0]->id();
  const PeerId stranger = peers[8]->id();
  victim.host.set_reserved({validator});
  parameters.direct = {peers[1]->id()};
  const auto accept = [](const auto&, const auto&) { return GossipVerdict::Accept; };
  GossipProtocol gossip(victim.host, victim.key, parameters, accept);
  std::vector<std::unique_ptr<GossipProtocol>> others;
  for (TestHost* const peer : peers) {
    others.push_back(std::make_unique<GossipProtocol>(peer->host, peer->key, parameters, accept));
    network.connect(*peer, victim);
  }
  network.advance(milliseconds(200));  // before the first heartbeat
  const auto score = [&](const PeerId& id) { return gossip.router().score(id, network.now()); };
  EXPECT_EQ(score(validator), 0);
  EXPECT_EQ(score(stranger), -5 * 3 * 3);  // seven of them, four are free
  std::set<PeerId> validators;
  for (const TestHost* const peer : peers)
    validators.insert(peer->id());
  validators.erase(stranger);
  victim.host.set_reserved(validators);
  network.advance(seconds(1));
  for (const TestHost* const peer : peers)
    EXPECT_EQ(score(peer->id()), 0);
  victim.host.set_reserved({});
  network.advance(seconds(1));
  EXPECT_EQ(score(stranger), -5 * 4 * 4);
  network.advance(seconds(1));
  EXPECT_EQ(score(stranger), -5 * 4 * 4);
}

TEST(GossipProtocol, carries_messages_over_hosts_whatever_the_cut) {
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}}) {
    GossipNetwork net(3, piece);
    net.network.connect(net.network.at(0), net.network.at(1));
    net.network.connect(net.network.at(2), net.network.at(1));
    net.network.advance(seconds(1));
    for (std::uint32_t i = 1; i <= 3; ++i)
      ASSERT_TRUE(net.gossips[0]->publish(kTopic, pattern(2000 * i, i)));
    net.network.advance(milliseconds(100));
    EXPECT_EQ(net.heard[2],
              (std::vector<Bytes>{pattern(2000, 1), pattern(4000, 2), pattern(6000, 3)}));
    EXPECT_TRUE(net.heard[0].empty());
  }
}

TEST(GossipProtocol, large_messages_wait_for_room_and_arrive) {
  GossipNetwork net(2);
  net.network.connect(net.network.at(0), net.network.at(1));
  net.network.advance(seconds(1));
  for (std::uint32_t i = 1; i <= 5; ++i)
    ASSERT_TRUE(net.gossips[0]->publish(kTopic, pattern(700000, i)));
  net.network.advance(milliseconds(100));
  ASSERT_EQ(net.heard[1].size(), 5U);
  EXPECT_EQ(net.heard[1][4], pattern(700000, 5));
}

// The rest waits unconsumed, so that the window holds the sender back, and all of it arrives.
TEST(GossipProtocol, reads_a_fast_peer_more_slowly_but_completely) {
  GossipParameters messages;
  messages.messages_per_second = 100;
  GossipParameters bytes;
  bytes.bytes_per_second = 100'000;
  for (const auto& limits : {messages, bytes}) {
    GossipNetwork net(3, SIZE_MAX, limits);
    net.network.connect(net.network.at(0), net.network.at(1));
    net.network.connect(net.network.at(2), net.network.at(1));
    net.network.advance(seconds(1));
    for (std::uint32_t i = 0; i < 200; ++i)
      ASSERT_TRUE(net.gossips[0]->publish(kTopic, pattern(1000, i)));
    net.network.advance(milliseconds(100));
    EXPECT_LE(net.heard[1].size(), 115U);
    // Others are heard meanwhile.
    ASSERT_TRUE(net.gossips[2]->publish(kTopic, pattern(1000, 1'000)));
    net.network.advance(milliseconds(10));
    EXPECT_EQ(net.heard[1].back(), pattern(1000, 1'000));
    net.network.advance(seconds(2));
    EXPECT_EQ(net.heard[1].size(), 201U);
  }
}

TEST(GossipProtocol, opens_a_broken_stream_again) {
  GossipNetwork net(2);
  TestHost& a = net.network.at(0);
  TestHost& b = net.network.at(1);
  net.network.connect(a, b);
  net.network.advance(seconds(1));
  a.host.disconnect(b.id(), EndReason::Local, "bye");
  net.network.run();
  net.network.connect(a, b);
  net.network.advance(seconds(2));
  ASSERT_TRUE(net.gossips[0]->publish(kTopic, pattern(10)));
  net.network.advance(milliseconds(100));
  EXPECT_EQ(net.heard[1].size(), 1U);
}

// Of two connections one goes after a moment, and with it the streams on it, whichever side had
// which of them there.
TEST(GossipProtocol, both_sides_hear_each_other_after_both_have_dialled) {
  for (const std::uint32_t late : {0U, 1U, 2U}) {
    SCOPED_TRACE(late);
    GossipNetwork net(2);
    TestHost& a = net.network.at(0);
    TestHost& b = net.network.at(1);
    net.network.hold_dials(true);
    ASSERT_TRUE(a.host.dial(b.address.with_peer(b.id())));
    ASSERT_TRUE(b.host.dial(a.address.with_peer(a.id())));
    net.network.hold_dials(false);
    // At once, or one of the two once the other connection is in use.
    if (late < 2) net.network.hold_dials_of(&net.network.at(late));
    net.network.run();
    net.network.hold_dials_of(nullptr);
    net.network.run();
    EXPECT_EQ(net.network.sockets(), 2U);
    net.network.advance(seconds(5));
    EXPECT_EQ(net.network.sockets(), 1U);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto published = net.gossips[i]->publish(kTopic, pattern(20000, late));
      ASSERT_TRUE(published || i == 1);
      net.network.advance(milliseconds(100));
      ASSERT_TRUE(net.gossips[i]->publish(kTopic, pattern(100, static_cast<std::uint32_t>(i))));
      net.network.advance(milliseconds(100));
    }
    EXPECT_EQ(net.heard[1], (std::vector<Bytes>{pattern(20000, late), pattern(100, 0)}));
    EXPECT_EQ(net.heard[0], std::vector<Bytes>{pattern(100, 1)});
  }
}

/// Opens gossip streams by hand.
struct Rogue final : ProtocolHandler {
  explicit Rogue(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool inbound) override {
    if (inbound) opened.push_back(key);
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    received[key] += bytes.size();
    host.consume(key, bytes.size());
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey key, std::string_view why) override { failed[key] = why; }

  Host& host;
  std::vector<StreamKey> opened;  // by the other side
  std::map<StreamKey, std::size_t> received;
  std::map<StreamKey, std::string> failed;
};

struct RogueFixture : GossipNetwork {
  explicit RogueFixture(const GossipParameters& parameters = {})
      : GossipNetwork(1, SIZE_MAX, parameters), evil(network.add()), rogue(evil.host) {
    network.connect(evil, network.at(0));
    stream = *evil.host.open_stream(network.at(0).id(), {"/meshsub/1.2.0"}, rogue);
    network.run();
  }

  /// Why the victim ended the connection, if it did.
  std::string send(ByteView bytes) {
    static_cast<void>(evil.host.write(stream, to_bytes(bytes)));
    network.run();
    const auto& ended = network.at(0).ended;
    return ended.empty() ? "" : ended.back();
  }

  TestHost& evil;
  Rogue rogue;
  StreamKey stream;
};

TEST(GossipProtocol, ends_the_connection_of_who_breaks_a_limit_and_says_why) {
  EXPECT_EQ(RogueFixture().send(testing::hex("0212ff")), "misbehaved: malformed gossip message");
  EXPECT_EQ(RogueFixture().send(testing::hex("ffffff7f")),
            "misbehaved: gossip rpc over 4 MiB or with a malformed length");
  EXPECT_EQ(RogueFixture().send(testing::hex("8100")),
            "misbehaved: gossip rpc over 4 MiB or with a malformed length");
  Bytes grafts;
  ControlBuilder control;
  for (int i = 0; i < 65; ++i)
    control.graft(kTopic);
  control.append_to(grafts);
  Bytes framed;
  append_delimited(framed, grafts);
  EXPECT_EQ(RogueFixture().send(framed), "misbehaved: too many grafts in one gossip rpc");
}

// An RPC with that many messages of the topic, behind its length.
Bytes framed_messages(std::uint32_t first, std::uint32_t count, std::size_t size) {
  Bytes rpc;
  for (std::uint32_t i = first; i < first + count; ++i) {
    const Bytes data = pattern(size, i);
    RpcMessage message;
    message.topic = kTopic;
    message.data = data;
    append_message(rpc, message);
  }
  Bytes out;
  append_delimited(out, rpc);
  return out;
}

TEST(GossipProtocol, messages_in_one_rpc_count_each) {
  GossipParameters parameters;
  parameters.messages_per_second = 100;
  RogueFixture f(parameters);
  Bytes both = framed_messages(0, 150, 10);
  append(both, framed_messages(150, 1, 10));
  EXPECT_EQ(f.send(both), "");
  EXPECT_EQ(f.heard[0].size(), 150U);  // an RPC is taken whole, and the debt paid before the next
  f.network.advance(seconds(1));
  EXPECT_EQ(f.heard[0].size(), 151U);
}

TEST(GossipProtocol, what_comes_too_fast_fills_the_window_and_no_more) {
  GossipParameters parameters;
  parameters.bytes_per_second = 10'000;
  RogueFixture f(parameters);
  for (std::uint32_t i = 0; i < 40; ++i)
    EXPECT_EQ(f.send(framed_messages(i, 1, 100'000)), "");
  const std::size_t queued = f.evil.host.queued_bytes(f.stream);
  EXPECT_GT(queued, 3'000'000U);
  f.network.advance(seconds(60));
  EXPECT_GT(f.evil.host.queued_bytes(f.stream) + 1'000'000, queued);
}

// The peer tells its subscriptions once on each of its own streams, and that one lives.
TEST(GossipProtocol, a_peer_stays_subscribed_when_our_stream_to_it_breaks) {
  GossipNetwork net(1);
  TestHost& peer = net.network.add();
  Rogue rogue(peer.host);
  peer.host.add_protocol({"/meshsub/1.2.0"}, rogue, {4, StreamPriority::Normal});
  net.network.connect(peer, net.network.at(0));
  const auto stream = peer.host.open_stream(net.network.at(0).id(), {"/meshsub/1.2.0"}, rogue);
  ASSERT_TRUE(stream);
  Bytes rpc;
  append_subscription(rpc, true, kTopic);
  Bytes framed;
  append_delimited(framed, rpc);
  ASSERT_TRUE(peer.host.write(*stream, std::move(framed)));
  net.network.advance(seconds(1));
  ASSERT_EQ(rogue.opened.size(), 1U);
  peer.host.reset(rogue.opened[0]);
  net.network.advance(seconds(2));
  ASSERT_EQ(rogue.opened.size(), 2U);
  // Our subscriptions have been told again, and what we publish follows.
  EXPECT_GT(rogue.received[rogue.opened[1]], kTopic.size());
  ASSERT_TRUE(net.gossips[0]->publish(kTopic, pattern(5000)));
  net.network.advance(milliseconds(100));
  EXPECT_GT(rogue.received[rogue.opened[1]], 5000U);
}

// Identify may be late or lost; the stream alone proves what the peer speaks.
TEST(GossipProtocol, answers_a_peer_that_gossips_before_it_is_identified) {
  GossipNetwork net(1);
  TestHost& peer = net.network.add();
  Rogue rogue(peer.host);
  net.network.connect(peer, net.network.at(0));
  // Not named in identify, which has been answered by now.
  peer.host.add_protocol({"/meshsub/1.2.0"}, rogue, {4, StreamPriority::Normal});
  const auto stream = peer.host.open_stream(net.network.at(0).id(), {"/meshsub/1.2.0"}, rogue);
  ASSERT_TRUE(stream);
  Bytes rpc;
  append_subscription(rpc, true, kTopic);
  Bytes framed;
  append_delimited(framed, rpc);
  ASSERT_TRUE(peer.host.write(*stream, std::move(framed)));
  net.network.run();
  ASSERT_EQ(rogue.opened.size(), 1U);
  // Our subscriptions waited for our stream to open, and for nothing else.
  EXPECT_GT(rogue.received[rogue.opened[0]], kTopic.size());
}

// "A second inbound stream from the same peer replaces the first."
TEST(GossipProtocol, the_newest_inbound_stream_counts) {
  RogueFixture f;
  const auto second = f.evil.host.open_stream(f.network.at(0).id(), {"/meshsub/1.2.0"}, f.rogue);
  ASSERT_TRUE(second);
  f.network.run();
  EXPECT_TRUE(f.rogue.failed.contains(f.stream));
  EXPECT_FALSE(f.rogue.failed.contains(*second));
}

TEST(GossipProtocol, memory_does_not_grow_with_hostile_traffic) {
  RogueFixture f;
  const auto message = [](std::uint32_t i) {
    Bytes rpc;
    RpcMessage m;
    m.topic = "unknown";
    const Bytes data = pattern(100, i);
    m.data = data;
    append_message(rpc, m);
    append_subscription(rpc, true, "topic" + std::to_string(i));
    const Bytes id = pattern(20, i);
    ControlBuilder control;
    control.ihave("unknown", {id});
    control.iwant({id});
    control.prune("unknown", UINT64_MAX);
    control.append_to(rpc);
    Bytes out;
    append_delimited(out, rpc);
    return out;
  };
  for (std::uint32_t i = 0; i < 2000; ++i)
    static_cast<void>(f.send(message(i)));
  EXPECT_LT(f.gossips[0]->router().table_entries(), 20U);
  EXPECT_TRUE(f.network.at(0).host.is_connected(f.evil.id()));
}

}  // namespace
}  // namespace ol::p2p
