#pragma once

#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// What a spot balance counts for in a vault's equity: whole lots at the oracle price of its pair
/// with the dollar, else nothing; never at a last trade, which anybody makes (dex.md 13.2, ADR 41).
/// Micro-dollars.
[[nodiscard]] Int128 spot_value(const State& state, const SpotBalance& balance);
/// Whether a market is a pair with the dollar that has an oracle price.
[[nodiscard]] bool tells_dollars(const State& state, MarketIndex market);

}  // namespace ol::exchange
