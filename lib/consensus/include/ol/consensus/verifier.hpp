#pragma once

#include <deque>
#include <set>
#include <tuple>

#include <ol/consensus/block_tree.hpp>
#include <ol/consensus/hand_over.hpp>
#include <ol/consensus/leader_schedule.hpp>
#include <ol/consensus/message_signatures.hpp>
#include <ol/consensus/messages.hpp>

namespace ol::consensus {

/// Why a message was refused. Its sender broke a rule that every honest validator keeps.
enum class VerifyError : std::uint8_t {
  WrongChain,                    // another chain id
  WrongSet,                      // another epoch or validator set
  UnknownValidator,              // signer is not in the set
  NotLeader,                     // proposer does not lead the view
  BadHeader,                     // height, parent or view do not follow from the certificate
  BadSignature,                  // proposer's or sender's signature does not verify
  BadCertificate,                // the quorum certificate does not verify
  BadTimeoutCertificate,         // not just a quorum, not ascending, or a signature fails
  MissingTimeoutCertificate,     // a view was skipped without proof
  UnexpectedTimeoutCertificate,  // nothing was skipped
  BadPayload,                    // items do not match the header's payload root
  WrongBlock,                    // not the block that was asked for
  WrongRule,                     // a message or phase of another commit rule
};
[[nodiscard]] const char* describe(VerifyError error);

/// A header whose proposer, justify and timeout certificate were verified. Only Verifier makes it.
class VerifiedHeader {
 public:
  [[nodiscard]] const primitives::Header& header() const { return header_; }
  [[nodiscard]] const BlockHash& hash() const { return hash_; }
  [[nodiscard]] const crypto::Ed25519Signature& signature() const { return signature_; }

 private:
  friend class Verifier;
  VerifiedHeader() = default;
  primitives::Header header_;
  BlockHash hash_;
  crypto::Ed25519Signature signature_;
};

/// A complete block the kernel may be handed. Only Verifier makes it.
class VerifiedBlock {
 public:
  [[nodiscard]] const BlockPtr& block() const { return block_; }
  [[nodiscard]] const std::optional<crypto::Ed25519Signature>& signature() const {
    return signature_;
  }
  /// Closing, if the block ends its epoch once it is final; otherwise Within.
  [[nodiscard]] EpochPlace place() const { return place_; }

 private:
  friend class Verifier;
  VerifiedBlock() = default;
  BlockPtr block_;
  EpochPlace place_ = EpochPlace::Within;
  std::optional<crypto::Ed25519Signature> signature_;
};

/// A certificate that proves a quorum. Only Verifier makes it.
class VerifiedCertificate {
 public:
  [[nodiscard]] const QuorumCertificate& certificate() const { return certificate_; }

 private:
  friend class Verifier;
  VerifiedCertificate() = default;
  QuorumCertificate certificate_;
};

/// A new-view message whose signature and certificate were verified. Only Verifier makes it.
class VerifiedNewView {
 public:
  [[nodiscard]] const NewViewMessage& message() const { return message_; }

 private:
  friend class Verifier;
  VerifiedNewView() = default;
  NewViewMessage message_;
};

/// A re-proposal whose leader and prepare certificate were verified. Only Verifier makes it.
class VerifiedReproposal {
 public:
  [[nodiscard]] View view() const { return view_; }
  [[nodiscard]] const QuorumCertificate& certificate() const { return certificate_; }
  [[nodiscard]] const crypto::Ed25519Signature& signature() const { return signature_; }

 private:
  friend class Verifier;
  VerifiedReproposal() = default;
  View view_;
  QuorumCertificate certificate_;
  crypto::Ed25519Signature signature_;
};

/// A proof that the present epoch ended with `block`. Only Verifier makes it.
class VerifiedHandOver {
 public:
  [[nodiscard]] const HandOver& hand_over() const { return hand_over_; }
  [[nodiscard]] const BlockHash& block() const { return block_; }
  /// Of `block`.
  [[nodiscard]] const QuorumCertificate& certificate() const { return certificate_; }

 private:
  friend class Verifier;
  VerifiedHandOver() = default;
  HandOver hand_over_;
  BlockHash block_;
  QuorumCertificate certificate_;
};

/// Which phases votes and certificates of a chain have: Generic under the chained rules, Prepare
/// and Precommit under two_phase, where block after block is final and no view is proven over.
enum class VotePhases : std::uint8_t { Chained, TwoPhase };
[[nodiscard]] bool has_phase(VotePhases phases, Phase phase);

/// What a verifier knows of epochs. Borrowed for its life.
struct EpochContext {
  /// Absent where the set never changes.
  const EpochSetting* present = nullptr;
  /// Of the epoch before, whose voters certified the block that this one began on. Absent in the
  /// first epoch.
  const CertificateScheme* before = nullptr;
};

/// Turns messages into facts the kernel may believe: the only door into it. Cheap checks come first
/// and the leader's signature before any pairing, so a stranger cannot make us compute. Verified
/// certificates and signatures of timeouts are remembered and never verified twice: a timeout
/// certificate is made of the new-views that came before it. Not thread-safe.
class Verifier {
 public:
  /// All references must outlive the verifier. `genesis` is the certificate of the block on which
  /// the epoch began: in the first the synthetic one (trap T13), later one by the epoch before.
  Verifier(const primitives::ChainDomain& domain, const primitives::ValidatorSet& set,
           const CertificateScheme& scheme, const LeaderSchedule& leaders,
           QuorumCertificate genesis, MessageSignatures signatures = kEd25519Signatures,
           VotePhases phases = VotePhases::Chained, EpochContext epochs = {});

  [[nodiscard]] Result<VerifiedHeader, VerifyError> verify_proposal(const ProposalMessage& message);
  [[nodiscard]] Result<VerifiedCertificate, VerifyError> verify_certificate(
      const QuorumCertificate& certificate);
  [[nodiscard]] Result<VerifiedNewView, VerifyError> verify_new_view(const NewViewMessage& message);
  [[nodiscard]] Result<VerifiedReproposal, VerifyError> verify_reproposal(
      const ReproposalMessage& message);
  /// Joins a verified header with its payload. VerifyError::BadPayload.
  [[nodiscard]] Result<VerifiedBlock, VerifyError> complete(const VerifiedHeader& header,
                                                            std::vector<Bytes> payload) const;
  /// The same where each item is known to have its hash: it was found under it, or checked when it
  /// came. Hashing a large payload once more costs as much as a signature.
  [[nodiscard]] Result<VerifiedBlock, VerifyError> complete(
      const VerifiedHeader& header, std::vector<Bytes> payload,
      std::vector<primitives::TxnHash> hashes) const;
  /// A block asked for by hash, or whose descendant is certified; its justify is verified.
  [[nodiscard]] Result<VerifiedBlock, VerifyError> verify_fetched(primitives::Block block,
                                                                  const BlockHash& expected);
  /// A proof that this epoch is over.
  [[nodiscard]] Result<VerifiedHandOver, HandOverError> verify_hand_over(HandOver hand_over) const;
  /// A block this validator built itself.
  [[nodiscard]] VerifiedBlock own_block(primitives::Block block) const;
  /// A certificate the vote collector just combined and verified.
  [[nodiscard]] VerifiedCertificate own_certificate(QuorumCertificate certificate);

  [[nodiscard]] const primitives::SetHash& set_hash() const { return set_hash_; }
  /// Certificates verified with cryptography so far; repeats do not count.
  [[nodiscard]] std::uint64_t certificates_verified() const { return certificates_verified_; }
  /// The same of signatures of timeouts, in new-views and in timeout certificates.
  [[nodiscard]] std::uint64_t timeouts_verified() const { return timeouts_verified_; }

  /// Bounds of what is remembered.
  static constexpr std::size_t kCacheSize = 4096;
  static constexpr std::size_t kTimeoutsKept = 1024;

 private:
  /// What was signed, by whom, and the signature.
  using Timeout = std::tuple<Hash256, primitives::ValidatorIndex, crypto::Ed25519Signature>;

  [[nodiscard]] Result<void, VerifyError> check_certificate(const QuorumCertificate& certificate);
  [[nodiscard]] Result<void, VerifyError> check_header(const primitives::Header& header);
  [[nodiscard]] Result<void, VerifyError> check_membership(const primitives::Header& header) const;
  [[nodiscard]] Result<void, VerifyError> check_cached(const QuorumCertificate& certificate,
                                                       const CertificateScheme& scheme);
  [[nodiscard]] VerifiedBlock admit(primitives::Block block) const;
  [[nodiscard]] Result<void, VerifyError> check_timeout_certificate(
      const primitives::Header& header);
  [[nodiscard]] bool check_timeout(const primitives::Validator& validator, const Timeout& timeout);
  [[nodiscard]] Result<void, VerifyError> check_parent_is_final(
      const primitives::Header& header) const;
  void remember(const Hash256& digest);

  const primitives::ChainDomain& domain_;
  const primitives::ValidatorSet& set_;
  const CertificateScheme& scheme_;
  const LeaderSchedule& leaders_;
  QuorumCertificate genesis_;
  MessageSignatures signatures_;
  VotePhases phases_;
  EpochContext epochs_;
  primitives::SetHash set_hash_;
  std::set<Hash256> verified_;
  std::deque<Hash256> verified_order_;
  std::uint64_t certificates_verified_ = 0;
  std::set<Timeout> timeouts_;
  std::deque<Timeout> timeouts_order_;
  std::uint64_t timeouts_verified_ = 0;
};

}  // namespace ol::consensus
