#pragma once

#include <ol/rpc/call.hpp>
#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// Argument `i` of a debug_trace* method as geth's TraceConfig; the default if it was not given.
[[nodiscard]] Result<TraceOptions, RpcError> trace_options_param(const Params& params,
                                                                 std::size_t i);
/// Where debug_traceCall runs, in the same argument: overrides, and after how many transactions of
/// the block.
[[nodiscard]] Result<void, RpcError> trace_place_param(const Params& params, std::size_t i,
                                                       CallSetting& setting);

/// A Go duration such as "500ms" or "1m30s", in milliseconds; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> read_duration_ms(std::string_view text);

}  // namespace ol::rpc
