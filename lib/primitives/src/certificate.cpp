#include <ol/primitives/certificate.hpp>

#include "digest.hpp"

namespace ol::primitives {
namespace {

constexpr std::size_t kSignersBytesMax = kValidatorsMax / 8;

Phase decode_phase(Reader& in) {
  const std::uint8_t value = in.u8();
  if (value > static_cast<std::uint8_t>(Phase::Precommit)) {
    in.reject(DecodeError::BadValue);
    return Phase::Generic;
  }
  return static_cast<Phase>(value);
}

TimeoutSignature decode_timeout_signature(Reader& in) {
  TimeoutSignature out;
  out.validator = in.strong<ValidatorIndex>();
  out.high_qc_view = in.strong<View>();
  out.signature = in.fixed<crypto::Ed25519Signature>();
  return out;
}

}  // namespace

void encode(Writer& out, const VoteSubject& subject) {
  out.strong(subject.epoch)
      .fixed(subject.set_hash)
      .u8(static_cast<std::uint8_t>(subject.phase))
      .strong(subject.height)
      .strong(subject.view)
      .fixed(subject.block);
}

VoteSubject decode_vote_subject(Reader& in) {
  VoteSubject out;
  out.epoch = in.strong<Epoch>();
  out.set_hash = in.fixed<SetHash>();
  out.phase = decode_phase(in);
  out.height = in.strong<Height>();
  out.view = in.strong<View>();
  out.block = in.fixed<BlockHash>();
  return out;
}

Hash256 vote_digest(const ChainDomain& domain, const VoteSubject& subject) {
  Digest digest(domain, "openliquid/vote/v1");
  digest.fields().strong(domain.chain_id);
  encode(digest.fields(), subject);
  return digest.finish();
}

void encode(Writer& out, const QuorumCertificate& certificate) {
  encode(out, certificate.subject);
  out.blob(certificate.signers).blob(certificate.signature);
}

QuorumCertificate decode_quorum_certificate(Reader& in) {
  QuorumCertificate out;
  out.subject = decode_vote_subject(in);
  out.signers = to_bytes(in.blob(kSignersBytesMax));
  out.signature = to_bytes(in.blob(kCertificateSignatureMax));
  // Everyone derives the genesis certificate alone (trap T13): nothing in it is signed.
  if (in.ok() && out.is_genesis() && !(out.signers.empty() && out.signature.empty())) {
    in.reject(DecodeError::BadValue);
  }
  return out;
}

Hash256 certificate_digest(const ChainDomain& domain, const QuorumCertificate& certificate) {
  Digest digest(domain, "openliquid/certificate/v1");
  digest.fields().strong(domain.chain_id);
  encode(digest.fields(), certificate);
  return digest.finish();
}

Hash256 timeout_digest(const ChainDomain& domain, Epoch epoch, const SetHash& set_hash, View view,
                       View high_qc_view) {
  Digest digest(domain, "openliquid/timeout/v1");
  digest.fields()
      .strong(domain.chain_id)
      .strong(epoch)
      .fixed(set_hash)
      .strong(view)
      .strong(high_qc_view);
  return digest.finish();
}

void encode(Writer& out, const TimeoutCertificate& certificate) {
  out.strong(certificate.epoch).fixed(certificate.set_hash).strong(certificate.view);
  out.u32(static_cast<std::uint32_t>(certificate.signatures.size()));
  for (const TimeoutSignature& one : certificate.signatures) {
    out.strong(one.validator).strong(one.high_qc_view).fixed(one.signature);
  }
}

TimeoutCertificate decode_timeout_certificate(Reader& in) {
  TimeoutCertificate out;
  out.epoch = in.strong<Epoch>();
  out.set_hash = in.fixed<SetHash>();
  out.view = in.strong<View>();
  const std::uint32_t count = in.count(kValidatorsMax);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const TimeoutSignature one = decode_timeout_signature(in);
    // One order for one set of signers; a repeated signer would count twice (trap T9).
    if (i > 0 && in.ok() && one.validator <= out.signatures.back().validator) {
      in.reject(DecodeError::NonCanonical);
    }
    out.signatures.push_back(one);
  }
  return out;
}

}  // namespace ol::primitives
