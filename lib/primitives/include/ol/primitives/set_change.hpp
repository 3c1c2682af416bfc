#pragma once

#include <ol/primitives/genesis.hpp>

namespace ol::primitives {

/// Where a set change is sent: "openliquid/epochs/v1", an address that nobody has the key of.
[[nodiscard]] const Address& set_change_address();

/// One validator of the present set agrees to a change. By its Ed25519 `key`.
struct SetSignature {
  ValidatorIndex validator;
  crypto::Ed25519Signature signature;
  friend bool operator==(const SetSignature&, const SetSignature&) = default;
};

/// Who validates from the next epoch on. Format: docs/protocol/epochs.md; why it is sound:
/// docs/adr/0013-epochs.md.
struct SetChange {
  /// The epoch it begins.
  Epoch epoch;
  /// Hash of the set it replaces: of the epoch before.
  SetHash replaces;
  /// The next validators, encoded as `encode_members` does.
  Bytes members;
  /// Strictly ascending by validator.
  std::vector<SetSignature> signatures;

  friend bool operator==(const SetChange&, const SetChange&) = default;
};

void encode(Writer& out, const SetChange& change);
/// Strict and bounded: at most kValidatorsMax signatures, members of at most kTxnBytesMax. The
/// members are not looked at: whoever decodes them verifies the signatures first.
[[nodiscard]] Result<SetChange, DecodeError> decode_set_change(ByteView bytes);

/// Validators, proofs of possession and verification vector of `genesis`, the parts of it that an
/// epoch replaces.
[[nodiscard]] Bytes encode_members(const Genesis& genesis);
/// What a present validator signs: H("openliquid/set-change/v1", chain_id, epoch, replaces,
/// members).
[[nodiscard]] Hash256 set_change_digest(const ChainDomain& domain, const SetChange& change);

/// Why a change is not one of the present set. Sentences from `describe`.
enum class SetChangeError : std::uint8_t {
  WrongEpoch,    // does not begin the next epoch
  WrongSet,      // replaces another set than the present one
  BadSigner,     // not in the set, or not in ascending order
  BadSignature,  // does not verify
  NoQuorum,      // the signers do not weigh a quorum
  BadMembers,    // the next set does not decode
  UnsoundSet,    // the next set breaks a rule of genesis files
};
[[nodiscard]] const char* describe(SetChangeError error);

/// `genesis` with the validators of the next epoch in place of its own, and without accounts: what
/// parameters the epoch has. Signatures are verified before anything else of the change is decoded.
/// @param present  The set of the epoch that the change ends.
[[nodiscard]] Result<Genesis, SetChangeError> apply_set_change(const Genesis& genesis,
                                                               const ValidatorSet& present,
                                                               const SetChange& change);
/// The set of an epoch whose genesis `apply_set_change` made. @pre genesis passed its rules.
[[nodiscard]] ValidatorSet validator_set_of(const Genesis& genesis, Epoch epoch);

/// Larger payloads close no epoch, so that the proof that one did stays small.
inline constexpr std::size_t kClosingItemsMax = 1024;
/// The change that a payload item carries: a transaction to `set_change_address`. Not verified.
[[nodiscard]] std::optional<SetChange> set_change_in(ByteView item);

}  // namespace ol::primitives
