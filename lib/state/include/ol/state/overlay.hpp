#pragma once

#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {

/// The state after one more block: what `diff` says, else what the parent says. Overlays on
/// overlays are the speculative blocks above the committed one; a branch is discarded by dropping
/// its diffs. Borrows all it is given; building one costs nothing, so build the chain when a block
/// is executed and drop it afterwards. May be read by several threads.
class Overlay final : public StateView, public TrieNodeReader {
 public:
  Overlay(const StateView& parent, const TrieNodeReader& parent_nodes, const StateDiff& diff)
      : parent_(parent), parent_nodes_(parent_nodes), diff_(diff) {}
  Overlay(const Overlay& parent, const StateDiff& diff) : Overlay(parent, parent, diff) {}

  [[nodiscard]] Result<std::optional<Account>, StateError> account(
      const Address& address) const override;
  [[nodiscard]] Result<U256, StateError> storage(const Address& address,
                                                 const Hash256& slot) const override;
  [[nodiscard]] Result<Code, StateError> code(const Hash256& code_hash) const override;
  [[nodiscard]] Result<std::optional<Bytes>, StateError> trie_node(
      const TrieNodeKey& key) const override;

 private:
  const StateView& parent_;
  const TrieNodeReader& parent_nodes_;
  const StateDiff& diff_;
};

}  // namespace ol::state
