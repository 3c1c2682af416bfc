// Deviations from the paper (Jolteon, arXiv:2106.10362, sections 4 and 5):
//  - its rule needs no lock: the certificate that every timeout names does the lock's work. The
//    record keeps the newest certified block as the lock all the same, for operators to read and
//    for the signer, which signs no timeout that names less;
//  - requirements.md section 6.2 words the vote as "extends the lock or justify.view >= lock.view".
//    That clause would silence a validator whose own certificate the quorum of a timeout
//    certificate did not know, which the paper lets vote; clauses 3 and 4 below stand in its place.
#include <ol/consensus/voting_rule.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

// Whether the proposal's certificate is new enough to build on.
Result<void, VoteRefusal> check_justify(const VoteFacts& facts) {
  const View view = facts.proposal.view;
  if (view == facts.justify_view.next()) return {};
  if (!facts.timeout || facts.timeout->view.next() != view) return fail(VoteRefusal::SkippedView);
  if (facts.justify_view < facts.timeout->high_qc_view && !kMutantIgnoreTcViews)
    return fail(VoteRefusal::OlderCertificate);
  return {};
}

}  // namespace

// Vote for b iff
//  1. b.view > last voted view,
//  2. b.view > last view timed out in,
//  3. b.view = b.justify.view + 1, or b carries a timeout certificate with b.view = its view + 1,
//  4. in the second case b.justify.view >= the highest certificate view inside it.
Result<SafetyRecord, VoteRefusal> TwoChain::decide_vote(const SafetyRecord& record,
                                                        const VoteFacts& facts) const {
  const View view = facts.proposal.view;
  if (view <= record.last_vote.view && !kMutantSkipViewCheck) return fail(VoteRefusal::StaleView);
  if (view <= record.last_timeout_view && !kMutantSkipViewCheck) return fail(VoteRefusal::TimedOut);
  if (auto sound = check_justify(facts); !sound) return fail(sound.error());

  SafetyRecord next = record;
  next.last_vote = facts.proposal;
  next.last_vote_height = facts.height;
  next.last_vote_phase = Phase::Generic;
  next.signed_vote.clear();
  return next;
}

// The newest certified block. It never falls.
SafetyRecord TwoChain::decide_lock(const SafetyRecord& record, const CertifiedChain& chain) const {
  SafetyRecord next = record;
  if (chain.head.view > record.lock.view) next.lock = chain.head;
  return next;
}

// Commit b when its child b' is certified in the next view. Over a gap another block may have been
// certified in between (trap T3, requirements.md section 5.1).
std::optional<BlockRef> TwoChain::decide_commit(const CertifiedChain& chain) const {
  if (!chain.parent) return std::nullopt;
  if (kMutantSkipConsecutive) return chain.parent;
  if (chain.head.view != chain.parent->view.next()) return std::nullopt;
  return chain.parent;
}

}  // namespace ol::consensus
