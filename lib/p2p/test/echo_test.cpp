#include <ol/p2p/echo.hpp>

#include <gtest/gtest.h>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using testing::HostNetwork;
using testing::TestHost;

/// Writes on streams and takes what comes back only when told to.
struct Miser final : ProtocolHandler {
  explicit Miser(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    came[key] = 0;
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    came[key] += bytes.size();
    if (generous) {
      host.consume(key, bytes.size());
    } else {
      owed[key] += bytes.size();
    }
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey key, std::string_view) override { came.erase(key); }

  /// Gives the credit that was held back, and from now on all.
  void relent() {
    generous = true;
    for (const auto& [key, bytes] : std::exchange(owed, {}))
      host.consume(key, bytes);
  }

  Host& host;
  bool generous = false;
  std::map<StreamKey, std::size_t> came;
  std::map<StreamKey, std::size_t> owed;
};

// Whatever the send queue of a node takes, which is meant for its own channels.
HostConfig roomy() {
  HostConfig out;
  out.yamux.send_buffer_max = std::size_t{40} << 20;
  return out;
}

TEST(Echo, keeps_no_more_than_1_mib_of_a_stream_for_a_peer_that_takes_nothing) {
  constexpr std::size_t kSent = std::size_t{8} << 20;
  HostNetwork network;
  TestHost& peer = network.add(roomy());
  TestHost& victim = network.add(roomy());
  EchoProtocol echo(victim.host);
  Miser miser(peer.host);
  network.connect(peer, victim);
  std::vector<StreamKey> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(*peer.host.open_stream(victim.id(), {std::string(EchoProtocol::kId)}, miser));
    network.run();
    ASSERT_TRUE(peer.host.write(streams.back(), Bytes(kSent)));
    network.run();
  }
  for (const StreamKey key : streams) {
    const std::size_t queued = victim.host.queued_bytes({1, key.stream});
    EXPECT_GT(queued, 0U);
    EXPECT_LE(queued, EchoProtocol::kQueuedBytesMax);
    EXPECT_GT(peer.host.queued_bytes(key), 0U) << "the rest waits where it comes from";
  }
  miser.relent();
  network.run();
  for (const StreamKey key : streams)
    EXPECT_EQ(miser.came[key], kSent);
}

TEST(Echo, gives_64_streams_of_1_mib_back_at_once) {
  HostNetwork network;
  TestHost& peer = network.add(roomy());
  TestHost& other = network.add(roomy());
  EchoProtocol echo(other.host);
  EchoClient client(peer.host);
  network.connect(peer, other);
  std::optional<std::string> result = "not done";
  client.run(other.id(), std::size_t{1} << 20, 64, [&](const auto& problem) { result = problem; });
  network.run();
  EXPECT_EQ(result, std::nullopt);
  EXPECT_EQ(other.host.stream_count(), 0U);
}

}  // namespace
}  // namespace ol::p2p
