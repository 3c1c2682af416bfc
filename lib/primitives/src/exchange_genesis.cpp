#include <ol/primitives/exchange_genesis.hpp>

#include <algorithm>

#include "genesis_rules.hpp"

namespace ol::primitives {
namespace {

using Check = Result<void, GenesisError>;

constexpr std::size_t kListingsMax = 1'000;
constexpr std::size_t kCreditsMax = 100'000;
constexpr std::size_t kMarginTiersMax = 16;
constexpr std::uint64_t kAmountMax = 0x7fff'ffff'ffff'ffff;

void encode(Writer& out, const ExchangeMarket& market) {
  out.u32(market.asset).blob(as_bytes(market.name)).u8(market.sz_decimals);
  out.u64(market.tick_px).u64(market.lot_sz).u64(market.min_ntl);
  out.u32(static_cast<std::uint32_t>(market.margin_tiers.size()));
  for (const auto& [from, leverage] : market.margin_tiers)
    out.u64(from).u32(leverage);
  out.u8(market.isolated_only ? 1 : 0).u64(market.oi_cap_ntl).u64(market.impact_ntl);
  out.u64(market.exec_band_ppb).u64(market.mark_band_ppb);
  out.u32(market.base).u32(market.quote).u64(market.px);
}

std::unexpected<GenesisError> refuse(std::string message) {
  return fail(GenesisError{"genesis: exchange." + std::move(message)});
}

Check check_count(const char* what, std::size_t count, std::size_t low, std::size_t high) {
  if (count >= low && count <= high) return {};
  return refuse(std::string(what) + " has " + std::to_string(count) + " entries; allowed are " +
                std::to_string(low) + " to " + std::to_string(high));
}

bool is_listing_name(const std::string& text) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, printable);
}

template <typename List, typename Id>
bool ascends(const List& list, Id id) {
  const auto falls = [&](const auto& a, const auto& b) { return id(a) >= id(b); };
  return std::ranges::adjacent_find(list, falls) == list.end();
}

Check check_market(const ExchangeMarket& market) {
  const std::string path = "markets: market " + std::to_string(market.asset);
  if (!is_listing_name(market.name)) {
    return refuse(path + " needs a name of 1 to 64 printable ASCII characters");
  }
  if (market.margin_tiers.size() > kMarginTiersMax) {
    return refuse(path + " has more than " + std::to_string(kMarginTiersMax) + " margin_tiers");
  }
  bool in_range = true;
  for (const std::uint64_t amount : {market.min_ntl, market.oi_cap_ntl, market.impact_ntl,
                                     market.exec_band_ppb, market.mark_band_ppb}) {
    in_range = in_range && amount <= kAmountMax;
  }
  for (const auto& [from, leverage] : market.margin_tiers)
    in_range = in_range && from <= kAmountMax;
  if (!in_range) return refuse(path + " has an amount above " + std::to_string(kAmountMax));
  return {};
}

}  // namespace

void encode(Writer& out, const ExchangeGenesis& exchange) {
  out.u32(static_cast<std::uint32_t>(exchange.tokens.size()));
  for (const ExchangeToken& token : exchange.tokens) {
    out.u32(token.id).blob(as_bytes(token.name)).u8(token.sz_decimals).u8(token.wei_decimals);
  }
  out.u32(static_cast<std::uint32_t>(exchange.markets.size()));
  for (const ExchangeMarket& market : exchange.markets)
    encode(out, market);
  out.u32(static_cast<std::uint32_t>(exchange.usd.size()));
  for (const auto& [account, usd] : exchange.usd)
    out.fixed(account).u64(usd);
  out.u32(static_cast<std::uint32_t>(exchange.spot.size()));
  for (const ExchangeBalance& one : exchange.spot)
    out.fixed(one.account).u32(one.token).u64(one.wei);
  if (exchange.upgrade_heights.empty() && !exchange.hash_order) return;  // version 5
  out.u32(static_cast<std::uint32_t>(exchange.upgrade_heights.size()));
  for (const std::uint64_t height : exchange.upgrade_heights)
    out.u64(height);
  out.u8(exchange.hash_order ? 1 : 0);
}

Check check_exchange(const Genesis& genesis) {
  if (!genesis.exchange) return {};
  const ExchangeGenesis& exchange = *genesis.exchange;
  if (genesis.profile != Profile::OpenLiquid) {
    return fail(GenesisError{"genesis: exchange belongs to profile openliquid; leave it out"});
  }
  OL_TRY_VOID(check_count("tokens", exchange.tokens.size(), 1, kListingsMax));
  OL_TRY_VOID(check_count("markets", exchange.markets.size(), 1, kListingsMax));
  OL_TRY_VOID(check_count("usd", exchange.usd.size(), 0, kCreditsMax));
  OL_TRY_VOID(check_count("spot", exchange.spot.size(), 0, kCreditsMax));
  if (!ascends(exchange.tokens, [](const ExchangeToken& t) { return t.id; }))
    return refuse("tokens must ascend by id, each once");
  if (!ascends(exchange.markets, [](const ExchangeMarket& m) { return m.asset; }))
    return refuse("markets must ascend by asset, each once");
  const std::vector<std::uint64_t>& upgrades = exchange.upgrade_heights;
  OL_TRY_VOID(check_count("upgrade_heights", upgrades.size(), 0, kListingsMax));
  const bool ordered =
      ascends(upgrades, [](std::uint64_t height) { return height; }) &&
      (upgrades.empty() || (upgrades.front() > 0 && upgrades.back() <= kAmountMax));
  if (!ordered) {
    return refuse("upgrade_heights must ascend from 1 to " + std::to_string(kAmountMax) +
                  ", each once");
  }
  for (const ExchangeToken& token : exchange.tokens) {
    if (!is_listing_name(token.name))
      return refuse("tokens: a name is 1 to 64 printable ASCII characters");
  }
  for (const ExchangeMarket& market : exchange.markets)
    OL_TRY_VOID(check_market(market));
  return {};
}

}  // namespace ol::primitives
