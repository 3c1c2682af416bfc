#pragma once

#include <span>

#include <ol/primitives/exchange_genesis.hpp>

namespace ol::app {

/// What the exchange of a development network begins with: BTC, ETH and SOL perps, the spot pair
/// OPEN/USD, and for each account a million dollars of perp cash, 100,000 dollars and 100,000 OPEN.
[[nodiscard]] primitives::ExchangeGenesis devnet_markets(std::span<const Address> accounts);

}  // namespace ol::app
