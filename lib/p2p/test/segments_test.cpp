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
  network.advance(seconds(2));
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
