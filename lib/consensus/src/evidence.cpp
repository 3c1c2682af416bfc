#include <ol/consensus/evidence.hpp>

namespace ol::consensus {
namespace {

enum class Kind : std::uint8_t {
  DoubleProposal = 1,
  DoubleVote = 2,
  InvalidShare = 3,
  DoubleReproposal = 4,
};

bool signed_by_proposer(const primitives::ChainDomain& domain, const primitives::ValidatorSet& set,
                        const primitives::Header& header,
                        const crypto::Ed25519Signature& signature) {
  const primitives::Validator* proposer = set.find(header.proposer);
  if (proposer == nullptr) return false;
  const auto digest =
      primitives::proposal_digest(domain, header, primitives::block_hash(domain, header));
  return crypto::verify(proposer->key, digest.view(), signature);
}

bool proves_double_proposal(const DoubleProposal& e, const primitives::ChainDomain& domain,
                            const primitives::ValidatorSet& set) {
  if (e.first.proposer != e.second.proposer) return false;
  if (e.first.view != e.second.view) return false;
  if (e.first == e.second) return false;
  // Views begin again with each epoch.
  const bool one_epoch = e.first.epoch == set.epoch() && e.second.epoch == set.epoch();
  if (!one_epoch) return false;
  return signed_by_proposer(domain, set, e.first, e.first_signature) &&
         signed_by_proposer(domain, set, e.second, e.second_signature);
}

bool proves_double_vote(const DoubleVote& e, const primitives::ChainDomain& domain,
                        const primitives::ValidatorSet& set, const CertificateScheme& scheme) {
  if (e.first.share.voter != e.second.share.voter) return false;
  if (e.first.subject.view != e.second.subject.view) return false;
  if (e.first.subject.phase != e.second.subject.phase) return false;
  if (e.first.subject == e.second.subject) return false;
  const bool one_epoch =
      e.first.subject.epoch == set.epoch() && e.second.subject.epoch == set.epoch();
  if (!one_epoch) return false;
  return scheme.verify_share(vote_digest(domain, e.first.subject), e.first.share) &&
         scheme.verify_share(vote_digest(domain, e.second.subject), e.second.share);
}

// A proposal is signed as a re-proposal of its own block in its own view would be: one digest.
bool signed_by_leader(const DoubleReproposal& e, const SignedProposal& proposal,
                      const primitives::ChainDomain& domain, const primitives::ValidatorSet& set) {
  const primitives::Validator* leader = set.find(e.leader);
  if (leader == nullptr) return false;
  const primitives::VoteSubject block{.epoch = e.epoch,
                                      .set_hash = set.hash(domain),
                                      .phase = Phase::Prepare,
                                      .height = proposal.height,
                                      .view = e.view,
                                      .block = proposal.block};
  const Hash256 digest = reproposal_digest(domain, e.view, block);
  return crypto::verify(leader->key, digest.view(), proposal.signature);
}

bool proves_double_reproposal(const DoubleReproposal& e, const primitives::ChainDomain& domain,
                              const primitives::ValidatorSet& set) {
  if (e.epoch != set.epoch()) return false;
  if (e.first.block == e.second.block) return false;
  return signed_by_leader(e, e.first, domain, set) && signed_by_leader(e, e.second, domain, set);
}

void encode(Writer& out, const SignedProposal& proposal) {
  out.strong(proposal.height).fixed(proposal.block).fixed(proposal.signature);
}

SignedProposal decode_signed_proposal(Reader& in) {
  SignedProposal out;
  out.height = in.strong<Height>();
  out.block = in.fixed<BlockHash>();
  out.signature = in.fixed<crypto::Ed25519Signature>();
  return out;
}

}  // namespace

primitives::ValidatorIndex accused(const Evidence& evidence) {
  if (const auto* e = std::get_if<DoubleProposal>(&evidence)) return e->first.proposer;
  if (const auto* e = std::get_if<DoubleVote>(&evidence)) return e->first.share.voter;
  if (const auto* e = std::get_if<DoubleReproposal>(&evidence)) return e->leader;
  return std::get<InvalidShare>(evidence).vote.share.voter;
}

bool proves(const Evidence& evidence, const primitives::ChainDomain& domain,
            const primitives::ValidatorSet& set, const CertificateScheme& scheme) {
  if (const auto* e = std::get_if<DoubleProposal>(&evidence))
    return proves_double_proposal(*e, domain, set);
  if (const auto* e = std::get_if<DoubleVote>(&evidence))
    return proves_double_vote(*e, domain, set, scheme);
  if (const auto* e = std::get_if<DoubleReproposal>(&evidence))
    return proves_double_reproposal(*e, domain, set);
  return false;
}

Bytes encode_evidence(const Evidence& evidence) {
  Writer out;
  if (const auto* e = std::get_if<DoubleProposal>(&evidence)) {
    out.u8(static_cast<std::uint8_t>(Kind::DoubleProposal));
    primitives::encode(out, e->first);
    out.fixed(e->first_signature);
    primitives::encode(out, e->second);
    out.fixed(e->second_signature);
  } else if (const auto* v = std::get_if<DoubleVote>(&evidence)) {
    out.u8(static_cast<std::uint8_t>(Kind::DoubleVote));
    encode(out, v->first);
    encode(out, v->second);
  } else if (const auto* r = std::get_if<DoubleReproposal>(&evidence)) {
    out.u8(static_cast<std::uint8_t>(Kind::DoubleReproposal));
    out.strong(r->epoch).strong(r->view).strong(r->leader);
    encode(out, r->first);
    encode(out, r->second);
  } else {
    out.u8(static_cast<std::uint8_t>(Kind::InvalidShare));
    encode(out, std::get<InvalidShare>(evidence).vote);
  }
  return out.take();
}

Result<Evidence, DecodeError> decode_evidence(ByteView bytes) {
  Reader in(bytes);
  Evidence out = InvalidShare{};
  switch (in.u8()) {
    case static_cast<std::uint8_t>(Kind::DoubleProposal): {
      DoubleProposal e;
      e.first = primitives::decode_header(in);
      e.first_signature = in.fixed<crypto::Ed25519Signature>();
      e.second = primitives::decode_header(in);
      e.second_signature = in.fixed<crypto::Ed25519Signature>();
      out = std::move(e);
      break;
    }
    case static_cast<std::uint8_t>(Kind::DoubleVote): {
      DoubleVote e;
      e.first = decode_vote_message(in);
      e.second = decode_vote_message(in);
      out = std::move(e);
      break;
    }
    case static_cast<std::uint8_t>(Kind::InvalidShare):
      out = InvalidShare{decode_vote_message(in)};
      break;
    case static_cast<std::uint8_t>(Kind::DoubleReproposal): {
      DoubleReproposal e;
      e.epoch = in.strong<Epoch>();
      e.view = in.strong<View>();
      e.leader = in.strong<ValidatorIndex>();
      e.first = decode_signed_proposal(in);
      e.second = decode_signed_proposal(in);
      out = e;
      break;
    }
    default:
      in.reject(DecodeError::BadValue);
  }
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::consensus
