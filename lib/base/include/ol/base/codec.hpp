#pragma once

#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/strong.hpp>

namespace ol {

/// Why bytes from outside were refused.
enum class DecodeError : std::uint8_t {
  Truncated,      // fewer bytes than the format needs
  TrailingBytes,  // bytes left over behind a complete value
  OverLimit,      // a length or count above the stated bound
  BadValue,       // a field holds a value the format does not allow
  NonCanonical,   // the same value has another, required encoding
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(DecodeError error);

/// Appends big-endian fixed-width fields: the encoding of every OpenLiquid wire and disk format
/// that is not Ethereum's or libp2p's. Format: docs/protocol/encoding.md.
class Writer {
 public:
  Writer& u8(std::uint8_t v);
  Writer& u16(std::uint16_t v);
  Writer& u32(std::uint32_t v);
  Writer& u64(std::uint64_t v);
  /// The bytes alone; the reader must know how many.
  Writer& raw(ByteView v);
  /// A u32 length, then the bytes.
  Writer& blob(ByteView v);
  template <std::size_t N, typename Tag>
  Writer& fixed(const FixedBytes<N, Tag>& v) {
    return raw(v.view());
  }
  template <typename T, typename Tag>
  Writer& strong(Strong<T, Tag> v) {
    if constexpr (sizeof(T) == 8) return u64(v.value());
    if constexpr (sizeof(T) == 4) return u32(v.value());
    if constexpr (sizeof(T) == 2) return u16(v.value());
    if constexpr (sizeof(T) == 1) return u8(v.value());
  }

  [[nodiscard]] const Bytes& bytes() const { return out_; }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Reads what Writer wrote. Borrows the input, which must outlive it. The first failure is kept and
/// every later read yields zero, so a decoder may read all its fields and ask once, with
/// `finish()`.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  /// Borrows `n` bytes.
  ByteView raw(std::size_t n);
  /// Borrows a length-prefixed field of at most `max` bytes.
  ByteView blob(std::size_t max);
  /// A u32 count of at most `max`.
  std::uint32_t count(std::uint32_t max);
  template <typename T>
  T fixed() {
    return T::from(raw(T::kSize)).value_or(T{});
  }
  template <typename T>
  T strong() {
    using V = typename T::value_type;
    if constexpr (sizeof(V) == 8) return T(u64());
    if constexpr (sizeof(V) == 4) return T(u32());
    if constexpr (sizeof(V) == 2) return T(u16());
    if constexpr (sizeof(V) == 1) return T(u8());
  }

  /// Records a failure found by the caller; the first one recorded wins.
  void reject(DecodeError error);
  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] std::size_t remaining() const { return in_.size(); }
  /// The first failure, if any.
  [[nodiscard]] std::optional<DecodeError> error() const { return error_; }
  /// Success if everything was read without failure and no byte is left.
  [[nodiscard]] Result<void, DecodeError> finish() const;

 private:
  ByteView in_;
  std::optional<DecodeError> error_;
};

}  // namespace ol
