#pragma once

#include <ol/exchange/state.hpp>

namespace ol::exchange {

// Records that something happens to at a time or height, each changed together with the index that
// names it by then: no block goes through all of them (docs/adr/0040).

/// Writes or takes away a record and keeps its index.
void set_agent(State& state, const Address& agent, const Agent& record);
void erase_agent(State& state, const Address& agent);
/// When all orders of the account are cancelled; 0: never.
void set_scheduled_cancel(State& state, const Address& account, TimeMs time);
void set_seal(State& state, const OwnedCommitment& key, const Seal& seal);
void erase_seal(State& state, const OwnedCommitment& key);
/// @param period_ms  Between slices, in this block.
void set_twap(State& state, TwapId id, const Twap& twap, TimeMs period_ms);
void erase_twap(State& state, TwapId id, TimeMs period_ms);

/// Makes the index of slices anew where it is of another period, as after loading. Runs before
/// anything that writes a TWAP in a block.
void index_slices(State& state, TimeMs period_ms);

/// Fills the indexes of a state whose records were loaded.
void derive_due(State& state);

}  // namespace ol::exchange
