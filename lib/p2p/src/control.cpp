#include "control.hpp"

#include <ol/base/codec.hpp>

namespace ol::p2p {
namespace {

constexpr std::uint8_t kHello = 1;
constexpr std::uint8_t kReady = 2;
constexpr std::uint8_t kPing = 3;
constexpr std::uint8_t kPong = 4;
constexpr std::uint8_t kGoodbye = 5;

// Texts end in terminals and log files: what a peer writes must not be able to steer either.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kGoodbyeTextMax));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

ControlMessage read_goodbye(Reader& in) {
  const std::uint8_t code = in.u8();
  const std::size_t size = in.remaining();
  if (size > kGoodbyeTextMax) in.reject(DecodeError::OverLimit);
  const ByteView text = in.raw(size);
  // A code from a later version still closes the link; its text says why.
  const bool known = code < kCloseCodeCount;
  return ControlGoodbye{
      {known ? static_cast<CloseCode>(code) : CloseCode::ConnectionLost, printable(as_text(text))}};
}

ControlMessage read_hello(Reader& in) {
  if (in.u8() != kLinkVersion) in.reject(DecodeError::BadValue);
  const std::size_t size = in.remaining();
  if (size > kHelloBytesMax) in.reject(DecodeError::OverLimit);
  return ControlHello{in.raw(size)};
}

ControlMessage read_message(Reader& in) {
  switch (in.u8()) {
    case kHello:
      return read_hello(in);
    case kReady:
      return ControlReady{};
    case kPing:
      return ControlPing{in.u64()};
    case kPong:
      return ControlPong{in.u64()};
    case kGoodbye:
      return read_goodbye(in);
    default:
      in.reject(DecodeError::BadValue);
      return ControlReady{};
  }
}

}  // namespace

Bytes encode_hello(ByteView hello) {
  return Writer().u8(kHello).u8(kLinkVersion).raw(hello).take();
}

Bytes encode_ready() {
  return Writer().u8(kReady).take();
}

Bytes encode_ping(std::uint64_t value) {
  return Writer().u8(kPing).u64(value).take();
}

Bytes encode_pong(std::uint64_t value) {
  return Writer().u8(kPong).u64(value).take();
}

Bytes encode_goodbye(CloseCode code, std::string_view text) {
  return Writer()
      .u8(kGoodbye)
      .u8(static_cast<std::uint8_t>(code))
      .raw(as_bytes(printable(text)))
      .take();
}

std::optional<ControlMessage> decode_control(ByteView payload) {
  Reader in(payload);
  ControlMessage message = read_message(in);
  if (!in.finish()) return std::nullopt;
  return message;
}

}  // namespace ol::p2p
