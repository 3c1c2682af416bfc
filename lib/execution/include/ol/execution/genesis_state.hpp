#pragma once

#include <ol/primitives/genesis.hpp>
#include <ol/state/diff.hpp>

namespace ol::execution {

/// The state of height 0, as a change to an empty state, and its root.
struct GenesisState {
  state::StateDiff diff;
  Hash256 root;
};

/// Accounts with the starting balances, and the contracts. A balance of zero makes no account
/// (EIP-161).
[[nodiscard]] GenesisState genesis_state(const primitives::Genesis& genesis);

}  // namespace ol::execution
