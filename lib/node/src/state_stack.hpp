#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include <ol/state/overlay.hpp>
#include <ol/storage/snapshot.hpp>

#include "ancestor_hashes.hpp"
#include "executor.hpp"

namespace ol::node {

/// The state a block is executed on: a snapshot of what is on disk and the overlays above it.
class Executor::StateStack {
 public:
  StateStack(std::unique_ptr<storage::Snapshot> base, const std::vector<ExecutedPtr>& newest_first)
      : base_(std::move(base)), ancestors_(*base_) {
    for (auto it = newest_first.rbegin(); it != newest_first.rend(); ++it) {
      held_.push_back(*it);
      ancestors_.add((*it)->result.header.number, (*it)->result.evm_hash);
      put((*it)->result.diff);
    }
  }
  StateStack(const StateStack&) = delete;
  StateStack& operator=(const StateStack&) = delete;

  /// One more version on top.
  void add(state::StateDiff diff) { put(added_.emplace_back(std::move(diff))); }

  /// What leads from the version that `add` was put upon to the one that `diff` makes of it.
  [[nodiscard]] state::StateDiff from_parent(const state::StateDiff& diff) const {
    state::StateDiff out = added_.back();
    out.merge(diff);
    return out;
  }

  [[nodiscard]] const storage::Snapshot& base() const { return *base_; }
  /// The state after one of those that are held.
  [[nodiscard]] const state::StateView& view_after(const ExecutedEntry& block) const {
    std::size_t i = 0;
    while (held_[i].get() != &block)
      ++i;
    return overlays_[i];
  }
  /// The speculative blocks above it, ascending.
  [[nodiscard]] const std::vector<ExecutedPtr>& held() const { return held_; }

  [[nodiscard]] const state::StateView& view() const {
    if (overlays_.empty()) return *base_;
    return overlays_.back();
  }
  [[nodiscard]] const state::TrieNodeReader& nodes() const {
    if (overlays_.empty()) return *base_;
    return overlays_.back();
  }
  [[nodiscard]] const evm::BlockHashes& ancestors() const { return ancestors_; }

 private:
  void put(const state::StateDiff& diff) {
    if (overlays_.empty()) {
      overlays_.emplace_back(*base_, *base_, diff);
    } else {
      overlays_.emplace_back(overlays_.back(), diff);
    }
  }

  std::unique_ptr<storage::Snapshot> base_;
  AncestorHashes ancestors_;
  std::vector<ExecutedPtr> held_;
  std::deque<state::StateDiff> added_;
  std::deque<state::Overlay> overlays_;
};

}  // namespace ol::node
