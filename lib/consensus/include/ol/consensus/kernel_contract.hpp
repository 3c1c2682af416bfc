#pragma once

#include <optional>
#include <variant>
#include <vector>

#include <ol/consensus/conflict.hpp>
#include <ol/consensus/evidence.hpp>
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
/// A block of an earlier round, proposed again (two_phase).
struct ReproposalReceived {
  VerifiedReproposal reproposal;
};
/// The timer set for `view` ran out. Under two_phase: the round `view` begins by the slot clock.
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
/// Somebody proved that the epoch is over (docs/adr/0013-epochs.md).
struct EpochEnded {
  VerifiedHandOver proof;
};
/// First input after construction and after replaying stored blocks.
struct Started {};

using Input =
    std::variant<ProposalReceived, BlockFetched, CertificateReceived, NewViewReceived, TimerFired,
                 BlockExecuted, BlockBuilt, Started, ReproposalReceived, EpochEnded>;

/// Who counts a vote.
enum class Audience : std::uint8_t { One, All };

/// Sign the vote for `subject` and send it to `destination` alone, or to everyone.
struct VoteIntent {
  primitives::VoteSubject subject;
  ValidatorIndex destination;
  Audience audience = Audience::One;
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
/// Sign and broadcast: propose the certified block again, unchanged, in `view` (two_phase).
struct ReproposalIntent {
  View view;
  QuorumCertificate certificate;
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
/// What a validator that never signed in `epoch` starts from: the epoch begins on `root`.
[[nodiscard]] SafetyRecord first_record(const CommittedBlock& root, Epoch epoch);
/// Blocks to ask peers for.
struct FetchRequest {
  BlockHash block;
  Height height;
};

/// What the driver must do, in this order of fields.
struct Outputs {
  /// Must be durable before `vote`, `timeout`, `proposal` or `reproposal` is signed. If it cannot
  /// be, stop the node.
  std::optional<SafetyRecord> persist;
  std::optional<ProposalIntent> proposal;
  std::optional<VoteIntent> vote;
  std::optional<TimeoutIntent> timeout;
  std::optional<ReproposalIntent> reproposal;
  /// Send to everyone: it holds us to a block that others may not know to be certified.
  std::optional<QuorumCertificate> share;
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
  /// Alert the operator: the kernel has stopped for good. Must be durable, and be told to the next
  /// kernel by KernelConfig::halted, before anything else of this step leaves.
  std::optional<Conflict> conflict;
  /// The epoch is over with the last block of `commit`, or, where that is empty, with the root. The
  /// kernel has stopped for good; one for the next epoch begins on that block.
  std::optional<HandOver> hand_over;
};

/// What the kernel is told once.
struct KernelConfig {
  primitives::ChainDomain domain;
  /// Absent for observers, which follow and never sign.
  std::optional<ValidatorIndex> self;
  primitives::PaceParams pace;
  /// Conflicting certificates ended finality in an earlier life: the kernel says nothing.
  bool halted = false;
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
  /// Under two_phase: where `view` stands.
  std::uint64_t slot = 0;
  std::uint32_t rank = 0;
  /// Conflicting certificates ended finality.
  bool halted = false;
};

/// What a driver knows of a kernel, whichever rule it runs. No clock, I/O, threads, randomness or
/// logging behind it: one entry point, plain data out; the same inputs give the same outputs. Owned
/// by one thread.
class AnyKernel {
 public:
  virtual ~AnyKernel() = default;

  [[nodiscard]] virtual Outputs step(const Input& input) = 0;
  [[nodiscard]] virtual KernelStatus status() const = 0;
  [[nodiscard]] virtual View view() const = 0;
  [[nodiscard]] virtual const BlockTree& tree() const = 0;
  /// The best certificate known.
  [[nodiscard]] virtual const QuorumCertificate& high_qc() const = 0;
  /// Certificates that a peer which just connected should hear of.
  [[nodiscard]] virtual std::vector<QuorumCertificate> news() const = 0;
  /// Votes of views at or below this one can no longer matter.
  [[nodiscard]] virtual View vote_floor() const = 0;
  /// From now on follow without signing: another process was seen using this validator's key.
  virtual void become_observer() = 0;

 protected:
  AnyKernel() = default;
  AnyKernel(const AnyKernel&) = default;
  AnyKernel& operator=(const AnyKernel&) = default;
  AnyKernel(AnyKernel&&) = default;
  AnyKernel& operator=(AnyKernel&&) = default;
};

}  // namespace ol::consensus
