#include <ol/consensus/evidence.hpp>

namespace ol::consensus {
namespace {

enum class Kind : std::uint8_t { DoubleProposal = 1, DoubleVote = 2, InvalidShare = 3 };

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

}  // namespace

primitives::ValidatorIndex accused(const Evidence& evidence) {
  if (const auto* e = std::get_if<DoubleProposal>(&evidence)) return e->first.proposer;
  if (const auto* e = std::get_if<DoubleVote>(&evidence)) return e->first.share.voter;
  return std::get<InvalidShare>(evidence).vote.share.voter;
}

bool proves(const Evidence& evidence, const primitives::ChainDomain& domain,
            const primitives::ValidatorSet& set, const CertificateScheme& scheme) {
  if (const auto* e = std::get_if<DoubleProposal>(&evidence))
    return proves_double_proposal(*e, domain, set);
  if (const auto* e = std::get_if<DoubleVote>(&evidence))
    return proves_double_vote(*e, domain, set, scheme);
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
    default:
      in.reject(DecodeError::BadValue);
  }
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::consensus
