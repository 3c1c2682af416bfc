// Peers that attack through gossip: each is bounded in memory and time and cut off with a named
// reason, while the honest peer goes on hearing every message.
#include <ol/p2p/gossip_protocol.hpp>

#include <gtest/gtest.h>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HostNetwork;
using testing::pattern;
using testing::TestHost;

const std::string kTopic = "blocks";
// What validation refuses.
constexpr std::uint8_t kInvalid = 0xee;
const std::string kGraylisted = "misbehaved: gossip score below the graylist threshold: ";

/// A host that gossips on one topic.
struct Member {
  Member(HostNetwork& network, TestHost& owner)
      : host(owner),
        gossip(owner.host, owner.key, parameters(), [this](const auto& m, const auto&) {
          if (m.data()[0] == kInvalid) return GossipVerdict::Reject;
          heard += 1;
          return GossipVerdict::Accept;
        }) {
    gossip.join(kTopic);
    network.run();
  }
  static GossipParameters parameters() {
    GossipParameters out;
    out.topics = {kTopic};
    out.score.count_ips = false;
    return out;
  }

  TestHost& host;
  GossipProtocol gossip;
  std::size_t heard = 0;
};

/// Opens gossip streams by hand and keeps no promises.
struct Stream final : ProtocolHandler {
  explicit Stream(Host& owner) : host(owner) {}
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    received += bytes.size();
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}

  Host& host;
  std::size_t received = 0;
};

/// A victim in a mesh with an honest peer, and an attacker with a gossip stream to it.
struct HostileGossip : ::testing::Test {
  HostileGossip() {
    network.connect(honest.host, victim.host);
    evil.host.add_protocol({"/meshsub/1.2.0"}, stream, {});
    network.connect(evil, victim.host);
    network.advance(seconds(1));
    key = *evil.host.open_stream(victim.host.id(), {"/meshsub/1.2.0"}, stream);
    network.run();
    Bytes rpc;
    append_subscription(rpc, true, kTopic);
    send(rpc);
    EXPECT_EQ(outcome(), "");
  }

  /// Sends one RPC. An attacker that has been cut off has nobody to send to.
  void send(ByteView rpc) {
    Bytes out;
    append_delimited(out, rpc);
    static_cast<void>(evil.host.write(key, std::move(out)));
    network.run();
  }
  void send_control(const ControlBuilder& control) {
    Bytes rpc;
    control.append_to(rpc);
    send(rpc);
  }
  void send_message(ByteView data) {
    RpcMessage message;
    message.topic = kTopic;
    message.data = data;
    Bytes rpc;
    append_message(rpc, message);
    send(rpc);
  }
  [[nodiscard]] std::string outcome() const {
    return victim.host.ended.empty() ? "" : victim.host.ended.back();
  }
  [[nodiscard]] double score() { return victim.gossip.router().score(evil.id(), network.now()); }
  [[nodiscard]] const GossipParameters& limits() { return victim.gossip.router().parameters(); }

  /// The victim and its honest peer gossip as before.
  void TearDown() override {
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(victim.gossip.publish(kTopic, pattern(100 + i, 900 + i)));
      ASSERT_TRUE(honest.gossip.publish(kTopic, pattern(200 + i, 950 + i)));
    }
    const std::size_t before = victim.heard;
    network.advance(milliseconds(200));
    EXPECT_GE(honest.heard, 3U);
    EXPECT_GE(victim.heard + 3, before + 3);
    EXPECT_TRUE(honest.host.ended.empty());
  }

  HostNetwork network;
  Member victim{network, network.add()};
  Member honest{network, network.add()};
  TestHost& evil = network.add();
  Stream stream{evil.host};
  StreamKey key;
};

TEST_F(HostileGossip, announcing_what_never_comes_is_cut_off) {
  std::uint32_t number = 0;
  std::size_t entries_max = 0;

  for (int i = 0; i < 120 && outcome().empty(); ++i) {
    for (int j = 0; j < 20; ++j) {
      ControlBuilder control;
      std::vector<Bytes> ids;
      for (int k = 0; k < 20; ++k)
        ids.push_back(pattern(20, number++));
      control.ihave(kTopic, {ids.begin(), ids.end()});
      send_control(control);
    }
    entries_max = std::max(entries_max, victim.gossip.router().table_entries());
    network.advance(seconds(1));
  }
  EXPECT_EQ(outcome(), kGraylisted + "announced messages that did not come");
  EXPECT_TRUE(victim.host.host.bans().contains(evil.id()));
  EXPECT_LT(entries_max, 1000U);
}

TEST_F(HostileGossip, asking_again_and_again_is_answered_three_times) {
  const Bytes data = pattern(50000, 1);
  const auto published = victim.gossip.publish(kTopic, data);
  ASSERT_TRUE(published);
  network.run();
  stream.received = 0;
  for (int i = 0; i < 500; ++i) {
    ControlBuilder control;
    control.iwant({as_bytes(published->id)});
    send_control(control);
  }
  EXPECT_LT(stream.received, 4 * data.size());
  EXPECT_EQ(outcome(), "");
}

TEST_F(HostileGossip, asking_for_much_is_answered_within_8_mib_per_heartbeat) {
  std::vector<MessageId> ids;
  for (std::uint32_t i = 0; i < 20; ++i) {
    ids.push_back(victim.gossip.publish(kTopic, pattern(900000, i))->id);
    network.run();
  }
  stream.received = 0;
  ControlBuilder control;
  std::vector<ByteView> views;
  for (const MessageId& id : ids)
    views.push_back(as_bytes(id));
  control.iwant(views);
  send_control(control);
  EXPECT_LE(stream.received, limits().iwant_bytes_per_heartbeat + 100000);
}

TEST_F(HostileGossip, invalid_messages_are_not_even_read_after_the_fifth_and_then_cut_off) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    Bytes data = pattern(50, i);
    data[0] = kInvalid;
    send_message(data);
  }
  EXPECT_LT(score(), limits().score.graylist);
  EXPECT_EQ(victim.gossip.router().counters().rejected, 5U);
  EXPECT_EQ(honest.gossip.router().counters().received, 0U);
  std::uint32_t number = 1000;
  for (int i = 0; i < 120 && outcome().empty(); ++i) {
    send_message(pattern(50, number++));
    network.advance(seconds(1));
  }
  EXPECT_EQ(outcome(), kGraylisted + "invalid messages");
  EXPECT_EQ(victim.heard, 0U) << "good messages of a bad peer are not read either";
}

TEST_F(HostileGossip, an_rpc_that_drips_is_cut_after_60_s) {
  static_cast<void>(evil.host.write(key, Bytes{0x80, 0x80, 0x40}));  // announces 1 MiB
  for (int i = 0; i < 58; ++i) {
    network.advance(seconds(1));
    static_cast<void>(evil.host.write(key, Bytes(1000)));
    network.run();
  }
  EXPECT_EQ(outcome(), "");
  network.advance(seconds(3));
  EXPECT_EQ(outcome(), "slow_sender: a gossip rpc did not arrive in full in time");
}

TEST_F(HostileGossip, a_giant_rpc_is_refused_by_its_length) {
  static_cast<void>(evil.host.write(key, Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40}));
  network.run();
  EXPECT_EQ(outcome(), "misbehaved: gossip rpc over 4 MiB or with a malformed length");
}

// Grafting again during the backoff is how a mesh is taken over.
TEST_F(HostileGossip, a_flood_of_grafts_is_cut_off) {
  for (int i = 0; i < 120 && outcome().empty(); ++i) {
    ControlBuilder control;
    control.prune(kTopic, 60);
    send_control(control);
    for (int j = 0; j < 3; ++j) {
      ControlBuilder again;
      again.graft(kTopic);
      send_control(again);
    }
    network.advance(seconds(1));
  }
  EXPECT_EQ(outcome(), kGraylisted + "grafts during the backoff");
}

/// Floods within the limits of one RPC: each is cut off for what it is.
TEST_F(HostileGossip, asking_for_unknown_messages_is_cut_off) {
  std::uint32_t number = 0;
  for (int i = 0; i < 200 && outcome().empty(); ++i) {
    ControlBuilder control;
    std::vector<Bytes> ids;
    for (int k = 0; k < 4000; ++k)
      ids.push_back(pattern(20, number++));
    control.iwant({ids.begin(), ids.end()});
    send_control(control);
    network.advance(milliseconds(100));
  }
  EXPECT_EQ(outcome(), kGraylisted + "asked for messages that are not to be had");
  EXPECT_TRUE(victim.host.host.bans().contains(evil.id()));
}

TEST_F(HostileGossip, coming_and_going_in_a_loop_is_cut_off) {
  Bytes rpc;
  for (int k = 0; k < 64; ++k) {
    append_subscription(rpc, false, kTopic);
    append_subscription(rpc, true, kTopic);
  }
  for (int i = 0; i < 1000 && outcome().empty(); ++i) {
    send(rpc);
    if (i % 20 == 0) network.advance(milliseconds(100));
  }
  network.advance(seconds(12));
  EXPECT_EQ(outcome(), kGraylisted + "too many subscriptions");
}

TEST_F(HostileGossip, prunes_with_long_lists_of_peers_are_cut_off) {
  ControlBuilder control;
  for (int k = 0; k < 64; ++k)
    control.prune(kTopic, 60);
  for (int i = 0; i < 1000 && outcome().empty(); ++i) {
    send_control(control);
    if (i % 20 == 0) network.advance(milliseconds(100));
  }
  network.advance(seconds(12));
  EXPECT_EQ(outcome(), kGraylisted + "too many prunes");
}

TEST_F(HostileGossip, saying_what_it_does_not_want_without_end_is_cut_off) {
  std::uint32_t number = 0;
  for (int i = 0; i < 1000 && outcome().empty(); ++i) {
    ControlBuilder control;
    std::vector<Bytes> ids;
    for (int k = 0; k < 4000; ++k)
      ids.push_back(pattern(20, number++));
    control.idontwant({ids.begin(), ids.end()});
    send_control(control);
    if (i % 20 == 0) network.advance(milliseconds(100));
  }
  network.advance(seconds(12));
  EXPECT_EQ(outcome(), kGraylisted + "too many ids");
}

// An RPC of no bytes costs the sender one.
TEST_F(HostileGossip, a_flood_of_empty_rpcs_is_cut_off_at_once) {
  const TimePoint begin = network.now();
  for (int i = 0; i < 40 && outcome().empty(); ++i) {
    static_cast<void>(evil.host.write(key, Bytes(1000)));
    network.run();
  }
  EXPECT_EQ(outcome(), kGraylisted + "too many rpcs without a message");
  EXPECT_EQ(network.now(), begin);
}

}  // namespace
}  // namespace ol::p2p
