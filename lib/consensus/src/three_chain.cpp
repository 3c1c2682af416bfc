#include <ol/consensus/voting_rule.hpp>

#include "mutants.hpp"

namespace ol::consensus {

// Vote for b iff
//  1. b.view > last voted view,
//  2. b.view > last view timed out in,
//  3. b extends the locked block (safety), or b.justify.view > lock.view (liveness).
// HotStuff (arXiv:1803.05069) section 4, safeNode; section 5 for the chained form.
Result<SafetyRecord, VoteRefusal> ThreeChain::decide_vote(const SafetyRecord& record,
                                                          const VoteFacts& facts) const {
  const View view = facts.proposal.view;
  if (view <= record.last_vote.view && !kMutantSkipViewCheck) return fail(VoteRefusal::StaleView);
  if (view <= record.last_timeout_view && !kMutantSkipViewCheck) return fail(VoteRefusal::TimedOut);
  const bool unlocked = facts.justify_view > record.lock.view;
  if (!facts.extends_lock && !unlocked && !kMutantDropLock) return fail(VoteRefusal::LockedBranch);

  SafetyRecord next = record;
  next.last_vote = facts.proposal;
  next.last_vote_height = facts.height;
  next.last_vote_phase = Phase::Generic;
  next.signed_vote.clear();
  return next;
}

// Lock the head of a two-chain: with QC(b'') known, lock b' = parent(b''). Views need not be
// consecutive here. The lock never falls.
SafetyRecord ThreeChain::decide_lock(const SafetyRecord& record,
                                     const CertifiedChain& chain) const {
  SafetyRecord next = record;
  if (chain.parent && chain.parent->view > record.lock.view) next.lock = *chain.parent;
  return next;
}

// Commit b' when b' <- b'' <- b''' are direct parents in consecutive views and b''' itself is
// certified: its proposal alone is not enough (trap T2, requirements.md section 5.1).
std::optional<BlockRef> ThreeChain::decide_commit(const CertifiedChain& chain) const {
  if (!chain.parent || !chain.grandparent) return std::nullopt;
  if (kMutantSkipConsecutive) return chain.grandparent;
  if (chain.head.view != chain.parent->view.next()) return std::nullopt;
  if (chain.parent->view != chain.grandparent->view.next()) return std::nullopt;
  return chain.grandparent;
}

}  // namespace ol::consensus
