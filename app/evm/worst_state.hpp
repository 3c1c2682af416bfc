#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include <ol/evm/world.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/state/state_view.hpp>
#include <ol/storage/database.hpp>

#include "worst_case.hpp"

namespace ol::app {

/// The contract that runs.
inline constexpr Address kWorstContract{{0xc0, 0xde}};
inline constexpr Address kWorstCaller{{0xca, 0x11, 0xe4}};

/// A chain's state in a database on disk: many accounts, a contract with many slots, and contracts
/// with the longest code there may be. One thread.
class WorstState {
 public:
  /// Makes the database in `directory`. Throws CommandError.
  WorstState(const std::filesystem::path& directory, const WorstStateSize& size);

  /// Forgets all that was read: the node has just started.
  void reopen();
  /// The committed state, but for the code of the contract that runs.
  [[nodiscard]] std::unique_ptr<state::StateView> view(const Bytes& code);
  /// Brings the tries up to `diff`. @pre Since `reopen`, `view` was asked for.
  void update_root(const state::StateView& view, state::StateDiff& diff);

 private:
  [[nodiscard]] state::StateDiff contents(const WorstStateSize& size) const;
  void commit(const state::StateDiff& diff, const Hash256& root);

  std::filesystem::path directory_;
  primitives::Genesis genesis_;
  Hash256 root_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Snapshot> snapshot_;
};

}  // namespace ol::app
