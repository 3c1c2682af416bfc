#include <ol/api/catalog.hpp>

#include <algorithm>
#include <charconv>

#include <ol/exchange/state.hpp>

namespace ol::api {
namespace {

constexpr std::size_t kListedMax = 20;
constexpr unsigned kPerpPxDecimals = 6;
constexpr unsigned kSpotPxDecimals = 8;

unsigned px_decimals_of(const exchange::MarketConfig& config) {
  const unsigned all = is_spot(config.asset) ? kSpotPxDecimals : kPerpPxDecimals;
  return config.sz_decimals >= all ? 0 : all - config.sz_decimals;
}

std::uint32_t table_number(std::vector<MarginTiers>& tables, const MarginTiers& tiers) {
  const auto found = std::ranges::find(tables, tiers);
  const auto number = static_cast<std::uint32_t>(found - tables.begin()) + 1;
  if (found == tables.end()) tables.push_back(tiers);
  return number;
}

template <typename Entries>
std::string list_of(const Entries& entries) {
  std::string out;
  std::size_t count = 0;
  for (const auto& [id, entry] : entries) {
    if (count == kListedMax) return out + ", ...";
    out += (count++ == 0 ? "" : ", ") + std::to_string(id.value()) + " " + entry.name;
  }
  return out.empty() ? "none" : out;
}

}  // namespace

Catalog Catalog::of(const exchange::State& state) {
  Catalog out;
  for (const auto& [asset, place] : state.markets_by_asset()) {
    const exchange::MarketInfo& info = state.info(place);
    const exchange::MarketConfig& config = info.config;
    MarketEntry entry{asset,
                      config.name,
                      info.spot(),
                      config.sz_decimals,
                      px_decimals_of(config),
                      config.tick_px,
                      config.lot_sz,
                      config.min_ntl,
                      info.max_leverage,
                      config.isolated_only,
                      0,
                      config.base,
                      config.quote};
    if (!entry.spot) entry.margin_table = table_number(out.margin_tables, config.margin_tiers);
    out.markets.emplace(asset, std::move(entry));
  }
  for (const auto& [id, token] : state.tokens.items())
    out.tokens.emplace(id, TokenEntry{id, token.name, token.sz_decimals, token.wei_decimals});
  return out;
}

const MarketEntry* Catalog::market(exchange::AssetId asset) const {
  const auto it = markets.find(asset);
  return it == markets.end() ? nullptr : &it->second;
}

const MarketEntry* Catalog::market(std::string_view coin) const {
  if (coin.starts_with('@')) {
    std::uint32_t pair = 0;
    const char* end = coin.data() + coin.size();
    const auto [stop, error] = std::from_chars(coin.data() + 1, end, pair);
    const bool fits = error == std::errc() && stop == end &&
                      pair < exchange::kFirstDeployerAsset - exchange::kFirstSpotAsset;
    return fits ? market(exchange::AssetId(exchange::kFirstSpotAsset + pair)) : nullptr;
  }
  const auto it =
      std::ranges::find_if(markets, [&](const auto& m) { return m.second.name == coin; });
  return it == markets.end() ? nullptr : &it->second;
}

const TokenEntry* Catalog::token(exchange::TokenId token) const {
  const auto it = tokens.find(token);
  return it == tokens.end() ? nullptr : &it->second;
}

const TokenEntry* Catalog::token(std::string_view name) const {
  const auto it =
      std::ranges::find_if(tokens, [&](const auto& t) { return t.second.name == name; });
  return it == tokens.end() ? nullptr : &it->second;
}

std::string Catalog::market_list() const {
  return list_of(markets);
}

std::string Catalog::token_list() const {
  return list_of(tokens);
}

}  // namespace ol::api
