#pragma once

#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// What a spot balance counts for in a vault's equity: the last price of its pair with the dollar,
/// else nothing (dex.md 13.2). Micro-dollars.
[[nodiscard]] Int128 spot_value(const State& state, const SpotBalance& balance);

}  // namespace ol::exchange
