#include <ol/p2p/protobuf.hpp>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

// Wire types of the encoding guide; 3 and 4 are the deprecated groups.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;
constexpr std::uint64_t kFieldNumberMax = (std::uint64_t{1} << 29) - 1;

std::uint64_t little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i)
    value = value << 8 | bytes[i - 1];
  return value;
}

}  // namespace

std::optional<ByteView> ProtoReader::take(std::uint64_t n) {
  if (n > rest_.size()) return std::nullopt;
  const ByteView out = rest_.first(static_cast<std::size_t>(n));
  rest_ = rest_.subspan(out.size());
  return out;
}

std::optional<std::uint64_t> ProtoReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const auto byte = take(1);
    if (!byte) return std::nullopt;
    const std::uint64_t bits = (*byte)[0] & 0x7f;
    if (shift == 63 && bits > 1) return std::nullopt;  // more than 64 bits
    value |= bits << shift;
    if (((*byte)[0] & 0x80) != 0) continue;
    const bool padded = bits == 0 && shift > 0;
    if (padded) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  auto field = read_field();
  ok_ = field.has_value();
  return field;
}

std::optional<ProtoField> ProtoReader::read_field() {
  const auto key = varint();
  if (!key) return std::nullopt;
  const std::uint64_t number = *key >> 3;
  if (number == 0 || number > kFieldNumberMax) return std::nullopt;
  ProtoField field;
  field.number = static_cast<std::uint32_t>(number);
  const std::uint64_t wire_type = *key & 7;
  if (wire_type == kVarint || wire_type == kLengthDelimited) {
    const auto value = varint();
    if (!value) return std::nullopt;
    field.value = *value;
    if (wire_type == kVarint) return field;
    const auto bytes = take(*value);
    if (!bytes) return std::nullopt;
    field.kind = ProtoField::Kind::Bytes;
    field.bytes = *bytes;
    return field;
  }
  if (wire_type != kFixed64 && wire_type != kFixed32) return std::nullopt;
  const auto bytes = take(wire_type == kFixed64 ? 8 : 4);
  if (!bytes) return std::nullopt;
  field.kind = wire_type == kFixed64 ? ProtoField::Kind::Fixed64 : ProtoField::Kind::Fixed32;
  field.value = little_endian(*bytes);
  return field;
}

void append_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void append_proto_bytes(Bytes& out, std::uint32_t number, ByteView value) {
  OL_CHECK(number >= 1 && number <= 15, "a field key of one byte");
  out.push_back(static_cast<std::uint8_t>(number << 3 | kLengthDelimited));
  append_varint(out, value.size());
  append(out, value);
}

void append_proto_varint(Bytes& out, std::uint32_t number, std::uint64_t value) {
  OL_CHECK(number >= 1 && number <= 15, "a field key of one byte");
  out.push_back(static_cast<std::uint8_t>(number << 3 | kVarint));
  append_varint(out, value);
}

}  // namespace ol::p2p
