#pragma once

#include <map>
#include <optional>
#include <set>

#include <ol/consensus/kernel_contract.hpp>
#include <ol/consensus/slot_clock.hpp>
#include <ol/consensus/two_phase.hpp>

namespace ol::consensus {

/// The state machine of two_phase: one block a slot, voted on in two phases that everyone counts.
/// The voting rule stands in two_phase.hpp; here is what surrounds it. The tree holds the
/// candidates for one height, all children of the last final block.
///
/// A round begins with TimerFired, which the driver sends by the slot clock; nothing else moves the
/// view. Deviations from the paper (Tendermint, arXiv:1807.04938) are above src/two_phase.cpp.
/// Source: specs/consensus.md section 7; docs/adr/0012-two-phase-kernel.md.
class SlotKernel final : public AnyKernel {
 public:
  static constexpr std::size_t kOrphansMax = 64;
  static constexpr std::size_t kWaitingMax = 64;
  /// Rounds whose votes and blocks are kept for a late quorum.
  static constexpr std::uint64_t kRoundsKept = 64;
  /// Final blocks remembered to notice a certificate that conflicts with them.
  static constexpr std::size_t kFinalKept = 64;
  /// Proposals ahead of our clock: the drift allowed is shorter than a round.
  static constexpr std::uint64_t kViewsAhead = 2;

  /// As of Kernel. `leaders` must outlive the kernel.
  SlotKernel(const KernelConfig& config, const primitives::ValidatorSet& set,
             const LeaderSchedule& leaders, const SlotClock& clock, const CommittedBlock& root,
             std::optional<SafetyRecord> record);

  [[nodiscard]] Outputs step(const Input& input) override;
  [[nodiscard]] KernelStatus status() const override;
  [[nodiscard]] View view() const override { return view_; }
  [[nodiscard]] const BlockTree& tree() const override { return tree_; }
  [[nodiscard]] const QuorumCertificate& high_qc() const override { return record_.high_qc; }
  [[nodiscard]] std::vector<QuorumCertificate> news() const override;
  [[nodiscard]] View vote_floor() const override;
  void become_observer() override { config_.self.reset(); }

 private:
  void on_proposal(const VerifiedBlock& proposal);
  void on_reproposal(const VerifiedReproposal& reproposal);
  void on_round(View view);
  void on_executed(const BlockExecuted& executed);
  void on_built(const VerifiedBlock& built);
  void on_started();

  void take_block(const VerifiedBlock& block, Origin origin);
  void insert(const VerifiedBlock& block, Origin origin);
  void adopt_orphans();
  void keep_orphan(const VerifiedBlock& block, Origin origin);
  void report_rival(const VerifiedBlock& block);
  void forget_old_rounds();

  void learn(const QuorumCertificate& certificate);
  void learn_prepared(const QuorumCertificate& certificate);
  void learn_final(const QuorumCertificate& certificate);
  void check_conflict(const QuorumCertificate& certificate);
  void take_fuller(const QuorumCertificate& certificate);
  void commit(const BlockHash& block, const QuorumCertificate& certificate);
  void finish_epoch();
  /// A block proposed in a round, as its leader signed it; without a signature if it is our own.
  struct Offer {
    BlockHash block;
    Height height;
    ValidatorIndex leader;
    std::optional<crypto::Ed25519Signature> signature;
    enum class Kind : std::uint8_t { Proposal, Reproposal } kind;
  };
  void offer(View view, const Offer& made);
  void offer_own(const BlockHash& block, Height height);
  void report_second_offer(View view, const Offer& first, const Offer& second);
  [[nodiscard]] bool note_report(View view);
  void maybe_vote();
  void maybe_prepare();
  void maybe_precommit();
  void vote(const SafetyRecord& next);
  void maybe_propose();
  void request_block(const BlockHash& block, Height height);

  [[nodiscard]] Height next_height() const { return tree_.root().header.height.next(); }
  [[nodiscard]] std::optional<BlockRef> lock() const { return lock_at(record_, next_height()); }
  [[nodiscard]] bool slot_is_open(View view) const;
  [[nodiscard]] View rounds_floor() const;
  [[nodiscard]] const BlockTree::Node* executed_candidate(const BlockHash& block) const;

  KernelConfig config_;
  const LeaderSchedule& leaders_;
  SlotClock clock_;
  primitives::SetHash set_hash_;
  BlockTree tree_;
  /// Of the tree's root: its block is final. Of what is known the one with the most signers.
  QuorumCertificate root_certificate_;
  SafetyRecord record_;
  View view_;
  View build_requested_;
  /// What the leader of each round proposed first.
  std::map<View, Offer> offers_;
  struct Orphan {
    VerifiedBlock block;
    Origin origin;
  };
  std::map<BlockHash, Orphan> orphans_;
  /// Precommit certificates of blocks that are not here yet.
  std::map<BlockHash, QuorumCertificate> waiting_;
  std::map<Height, QuorumCertificate> final_;
  std::set<View> reported_views_;
  Outputs out_;
  bool dirty_ = false;
  bool halted_ = false;
  /// Somebody's proof that the epoch is over, while its last block is not here yet.
  std::optional<VerifiedHandOver> ended_;
  /// The epoch is over.
  bool closed_ = false;
};

}  // namespace ol::consensus
