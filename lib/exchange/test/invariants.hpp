#pragma once

#include <ol/exchange/engine.hpp>

namespace ol::exchange::test {

/// Checks the invariants of dex.md 20 that hold after every block; the first that does not, as
/// text, else empty.
[[nodiscard]] std::string broken_invariant(const State& state);

}  // namespace ol::exchange::test
