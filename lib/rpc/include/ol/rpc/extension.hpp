#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ol::rpc {

enum class ExtensionMethod : std::uint8_t { Get, Post };

/// A request for a path of an extension.
struct ExtensionRequest {
  ExtensionMethod method = ExtensionMethod::Get;
  std::string target;  // path and query
  std::string body;
};

struct ExtensionHeader {
  std::string name;
  std::string value;
};

struct ExtensionReply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<ExtensionHeader> headers;
};

/// Where a WebSocket client's messages go. Any thread; never waits. A client that does not read
/// what it is sent is cut when its queue is full.
class ExtensionSink {
 public:
  virtual ~ExtensionSink() = default;
  /// Sends a text message. Shared between the clients it goes to.
  virtual void send(std::shared_ptr<const std::string> text) = 0;
};

/// A WebSocket client of an extension. Called from one thread at a time, not for long.
class ExtensionClient {
 public:
  virtual ~ExtensionClient() = default;
  virtual void receive(std::string_view text) = 0;
};

/// Paths that the server answers beside JSON-RPC, within its limits of size, time, connections,
/// hosts and origins. Called from rpc threads.
class Extension {
 public:
  using Reply = std::function<void(ExtensionReply)>;

  virtual ~Extension() = default;
  /// Whether requests of `method` for `path` (without query) are its own.
  [[nodiscard]] virtual bool serves(ExtensionMethod method, std::string_view path) const = 0;
  /// Answers; `done` is called exactly once, from any thread, perhaps much later. Whoever keeps it
  /// gives it up before the server is destroyed.
  virtual void answer(ExtensionRequest request, Reply done) = 0;
  /// Whether WebSocket is served at `path`.
  [[nodiscard]] virtual bool upgrades(std::string_view path) const = 0;
  /// A new client; `sink` may outlive it and then sends nothing.
  [[nodiscard]] virtual std::unique_ptr<ExtensionClient> connect(
      std::weak_ptr<ExtensionSink> sink) = 0;
};

}  // namespace ol::rpc
