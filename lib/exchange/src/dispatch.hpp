#pragma once

#include "context.hpp"

namespace ol::exchange {

/// Runs one action: who signs for whom, nonce, expiry, budget, then what it does (dex.md 5.4, 14,
/// 15). Exactly one result, whatever happens.
[[nodiscard]] ActionResult run_action(Context& ctx, const VerifiedAction& action);

}  // namespace ol::exchange
