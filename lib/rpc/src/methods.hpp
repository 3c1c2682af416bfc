#pragma once

#include <ol/rpc/registry.hpp>

namespace ol::rpc {

// One function per area of docs/protocol/json-rpc.md; each adds its methods. `backend` outlives the
// registry.
void add_node_methods(Registry& registry, const Backend& backend);
void add_account_methods(Registry& registry, const Backend& backend);
void add_block_methods(Registry& registry, const Backend& backend);
void add_txn_methods(Registry& registry, Backend& backend);
void add_fee_methods(Registry& registry, const Backend& backend);
void add_call_methods(Registry& registry, const Backend& backend);
void add_simulate_methods(Registry& registry, const Backend& backend);
void add_pool_methods(Registry& registry, const Backend& backend);
void add_log_methods(Registry& registry, const Backend& backend);
void add_trace_methods(Registry& registry, const Backend& backend);

}  // namespace ol::rpc
