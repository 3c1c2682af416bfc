#pragma once

#include <variant>

#include <ol/consensus/messages.hpp>

namespace ol::consensus {

/// Two headers of one proposer in one view, both signed by it.
struct DoubleProposal {
  primitives::Header first;
  crypto::Ed25519Signature first_signature;
  primitives::Header second;
  crypto::Ed25519Signature second_signature;
};

/// Two votes of one validator in one (view, phase) for different blocks.
struct DoubleVote {
  VoteMessage first;
  VoteMessage second;
};

/// A share that does not verify, sent over its voter's authenticated link. Not provable to third
/// parties; reason enough to drop the link.
struct InvalidShare {
  VoteMessage vote;
};

/// All of a proposal or re-proposal that its leader signed, but for epoch, set and view.
struct SignedProposal {
  Height height;
  BlockHash block;
  crypto::Ed25519Signature signature;
};
/// Two different blocks proposed by one leader in one view, of which at least one was proposed
/// again and so has a header of another view (two_phase).
struct DoubleReproposal {
  Epoch epoch;
  View view;
  ValidatorIndex leader;
  SignedProposal first;
  SignedProposal second;
};

using Evidence = std::variant<DoubleProposal, DoubleVote, InvalidShare, DoubleReproposal>;

/// Whom it accuses.
[[nodiscard]] primitives::ValidatorIndex accused(const Evidence& evidence);
/// Whether it proves misbehaviour to anyone who knows the validator set. Always false for
/// InvalidShare. Source: specs/consensus.md section 9.
[[nodiscard]] bool proves(const Evidence& evidence, const primitives::ChainDomain& domain,
                          const primitives::ValidatorSet& set, const CertificateScheme& scheme);

/// Format: docs/protocol/consensus-messages.md, "Evidence".
[[nodiscard]] Bytes encode_evidence(const Evidence& evidence);
/// Strict and bounded; an unknown kind is DecodeError::BadValue.
[[nodiscard]] Result<Evidence, DecodeError> decode_evidence(ByteView bytes);

}  // namespace ol::consensus
