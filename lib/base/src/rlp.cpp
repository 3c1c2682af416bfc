#include <ol/base/rlp.hpp>

namespace ol {
namespace {

// First bytes: below 0x80 the byte is itself; then short strings, long strings, short lists, long
// lists. "Short" carries its length in the first byte, "long" the number of length bytes.
constexpr std::uint8_t kShortString = 0x80;
constexpr std::uint8_t kLongString = 0xb7;
constexpr std::uint8_t kShortList = 0xc0;
constexpr std::uint8_t kLongList = 0xf7;
constexpr std::size_t kShortMax = 55;

void append_header(Bytes& out, std::size_t size, std::uint8_t short_base, std::uint8_t long_base) {
  if (size <= kShortMax) {
    out.push_back(static_cast<std::uint8_t>(short_base + size));
    return;
  }
  const unsigned length_bytes = U256{size}.byte_length();
  out.push_back(static_cast<std::uint8_t>(long_base + length_bytes));
  for (unsigned i = length_bytes; i-- > 0;)
    out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
}

std::size_t header_size(std::size_t payload_size) {
  return payload_size <= kShortMax ? 1 : 1 + U256{payload_size}.byte_length();
}

bool is_its_own_encoding(ByteView v) {
  return v.size() == 1 && v[0] < kShortString;
}

/// The payload length that follows a long header; `count` is the number of its bytes.
Result<std::size_t, RlpError> long_length(ByteView in, std::size_t count) {
  if (in.size() < 1 + count) return fail(RlpError::Truncated);
  if (in[1] == 0) return fail(RlpError::NonMinimalLength);
  std::size_t length = 0;
  for (const std::uint8_t b : in.subspan(1, count))
    length = (length << 8) | b;
  if (length <= kShortMax) return fail(RlpError::NonMinimalLength);
  return length;
}

}  // namespace

const char* describe(RlpError error) {
  switch (error) {
    case RlpError::Truncated:
      return "rlp: truncated";
    case RlpError::TrailingBytes:
      return "rlp: trailing bytes";
    case RlpError::NonMinimalLength:
      return "rlp: length not in its shortest form";
    case RlpError::NonMinimalByte:
      return "rlp: single byte with a needless prefix";
    case RlpError::LeadingZero:
      return "rlp: integer with leading zeros";
    case RlpError::IntegerTooLarge:
      return "rlp: integer too large";
    case RlpError::WrongSize:
      return "rlp: string of the wrong size";
    case RlpError::ExpectedString:
      return "rlp: list where a string belongs";
    case RlpError::ExpectedList:
      return "rlp: string where a list belongs";
    case RlpError::TooDeep:
      return "rlp: lists nested too deep";
  }
  OL_CHECK(false, "unknown RlpError");
}

void rlp_append_string(Bytes& out, ByteView v) {
  if (!is_its_own_encoding(v)) append_header(out, v.size(), kShortString, kLongString);
  append(out, v);
}

void rlp_append_list_header(Bytes& out, std::size_t payload_size) {
  append_header(out, payload_size, kShortList, kLongList);
}

Bytes rlp_encode_string(ByteView v) {
  Bytes out;
  out.reserve(rlp_string_size(v));
  rlp_append_string(out, v);
  return out;
}

std::size_t rlp_string_size(ByteView v) {
  return is_its_own_encoding(v) ? 1 : header_size(v.size()) + v.size();
}

std::size_t rlp_list_size(std::size_t payload_size) {
  return header_size(payload_size) + payload_size;
}

RlpWriter& RlpWriter::string(ByteView v) {
  rlp_append_string(out_, v);
  return *this;
}

RlpWriter& RlpWriter::u64(std::uint64_t v) {
  return u256(v);
}

RlpWriter& RlpWriter::u256(const U256& v) {
  const auto bytes = v.to_big_endian();
  return string(ByteView(bytes).last(v.byte_length()));
}

RlpWriter& RlpWriter::raw(ByteView encoded) {
  append(out_, encoded);
  return *this;
}

RlpWriter& RlpWriter::begin_list() {
  open_.push_back(out_.size());
  return *this;
}

RlpWriter& RlpWriter::end_list() {
  OL_CHECK(!open_.empty(), "an RLP list is open");
  const std::size_t start = open_.back();
  open_.pop_back();
  Bytes header;
  rlp_append_list_header(header, out_.size() - start);
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(start), header.begin(), header.end());
  return *this;
}

Result<RlpKind, RlpError> RlpReader::peek() const {
  if (in_.empty()) return fail(RlpError::Truncated);
  return in_[0] < kShortList ? RlpKind::String : RlpKind::List;
}

Result<RlpItem, RlpError> RlpReader::item() {
  OL_TRY(const RlpKind kind, peek());
  const std::uint8_t first = in_[0];
  if (first < kShortString) {
    const RlpItem single{kind, in_.first(1), in_.first(1)};
    in_ = in_.subspan(1);
    return single;
  }
  const std::uint8_t short_base = kind == RlpKind::List ? kShortList : kShortString;
  const std::uint8_t long_base = kind == RlpKind::List ? kLongList : kLongString;
  std::size_t header = 1;
  std::size_t length = static_cast<std::size_t>(first - short_base);
  if (first > long_base) {
    const auto length_bytes = static_cast<std::size_t>(first - long_base);
    OL_TRY(length, long_length(in_, length_bytes));
    header += length_bytes;
  }
  if (length > in_.size() - header) return fail(RlpError::Truncated);
  const RlpItem found{kind, in_.subspan(header, length), in_.first(header + length)};
  if (kind == RlpKind::String && is_its_own_encoding(found.payload)) {
    return fail(RlpError::NonMinimalByte);
  }
  in_ = in_.subspan(header + length);
  return found;
}

Result<ByteView, RlpError> RlpReader::string() {
  OL_TRY(const RlpItem found, item());
  if (found.kind != RlpKind::String) return fail(RlpError::ExpectedString);
  return found.payload;
}

Result<std::uint64_t, RlpError> RlpReader::u64() {
  OL_TRY(const U256 value, u256());
  if (!value.fits_u64()) return fail(RlpError::IntegerTooLarge);
  return value.low64();
}

Result<U256, RlpError> RlpReader::u256() {
  OL_TRY(const ByteView bytes, string());
  if (!bytes.empty() && bytes[0] == 0) return fail(RlpError::LeadingZero);
  const auto value = U256::from_big_endian(bytes);
  if (!value) return fail(RlpError::IntegerTooLarge);
  return *value;
}

Result<RlpReader, RlpError> RlpReader::list() {
  OL_TRY(const RlpItem found, item());
  if (found.kind != RlpKind::List) return fail(RlpError::ExpectedList);
  if (depth_ == 0) return fail(RlpError::TooDeep);
  return RlpReader(found.payload, depth_ - 1);
}

Result<void, RlpError> RlpReader::finish() const {
  if (!in_.empty()) return fail(RlpError::TrailingBytes);
  return {};
}

namespace {

/// Recursion is bounded by the reader's depth limit.
Result<void, RlpError> check_items(RlpReader& reader) {
  while (!reader.empty()) {
    OL_TRY(const RlpKind kind, reader.peek());
    if (kind == RlpKind::String) {
      OL_TRY(const ByteView text, reader.string());
      static_cast<void>(text);
    } else {
      OL_TRY(RlpReader inside, reader.list());
      OL_TRY_VOID(check_items(inside));
    }
  }
  return {};
}

}  // namespace

Result<void, RlpError> rlp_check(ByteView in, unsigned depth_max) {
  RlpReader reader(in, depth_max);
  OL_TRY(const RlpItem first, reader.item());
  OL_TRY_VOID(reader.finish());
  RlpReader again(first.encoded, depth_max);
  return check_items(again);
}

}  // namespace ol
