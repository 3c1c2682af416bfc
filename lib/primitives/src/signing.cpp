#include <ol/primitives/signing.hpp>

namespace ol::primitives {

Bytes sign_transaction(Transaction txn, const crypto::Secp256k1SecretKey& key) {
  OL_CHECK(txn.type == TxnType::Legacy || txn.chain_id.has_value(),
           "typed transactions name their chain");
  const auto signature = crypto::sign_recoverable(key, signing_hash(txn));
  txn.y_parity = signature.recovery_id;
  txn.r = *U256::from_big_endian(signature.r);
  txn.s = *U256::from_big_endian(signature.s);
  return encode_transaction(txn);
}

}  // namespace ol::primitives
