// debug_trace*: how transactions ran, or would.
#include "block_ref.hpp"
#include "call_answer.hpp"
#include "call_request.hpp"
#include "json_out.hpp"
#include "methods.hpp"
#include "trace_options.hpp"

namespace ol::rpc {
namespace {

using primitives::EvmHash;
using primitives::TxnHash;

RpcResult trace_transaction(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const TxnHash hash, params.fixed<TxnHash>(0, "a transaction hash"));
  OL_TRY(const TraceOptions options, trace_options_param(params, 1));
  const auto found = backend.find_txn(hash);
  if (!found) return refuse("transaction not found");
  auto traces = backend.trace_block(*found->block, found->index, 1, options);
  if (!traces) return call_failure(traces.error(), found->block->header.number);
  return std::move(traces->front());
}

RpcResult trace_block(const Backend& backend, const BlockPtr& block, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const TraceOptions options, trace_options_param(params, 1));
  if (!block) return refuse("block not found");
  if (block->header.number == 0) return refuse("genesis is not traceable");
  const auto traces = backend.trace_block(*block, 0, block->txns.size(), options);
  if (!traces) return call_failure(traces.error(), block->header.number);
  std::string out = "[";
  for (std::size_t i = 0; i < traces->size(); ++i) {
    if (i != 0) out += ',';
    out += R"({"txHash":)" + quoted(data(block->txns[i].hash)) + R"(,"result":)" + (*traces)[i];
    out += '}';
  }
  return out + "]";
}

RpcResult trace_block_by_number(const Backend& backend, const Params& params) {
  OL_TRY(const BlockRef ref, block_number_param(params, 0));
  // What is pending did not run.
  if (is_pending(ref)) return refuse("tracing on top of pending is not supported");
  return trace_block(backend, find_block(backend, ref), params);
}

RpcResult trace_block_by_hash(const Backend& backend, const Params& params) {
  OL_TRY(const EvmHash hash, params.fixed<EvmHash>(0, "a block hash"));
  return trace_block(backend, backend.block_by_hash(hash), params);
}

RpcResult trace_call(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(3));
  OL_TRY(const CallRequest request, call_request_param(params, 0, backend.chain_id()));
  OL_TRY(const BlockRef ref, block_ref_param(params, 1));
  OL_TRY(const TraceOptions options, trace_options_param(params, 2));
  OL_TRY(CallSetting setting, call_setting(backend, ref));
  OL_TRY_VOID(trace_place_param(params, 2, setting));
  if (setting.txns_before && is_pending(ref)) {
    return refuse("tracing on top of pending is not supported");
  }
  const auto state = backend.call_state(setting);
  if (!state) return call_failure(state.error(), setting.number);
  auto trace = (*state)->trace(request, capped_gas(request.gas), options);
  if (!trace) return call_failure(trace.error(), setting.number);
  return *std::move(trace);
}

}  // namespace

void add_trace_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add(
      "debug_traceTransaction", [node](const Params& p) { return trace_transaction(*node, p); },
      Weight::Heavy);
  registry.add(
      "debug_traceBlockByNumber",
      [node](const Params& p) { return trace_block_by_number(*node, p); }, Weight::Heavy);
  registry.add(
      "debug_traceBlockByHash", [node](const Params& p) { return trace_block_by_hash(*node, p); },
      Weight::Heavy);
  registry.add(
      "debug_traceCall", [node](const Params& p) { return trace_call(*node, p); }, Weight::Heavy);
}

}  // namespace ol::rpc
