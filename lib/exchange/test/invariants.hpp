#pragma once

#include <string>

#include <ol/exchange/engine.hpp>

namespace ol::exchange::test {

/// Checks the invariants of dex.md 20 that hold after every block; the first that does not, as
/// text, else empty.
[[nodiscard]] std::string broken_invariant(const State& state);

/// The first of them alone: tokens and dollars are what came in from outside (dex.md 20.1, 20.2).
[[nodiscard]] std::string broken_conservation(const State& state);

}  // namespace ol::exchange::test
