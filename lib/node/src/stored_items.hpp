#pragma once

#include <optional>
#include <vector>

#include <ol/execution/exchange_items.hpp>
#include <ol/primitives/genesis.hpp>

#include "epoch_table.hpp"
#include "worker_pool.hpp"

namespace ol::node {

/// `epochs` must outlive the rules, as must `genesis`.
[[nodiscard]] execution::ItemRules item_rules(const primitives::Genesis& genesis,
                                              const EpochTable& epochs);

/// The exchange's items of a block, verified side by side; nothing if one must not be in a block.
/// Not to be called from a job of the pool.
[[nodiscard]] std::optional<std::vector<execution::ExchangeItemPtr>> stored_items(
    const execution::ItemRules& rules, const primitives::Block& block,
    primitives::LeaderKind leaders, WorkerPool& workers);

}  // namespace ol::node
