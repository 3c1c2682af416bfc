#include "devnet_markets.hpp"

namespace ol::app {
namespace {

constexpr std::uint64_t kDollar = 1'000'000;      // perp cash and notional
constexpr std::uint64_t kSpotUnit = 100'000'000;  // a dollar or an OPEN in wei
constexpr std::uint64_t kMillion = 1'000'000;

// Prices are in units of 10^-(6-d) dollars, sizes in 10^-d (dex.md 1.2).
primitives::ExchangeMarket btc() {
  return {.asset = 0,
          .name = "BTC",
          .sz_decimals = 5,
          .tick_px = 10,  // a dollar
          .margin_tiers = {{0, 40}, {150 * kMillion * kDollar, 20}},
          .impact_ntl = 20'000 * kDollar,
          .exec_band_ppb = 100'000'000,
          .px = 650'000};
}

primitives::ExchangeMarket eth() {
  return {.asset = 1,
          .name = "ETH",
          .sz_decimals = 4,
          .tick_px = 10,  // ten cents
          .margin_tiers = {{0, 25}, {100 * kMillion * kDollar, 15}},
          .impact_ntl = 20'000 * kDollar,
          .exec_band_ppb = 100'000'000,
          .px = 350'000};
}

primitives::ExchangeMarket sol() {
  return {.asset = 2,
          .name = "SOL",
          .sz_decimals = 2,
          .tick_px = 100,  // a cent
          .margin_tiers = {{0, 20}, {50 * kMillion * kDollar, 10}},
          .px = 1'500'000};
}

// The unit of a pair's price is 10^-(8-d) dollars, of its notional a wei (dex.md 1.3).
primitives::ExchangeMarket open_usd() {
  return {.asset = 10'000,
          .name = "OPEN/USD",
          .sz_decimals = 2,
          .tick_px = 100,  // a hundredth of a cent
          .min_ntl = 10 * kSpotUnit,
          .margin_tiers = {},
          .base = 1,
          .quote = 0};
}

}  // namespace

primitives::ExchangeGenesis devnet_markets(std::span<const Address> accounts) {
  primitives::ExchangeGenesis out;
  out.tokens = {{0, "USD", 2, 8}, {1, "OPEN", 2, 8}};
  out.markets = {btc(), eth(), sol(), open_usd()};
  for (const Address& account : accounts) {
    out.usd[account] = kMillion * kDollar;
    out.spot.push_back({account, 0, 100'000 * kSpotUnit});
    out.spot.push_back({account, 1, 100'000 * kSpotUnit});
  }
  return out;
}

}  // namespace ol::app
