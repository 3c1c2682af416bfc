#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <ol/consensus/certificate_scheme.hpp>
#include <ol/consensus/safety_record.hpp>
#include <ol/primitives/block.hpp>

namespace ol::consensus {

/// A proposal as it travels: the header, the payload by item hash, and the proposer's signature
/// over `proposal_digest`. Whoever lacks an item asks for it. Format:
/// docs/protocol/consensus-messages.md.
struct ProposalMessage {
  primitives::Header header;
  std::vector<primitives::TxnHash> items;
  crypto::Ed25519Signature signature;
};

/// One validator's vote: its share over `vote_digest(subject)`.
struct VoteMessage {
  primitives::VoteSubject subject;
  Share share;
};

/// "I left `view`; this is the best certificate I know." Moves its receivers towards view + 1.
/// Carries the sender's last vote too, so that the next leader can complete a certificate whose
/// collector crashed (docs/adr/0003-round-robin-liveness.md).
struct NewViewMessage {
  primitives::Epoch epoch;
  primitives::SetHash set_hash;
  primitives::View view;
  primitives::QuorumCertificate high_qc;
  primitives::ValidatorIndex sender;
  crypto::Ed25519Signature signature;
  std::optional<VoteMessage> last_vote;
};

/// "The block that `certificate` names, once more, in `view`": how a leader of two_phase proposes a
/// block that may be final already somewhere. Whoever lacks the block asks for it. The signature of
/// the leader of `view` is over the digest of a proposal of that block in `view`; no header has
/// that view and that hash, so the two cannot be taken for each other.
struct ReproposalMessage {
  primitives::View view;
  /// A prepare certificate of an earlier view.
  primitives::QuorumCertificate certificate;
  crypto::Ed25519Signature signature;
};
[[nodiscard]] Hash256 reproposal_digest(const primitives::ChainDomain& domain,
                                        primitives::View view,
                                        const primitives::VoteSubject& certified);

/// A certificate on its own, for peers that fell behind.
struct CertificateMessage {
  primitives::QuorumCertificate certificate;
};

using Message = std::variant<ProposalMessage, VoteMessage, NewViewMessage, CertificateMessage,
                             ReproposalMessage>;

[[nodiscard]] Bytes encode_message(const Message& message);
/// Strict and bounded. Views and heights above 2^62 are refused (DecodeError::OverLimit), so that
/// whoever handles a message may ask for the next one.
[[nodiscard]] Result<Message, DecodeError> decode_message(ByteView bytes);

void encode(Writer& out, const VoteMessage& vote);
[[nodiscard]] VoteMessage decode_vote_message(Reader& in);

}  // namespace ol::consensus
