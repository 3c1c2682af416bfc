#pragma once

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include <ol/consensus/evidence.hpp>
#include <ol/consensus/new_view_collector.hpp>
#include <ol/consensus/pacemaker.hpp>
#include <ol/consensus/verifier.hpp>

namespace ol::consensus {

/// A signed proposal, complete with its payload.
struct ProposalReceived {
  VerifiedBlock block;
};
/// A block that was asked for, or one of a synced range.
struct BlockFetched {
  VerifiedBlock block;
};
struct CertificateReceived {
  VerifiedCertificate certificate;
};
struct NewViewReceived {
  VerifiedNewView new_view;
};
/// The timer set for `view` ran out.
struct TimerFired {
  View view;
};
/// The executor's verdict on a block handed out in Outputs::execute.
struct BlockExecuted {
  BlockHash block;
  Execution verdict;
};
/// The answer to Outputs::build.
struct BlockBuilt {
  VerifiedBlock block;
};
/// First input after construction and after replaying stored blocks.
struct Started {};

using Input = std::variant<ProposalReceived, BlockFetched, CertificateReceived, NewViewReceived,
                           TimerFired, BlockExecuted, BlockBuilt, Started>;

/// Sign the vote for `subject` and send it to `destination` alone.
struct VoteIntent {
  primitives::VoteSubject subject;
  ValidatorIndex destination;
};
/// Sign and broadcast "I left `view`", and hand the kernel our own statement like any other.
/// Repeated for the same view each time the timer runs out while too few others left it.
struct TimeoutIntent {
  View view;
  QuorumCertificate high_qc;
};
/// Sign and broadcast this block.
struct ProposalIntent {
  BlockPtr block;
};
/// Build a block on `parent`, no earlier than pace allows, and answer with BlockBuilt.
struct BuildRequest {
  View view;
  BlockPtr parent;
  QuorumCertificate justify;
  std::optional<TimeoutCertificate> timeout_certificate;
};
/// Replaces any earlier timer.
struct TimerRequest {
  View view;
  std::uint64_t duration_ms;
};
/// A final block and the certificate that names it.
struct CommittedBlock {
  BlockPtr block;
  QuorumCertificate certificate;
};
/// Blocks to ask peers for.
struct FetchRequest {
  BlockHash block;
  Height height;
};

/// What the driver must do, in this order of fields.
struct Outputs {
  /// Must be durable before `vote`, `timeout` or `proposal` is signed. If it cannot be, stop the
  /// node.
  std::optional<SafetyRecord> persist;
  std::optional<ProposalIntent> proposal;
  std::optional<VoteIntent> vote;
  std::optional<TimeoutIntent> timeout;
  /// Replaces the running timer.
  std::optional<TimerRequest> timer;
  /// Execute in this order; each block's parent was handed out before it or is committed.
  std::vector<BlockPtr> execute;
  /// Ascending heights, each exactly once over the life of the chain.
  std::vector<CommittedBlock> commit;
  /// Forked off by a commit: drop their overlays, give their transactions back.
  std::vector<BlockPtr> discarded;
  std::optional<BuildRequest> build;
  std::vector<FetchRequest> fetch;
  std::vector<Evidence> evidence;
};

/// What the kernel is told once.
struct KernelConfig {
  primitives::ChainDomain domain;
  /// Absent for observers, which follow and never sign.
  std::optional<ValidatorIndex> self;
  primitives::PaceParams pace;
};

/// A snapshot for status displays and metrics.
struct KernelStatus {
  View view;
  ValidatorIndex leader;
  BlockRef lock;
  BlockRef last_vote;
  View high_qc_view;
  Height high_qc_height;
  Height committed_height;
  std::uint64_t timeout_ms = 0;
  std::uint32_t lost_views = 0;
  std::size_t tree_blocks = 0;
  std::size_t orphans = 0;
  std::vector<ValidatorIndex> leavers;
};

/// The consensus state machine: no clock, I/O, threads, randomness or logging. One entry point,
/// plain data out; the same inputs give the same outputs. Owned by one thread.
///
/// Deviations from the paper (HotStuff, arXiv:1803.05069), with reasons in docs/adr/:
///  - new-view messages are broadcast and joined at f + 1, and a view left by timeout ends only
///  once
///    a quorum left it: view synchronisation without a clock;
///  - a validator enters view v + 1 when it votes in v, so a crashed leader costs one timeout, not
///  two;
///  - new-view messages carry the sender's last vote, so a crashed vote collector loses no
///  certificate.
class Kernel {
 public:
  static constexpr std::size_t kOrphansMax = 256;

  /// All references must outlive the kernel. `root` is the last committed block with its
  /// certificate; `record` the durable safety record, absent only on a chain that holds nothing but
  /// genesis.
  Kernel(KernelConfig config, const primitives::ValidatorSet& set, const VotingRule& rule,
         const LeaderSchedule& leaders, CommittedBlock root, std::optional<SafetyRecord> record);

  [[nodiscard]] Outputs step(const Input& input);

  [[nodiscard]] KernelStatus status() const;
  [[nodiscard]] View view() const { return view_; }
  [[nodiscard]] const QuorumCertificate& high_qc() const { return record_.high_qc; }
  [[nodiscard]] const BlockTree& tree() const { return tree_; }
  /// From now on follow without signing: another process was seen using this validator's key.
  void become_observer() { config_.self.reset(); }

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
  Outputs out_;
  bool dirty_ = false;
};

}  // namespace ol::consensus
