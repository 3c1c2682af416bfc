#include <ol/primitives/signing.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "signed_txns.hpp"

namespace ol::primitives {
namespace {

// RFC 6979 makes both signers deterministic, so the bytes must be those of ethers.
TEST(SignTransaction, makes_the_envelope_that_ethers_makes) {
  const auto key = *crypto::Secp256k1SecretKey::from_bytes(
      *from_hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
  for (const auto& sample : {signed_txns::kLegacy, signed_txns::kAccessList,
                             signed_txns::kDynamicFee, signed_txns::kCreation}) {
    Transaction txn = *decode_transaction(*from_hex(sample.envelope));
    txn.r = txn.s = U256(0);
    EXPECT_EQ(to_hex(sign_transaction(txn, key)), sample.envelope);
  }
}

}  // namespace
}  // namespace ol::primitives
