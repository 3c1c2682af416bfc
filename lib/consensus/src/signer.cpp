#include <ol/consensus/signer.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

std::unexpected<SignError> below(std::string what) {
  return fail(SignError{SignError::Kind::BelowRecord,
                        "refusing to sign " + std::move(what) + ": the safety record is newer"});
}

// Votes are ordered by view, and within one by phase: one signature for each.
bool is_above(View view, Phase phase, const SafetyRecord& record) {
  return std::pair(view, phase) > std::pair(record.last_vote.view, record.last_vote_phase);
}

// Whether `next` forgets nothing that `before` forbids. SafetyRecord, invariant 1.
bool keeps(const SafetyRecord& next, const SafetyRecord& before) {
  return next.epoch == before.epoch &&
         !is_above(before.last_vote.view, before.last_vote_phase, next) &&
         next.lock.view >= before.lock.view && next.high_qc.view() >= before.high_qc.view() &&
         next.last_timeout_view >= before.last_timeout_view &&
         next.last_proposal.view >= before.last_proposal.view;
}

}  // namespace

Signer::Signer(const primitives::ChainDomain& domain, const primitives::SetHash& set_hash,
               ValidatorIndex self, crypto::Ed25519SecretKey key, crypto::BlsSecretKey vote_key,
               const CertificateScheme& scheme, SafetyStore& store,
               std::optional<SafetyRecord> durable, MessageSignatures signatures)
    : domain_(domain),
      set_hash_(set_hash),
      self_(self),
      key_(std::move(key)),
      vote_key_(std::move(vote_key)),
      scheme_(&scheme),
      store_(store),
      signatures_(signatures),
      durable_(kMutantForgetRecord ? std::nullopt : std::move(durable)) {}

// One signature per (view, phase) for votes, per view for timeouts and proposals, over all
// restarts:
//  1. a vote is above the last one and above every view left, or is the last one again;
//  2. a timeout is above the last one, or is of its view with the same or a newer certificate;
//  3. a timeout names no certificate below the lock;
//  4. a proposal is above the last one;
//  5. what is signed is what the record to be written says;
//  6. the record to be written takes nothing back and is of the same epoch: take_seat alone goes on
//  to
//     the next one.
Result<void, SignError> Signer::check(const Outputs& outputs) const {
  if (!seated_) return below("anything without a seat in the set");
  if (durable_ && outputs.persist && !keeps(*outputs.persist, *durable_)) return below("anything");
  const bool signs = outputs.vote || outputs.timeout || outputs.proposal || outputs.reproposal;
  if (!signs) return {};
  OL_CHECK(outputs.persist.has_value(), "every signature comes with a record");
  const SafetyRecord& next = *outputs.persist;
  if (outputs.vote) OL_TRY_VOID(check_vote(*outputs.vote, next));
  if (outputs.timeout) OL_TRY_VOID(check_timeout(*outputs.timeout, next));
  if (outputs.proposal) {
    const primitives::Block& block = *outputs.proposal->block;
    OL_TRY_VOID(check_proposal({block.header.view, block.hash}, next));
  }
  if (outputs.reproposal) {
    const ReproposalIntent& again = *outputs.reproposal;
    OL_TRY_VOID(check_proposal({again.view, again.certificate.block()}, next));
  }
  return {};
}

Result<void, SignError> Signer::check_vote(const VoteIntent& intent,
                                           const SafetyRecord& next) const {
  const BlockRef vote{intent.subject.view, intent.subject.block};
  OL_CHECK(next.last_vote == vote, "the record names the vote");
  OL_CHECK(next.last_vote_phase == intent.subject.phase, "the record names the vote's phase");
  if (is_last_vote(intent.subject)) return {};
  if (durable_ && !is_above(vote.view, intent.subject.phase, *durable_)) return below("a vote");
  if (vote.view <= next.last_timeout_view) return below("a vote");
  return {};
}

Result<void, SignError> Signer::check_timeout(const TimeoutIntent& intent,
                                              const SafetyRecord& next) const {
  OL_CHECK(next.last_timeout_view == intent.view, "the record names the timeout");
  OL_CHECK(next.last_timeout_high_qc_view == intent.high_qc.view(),
           "the record names the timeout's certificate");
  if (next.last_timeout_high_qc_view < next.lock.view) return below("a timeout");
  const bool again = durable_ && intent.view == durable_->last_timeout_view;
  if (again && next.last_timeout_high_qc_view < durable_->last_timeout_high_qc_view)
    return below("a timeout");
  return {};
}

Result<void, SignError> Signer::check_proposal(const BlockRef& proposal,
                                               const SafetyRecord& next) const {
  OL_CHECK(next.last_proposal.block == proposal.block, "the record names the proposal");
  if (durable_ && proposal.view <= durable_->last_proposal.view) return below("a proposal");
  return {};
}

/// Whether its signature is in the record.
bool Signer::is_last_vote(const primitives::VoteSubject& subject) const {
  return durable_ && !durable_->signed_vote.empty() &&
         durable_->last_vote == BlockRef{subject.view, subject.block} &&
         durable_->last_vote_phase == subject.phase;
}

Bytes Signer::vote_bytes(const VoteIntent& intent) const {
  if (is_last_vote(intent.subject)) return durable_->signed_vote;
  return scheme_->sign({key_, vote_key_}, vote_digest(domain_, intent.subject));
}

Bytes Signer::timeout_bytes(const TimeoutIntent& intent, Epoch epoch) const {
  const bool again = durable_ && durable_->last_timeout_view == intent.view &&
                     durable_->last_timeout_high_qc_view == intent.high_qc.view() &&
                     !durable_->signed_timeout.empty();
  if (again) return durable_->signed_timeout;
  const auto digest = timeout_digest(domain_, epoch, set_hash_, intent.view, intent.high_qc.view());
  return to_bytes(signatures_.sign(key_, digest.view()).view());
}

VoteMessage Signer::vote_message(const primitives::VoteSubject& subject, const Bytes& share) const {
  return {.subject = subject, .share = {.voter = self_, .signature = share}};
}

Result<SignedMessages, SignError> Signer::sign(const Outputs& outputs) {
  OL_TRY_VOID(check(outputs));
  if (!outputs.persist) return SignedMessages{};
  SafetyRecord next = *outputs.persist;
  next.signed_vote = durable_ ? durable_->signed_vote : Bytes{};
  next.signed_timeout = durable_ ? durable_->signed_timeout : Bytes{};
  if (outputs.vote) next.signed_vote = vote_bytes(*outputs.vote);
  if (outputs.timeout) next.signed_timeout = timeout_bytes(*outputs.timeout, next.epoch);
  if (auto written = store_.write(encode_safety_record(next));
      !written && !kMutantSendBeforePersist) {
    return fail(SignError{SignError::Kind::NotDurable, std::move(written).error()});
  }
  durable_ = std::move(next);

  SignedMessages out;
  if (outputs.vote) out.vote = vote_message(outputs.vote->subject, durable_->signed_vote);
  if (outputs.timeout) out.new_view = last_new_view();
  if (outputs.proposal) {
    const primitives::Block& block = *outputs.proposal->block;
    const auto digest = proposal_digest(domain_, block.header, block.hash);
    out.proposal =
        ProposalMessage{block.header, block.item_hashes, signatures_.sign(key_, digest.view())};
  }
  if (outputs.reproposal) {
    const ReproposalIntent& again = *outputs.reproposal;
    const auto digest = reproposal_digest(domain_, again.view, again.certificate.subject);
    out.reproposal =
        ReproposalMessage{again.view, again.certificate, signatures_.sign(key_, digest.view())};
  }
  return out;
}

Result<Seated, SignError> Signer::take_seat(Seat seat) {
  seated_ = false;
  const Epoch signed_in = durable_ ? durable_->epoch : Epoch(0);
  if (signed_in > seat.first.epoch) return Seated::RecordIsNewer;
  if (signed_in < seat.first.epoch) {
    if (auto written = store_.write(encode_safety_record(seat.first)); !written)
      return fail(SignError{SignError::Kind::NotDurable, std::move(written).error()});
    durable_ = std::move(seat.first);
  }
  set_hash_ = seat.set_hash;
  self_ = seat.self;
  scheme_ = &seat.scheme;
  if (seat.vote_key) vote_key_ = *std::move(seat.vote_key);
  seated_ = true;
  return Seated::Signs;
}

std::optional<NewViewMessage> Signer::last_new_view() const {
  if (!seated_) return std::nullopt;
  if (!durable_ || durable_->signed_timeout.empty()) return std::nullopt;
  const auto signature = crypto::Ed25519Signature::from(durable_->signed_timeout);
  // The certificate must be the one the signature names; a newer one would need a new signature.
  if (!signature || durable_->high_qc.view() != durable_->last_timeout_high_qc_view)
    return std::nullopt;
  return NewViewMessage{.epoch = durable_->epoch,
                        .set_hash = set_hash_,
                        .view = durable_->last_timeout_view,
                        .high_qc = durable_->high_qc,
                        .sender = self_,
                        .signature = *signature,
                        .last_vote = last_vote()};
}

std::optional<VoteMessage> Signer::last_vote() const {
  if (!seated_ || !durable_ || durable_->signed_vote.empty()) return std::nullopt;
  const primitives::VoteSubject subject{.epoch = durable_->epoch,
                                        .set_hash = set_hash_,
                                        .phase = durable_->last_vote_phase,
                                        .height = durable_->last_vote_height,
                                        .view = durable_->last_vote.view,
                                        .block = durable_->last_vote.block};
  return vote_message(subject, durable_->signed_vote);
}

bool Signer::is_foreign(const NewViewMessage& message) const {
  if (!seated_ || message.sender != self_) return false;
  return !durable_ || message.view > durable_->last_timeout_view;
}

bool Signer::is_foreign(const primitives::Header& header, const BlockHash& hash) const {
  return header.proposer == self_ && is_foreign(BlockRef{header.view, hash});
}

bool Signer::is_foreign(const BlockRef& proposal) const {
  if (!seated_) return false;
  if (!durable_ || proposal.view > durable_->last_proposal.view) return true;
  return proposal.view == durable_->last_proposal.view &&
         proposal.block != durable_->last_proposal.block;
}

#ifdef OL_EQUIVOCATES
ProposalMessage Signer::rival_of(const ProposalMessage& proposal) const {
  ProposalMessage out = proposal;
  out.header.time = primitives::TimeMs(out.header.time.value() + 1);
  const auto hash = block_hash(domain_, out.header);
  out.signature = signatures_.sign(key_, proposal_digest(domain_, out.header, hash).view());
  return out;
}

ProposalMessage Signer::rival_of(const ReproposalMessage& again,
                                 const primitives::Block& block) const {
  ProposalMessage out{.header = block.header, .items = block.item_hashes, .signature = {}};
  out.header.view = again.view;
  out.header.proposer = self_;
  return rival_of(out);
}

VoteMessage Signer::rival_of(const VoteMessage& vote) const {
  primitives::VoteSubject subject = vote.subject;
  subject.block.bytes[0] ^= 1U;
  return vote_message(subject, scheme_->sign({key_, vote_key_}, vote_digest(domain_, subject)));
}
#endif

}  // namespace ol::consensus
