#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include <ol/consensus/kernel_contract.hpp>
#include <ol/consensus/new_view_collector.hpp>
#include <ol/consensus/pacemaker.hpp>

namespace ol::consensus {

/// The state machine of the chained rules, three_chain and two_chain: what differs between them is
/// the `VotingRule`. two_phase has a kernel of its own (slot_kernel.hpp).
///
/// Deviations from the papers (HotStuff, arXiv:1803.05069; Jolteon, arXiv:2106.10362), with reasons
/// in docs/adr/:
///  - new-view messages are broadcast and joined at f + 1, and a view left by timeout ends only
///  once
///    a quorum left it: view synchronisation without a clock;
///  - a validator enters view v + 1 when it votes in v, so a crashed leader costs one timeout, not
///  two;
///  - new-view messages carry the sender's last vote, so a crashed vote collector loses no
///  certificate.
class Kernel final : public AnyKernel {
 public:
  static constexpr std::size_t kOrphansMax = 256;

  /// All references must outlive the kernel. `root` is the last committed block with its
  /// certificate; `record` the durable safety record, absent only on a chain that holds nothing but
  /// genesis.
  Kernel(const KernelConfig& config, const primitives::ValidatorSet& set, const VotingRule& rule,
         const LeaderSchedule& leaders, const CommittedBlock& root,
         std::optional<SafetyRecord> record);

  [[nodiscard]] Outputs step(const Input& input) override;

  [[nodiscard]] KernelStatus status() const override;
  [[nodiscard]] View view() const override { return view_; }
  [[nodiscard]] const QuorumCertificate& high_qc() const override { return record_.high_qc; }
  [[nodiscard]] const BlockTree& tree() const override { return tree_; }
  [[nodiscard]] std::vector<QuorumCertificate> news() const override;
  [[nodiscard]] View vote_floor() const override { return record_.high_qc.view(); }
  void become_observer() override { config_.self.reset(); }

 private:
  void on_proposal(const VerifiedBlock& proposal);
  void on_new_view(const VerifiedNewView& new_view);
  void on_timer(View view);
  void on_executed(const BlockExecuted& executed);
  void on_built(const VerifiedBlock& built);

  /// Takes a block whose justify is verified: learns from it, then inserts it or waits for its
  /// parent.
  void take_block(const VerifiedBlock& block, Origin origin);
  void insert(const VerifiedBlock& block, Origin origin);
  void adopt_orphans(const BlockHash& parent);
  void keep_orphan(const VerifiedBlock& block, Origin origin);
  void report_rival(const VerifiedBlock& block);

  void learn(const QuorumCertificate& certificate);
  void learn(const TimeoutCertificate& certificate);
  void certify(const BlockHash& block, const QuorumCertificate& certificate);
  void commit_by(const CertifiedChain& chain);
  void commit(const BlockHash& target);
  void finish_epoch();
  void close(HandOver proof);
  [[nodiscard]] HandOver prove_end(const BlockHash& closing, const BlockHash& head) const;
  void enter_view(View view);
  void leave_view(View view);
  void say_left();
  void maybe_vote(const BlockHash& block);
  void maybe_propose();
  void request_block(const BlockHash& block, Height height);

  KernelConfig config_;
  const VotingRule& rule_;
  const LeaderSchedule& leaders_;
  primitives::SetHash set_hash_;
  BlockTree tree_;
  SafetyRecord record_;
  View view_;
  /// The highest view left by timeout: `view_` itself until a quorum left it.
  View left_view_;
  View build_requested_;
  Backoff backoff_;
  NewViewCollector new_views_;
  struct Orphan {
    VerifiedBlock block;
    Origin origin;
  };
  std::map<BlockHash, Orphan> orphans_;
  /// Verified certificates of blocks that are not here yet.
  std::map<BlockHash, QuorumCertificate> waiting_certificates_;
  std::set<View> reported_views_;
  /// Somebody's proof that the epoch is over, while its last block is not here yet.
  std::optional<VerifiedHandOver> ended_;
  /// The epoch is over.
  bool closed_ = false;
  Outputs out_;
  bool dirty_ = false;
};

}  // namespace ol::consensus
