#pragma once

#include <ol/p2p/channel.hpp>
#include <ol/p2p/delimited.hpp>
#include <ol/p2p/host.hpp>

namespace ol::p2p {

/// What a link may hold of messages that are not complete: one of each channel, whose streams each
/// carry one at a time.
inline constexpr std::size_t kUnfinishedBytesMax =
    message_bytes_max(Channel::Control) + message_bytes_max(Channel::Consensus) +
    message_bytes_max(Channel::Request) + message_bytes_max(Channel::Gossip) +
    message_bytes_max(Channel::Bulk) + kChannelCount * 16;  // and what goes before each

/// A message once begun has this long, and a second more for each of these bytes that came.
inline constexpr std::size_t kMessageBytesPerSecond = std::size_t{32} << 10;

/// A stream the peer writes on. No I/O; the time that passes is told.
class Inlet {
 public:
  Inlet(ConnectionId connection, bool is_consensus, std::size_t message_bytes_max)
      : connection_(connection), consensus_(is_consensus), reader_(message_bytes_max) {}

  [[nodiscard]] ConnectionId connection() const { return connection_; }
  [[nodiscard]] bool is_consensus() const { return consensus_; }

  /// The next message out of `in`, as DelimitedReader::next.
  [[nodiscard]] Result<std::optional<ByteView>, DelimitedError> next(ByteView& in);
  /// Of a message that has begun and not ended.
  [[nodiscard]] std::size_t unfinished_bytes() const {
    return reader_.is_between_messages() ? 0 : reader_.buffered_bytes();
  }
  /// Time in which the stream was read from. While it is not, its peer is not late.
  void pass(Duration time);
  /// Whether the message that has begun should have ended.
  [[nodiscard]] bool is_late(Duration grace) const;

  Bytes backlog;  // came while reading was paused; not consumed, so the window bounds it
  std::size_t backlog_start = 0;

 private:
  ConnectionId connection_;
  bool consensus_;
  DelimitedReader reader_;
  Duration age_{0};  // of an unfinished message
};

}  // namespace ol::p2p
