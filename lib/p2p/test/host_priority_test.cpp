// Consensus never waits behind bulk data: libp2p.md section 5, "Give streams a priority class".
#include <ol/p2p/host.hpp>

#include <gtest/gtest.h>

#include "host_network.hpp"

namespace ol::p2p {
namespace {

using testing::HostNetwork;
using testing::TestHost;

constexpr const char* kVotes = "/votes/1";
constexpr const char* kBlocks = "/blocks/1";

/// Notes how many bytes of blocks came before each byte of votes.
struct Receiver final : ProtocolHandler {
  explicit Receiver(Host& owner) : host(owner) {}
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view protocol, bool) override {
    protocols[key] = protocol;
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host.consume(key, bytes.size());
    if (protocols.at(key) == kBlocks) {
      blocks += bytes.size();
    } else {
      votes += bytes.size();
      blocks_before_votes = blocks;
    }
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}

  Host& host;
  std::map<StreamKey, std::string> protocols;
  std::size_t blocks = 0;
  std::size_t votes = 0;
  std::size_t blocks_before_votes = 0;
};

/// Two hosts with a stream of each protocol from one to the other.
struct Streams {
  Streams(StreamPriority of_votes, StreamPriority of_blocks) {
    b.host.add_protocol({kVotes, kBlocks}, receiver, {});
    network.connect(a, b);
    votes = *a.host.open_stream(b.id(), {kVotes}, sender, of_votes);
    blocks = *a.host.open_stream(b.id(), {kBlocks}, sender, of_blocks);
    network.run();
  }

  /// What one write to the socket would carry; `deliver` brings it to the other side.
  Bytes poll() {
    Bytes out;
    a.host.poll_transmit(votes.connection, out, network.now());
    a.host.on_written(votes.connection, network.now());
    return out;
  }
  void deliver(ByteView bytes) {
    b.host.on_received(receiver.protocols.begin()->first.connection, bytes, network.now());
  }

  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Receiver sender{a.host};
  Receiver receiver{b.host};
  StreamKey votes;
  StreamKey blocks;
};

TEST(HostPriority, an_urgent_message_waits_for_no_more_than_32_kib_of_bulk) {
  Streams streams(StreamPriority::Urgent, StreamPriority::Bulk);
  ASSERT_TRUE(streams.a.host.write(streams.blocks, Bytes(std::size_t{2} << 20)));
  const Bytes first = streams.poll();
  EXPECT_GT(first.size(), kBulkAheadBytesMax / 2);
  EXPECT_LT(first.size(), kBulkAheadBytesMax + 256);
  ASSERT_TRUE(streams.a.host.write(streams.votes, Bytes(1000)));
  const Bytes second = streams.poll();
  streams.deliver(first);
  EXPECT_EQ(streams.receiver.votes, 0U);
  streams.deliver(second);
  EXPECT_EQ(streams.receiver.votes, 1000U);
  EXPECT_LE(streams.receiver.blocks_before_votes, kBulkAheadBytesMax);
  streams.network.run();
  EXPECT_EQ(streams.receiver.blocks, std::size_t{2} << 20);
}

TEST(HostPriority, a_stream_made_urgent_overtakes_with_what_it_has_queued) {
  Streams streams(StreamPriority::Bulk, StreamPriority::Bulk);
  ASSERT_TRUE(streams.a.host.write(streams.blocks, Bytes(std::size_t{1} << 20)));
  ASSERT_TRUE(streams.a.host.write(streams.votes, Bytes(20000)));
  streams.a.host.set_priority(streams.votes, StreamPriority::Urgent);
  streams.deliver(streams.poll());
  EXPECT_EQ(streams.receiver.votes, 20000U);
  EXPECT_EQ(streams.receiver.blocks_before_votes, 0U);
  streams.network.run();
  EXPECT_EQ(streams.receiver.blocks, std::size_t{1} << 20);
}

// Nothing starves: what is bulk goes on as soon as nothing urgent waits.
TEST(HostPriority, bulk_goes_on_between_urgent_messages) {
  Streams streams(StreamPriority::Urgent, StreamPriority::Bulk);
  ASSERT_TRUE(streams.a.host.write(streams.blocks, Bytes(std::size_t{1} << 20)));
  std::size_t sent = 0;
  while (streams.receiver.blocks < std::size_t{200} << 10) {
    ASSERT_TRUE(streams.a.host.write(streams.votes, Bytes(1000)));
    sent += 1000;
    const std::size_t before = streams.receiver.blocks;
    streams.deliver(streams.poll());
    ASSERT_GT(streams.receiver.blocks, before);
    ASSERT_EQ(streams.receiver.votes, sent);
  }
}

// The policy of a protocol is what its streams open with, on the accepting side as well.
TEST(HostPriority, the_answers_of_an_urgent_protocol_overtake_too) {
  HostNetwork network;
  TestHost& a = network.add();
  TestHost& b = network.add();
  Receiver ours(a.host);
  Receiver theirs(b.host);
  b.host.add_protocol({kVotes}, theirs, {16, StreamPriority::Urgent});
  b.host.add_protocol({kBlocks}, theirs, {16, StreamPriority::Bulk});
  network.connect(a, b);
  const StreamKey blocks = *a.host.open_stream(b.id(), {kBlocks}, ours);
  const StreamKey votes = *a.host.open_stream(b.id(), {kVotes}, ours);
  network.run();
  for (const auto& [key, protocol] : theirs.protocols) {
    if (protocol == kBlocks) ASSERT_TRUE(b.host.write(key, Bytes(std::size_t{1} << 20)));
  }
  for (const auto& [key, protocol] : theirs.protocols) {
    if (protocol == kVotes) ASSERT_TRUE(b.host.write(key, Bytes(1000)));
  }
  Bytes out;
  b.host.poll_transmit(theirs.protocols.begin()->first.connection, out, network.now());
  a.host.on_received(votes.connection, out, network.now());
  EXPECT_EQ(ours.votes, 1000U);
  EXPECT_EQ(ours.blocks_before_votes, 0U);
  EXPECT_NE(blocks, votes);
}

}  // namespace
}  // namespace ol::p2p
