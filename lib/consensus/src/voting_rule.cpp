#include <ol/consensus/voting_rule.hpp>

#include <algorithm>

namespace ol::consensus {

const char* describe(VoteRefusal refusal) {
  switch (refusal) {
    case VoteRefusal::StaleView:
      return "already voted in this or a later view";
    case VoteRefusal::TimedOut:
      return "already left this view";
    case VoteRefusal::LockedBranch:
      return "conflicts with the locked block";
    case VoteRefusal::SkippedView:
      return "skips a view without a timeout certificate of the view before";
    case VoteRefusal::OlderCertificate:
      return "builds below the best certificate its timeout certificate names";
  }
  OL_CHECK(false, "unknown VoteRefusal");
}

TimeoutFacts facts_of(const TimeoutCertificate& certificate) {
  TimeoutFacts out{.view = certificate.view, .high_qc_view = {}};
  for (const primitives::TimeoutSignature& entry : certificate.signatures)
    out.high_qc_view = std::max(out.high_qc_view, entry.high_qc_view);
  return out;
}

std::unique_ptr<const VotingRule> make_voting_rule(primitives::CommitRule rule) {
  switch (rule) {
    case primitives::CommitRule::ThreeChain:
      return std::make_unique<ThreeChain>();
    case primitives::CommitRule::TwoChain:
      return std::make_unique<TwoChain>();
    case primitives::CommitRule::TwoPhase:
      break;
  }
  OL_CHECK(false, "two_phase votes by slot_kernel.hpp");
}

}  // namespace ol::consensus
