#pragma once

#include <span>
#include <string>

#include <ol/exchange/block.hpp>
#include <ol/exchange/signing.hpp>

namespace ol::api {

// The exchange's part of a record of the block log (dex.md 17.6), as JSON texts. Numbers are the
// integers of dex.md 1, as they are signed and executed. Format: docs/protocol/block-log.md.

/// What became of actions: nothing, where they were not executed.
struct BlockOutcome {
  std::span<const exchange::ActionResult> results;  // in any order
  const std::vector<bool>* system_ok = nullptr;     // one per system action
};

/// The users' actions as an array, in the order they are given in.
[[nodiscard]] std::string actions_record(std::span<const exchange::VerifiedAction> actions,
                                         const BlockOutcome& outcome);
/// The steps without a user behind them as an array: validators' prices, and on development
/// networks what was asked of the node.
[[nodiscard]] std::string system_record(std::span<const exchange::SystemAction> actions,
                                        const BlockOutcome& outcome);

}  // namespace ol::api
