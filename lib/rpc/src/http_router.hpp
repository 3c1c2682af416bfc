#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ol/rpc/dispatcher.hpp>
#include <ol/rpc/server.hpp>

namespace ol::rpc {

enum class HttpMethod : std::uint8_t { Get, Post, Options, Other };

/// The parts of a request's head that decide anything. Borrows the request.
struct HttpHead {
  HttpMethod method = HttpMethod::Other;
  std::string_view target;
  std::string_view host;
  std::string_view origin;
  std::string_view content_type;
  bool upgrades = false;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<HttpHeader> headers;
};

/// Whether a request for `host` (the Host header) is meant for us: DNS rebinding makes a browser
/// send its own site's name to our address. IP addresses and an absent header are let through.
[[nodiscard]] bool host_is_allowed(std::string_view host, const std::vector<std::string>& vhosts);
/// Whether scripts of `origin` may talk to us.
[[nodiscard]] bool origin_is_allowed(std::string_view origin,
                                     const std::vector<std::string>& origins);

/// What each request is answered, without any socket. Any thread.
class HttpRouter {
 public:
  /// Borrows all three.
  HttpRouter(const ServerOptions& options, const ServerHooks& hooks, Dispatcher& dispatcher)
      : options_(options), hooks_(hooks), dispatcher_(dispatcher) {}

  /// The refusal of a request whose body need not be read, if it is refused.
  [[nodiscard]] std::optional<HttpReply> refuse(const HttpHead& head) const;
  /// The extension whose path it is, or null.
  [[nodiscard]] Extension* extension_of(const HttpHead& head) const;
  /// What an extension answered, with what every reply says.
  [[nodiscard]] HttpReply extension_reply(const HttpHead& head, ExtensionReply reply) const;
  /// A JSON-RPC response with what every reply says.
  [[nodiscard]] HttpReply json_reply(const HttpHead& head, std::string response) const;
  /// The answer to a request that was not refused.
  [[nodiscard]] HttpReply answer(const HttpHead& head, std::string_view body) const;

 private:
  [[nodiscard]] HttpReply answer_get(std::string_view path) const;
  void add_cors(const HttpHead& head, HttpReply& reply) const;

  const ServerOptions& options_;
  const ServerHooks& hooks_;
  Dispatcher& dispatcher_;
};

}  // namespace ol::rpc
