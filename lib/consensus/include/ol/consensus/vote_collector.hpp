#pragma once

#include <map>
#include <set>
#include <vector>

#include <ol/consensus/evidence.hpp>
#include <ol/consensus/verifier.hpp>

namespace ol::consensus {

/// Turns votes into certificates: combine first, verify once, and look for liars only if that
/// fails. A share found bad is dropped and its voter ignored for that subject. Under two_phase a
/// precommit that comes after the quorum's is verified alone and added to the certificate, if that
/// lists its signers: a final block names everyone who voted for it. Not thread-safe.
///
/// Bounds: at most two subjects per (voter, view, phase), views within `kViewWindow` above the
/// floor. Invariant: one voter counts once per subject, whatever it repeats (trap T9).
class VoteCollector {
 public:
  static constexpr std::uint64_t kViewWindow = 1000;

  /// What one more vote led to.
  struct Outcome {
    std::optional<primitives::QuorumCertificate> certificate;
    /// A certificate given before, with one more signer.
    std::optional<primitives::QuorumCertificate> fuller;
    std::vector<Evidence> evidence;
  };

  /// All references must outlive the collector.
  VoteCollector(const primitives::ChainDomain& domain, const primitives::ValidatorSet& set,
                CertificateScheme& scheme, VotePhases phases = VotePhases::Chained);

  /// Takes a vote whose share is not verified yet. Votes of strangers, of another epoch or set, and
  /// outside the window are ignored and counted.
  [[nodiscard]] Outcome add(const VoteMessage& vote);
  /// Forgets every view at or below `view`.
  void forget_through(primitives::View view);

  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }
  [[nodiscard]] std::size_t pending_subjects() const { return tallies_.size(); }
  /// Voters seen for `view`, for status displays.
  [[nodiscard]] std::vector<primitives::ValidatorIndex> voters(primitives::View view) const;

 private:
  struct Tally {
    std::map<primitives::ValidatorIndex, Bytes> shares;
    std::set<primitives::ValidatorIndex> verified;
    std::set<primitives::ValidatorIndex> liars;
    /// The certificate was given; where later votes are added to it, `shares` are its signers'.
    bool done = false;
    /// Stays zero but in a mutant (src/mutants.hpp).
    std::uint64_t repeats = 0;
  };
  struct VoterKey {
    primitives::View view;
    primitives::Phase phase;
    primitives::ValidatorIndex voter;
    friend auto operator<=>(const VoterKey&, const VoterKey&) = default;
  };

  [[nodiscard]] bool acceptable(const VoteMessage& vote) const;
  void note_equivocation(const VoteMessage& vote, std::vector<Evidence>& evidence);
  [[nodiscard]] bool reaches_quorum(const Tally& tally) const;
  [[nodiscard]] std::optional<primitives::QuorumCertificate> try_combine(
      const primitives::VoteSubject& subject, Tally& tally);
  [[nodiscard]] std::optional<primitives::QuorumCertificate> add_late(
      const VoteMessage& vote, Tally& tally, std::vector<Evidence>& evidence);
  void drop_bad_shares(const primitives::VoteSubject& subject, Tally& tally,
                       std::vector<Evidence>& evidence);

  const primitives::ChainDomain& domain_;
  const primitives::ValidatorSet& set_;
  CertificateScheme& scheme_;
  VotePhases phases_;
  primitives::SetHash set_hash_;
  primitives::View floor_;
  std::map<primitives::VoteSubject, Tally> tallies_;
  std::map<VoterKey, std::vector<VoteMessage>> first_votes_;
  std::uint64_t ignored_ = 0;
};

}  // namespace ol::consensus
