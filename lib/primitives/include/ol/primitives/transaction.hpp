#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/primitives/types.hpp>

namespace ol::primitives {

/// EIP-2718 envelope types this node understands; the numbers are those of the envelope.
enum class TxnType : std::uint8_t {
  Legacy = 0,
  AccessList = 1,  // EIP-2930
  DynamicFee = 2,  // EIP-1559
  Blob = 3,        // EIP-4844, without its blobs; decodes, but no block of this chain takes one
  SetCode = 4,     // EIP-7702
};
inline constexpr std::uint8_t kTxnTypeMax = 4;

/// One EIP-2930 entry.
struct AccessListEntry {
  Address address;
  std::vector<Hash256> storage_keys;
  friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};

/// EIP-7702: the signer asks that its account run the code at `address`. A signature that matches
/// no key makes the entry void, not the transaction.
struct Authorization {
  U256 chain_id;  // zero: any chain
  Address address;
  std::uint64_t nonce = 0;
  U256 y_parity;  // below 256 in every envelope
  U256 r;
  U256 s;
  friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// A signed Ethereum transaction. For types 0 and 1 both fee fields hold gasPrice. The lists of
/// other types are empty.
struct Transaction {
  TxnType type = TxnType::Legacy;
  /// Absent only on legacy transactions signed before EIP-155.
  std::optional<std::uint64_t> chain_id;
  std::uint64_t nonce = 0;
  U256 max_priority_fee_per_gas;
  U256 max_fee_per_gas;
  std::uint64_t gas_limit = 0;
  /// Absent for contract creation, which types 3 and 4 cannot do.
  std::optional<Address> to;
  U256 value;
  Bytes data;
  std::vector<AccessListEntry> access_list;
  U256 max_fee_per_blob_gas;                  // type 3
  std::vector<Hash256> blob_hashes;           // type 3
  std::vector<Authorization> authorizations;  // type 4
  std::uint8_t y_parity = 0;
  U256 r;
  U256 s;

  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// Why an envelope is not a transaction. Each has a sentence from `describe`.
enum class TxnError : std::uint8_t {
  Empty,            // no bytes
  UnknownType,      // EIP-2718 type this node does not execute
  BadRlp,           // not the canonical RLP list of that type
  WrongFieldCount,  // the list has more or fewer fields than the type
  BadField,         // a field has a length or value its type does not allow
  NonceTooLarge,    // EIP-2681: nonce is at most 2^64 - 2
  BadSignature,     // r, s or parity out of range, or s above n/2 (EIP-2)
  Oversized,        // above kTxnBytesMax
};
[[nodiscard]] const char* describe(TxnError error);

/// Larger envelopes are refused (128 KiB, the limit of geth's pool).
inline constexpr std::size_t kTxnBytesMax = 128 * 1024;

/// Decodes one EIP-2718 envelope, strictly.
[[nodiscard]] Result<Transaction, TxnError> decode_transaction(ByteView envelope);
/// The envelope; decode_transaction is its inverse.
[[nodiscard]] Bytes encode_transaction(const Transaction& txn);
/// Keccak-256 of the envelope.
[[nodiscard]] TxnHash transaction_hash(ByteView envelope);
/// What the sender signed (EIP-155, 2930, 1559, 4844, 7702).
[[nodiscard]] Hash256 signing_hash(const Transaction& txn);
/// The sender, by public-key recovery; TxnError::BadSignature if there is none.
[[nodiscard]] Result<Address, TxnError> recover_sender(const Transaction& txn);

/// What the signer of an authorisation signed: Keccak-256 of 0x05 and RLP(chain id, address, nonce)
/// (EIP-7702).
[[nodiscard]] Hash256 signing_hash(const Authorization& authorization);
/// Who signed it (EIP-7702: s at most n / 2); nothing if nobody did.
[[nodiscard]] std::optional<Address> recover_authority(const Authorization& authorization);

/// Where a transaction of `sender` with that nonce creates a contract: the last 20 bytes of the
/// hash of RLP(sender, nonce) (Yellow Paper section 7).
[[nodiscard]] Address contract_address(const Address& sender, std::uint64_t nonce);

/// A transaction whose sender was recovered exactly once. Made only by `verify`.
class VerifiedTxn {
 public:
  [[nodiscard]] static Result<VerifiedTxn, TxnError> verify(Bytes envelope);

  [[nodiscard]] const Transaction& txn() const { return txn_; }
  [[nodiscard]] const Address& sender() const { return sender_; }
  [[nodiscard]] const TxnHash& hash() const { return hash_; }
  [[nodiscard]] const Bytes& envelope() const { return envelope_; }
  /// Who signed the authorisations (EIP-7702); void ones are left out.
  [[nodiscard]] const std::vector<Address>& authorities() const { return authorities_; }

 private:
  VerifiedTxn() = default;
  Transaction txn_;
  Address sender_;
  std::vector<Address> authorities_;
  TxnHash hash_;
  Bytes envelope_;
};

}  // namespace ol::primitives
