#include <ol/rpc/registry.hpp>

#include <ol/base/check.hpp>

#include "methods.hpp"

namespace ol::rpc {

void Registry::add(std::string name, Handler handler, Weight weight) {
  if (weight == Weight::Heavy) heavy_methods_.push_back(name);
  const bool added = methods_.emplace(std::move(name), std::move(handler)).second;
  OL_CHECK(added, "an RPC method is registered once");
}

void Registry::add_waiting(std::string name, WaitingHandler handler) {
  const bool added = waiting_methods_.emplace(std::move(name), std::move(handler)).second;
  OL_CHECK(added, "an RPC method is registered once");
}

const Handler* Registry::find(std::string_view name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

void add_standard_methods(Registry& registry, Backend& backend) {
  add_node_methods(registry, backend);
  add_account_methods(registry, backend);
  add_block_methods(registry, backend);
  add_txn_methods(registry, backend);
  add_fee_methods(registry, backend);
  add_call_methods(registry, backend);
  add_simulate_methods(registry, backend);
  add_pool_methods(registry, backend);
  add_log_methods(registry, backend);
  add_trace_methods(registry, backend);
}

}  // namespace ol::rpc
