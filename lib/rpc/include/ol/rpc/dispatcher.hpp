#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ol/rpc/registry.hpp>
#include <ol/rpc/stats.hpp>

namespace ol::rpc {

/// Where eth_subscribe and eth_unsubscribe go: the WebSocket connection a request came from.
class SubscriptionHost {
 public:
  [[nodiscard]] virtual RpcResult subscribe(const Params& params) = 0;
  [[nodiscard]] virtual RpcResult unsubscribe(const Params& params) = 0;

 protected:
  ~SubscriptionHost() = default;
};

struct DispatchLimits {
  std::size_t batch_max = 100;
  /// Once the answers of a batch exceed this, its remaining calls are refused.
  std::size_t batch_response_bytes_max = 25 * 1024 * 1024;
};

/// Turns request bytes into response bytes: JSON-RPC 2.0 without a transport. Any thread.
/// Format and error codes: docs/protocol/json-rpc.md.
class Dispatcher {
 public:
  explicit Dispatcher(Registry registry, DispatchLimits limits = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// The response to one request or batch; empty if there is nothing to answer (notifications).
  /// `host` is null where subscriptions are not possible.
  [[nodiscard]] std::string handle(std::string_view request, SubscriptionHost* host = nullptr);

  /// Whether the answer to `request` may have to wait for a block: it names such a method. Does not
  /// parse; then `begin` is for it. In a batch such methods are refused, and `handle` refuses them.
  [[nodiscard]] bool may_wait(std::string_view request) const;
  /// A call whose answer is not there yet.
  struct Waiting {
    std::string id;  // JSON text
    Wait wait;
  };
  /// The response to `request`, or what it waits for.
  [[nodiscard]] std::variant<std::string, Waiting> begin(std::string_view request);
  /// The response to a call that waited.
  [[nodiscard]] static std::string respond(const Waiting& call, const RpcResult& result);

  /// Whether `request` may take long: it names a heavy method, or is large. Does not parse; a wrong
  /// answer changes which thread does the work and nothing else.
  [[nodiscard]] bool is_heavy(std::string_view request) const;

  /// What each method cost so far; methods never called are left out.
  [[nodiscard]] std::vector<MethodStats> stats() const;

 private:
  struct Call;
  struct Counter;
  struct Entry;

  [[nodiscard]] std::string handle_batch(const Call& batch);
  [[nodiscard]] std::string handle_one(const Call& call);
  [[nodiscard]] RpcResult invoke(const Call& call, std::string_view method);
  [[nodiscard]] RpcResult invoke_entry(Entry& entry, const Params& params, SubscriptionHost* host);

  DispatchLimits limits_;
  std::vector<std::string> heavy_names_;    // in quotes
  std::vector<std::string> waiting_names_;  // in quotes
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
  std::unique_ptr<Entry> other_;
};

}  // namespace ol::rpc
