#pragma once

#include <string>

#include <ol/p2p/network.hpp>
#include <ol/primitives/validator_set.hpp>

#include "reach.hpp"

namespace ol::node {

/// The result of `ol_peers` (docs/protocol/json-rpc.md): every peer the network knows, with what is
/// known of its connection, and how much of the validators' weight is reached.
[[nodiscard]] std::string peers_json(const p2p::PeerId& self, const p2p::NetworkCounters& network,
                                     const primitives::ValidatorSet& set, const Reach& reach);

}  // namespace ol::node
