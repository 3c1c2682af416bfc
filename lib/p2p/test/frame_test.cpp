#include <ol/p2p/frame.hpp>

#include <gtest/gtest.h>

#include <random>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::hex;
using testing::pattern;

constexpr std::size_t kBatch = 65519;
constexpr std::size_t kRoomy = std::size_t{64} << 20;

SharedBytes message(std::size_t size, std::uint32_t seed = 1) {
  return share(pattern(size, seed));
}

Bytes drain(SendQueue& queue) {
  Bytes out;
  while (!queue.empty()) {
    Bytes batch;
    queue.fill(batch, kBatch);
    EXPECT_LE(batch.size(), kBatch);
    EXPECT_FALSE(batch.empty());
    append(out, batch);
  }
  return out;
}

std::vector<InboundMessage> decode_all(FrameDecoder& decoder) {
  std::vector<InboundMessage> out;
  for (;;) {
    auto next = decoder.next();
    if (!next || !*next) return out;
    out.push_back(**std::move(next));
  }
}

std::optional<FrameError> error_of(std::string_view text) {
  FrameDecoder decoder;
  decoder.feed(hex(text));
  for (;;) {
    auto next = decoder.next();
    if (!next) return next.error();
    if (!*next) return std::nullopt;
  }
}

TEST(SendQueue, writes_the_documented_bytes) {
  SendQueue queue(kRoomy);
  EXPECT_EQ(queue.push(Channel::Gossip, share(Bytes{0xaa, 0xbb})), PushOutcome::Queued);
  EXPECT_EQ(queue.push(Channel::Consensus, share({})), PushOutcome::Queued);
  EXPECT_EQ(to_hex(drain(queue)),
            "0000000001"
            "0000000203aabb");
}

TEST(SendQueue, marks_a_message_that_goes_on) {
  SendQueue queue(kRoomy);
  ASSERT_EQ(queue.push(Channel::Bulk, message(kChunkBytesMax + 1)), PushOutcome::Queued);
  const Bytes out = drain(queue);
  ASSERT_EQ(out.size(), kChunkBytesMax + 1 + 2 * kFrameHeaderBytes);
  EXPECT_EQ(out[4], 0x84);
  EXPECT_EQ(to_hex(ByteView(out).subspan(kFrameHeaderBytes + kChunkBytesMax, 5)), "0000000104");
}

TEST(SendQueue, fits_four_full_frames_into_a_noise_message) {
  SendQueue queue(kRoomy);
  ASSERT_EQ(queue.push(Channel::Bulk, message(8 * kChunkBytesMax)), PushOutcome::Queued);
  Bytes batch;
  queue.fill(batch, kBatch);
  EXPECT_EQ(batch.size(), 4 * (kChunkBytesMax + kFrameHeaderBytes));
}

TEST(FrameDecoder, returns_what_was_queued_at_every_boundary_of_size) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunkBytesMax - 1, kChunkBytesMax, kChunkBytesMax + 1,
        2 * kChunkBytesMax, message_bytes_max(Channel::Gossip)}) {
    SendQueue queue(kRoomy);
    ASSERT_EQ(queue.push(Channel::Gossip, message(size)), PushOutcome::Queued);
    FrameDecoder decoder;
    decoder.feed(drain(queue));
    const auto out = decode_all(decoder);
    ASSERT_EQ(out.size(), 1U) << size;
    EXPECT_EQ(out[0].channel, Channel::Gossip);
    EXPECT_EQ(out[0].payload, pattern(size)) << size;
    EXPECT_EQ(decoder.buffered_bytes(), 0U);
  }
}

TEST(FrameDecoder, gives_the_same_messages_however_the_bytes_arrive) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  SendQueue queue(kRoomy);
  for (std::uint32_t i = 0; i < 60; ++i) {
    const auto channel = static_cast<Channel>(1 + random() % 4);
    ASSERT_EQ(queue.push(channel, message(random() % 70'000, i)), PushOutcome::Queued);
  }
  const Bytes wire = drain(queue);
  FrameDecoder whole;
  whole.feed(wire);
  const auto expected = decode_all(whole);
  ASSERT_EQ(expected.size(), 60U);

  FrameDecoder bytewise;
  FrameDecoder pieces;
  std::vector<InboundMessage> from_bytes;
  std::vector<InboundMessage> from_pieces;
  for (const std::uint8_t& byte : wire) {
    bytewise.feed({&byte, 1});
    for (auto& m : decode_all(bytewise))
      from_bytes.push_back(std::move(m));
  }
  for (ByteView rest = wire; !rest.empty();) {
    const std::size_t size = std::min<std::size_t>(rest.size(), random() % 100'000);
    pieces.feed(rest.first(size));
    rest = rest.subspan(size);
    for (auto& m : decode_all(pieces))
      from_pieces.push_back(std::move(m));
  }
  for (const auto* got : {&from_bytes, &from_pieces}) {
    ASSERT_EQ(got->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ((*got)[i].channel, expected[i].channel);
      EXPECT_EQ((*got)[i].payload, expected[i].payload);
    }
  }
}

TEST(FrameDecoder, refuses_unknown_channels_with_and_without_the_flag) {
  EXPECT_EQ(error_of("0000000004"), std::nullopt);
  EXPECT_EQ(error_of("0000000005"), FrameError::UnknownChannel);
  EXPECT_EQ(error_of("000000007f"), FrameError::UnknownChannel);
  EXPECT_EQ(error_of("0000000085"), FrameError::UnknownChannel);
}

TEST(FrameDecoder, refuses_a_chunk_over_the_limit_before_its_bytes_arrive) {
  static_assert(kChunkBytesMax == 0x3ff6);
  EXPECT_EQ(error_of("00003ff604"), std::nullopt);
  EXPECT_EQ(error_of("00003ff704"), FrameError::ChunkOverLimit);
  EXPECT_EQ(error_of("ffffffff04"), FrameError::ChunkOverLimit);
}

TEST(FrameDecoder, refuses_a_continued_chunk_that_is_not_full) {
  EXPECT_EQ(error_of("00003ff684"), std::nullopt);
  EXPECT_EQ(error_of("00003ff584"), FrameError::ShortChunk);
  EXPECT_EQ(error_of("0000000084"), FrameError::ShortChunk);
}

TEST(FrameDecoder, refuses_a_message_over_its_channels_limit_and_takes_one_at_it) {
  // Control: 4 KiB, less than one chunk.
  EXPECT_EQ(error_of("0000100000"), std::nullopt);
  EXPECT_EQ(error_of("0000100100"), FrameError::MessageOverLimit);
  EXPECT_EQ(error_of("00003ff680"), FrameError::MessageOverLimit);

  FrameDecoder decoder;
  const std::size_t max = message_bytes_max(Channel::Gossip);
  const Bytes chunk(kChunkBytesMax);
  for (std::size_t sent = 0; sent + kChunkBytesMax < max; sent += kChunkBytesMax) {
    decoder.feed(hex("00003ff683"));
    decoder.feed(chunk);
    const auto next = decoder.next();
    ASSERT_TRUE(next);
    ASSERT_FALSE(*next);
  }
  EXPECT_LT(decoder.buffered_bytes(), max + kChunkBytesMax);
  decoder.feed(hex("00003ff603"));
  EXPECT_EQ(decoder.next().error(), FrameError::MessageOverLimit);
  EXPECT_EQ(decoder.next().error(), FrameError::MessageOverLimit);
}

TEST(SendQueue, lets_a_vote_overtake_a_block_that_is_being_sent) {
  SendQueue queue(kRoomy);
  ASSERT_EQ(queue.push(Channel::Bulk, message(10 << 20)), PushOutcome::Queued);
  Bytes wire;
  queue.fill(wire, kBatch);  // the block is on its way
  ASSERT_EQ(queue.push(Channel::Consensus, message(100)), PushOutcome::Queued);
  Bytes next;
  queue.fill(next, kBatch);
  EXPECT_EQ(next[4], static_cast<std::uint8_t>(Channel::Consensus));
  append(wire, next);
  append(wire, drain(queue));
  FrameDecoder decoder;
  decoder.feed(wire);
  const auto out = decode_all(decoder);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].channel, Channel::Consensus);
  EXPECT_EQ(out[1].payload, pattern(10 << 20));
}

TEST(SendQueue, lets_requests_gossip_and_bulk_take_turns) {
  SendQueue queue(kRoomy);
  for (const Channel channel : {Channel::Bulk, Channel::Gossip, Channel::Request})
    ASSERT_EQ(queue.push(channel, message(10 * kChunkBytesMax)), PushOutcome::Queued);
  const Bytes wire = drain(queue);
  std::array<int, kChannelCount> frames{};
  for (std::size_t at = 0; at < wire.size(); at += kFrameHeaderBytes + kChunkBytesMax) {
    frames[wire[at + 4] & 0x0fU] += 1;
    const auto [low, high] = std::minmax({frames[2], frames[3], frames[4]});
    EXPECT_LE(high - low, 1);
  }
}

TEST(SendQueue, counts_bytes_until_the_last_chunk_has_left) {
  SendQueue queue(kRoomy);
  ASSERT_EQ(queue.push(Channel::Bulk, message(5 * kChunkBytesMax)), PushOutcome::Queued);
  const std::size_t cost = 5 * kChunkBytesMax + kQueuedMessageOverhead;
  EXPECT_EQ(queue.bytes(), cost);
  Bytes batch;
  queue.fill(batch, kBatch);
  EXPECT_EQ(queue.bytes(), cost);
  EXPECT_EQ(queue.channel_bytes(Channel::Bulk), cost);
  drain(queue);
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_EQ(queue.messages(), 0U);
}

TEST(SendQueue, drops_gossip_then_bulk_then_requests_for_a_vote) {
  const std::size_t size = 1000;
  const std::size_t cost = size + kQueuedMessageOverhead;
  SendQueue queue(3 * cost);
  for (const Channel channel : {Channel::Request, Channel::Bulk, Channel::Gossip})
    ASSERT_EQ(queue.push(channel, message(size)), PushOutcome::Queued);
  ASSERT_EQ(queue.push(Channel::Consensus, message(size)), PushOutcome::Queued);
  EXPECT_EQ(queue.dropped(Channel::Gossip), 1U);
  EXPECT_EQ(queue.dropped(Channel::Bulk), 0U);
  ASSERT_EQ(queue.push(Channel::Consensus, message(size)), PushOutcome::Queued);
  EXPECT_EQ(queue.dropped(Channel::Bulk), 1U);
  ASSERT_EQ(queue.push(Channel::Consensus, message(size)), PushOutcome::Queued);
  EXPECT_EQ(queue.dropped(Channel::Request), 1U);
  EXPECT_EQ(queue.push(Channel::Consensus, message(size)), PushOutcome::Overflow);
  EXPECT_EQ(queue.bytes(), 3 * cost);
}

TEST(SendQueue, refuses_new_gossip_rather_than_dropping_better_messages) {
  const std::size_t size = 1000;
  SendQueue queue(2 * (size + kQueuedMessageOverhead));
  ASSERT_EQ(queue.push(Channel::Bulk, message(size)), PushOutcome::Queued);
  ASSERT_EQ(queue.push(Channel::Gossip, message(size)), PushOutcome::Queued);
  EXPECT_EQ(queue.push(Channel::Gossip, message(size)), PushOutcome::Dropped);
  EXPECT_EQ(queue.dropped(Channel::Gossip), 1U);
  EXPECT_EQ(queue.dropped(Channel::Bulk), 0U);
}

TEST(SendQueue, never_drops_a_message_whose_first_chunk_has_left) {
  const std::size_t size = 10 * kChunkBytesMax;
  SendQueue queue(size + 2 * kQueuedMessageOverhead);
  ASSERT_EQ(queue.push(Channel::Gossip, message(size)), PushOutcome::Queued);
  Bytes wire;
  queue.fill(wire, kBatch);
  EXPECT_EQ(queue.push(Channel::Consensus, message(1000)), PushOutcome::Overflow);
  append(wire, drain(queue));
  FrameDecoder decoder;
  decoder.feed(wire);
  EXPECT_EQ(decode_all(decoder).size(), 1U);
}

TEST(SendQueue, bounds_empty_messages_too) {
  SendQueue queue(10 * kQueuedMessageOverhead);
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(queue.push(Channel::Gossip, share({})), PushOutcome::Queued);
  EXPECT_EQ(queue.push(Channel::Gossip, share({})), PushOutcome::Dropped);
}

TEST(FrameError, has_a_description_each) {
  for (const auto error : {FrameError::UnknownChannel, FrameError::ChunkOverLimit,
                           FrameError::ShortChunk, FrameError::MessageOverLimit})
    EXPECT_GT(std::string_view(describe(error)).size(), 10U);
}

TEST(Channel, has_a_name_each) {
  for (const auto channel :
       {Channel::Control, Channel::Consensus, Channel::Request, Channel::Gossip, Channel::Bulk})
    EXPECT_GT(std::string_view(channel_name(channel)).size(), 3U);
}

}  // namespace
}  // namespace ol::p2p
