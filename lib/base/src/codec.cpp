#include <ol/base/codec.hpp>

#include <algorithm>
#include <array>

namespace ol {
namespace {

// Most encodings are digests, votes and records of a few fields: one allocation holds them.
constexpr std::size_t kFirstBytes = 128;

void make_room(Bytes& out, std::size_t more) {
  const std::size_t needed = out.size() + more;
  if (needed > out.capacity()) out.reserve(std::max({needed, 2 * out.capacity(), kFirstBytes}));
}

template <typename T>
void append_big_endian(Bytes& out, T v) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(v >> (8 * (bytes.size() - 1 - i)));
  make_room(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <typename T>
T read_big_endian(ByteView in) {
  T v = 0;
  for (const std::uint8_t b : in)
    v = static_cast<T>((v << 8) | b);
  return v;
}

}  // namespace

const char* describe(DecodeError error) {
  switch (error) {
    case DecodeError::Truncated:
      return "truncated";
    case DecodeError::TrailingBytes:
      return "trailing bytes";
    case DecodeError::OverLimit:
      return "length over the limit";
    case DecodeError::BadValue:
      return "value not allowed";
    case DecodeError::NonCanonical:
      return "non-canonical encoding";
  }
  OL_CHECK(false, "unknown DecodeError");
}

Writer& Writer::u8(std::uint8_t v) {
  out_.push_back(v);
  return *this;
}
Writer& Writer::u16(std::uint16_t v) {
  append_big_endian(out_, v);
  return *this;
}
Writer& Writer::u32(std::uint32_t v) {
  append_big_endian(out_, v);
  return *this;
}
Writer& Writer::u64(std::uint64_t v) {
  append_big_endian(out_, v);
  return *this;
}
Writer& Writer::raw(ByteView v) {
  make_room(out_, v.size());
  append(out_, v);
  return *this;
}

Writer& Writer::blob(ByteView v) {
  OL_CHECK(v.size() <= UINT32_MAX, "blob length fits u32");
  u32(static_cast<std::uint32_t>(v.size()));
  return raw(v);
}

// read_big_endian<u8> would shift by a full width; one byte needs no arithmetic.
std::uint8_t Reader::u8() {
  const ByteView b = raw(1);
  return b.empty() ? std::uint8_t{0} : b[0];
}
std::uint16_t Reader::u16() {
  return read_big_endian<std::uint16_t>(raw(2));
}
std::uint32_t Reader::u32() {
  return read_big_endian<std::uint32_t>(raw(4));
}
std::uint64_t Reader::u64() {
  return read_big_endian<std::uint64_t>(raw(8));
}

ByteView Reader::raw(std::size_t n) {
  if (error_) return {};
  if (n > in_.size()) {
    reject(DecodeError::Truncated);
    return {};
  }
  const ByteView out = in_.first(n);
  in_ = in_.subspan(n);
  return out;
}

ByteView Reader::blob(std::size_t max) {
  const std::uint32_t n = u32();
  if (n > max) {
    reject(DecodeError::OverLimit);
    return {};
  }
  return raw(n);
}

std::uint32_t Reader::count(std::uint32_t max) {
  const std::uint32_t n = u32();
  if (n > max) {
    reject(DecodeError::OverLimit);
    return 0;
  }
  return n;
}

void Reader::reject(DecodeError error) {
  if (!error_) error_ = error;
}

Result<void, DecodeError> Reader::finish() const {
  if (error_) return fail(*error_);
  if (!in_.empty()) return fail(DecodeError::TrailingBytes);
  return {};
}

}  // namespace ol
