#include <ol/consensus/hand_over.hpp>

#include <algorithm>

#include <ol/consensus/finality.hpp>
#include <ol/consensus/voting_rule.hpp>

namespace ol::consensus {
namespace {

using Check = Result<void, HandOverError>;
using primitives::Header;

// Headers of the epoch that name each other. Whether each one's certificate verifies was seen by
// the honest voters of the next, and the last one's is verified here.
Result<std::vector<BlockRef>, HandOverError> check_headers(const EpochSetting& present,
                                                           const HandOver& proof) {
  std::vector<BlockRef> out;
  const primitives::ChainDomain& domain = present.genesis.domain;
  for (const Header& header : proof.headers) {
    if (header.chain_id != domain.chain_id) return fail(HandOverError::WrongChain);
    if (header.epoch != present.set.epoch() || header.set_hash != present.set_hash)
      return fail(HandOverError::WrongSet);
    if (!out.empty() && header.parent != out.back().block) return fail(HandOverError::BadChain);
    if (header.parent != header.justify.block()) return fail(HandOverError::BadChain);
    out.push_back({header.view, primitives::block_hash(domain, header)});
  }
  if (out.empty()) return fail(HandOverError::BadChain);
  return out;
}

Phase final_phase(primitives::CommitRule rule) {
  return rule == primitives::CommitRule::TwoPhase ? Phase::Precommit : Phase::Generic;
}

// A certificate of the last block by the epoch's quorum.
Check check_certificate(const EpochSetting& present, const HandOver& proof, const BlockRef& head) {
  const primitives::VoteSubject& subject = proof.certificate.subject;
  if (subject.epoch != present.set.epoch() || subject.set_hash != present.set_hash)
    return fail(HandOverError::WrongSet);
  // A block proposed again is certified in a later round than its own.
  const bool again = final_phase(present.genesis.commit_rule) == Phase::Precommit;
  const bool in_view = again ? subject.view >= head.view : subject.view == head.view;
  if (subject.block != head.block || !in_view) return fail(HandOverError::BadCertificate);
  if (subject.height != proof.headers.back().height) return fail(HandOverError::BadCertificate);
  if (subject.phase != final_phase(present.genesis.commit_rule))
    return fail(HandOverError::BadCertificate);
  const Hash256 digest = vote_digest(present.genesis.domain, subject);
  if (!present.scheme->verify(digest, proof.certificate.signers, proof.certificate.signature))
    return fail(HandOverError::BadCertificate);
  return {};
}

// The rule itself says what the certificate of the last block makes final; that is the closing
// block or a descendant of it.
Check check_final(const EpochSetting& present, const std::vector<BlockRef>& chain) {
  if (present.genesis.commit_rule == primitives::CommitRule::TwoPhase) {
    if (chain.size() == 1) return {};
    return fail(HandOverError::NotFinal);
  }
  CertifiedChain last{.head = chain.back(), .parent = {}, .grandparent = {}};
  if (chain.size() > 1) last.parent = chain[chain.size() - 2];
  if (chain.size() > 2) last.grandparent = chain[chain.size() - 3];
  if (!make_voting_rule(present.genesis.commit_rule)->decide_commit(last))
    return fail(HandOverError::NotFinal);
  return {};
}

Check check_payload(const EpochSetting& present, const HandOver& proof) {
  if (proof.items.empty() ||
      payload_root(present.genesis.domain, proof.items) != proof.headers.front().payload_root)
    return fail(HandOverError::BadPayload);
  if (primitives::transaction_hash(proof.change) != proof.items.back())
    return fail(HandOverError::BadPayload);
  return {};
}

}  // namespace

void encode(Writer& out, const HandOver& hand_over) {
  out.u32(static_cast<std::uint32_t>(hand_over.headers.size()));
  for (const Header& header : hand_over.headers)
    primitives::encode(out, header);
  primitives::encode(out, hand_over.certificate);
  out.u32(static_cast<std::uint32_t>(hand_over.items.size()));
  for (const primitives::TxnHash& item : hand_over.items)
    out.fixed(item);
  out.blob(hand_over.change);
}

HandOver decode_hand_over(Reader& in) {
  HandOver out;
  const std::uint32_t headers = in.count(kHandOverHeadersMax);
  if (headers == 0) in.reject(DecodeError::BadValue);
  for (std::uint32_t i = 0; i < headers && in.ok(); ++i)
    out.headers.push_back(primitives::decode_header(in));
  out.certificate = primitives::decode_quorum_certificate(in);
  const auto items = in.count(static_cast<std::uint32_t>(primitives::kClosingItemsMax));
  for (std::uint32_t i = 0; i < items && in.ok(); ++i)
    out.items.push_back(in.fixed<primitives::TxnHash>());
  out.change = to_bytes(in.blob(primitives::kTxnBytesMax));
  return out;
}

Bytes encode_hand_over(const HandOver& hand_over) {
  Writer out;
  encode(out, hand_over);
  return out.take();
}

Result<HandOver, DecodeError> decode_hand_over(ByteView bytes) {
  Reader in(bytes);
  HandOver out = decode_hand_over(in);
  OL_TRY_VOID(in.finish());
  return out;
}

const char* describe(HandOverError error) {
  switch (error) {
    case HandOverError::WrongChain:
      return "another chain id";
    case HandOverError::WrongSet:
      return "another epoch or validator set";
    case HandOverError::BadChain:
      return "its headers do not follow from each other";
    case HandOverError::NotFinal:
      return "the commit rule does not make its first block final";
    case HandOverError::BadCertificate:
      return "its certificate is of another block or does not verify";
    case HandOverError::BadPayload:
      return "its items are not the closing block's";
    case HandOverError::NoChange:
      return "its block carries no sound change of the set";
  }
  OL_CHECK(false, "unknown HandOverError");
}

Result<void, HandOverError> verify_final(const EpochSetting& present,
                                         const std::vector<Header>& headers,
                                         const primitives::QuorumCertificate& certificate) {
  const HandOver proof{.headers = headers, .certificate = certificate, .items = {}, .change = {}};
  OL_TRY(const std::vector<BlockRef> chain, check_headers(present, proof));
  OL_TRY_VOID(check_final(present, chain));
  return check_certificate(present, proof, chain.back());
}

Result<Opening, HandOverError> verify_hand_over(const EpochSetting& present,
                                                const HandOver& hand_over) {
  OL_TRY(const std::vector<BlockRef> chain, check_headers(present, hand_over));
  OL_TRY_VOID(check_final(present, chain));
  OL_TRY_VOID(check_certificate(present, hand_over, chain.back()));
  OL_TRY_VOID(check_payload(present, hand_over));
  Opening out{
      .block = chain.front().block,
      .certificate = chain.size() == 1 ? hand_over.certificate : hand_over.headers[1].justify,
      .next = next_setting(present, hand_over.items.size(), hand_over.change)};
  if (out.next == nullptr) return fail(HandOverError::NoChange);
  return out;
}

}  // namespace ol::consensus
