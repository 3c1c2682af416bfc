#include "venue.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <ol/api/exchange_request.hpp>
#include <ol/base/hex.hpp>
#include <ol/exchange/decimal.hpp>

#include "command.hpp"
#include "wall_clock.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

std::uint64_t number(const json::value& value) {
  return value.to_number<std::uint64_t>();
}

std::uint64_t multiple(const json::value& entry, std::string_view field, unsigned decimals) {
  const auto value = exchange::parse_decimal(entry.at(field).as_string(), decimals);
  if (!value || *value <= 0)
    throw CommandError("the node says that \"" + std::string(field) + "\" of a market is " +
                       json::serialize(entry.at(field)));
  return static_cast<std::uint64_t>(*value);
}

void add(api::Catalog& out, const json::value& entry, std::uint32_t asset, bool spot) {
  api::MarketEntry market;
  market.asset = exchange::AssetId(asset);
  market.name = std::string(entry.at("name").as_string());
  market.spot = spot;
  market.sz_decimals = static_cast<unsigned>(number(entry.at("szDecimals")));
  market.px_decimals = (spot ? 8 : 6) - market.sz_decimals;
  market.tick_px = multiple(entry, "tickPx", market.px_decimals);
  market.lot_sz = multiple(entry, "lotSz", market.sz_decimals);
  out.markets.emplace(market.asset, std::move(market));
}

}  // namespace

json::value Venue::info(const json::object& query) {
  return ask("/info", query);
}

json::value Venue::ask(std::string_view path, const json::object& request) {
  json::value reply = connection_.exchange(json::serialize(request), path);
  const json::object* object = reply.if_object();
  const json::value* status = object == nullptr ? nullptr : object->if_contains("status");
  if (status != nullptr && status->is_string() && status->as_string() == "err")
    throw CommandError(std::string(reply.at("response").at("msg").as_string()));
  return reply;
}

std::uint64_t Venue::chain_id() {
  if (chain_id_ == 0) {
    const json::value typed = ask("/typed", {{"nonce", 0}, {"action", {{"type", "noop"}}}});
    chain_id_ = number(typed.at("domain").at("chainId"));
  }
  return chain_id_;
}

api::Catalog Venue::catalog() {
  api::Catalog out;
  const json::value perps = info({{"type", "meta"}});
  for (const json::value& perp : perps.at("universe").as_array())
    add(out, perp, static_cast<std::uint32_t>(number(perp.at("asset"))), false);
  const json::value spot = info({{"type", "spotMeta"}});
  for (const json::value& pair : spot.at("universe").as_array()) {
    const auto index = static_cast<std::uint32_t>(number(pair.at("index")));
    add(out, pair, exchange::kFirstSpotAsset + index, true);
  }
  return out;
}

json::value Venue::send(const api::Catalog& catalog, const crypto::Secp256k1SecretKey& key,
                        json::object action, const std::string& account, Wait wait) {
  const std::uint64_t chain_ms = number(info({{"type", "exchangeStatus"}}).at("time"));
  last_nonce_ = std::max({last_nonce_ + 1, wall_ms(), chain_ms});
  json::object request{{"action", std::move(action)}, {"nonce", last_nonce_}};
  if (!account.empty()) request["vaultAddress"] = account;
  const auto parsed = api::parse_unsigned_request(json::serialize(request), catalog, chain_id());
  if (!parsed) throw CommandError(parsed.error().msg);
  const exchange::ActionSignature signature =
      exchange::sign_action(key, exchange::domain_separator(chain_id()), parsed->action);
  const ByteView bytes = signature.view();
  request["signature"] = {{"r", to_hex_prefixed(bytes.first(32))},
                          {"s", to_hex_prefixed(bytes.subspan(32, 32))},
                          {"v", bytes[64]}};
  return ask(wait == Wait::Final ? "/exchange" : "/exchange?wait=accepted", request);
}

}  // namespace ol::app
