// eth_call, eth_estimateGas and eth_createAccessList: transactions that are asked about.
#include <boost/json/array.hpp>

#include "block_ref.hpp"
#include "call_answer.hpp"
#include "call_request.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;

/// The arguments of all three: the call, its block, overrides of state and block.
struct PreparedCall {
  CallRequest request;
  CallSetting setting;
  std::unique_ptr<CallState> state;
};

/// Which place "latest" means: for eth_call the head itself, as geth has it; for gas the block a
/// transaction sent now would be in, where another second may have come.
enum class Latest : std::uint8_t { Head, Next };

Result<PreparedCall, RpcError> prepare(const Backend& backend, const Params& params,
                                       Latest latest) {
  OL_TRY_VOID(params.at_most(4));
  PreparedCall out;
  OL_TRY(out.request, call_request_param(params, 0, backend.chain_id()));
  OL_TRY(const BlockRef block, block_ref_param(params, 1, Presence::Optional));
  OL_TRY(out.setting, call_setting(backend, block));
  const auto* tag = std::get_if<BlockTag>(&block);
  if (latest == Latest::Next && tag != nullptr && *tag == BlockTag::Latest) {
    out.setting.place = CallPlace::AfterBlock;
  }
  OL_TRY_VOID(override_params(params, 2, out.setting));
  auto state = backend.call_state(out.setting);
  if (!state) return call_failure(state.error(), out.setting.number);
  out.state = *std::move(state);
  return out;
}

RpcResult call(const Backend& backend, const Params& params) {
  OL_TRY(const PreparedCall prepared, prepare(backend, params, Latest::Head));
  const std::uint64_t gas = capped_gas(prepared.request.gas);
  const auto result = prepared.state->call(prepared.request, gas);
  if (!result) return call_failure(result.error(), prepared.setting.number, gas);
  if (!result->success) return fail(call_error(*result));
  return quoted(data(result->output));
}

RpcResult estimate(const Backend& backend, const Params& params) {
  OL_TRY(const PreparedCall prepared, prepare(backend, params, Latest::Next));
  OL_TRY(const std::uint64_t gas,
         estimate_gas(*prepared.state, prepared.request, prepared.setting.number));
  return quoted(quantity(gas));
}

/// With what a list warms, code may take another way; the list is taken when it stays the same.
RpcResult create_access_list(const Backend& backend, const Params& params) {
  constexpr int kRoundsMax = 16;
  OL_TRY(PreparedCall prepared, prepare(backend, params, Latest::Next));
  const std::uint64_t gas = capped_gas(prepared.request.gas);
  CallState::Listed listed;
  for (int round = 0; round < kRoundsMax; ++round) {
    auto next = prepared.state->list(prepared.request, gas);
    if (!next) {
      return refuse("failed to apply transaction: " + next.error().message);
    }
    listed = *std::move(next);
    if (listed.reached == prepared.request.access_list) break;
    prepared.request.access_list = listed.reached;
  }
  json::object out{{"accessList", access_list_json(listed.reached)}};
  if (!listed.result.success) out["error"] = listed.result.error;
  out["gasUsed"] = quantity(listed.result.gas_used);
  return json::serialize(out);
}

}  // namespace

void add_call_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("eth_call", [node](const Params& p) { return call(*node, p); }, Weight::Heavy);
  registry.add(
      "eth_estimateGas", [node](const Params& p) { return estimate(*node, p); }, Weight::Heavy);
  registry.add(
      "eth_createAccessList", [node](const Params& p) { return create_access_list(*node, p); },
      Weight::Heavy);
}

}  // namespace ol::rpc
