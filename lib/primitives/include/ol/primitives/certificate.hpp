#pragma once

#include <optional>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/primitives/types.hpp>

namespace ol::primitives {

/// What a vote is for. `Generic` is the pipelined vote of chained HotStuff; the other two are the
/// phases of `two_phase`. Source: specs/consensus.md sections 5 to 7.
enum class Phase : std::uint8_t { Generic = 0, Prepare = 1, Precommit = 2 };

/// Everything a vote binds. One validator signs at most one subject per (view, phase).
struct VoteSubject {
  Epoch epoch;
  SetHash set_hash;
  Phase phase = Phase::Generic;
  Height height;
  View view;
  BlockHash block;

  friend auto operator<=>(const VoteSubject&, const VoteSubject&) = default;
};

/// The signed digest: H("openliquid/vote/v1", chain_id, epoch, set_hash, phase, height, view,
/// block), fixed-width big-endian fields. Source: specs/consensus.md section 2.
[[nodiscard]] Hash256 vote_digest(const ChainDomain& domain, const VoteSubject& subject);

/// Signatures larger than this are refused before any cryptography.
inline constexpr std::size_t kCertificateSignatureMax = 64 * 1024;
inline constexpr std::uint32_t kValidatorsMax = 1024;

/// Proof that a quorum voted for `subject`. `signers` is a bitmap (bit i of byte i/8, least
/// significant first) for schemes that name their signers and empty for `bls-threshold`; the bytes
/// of `signature` belong to the scheme. The genesis certificate has view 0 and both empty.
struct QuorumCertificate {
  VoteSubject subject;
  Bytes signers;
  Bytes signature;

  [[nodiscard]] View view() const { return subject.view; }
  [[nodiscard]] Height height() const { return subject.height; }
  [[nodiscard]] const BlockHash& block() const { return subject.block; }
  [[nodiscard]] bool is_genesis() const { return subject.view == View(0); }
  friend bool operator==(const QuorumCertificate&, const QuorumCertificate&) = default;
};

void encode(Writer& out, const VoteSubject& subject);
void encode(Writer& out, const QuorumCertificate& certificate);
[[nodiscard]] VoteSubject decode_vote_subject(Reader& in);
[[nodiscard]] QuorumCertificate decode_quorum_certificate(Reader& in);
/// Digest of the whole certificate, signers and signature included: the key of the verified cache.
[[nodiscard]] Hash256 certificate_digest(const ChainDomain& domain,
                                         const QuorumCertificate& certificate);

/// One validator's signed statement that it left `view` with `high_qc_view` as its best
/// certificate. Signed with the validator's Ed25519 key (docs/adr/0002-timeout-signatures.md).
struct TimeoutSignature {
  ValidatorIndex validator;
  View high_qc_view;
  crypto::Ed25519Signature signature;

  friend bool operator==(const TimeoutSignature&, const TimeoutSignature&) = default;
};

/// Proof that a quorum left `view`: the aggregate of their new-view messages, strictly ascending
/// by validator. A proposal in view + 1 that does not build on a certificate of `view` carries it.
struct TimeoutCertificate {
  Epoch epoch;
  SetHash set_hash;
  View view;
  std::vector<TimeoutSignature> signatures;

  friend bool operator==(const TimeoutCertificate&, const TimeoutCertificate&) = default;
};

/// The signed digest: H("openliquid/timeout/v1", chain_id, epoch, set_hash, view, high_qc_view).
[[nodiscard]] Hash256 timeout_digest(const ChainDomain& domain, Epoch epoch,
                                     const SetHash& set_hash, View view, View high_qc_view);

void encode(Writer& out, const TimeoutCertificate& certificate);
[[nodiscard]] TimeoutCertificate decode_timeout_certificate(Reader& in);

}  // namespace ol::primitives
