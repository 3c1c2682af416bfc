#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ol/base/result.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::p2p {

/// Where a peer listens, written as the multiaddr `/ip4/10.0.0.7/tcp/30303/p2p/12D3Koo...`.
/// The host part may be ip4, ip6, dns, dns4 or dns6; the peer id may be absent.
struct PeerAddress {
  enum class HostKind : std::uint8_t { Ip4, Ip6, Dns, Dns4, Dns6 };

  HostKind host_kind = HostKind::Ip4;
  std::string host;  // as written: a literal address or a host name
  std::uint16_t port = 0;
  std::optional<PeerId> peer;

  [[nodiscard]] std::string text() const;
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

/// Parses a multiaddr of the form above.
/// @return the address, or a sentence that names the component that is wrong.
/// Source: libp2p addressing spec; the other protocols of its table are not links of ours.
[[nodiscard]] Result<PeerAddress, std::string> parse_address(std::string_view text);

}  // namespace ol::p2p
