#include "transaction_fields.hpp"

#include <limits>

namespace ol::primitives {
namespace {

TxnError to_txn_error(RlpError error) {
  switch (error) {
    case RlpError::LeadingZero:
    case RlpError::IntegerTooLarge:
    case RlpError::WrongSize:
    case RlpError::ExpectedString:
    case RlpError::ExpectedList:
      return TxnError::BadField;
    case RlpError::Truncated:
    case RlpError::TrailingBytes:
    case RlpError::NonMinimalLength:
    case RlpError::NonMinimalByte:
    case RlpError::TooDeep:
      return TxnError::BadRlp;
  }
  OL_CHECK(false, "unknown RlpError");
}

Result<AccessListEntry, RlpError> read_entry(RlpReader& entries) {
  AccessListEntry out;
  OL_TRY(RlpReader entry, entries.list());
  OL_TRY(out.address, entry.fixed<Address>());
  OL_TRY(RlpReader keys, entry.list());
  OL_TRY_VOID(entry.finish());
  while (!keys.empty()) {
    OL_TRY(const Hash256 key, keys.fixed<Hash256>());
    out.storage_keys.push_back(key);
  }
  return out;
}

Result<std::vector<AccessListEntry>, RlpError> read_access_list(RlpReader& fields) {
  std::vector<AccessListEntry> out;
  OL_TRY(RlpReader entries, fields.list());
  while (!entries.empty()) {
    OL_TRY(AccessListEntry entry, read_entry(entries));
    out.push_back(std::move(entry));
  }
  return out;
}

Result<std::vector<Hash256>, RlpError> read_hashes(RlpReader& fields) {
  std::vector<Hash256> out;
  OL_TRY(RlpReader hashes, fields.list());
  while (!hashes.empty()) {
    OL_TRY(const Hash256 hash, hashes.fixed<Hash256>());
    out.push_back(hash);
  }
  return out;
}

Result<Authorization, RlpError> read_authorization(RlpReader& list) {
  Authorization out;
  OL_TRY(RlpReader fields, list.list());
  OL_TRY(out.chain_id, fields.u256());
  OL_TRY(out.address, fields.fixed<Address>());
  OL_TRY(out.nonce, fields.u64());
  OL_TRY(const std::uint64_t parity, fields.u64());
  if (parity > 0xff) return fail(RlpError::IntegerTooLarge);
  out.y_parity = U256(parity);
  OL_TRY(out.r, fields.u256());
  OL_TRY(out.s, fields.u256());
  OL_TRY_VOID(fields.finish());
  return out;
}

Result<std::vector<Authorization>, RlpError> read_authorizations(RlpReader& fields) {
  std::vector<Authorization> out;
  OL_TRY(RlpReader list, fields.list());
  while (!list.empty()) {
    OL_TRY(const Authorization one, read_authorization(list));
    out.push_back(one);
  }
  return out;
}

}  // namespace

Result<TxnFieldReader, TxnError> TxnFieldReader::open(ByteView bytes) {
  RlpReader outer(bytes);
  const auto fields = outer.list();
  if (!fields || !outer.empty()) return fail(TxnError::BadRlp);
  return TxnFieldReader(*fields);
}

std::unexpected<TxnError> TxnFieldReader::refuse(RlpError error, bool was_empty) const {
  return fail(was_empty ? TxnError::WrongFieldCount : to_txn_error(error));
}

Result<std::uint64_t, TxnError> TxnFieldReader::u64() {
  const bool was_empty = fields_.empty();
  const auto value = fields_.u64();
  if (!value) return refuse(value.error(), was_empty);
  return *value;
}

Result<U256, TxnError> TxnFieldReader::u256() {
  const bool was_empty = fields_.empty();
  const auto value = fields_.u256();
  if (!value) return refuse(value.error(), was_empty);
  return *value;
}

Result<std::uint64_t, TxnError> TxnFieldReader::nonce() {
  const bool was_empty = fields_.empty();
  const auto value = fields_.u64();
  if (!value && value.error() == RlpError::IntegerTooLarge) return fail(TxnError::NonceTooLarge);
  if (!value) return refuse(value.error(), was_empty);
  if (*value == std::numeric_limits<std::uint64_t>::max()) return fail(TxnError::NonceTooLarge);
  return *value;
}

Result<std::vector<AccessListEntry>, TxnError> TxnFieldReader::access_list() {
  const bool was_empty = fields_.empty();
  auto value = read_access_list(fields_);
  if (!value) return refuse(value.error(), was_empty);
  return *std::move(value);
}

Result<std::vector<Hash256>, TxnError> TxnFieldReader::hashes() {
  const bool was_empty = fields_.empty();
  auto value = read_hashes(fields_);
  if (!value) return refuse(value.error(), was_empty);
  return *std::move(value);
}

Result<std::vector<Authorization>, TxnError> TxnFieldReader::authorizations() {
  const bool was_empty = fields_.empty();
  auto value = read_authorizations(fields_);
  if (!value) return refuse(value.error(), was_empty);
  return *std::move(value);
}

Result<void, TxnError> TxnFieldReader::read_call(Transaction& out) {
  OL_TRY(out.gas_limit, u64());
  bool was_empty = fields_.empty();
  const auto to = fields_.string();
  if (!to) return refuse(to.error(), was_empty);
  out.to = Address::from(*to);
  if (!out.to && !to->empty()) return fail(TxnError::BadField);
  OL_TRY(out.value, u256());
  was_empty = fields_.empty();
  const auto data = fields_.string();
  if (!data) return refuse(data.error(), was_empty);
  out.data = to_bytes(*data);
  return {};
}

Result<void, TxnError> TxnFieldReader::read_signature(Transaction& out) {
  OL_TRY(out.r, u256());
  OL_TRY(out.s, u256());
  return {};
}

Result<void, TxnError> TxnFieldReader::finish() const {
  if (!fields_.empty()) return fail(TxnError::WrongFieldCount);
  return {};
}

}  // namespace ol::primitives
