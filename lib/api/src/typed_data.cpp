#include <ol/api/typed_data.hpp>

#include <array>
#include <type_traits>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "numbers.hpp"
#include "typed_message.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

// 64-bit numbers are strings: a JSON reader of another language may round them.
std::string text(std::uint64_t number) {
  return std::to_string(number);
}

json::object message_of(const Order& v) {
  return {{"asset", v.asset.value()},
          {"isBuy", v.side == Side::Buy},
          {"px", text(v.px)},
          {"sz", text(v.sz)},
          {"reduceOnly", v.reduce_only},
          {"tif", static_cast<std::uint8_t>(v.tif)},
          {"trigger", static_cast<std::uint8_t>(v.trigger)},
          {"triggerPx", text(v.trigger_px)},
          {"stp", static_cast<std::uint8_t>(v.stp)},
          {"cloid", hex_text(v.cloid)},
          {"goodTil", text(v.good_til)}};
}
json::object message_of(const ModifyRequest& v) {
  return {
      {"oid", text(v.oid.value())}, {"cloid", hex_text(v.cloid)}, {"order", message_of(v.order)}};
}
json::object message_of(const CancelRequest& v) {
  return {{"asset", v.asset.value()}, {"oid", text(v.oid.value())}, {"cloid", hex_text(v.cloid)}};
}
template <typename Item>
json::array messages_of(const std::vector<Item>& items) {
  json::array out;
  for (const Item& item : items)
    out.push_back(message_of(item));
  return out;
}
json::object message_of(const PlaceOrders& v) {
  return {{"orders", messages_of(v.orders)},
          {"grouping", static_cast<std::uint8_t>(v.grouping)},
          {"builder", hex_text(v.builder)},
          {"builderFee", v.builder_fee}};
}
json::object message_of(const ModifyOrders& v) {
  return {{"modifies", messages_of(v.modifies)}};
}
json::object message_of(const CancelOrders& v) {
  return {{"cancels", messages_of(v.cancels)}};
}
json::object message_of(const CancelAll& v) {
  return {{"asset", v.asset.value()}, {"side", static_cast<std::uint8_t>(v.side)}};
}
json::object message_of(const ScheduleCancel& v) {
  return {{"time", text(v.time)}};
}
json::object message_of(const TwapOrder& v) {
  return {{"asset", v.asset.value()}, {"isBuy", v.side == Side::Buy},
          {"sz", text(v.sz)},         {"reduceOnly", v.reduce_only},
          {"minutes", v.minutes},     {"randomize", v.randomize}};
}
json::object message_of(const TwapCancel& v) {
  return {{"asset", v.asset.value()}, {"twapId", text(v.twap_id.value())}};
}
json::object message_of(const UpdateLeverage& v) {
  return {{"asset", v.asset.value()}, {"isCross", v.is_cross}, {"leverage", v.leverage}};
}
json::object message_of(const UpdateIsolatedMargin& v) {
  return {{"asset", v.asset.value()}, {"usd", std::to_string(v.usd)}};
}
json::object message_of(const UsdClassTransfer& v) {
  return {{"usd", text(v.usd)}, {"toPerp", v.to_perp}};
}
json::object message_of(const UsdSend& v) {
  return {{"destination", hex_text(v.destination)}, {"usd", text(v.usd)}};
}
json::object message_of(const SpotSend& v) {
  return {{"destination", hex_text(v.destination)},
          {"token", v.token.value()},
          {"amount", text(v.amount)}};
}
json::object message_of(const CreateSubAccount& v) {
  return {{"name", v.name}};
}
json::object message_of(const SubAccountTransfer& v) {
  return {{"subAccount", hex_text(v.sub_account)},
          {"isDeposit", v.is_deposit},
          {"isPerp", v.is_perp},
          {"token", v.token.value()},
          {"amount", text(v.amount)}};
}
json::object message_of(const ApproveAgent& v) {
  return {{"agent", hex_text(v.agent)}, {"name", v.name}, {"validUntil", text(v.valid_until)}};
}
json::object message_of(const ApproveBuilderFee& v) {
  return {{"builder", hex_text(v.builder)}, {"maxFee", v.max_fee}};
}
json::object message_of(const SetReferrer& v) {
  return {{"code", v.code}};
}
json::object message_of(const CreateVault& v) {
  return {{"name", v.name}, {"description", v.description}, {"usd", text(v.usd)}};
}
json::object message_of(const VaultTransfer& v) {
  return {{"vault", hex_text(v.vault)}, {"isDeposit", v.is_deposit}, {"usd", text(v.usd)}};
}
json::object message_of(const EvmUserModify& v) {
  return {{"usingBigBlocks", v.using_big_blocks}};
}
json::object message_of(const SealOrder& v) {
  return {{"commitment", hex_text(v.commitment)}};
}
json::object message_of(const RevealOrder& v) {
  return {{"commitment", hex_text(v.commitment)},
          {"order", message_of(v.order)},
          {"salt", hex_text(v.salt)}};
}
json::object message_of(const ClaimRewards& /*v*/) {
  return {};
}
json::object message_of(const Noop& /*v*/) {
  return {};
}
json::object message_of(const RegisterReferralCode& v) {
  return {{"code", v.code}};
}

// "uint32 asset,bool isBuy" as EIP-712's list of {"name","type"}.
json::array members_of(std::string_view members) {
  json::array out;
  while (!members.empty()) {
    const std::size_t comma = members.find(',');
    const std::string_view member = members.substr(0, comma);
    const std::size_t space = member.find(' ');
    out.push_back(json::object{{"name", json::string(member.substr(space + 1))},
                               {"type", json::string(member.substr(0, space))}});
    if (comma == std::string_view::npos) break;
    members.remove_prefix(comma + 1);
  }
  return out;
}

// The structs of a full type string, one after the other as encodeType writes them.
json::object types_of(std::string_view full) {
  json::object out{{"EIP712Domain", members_of("string name,string version,uint256 chainId")}};
  while (!full.empty()) {
    const std::size_t open = full.find('(');
    const std::size_t close = full.find(')');
    out[full.substr(0, open)] = members_of(full.substr(open + 1, close - open - 1));
    full.remove_prefix(close + 1);
  }
  return out;
}

std::string_view primary_of(std::string_view full) {
  return full.substr(0, full.find('('));
}

// Lists have one element in a template, so that its fields can be seen.
void fill_lists(ActionBody& body) {
  if (auto* place = std::get_if<PlaceOrders>(&body)) place->orders.resize(1);
  if (auto* modify = std::get_if<ModifyOrders>(&body)) modify->modifies.resize(1);
  if (auto* cancel = std::get_if<CancelOrders>(&body)) cancel->cancels.resize(1);
}

template <std::size_t... I>
std::array<ActionBody, sizeof...(I)> bodies(std::index_sequence<I...> /*all*/) {
  return {ActionBody(std::in_place_index<I>)...};
}

const auto& all_bodies() {
  static const auto kBodies = bodies(std::make_index_sequence<std::variant_size_v<ActionBody>>());
  return kBodies;
}

std::string known_types() {
  std::string out;
  for (const ActionBody& body : all_bodies())
    out += (out.empty() ? "" : ", ") + std::string(primary_of(type_string(body)));
  return out;
}

}  // namespace

json::object typed_message(const Action& action) {
  json::object out = std::visit([](const auto& body) { return message_of(body); }, action.body);
  out["account"] = hex_text(action.account);
  out["nonce"] = text(action.nonce);
  out["expiresAfter"] = text(action.expires_after);
  return out;
}

std::string_view primary_type(const ActionBody& body) {
  return primary_of(type_string(body));
}

std::string typed_data(const Action& action, std::uint64_t chain_id) {
  const std::string_view full = type_string(action.body);
  const Hash256 domain = domain_separator(chain_id);
  const json::object out{
      {"types", types_of(full)},
      {"primaryType", json::string(primary_of(full))},
      {"domain", {{"name", "OpenLiquid"}, {"version", "1"}, {"chainId", chain_id}}},
      {"message", typed_message(action)},
      {"typeString", json::string(full)},
      {"domainSeparator", hex_text(domain)},
      {"structHash", hex_text(action_struct_hash(action))},
      {"digest", hex_text(action_hash(domain, action))}};
  return json::serialize(out);
}

Result<std::string, ApiError> typed_template(std::string_view type, std::uint64_t chain_id) {
  for (const ActionBody& body : all_bodies()) {
    if (primary_of(type_string(body)) != type) continue;
    Action action{body, {}, 0, 0};
    fill_lists(action.body);
    return typed_data(action, chain_id);
  }
  return fail(refusal(NodeError::UnknownType, "no such typed action; they are " + known_types()));
}

}  // namespace ol::api
