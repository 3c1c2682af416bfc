#pragma once

#include <set>

#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {

/// Brings the tries up to the accounts and slots of `diff` and returns the new state root. Fills
/// `diff.trie` with the stored nodes that change, and the storage roots of accounts in `diff`
/// (adding an account whose storage alone changed).
/// @param view, nodes  The state before `diff`, whose account trie has root `parent_root`.
/// @param cache  As for update_trie.
/// @pre `diff.trie` is empty and no slot of a deleted account is set.
[[nodiscard]] Result<Hash256, StateError> update_state_root(const StateView& view,
                                                            const TrieNodeReader& nodes,
                                                            const Hash256& parent_root,
                                                            StateDiff& diff,
                                                            TrieNodeCache* cache = nullptr);

/// Accounts and slots that may have changed between two versions of the state.
struct Touched {
  std::set<Address> accounts;
  std::set<StorageKey> slots;

  void add(const StateDiff& diff);
};
/// The state as it is, to be left.
struct StandingState {
  const StateView& view;
  const TrieNodeReader& nodes;
  const Hash256& root;
};
struct WayBack {
  StateDiff diff;
  Hash256 root;  // where it leads; compare it with what is known of `then`
};
/// What leads from the state `now` to `then`, trie nodes included. `touched` has all that differs.
/// @pre No account had storage that was cleared in between (EIP-6780).
[[nodiscard]] Result<WayBack, StateError> lead_back(const StandingState& now, const StateView& then,
                                                    const Touched& touched);

}  // namespace ol::state
