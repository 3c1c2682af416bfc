#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/crypto/secret.hpp>
#include <ol/crypto/threshold.hpp>
#include <ol/crypto/x25519.hpp>

/// The key ceremony: n members make a (q, n) threshold key that none of them ever knows. Pure
/// functions over messages that operators exchange as files; message format and operator's view:
/// docs/protocol/key-ceremony.md. Source: Gennaro, Jarecki, Krawczyk, Rabin, "Secure Distributed
/// Key Generation for Discrete-Log Based Cryptosystems" (J. Cryptology 2007), protocol New-DKG.
namespace ol::crypto {

/// The rounds in order. When nobody cheats or fails, Justifications and Recovery are empty.
enum class DkgRound : std::uint8_t {
  Deal = 1,               // Pedersen commitments and encrypted share pairs
  Complaints = 2,         // which dealers' share pairs did not match their commitments
  Justifications = 3,     // an accused dealer publishes the disputed share pairs
  Openings = 4,           // Feldman commitments of every qualified dealer
  OpeningComplaints = 5,  // share pairs that match the first commitments but not the second
  Recovery = 6,           // share pairs of dealers whose opening failed: their part becomes public
};

enum class DkgError : std::uint8_t {
  BadCeremony,         // parameters out of range, wrong number of members or a key listed twice
  NotAMember,          // the secret belongs to no member of this ceremony
  Malformed,           // a message that does not decode
  WrongCeremony,       // a message of another ceremony
  WrongRound,          // a message of a round that is closed or not yet open
  BadSignature,        // not signed by the member it names
  Conflicting,         // two different messages of one member for one round
  TranscriptMismatch,  // its sender saw other messages in the rounds before: compare the files
  NotReady,            // a round that the answer needs has no message at all
  NothingToSay,        // this member sends nothing in this round
  TooFewQualified,     // fewer than a quorum of dealers qualified
  Unrecoverable,       // fewer than a quorum of valid share pairs for a dealer to recover
  BadOwnShare,         // the share does not fit the public result: members broke the honest quorum
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(DkgError error);

/// One member's public keys for the ceremony.
struct DkgMember {
  Ed25519PublicKey identity;   // signs its messages
  X25519PublicKey encryption;  // receives its shares

  friend bool operator==(const DkgMember&, const DkgMember&) = default;
};

/// One member's secret for one ceremony. Everything it says is derived from it, so that running a
/// step again gives the same message. Use it for one ceremony only, and keep it until the end.
class DkgSecret {
 public:
  explicit DkgSecret(SecretBytes<32> seed);
  [[nodiscard]] static DkgSecret generate() { return DkgSecret(SecretBytes<32>::random()); }

  [[nodiscard]] DkgMember member() const;
  [[nodiscard]] const SecretBytes<32>& seed() const { return seed_; }
  [[nodiscard]] const Ed25519SecretKey& identity() const { return identity_; }
  [[nodiscard]] const X25519KeyPair& encryption() const { return encryption_; }

 private:
  SecretBytes<32> seed_;
  Ed25519SecretKey identity_;
  X25519KeyPair encryption_;
};

/// What all members agree on before they start. Members are in order of their share index.
struct DkgCeremony {
  std::string name;  // of the chain; at most kNameBytesMax
  ThresholdParams params;
  std::vector<DkgMember> members;

  static constexpr std::size_t kNameBytesMax = 64;

  /// DkgError::BadCeremony. The quorum must be above half, as any n - f of consensus is.
  [[nodiscard]] Result<void, DkgError> check() const;
  /// Binds every message to these parameters and members.
  [[nodiscard]] Hash256 id() const;
};

/// What the ceremony made, known to everyone.
struct DkgResult {
  VerificationVector vector;          // its first point is the group key
  std::vector<ShareIndex> qualified;  // dealers whose part counts
  std::vector<ShareIndex> recovered;  // of these, dealers whose part had to be made public
};

namespace detail {
struct DkgMessages;
}

/// The messages of a ceremony: checked when added, judged the same by everyone who has the same
/// ones. Needs no secret, so anyone can audit. Members who send nothing are passed over; that all
/// members saw the same messages is checked from the second round on. One thread at a time.
class DkgTranscript {
 public:
  /// `ceremony` must have passed its check().
  explicit DkgTranscript(DkgCeremony ceremony);
  ~DkgTranscript();
  DkgTranscript(const DkgTranscript&) = delete;
  DkgTranscript& operator=(const DkgTranscript&) = delete;

  [[nodiscard]] const DkgCeremony& ceremony() const { return ceremony_; }

  /// Adds one message of any member, in order of the rounds: the first message of a round closes
  /// the rounds before it. A repeated identical message changes nothing. DkgError::Malformed,
  /// WrongCeremony, WrongRound, BadSignature, Conflicting, TranscriptMismatch.
  [[nodiscard]] Result<void, DkgError> add(ByteView message);

  /// Members who should send a message in `round`, given the messages of the rounds before.
  [[nodiscard]] std::vector<ShareIndex> expected(DkgRound round) const;
  /// Members whose message of `round` is there, in order.
  [[nodiscard]] std::vector<ShareIndex> senders(DkgRound round) const;
  /// This member's message for `round`, from the messages of all earlier rounds.
  /// DkgError::NotAMember, WrongRound, NothingToSay, TooFewQualified.
  [[nodiscard]] Result<Bytes, DkgError> message(DkgRound round, const DkgSecret& secret) const;

  /// The public outcome. DkgError::NotReady, TooFewQualified, Unrecoverable.
  [[nodiscard]] Result<DkgResult, DkgError> result() const;
  /// This member's share, checked against result(). Also DkgError::NotAMember, BadOwnShare.
  [[nodiscard]] Result<BlsSecretKey, DkgError> share(const DkgSecret& secret) const;

 private:
  DkgCeremony ceremony_;
  std::unique_ptr<detail::DkgMessages> messages_;
};

}  // namespace ol::crypto
