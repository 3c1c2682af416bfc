#pragma once

#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>

namespace ol::p2p {

/// One field of a protobuf message, as it lies in the input.
struct ProtoField {
  enum class Kind : std::uint8_t { Varint, Fixed64, Bytes, Fixed32 };

  std::uint32_t number = 0;
  Kind kind = Kind::Varint;
  std::uint64_t value = 0;  // Varint, Fixed64, Fixed32
  ByteView bytes;           // Bytes: borrows the input
};

/// Walks a protobuf message without building objects, so that limits can be checked field by field.
/// Stricter than protobuf: varints must be minimal, groups and field number 0 are refused. Borrows
/// its input. Source: protobuf encoding guide; libp2p needs no more than this.
class ProtoReader {
 public:
  explicit ProtoReader(ByteView message) : rest_(message) {}

  /// The next field; nothing at the end and after a failure, which `ok()` tells apart.
  [[nodiscard]] std::optional<ProtoField> next();
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> varint();
  [[nodiscard]] std::optional<ByteView> take(std::uint64_t n);
  [[nodiscard]] std::optional<ProtoField> read_field();

  ByteView rest_;
  bool ok_ = true;
};

/// Appends a length-delimited field.
/// @pre number is from 1 to 15, so that the key is one byte.
void append_proto_bytes(Bytes& out, std::uint32_t number, ByteView value);

/// Appends a varint field.
/// @pre number is from 1 to 15.
void append_proto_varint(Bytes& out, std::uint32_t number, std::uint64_t value);

/// Appends `value` as an unsigned LEB128 number.
void append_varint(Bytes& out, std::uint64_t value);

}  // namespace ol::p2p
