#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>

#include <ol/consensus/slot_kernel.hpp>

#include "validators.hpp"

namespace ol::consensus::test {

/// Validators of two_phase with collateral, two thirds of which are a quorum.
class SlotValidators : public Validators {
 public:
  explicit SlotValidators(std::uint32_t n,
                          const primitives::SlotParams& slots = {.slot_ms = 2000, .phase_ms = 600});

  [[nodiscard]] primitives::VoteSubject phase_subject(const primitives::Block& block, Phase phase,
                                                      View view) const;
  [[nodiscard]] QuorumCertificate certify(const primitives::Block& block, Phase phase,
                                          View view) const;
  [[nodiscard]] primitives::Block child(const primitives::Block& parent,
                                        const QuorumCertificate& justify, View view,
                                        std::uint8_t salt = 0) const;
  [[nodiscard]] ReproposalMessage reproposal(View view, const QuorumCertificate& prepared) const;

  SlotClock clock;
  SlotRobin slot_leaders;
};

/// Slot kernels with their signers, verifiers and collectors around them; messages are delivered at
/// once and in order unless a link is cut.
class SlotCluster {
 public:
  explicit SlotCluster(std::uint32_t n) : SlotCluster(SlotValidators(n)) {}
  explicit SlotCluster(SlotValidators validators);

  /// The slot clock reaches `view` at everyone, or at `nodes`.
  void round(View view);
  void round(View view, const std::set<std::uint32_t>& nodes);
  void crash(std::uint32_t i);
  void restart(std::uint32_t i);
  void cut(std::uint32_t a, std::uint32_t b);
  void heal();
  /// Votes of this phase get lost, as if time ran out first.
  void lose(std::optional<Phase> phase) { lost_ = phase; }

  [[nodiscard]] Height committed(std::uint32_t i) const {
    return chain(i).back().block->header.height;
  }
  [[nodiscard]] const std::vector<CommittedBlock>& chain(std::uint32_t i) const;
  [[nodiscard]] KernelStatus status(std::uint32_t i) const;
  [[nodiscard]] std::uint64_t votes(Phase phase) const;
  [[nodiscard]] std::size_t evidence() const { return evidence_; }

  SlotValidators v;

 private:
  struct Node {
    std::unique_ptr<CertificateScheme> scheme;
    std::unique_ptr<Verifier> verifier;
    std::unique_ptr<VoteCollector> collector;
    std::unique_ptr<Signer> signer;
    std::unique_ptr<SlotKernel> kernel;
    MemoryStore store;
    std::map<BlockHash, primitives::Block> seen;
    std::vector<CommittedBlock> chain;
    std::deque<Input> inputs;
    bool stepping = false;
  };
  struct Envelope {
    std::uint32_t from, to;
    Bytes bytes;
  };

  void boot(std::uint32_t i);
  void step(std::uint32_t i, const Input& input);
  void apply(std::uint32_t i, const Outputs& outputs);
  void send(std::uint32_t from, std::uint32_t to, const Message& message);
  void broadcast(std::uint32_t from, const Message& message);
  void deliver(const Envelope& envelope);
  void deliver_all();
  void fetch(std::uint32_t i, const FetchRequest& request);
  void collect(std::uint32_t i, const VoteMessage& vote);
  void greet(std::uint32_t a, std::uint32_t b);

  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Envelope> wire_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut_;
  std::map<BlockHash, primitives::Block> blocks_;
  std::map<Height, BlockHash> final_;
  std::map<std::pair<std::uint32_t, std::pair<View, Phase>>, BlockHash> cast_;
  std::optional<Phase> lost_;
  std::size_t evidence_ = 0;
};

}  // namespace ol::consensus::test
