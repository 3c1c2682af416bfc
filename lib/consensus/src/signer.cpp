#include <ol/consensus/signer.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

std::unexpected<SignError> below(std::string what) {
  return fail(SignError{SignError::Kind::BelowRecord,
                        "refusing to sign " + std::move(what) + ": the safety record is newer"});
}

// Whether `next` forgets nothing that `before` forbids. SafetyRecord, invariant 1.
bool keeps(const SafetyRecord& next, const SafetyRecord& before) {
  return next.last_vote.view >= before.last_vote.view && next.lock.view >= before.lock.view &&
         next.high_qc.view() >= before.high_qc.view() &&
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
      scheme_(scheme),
      store_(store),
      signatures_(signatures),
      durable_(kMutantForgetRecord ? std::nullopt : std::move(durable)) {}

// One signature per (view, phase) for votes, per view for timeouts and proposals, over all
// restarts:
//  1. a vote is above the last one and above every view left, or is the last one again;
//  2. a timeout is above the last one, or is of its view with the same or a newer certificate;
//  3. a proposal is above the last one;
//  4. what is signed is what the record to be written says;
//  5. the record to be written takes nothing back.
Result<void, SignError> Signer::check(const Outputs& outputs) const {
  if (durable_ && outputs.persist && !keeps(*outputs.persist, *durable_)) return below("anything");
  const bool signs = outputs.vote || outputs.timeout || outputs.proposal;
  if (!signs) return {};
  OL_CHECK(outputs.persist.has_value(), "every signature comes with a record");
  const SafetyRecord& next = *outputs.persist;
  if (outputs.vote) {
    const BlockRef vote{outputs.vote->subject.view, outputs.vote->subject.block};
    OL_CHECK(next.last_vote == vote, "the record names the vote");
    const bool again = durable_ && vote == durable_->last_vote && !durable_->signed_vote.empty();
    if (durable_ && !again && vote.view <= durable_->last_vote.view) return below("a vote");
    if (!again && vote.view <= next.last_timeout_view) return below("a vote");
  }
  if (outputs.timeout) {
    OL_CHECK(next.last_timeout_view == outputs.timeout->view, "the record names the timeout");
    OL_CHECK(next.last_timeout_high_qc_view == outputs.timeout->high_qc.view(),
             "the record names the timeout's certificate");
    if (durable_ && outputs.timeout->view == durable_->last_timeout_view &&
        next.last_timeout_high_qc_view < durable_->last_timeout_high_qc_view)
      return below("a timeout");
  }
  if (outputs.proposal) {
    const primitives::Block& block = *outputs.proposal->block;
    OL_CHECK(next.last_proposal.block == block.hash, "the record names the proposal");
    if (durable_ && block.header.view <= durable_->last_proposal.view) return below("a proposal");
  }
  return {};
}

Bytes Signer::vote_bytes(const VoteIntent& intent) const {
  const BlockRef vote{intent.subject.view, intent.subject.block};
  if (durable_ && durable_->last_vote == vote && !durable_->signed_vote.empty())
    return durable_->signed_vote;
  return scheme_.sign(vote_key_, vote_digest(domain_, intent.subject));
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
  return out;
}

std::optional<NewViewMessage> Signer::last_new_view() const {
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
  if (!durable_ || durable_->signed_vote.empty()) return std::nullopt;
  const primitives::VoteSubject subject{.epoch = durable_->epoch,
                                        .set_hash = set_hash_,
                                        .phase = durable_->last_vote_phase,
                                        .height = durable_->last_vote_height,
                                        .view = durable_->last_vote.view,
                                        .block = durable_->last_vote.block};
  return vote_message(subject, durable_->signed_vote);
}

bool Signer::is_foreign(const NewViewMessage& message) const {
  if (message.sender != self_) return false;
  return !durable_ || message.view > durable_->last_timeout_view;
}

bool Signer::is_foreign(const primitives::Header& header, const BlockHash& hash) const {
  if (header.proposer != self_) return false;
  if (!durable_ || header.view > durable_->last_proposal.view) return true;
  return header.view == durable_->last_proposal.view && hash != durable_->last_proposal.block;
}

}  // namespace ol::consensus
