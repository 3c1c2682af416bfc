#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ol/rpc/backend.hpp>
#include <ol/rpc/extension.hpp>
#include <ol/rpc/registry.hpp>
#include <ol/rpc/stats.hpp>

namespace ol::rpc {

/// An address to listen on. Port 0 lets the system choose.
struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

/// What one client may cost us. docs/protocol/json-rpc.md lists the same numbers.
struct ServerLimits {
  std::size_t body_bytes_max = 5 * 1024 * 1024;
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t batch_max = 100;
  /// Answers of one batch together.
  std::size_t batch_response_bytes_max = 25 * 1024 * 1024;
  std::size_t connections_max = 1024;
  std::size_t connections_per_ip_max = 256;
  std::size_t subscriptions_per_client_max = 32;
  /// Messages and bytes waiting for one WebSocket client; an event beyond either cuts it. Of
  /// answers only a few wait: then no further request is read.
  std::size_t send_queue_messages_max = 1024;
  std::size_t send_queue_bytes_max = 32 * 1024 * 1024;
  /// From the first byte of a request to its last.
  std::chrono::milliseconds read_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  /// Between requests of one HTTP connection; on WebSocket, silence before a ping is sent and again
  /// before the connection is closed.
  std::chrono::milliseconds idle_timeout{120'000};
};

struct ServerOptions {
  /// HTTP and WebSocket are both served on each.
  std::vector<Endpoint> endpoints{Endpoint{}};
  ServerLimits limits;
  /// Browser origins that may read answers; "*" for any. Empty: none.
  std::vector<std::string> cors_origins;
  /// Host names a request may be addressed to, against DNS rebinding; IP addresses are always
  /// allowed, "*" allows all.
  std::vector<std::string> vhosts{"localhost"};
};

/// What the node says about itself outside JSON-RPC. Called from rpc threads.
struct ServerHooks {
  /// The body of /metrics, in Prometheus' text format. Absent: 404.
  std::function<std::string()> metrics;
  /// What is wrong with the node, in one sentence; empty if nothing is. For /healthz.
  std::function<std::string()> unhealthy;
  /// Told of each client cut for cause: its address and the reason. For the log.
  std::function<void(const std::string& address, const std::string& reason)> client_dropped;
  /// Further paths, or null. Outlives the server.
  Extension* extension = nullptr;
};

/// JSON-RPC over HTTP/1.1 and WebSocket. Starts no threads: `run` is called by as many as the node
/// gives it. Every public method may be called from any thread, except that `listen` comes first
/// and once. Format: docs/protocol/json-rpc.md.
class Server {
 public:
  /// `backend` must outlive the server.
  Server(ServerOptions options, Registry registry, const Backend& backend, ServerHooks hooks = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds every endpoint. The error is a sentence that names the endpoint and what is wrong.
  [[nodiscard]] Result<void, std::string> listen();
  /// The port of endpoint `i`, once listening.
  [[nodiscard]] std::uint16_t port(std::size_t i = 0) const;
  /// Serves until `stop`.
  void run();
  /// Runs heavy methods until `stop`; for threads of their own, perhaps of lower priority. Where
  /// there are none, `run` does this work too.
  void run_calls();
  /// Closes every connection and lets `run` and `run_calls` return. May be called more than once.
  void stop();

  /// Tells the subscribers of newHeads. Never waits for a client.
  void publish_new_head(const primitives::EvmHeader& header, const primitives::EvmHash& hash);
  /// Tells the subscribers of logs what a committed block left. Shares the block until then.
  void publish_logs(BlockPtr block);
  /// Tells the subscribers of newPendingTransactions and the filters of a transaction now in the
  /// pool.
  void publish_pending(const primitives::TxnHash& hash);

  [[nodiscard]] ServerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::rpc
