// eth_getLogs and filters.
#include "filter_table.hpp"
#include "log_filter.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

using Kind = FilterTable::Kind;

RpcResult get_logs(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const LogCriteria criteria, log_criteria_param(params, 0));
  OL_TRY(const LogQuery query, resolve(backend, criteria));
  return find_logs(backend, query);
}

RpcResult new_filter(FilterTable& filters, const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(LogCriteria criteria, log_criteria_param(params, 0));
  // A range that is none is refused now rather than at each poll.
  if (!criteria.block) OL_TRY_VOID(resolve(backend, criteria));
  return filters.add(Kind::Logs, std::move(criteria));
}

RpcResult new_block_filter(FilterTable& filters, const Params& params) {
  OL_TRY_VOID(params.at_most(0));
  return filters.add(Kind::Blocks);
}

RpcResult new_pending_filter(FilterTable& filters, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  if (!params.has(0)) return filters.add(Kind::PendingHashes);
  OL_TRY(const bool full, params.boolean(0));
  return filters.add(full ? Kind::PendingTxns : Kind::PendingHashes);
}

Result<std::string_view, RpcError> id_param(const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  return params.string(0);
}

}  // namespace

void add_log_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  // Shared by the handlers and the pool's watcher; all live in the registry.
  const auto filters = std::make_shared<FilterTable>(backend);
  registry.add(
      "eth_getLogs", [node](const Params& p) { return get_logs(*node, p); }, Weight::Heavy);
  registry.add("eth_newFilter",
               [filters, node](const Params& p) { return new_filter(*filters, *node, p); });
  registry.add("eth_newBlockFilter",
               [filters](const Params& p) { return new_block_filter(*filters, p); });
  registry.add("eth_newPendingTransactionFilter",
               [filters](const Params& p) { return new_pending_filter(*filters, p); });
  registry.add(
      "eth_getFilterChanges",
      [filters](const Params& p) -> RpcResult {
        OL_TRY(const std::string_view id, id_param(p));
        return filters->changes(id);
      },
      Weight::Heavy);
  registry.add(
      "eth_getFilterLogs",
      [filters](const Params& p) -> RpcResult {
        OL_TRY(const std::string_view id, id_param(p));
        return filters->logs(id);
      },
      Weight::Heavy);
  registry.add("eth_uninstallFilter", [filters](const Params& p) -> RpcResult {
    OL_TRY(const std::string_view id, id_param(p));
    return filters->remove(id) ? "true" : "false";
  });
  registry.watch_pool([filters](const primitives::TxnHash& hash) { filters->on_pending(hash); });
}

}  // namespace ol::rpc
