#pragma once

#include <atomic>
#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "connection_table.hpp"
#include "event_hub.hpp"
#include "http_router.hpp"
#include "send_queues.hpp"
#include "waiting_room.hpp"

namespace ol::rpc {

/// Bytes may wait for all WebSocket clients together as they may for so many whose queues are full
/// (ServerLimits::send_queue_bytes_max): 512 MiB unless told otherwise.
constexpr std::size_t kFullQueuesMax = 16;

struct Counters {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused_total{0};
  std::atomic<std::uint64_t> connections_refused_per_ip{0};
  std::atomic<std::uint64_t> websockets_opened{0};
  std::atomic<std::uint64_t> http_requests{0};
  std::atomic<std::uint64_t> http_errors{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> slow_clients_dropped{0};
  std::atomic<std::uint64_t> greatest_queues_dropped{0};
  std::atomic<std::uint64_t> events_dropped{0};
};

/// What the sessions of a server share. It outlives them: `io`, `calls` and `waiting`, whose ends
/// destroy the sessions that wait in them, are the last members and so the first to go.
struct Core {
  Core(ServerOptions server_options, Registry registry, const Backend& node,
       ServerHooks server_hooks)
      : options(std::move(server_options)),
        hooks(std::move(server_hooks)),
        backend(node),
        dispatcher(std::move(registry), DispatchLimits{options.limits.batch_max,
                                                       options.limits.batch_response_bytes_max}),
        router(options, hooks, dispatcher),
        connections(options.limits.connections_max, options.limits.connections_per_ip_max),
        send_queues(kFullQueuesMax * options.limits.send_queue_bytes_max) {}

  const ServerOptions options;
  const ServerHooks hooks;
  const Backend& backend;
  Dispatcher dispatcher;
  const HttpRouter router;
  Counters counters;
  EventHub hub;
  ConnectionTable connections;
  SendQueues send_queues;
  boost::asio::io_context io;
  /// What waits for a call thread. After `io`, because it holds sessions too.
  boost::asio::io_context calls;
  std::atomic<std::size_t> call_threads{0};
  WaitingRoom waiting{io};

  /// Whether `request` is for the call threads, if there are any.
  [[nodiscard]] bool is_for_call_threads(std::string_view request) const {
    return call_threads.load() != 0 && dispatcher.is_heavy(request);
  }
};

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// Serves HTTP on a new connection until it closes or becomes a WebSocket. Keeps itself alive.
void start_http_session(Core& core, boost::asio::ip::tcp::socket socket, ConnectionSlot slot);

/// Takes over a connection whose upgrade request was read. Keeps itself alive.
void start_ws_session(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
                      ConnectionSlot slot);

/// The same for a path of the extension.
void start_extension_session(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
                             ConnectionSlot slot);

}  // namespace ol::rpc
