#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ol::p2p {

/// TCP ports of 127.0.0.1 for nodes that must know one another's before they listen: benchmarks
/// and tests. All different, free now, and below those that the kernel takes for outgoing
/// connections, so that none of these is in the way later. Processes start their search at places
/// of their own; no call of one process gives a port twice before the range is used up.
///
/// @return fewer than `count` if there are no more.
std::vector<std::uint16_t> free_local_ports(std::size_t count);

}  // namespace ol::p2p
