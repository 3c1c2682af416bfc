#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ol/rpc/backend.hpp>
#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// Answers one call with the JSON text of `result`. Called from several threads at once; must not
/// throw, wait for the network, or keep the Params.
using Handler = std::function<RpcResult(const Params&)>;

/// What the answer to a call waits for.
struct Wait {
  /// The answer, once it is there. Asked after each new block, by one thread at a time; otherwise
  /// as a Handler.
  std::function<std::optional<RpcResult>()> poll;
  std::chrono::milliseconds patience{0};
  /// The answer when that is over.
  RpcError late;
};
/// Begins such a call: the answer if it is known already. Otherwise as a Handler.
using WaitingHandler = std::function<std::variant<RpcResult, Wait>(const Params&)>;

/// Told of each transaction that enters the pool. Must not wait; called from any thread.
using PoolWatcher = std::function<void(const primitives::TxnHash&)>;

/// Where a method runs: quick ones on rpc threads; those that may take long (milliseconds to
/// seconds) on call threads, so that they keep nobody else waiting.
enum class Weight : std::uint8_t { Quick, Heavy };

/// The methods a server answers, by name. Filled at start-up by one thread, read-only afterwards.
class Registry {
 public:
  /// Adds a method. Stops the process if the name is taken: two owners are a programming mistake.
  void add(std::string name, Handler handler, Weight weight = Weight::Quick);
  /// Adds a method whose answer may wait for a block. No thread waits with it.
  void add_waiting(std::string name, WaitingHandler handler);
  [[nodiscard]] const std::map<std::string, WaitingHandler, std::less<>>& waiting_methods() const {
    return waiting_methods_;
  }
  /// Adds a watcher for methods that answer what is new in the pool.
  void watch_pool(PoolWatcher watcher) { pool_watchers_.push_back(std::move(watcher)); }
  [[nodiscard]] const std::vector<PoolWatcher>& pool_watchers() const { return pool_watchers_; }
  [[nodiscard]] const std::vector<std::string>& heavy_methods() const { return heavy_methods_; }
  /// Null if there is no such method.
  [[nodiscard]] const Handler* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, Handler, std::less<>>& methods() const {
    return methods_;
  }

 private:
  std::map<std::string, Handler, std::less<>> methods_;
  std::map<std::string, WaitingHandler, std::less<>> waiting_methods_;
  std::vector<std::string> heavy_methods_;
  std::vector<PoolWatcher> pool_watchers_;
};

/// Adds every method of docs/protocol/json-rpc.md: web3, net, eth, txpool, debug and ol. `backend`
/// must outlive the registry. Subscriptions belong to the server and are not in a registry.
void add_standard_methods(Registry& registry, Backend& backend);

}  // namespace ol::rpc
