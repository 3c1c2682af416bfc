#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ol/exchange/types.hpp>

namespace ol::exchange {
struct State;
}

namespace ol::api {

/// What a client must know of a market to write its numbers (dex.md 1.2, 1.3, 3).
struct MarketEntry {
  exchange::AssetId asset;
  std::string name;  // "BTC", "OPEN/USD"
  bool spot = false;
  unsigned sz_decimals = 0;
  unsigned px_decimals = 0;  // 6 - d of a perp, 8 - d of a spot pair
  std::uint64_t tick_px = 1;
  std::uint64_t lot_sz = 1;
  std::int64_t min_ntl = 0;
  std::uint32_t max_leverage = 1;
  bool isolated_only = false;
  std::uint32_t margin_table = 0;  // number in Catalog::margin_tables, from 1; 0 of a spot pair
  exchange::TokenId base;
  exchange::TokenId quote;
};

struct TokenEntry {
  exchange::TokenId token;
  std::string name;
  unsigned sz_decimals = 0;
  unsigned wei_decimals = 8;
};

/// Lower bound in micro-dollars and the most leverage from there on.
using MarginTiers = std::vector<std::pair<std::int64_t, std::uint32_t>>;

/// The listed markets and tokens: what translating between JSON and the exchange's integers needs.
/// A value; any thread may hold a copy.
struct Catalog {
  std::map<exchange::AssetId, MarketEntry> markets;
  std::map<exchange::TokenId, TokenEntry> tokens;
  std::vector<MarginTiers> margin_tables;  // distinct ones, in the order of their first market

  [[nodiscard]] static Catalog of(const exchange::State& state);

  /// The market, or null.
  [[nodiscard]] const MarketEntry* market(exchange::AssetId asset) const;
  /// The market by its name, or a spot pair as "@" and its number; null where there is none.
  [[nodiscard]] const MarketEntry* market(std::string_view coin) const;
  /// The token, or null.
  [[nodiscard]] const TokenEntry* token(exchange::TokenId token) const;
  [[nodiscard]] const TokenEntry* token(std::string_view name) const;
  /// "0 BTC, 1 ETH": what may be named, for sentences; at most the first twenty.
  [[nodiscard]] std::string market_list() const;
  [[nodiscard]] std::string token_list() const;
};

}  // namespace ol::api
