// eth_simulateV1: transactions in blocks that nobody proposed.
#include <boost/json/array.hpp>

#include "block_ref.hpp"
#include "call_answer.hpp"
#include "call_request.hpp"
#include "json_fields.hpp"
#include "json_out.hpp"
#include "log_filter.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// Of one request, those that fill gaps among them.
constexpr std::uint64_t kBlocksMax = 256;
/// Between simulated blocks whose times are not given.
constexpr std::uint64_t kSecondsBetween = 1;

struct SimulateOptions {
  std::vector<SimulateBlock> blocks;
  bool trace_transfers = false;
  bool validation = false;
  TxnDetail detail = TxnDetail::Hashes;
};

/// Part of the first argument.
template <typename T>
Result<T, RpcError> part(Result<T, PhraseError> read) {
  if (!read) return bad_argument(0, read.error());
  return *std::move(read);
}

Result<std::vector<CallRequest>, RpcError> read_calls(const object& fields,
                                                      std::uint64_t chain_id) {
  std::vector<CallRequest> out;
  const auto found = find_member(fields, "calls");
  if (!found) return out;
  array list;
  if (found->get(list) != simdjson::SUCCESS) return bad_argument(0, "calls: want an array");
  for (const element item : list) {
    object call;
    if (item.get(call) != simdjson::SUCCESS) return bad_argument(0, "calls: want objects");
    OL_TRY_VOID(check_chain(call, 0, chain_id));
    OL_TRY(CallRequest request, part(read_call(call)));
    out.push_back(std::move(request));
  }
  return out;
}

Result<SimulateBlock, RpcError> read_block(const object& fields, std::uint64_t chain_id) {
  SimulateBlock out;
  OL_TRY(const auto block, part(read_object_field(fields, "blockOverrides")));
  OL_TRY(const auto state, part(read_object_field(fields, "stateOverrides")));
  if (block) {
    OL_TRY(out.block, part(read_block_overrides(*block)));
  }
  if (state) {
    OL_TRY(out.state, part(read_state_overrides(*state)));
  }
  OL_TRY(out.calls, read_calls(fields, chain_id));
  return out;
}

Result<SimulateOptions, RpcError> read_options(const object& fields, std::uint64_t chain_id) {
  SimulateOptions out;
  OL_TRY(out.trace_transfers, part(read_flag(fields, "traceTransfers")));
  OL_TRY(out.validation, part(read_flag(fields, "validation")));
  OL_TRY(const bool full, part(read_flag(fields, "returnFullTransactions")));
  if (full) out.detail = TxnDetail::Full;
  const auto blocks = find_member(fields, "blockStateCalls");
  array list;
  if (!blocks || blocks->get(list) != simdjson::SUCCESS) {
    return bad_argument(0, "blockStateCalls: want an array");
  }
  for (const element item : list) {
    object block;
    if (item.get(block) != simdjson::SUCCESS) {
      return bad_argument(0, "blockStateCalls: want objects");
    }
    OL_TRY(SimulateBlock read, read_block(block, chain_id));
    out.blocks.push_back(std::move(read));
  }
  return out;
}

std::unexpected<RpcError> not_ascending(int code, const char* what, std::uint64_t value,
                                        std::uint64_t before) {
  return fail(RpcError{code, std::string("block ") + what + " must be in order: " +
                                 std::to_string(value) + " <= " + std::to_string(before)});
}

/// Numbers and times for all, and blocks without calls where numbers are left out.
Result<std::vector<SimulateBlock>, RpcError> complete(std::vector<SimulateBlock> blocks,
                                                      const primitives::EvmHeader& base) {
  std::vector<SimulateBlock> out;
  std::uint64_t number = base.number;
  std::uint64_t time = base.timestamp;
  for (SimulateBlock& block : blocks) {
    const std::uint64_t wanted = block.block.number.value_or(number + 1);
    if (wanted <= number) {
      return not_ascending(kBlockNumbersNotAscending, "numbers", wanted, number);
    }
    if (wanted - base.number > kBlocksMax) return fail(RpcError{kTooManyBlocks, "too many blocks"});
    while (++number < wanted) {
      time += kSecondsBetween;
      SimulateBlock gap;
      gap.block.number = number;
      gap.block.time = time;
      out.push_back(std::move(gap));
    }
    const std::uint64_t wanted_time = block.block.time.value_or(time + kSecondsBetween);
    if (wanted_time <= time) {
      return not_ascending(kBlockTimesNotAscending, "timestamps", wanted_time, time);
    }
    time = wanted_time;
    block.block.number = number;
    block.block.time = time;
    out.push_back(std::move(block));
  }
  return out;
}

json::object error_json(const CallResult& result) {
  if (!result.reverted) return {{"code", kVmError}, {"message", result.error}};
  const std::string reason = result.reason ? ": " + *result.reason : std::string();
  return {{"code", kReverted}, {"message", result.error + reason}, {"data", data(result.output)}};
}

json::array calls_json(const SimulatedBlock& simulated) {
  const BlockRecord& block = simulated.block;
  json::array out;
  std::uint64_t log_index = 0;
  for (std::size_t i = 0; i < simulated.calls.size(); ++i) {
    const SimulatedCallResult& call = simulated.calls[i];
    json::array logs;
    for (const primitives::Log& log : call.logs) {
      logs.emplace_back(log_json({.log = log,
                                  .block_number = block.header.number,
                                  .block_hash = block.hash,
                                  .block_time = block.header.timestamp,
                                  .txn_hash = block.txns[i].hash,
                                  .txn_index = i,
                                  .log_index = log_index++}));
    }
    const bool success = call.result.success;
    json::object fields{{"returnData", success ? data(call.result.output) : "0x"},
                        {"logs", std::move(logs)},
                        {"gasUsed", quantity(call.result.gas_used)},
                        {"maxUsedGas", quantity(call.gas_used_max)},
                        {"status", success ? "0x1" : "0x0"}};
    if (!success) fields["error"] = error_json(call.result);
    out.emplace_back(std::move(fields));
  }
  return out;
}

RpcResult simulate(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(2));
  OL_TRY(const element argument_json, argument(params, 0));
  object fields;
  if (argument_json.get(fields) != simdjson::SUCCESS) return bad_argument(0, "want an object");
  OL_TRY(SimulateOptions options, read_options(fields, backend.chain_id()));
  if (options.blocks.empty()) return fail(RpcError{kInvalidParams, "empty input"});
  OL_TRY(const BlockRef ref, block_ref_param(params, 1, Presence::Optional));
  OL_TRY(const std::uint64_t number, state_number(backend, ref));
  const BlockPtr base = backend.block_by_number(number);
  if (!base) return refuse("header not found");
  SimulateRequest request{.number = number,
                          .blocks = {},
                          .trace_transfers = options.trace_transfers,
                          .validation = options.validation,
                          .gas_max = kCallGasMax};
  OL_TRY(request.blocks, complete(std::move(options.blocks), base->header));
  const auto simulated = backend.simulate(request);
  if (!simulated) return fail(simulated.error());
  json::array out;
  for (const SimulatedBlock& one : *simulated) {
    json::object block = block_json(one.block, options.detail, BlockStage::Committed);
    block["calls"] = calls_json(one);
    out.emplace_back(std::move(block));
  }
  return json::serialize(out);
}

}  // namespace

void add_simulate_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add(
      "eth_simulateV1", [node](const Params& p) { return simulate(*node, p); }, Weight::Heavy);
}

}  // namespace ol::rpc
