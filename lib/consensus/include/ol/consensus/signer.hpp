#pragma once

#include <optional>
#include <string>

#include <ol/consensus/kernel_contract.hpp>
#include <ol/consensus/message_signatures.hpp>
#include <ol/crypto/vrf.hpp>

namespace ol::consensus {

/// Where the safety record lives. The node implements it on a file, the simulator on a faulty disk.
class SafetyStore {
 public:
  virtual ~SafetyStore() = default;
  /// Returns only when `record` is durable. The error is a sentence for the operator.
  [[nodiscard]] virtual Result<void, std::string> write(ByteView record) = 0;
};

/// Why nothing was signed. The driver stops the node on NotDurable and follows as an observer on
/// BelowRecord.
struct SignError {
  enum class Kind : std::uint8_t {
    NotDurable,   // the record could not be written
    BelowRecord,  // the durable record already holds a conflicting or newer signature
  };
  Kind kind;
  std::string message;
};

/// Signed messages, ready to leave.
struct SignedMessages {
  std::optional<ProposalMessage> proposal;
  std::optional<VoteMessage> vote;
  std::optional<NewViewMessage> new_view;
  std::optional<ReproposalMessage> reproposal;
};

/// A validator's place in the set of an epoch.
struct Seat {
  primitives::SetHash set_hash;
  ValidatorIndex self;
  /// Outlives the signer.
  const CertificateScheme& scheme;
  /// Absent where the present one goes on.
  std::optional<crypto::BlsSecretKey> vote_key;
  /// Written before anything is signed in the epoch, unless there is a record of it.
  SafetyRecord first;
};
/// What a durable record allows in an epoch.
enum class Seated : std::uint8_t {
  Signs,
  RecordIsNewer,  // something was signed in a later epoch: follow until the chain is there
};

/// Holds the validator's keys, and is the only way to a signature: it writes the safety record
/// first, so nothing signed can exist that the disk does not know of. It checks the intents against
/// the durable record itself and does not trust the kernel. Not thread-safe.
/// Source: specs/consensus.md section 4.
class Signer {
 public:
  /// References must outlive the signer. `durable` is what was read back at start-up.
  Signer(const primitives::ChainDomain& domain, const primitives::SetHash& set_hash,
         ValidatorIndex self, crypto::Ed25519SecretKey key, crypto::BlsSecretKey vote_key,
         const CertificateScheme& scheme, SafetyStore& store, std::optional<SafetyRecord> durable,
         MessageSignatures signatures = kEd25519Signatures);

  /// Makes `outputs.persist` durable, then signs what `outputs` intends. A vote or timeout that the
  /// record already holds is answered with the recorded bytes.
  [[nodiscard]] Result<SignedMessages, SignError> sign(const Outputs& outputs);
  /// Goes on in the epoch of `seat.first`. The record of that epoch is durable on return; nothing
  /// of an earlier one is ever signed again. SignError::Kind::NotDurable.
  [[nodiscard]] Result<Seated, SignError> take_seat(Seat seat);
  /// Signs nothing until the next take_seat: the set is without us.
  void leave_seat() { seated_ = false; }
  /// What is durable.
  [[nodiscard]] const std::optional<SafetyRecord>& record() const { return durable_; }

  /// The proof of leadership over `input` (docs/adr/0020-vrf-leaders.md). It needs no record: there
  /// is one output for a key and an input, whoever asks how often.
  [[nodiscard]] crypto::VrfProof prove_leader(ByteView input) const {
    return crypto::vrf_prove(key_, input);
  }

  /// The recorded new-view message and vote, for peers that reconnect. Empty if none was sent.
  [[nodiscard]] std::optional<NewViewMessage> last_new_view() const;
  [[nodiscard]] std::optional<VoteMessage> last_vote() const;
  /// Whether `message`, signed with our key, is one that we never signed: another process uses the
  /// key.
  [[nodiscard]] bool is_foreign(const NewViewMessage& message) const;
  [[nodiscard]] bool is_foreign(const primitives::Header& header, const BlockHash& hash) const;
  /// The same for a proposal or re-proposal in the view of which we are the leader.
  [[nodiscard]] bool is_foreign(const BlockRef& proposal) const;
  /// Ends the signer and gives its key back. For simulated machines, which start again so often
  /// that deriving a key each time would take a quarter of a search.
  [[nodiscard]] crypto::Ed25519SecretKey take_key() && { return std::move(key_); }
#ifdef OL_EQUIVOCATES
  /// Another block for the same view, and a vote for a block that nobody made, both signed: what a
  /// validator must never do. Of the program that end-to-end tests catch at it, never of
  /// openliquid.
  [[nodiscard]] ProposalMessage rival_of(const ProposalMessage& proposal) const;
  /// A new block for the view in which `block` was proposed again.
  [[nodiscard]] ProposalMessage rival_of(const ReproposalMessage& again,
                                         const primitives::Block& block) const;
  [[nodiscard]] VoteMessage rival_of(const VoteMessage& vote) const;
#endif

 private:
  [[nodiscard]] Result<void, SignError> check(const Outputs& outputs) const;
  [[nodiscard]] Result<void, SignError> check_vote(const VoteIntent& intent,
                                                   const SafetyRecord& next) const;
  [[nodiscard]] Result<void, SignError> check_timeout(const TimeoutIntent& intent,
                                                      const SafetyRecord& next) const;
  [[nodiscard]] Result<void, SignError> check_proposal(const BlockRef& proposal,
                                                       const SafetyRecord& next) const;
  [[nodiscard]] bool is_last_vote(const primitives::VoteSubject& subject) const;
  [[nodiscard]] Bytes vote_bytes(const VoteIntent& intent) const;
  [[nodiscard]] Bytes timeout_bytes(const TimeoutIntent& intent, Epoch epoch) const;
  [[nodiscard]] VoteMessage vote_message(const primitives::VoteSubject& subject,
                                         const Bytes& share) const;

  const primitives::ChainDomain& domain_;
  primitives::SetHash set_hash_;
  ValidatorIndex self_;
  crypto::Ed25519SecretKey key_;
  crypto::BlsSecretKey vote_key_;
  const CertificateScheme* scheme_;
  SafetyStore& store_;
  MessageSignatures signatures_;
  std::optional<SafetyRecord> durable_;
  bool seated_ = true;
};

}  // namespace ol::consensus
