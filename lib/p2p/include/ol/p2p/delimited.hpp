#pragma once

#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>

namespace ol::p2p {

enum class DelimitedError : std::uint8_t {
  BadLength,  // a padded length, or one above 63 bits
  TooLong,    // above the reader's limit
};

/// Cuts a stream into messages that each follow their length as an unsigned varint, as identify,
/// gossipsub and Kademlia send them. Holds at most one unfinished message within its limit.
class DelimitedReader {
 public:
  explicit DelimitedReader(std::size_t message_bytes_max) : max_(message_bytes_max) {}

  /// Takes bytes from the front of `in`, up to the end of a message at most.
  /// @return The message, valid until the next call and while `in`'s bytes live; nothing if more is
  /// needed. After an error the stream is dead.
  [[nodiscard]] Result<std::optional<ByteView>, DelimitedError> next(ByteView& in);

  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size(); }
  /// Whether the last message was complete: the stream may end here.
  [[nodiscard]] bool is_between_messages() const { return buffer_.empty() || complete_; }

 private:
  std::size_t max_;
  Bytes buffer_;  // an unfinished message with its length
  bool complete_ = false;
};

/// Appends `message` behind its length.
void append_delimited(Bytes& out, ByteView message);

}  // namespace ol::p2p
