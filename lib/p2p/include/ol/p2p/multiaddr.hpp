#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/peer_id.hpp>

/// Self-describing addresses, `/ip4/10.0.0.7/tcp/30303/p2p/12D3Koo...`, as text and as bytes.
/// Source: multiformats multiaddr; libp2p addressing spec.
namespace ol::p2p {

/// Longer addresses are refused; of a peer's addresses 16 are looked at.
inline constexpr std::size_t kMultiaddrBytesMax = 256;
/// Longer than the text of any address of kMultiaddrBytesMax bytes.
inline constexpr std::size_t kMultiaddrTextMax = 2048;
inline constexpr std::size_t kPeerAddressesMax = 16;

enum class MultiaddrError : std::uint8_t {
  Empty,
  TooLong,          // above kMultiaddrBytesMax or kMultiaddrTextMax
  NoSlash,          // text does not begin with a slash, or ends with one
  UnknownProtocol,  // a code or name that is not in the table: the rest cannot be read
  BadVarint,        // a code or length that is padded or too large
  Truncated,        // ends inside a component
  BadValue,         // not an address, port, host name or peer id
  TwoPeers,         // two /p2p without /p2p-circuit between them
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(MultiaddrError error);

/// Codes of the multiaddr table that we read.
enum class AddressProtocol : std::uint16_t {
  Ip4 = 4,
  Tcp = 6,
  Ip6 = 41,
  Dns = 53,
  Dns4 = 54,
  Dns6 = 55,
  Dnsaddr = 56,
  Udp = 273,
  P2pCircuit = 290,
  P2p = 421,
  Tls = 448,
  QuicV1 = 461,
  Ws = 477,
  Wss = 478,
};

/// Where a TCP connection can go.
struct TcpTarget {
  AddressProtocol kind = AddressProtocol::Ip4;  // Ip4, Ip6, Dns, Dns4 or Dns6
  std::string host;                             // a literal address or a name
  std::uint16_t port = 0;

  [[nodiscard]] bool is_literal() const {
    return kind == AddressProtocol::Ip4 || kind == AddressProtocol::Ip6;
  }
  friend bool operator==(const TcpTarget&, const TcpTarget&) = default;
};

/// Which addresses of the network may be dialled or believed.
enum class AddressProfile : std::uint8_t {
  Public,  // no loopback, private or link-local addresses
  Local,   // those too
};

/// One address, kept in its canonical bytes. Plain data.
class Multiaddr {
 public:
  [[nodiscard]] static Result<Multiaddr, MultiaddrError> from_bytes(ByteView bytes);
  [[nodiscard]] static Result<Multiaddr, MultiaddrError> from_text(std::string_view text);
  /// `/ip4` or `/ip6`, then `/tcp`.
  /// @pre `ip` is 4 or 16 bytes, big-endian.
  [[nodiscard]] static Multiaddr tcp(ByteView ip, std::uint16_t port);

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] std::string text() const;

  /// The id of a trailing `/p2p`.
  [[nodiscard]] std::optional<PeerId> peer() const;
  [[nodiscard]] Multiaddr without_peer() const;
  /// The address with `peer` as its trailing `/p2p`, in the place of any other.
  [[nodiscard]] Multiaddr with_peer(const PeerId& peer) const;
  /// Host and port if the address is `host/tcp/port`, with or without a peer, and nothing else.
  [[nodiscard]] std::optional<TcpTarget> tcp_target() const;

  /// Whether a peer may be dialled here: a TCP address that is not unspecified, multicast or of
  /// port 0, and of the right range. Host names are not dialable: names from the network are never
  /// resolved, or anyone could make us send requests to hosts of their choice.
  [[nodiscard]] bool is_dialable(AddressProfile profile) const;

  friend auto operator<=>(const Multiaddr&, const Multiaddr&) = default;

 private:
  explicit Multiaddr(Bytes bytes) : bytes_(std::move(bytes)) {}

  Bytes bytes_;
};

}  // namespace ol::p2p
