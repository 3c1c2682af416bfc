#pragma once

#include <memory>

#include <ol/crypto/ed25519.hpp>
#include <ol/p2p/network.hpp>

namespace ol::p2p {

/// A Network of direct TCP links secured with Noise (docs/protocol/link.md).
/// @param identity  Borrowed for the call: it signs a fresh static key and is not kept.
/// @param handler   Borrowed; must outlive the network.
[[nodiscard]] std::unique_ptr<Network> make_link_network(NetworkConfig config,
                                                         const crypto::Ed25519SecretKey& identity,
                                                         NetworkHandler& handler);

}  // namespace ol::p2p
