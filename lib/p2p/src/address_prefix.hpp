#pragma once

#include <string>

#include <ol/p2p/multiaddr.hpp>

namespace ol::p2p {

/// What one subscriber has, as raw bytes, a key for counting: an IPv4 address, or the first 64 bits
/// of an IPv6 one, within which whoever has one address has them all (RFC 6177). Empty if there is
/// no ip. An IPv4 address written as IPv6 counts as IPv4.
[[nodiscard]] std::string ip_of(const Multiaddr& address);

/// The first 24 bits of an IPv4 address, 48 of an IPv6 one: what one operator usually has.
[[nodiscard]] std::string prefix_of(const Multiaddr& address);

}  // namespace ol::p2p
