#include <ol/consensus/verifier.hpp>

#include "mutants.hpp"

namespace ol::consensus {
namespace {

// Whether `b` comes right after `a`. Fields of a message not verified yet may hold the largest
// number, so nothing is added to them.
template <typename Number>
bool follows(Number b, Number a) {
  return b > a && b - a == 1;
}

// Under two_phase a block that was proposed again may have certificates of several rounds.
bool names_same(primitives::VoteSubject a, const primitives::VoteSubject& b) {
  a.view = b.view;
  return a == b;
}

}  // namespace

const char* describe(VerifyError error) {
  switch (error) {
    case VerifyError::WrongChain:
      return "another chain id";
    case VerifyError::WrongSet:
      return "another epoch or validator set";
    case VerifyError::UnknownValidator:
      return "signer is not a validator";
    case VerifyError::NotLeader:
      return "proposer does not lead the view";
    case VerifyError::BadHeader:
      return "header does not follow from its certificate";
    case VerifyError::BadSignature:
      return "signature does not verify";
    case VerifyError::BadCertificate:
      return "quorum certificate does not verify";
    case VerifyError::BadTimeoutCertificate:
      return "timeout certificate does not verify";
    case VerifyError::MissingTimeoutCertificate:
      return "a view was skipped without a timeout certificate";
    case VerifyError::UnexpectedTimeoutCertificate:
      return "timeout certificate where no view was skipped";
    case VerifyError::BadPayload:
      return "payload does not match the header";
    case VerifyError::WrongBlock:
      return "not the block that was asked for";
    case VerifyError::WrongRule:
      return "belongs to another commit rule";
  }
  OL_CHECK(false, "unknown VerifyError");
}

bool has_phase(VotePhases phases, Phase phase) {
  switch (phases) {
    case VotePhases::Chained:
      return phase == Phase::Generic;
    case VotePhases::TwoPhase:
      return phase == Phase::Prepare || phase == Phase::Precommit;
  }
  OL_CHECK(false, "unknown VotePhases");
}

Verifier::Verifier(const primitives::ChainDomain& domain, const primitives::ValidatorSet& set,
                   const CertificateScheme& scheme, const LeaderSchedule& leaders,
                   QuorumCertificate genesis, MessageSignatures signatures, VotePhases phases,
                   EpochContext epochs)
    : domain_(domain),
      set_(set),
      scheme_(scheme),
      leaders_(leaders),
      genesis_(std::move(genesis)),
      signatures_(signatures),
      phases_(phases),
      epochs_(epochs),
      set_hash_(set.hash(domain)) {}

Result<VerifiedHeader, VerifyError> Verifier::verify_proposal(const ProposalMessage& message) {
  const primitives::Header& header = message.header;
  if (header.chain_id != domain_.chain_id && !kMutantAnyChain) return fail(VerifyError::WrongChain);
  OL_TRY_VOID(check_membership(header));
  const primitives::Validator* proposer = set_.find(header.proposer);
  if (!leaders_.may_lead_above(header.view, header.proposer, header.parent))
    return fail(VerifyError::NotLeader);
  if (header.payload_root != payload_root(domain_, message.items))
    return fail(VerifyError::BadPayload);

  VerifiedHeader out;
  out.hash_ = block_hash(domain_, header);
  const Hash256 digest = proposal_digest(domain_, header, out.hash_);
  if (!signatures_.verify(proposer->key, digest.view(), message.signature))
    return fail(VerifyError::BadSignature);
  OL_TRY_VOID(check_header(header));
  out.header_ = header;
  out.signature_ = message.signature;
  return out;
}

// Blocks of the epoch before may stand on the very block that this one began on.
Result<void, VerifyError> Verifier::check_membership(const primitives::Header& header) const {
  if (header.epoch != set_.epoch() || header.set_hash != set_hash_)
    return fail(VerifyError::WrongSet);
  if (set_.find(header.proposer) == nullptr) return fail(VerifyError::UnknownValidator);
  return {};
}

// Rules that tie a header to the certificate it extends. specs/consensus.md section 3.
Result<void, VerifyError> Verifier::check_header(const primitives::Header& header) {
  const QuorumCertificate& justify = header.justify;
  if (header.parent != justify.block()) return fail(VerifyError::BadHeader);
  if (!follows(header.height, justify.height())) return fail(VerifyError::BadHeader);
  if (header.view <= justify.view()) return fail(VerifyError::BadHeader);
  OL_TRY_VOID(phases_ == VotePhases::Chained ? check_timeout_certificate(header)
                                             : check_parent_is_final(header));
  return check_certificate(justify);
}

// Under two_phase a block stands on a final one, and its view is the slot clock's: nothing proves
// that earlier views are over.
Result<void, VerifyError> Verifier::check_parent_is_final(const primitives::Header& header) const {
  if (header.timeout_certificate) return fail(VerifyError::UnexpectedTimeoutCertificate);
  const QuorumCertificate& justify = header.justify;
  if (!justify.is_genesis() && justify.subject.phase != Phase::Precommit)
    return fail(VerifyError::BadCertificate);
  return {};
}

// A proposal either builds on the certificate of the view before, or proves that a quorum left it
// and that it builds on the best certificate any of them knew.
Result<void, VerifyError> Verifier::check_timeout_certificate(const primitives::Header& header) {
  const bool skipped = !follows(header.view, header.justify.view());
  if (!skipped && header.timeout_certificate)
    return fail(VerifyError::UnexpectedTimeoutCertificate);
  if (!skipped) return {};
  if (!header.timeout_certificate) return fail(VerifyError::MissingTimeoutCertificate);

  const TimeoutCertificate& timeout = *header.timeout_certificate;
  if (!follows(header.view, timeout.view)) return fail(VerifyError::BadTimeoutCertificate);
  if (timeout.epoch != set_.epoch() || timeout.set_hash != set_hash_)
    return fail(VerifyError::WrongSet);
  std::uint64_t weight = 0;
  const primitives::TimeoutSignature* previous = nullptr;
  for (const auto& entry : timeout.signatures) {
    // A quorum and not one more: the size, which ends up in the safety record, stays bounded.
    if (set_.is_quorum(weight)) return fail(VerifyError::BadTimeoutCertificate);
    if (previous != nullptr && entry.validator <= previous->validator)
      return fail(VerifyError::BadTimeoutCertificate);
    previous = &entry;
    const primitives::Validator* validator = set_.find(entry.validator);
    if (validator == nullptr) return fail(VerifyError::UnknownValidator);
    if (entry.high_qc_view > header.justify.view() && !kMutantIgnoreTcViews)
      return fail(VerifyError::BadTimeoutCertificate);
    const Hash256 digest =
        timeout_digest(domain_, timeout.epoch, timeout.set_hash, timeout.view, entry.high_qc_view);
    if (!check_timeout(*validator, {digest, entry.validator, entry.signature}))
      return fail(VerifyError::BadTimeoutCertificate);
    weight += validator->weight.value();
  }
  if (!set_.is_quorum(weight)) return fail(VerifyError::BadTimeoutCertificate);
  return {};
}

// All three parts are compared, so what is remembered says nothing about anybody else's signature.
bool Verifier::check_timeout(const primitives::Validator& validator, const Timeout& timeout) {
  if (timeouts_.contains(timeout)) return true;
  ++timeouts_verified_;
  const auto& [digest, index, signature] = timeout;
  if (!signatures_.verify(validator.key, digest.view(), signature)) return false;
  timeouts_.insert(timeout);
  timeouts_order_.push_back(timeout);
  if (timeouts_order_.size() > kTimeoutsKept) {
    timeouts_.erase(timeouts_order_.front());
    timeouts_order_.pop_front();
  }
  return true;
}

Result<void, VerifyError> Verifier::check_certificate(const QuorumCertificate& certificate) {
  if (certificate.is_genesis()) {
    if (certificate == genesis_) return {};
    return fail(VerifyError::BadCertificate);
  }
  // Of what the epoch before certified, the block that ended it alone counts here.
  if (epochs_.before != nullptr && names_same(certificate.subject, genesis_.subject))
    return check_cached(certificate, *epochs_.before);
  if (certificate.subject.epoch != set_.epoch()) return fail(VerifyError::WrongSet);
  if (certificate.subject.set_hash != set_hash_) return fail(VerifyError::WrongSet);
  if (!has_phase(phases_, certificate.subject.phase)) return fail(VerifyError::BadCertificate);
  return check_cached(certificate, scheme_);
}

Result<void, VerifyError> Verifier::check_cached(const QuorumCertificate& certificate,
                                                 const CertificateScheme& scheme) {
  const Hash256 digest = certificate_digest(domain_, certificate);
  if (verified_.contains(digest)) return {};
  ++certificates_verified_;
  const Hash256 signed_digest = vote_digest(domain_, certificate.subject);
  if (!scheme.verify(signed_digest, certificate.signers, certificate.signature)) {
    return fail(VerifyError::BadCertificate);
  }
  remember(digest);
  return {};
}

Result<VerifiedCertificate, VerifyError> Verifier::verify_certificate(
    const QuorumCertificate& certificate) {
  OL_TRY_VOID(check_certificate(certificate));
  VerifiedCertificate out;
  out.certificate_ = certificate;
  return out;
}

Result<VerifiedReproposal, VerifyError> Verifier::verify_reproposal(
    const ReproposalMessage& message) {
  const primitives::VoteSubject& certified = message.certificate.subject;
  if (phases_ != VotePhases::TwoPhase || certified.phase != Phase::Prepare)
    return fail(VerifyError::WrongRule);
  if (message.view <= certified.view) return fail(VerifyError::BadHeader);
  const primitives::Validator* leader = set_.find(leaders_.leader(message.view));
  OL_CHECK(leader != nullptr, "a leader is a validator");
  const Hash256 digest = reproposal_digest(domain_, message.view, certified);
  if (!signatures_.verify(leader->key, digest.view(), message.signature))
    return fail(VerifyError::BadSignature);
  OL_TRY_VOID(check_certificate(message.certificate));
  VerifiedReproposal out;
  out.view_ = message.view;
  out.certificate_ = message.certificate;
  out.signature_ = message.signature;
  return out;
}

Result<VerifiedNewView, VerifyError> Verifier::verify_new_view(const NewViewMessage& message) {
  if (phases_ != VotePhases::Chained) return fail(VerifyError::WrongRule);
  if (message.epoch != set_.epoch() || message.set_hash != set_hash_)
    return fail(VerifyError::WrongSet);
  const primitives::Validator* sender = set_.find(message.sender);
  if (sender == nullptr) return fail(VerifyError::UnknownValidator);
  if (message.view < message.high_qc.view()) return fail(VerifyError::BadHeader);
  if (message.last_vote && message.last_vote->share.voter != message.sender)
    return fail(VerifyError::BadHeader);
  const Hash256 digest = timeout_digest(domain_, message.epoch, message.set_hash, message.view,
                                        message.high_qc.view());
  if (!check_timeout(*sender, {digest, message.sender, message.signature}))
    return fail(VerifyError::BadSignature);
  OL_TRY_VOID(check_certificate(message.high_qc));
  VerifiedNewView out;
  out.message_ = message;
  return out;
}

Result<VerifiedBlock, VerifyError> Verifier::complete(const VerifiedHeader& header,
                                                      std::vector<Bytes> payload) const {
  std::vector<primitives::TxnHash> hashes;
  hashes.reserve(payload.size());
  for (const Bytes& item : payload)
    hashes.push_back(primitives::transaction_hash(item));
  return complete(header, std::move(payload), std::move(hashes));
}

Result<VerifiedBlock, VerifyError> Verifier::complete(
    const VerifiedHeader& header, std::vector<Bytes> payload,
    std::vector<primitives::TxnHash> hashes) const {
  if (payload.size() != hashes.size()) return fail(VerifyError::BadPayload);
  primitives::Block block{.header = header.header(),
                          .payload = std::move(payload),
                          .item_hashes = std::move(hashes),
                          .hash = header.hash()};
  if (!block.payload_matches(domain_)) return fail(VerifyError::BadPayload);
  VerifiedBlock out = admit(std::move(block));
  out.signature_ = header.signature();
  return out;
}

Result<VerifiedBlock, VerifyError> Verifier::verify_fetched(primitives::Block block,
                                                            const BlockHash& expected) {
  if (block.hash != expected) return fail(VerifyError::WrongBlock);
  if (!block.payload_matches(domain_)) return fail(VerifyError::BadPayload);
  OL_TRY_VOID(check_membership(block.header));
  OL_TRY_VOID(check_header(block.header));
  return admit(std::move(block));
}

Result<VerifiedHandOver, HandOverError> Verifier::verify_hand_over(HandOver hand_over) const {
  OL_CHECK(epochs_.present != nullptr, "only a chain of epochs has hand-overs");
  OL_TRY(Opening opening, consensus::verify_hand_over(*epochs_.present, hand_over));
  VerifiedHandOver out;
  out.hand_over_ = std::move(hand_over);
  out.block_ = opening.block;
  out.certificate_ = std::move(opening.certificate);
  return out;
}

VerifiedBlock Verifier::admit(primitives::Block block) const {
  VerifiedBlock out;
  if (epochs_.present != nullptr && next_setting(*epochs_.present, block.payload) != nullptr)
    out.place_ = EpochPlace::Closing;
  out.block_ = std::make_shared<const primitives::Block>(std::move(block));
  return out;
}

VerifiedBlock Verifier::own_block(primitives::Block block) const {
  return admit(std::move(block));
}

VerifiedCertificate Verifier::own_certificate(QuorumCertificate certificate) {
  remember(certificate_digest(domain_, certificate));
  VerifiedCertificate out;
  out.certificate_ = std::move(certificate);
  return out;
}

void Verifier::remember(const Hash256& digest) {
  if (!verified_.insert(digest).second) return;
  verified_order_.push_back(digest);
  if (verified_order_.size() <= kCacheSize) return;
  verified_.erase(verified_order_.front());
  verified_order_.pop_front();
}

}  // namespace ol::consensus
