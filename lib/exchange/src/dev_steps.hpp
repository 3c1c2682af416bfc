#pragma once

#include <memory>
#include <optional>

#include "context.hpp"

namespace ol::exchange {

// What a development network may do to itself (dex.md 17.5, docs/adr/0031). Everything is state:
// replaying the blocks does it again.

[[nodiscard]] bool run_system(Context& ctx, const AdvanceTime& action);
[[nodiscard]] bool run_system(Context& ctx, const MineBlocks& action);
[[nodiscard]] bool run_system(Context& ctx, const TakeSnapshot& action);
[[nodiscard]] bool run_system(Context& ctx, const SetParams& action);

/// Place of the first action of a block that names a snapshot there is to go back to.
[[nodiscard]] std::optional<std::size_t> find_revert(const State& state, const BlockInput& block);

/// The state that the snapshot kept, with the earlier snapshots and the clock of now. Seals are as
/// old in the next block as they were in the snapshot's. @pre There is such a snapshot.
[[nodiscard]] std::unique_ptr<State> kept_state(const State& now, std::uint64_t snapshot);

/// What leads from these records to those.
[[nodiscard]] StateDiff difference(const StateRecords& before, const StateRecords& after);

/// The parameters in force in the next block.
[[nodiscard]] Params params_of(const Params& genesis, const State& state);

}  // namespace ol::exchange
