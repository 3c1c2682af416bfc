#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <ol/base/bytes.hpp>
#include <ol/p2p/network.hpp>

/// The messages of Channel::Control. Format: docs/protocol/p2p.md.
namespace ol::p2p {

struct ControlHello {
  ByteView hello;  // borrows the input
};
struct ControlReady {};
struct ControlPing {
  std::uint64_t value = 0;
};
struct ControlPong {
  std::uint64_t value = 0;
};
struct ControlGoodbye {
  CloseReason reason;
};
using ControlMessage =
    std::variant<ControlHello, ControlReady, ControlPing, ControlPong, ControlGoodbye>;

[[nodiscard]] Bytes encode_hello(ByteView hello);
[[nodiscard]] Bytes encode_ready();
[[nodiscard]] Bytes encode_ping(std::uint64_t value);
[[nodiscard]] Bytes encode_pong(std::uint64_t value);
/// The text is cut at kGoodbyeTextMax and made printable.
[[nodiscard]] Bytes encode_goodbye(CloseCode code, std::string_view text);

/// The message, or nothing if it is not exactly as the format says.
[[nodiscard]] std::optional<ControlMessage> decode_control(ByteView payload);

inline constexpr std::size_t kGoodbyeTextMax = 200;
/// Version of everything in docs/protocol/p2p.md above Noise, named in the hello.
inline constexpr std::uint8_t kLinkVersion = 1;

}  // namespace ol::p2p
