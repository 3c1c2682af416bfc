// What gas costs: suggestions and history.
#include <charconv>
#include <memory>

#include <fmt/format.h>

#include "block_ref.hpp"
#include "fee_history.hpp"
#include "fee_oracle.hpp"
#include "json_in.hpp"
#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::element;

RpcResult max_priority_fee(FeeOracle& oracle, const Params& params) {
  OL_TRY_VOID(params.at_most(0));
  return quoted(quantity(oracle.suggest_priority_fee()));
}

// The suggestion for transactions with one price: what the next block burns, and the tip.
RpcResult gas_price(FeeOracle& oracle, const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(0));
  const U256 base_fee = primitives::next_base_fee(backend.head()->header);
  return quoted(quantity(base_fee + oracle.suggest_priority_fee()));
}

Result<std::uint64_t, PhraseError> read_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return fail(PhraseError("invalid number"));
  return value;
}

// The count may be a JSON number, a decimal string or a hex quantity, as clients send all three.
Result<std::uint64_t, RpcError> block_count_param(const Params& params) {
  OL_TRY(const element json, argument(params, 0));
  std::uint64_t number = 0;
  if (json.get(number) == simdjson::SUCCESS) return number;
  if (json.is_number()) return bad_argument(0, "invalid number");
  const auto text = read_string(json, "a number");
  if (!text) return bad_argument(0, text.error());
  const auto value = text->starts_with("0x") ? read_quantity(*text) : read_decimal(*text);
  if (!value) return bad_argument(0, value.error());
  return *value;
}

Result<std::vector<double>, RpcError> percentiles_param(const Params& params) {
  std::vector<double> out;
  const auto json = find_argument(params, 2);
  if (!json) return out;
  simdjson::dom::array list;
  if (json->get(list) != simdjson::SUCCESS) return bad_argument(2, "want an array of numbers");
  for (const element item : list) {
    double value = 0;
    if (item.get(value) != simdjson::SUCCESS) return bad_argument(2, "want an array of numbers");
    out.push_back(value);
  }
  return out;
}

// Fills `newest`, and lowers `blocks` by one for pending, which has no prices of its own.
Result<void, RpcError> find_newest(const Backend& backend, const BlockRef& ref,
                                   FeeHistoryQuery& query) {
  const std::uint64_t head = backend.head()->header.number;
  const auto* number = std::get_if<std::uint64_t>(&ref);
  if (number != nullptr && *number > head) {
    return refuse(fmt::format("request beyond head block: requested {}, head {}", *number, head));
  }
  OL_TRY(query.newest, state_number(backend, ref));
  if (is_pending(ref) && query.blocks > 0) --query.blocks;
  return {};
}

RpcResult answer_fee_history(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(3));
  FeeHistoryQuery query;
  OL_TRY(query.blocks, block_count_param(params));
  OL_TRY(const BlockRef ref, block_number_param(params, 1));
  OL_TRY(query.percentiles, percentiles_param(params));
  query.with_rewards = !query.percentiles.empty();
  OL_TRY_VOID(find_newest(backend, ref, query));
  return fee_history(backend, query);
}

}  // namespace

void add_fee_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  // Shared by the two handlers that use it; both live in the registry.
  const auto oracle = std::make_shared<FeeOracle>(backend);
  registry.add("eth_maxPriorityFeePerGas",
               [oracle](const Params& p) { return max_priority_fee(*oracle, p); });
  registry.add("eth_gasPrice",
               [oracle, node](const Params& p) { return gas_price(*oracle, *node, p); });
  // No block of this chain has blobs, so blob gas stays at the least Ethereum charges (EIP-4844).
  registry.add("eth_blobBaseFee", [](const Params& p) -> RpcResult {
    OL_TRY_VOID(p.at_most(0));
    return "\"0x1\"";
  });
  registry.add("eth_feeHistory", [node](const Params& p) { return answer_fee_history(*node, p); });
}

}  // namespace ol::rpc
