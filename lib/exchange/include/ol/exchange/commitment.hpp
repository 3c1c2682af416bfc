#pragma once

#include <map>
#include <optional>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>
#include <ol/state/trie.hpp>

namespace ol::exchange {

/// The key a record has in the state trie. Records of dex.md 18.1 keep theirs, so that levels and
/// orders lie side by side and ranges can be proved; a key above 32 bytes becomes 0xff and the
/// first 31 bytes of its Keccak-256, which no other key begins with. Format:
/// docs/protocol/exchange-state.md.
[[nodiscard]] Bytes commitment_key(ByteView record_key);

/// The state root of all records, from scratch.
[[nodiscard]] Hash256 state_root(const StateRecords& records);

/// The trie over the exchange's records, kept up to date by the diffs of blocks: every changed node
/// is hashed once per block. Blocks can be taken off again like the engine's. One thread at a time.
class Commitment {
 public:
  /// Of the state that the records are.
  explicit Commitment(const StateRecords& records);
  Commitment(const Commitment&) = delete;
  Commitment& operator=(const Commitment&) = delete;

  [[nodiscard]] const Hash256& root() const { return root_; }
  /// Brings the trie up to a block's diff; returns the new root.
  const Hash256& apply(const StateDiff& diff);
  /// Takes the last applied block off. @pre There is one that is not committed.
  void undo();
  /// Makes the oldest applied block final. @pre There is one.
  void commit();
  /// The nodes, for proofs.
  [[nodiscard]] const state::TrieNodeReader& nodes() const { return nodes_; }

 private:
  class Nodes final : public state::TrieNodeReader {
   public:
    [[nodiscard]] Result<std::optional<Bytes>, state::StateError> trie_node(
        const state::TrieNodeKey& key) const override;
    /// Applies changes; returns those that undo them.
    state::TrieNodeChanges apply(state::TrieNodeChanges changes);

   private:
    std::map<state::TrieNodeKey, Bytes> nodes_;
  };
  struct Block {
    Hash256 root_before;
    state::TrieNodeChanges undo;
  };

  Nodes nodes_;
  Hash256 root_;
  std::vector<Block> blocks_;
};

/// What a block's header commits to besides the state (dex.md 18.1): tries from the index to the
/// item (Yellow Paper 4.3.2), so that a place in the order can be proved.
[[nodiscard]] Hash256 action_root(const std::vector<VerifiedAction>& actions);
[[nodiscard]] Hash256 result_root(const std::vector<ActionResult>& results);
[[nodiscard]] Hash256 event_root(const std::vector<Event>& events);

/// The records the last two are made of.
[[nodiscard]] Bytes encode_result(const ActionResult& result);
[[nodiscard]] Bytes encode_event(const Event& event);

}  // namespace ol::exchange
