#pragma once

#include <ol/crypto/secp256k1.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives {

/// Signs `txn` as it is, replacing y_parity, r and s, and returns the envelope. Deterministic.
/// @pre Types other than legacy have a chain id.
[[nodiscard]] Bytes sign_transaction(Transaction txn, const crypto::Secp256k1SecretKey& key);

}  // namespace ol::primitives
