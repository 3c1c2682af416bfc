// Prepare and precommit as in Tendermint (arXiv:1807.04938), slots as rounds; specs/consensus.md
// section 7. Deviations:
//  - the lock is the best prepare certificate known, whether or not a precommit vote was cast on
//  it.
//    The paper keeps lockedValue and validValue apart, so that fewer validators refuse; ours refuse
//    more, and tell everyone the certificate as soon as a round begins without it, so that the next
//    leader proposes its block;
//  - no nil votes: a round ends by the slot clock, not by a quorum that gave it up.
#include <ol/consensus/two_phase.hpp>

#include <utility>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

// Votes are ordered by view, and within one by phase.
bool is_above_last_vote(const SafetyRecord& record, View view, Phase phase) {
  return std::pair(view, phase) > std::pair(record.last_vote.view, record.last_vote_phase);
}

SafetyRecord with_vote(const SafetyRecord& record, const BlockRef& vote, Height height,
                       Phase phase) {
  SafetyRecord next = record;
  next.last_vote = vote;
  next.last_vote_height = height;
  next.last_vote_phase = phase;
  next.signed_vote.clear();
  return next;
}

}  // namespace

std::optional<BlockRef> lock_at(const SafetyRecord& record, Height height) {
  const primitives::VoteSubject& best = record.high_qc.subject;
  if (best.phase == Phase::Generic || best.height != height) return std::nullopt;
  return BlockRef{best.view, best.block};
}

// Prepare b in view v iff
//  1. (v, Prepare) is above the last vote,
//  2. not locked at this height, or b is the locked block. A proposal whose certificate is above
//     our lock has made its block the lock: decide_lock comes first,
//  3. no certificate above this height is known: something is final here then, although a crash
//     that lost the last blocks on the disk made us forget what.
Result<SafetyRecord, VoteRefusal> decide_prepare(const SafetyRecord& record,
                                                 const PrepareFacts& facts) {
  if (!is_above_last_vote(record, facts.view, Phase::Prepare) && !kMutantSkipViewCheck)
    return fail(VoteRefusal::StaleView);
  if (facts.height < record.high_qc.height()) return fail(VoteRefusal::LockedBranch);
  const auto lock = lock_at(record, facts.height);
  if (lock && lock->block != facts.block && !kMutantForgetSlotLock)
    return fail(VoteRefusal::LockedBranch);
  return with_vote(record, {facts.view, facts.block}, facts.height, Phase::Prepare);
}

// Precommit the block of the best prepare certificate, of view v, iff (v, Precommit) is above the
// last vote. A vote in a later view forbids it: that vote may help to certify another block.
Result<SafetyRecord, VoteRefusal> decide_precommit(const SafetyRecord& record) {
  const primitives::VoteSubject& best = record.high_qc.subject;
  OL_CHECK(best.phase == Phase::Prepare, "only a prepare certificate is precommitted");
  if (!is_above_last_vote(record, best.view, Phase::Precommit) && !kMutantSkipViewCheck)
    return fail(VoteRefusal::StaleView);
  return with_vote(record, {best.view, best.block}, best.height, Phase::Precommit);
}

SafetyRecord decide_lock(const SafetyRecord& record, const QuorumCertificate& prepared) {
  SafetyRecord next = record;
  if (prepared.view() <= record.high_qc.view()) return next;
  next.high_qc = prepared;
  next.lock = {prepared.view(), prepared.block()};
  return next;
}

}  // namespace ol::consensus
