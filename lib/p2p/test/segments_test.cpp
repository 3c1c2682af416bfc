// Every protocol gives the same result however its bytes are cut: libp2p.md section 12.3. The
// layers alone are cut in the tests of each (yamux, multistream, noise, muxed_connection,
// delimited).
#include <gtest/gtest.h>

#include <ol/p2p/echo.hpp>
#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/kad_protocol.hpp>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HostNetwork;
using testing::pattern;
using testing::TestHost;

/// A host that speaks everything.
struct Speaker {
  explicit Speaker(TestHost& owner)
      : host(owner),
        echo(owner.host),
        client(owner.host),
        kad(owner.host, kad_parameters()),
        gossip(owner.host, owner.key, gossip_parameters(), [this](const auto& m, const auto&) {
          heard.push_back(to_bytes(m.data()));
          return GossipVerdict::Accept;
        }) {
    gossip.join("t");
  }
  static KadParameters kad_parameters() {
    KadParameters out;
    out.table.count_prefixes = false;
    return out;
  }
  static GossipParameters gossip_parameters() {
    GossipParameters out;
    out.topics = {"t"};
    out.score.count_ips = false;
    return out;
  }

  TestHost& host;
  EchoProtocol echo;
  EchoClient client;
  KadProtocol kad;
  GossipProtocol gossip;
  std::vector<Bytes> heard;
};

/// What three hosts in a line have to tell after speaking every protocol once.
std::vector<std::string> story(std::size_t piece_bytes) {
  HostNetwork network(piece_bytes);
  std::vector<std::string> out;
  std::vector<std::unique_ptr<Speaker>> hosts;
  for (int i = 0; i < 3; ++i)
    hosts.push_back(std::make_unique<Speaker>(network.add()));
  network.connect(hosts[0]->host, hosts[1]->host);
  network.connect(hosts[2]->host, hosts[1]->host);
  network.advance(seconds(1));
  for (const auto& host : hosts) {
    for (const PeerId& peer : host->host.identified) {
      out.push_back("identified " + peer.text() + " with " +
                    std::to_string(host->host.host.info(peer)->protocols.size()) + " protocols");
    }
  }
  hosts[0]->host.ping.ping(hosts[1]->host.id(), [&](const PeerId&, const auto& result) {
    out.emplace_back(result ? "pong" : "no pong");
  });
  hosts[0]->client.run(hosts[1]->host.id(), 70'000, 3, [&](const auto& problem) {
    out.push_back("echo: " + problem.value_or("good"));
  });
  hosts[0]->kad.look_up(to_bytes(hosts[2]->host.id().bytes()), [&](const auto& peers) {
    for (const KadPeer& peer : peers)
      out.push_back("found " + peer.id.text());
  });
  for (std::uint32_t i = 1; i <= 4; ++i)
    EXPECT_TRUE(hosts[0]->gossip.publish("t", pattern(700 * i, i)));
  hosts[0]->host.host.set_announced({*Multiaddr::from_text("/ip4/10.1.2.3/tcp/4")});
  hosts[0]->host.identify.push();
  network.advance(seconds(2));
  for (const Multiaddr& told : hosts[1]->host.host.info(hosts[0]->host.id())->addresses)
    out.push_back("is at " + told.text());
  for (const Bytes& message : hosts[2]->heard)
    out.push_back("heard " + to_hex(message));
  hosts[0]->host.host.disconnect(hosts[1]->host.id(), EndReason::Local, "done");
  network.advance(milliseconds(200));
  for (const auto& host : hosts) {
    for (const std::string& end : host->host.ended)
      out.push_back("ended " + end);
  }
  return out;
}

/// Says on one stream what no protocol takes.
struct Rude final : ProtocolHandler {
  explicit Rude(Host& owner) : host(owner) {}
  void on_stream_data(StreamKey key, ByteView bytes) override { host.consume(key, bytes.size()); }
  void on_stream_ended(StreamKey) override { over = "ended"; }
  void on_stream_failed(StreamKey, std::string_view why) override { over = why; }

  Host& host;
  std::string over = "open";
};

/// How a host that speaks everything ends the stream or the connection on which `bytes` come.
std::string refusal(std::size_t piece_bytes, const std::string& protocol, const Bytes& bytes) {
  HostNetwork network(piece_bytes);
  Speaker speaker(network.add());
  TestHost& peer = network.add();
  Rude rude(peer.host);
  network.connect(peer, speaker.host);
  network.advance(seconds(1));
  const auto key = peer.host.open_stream(speaker.host.id(), {protocol}, rude);
  EXPECT_TRUE(key);
  network.run();
  EXPECT_TRUE(peer.host.write(*key, bytes));
  network.run();
  network.advance(seconds(30));
  std::string out = rude.over;
  for (const std::string& end : speaker.host.ended)
    out += "; " + end;
  return out;
}

Bytes many(std::size_t count, ByteView message) {
  Bytes out;
  for (std::size_t i = 0; i < count; ++i)
    append_delimited(out, message);
  return out;
}

TEST(Segments, every_protocol_refuses_the_same_however_it_is_cut) {
  const std::string kad = Speaker::kad_parameters().protocol;
  const Bytes query = encode(KadMessage{KadType::FindNode, Bytes(32), {}});
  struct Case {
    std::string protocol;
    Bytes bytes;
    std::string_view says;
  };
  const std::vector<Case> cases{
      {std::string(PingProtocol::kId), Bytes(140 * 32), "reset by the peer"},
      {std::string(IdentifyProtocol::kPushId), many(11, {}), "reset by the peer"},
      {std::string(IdentifyProtocol::kPushId), Bytes{0x81, 0x40, 0}, "reset by the peer"},
      {kad, many(60 + 128 + 1, query), "reset by the peer"},
      {kad, Bytes{0xff, 0x7f}, "reset by the peer"},
      {"/meshsub/1.2.0", Bytes(11 * 2000 + 2), "too many rpcs without a message"},
      {"/meshsub/1.2.0", many(1, Bytes{0x0a, 0xff}), "malformed gossip message"},
      {"/meshsub/1.2.0", Bytes{0x80, 0x80, 0x80, 0x03}, "over 4 MiB"},
  };
  for (const auto& [protocol, bytes, says] : cases) {
    const std::string whole = refusal(SIZE_MAX, protocol, bytes);
    EXPECT_NE(whole.find(says), std::string::npos) << protocol << ": " << whole;
    EXPECT_EQ(refusal(1, protocol, bytes), whole) << protocol;
    EXPECT_EQ(refusal(777, protocol, bytes), whole) << protocol;
  }
}

/// Answers a ping with what came and one byte more.
struct Talkative final : ProtocolHandler {
  explicit Talkative(Host& owner) : host(owner) {}
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    append(heard, bytes);
    if (heard.size() < PingProtocol::kPayloadBytes) return;
    heard.push_back(1);
    static_cast<void>(host.write(key, std::exchange(heard, {})));
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}

  Host& host;
  Bytes heard;
};

// The byte behind it may come with the answer or after it.
TEST(Segments, a_ping_is_answered_by_32_bytes_whatever_follows) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{777}, SIZE_MAX}) {
    HostNetwork network(piece);
    TestHost& asker = network.add();
    TestHost& peer = network.add();
    Talkative answers(peer.host);
    peer.host.add_protocol({std::string(PingProtocol::kId)}, answers, {});
    network.connect(asker, peer);
    std::string result;
    asker.ping.ping(peer.id(), [&](const PeerId&, const Result<Duration, std::string>& done) {
      result += done ? "pong" : done.error();
    });
    network.advance(seconds(1));
    EXPECT_EQ(result, "pong") << piece;
  }
}

TEST(Segments, every_protocol_says_the_same_byte_by_byte_as_in_one_piece) {
  const auto whole = story(SIZE_MAX);
  ASSERT_GT(whole.size(), 15U);
  EXPECT_EQ(story(1), whole);
}

TEST(Segments, every_protocol_says_the_same_in_pieces_of_any_size) {
  const auto whole = story(SIZE_MAX);
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 3; ++i) {
    const std::size_t piece = 2 + random() % 3000;
    EXPECT_EQ(story(piece), whole) << piece;
  }
}

}  // namespace
}  // namespace ol::p2p
