#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>
#include <ol/base/result.hpp>
#include <ol/base/u256.hpp>

namespace ol {

// Ethereum's Recursive Length Prefix, Yellow Paper appendix B; docs/protocol/encoding.md.
// One value has one encoding: everything else is refused.

/// Why RLP from outside was refused.
enum class RlpError : std::uint8_t {
  Truncated,         // a length runs past the end of the input or of its list
  TrailingBytes,     // bytes left over behind a complete item, or items behind the expected ones
  NonMinimalLength,  // a length with leading zeros, or the long form for fewer than 56 bytes
  NonMinimalByte,    // a single byte below 0x80 written with a prefix
  LeadingZero,       // an integer with leading zero bytes
  IntegerTooLarge,   // an integer wider than its type
  WrongSize,         // a string of other than the required size
  ExpectedString,    // a list where a string belongs
  ExpectedList,      // a string where a list belongs
  TooDeep,           // lists nested deeper than the limit
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(RlpError error);

/// Appends items. Lists are opened and closed: `w.begin_list(); w.u64(1); w.end_list();`.
class RlpWriter {
 public:
  RlpWriter& string(ByteView v);
  RlpWriter& u64(std::uint64_t v);
  RlpWriter& u256(const U256& v);
  template <std::size_t N, typename Tag>
  RlpWriter& fixed(const FixedBytes<N, Tag>& v) {
    return string(v.view());
  }
  /// Bytes that are whole encoded items already.
  RlpWriter& raw(ByteView encoded);
  RlpWriter& begin_list();
  /// Closes the innermost open list; its header is put in front of it, which moves its payload.
  RlpWriter& end_list();

  /// @pre Every list is closed, or the process stops.
  [[nodiscard]] const Bytes& bytes() const {
    OL_CHECK(open_.empty(), "every RLP list is closed");
    return out_;
  }
  [[nodiscard]] Bytes take() {
    OL_CHECK(open_.empty(), "every RLP list is closed");
    return std::move(out_);
  }

 private:
  Bytes out_;
  std::vector<std::size_t> open_;
};

/// The encoding of one string, and its size without encoding it.
[[nodiscard]] Bytes rlp_encode_string(ByteView v);
[[nodiscard]] std::size_t rlp_string_size(ByteView v);
/// The size of a list's encoding, header and payload.
[[nodiscard]] std::size_t rlp_list_size(std::size_t payload_size);
/// Appends the header of a list whose payload, of that size, the caller appends next.
void rlp_append_list_header(Bytes& out, std::size_t payload_size);
void rlp_append_string(Bytes& out, ByteView v);

enum class RlpKind : std::uint8_t { String, List };

/// One item as found. Borrows the input.
struct RlpItem {
  RlpKind kind = RlpKind::String;
  ByteView payload;  // without the header
  ByteView encoded;  // with the header
};

/// Reads consecutive items, strictly. Borrows the input, which must outlive it and what it returns.
/// Copies nothing and allocates nothing.
class RlpReader {
 public:
  /// Deep enough for every Ethereum structure (a transaction's access list in a block is 5).
  static constexpr unsigned kDepthMax = 16;

  /// Reads the items of `in`, which lie side by side without an enclosing list.
  explicit RlpReader(ByteView in, unsigned depth_max = kDepthMax) : in_(in), depth_(depth_max) {}

  [[nodiscard]] bool empty() const { return in_.empty(); }
  /// The kind of the next item, or Truncated where there is none.
  [[nodiscard]] Result<RlpKind, RlpError> peek() const;
  /// Any item. The header is checked, items inside a list are not.
  [[nodiscard]] Result<RlpItem, RlpError> item();
  [[nodiscard]] Result<ByteView, RlpError> string();
  /// An unsigned integer without leading zeros.
  [[nodiscard]] Result<std::uint64_t, RlpError> u64();
  [[nodiscard]] Result<U256, RlpError> u256();
  /// A string of exactly `T::kSize` bytes.
  template <typename T>
  [[nodiscard]] Result<T, RlpError> fixed() {
    OL_TRY(const ByteView bytes, string());
    const auto value = T::from(bytes);
    if (!value) return fail(RlpError::WrongSize);
    return *value;
  }
  /// A reader of the items inside the next item, a list. Call its `finish()` when done.
  [[nodiscard]] Result<RlpReader, RlpError> list();
  /// Success if no item is left, else TrailingBytes.
  [[nodiscard]] Result<void, RlpError> finish() const;

 private:
  ByteView in_;
  unsigned depth_;
};

/// Whether `in` is exactly one well-formed item, all items inside lists included.
[[nodiscard]] Result<void, RlpError> rlp_check(ByteView in,
                                               unsigned depth_max = RlpReader::kDepthMax);

}  // namespace ol
