#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/exchange/arith.hpp>

namespace ol::exchange {

/// Writes to memory that is long enough; what ByteCounter counted. A field is one store: its bytes
/// one by one could each change this cursor, for all the compiler knows, and would not be put
/// together.
class ByteCursor {
 public:
  explicit ByteCursor(std::uint8_t* at) : at_(at) {}

  ByteCursor& u8(std::uint8_t v) { return big_endian(v); }
  ByteCursor& u16(std::uint16_t v) { return big_endian(v); }
  ByteCursor& u32(std::uint32_t v) { return big_endian(v); }
  ByteCursor& u64(std::uint64_t v) { return big_endian(v); }
  ByteCursor& raw(ByteView v) {
    at_ = std::copy(v.begin(), v.end(), at_);
    return *this;
  }

 private:
  template <typename T>
  ByteCursor& big_endian(T v) {
    if constexpr (std::endian::native == std::endian::little) v = std::byteswap(v);
    std::memcpy(at_, &v, sizeof(v));
    at_ += sizeof(T);
    return *this;
  }

  std::uint8_t* at_;
};

/// Counts the bytes that would be written.
class ByteCounter {
 public:
  ByteCounter& u8(std::uint8_t /*v*/) { return more(1); }
  ByteCounter& u16(std::uint16_t /*v*/) { return more(2); }
  ByteCounter& u32(std::uint32_t /*v*/) { return more(4); }
  ByteCounter& u64(std::uint64_t /*v*/) { return more(8); }
  ByteCounter& raw(ByteView v) { return more(v.size()); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  ByteCounter& more(std::size_t bytes) {
    bytes_ += bytes;
    return *this;
  }

  std::size_t bytes_ = 0;
};

/// Writes the fields of records: fixed width, big-endian (dex.md 18.1); texts and lists with a u32
/// count before. A record lists its fields once, in `fields(archive, record)`, for writing and
/// reading alike. `Out` is Writer, ByteCursor or ByteCounter. Inlined always, so that a cursor
/// stays in a register and what is counted of fixed width is a constant.
template <typename Out>
class BasicFieldWriter {
 public:
  explicit BasicFieldWriter(Out& out) : out_(out) {}

  template <typename... T>
  [[gnu::always_inline]] void operator()(const T&... values) {
    (write(values), ...);
  }

 private:
  template <typename T>
  [[gnu::always_inline]] void write(const T& v) {
    if constexpr (std::is_same_v<T, Int128>) {
      const auto bits = static_cast<Uint128>(v);
      out_.u64(static_cast<std::uint64_t>(bits >> 64)).u64(static_cast<std::uint64_t>(bits));
    } else if constexpr (std::is_enum_v<T>) {
      write(static_cast<std::underlying_type_t<T>>(v));
    } else if constexpr (std::is_integral_v<T>) {
      write_integer(v);
    } else {
      // Writing changes nothing; one list of fields serves both directions.
      fields(*this, const_cast<T&>(v));
    }
  }
  template <std::integral T>
  [[gnu::always_inline]] void write_integer(T v) {
    if constexpr (sizeof(T) == 1) out_.u8(static_cast<std::uint8_t>(v));
    if constexpr (sizeof(T) == 2) out_.u16(static_cast<std::uint16_t>(v));
    if constexpr (sizeof(T) == 4) out_.u32(static_cast<std::uint32_t>(v));
    if constexpr (sizeof(T) == 8) out_.u64(static_cast<std::uint64_t>(v));
  }
  template <typename T, typename Tag>
  [[gnu::always_inline]] void write(const Strong<T, Tag>& v) {
    write_integer(v.value());
  }
  template <std::size_t N, typename Tag>
  [[gnu::always_inline]] void write(const FixedBytes<N, Tag>& v) {
    out_.raw(v.view());
  }
  [[gnu::always_inline]] void write(const std::string& v) {
    out_.u32(static_cast<std::uint32_t>(v.size()));
    out_.raw(as_bytes(v));
  }
  template <typename T>
  [[gnu::always_inline]] void write(const std::vector<T>& v) {
    out_.u32(static_cast<std::uint32_t>(v.size()));
    for (const T& item : v)
      write(item);
  }
  template <typename T, std::size_t N>
  [[gnu::always_inline]] void write(const std::array<T, N>& v) {
    for (const T& item : v)
      write(item);
  }
  template <typename A, typename B>
  [[gnu::always_inline]] void write(const std::pair<A, B>& v) {
    write(v.first);
    write(v.second);
  }

  Out& out_;
};
using FieldWriter = BasicFieldWriter<Writer>;

/// How long the fields are as FieldWriter writes them.
template <typename... T>
[[nodiscard, gnu::always_inline]] inline std::size_t encoded_bytes(const T&... values) {
  ByteCounter counter;
  BasicFieldWriter<ByteCounter> archive(counter);
  archive(values...);
  return counter.bytes();
}

/// Reads what FieldWriter wrote. Bounded by the input; failures stay in the reader.
class FieldReader {
 public:
  explicit FieldReader(Reader& in) : in_(in) {}

  template <typename... T>
  void operator()(T&... values) {
    (read(values), ...);
  }

 private:
  static constexpr std::uint32_t kTextMax = 1U << 16;
  static constexpr std::uint32_t kListMax = 1U << 20;

  template <typename T>
  void read(T& v) {
    if constexpr (std::is_same_v<T, Int128>) {
      const Uint128 high = in_.u64();
      v = static_cast<Int128>((high << 64) | in_.u64());
    } else if constexpr (std::is_same_v<T, bool>) {
      const std::uint8_t byte = in_.u8();
      if (byte > 1) in_.reject(DecodeError::BadValue);
      v = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> raw{};
      read(raw);
      v = static_cast<T>(raw);
    } else if constexpr (std::is_integral_v<T>) {
      if constexpr (sizeof(T) == 1) v = static_cast<T>(in_.u8());
      if constexpr (sizeof(T) == 2) v = static_cast<T>(in_.u16());
      if constexpr (sizeof(T) == 4) v = static_cast<T>(in_.u32());
      if constexpr (sizeof(T) == 8) v = static_cast<T>(in_.u64());
    } else {
      fields(*this, v);
    }
  }
  template <typename T, typename Tag>
  void read(Strong<T, Tag>& v) {
    v = in_.strong<Strong<T, Tag>>();
  }
  template <std::size_t N, typename Tag>
  void read(FixedBytes<N, Tag>& v) {
    v = in_.fixed<FixedBytes<N, Tag>>();
  }
  void read(std::string& v) { v = std::string(as_text(in_.blob(kTextMax))); }
  template <typename T>
  void read(std::vector<T>& v) {
    const std::uint32_t count = in_.count(kListMax);
    v.clear();
    for (std::uint32_t i = 0; i < count && in_.ok(); ++i)
      read(v.emplace_back());
  }
  template <typename T, std::size_t N>
  void read(std::array<T, N>& v) {
    for (T& item : v)
      read(item);
  }
  template <typename A, typename B>
  void read(std::pair<A, B>& v) {
    read(v.first);
    read(v.second);
  }

  Reader& in_;
};

/// The bytes of a record.
template <typename T>
[[nodiscard]] Bytes encode_fields(const T& value) {
  Writer out;
  FieldWriter archive(out);
  archive(value);
  return out.take();
}

/// A record from exactly its bytes.
template <typename T>
[[nodiscard]] Result<T, DecodeError> decode_fields(ByteView bytes) {
  Reader in(bytes);
  FieldReader archive(in);
  T out{};
  archive(out);
  if (auto done = in.finish(); !done) return fail(done.error());
  return out;
}

}  // namespace ol::exchange
