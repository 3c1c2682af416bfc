#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ol::rpc {

/// Upper bounds of the latency histogram, in microseconds; one more bucket holds the rest.
inline constexpr std::array<std::uint64_t, 8> kLatencyBoundsUs = {
    50, 100, 500, 1'000, 5'000, 25'000, 100'000, 1'000'000};

/// What one method cost so far. Calls of unknown methods are counted under the name "other", so
/// that callers cannot grow the list.
struct MethodStats {
  std::string method;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t time_us = 0;
  /// Calls per bucket, not cumulative.
  std::array<std::uint64_t, kLatencyBoundsUs.size() + 1> latency{};
};

/// Counters since start, and gauges: `connections_open`, `subscriptions_open`, `send_queue_bytes`.
struct ServerStats {
  /// Threads in Server::run_calls.
  std::size_t call_threads = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t subscriptions_open = 0;
  /// Waiting to be sent to all WebSocket clients together.
  std::uint64_t send_queue_bytes = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused_total = 0;
  std::uint64_t connections_refused_per_ip = 0;
  std::uint64_t websockets_opened = 0;
  std::uint64_t http_requests = 0;
  std::uint64_t http_errors = 0;
  std::uint64_t timeouts = 0;
  /// WebSocket clients cut because they did not read what they asked for.
  std::uint64_t slow_clients_dropped = 0;
  /// Those of them for whom most waited when too much waited for all.
  std::uint64_t greatest_queues_dropped = 0;
  /// Events not handed on because the rpc threads were too far behind.
  std::uint64_t events_dropped = 0;
  std::vector<MethodStats> methods;
};

}  // namespace ol::rpc
