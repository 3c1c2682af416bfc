#pragma once

#include <map>
#include <set>
#include <vector>

#include <ol/node/consensus_driver.hpp>

namespace ol::sim {

/// Digest of a payload item, as blocks list it.
using primitives::TxnHash;

/// A toy chain of states: a block's state root is the hash of its parent's and its payload. Like a
/// real engine it keeps the results of branches until they are final, refuses a header that does
/// not repeat its parent's results, and refuses an item its branch already holds.
class Ledger {
 public:
  /// `head` is final and left `results` behind; `committed_items` are those of its chain.
  Ledger(consensus::BlockPtr head, node::ParentResults results, std::set<TxnHash> committed_items);

  /// Executes on the parent's state. A second execution changes nothing.
  consensus::Execution execute(const consensus::BlockPtr& block);
  /// What `block` left behind, if it was executed here or is the head.
  [[nodiscard]] const node::ParentResults* results_of(const primitives::BlockHash& block) const;
  /// Whether an item is in `tip`'s branch or final.
  [[nodiscard]] bool contains(const primitives::BlockHash& tip, const TxnHash& item) const;
  [[nodiscard]] bool is_committed(const TxnHash& item) const { return committed_.contains(item); }
  /// Whether some executed block that is not final holds the item.
  [[nodiscard]] bool is_in_flight(const TxnHash& item) const { return in_flight_.contains(item); }
  /// Makes an executed child of the head final. @return false if it was never found valid here: a
  /// real node would have to stop.
  [[nodiscard]] bool commit(const consensus::BlockPtr& block);
  void discard(const primitives::BlockHash& block);
  [[nodiscard]] const consensus::BlockPtr& head() const { return head_; }

 private:
  struct Entry {
    consensus::BlockPtr block;
    node::ParentResults results;
  };

  void forget(const primitives::Block& block);

  consensus::BlockPtr head_;
  node::ParentResults head_results_;
  std::set<TxnHash> committed_;
  std::map<primitives::BlockHash, Entry> executed_;
  std::map<TxnHash, std::uint32_t> in_flight_;
};

/// What executing `block` on `parent` leaves behind.
[[nodiscard]] node::ParentResults execute_toy(const node::ParentResults& parent,
                                              const primitives::Block& block);

}  // namespace ol::sim
