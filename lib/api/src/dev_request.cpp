#include "dev_request.hpp"

#include <algorithm>
#include <array>

#include <ol/exchange/params.hpp>

#include "json_reader.hpp"
#include "numbers.hpp"

namespace ol::api {
namespace {

using namespace exchange;

constexpr std::uint64_t kHeightMax = (1ULL << 53) - 1;  // a JSON number

constexpr std::array<std::string_view, 5> kStatuses{"active", "postOnly", "reduceOnly", "halted",
                                                    "settling"};

const MarketEntry* market_of(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = catalog.market(in.text("coin"));
  if (market == nullptr) {
    in.reading().refuse(Error::BadAsset, "coin is not listed; assets are " + catalog.market_list());
  }
  return market;
}

SystemAction read_faucet(ObjectReader& in, const Catalog& catalog) {
  const Address user = in.address("user");
  if (in.find("token") == nullptr) {
    return CreditUsd{user, static_cast<std::int64_t>(in.decimal("usd", kUsdDecimals, "USD"))};
  }
  const TokenEntry* token = catalog.token(in.text("token"));
  if (token == nullptr) {
    in.reading().refuse(Error::BadAsset, "no such token; tokens are " + catalog.token_list());
    return CreditSpot{};
  }
  return CreditSpot{user, token->token, in.decimal("amount", token->wei_decimals, token->name)};
}

SystemAction read_oracle(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = market_of(in, catalog);
  if (market == nullptr) return SetOracle{};
  return SetOracle{market->asset, in.decimal("px", market->px_decimals, market->name + " price")};
}

SystemAction read_status(ObjectReader& in, const Catalog& catalog) {
  const MarketEntry* market = market_of(in, catalog);
  const auto status = std::ranges::find(kStatuses, in.text("status"));
  if (status == kStatuses.end()) {
    in.reading().refuse(NodeError::BadRequest,
                        "status must be active, postOnly, reduceOnly, halted or settling");
  }
  if (market == nullptr || in.reading().failed()) return SetMarketStatus{};
  return SetMarketStatus{market->asset, static_cast<MarketStatus>(status - kStatuses.begin())};
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names)
    out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

void read_param(Reading& reading, std::string_view name, const boost::json::value& value,
                SetParams& out) {
  const auto range = param_range(name);
  if (!range) {
    return reading.refuse(NodeError::BadRequest, "there is no parameter " + std::string(name) +
                                                     "; parameters are " + joined(param_names()));
  }
  const bool fits =
      value.is_int64() && value.get_int64() >= range->least && value.get_int64() <= range->most;
  if (!fits) {
    return reading.refuse(NodeError::BadRequest, std::string(name) + " must be a number from " +
                                                     std::to_string(range->least) + " to " +
                                                     std::to_string(range->most));
  }
  out.values.push_back({std::string(name), value.get_int64()});
}

SetParams read_params(ObjectReader& in) {
  SetParams out;
  const boost::json::value* params = in.need("params");
  if (params == nullptr) return out;
  if (!params->is_object() || params->get_object().empty()) {
    in.reading().refuse(NodeError::BadRequest, "params must be an object of names and numbers");
    return out;
  }
  for (const auto& [name, value] : params->get_object())
    read_param(in.reading(), name, value, out);
  return out;
}

std::uint64_t at_least_one(ObjectReader& in, std::string_view key, std::uint64_t most) {
  const std::uint64_t out = in.unsigned_number(key, most);
  if (out == 0) {
    in.reading().refuse(NodeError::BadRequest,
                        std::string(key) + " must be from 1 to " + std::to_string(most));
  }
  return out;
}

std::vector<SystemAction> read_actions(ObjectReader& in, std::string_view type,
                                       const Catalog& catalog) {
  if (type == "faucet") return {read_faucet(in, catalog)};
  if (type == "setOracle") return {read_oracle(in, catalog)};
  if (type == "setMarketStatus") return {read_status(in, catalog)};
  if (type == "advanceTime") return {AdvanceTime{at_least_one(in, "ms", kAdvanceMsMax)}};
  if (type == "mine") {
    const std::uint64_t blocks = at_least_one(in, "blocks", kMineBlocksMax);
    return {MineBlocks{static_cast<std::uint32_t>(blocks)}};
  }
  if (type == "snapshot") return {TakeSnapshot{}};
  if (type == "revert") return {RevertTo{at_least_one(in, "snapshot", kHeightMax)}};
  if (type == "setParams") return {read_params(in)};
  in.reading().refuse(NodeError::UnknownType,
                      "type must be faucet, setOracle, setMarketStatus, advanceTime, mine, "
                      "snapshot, revert or setParams");
  return {};
}

}  // namespace

Result<DevRequest, ApiError> parse_dev_request(std::string_view body, const Catalog& catalog) {
  OL_TRY(const boost::json::value json, parse_json(body));
  Reading reading;
  ObjectReader in(reading, json, "");
  DevRequest out;
  out.type = in.text("type");
  out.actions = read_actions(in, out.type, catalog);
  in.finish();
  if (reading.failed()) return fail(reading.error());
  return out;
}

}  // namespace ol::api
