// Boost.JSON may throw; nothing of it leaves this file, which is compiled with exceptions for it.
#include "genesis_json.hpp"

namespace ol::primitives {
namespace {

Read<std::uint32_t> small_number(const Object& in, const char* name) {
  OL_TRY(const std::uint64_t value, in.number(name));
  if (value > 0xffff'ffff) return refuse(in.path_of(name) + " must be below 4294967296");
  return static_cast<std::uint32_t>(value);
}

Read<std::uint8_t> tiny_number(const Object& in, const char* name) {
  OL_TRY(const std::uint64_t value, in.number(name));
  if (value > 255) return refuse(in.path_of(name) + " must be below 256");
  return static_cast<std::uint8_t>(value);
}

Read<ExchangeToken> read_token(const json::value& value, const std::string& path) {
  OL_TRY(const Object in, Object::open(value, path, {"id", "name", "sz_decimals", "wei_decimals"}));
  ExchangeToken out;
  OL_TRY(out.id, small_number(in, "id"));
  OL_TRY(out.name, in.text("name"));
  OL_TRY(out.sz_decimals, tiny_number(in, "sz_decimals"));
  OL_TRY(out.wei_decimals, tiny_number(in, "wei_decimals"));
  return out;
}

Read<void> read_tiers(const Object& market, ExchangeMarket& out) {
  OL_TRY(const json::array* entries, market.array("margin_tiers"));
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const std::string path = market.path_of("margin_tiers") + "[" + std::to_string(i) + "]";
    OL_TRY(const Object in, Object::open((*entries)[i], path, {"from_ntl", "max_leverage"}));
    OL_TRY(const std::uint64_t from, in.number("from_ntl"));
    OL_TRY(const std::uint32_t leverage, small_number(in, "max_leverage"));
    out.margin_tiers.emplace_back(from, leverage);
  }
  return {};
}

Read<ExchangeMarket> read_market(const json::value& value, const std::string& path) {
  OL_TRY(const Object in,
         Object::open(value, path,
                      {"asset", "name", "sz_decimals", "tick_px", "lot_sz", "min_ntl",
                       "margin_tiers", "isolated_only", "oi_cap_ntl", "impact_ntl", "exec_band_ppb",
                       "mark_band_ppb", "base", "quote", "px"}));
  ExchangeMarket out;
  OL_TRY(out.asset, small_number(in, "asset"));
  OL_TRY(out.name, in.text("name"));
  OL_TRY(out.sz_decimals, tiny_number(in, "sz_decimals"));
  OL_TRY(out.tick_px, in.number("tick_px"));
  OL_TRY(out.lot_sz, in.number("lot_sz"));
  OL_TRY(out.min_ntl, in.number("min_ntl"));
  OL_TRY_VOID(read_tiers(in, out));
  OL_TRY(out.isolated_only, in.boolean("isolated_only"));
  OL_TRY(out.oi_cap_ntl, in.number("oi_cap_ntl"));
  OL_TRY(out.impact_ntl, in.number("impact_ntl"));
  OL_TRY(out.exec_band_ppb, in.number("exec_band_ppb"));
  OL_TRY(out.mark_band_ppb, in.number("mark_band_ppb"));
  OL_TRY(out.base, small_number(in, "base"));
  OL_TRY(out.quote, small_number(in, "quote"));
  OL_TRY(out.px, in.number("px"));
  return out;
}

Read<void> read_credits(const Object& exchange, ExchangeGenesis& out) {
  OL_TRY(const json::value* usd, exchange.get("usd"));
  const std::string path = exchange.path_of("usd");
  OL_TRY(const Object amounts, Object::open_any(*usd, path));
  for (const auto& member : usd->get_object()) {
    const std::string key(member.key());
    OL_TRY(const Address address, fixed_of<Address>(key, path + ": \"" + key + "\""));
    OL_TRY(const std::uint64_t amount, amounts.number(key.c_str()));
    if (!out.usd.emplace(address, amount).second) return refuse(path + " names " + key + " twice");
  }
  OL_TRY(const json::array* spot, exchange.array("spot"));
  for (std::size_t i = 0; i < spot->size(); ++i) {
    const std::string place = exchange.path_of("spot") + "[" + std::to_string(i) + "]";
    OL_TRY(const Object in, Object::open((*spot)[i], place, {"account", "token", "wei"}));
    ExchangeBalance one;
    OL_TRY(one.account, in.fixed<Address>("account"));
    OL_TRY(one.token, small_number(in, "token"));
    OL_TRY(one.wei, in.number("wei"));
    out.spot.push_back(one);
  }
  return {};
}

Read<void> read_upgrades(const Object& exchange, ExchangeGenesis& out) {
  if (!exchange.has("upgrade_heights")) return {};
  OL_TRY(const json::array* heights, exchange.array("upgrade_heights"));
  for (const json::value& height : *heights) {
    const bool whole = height.is_uint64() || (height.is_int64() && height.get_int64() >= 0);
    if (!whole) return refuse(exchange.path_of("upgrade_heights") + " must be whole numbers");
    out.upgrade_heights.push_back(
        height.is_uint64() ? height.get_uint64() : static_cast<std::uint64_t>(height.get_int64()));
  }
  return {};
}

void write_market(JsonText& out, const ExchangeMarket& market) {
  out.next();
  out.open('{');
  out.number("asset", market.asset);
  out.member("name", market.name);
  out.number("sz_decimals", market.sz_decimals);
  out.number("tick_px", market.tick_px);
  out.number("lot_sz", market.lot_sz);
  out.number("min_ntl", market.min_ntl);
  out.key("margin_tiers");
  out.open('[');
  for (const auto& [from, leverage] : market.margin_tiers) {
    out.next();
    out.open('{');
    out.number("from_ntl", from);
    out.number("max_leverage", leverage);
    out.close('}');
  }
  out.close(']');
  out.boolean("isolated_only", market.isolated_only);
  out.number("oi_cap_ntl", market.oi_cap_ntl);
  out.number("impact_ntl", market.impact_ntl);
  out.number("exec_band_ppb", market.exec_band_ppb);
  out.number("mark_band_ppb", market.mark_band_ppb);
  out.number("base", market.base);
  out.number("quote", market.quote);
  out.number("px", market.px);
  out.close('}');
}

}  // namespace

Read<ExchangeGenesis> read_exchange(const json::value& value) {
  OL_TRY(const Object in,
         Object::open(value, "exchange",
                      {"tokens", "markets", "usd", "spot", "upgrade_heights", "order_mode"}));
  ExchangeGenesis exchange;
  OL_TRY(const json::array* tokens, in.array("tokens"));
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    OL_TRY(ExchangeToken token,
           read_token((*tokens)[i], "exchange.tokens[" + std::to_string(i) + "]"));
    exchange.tokens.push_back(std::move(token));
  }
  OL_TRY(const json::array* markets, in.array("markets"));
  for (std::size_t i = 0; i < markets->size(); ++i) {
    OL_TRY(ExchangeMarket market,
           read_market((*markets)[i], "exchange.markets[" + std::to_string(i) + "]"));
    exchange.markets.push_back(std::move(market));
  }
  OL_TRY_VOID(read_credits(in, exchange));
  OL_TRY_VOID(read_upgrades(in, exchange));
  if (in.has("order_mode")) {
    OL_TRY(const std::string mode, in.text("order_mode"));
    if (mode != "list" && mode != "hash")
      return refuse(in.path_of("order_mode") + " must be list or hash");
    exchange.hash_order = mode == "hash";
  }
  return exchange;
}

void write_exchange(JsonText& out, const ExchangeGenesis& exchange) {
  out.key("exchange");
  out.open('{');
  out.key("tokens");
  out.open('[');
  for (const ExchangeToken& token : exchange.tokens) {
    out.next();
    out.open('{');
    out.number("id", token.id);
    out.member("name", token.name);
    out.number("sz_decimals", token.sz_decimals);
    out.number("wei_decimals", token.wei_decimals);
    out.close('}');
  }
  out.close(']');
  out.key("markets");
  out.open('[');
  for (const ExchangeMarket& market : exchange.markets)
    write_market(out, market);
  out.close(']');
  out.key("usd");
  out.open('{');
  for (const auto& [account, usd] : exchange.usd)
    out.number(to_hex_prefixed(account.view()), usd);
  out.close('}');
  out.key("spot");
  out.open('[');
  for (const ExchangeBalance& one : exchange.spot) {
    out.next();
    out.open('{');
    out.member("account", to_hex_prefixed(one.account.view()));
    out.number("token", one.token);
    out.number("wei", one.wei);
    out.close('}');
  }
  out.close(']');
  if (exchange.hash_order) {
    out.key("order_mode");
    out.literal("\"hash\"");
  }
  if (!exchange.upgrade_heights.empty()) {
    out.key("upgrade_heights");
    out.open('[');
    for (const std::uint64_t height : exchange.upgrade_heights) {
      out.next();
      out.literal(std::to_string(height));
    }
    out.close(']');
  }
  out.close('}');
}

}  // namespace ol::primitives
