#pragma once

#include <optional>

#include <ol/consensus/safety_record.hpp>

namespace ol::consensus {

/// What a voting rule needs to know of a proposal. The kernel derives it from the block tree.
struct VoteFacts {
  BlockRef proposal;
  Height height;
  View justify_view;
  /// Whether the proposal's branch contains the locked block.
  bool extends_lock = false;
};

/// Why a validator keeps silent.
enum class VoteRefusal : std::uint8_t {
  StaleView,     // at or below the last view voted in
  TimedOut,      // the validator already left this view
  LockedBranch,  // conflicts with the lock and carries no newer certificate
};
[[nodiscard]] const char* describe(VoteRefusal refusal);

/// A certified block and its ancestors, nearest first; absent where the chain is shorter.
struct CertifiedChain {
  BlockRef head;
  std::optional<BlockRef> parent;
  std::optional<BlockRef> grandparent;
};

/// The safety rule of one finality design: when to vote, what to lock, what is final. Stateless and
/// pure. The kernel owns everything else.
class VotingRule {
 public:
  virtual ~VotingRule() = default;

  /// Decides whether to vote. @return the record to make durable before the vote is signed.
  [[nodiscard]] virtual Result<SafetyRecord, VoteRefusal> decide_vote(
      const SafetyRecord& record, const VoteFacts& facts) const = 0;
  /// The record after learning that `chain.head` is certified: the lock may rise, never fall.
  [[nodiscard]] virtual SafetyRecord decide_lock(const SafetyRecord& record,
                                                 const CertifiedChain& chain) const = 0;
  /// The newest block that is final now that `chain.head` is certified; its ancestors are too.
  [[nodiscard]] virtual std::optional<BlockRef> decide_commit(
      const CertifiedChain& chain) const = 0;
};

/// Chained three-phase HotStuff. Source: arXiv:1803.05069 sections 5 and 6; specs/consensus.md
/// section 5.
class ThreeChain final : public VotingRule {
 public:
  [[nodiscard]] Result<SafetyRecord, VoteRefusal> decide_vote(
      const SafetyRecord& record, const VoteFacts& facts) const override;
  [[nodiscard]] SafetyRecord decide_lock(const SafetyRecord& record,
                                         const CertifiedChain& chain) const override;
  [[nodiscard]] std::optional<BlockRef> decide_commit(const CertifiedChain& chain) const override;
};

}  // namespace ol::consensus
