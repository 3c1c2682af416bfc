#pragma once

#include <ol/base/rlp.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives {

/// Reads the fields of one transaction's RLP list and names failures as a TxnError. Borrows the
/// envelope.
class TxnFieldReader {
 public:
  /// `bytes` must be exactly one list.
  [[nodiscard]] static Result<TxnFieldReader, TxnError> open(ByteView bytes);

  [[nodiscard]] Result<std::uint64_t, TxnError> u64();
  [[nodiscard]] Result<U256, TxnError> u256();
  /// At most 2^64 - 2 (EIP-2681).
  [[nodiscard]] Result<std::uint64_t, TxnError> nonce();
  [[nodiscard]] Result<std::vector<AccessListEntry>, TxnError> access_list();
  [[nodiscard]] Result<std::vector<Hash256>, TxnError> hashes();
  [[nodiscard]] Result<std::vector<Authorization>, TxnError> authorizations();
  /// gas_limit, to, value and data, which follow each other in every type.
  [[nodiscard]] Result<void, TxnError> read_call(Transaction& out);
  /// r and s, whatever their values.
  [[nodiscard]] Result<void, TxnError> read_signature(Transaction& out);
  /// TxnError::WrongFieldCount if fields are left.
  [[nodiscard]] Result<void, TxnError> finish() const;

 private:
  explicit TxnFieldReader(RlpReader fields) : fields_(fields) {}

  [[nodiscard]] std::unexpected<TxnError> refuse(RlpError error, bool was_empty) const;

  RlpReader fields_;
};

}  // namespace ol::primitives
