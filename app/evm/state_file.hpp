#pragma once

#include <optional>
#include <string>

#include <ol/evm/block_env.hpp>
#include <ol/evm/revision.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::app {

/// A state in memory with its root.
struct RootedState {
  state::MemoryState state;
  Hash256 root = state::kEmptyTrieRoot;
};

/// Reads the accounts of a genesis file as geth has them (`alloc`), and what it says of the block
/// (number, timestamp, coinbase, gas limit, base fee) and in `config` of the chain's id. Returns
/// the rules that the forks there give that block; none if no fork is named. Throws CommandError.
[[nodiscard]] std::optional<evm::Revision> load_genesis_state(const std::string& path,
                                                              RootedState& out,
                                                              evm::BlockEnv& block);

/// Applies a diff and follows the root.
void apply_diff(state::StateDiff diff, RootedState& out);

/// The state as JSON, as `evm run --dump` of geth prints it.
[[nodiscard]] std::string dump_of(const RootedState& state);

}  // namespace ol::app
