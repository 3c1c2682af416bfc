#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace ol::app {

/// A connection to a node that stays open between requests. Blocking; one thread at a time.
class RpcConnection {
 public:
  /// `url` is http://HOST:PORT; `patience` is for each answer. Throws CommandError if nobody
  /// answers there.
  explicit RpcConnection(const std::string& url,
                         std::chrono::seconds patience = std::chrono::seconds(5));
  RpcConnection(const RpcConnection&) = delete;
  RpcConnection& operator=(const RpcConnection&) = delete;
  ~RpcConnection();

  /// The result of one call. Throws CommandError with the node's own words when it answers with an
  /// error.
  [[nodiscard]] boost::json::value call(std::string_view method, std::string_view params = "[]");
  /// The answer to any request body at a path: JSON-RPC, single or batch, at "/".
  [[nodiscard]] boost::json::value exchange(std::string_view body, std::string_view path = "/");

 private:
  class Socket;
  std::string url_;
  std::string host_;
  std::chrono::seconds patience_;
  std::unique_ptr<Socket> socket_;
};

/// Asks a node over HTTP, blocking. `url` is http://HOST:PORT. Throws CommandError with the node's
/// own words when it answers with an error, and what to check when it does not answer.
[[nodiscard]] boost::json::value rpc_call(const std::string& url, std::string_view method,
                                          std::string_view params = "[]");

}  // namespace ol::app
