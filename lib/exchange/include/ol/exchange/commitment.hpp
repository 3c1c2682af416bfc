#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/exchange/block.hpp>
#include <ol/exchange/key_tree.hpp>
#include <ol/exchange/leaf.hpp>

namespace ol::exchange {

/// The state root of all records, from scratch.
[[nodiscard]] Hash256 state_root(const StateRecords& records);

/// The tree over the exchange's records, kept up to date by the diffs of blocks: every changed node
/// is hashed once per block. Blocks can be taken off again like the engine's. One thread at a time.
class Commitment {
 public:
  /// Of the state that the records are.
  explicit Commitment(const StateRecords& records);
  Commitment(const Commitment&) = delete;
  Commitment& operator=(const Commitment&) = delete;

  [[nodiscard]] const Hash256& root() const { return tree_.root(); }
  /// Brings the tree up to a block's diff; returns the new root.
  const Hash256& apply(const StateDiff& diff);
  /// Takes the last applied block off. @pre There is one that is not committed.
  void undo();
  /// Makes the oldest applied block final. @pre There is one.
  void commit();
  /// Of the last applied block, for proofs.
  [[nodiscard]] const KeyTree& tree() const { return tree_; }

 private:
  using Undo = std::vector<std::pair<TreeKey, std::optional<Hash256>>>;  // what each leaf was

  KeyTree tree_;
  std::vector<Undo> blocks_;
  // Kept for their memory.
  std::vector<Hash256> digests_;
  Undo spare_;
};

/// What a block's header commits to besides the state (dex.md 18.1): trees over the items by their
/// index, so that a place in the order can be proved.
[[nodiscard]] Hash256 list_root(const std::vector<Bytes>& items);
[[nodiscard]] Hash256 action_root(const std::vector<VerifiedAction>& actions);
[[nodiscard]] Hash256 result_root(const std::vector<ActionResult>& results);
[[nodiscard]] Hash256 event_root(const std::vector<Event>& events);

/// The place of an item in the tree of a list: its index, big-endian.
[[nodiscard]] TreeKey list_key(std::uint32_t index);

/// The records the last two are made of.
[[nodiscard]] Bytes encode_result(const ActionResult& result);
[[nodiscard]] Bytes encode_event(const Event& event);

}  // namespace ol::exchange
