#pragma once

#include <memory>

#include <ol/p2p/identity.hpp>
#include <ol/p2p/network.hpp>

namespace ol::p2p {

/// The Network on a libp2p host (docs/protocol/p2p.md): direct streams for channels, gossipsub for
/// topics, identify, ping and Kademlia beside them.
/// @param identity  Borrowed for the call; the network keeps a copy of its own and wipes it.
/// @param handler   Borrowed; must outlive the network.
[[nodiscard]] std::unique_ptr<Network> make_stack_network(NetworkConfig config,
                                                          const IdentityKey& identity,
                                                          NetworkHandler& handler);

}  // namespace ol::p2p
