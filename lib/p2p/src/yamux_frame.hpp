#pragma once

#include <cstdint>
#include <span>

#include <ol/base/bytes.hpp>

/// The numbers of a yamux header: version, type, flags, stream id, length, big-endian, 12 bytes.
/// Source: hashicorp yamux spec, "Framing".
namespace ol::p2p::yamux {

inline constexpr std::uint8_t kData = 0;
inline constexpr std::uint8_t kWindowUpdate = 1;
inline constexpr std::uint8_t kPing = 2;
inline constexpr std::uint8_t kGoAway = 3;

inline constexpr std::uint16_t kSyn = 1;
inline constexpr std::uint16_t kAck = 2;
inline constexpr std::uint16_t kFin = 4;
inline constexpr std::uint16_t kRst = 8;
inline constexpr std::uint16_t kAllFlags = 15;

inline std::uint16_t read_u16(ByteView in, std::size_t at) {
  return static_cast<std::uint16_t>(in[at] << 8 | in[at + 1]);
}

inline std::uint32_t read_u32(ByteView in, std::size_t at) {
  return std::uint32_t{read_u16(in, at)} << 16 | read_u16(in, at + 2);
}

inline void append_u32(Bytes& out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

inline void append_header(Bytes& out, std::uint8_t type, std::uint16_t flags, std::uint32_t id,
                          std::uint32_t length) {
  out.push_back(0);
  out.push_back(type);
  out.push_back(static_cast<std::uint8_t>(flags >> 8));
  out.push_back(static_cast<std::uint8_t>(flags));
  append_u32(out, id);
  append_u32(out, length);
}

}  // namespace ol::p2p::yamux
