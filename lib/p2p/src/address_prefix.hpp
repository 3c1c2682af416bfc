#pragma once

#include <string>

#include <ol/p2p/multiaddr.hpp>

namespace ol::p2p {

/// The ip of an address as raw bytes, a key for counting; empty if it has none. An IPv4 address
/// written as IPv6 counts as IPv4.
[[nodiscard]] std::string ip_of(const Multiaddr& address);

/// The first 24 bits of an IPv4 address, 48 of an IPv6 one: what one operator usually has.
[[nodiscard]] std::string prefix_of(const Multiaddr& address);

}  // namespace ol::p2p
