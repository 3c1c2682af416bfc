#pragma once

#include <memory>
#include <optional>

#include <ol/consensus/safety_record.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::consensus {

/// What a timeout certificate says: a quorum left `view`, and the best certificate that any of them
/// named.
struct TimeoutFacts {
  View view;
  View high_qc_view;
};
[[nodiscard]] TimeoutFacts facts_of(const TimeoutCertificate& certificate);

/// What a voting rule needs to know of a proposal. The kernel derives it from the block tree.
struct VoteFacts {
  BlockRef proposal;
  Height height;
  View justify_view;
  /// Whether the proposal's branch contains the locked block.
  bool extends_lock = false;
  /// Of the timeout certificate that the proposal carries.
  std::optional<TimeoutFacts> timeout;
};

/// Why a validator keeps silent.
enum class VoteRefusal : std::uint8_t {
  StaleView,     // at or below the last view voted in
  TimedOut,      // the validator already left this view
  LockedBranch,  // conflicts with the lock and carries no newer certificate
  SkippedView,   // neither follows its certificate's view nor proves that the view before is over
  OlderCertificate,  // builds below the best certificate its timeout certificate names
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
  /// How many blocks in a row must be certified for the oldest of them to be final.
  [[nodiscard]] virtual std::uint32_t depth() const = 0;
};

/// The rule of a chained kernel. @pre `rule` is not TwoPhase, which has a kernel of its own
/// (slot_kernel.hpp).
[[nodiscard]] std::unique_ptr<const VotingRule> make_voting_rule(primitives::CommitRule rule);

/// Chained three-phase HotStuff. Source: arXiv:1803.05069 sections 5 and 6; specs/consensus.md
/// section 5.
class ThreeChain final : public VotingRule {
 public:
  [[nodiscard]] Result<SafetyRecord, VoteRefusal> decide_vote(
      const SafetyRecord& record, const VoteFacts& facts) const override;
  [[nodiscard]] SafetyRecord decide_lock(const SafetyRecord& record,
                                         const CertifiedChain& chain) const override;
  [[nodiscard]] std::optional<BlockRef> decide_commit(const CertifiedChain& chain) const override;
  [[nodiscard]] std::uint32_t depth() const override { return 3; }
};

/// Chained two-phase HotStuff with timeout certificates. Source: Jolteon and DiemBFT v4
/// (arXiv:2106.10362) sections 4 and 5; specs/consensus.md section 6.
class TwoChain final : public VotingRule {
 public:
  [[nodiscard]] Result<SafetyRecord, VoteRefusal> decide_vote(
      const SafetyRecord& record, const VoteFacts& facts) const override;
  [[nodiscard]] SafetyRecord decide_lock(const SafetyRecord& record,
                                         const CertifiedChain& chain) const override;
  [[nodiscard]] std::optional<BlockRef> decide_commit(const CertifiedChain& chain) const override;
  [[nodiscard]] std::uint32_t depth() const override { return 2; }
};

}  // namespace ol::consensus
