#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <ol/rpc/backend.hpp>
#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// Answers one call with the JSON text of `result`. Called from several threads at once; must not
/// throw, wait for the network, or keep the Params.
using Handler = std::function<RpcResult(const Params&)>;

/// The methods a server answers, by name. Filled at start-up by one thread, read-only afterwards.
class Registry {
 public:
  /// Adds a method. Stops the process if the name is taken: two owners are a programming mistake.
  void add(std::string name, Handler handler);
  /// Null if there is no such method.
  [[nodiscard]] const Handler* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, Handler, std::less<>>& methods() const {
    return methods_;
  }

 private:
  std::map<std::string, Handler, std::less<>> methods_;
};

/// Adds every method of docs/protocol/json-rpc.md: web3, net, eth, txpool and ol. `backend` must
/// outlive the registry. Subscriptions belong to the server and are not in a registry.
void add_standard_methods(Registry& registry, Backend& backend);

}  // namespace ol::rpc
