#pragma once

#include <cstddef>

namespace ol::app {

/// `trips` round trips of `bytes` over a loopback TCP connection that carries nothing else: each
/// end, on a thread of its own, waits in epoll, reads and sends, as Asio does. What the kernel
/// takes for that is the least that a protocol on top can take.
/// @return CPU seconds of both ends together.
[[nodiscard]] double bare_round_trips_seconds(std::size_t trips, std::size_t bytes);

}  // namespace ol::app
