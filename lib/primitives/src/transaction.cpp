#include <ol/primitives/transaction.hpp>

#include <utility>

#include <ol/base/rlp.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "transaction_fields.hpp"

namespace ol::primitives {
namespace {

// The order n of secp256k1's group (SEC 2, section 2.4.1) and n / 2, the largest s (EIP-2).
constexpr U256 kGroupOrder{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe,
                           0xffffffffffffffff};
constexpr U256 kHalfGroupOrder = kGroupOrder >> 1;

constexpr std::uint8_t kAuthorizationMagic = 0x05;  // EIP-7702, MAGIC

bool signature_in_range(const Transaction& txn) {
  const bool r_fits = !txn.r.is_zero() && txn.r < kGroupOrder;
  const bool s_fits = !txn.s.is_zero() && txn.s <= kHalfGroupOrder;
  return r_fits && s_fits && txn.y_parity <= 1;
}

/// Splits the v of a legacy transaction into parity and chain id (EIP-155).
Result<void, TxnError> read_legacy_v(const U256& v, Transaction& out) {
  if (v == U256(27) || v == U256(28)) {
    out.y_parity = static_cast<std::uint8_t>(v.low64() - 27);
    return {};
  }
  if (v < U256(35)) return fail(TxnError::BadSignature);
  const U256 rest = v - U256(35);
  out.y_parity = static_cast<std::uint8_t>(rest.low64() & 1);
  const U256 chain_id = rest >> 1;
  if (!chain_id.fits_u64()) return fail(TxnError::BadField);
  out.chain_id = chain_id.low64();
  return {};
}

U256 legacy_v(const Transaction& txn) {
  if (!txn.chain_id) return U256(27) + U256(txn.y_parity);
  return U256(*txn.chain_id) * U256(2) + U256(35) + U256(txn.y_parity);
}

Result<Transaction, TxnError> decode_legacy(TxnFieldReader in) {
  Transaction out;
  OL_TRY(out.nonce, in.nonce());
  OL_TRY(out.max_fee_per_gas, in.u256());
  out.max_priority_fee_per_gas = out.max_fee_per_gas;
  OL_TRY_VOID(in.read_call(out));
  OL_TRY(const U256 v, in.u256());
  OL_TRY_VOID(in.read_signature(out));
  OL_TRY_VOID(in.finish());
  OL_TRY_VOID(read_legacy_v(v, out));
  return out;
}

bool has_two_fees(TxnType type) {
  return type == TxnType::DynamicFee || type == TxnType::Blob || type == TxnType::SetCode;
}

/// What types 3 and 4 have between the access list and the signature.
Result<void, TxnError> read_lists(TxnFieldReader& in, Transaction& out) {
  const bool cannot_create = out.type == TxnType::Blob || out.type == TxnType::SetCode;
  if (cannot_create && !out.to) return fail(TxnError::BadField);
  if (out.type == TxnType::Blob) {
    OL_TRY(out.max_fee_per_blob_gas, in.u256());
    OL_TRY(out.blob_hashes, in.hashes());
  }
  if (out.type == TxnType::SetCode) {
    OL_TRY(out.authorizations, in.authorizations());
  }
  return {};
}

Result<Transaction, TxnError> decode_typed(TxnType type, TxnFieldReader in) {
  Transaction out;
  out.type = type;
  OL_TRY(out.chain_id, in.u64());
  OL_TRY(out.nonce, in.nonce());
  OL_TRY(out.max_priority_fee_per_gas, in.u256());
  out.max_fee_per_gas = out.max_priority_fee_per_gas;
  if (has_two_fees(type)) {
    OL_TRY(out.max_fee_per_gas, in.u256());
  }
  OL_TRY_VOID(in.read_call(out));
  OL_TRY(out.access_list, in.access_list());
  OL_TRY_VOID(read_lists(in, out));
  OL_TRY(const std::uint64_t parity, in.u64());
  OL_TRY_VOID(in.read_signature(out));
  OL_TRY_VOID(in.finish());
  if (parity > 1) return fail(TxnError::BadSignature);
  out.y_parity = static_cast<std::uint8_t>(parity);
  return out;
}

Result<Transaction, TxnError> decode_envelope(ByteView envelope) {
  if (envelope.empty()) return fail(TxnError::Empty);
  if (envelope.size() > kTxnBytesMax) return fail(TxnError::Oversized);
  const std::uint8_t first = envelope[0];
  if (first >= 0xc0) {
    OL_TRY(TxnFieldReader fields, TxnFieldReader::open(envelope));
    return decode_legacy(fields);
  }
  if (first >= 1 && first <= kTxnTypeMax) {
    OL_TRY(TxnFieldReader fields, TxnFieldReader::open(envelope.subspan(1)));
    return decode_typed(static_cast<TxnType>(first), fields);
  }
  // EIP-2718: 0x00 to 0x7f names a type; 0x80 to 0xbf would be an RLP string, which is nothing.
  return fail(first <= 0x7f ? TxnError::UnknownType : TxnError::BadRlp);
}

/// nonce up to data, as every type lays them out.
void write_body(RlpWriter& out, const Transaction& txn) {
  out.u64(txn.nonce);
  if (has_two_fees(txn.type)) out.u256(txn.max_priority_fee_per_gas);
  out.u256(txn.max_fee_per_gas).u64(txn.gas_limit);
  out.string(txn.to ? txn.to->view() : ByteView{}).u256(txn.value).string(txn.data);
}

void write_access_list(RlpWriter& out, const std::vector<AccessListEntry>& access_list) {
  out.begin_list();
  for (const AccessListEntry& entry : access_list) {
    out.begin_list().fixed(entry.address).begin_list();
    for (const Hash256& key : entry.storage_keys)
      out.fixed(key);
    out.end_list().end_list();
  }
  out.end_list();
}

void write_authorizations(RlpWriter& out, const std::vector<Authorization>& authorizations) {
  out.begin_list();
  for (const Authorization& one : authorizations) {
    out.begin_list().u256(one.chain_id).fixed(one.address).u64(one.nonce);
    out.u256(one.y_parity).u256(one.r).u256(one.s).end_list();
  }
  out.end_list();
}

/// As `read_lists` reads it.
void write_lists(RlpWriter& out, const Transaction& txn) {
  if (txn.type == TxnType::Blob) {
    out.u256(txn.max_fee_per_blob_gas).begin_list();
    for (const Hash256& hash : txn.blob_hashes)
      out.fixed(hash);
    out.end_list();
  }
  if (txn.type == TxnType::SetCode) write_authorizations(out, txn.authorizations);
}

/// The envelope; without signature it is what the sender signs.
Bytes write_envelope(const Transaction& txn, bool with_signature) {
  const bool legacy = txn.type == TxnType::Legacy;
  RlpWriter out;
  out.begin_list();
  if (!legacy) out.u64(txn.chain_id.value_or(0));
  write_body(out, txn);
  if (!legacy) write_access_list(out, txn.access_list);
  write_lists(out, txn);
  if (with_signature) {
    out.u256(legacy ? legacy_v(txn) : U256(txn.y_parity)).u256(txn.r).u256(txn.s);
  } else if (legacy && txn.chain_id) {
    out.u64(*txn.chain_id).u64(0).u64(0);
  }
  out.end_list();
  Bytes list = out.take();
  if (!legacy) list.insert(list.begin(), static_cast<std::uint8_t>(txn.type));
  return list;
}

}  // namespace

const char* describe(TxnError error) {
  switch (error) {
    case TxnError::Empty:
      return "empty transaction";
    case TxnError::UnknownType:
      return "transaction type not supported";
    case TxnError::BadRlp:
      return "rlp: not the canonical list of a transaction";
    case TxnError::WrongFieldCount:
      return "rlp: wrong number of fields for this transaction type";
    case TxnError::BadField:
      return "rlp: a transaction field has a length or value its type does not allow";
    case TxnError::NonceTooLarge:
      return "nonce has max value";
    case TxnError::BadSignature:
      return "invalid sender: signature values out of range or matching no key";
    case TxnError::Oversized:
      return "oversized data: transaction size limit 131072";
  }
  OL_CHECK(false, "unknown TxnError");
}

Result<Transaction, TxnError> decode_transaction(ByteView envelope) {
  OL_TRY(Transaction txn, decode_envelope(envelope));
  if (!signature_in_range(txn)) return fail(TxnError::BadSignature);
  return txn;
}

Bytes encode_transaction(const Transaction& txn) {
  return write_envelope(txn, true);
}

TxnHash transaction_hash(ByteView envelope) {
  return retag<TxnHash>(crypto::keccak256(envelope));
}

Hash256 signing_hash(const Transaction& txn) {
  return crypto::keccak256(write_envelope(txn, false));
}

Hash256 signing_hash(const Authorization& authorization) {
  RlpWriter out;
  out.begin_list()
      .u256(authorization.chain_id)
      .fixed(authorization.address)
      .u64(authorization.nonce)
      .end_list();
  Bytes message{kAuthorizationMagic};
  append(message, out.bytes());
  return crypto::keccak256(message);
}

std::optional<Address> recover_authority(const Authorization& authorization) {
  if (U256{1} < authorization.y_parity || authorization.s > kHalfGroupOrder) return std::nullopt;
  const crypto::RecoverableSignature signature{
      .r = authorization.r.to_big_endian(),
      .s = authorization.s.to_big_endian(),
      .recovery_id = static_cast<std::uint8_t>(authorization.y_parity.low64())};
  const auto key = crypto::recover(signing_hash(authorization), signature);
  if (!key) return std::nullopt;
  return crypto::ethereum_address(*key);
}

Result<Address, TxnError> recover_sender(const Transaction& txn) {
  if (!signature_in_range(txn)) return fail(TxnError::BadSignature);
  const crypto::RecoverableSignature signature{
      .r = txn.r.to_big_endian(), .s = txn.s.to_big_endian(), .recovery_id = txn.y_parity};
  const auto key = crypto::recover(signing_hash(txn), signature);
  if (!key) return fail(TxnError::BadSignature);
  return crypto::ethereum_address(*key);
}

Address contract_address(const Address& sender, std::uint64_t nonce) {
  RlpWriter out;
  out.begin_list().fixed(sender).u64(nonce).end_list();
  return *Address::from(crypto::keccak256(out.bytes()).view().last(Address::kSize));
}

Result<VerifiedTxn, TxnError> VerifiedTxn::verify(Bytes envelope) {
  VerifiedTxn out;
  OL_TRY(out.txn_, decode_transaction(envelope));
  OL_TRY(out.sender_, recover_sender(out.txn_));
  for (const Authorization& one : out.txn_.authorizations) {
    if (const auto authority = recover_authority(one)) out.authorities_.push_back(*authority);
  }
  out.hash_ = transaction_hash(envelope);
  out.envelope_ = std::move(envelope);
  return out;
}

}  // namespace ol::primitives
