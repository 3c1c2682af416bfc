#pragma once

#include <ol/base/codec.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

// State as records: docs/protocol/exchange-state.md. Derived values (indexes, exposure, level
// totals) are rebuilt on loading.

/// Forgets what was changed before, so that `take_diff` tells of the block to come alone.
void begin_block(State& state);

/// What changed since `begin_block`, as records. Takes memory for that much at once.
[[nodiscard]] StateDiff take_diff(const State& state, std::size_t changes, std::size_t bytes);

/// Every record of the state.
[[nodiscard]] StateRecords dump_records(const State& state);

/// Fills a new state. DecodeError where records are damaged or do not fit together; the state is
/// then unusable.
[[nodiscard]] Result<void, DecodeError> load_records(State& state, const StateRecords& records);

}  // namespace ol::exchange
