#pragma once

#include <string>

#include <ol/exchange/state.hpp>

namespace ol::exchange::test {

/// Computes the margin of every account as dex.md 8.1 to 8.4 writes it down, from positions,
/// resting orders, marks and tier tables alone, and compares with what the engine says. The first
/// difference as text, else empty. Shares no formula and no rounding with the engine.
[[nodiscard]] std::string margin_difference(const State& state);

}  // namespace ol::exchange::test
