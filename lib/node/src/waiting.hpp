#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ol/consensus/kernel_contract.hpp>

namespace ol::node {

struct ConsensusView;

/// What a node waits for, for operators.
struct Waiting {
  enum class For : std::uint8_t {
    Sync,      // blocks that its peers have
    Votes,     // for the block of the view before, which it is to certify
    OwnBlock,  // it leads: the interval, work, or the parent's execution
    Block,     // of the view's leader
    Timeouts,  // it left the view; a quorum has to
    Nothing,   // conflicting certificates stopped it for good
  };
  For what = For::Block;
  primitives::View view;
  /// From whom: those that did not vote, or did not leave, or the leader.
  std::vector<primitives::ValidatorIndex> from;
  /// The same as a sentence, with names.
  std::string sentence;
};
/// "sync", "votes", "ownBlock", "block", "timeouts" or "nothing".
[[nodiscard]] const char* name(Waiting::For what);

/// Pure; `self` is absent on a node that only follows.
[[nodiscard]] Waiting waiting_for(const ConsensusView& view, const primitives::ValidatorSet& set,
                                  std::optional<primitives::ValidatorIndex> self);

}  // namespace ol::node
