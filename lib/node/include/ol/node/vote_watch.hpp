#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ol/primitives/types.hpp>

namespace ol::node {

/// How one validator's votes reach this node in the views it collects.
struct VoteStats {
  std::uint64_t seen = 0;
  /// Views in which more than a third voted and this one did not, or more than `kLateViews` late.
  std::uint64_t missed = 0;
  /// Sum over the seen ones of how long after the first vote of its view each came.
  std::uint64_t behind_ms = 0;
  friend bool operator==(const VoteStats&, const VoteStats&) = default;
};

/// Counts votes by validator. A certificate names only the quorum that was quickest, if anyone;
/// those who vote late or never show here. Bounded: `kViewsMax` views. One thread.
class VoteWatch {
 public:
  /// A vote that comes while this many later views began still counts as seen.
  static constexpr std::uint64_t kLateViews = 8;
  static constexpr std::size_t kViewsMax = 64;

  explicit VoteWatch(std::uint32_t validators) : stats_(validators) {}

  /// A vote came over its voter's own link; repeats do not count.
  void on_vote(primitives::View view, primitives::ValidatorIndex voter, std::uint64_t now_ms);
  /// Views that ended `kLateViews` before `view` are settled.
  void on_view(primitives::View view);
  /// By validator.
  [[nodiscard]] const std::vector<VoteStats>& stats() const { return stats_; }

 private:
  struct Open {
    std::uint64_t first_ms = 0;
    std::vector<bool> voted;
  };
  void settle(const Open& view);

  std::vector<VoteStats> stats_;
  std::map<primitives::View, Open> open_;
  primitives::View settled_;
};

}  // namespace ol::node
