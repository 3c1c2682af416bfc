// Any bytes: a transaction that decodes encodes to the same bytes, and recovery never crashes.
#include <ol/base/check.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/primitives/txn_rules.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::primitives;
  const ByteView in(data, size);
  const auto txn = decode_transaction(in);
  if (!txn) {
    OL_CHECK(describe(txn.error()) != nullptr, "every error has words");
    return 0;
  }
  OL_CHECK(encode_transaction(*txn) == to_bytes(in), "one transaction has one encoding");
  const auto verified = VerifiedTxn::verify(to_bytes(in));
  OL_CHECK(verified.has_value() == recover_sender(*txn).has_value(),
           "verify is decode and recover");
  (void)validate_txn(
      *txn, {.chain_id = ChainId(1), .gas_limit = 30'000'000, .base_fee = U256(7)},
      {.nonce = txn->nonce, .balance = U256::max(), .has_code = false, .is_delegated = false});
  return 0;
}
