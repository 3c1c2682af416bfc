#include <ol/api/block_record.hpp>

#include <map>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "numbers.hpp"
#include "typed_message.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

json::object error_json(Error error) {
  return {{"code", static_cast<std::uint16_t>(error)}, {"name", name(error)}};
}

json::object placed_json(const OrderResult& result) {
  json::object out{{"oid", result.oid.value()}};
  if (result.total_sz == 0) return out;
  out["totalSz"] = std::to_string(result.total_sz);
  out["avgPx"] = std::to_string(result.avg_px);
  return out;
}

json::value status_json(const OrderResult& result) {
  switch (result.kind) {
    case OrderResult::Kind::Resting:
      return json::object{{"resting", placed_json(result)}};
    case OrderResult::Kind::Filled:
      return json::object{{"filled", placed_json(result)}};
    case OrderResult::Kind::WaitingForTrigger:
      return json::object{{"waitingForTrigger", placed_json(result)}};
    case OrderResult::Kind::Done:
      return "success";
    case OrderResult::Kind::Error:
      return json::object{{"error", error_json(result.error)}};
  }
  return nullptr;
}

// "code" is 0 for success, as in result records (dex.md 5.4).
json::object result_json(const ActionResult& result) {
  json::object out{{"status", result.ok ? "ok" : "err"},
                   {"code", result.ok ? 0 : static_cast<std::uint16_t>(result.error)}};
  if (!result.ok) out["name"] = name(result.error);
  if (result.aux != 0) out["twapId"] = result.aux;
  if (!result.made.is_zero()) out["made"] = hex_text(result.made);
  if (result.orders.empty()) return out;
  json::array& statuses = out["statuses"].emplace_array();
  for (const OrderResult& order : result.orders)
    statuses.push_back(status_json(order));
  return out;
}

json::object fields_of(const ListToken& v) {
  return {{"token", v.token.value()},
          {"name", v.name},
          {"szDecimals", v.sz_decimals},
          {"weiDecimals", v.wei_decimals}};
}
json::object fields_of(const ListMarket& v) {
  return {{"asset", v.config.asset.value()}, {"name", v.config.name}};
}
json::object fields_of(const SetMarketStatus& v) {
  return {{"asset", v.asset.value()}, {"status", static_cast<std::uint8_t>(v.status)}};
}
json::object fields_of(const CreditSpot& v) {
  return {
      {"account", hex_text(v.account)}, {"token", v.token.value()}, {"wei", std::to_string(v.wei)}};
}
json::object fields_of(const CreditUsd& v) {
  return {{"account", hex_text(v.account)}, {"usd", std::to_string(v.usd)}};
}
json::object fields_of(const OracleSubmit& v) {
  json::array prices;
  for (const OracleSubmit::Px& px : v.prices)
    prices.push_back(json::object{{"asset", px.asset.value()},
                                  {"spotPx", std::to_string(px.spot_px)},
                                  {"perpPx", std::to_string(px.perp_px)}});
  return {{"validator", v.validator}, {"round", v.round}, {"prices", std::move(prices)}};
}
json::object fields_of(const SetOracle& v) {
  return {{"asset", v.asset.value()}, {"px", std::to_string(v.px)}};
}
json::object fields_of(const SetStake& v) {
  return {{"account", hex_text(v.account)}, {"open", std::to_string(v.open)}};
}
json::object fields_of(const RegisterReferral& v) {
  return {{"account", hex_text(v.account)}, {"code", v.code}};
}
json::object fields_of(const AdvanceTime& v) {
  return {{"ms", v.ms}};
}
json::object fields_of(const MineBlocks& v) {
  return {{"blocks", v.blocks}};
}
json::object fields_of(const TakeSnapshot& /*v*/) {
  return {};
}
json::object fields_of(const RevertTo& v) {
  return {{"snapshot", v.snapshot}};
}
json::object fields_of(const SetParams& v) {
  json::object params;
  for (const SetParams::Value& one : v.values)
    params[one.name] = one.value;
  return {{"params", std::move(params)}};
}

const char* type_of(const ListToken& /*v*/) {
  return "ListToken";
}
const char* type_of(const ListMarket& /*v*/) {
  return "ListMarket";
}
const char* type_of(const SetMarketStatus& /*v*/) {
  return "SetMarketStatus";
}
const char* type_of(const CreditSpot& /*v*/) {
  return "CreditSpot";
}
const char* type_of(const CreditUsd& /*v*/) {
  return "CreditUsd";
}
const char* type_of(const OracleSubmit& /*v*/) {
  return "OracleSubmit";
}
const char* type_of(const SetOracle& /*v*/) {
  return "SetOracle";
}
const char* type_of(const SetStake& /*v*/) {
  return "SetStake";
}
const char* type_of(const RegisterReferral& /*v*/) {
  return "RegisterReferral";
}
const char* type_of(const AdvanceTime& /*v*/) {
  return "AdvanceTime";
}
const char* type_of(const MineBlocks& /*v*/) {
  return "MineBlocks";
}
const char* type_of(const TakeSnapshot& /*v*/) {
  return "TakeSnapshot";
}
const char* type_of(const RevertTo& /*v*/) {
  return "RevertTo";
}
const char* type_of(const SetParams& /*v*/) {
  return "SetParams";
}

}  // namespace

std::string actions_record(std::span<const VerifiedAction> actions, const BlockOutcome& outcome) {
  std::map<Hash256, const ActionResult*> results;
  for (const ActionResult& result : outcome.results)
    results.emplace(result.hash, &result);
  json::array out;
  for (const VerifiedAction& action : actions) {
    json::object record{{"hash", hex_text(action.hash)},
                        {"signer", hex_text(action.signer)},
                        {"nonce", action.action.nonce},
                        {"type", json::string(primary_type(action.action.body))},
                        {"action", typed_message(action.action)}};
    const auto result = results.find(action.hash);
    if (result != results.end()) record["result"] = result_json(*result->second);
    out.push_back(std::move(record));
  }
  return json::serialize(out);
}

std::string system_record(std::span<const SystemAction> actions, const BlockOutcome& outcome) {
  json::array out;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    json::object record = std::visit(
        [](const auto& v) { return json::object{{"type", type_of(v)}, {"action", fields_of(v)}}; },
        actions[i]);
    if (outcome.system_ok != nullptr) record["ok"] = bool{(*outcome.system_ok)[i]};
    out.push_back(std::move(record));
  }
  return json::serialize(out);
}

}  // namespace ol::api
