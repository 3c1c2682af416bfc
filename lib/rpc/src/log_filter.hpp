#pragma once

#include <optional>
#include <variant>

#include <simdjson.h>

#include <ol/rpc/log_query.hpp>
#include <ol/rpc/params.hpp>

#include "block_ref.hpp"
#include "json_out.hpp"

namespace ol::rpc {

/// What eth_getLogs, eth_newFilter and eth_subscribe(logs) are given.
struct LogCriteria {
  /// Only this block; `from` and `to` say nothing then.
  std::optional<primitives::EvmHash> block;
  /// Absent: latest.
  std::optional<BlockRef> from;
  std::optional<BlockRef> to;
  LogFilter filter;
};

/// Argument `i`. Bounds and errors are geth's.
[[nodiscard]] Result<LogCriteria, RpcError> log_criteria_param(const Params& params, std::size_t i);

/// The logs of one answer; more are an error (-32005).
inline constexpr std::size_t kLogsMax = 20'000;

/// Heights that `criteria` means now; `last` is at most the head. Nothing to search if `last` is
/// below `first`.
[[nodiscard]] Result<LogQuery, RpcError> resolve(const Backend& backend,
                                                 const LogCriteria& criteria);
/// The JSON array of all logs that `query` finds.
[[nodiscard]] RpcResult find_logs(const Backend& backend, const LogQuery& query);

/// Log `place` of transaction `index`, which is log `log_index` of the block.
[[nodiscard]] LogRecord log_record(const BlockRecord& block, std::size_t index, std::size_t place,
                                   std::size_t log_index);
[[nodiscard]] boost::json::object log_json(const LogRecord& record);

}  // namespace ol::rpc
