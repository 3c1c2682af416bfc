#pragma once

#include <cstdint>
#include <optional>

#include <ol/base/bytes.hpp>

/// libp2p's unsigned varint: LEB128 of at most 63 bits, minimally encoded.
/// Source: multiformats unsigned-varint.
namespace ol::p2p {

/// Nine bytes of seven bits.
inline constexpr std::size_t kUvarintBytesMax = 9;

enum class UvarintState : std::uint8_t {
  Done,
  NeedMore,  // the input ends inside the number
  Bad,       // padded, or above 63 bits
};

struct UvarintRead {
  UvarintState state = UvarintState::NeedMore;
  std::uint64_t value = 0;  // when Done
  std::size_t size = 0;     // bytes of the number, when Done
};

/// Reads the number at the front of `in`.
[[nodiscard]] UvarintRead read_uvarint(ByteView in);

/// Takes a number from the front of `in`, or nothing if none stands there in full.
[[nodiscard]] std::optional<std::uint64_t> take_uvarint(ByteView& in);

}  // namespace ol::p2p
