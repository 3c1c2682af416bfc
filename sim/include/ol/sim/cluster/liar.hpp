#pragma once

#include <vector>

#include <ol/sim/cluster/cluster.hpp>
#include <ol/sim/misbehaviour.hpp>

namespace ol::sim::cluster {

/// A validator that breaks the rules: an honest kernel whose signed messages are replaced on their
/// way out, and an adversary beside it that knows everything ever sent (Cluster::certificates,
/// Cluster::timeouts) but signs with Byzantine keys only.
class Liar {
 public:
  Liar(Cluster& cluster, NodeId self, Misbehaviour behaviour, Random random);

  /// Stories change the behaviour as they go.
  Misbehaviour how;
  /// Whom a story shows what; absent: drawn each time.
  std::optional<std::vector<NodeId>> audience;

  /// What its kernel signed, instead of sending it.
  void on_proposal(consensus::ProposalMessage proposal);
  void on_vote(consensus::VoteMessage vote);
  void on_new_view(consensus::NewViewMessage left);
  /// What reaches it.
  void on_heard(const consensus::Message& message);
  /// Now and then: a proposal, timeout or certificate out of turn, or an old message again.
  void act();

  /// Proposes in `view` on the certificate of `justify` to `to`, with the timeout certificate that
  /// admits to least. @return whether all that it needs was ever sent.
  bool propose_on(View justify, View view, const std::vector<NodeId>& to);
  /// Signs "I left `view`, and know nothing newer than the certificate of `known`".
  bool say_left(View view, View known, const std::vector<NodeId>& to);
  /// Votes for a block in every phase, whatever it voted for before.
  void vote_for(const primitives::Block& block);
  /// A certificate of `view` for `block` made of Byzantine votes alone. @return the certificate.
  QuorumCertificate certify_alone(const primitives::Block& block);
  void send_certificate(const QuorumCertificate& certificate, const std::vector<NodeId>& to);
  /// A second block for `view` beside its own, and both to whom they are for.
  void equivocate(const consensus::ProposalMessage& proposal, const std::vector<NodeId>& first,
                  const std::vector<NodeId>& second);
  [[nodiscard]] std::vector<NodeId> others() const;

 private:
  [[nodiscard]] std::vector<NodeId> some_others();
  bool draws(std::uint64_t per_mille, Fault fault);
  [[nodiscard]] std::optional<TimeoutCertificate> lowest_timeout(View view) const;
  [[nodiscard]] consensus::ProposalMessage sign(const primitives::Block& block) const;
  void post(consensus::Message message, const std::vector<NodeId>& to);
  void send_vote(consensus::VoteMessage vote);
  [[nodiscard]] ValidatorIndex index() const { return cluster_.machine(self_).index; }

  Cluster& cluster_;
  NodeId self_;
  Random random_;
};

}  // namespace ol::sim::cluster
