#include <ol/p2p/multiaddr.hpp>

#include <arpa/inet.h>

#include <array>
#include <charconv>

#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>
#include <ol/p2p/varint.hpp>

namespace ol::p2p {
namespace {

using Code = AddressProtocol;

constexpr std::size_t kVariable = SIZE_MAX;
// RFC 1035 section 2.3.4 bounds a name at 255 octets; the last one is the root's empty label.
constexpr std::size_t kHostNameMax = 253;

struct ProtocolRow {
  Code code;
  std::string_view name;
  std::size_t value_bytes;  // kVariable: a length stands before the value
};

constexpr std::array<ProtocolRow, 14> kProtocols{{
    {Code::Ip4, "ip4", 4},
    {Code::Tcp, "tcp", 2},
    {Code::Ip6, "ip6", 16},
    {Code::Dns, "dns", kVariable},
    {Code::Dns4, "dns4", kVariable},
    {Code::Dns6, "dns6", kVariable},
    {Code::Dnsaddr, "dnsaddr", kVariable},
    {Code::Udp, "udp", 2},
    {Code::P2pCircuit, "p2p-circuit", 0},
    {Code::P2p, "p2p", kVariable},
    {Code::Tls, "tls", 0},
    {Code::QuicV1, "quic-v1", 0},
    {Code::Ws, "ws", 0},
    {Code::Wss, "wss", 0},
}};

const ProtocolRow* find_code(std::uint64_t code) {
  for (const ProtocolRow& row : kProtocols) {
    if (static_cast<std::uint64_t>(row.code) == code) return &row;
  }
  return nullptr;
}

const ProtocolRow* find_name(std::string_view name) {
  if (name == "ipfs") name = "p2p";
  for (const ProtocolRow& row : kProtocols) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostNameMax) return false;
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-._") == std::string_view::npos;
}

struct Component {
  const ProtocolRow* row = nullptr;
  ByteView value;
};

bool is_valid_value(const Component& component) {
  switch (component.row->code) {
    case Code::Dns:
    case Code::Dns4:
    case Code::Dns6:
    case Code::Dnsaddr:
      return is_host_name(as_text(component.value));
    case Code::P2p:
      return PeerId::from_bytes(component.value).has_value();
    case Code::Ip4:
    case Code::Tcp:
    case Code::Ip6:
    case Code::Udp:
    case Code::P2pCircuit:
    case Code::Tls:
    case Code::QuicV1:
    case Code::Ws:
    case Code::Wss:
      return true;
  }
  OL_CHECK(false, "unknown AddressProtocol");
}

/// Takes the first component of `rest`.
Result<Component, MultiaddrError> take_component(ByteView& rest) {
  const auto code = take_uvarint(rest);
  if (!code) return fail(MultiaddrError::BadVarint);
  Component out;
  out.row = find_code(*code);
  if (out.row == nullptr) return fail(MultiaddrError::UnknownProtocol);
  std::uint64_t size = out.row->value_bytes;
  if (out.row->value_bytes == kVariable) {
    const auto length = take_uvarint(rest);
    if (!length) return fail(MultiaddrError::BadVarint);
    size = *length;
  }
  if (size > rest.size()) return fail(MultiaddrError::Truncated);
  out.value = rest.first(static_cast<std::size_t>(size));
  rest = rest.subspan(out.value.size());
  if (!is_valid_value(out)) return fail(MultiaddrError::BadValue);
  return out;
}

/// The components of an address that was checked.
std::vector<Component> components_of(const Bytes& bytes) {
  std::vector<Component> out;
  ByteView rest = bytes;
  while (!rest.empty()) {
    const auto component = take_component(rest);
    OL_CHECK(component.has_value(), "a Multiaddr holds checked bytes");
    out.push_back(*component);
  }
  return out;
}

Result<void, MultiaddrError> check(ByteView rest) {
  if (rest.empty()) return fail(MultiaddrError::Empty);
  if (rest.size() > kMultiaddrBytesMax) return fail(MultiaddrError::TooLong);
  bool peer_seen = false;
  while (!rest.empty()) {
    OL_TRY(const Component component, take_component(rest));
    if (component.row->code == Code::P2pCircuit) peer_seen = false;
    if (component.row->code != Code::P2p) continue;
    if (std::exchange(peer_seen, true)) return fail(MultiaddrError::TwoPeers);
  }
  return {};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  const bool padded = text.size() > 1 && text[0] == '0';
  if (error != std::errc{} || stop != end || padded) return std::nullopt;
  return port;
}

void append_port(Bytes& out, std::uint16_t port) {
  out.push_back(static_cast<std::uint8_t>(port >> 8));
  out.push_back(static_cast<std::uint8_t>(port));
}

std::uint16_t port_of(ByteView value) {
  return static_cast<std::uint16_t>(value[0] << 8 | value[1]);
}

bool append_ip(Bytes& out, int family, std::size_t size, std::string_view text) {
  std::array<std::uint8_t, 16> ip{};
  if (inet_pton(family, std::string(text).c_str(), ip.data()) != 1) return false;
  append(out, ByteView(ip).first(size));
  return true;
}

void append_with_length(Bytes& out, ByteView value) {
  append_varint(out, value.size());
  append(out, value);
}

/// Appends the bytes of a value written as text; false if it is not one.
bool append_value(Bytes& out, Code code, std::string_view text) {
  switch (code) {
    case Code::Ip4:
      return append_ip(out, AF_INET, 4, text);
    case Code::Ip6:
      return append_ip(out, AF_INET6, 16, text);
    case Code::Tcp:
    case Code::Udp: {
      const auto port = parse_port(text);
      if (port) append_port(out, *port);
      return port.has_value();
    }
    case Code::Dns:
    case Code::Dns4:
    case Code::Dns6:
    case Code::Dnsaddr:
      append_with_length(out, as_bytes(text));
      return is_host_name(text);
    case Code::P2p: {
      const auto peer = PeerId::from_text(text);
      if (peer) append_with_length(out, peer->bytes());
      return peer.has_value();
    }
    case Code::P2pCircuit:
    case Code::Tls:
    case Code::QuicV1:
    case Code::Ws:
    case Code::Wss:
      break;
  }
  OL_CHECK(false, "these protocols have no value");
}

std::string ip_text(ByteView ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ip.size() == 4 ? AF_INET : AF_INET6;
  OL_CHECK(inet_ntop(family, ip.data(), text.data(), text.size()) != nullptr, "room for any ip");
  return text.data();
}

std::string value_text(const Component& component) {
  switch (component.row->code) {
    case Code::Ip4:
    case Code::Ip6:
      return ip_text(component.value);
    case Code::Tcp:
    case Code::Udp:
      return std::to_string(port_of(component.value));
    case Code::Dns:
    case Code::Dns4:
    case Code::Dns6:
    case Code::Dnsaddr:
      return std::string(as_text(component.value));
    case Code::P2p:
      return PeerId::from_bytes(component.value)->text();
    case Code::P2pCircuit:
    case Code::Tls:
    case Code::QuicV1:
    case Code::Ws:
    case Code::Wss:
      break;
  }
  OL_CHECK(false, "these protocols have no value");
}

/// Takes the part up to the next slash. `rest` begins behind a slash and is empty at the end.
std::string_view take_part(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view part = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return part;
}

bool is_public_ip4(ByteView ip) {
  const std::uint8_t a = ip[0];
  const std::uint8_t b = ip[1];
  // RFC 1918, RFC 1122 (loopback), RFC 3927 (link-local), RFC 6598 (carrier-grade translation).
  const bool is_private = a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168);
  return !is_private && a != 127 && !(a == 169 && b == 254) && !(a == 100 && b >= 64 && b < 128);
}

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped_ip4(ByteView ip) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
}

bool is_public_ip6(ByteView ip) {
  // RFC 4291: loopback ::1, link-local fe80::/10; RFC 4193: unique local fc00::/7.
  const bool loopback =
      std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t b) { return b == 0; }) && ip[15] == 1;
  return !loopback && (ip[0] & 0xfe) != 0xfc && !(ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

bool is_unicast(ByteView ip) {
  const bool unspecified = std::all_of(ip.begin(), ip.end(), [](std::uint8_t b) { return b == 0; });
  // 0.0.0.0/8 is "this network", 224.0.0.0/3 multicast, reserved and broadcast; ff00::/8 multicast.
  const bool special = ip.size() == 4 ? ip[0] == 0 || ip[0] >= 224 : ip[0] == 0xff;
  return !unspecified && !special;
}

bool is_ip_allowed(ByteView ip, AddressProfile profile) {
  if (ip.size() == 16 && is_mapped_ip4(ip)) ip = ip.subspan(kMappedPrefix.size());
  if (!is_unicast(ip)) return false;
  if (profile == AddressProfile::Local) return true;
  return ip.size() == 4 ? is_public_ip4(ip) : is_public_ip6(ip);
}

}  // namespace

const char* describe(MultiaddrError error) {
  switch (error) {
    case MultiaddrError::Empty:
      return "empty address";
    case MultiaddrError::TooLong:
      return "address too long";
    case MultiaddrError::NoSlash:
      return "address must begin with a slash and not end with one";
    case MultiaddrError::UnknownProtocol:
      return "unknown address protocol";
    case MultiaddrError::BadVarint:
      return "malformed number in an address";
    case MultiaddrError::Truncated:
      return "address ends inside a component";
    case MultiaddrError::BadValue:
      return "not an ip, port, host name or peer id where one must stand";
    case MultiaddrError::TwoPeers:
      return "two peer ids in one address";
  }
  OL_CHECK(false, "unknown MultiaddrError");
}

Result<Multiaddr, MultiaddrError> Multiaddr::from_bytes(ByteView bytes) {
  OL_TRY_VOID(check(bytes));
  return Multiaddr(to_bytes(bytes));
}

Result<Multiaddr, MultiaddrError> Multiaddr::from_text(std::string_view text) {
  if (text.empty()) return fail(MultiaddrError::Empty);
  if (text.size() > kMultiaddrTextMax) return fail(MultiaddrError::TooLong);
  if (!text.starts_with('/') || text.ends_with('/')) return fail(MultiaddrError::NoSlash);
  std::string_view rest = text.substr(1);
  Bytes bytes;
  while (!rest.empty()) {
    const ProtocolRow* const row = find_name(take_part(rest));
    if (row == nullptr) return fail(MultiaddrError::UnknownProtocol);
    append_varint(bytes, static_cast<std::uint64_t>(row->code));
    if (row->value_bytes == 0) continue;
    if (rest.empty()) return fail(MultiaddrError::Truncated);
    if (!append_value(bytes, row->code, take_part(rest))) return fail(MultiaddrError::BadValue);
  }
  return from_bytes(bytes);
}

Multiaddr Multiaddr::tcp(ByteView ip, std::uint16_t port) {
  OL_CHECK(ip.size() == 4 || ip.size() == 16, "an ip address");
  Bytes bytes;
  append_varint(bytes, static_cast<std::uint64_t>(ip.size() == 4 ? Code::Ip4 : Code::Ip6));
  append(bytes, ip);
  append_varint(bytes, static_cast<std::uint64_t>(Code::Tcp));
  append_port(bytes, port);
  return Multiaddr(std::move(bytes));
}

std::string Multiaddr::text() const {
  std::string out;
  for (const Component& component : components_of(bytes_)) {
    out += '/';
    out += component.row->name;
    if (component.row->value_bytes == 0) continue;
    out += '/';
    out += value_text(component);
  }
  return out;
}

std::optional<PeerId> Multiaddr::peer() const {
  const auto components = components_of(bytes_);
  if (components.empty() || components.back().row->code != Code::P2p) return std::nullopt;
  return *PeerId::from_bytes(components.back().value);
}

Multiaddr Multiaddr::without_peer() const {
  const auto components = components_of(bytes_);
  if (components.empty() || components.back().row->code != Code::P2p) return *this;
  // Code 421 is two bytes, the length of an id one.
  const std::size_t last = 3 + components.back().value.size();
  return Multiaddr(to_bytes(ByteView(bytes_).first(bytes_.size() - last)));
}

Multiaddr Multiaddr::with_peer(const PeerId& peer) const {
  Multiaddr out = without_peer();
  append_varint(out.bytes_, static_cast<std::uint64_t>(Code::P2p));
  append_with_length(out.bytes_, peer.bytes());
  return out;
}

std::optional<TcpTarget> Multiaddr::tcp_target() const {
  const auto components = components_of(bytes_);
  const bool has_shape = (components.size() == 2 ||
                          (components.size() == 3 && components[2].row->code == Code::P2p)) &&
                         components[1].row->code == Code::Tcp;
  if (!has_shape) return std::nullopt;
  const Code kind = components[0].row->code;
  const bool is_host = kind == Code::Ip4 || kind == Code::Ip6 || kind == Code::Dns ||
                       kind == Code::Dns4 || kind == Code::Dns6;
  if (!is_host) return std::nullopt;
  return TcpTarget{kind, value_text(components[0]), port_of(components[1].value)};
}

bool Multiaddr::is_dialable(AddressProfile profile) const {
  const auto target = tcp_target();
  if (!target || !target->is_literal() || target->port == 0) return false;
  return is_ip_allowed(components_of(bytes_)[0].value, profile);
}

}  // namespace ol::p2p
