#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/p2p/shared_bytes.hpp>

namespace ol::p2p {

/// Framing inside the encrypted stream: `u32 length | u8 head | payload`. A message longer than one
/// chunk travels as several frames of its channel, so that a large message of one channel never
/// keeps another channel waiting for more than a chunk. Format: docs/protocol/link.md.
inline constexpr std::size_t kFrameHeaderBytes = 5;
/// Payload bytes of a frame at most; a frame that is continued carries exactly this many. Four full
/// frames fill the 65519 bytes of plaintext a Noise message can hold.
inline constexpr std::size_t kChunkBytesMax = 65519 / 4 - kFrameHeaderBytes;
/// What a queued message costs beyond its payload, so that a flood of empty ones is bounded too.
inline constexpr std::size_t kQueuedMessageOverhead = 64;
/// Head bit: the message goes on in the next frame of the same channel.
inline constexpr std::uint8_t kFrameContinues = 0x80;

/// Why a frame closes the link.
enum class FrameError : std::uint8_t {
  UnknownChannel,   // the head names no channel
  ChunkOverLimit,   // payload length above kChunkBytesMax
  ShortChunk,       // a continued frame that is not full
  MessageOverLimit  // the message outgrows message_bytes_max of its channel
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(FrameError error);

struct InboundMessage {
  Channel channel = Channel::Control;
  Bytes payload;
};

/// Turns plaintext bytes, in pieces of any size, back into messages. Holds at most one unfinished
/// message per channel and never allocates by an announced length. Pull model: feed, then call
/// `next` until it yields nothing; not calling it is how a reader pauses. Single-threaded.
class FrameDecoder {
 public:
  void feed(ByteView plaintext);

  /// The next complete message, nothing if more bytes are needed, or the reason to close. After an
  /// error the decoder keeps failing with it.
  [[nodiscard]] Result<std::optional<InboundMessage>, FrameError> next();

  /// Bytes held: not yet parsed, and in unfinished messages.
  [[nodiscard]] std::size_t buffered_bytes() const;

 private:
  [[nodiscard]] Result<std::optional<InboundMessage>, FrameError> fail_with(FrameError error);

  Bytes input_;
  std::size_t input_start_ = 0;  // parsed bytes at the front of input_
  std::array<Bytes, kChannelCount> partial_;
  std::optional<FrameError> error_;
};

/// What happened to a message offered to a SendQueue.
enum class PushOutcome : std::uint8_t {
  Queued,
  Dropped,   // no room, and nothing of lower value to drop
  Overflow,  // no room for a message that must not be dropped: the peer is too slow
};

/// The messages waiting for one peer, bounded in bytes. Control and consensus messages leave first;
/// the other channels take turns, chunk by chunk, so none of them starves. When the bound is
/// reached, whole queued messages of less valuable channels are dropped to make room (gossip, then
/// bulk, then requests). Single-threaded.
class SendQueue {
 public:
  explicit SendQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// @pre `payload` is not null and within message_bytes_max(channel).
  [[nodiscard]] PushOutcome push(Channel channel, SharedBytes payload);

  /// Appends frames to `out` until nothing is left or `out` would exceed `out_bytes_max`. A frame
  /// that does not fit whole waits for the next call.
  /// @pre out_bytes_max leaves room for one full frame.
  void fill(Bytes& out, std::size_t out_bytes_max);

  [[nodiscard]] bool empty() const { return messages_ == 0; }
  /// Bytes waiting, kQueuedMessageOverhead included; a message counts until its last chunk has
  /// left.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t channel_bytes(Channel channel) const;
  [[nodiscard]] std::size_t messages() const { return messages_; }
  /// Messages dropped so far, refused ones included.
  [[nodiscard]] std::uint64_t dropped(Channel channel) const;

 private:
  struct Lane {
    std::deque<SharedBytes> messages;
    std::size_t sent = 0;   // bytes of the front message that have left
    std::size_t bytes = 0;  // cost of `messages`
    std::uint64_t dropped = 0;
  };

  [[nodiscard]] bool make_room(Channel channel, std::size_t bytes);
  [[nodiscard]] Lane* next_lane();
  void append_frame(Lane& lane, Bytes& out);
  [[nodiscard]] Lane& lane(Channel channel) { return lanes_[channel_index(channel)]; }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t messages_ = 0;
  std::size_t turn_ = 0;  // which of the sharing channels goes next
  std::array<Lane, kChannelCount> lanes_;
};

}  // namespace ol::p2p
