#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include <ol/base/hex.hpp>
#include <ol/execution/context.hpp>
#include <ol/primitives/signing.hpp>

namespace ol::execution::test {

inline constexpr primitives::ChainId kChain{7777};

/// Account `index` of a chain in a test: a key derived from the number alone.
inline const crypto::Secp256k1SecretKey& key(std::uint8_t index) {
  static const auto kKeys = [] {
    std::vector<crypto::Secp256k1SecretKey> out;
    for (std::uint8_t i = 0; i < 16; ++i) {
      Bytes secret(32, 0x11);
      secret[31] = i;
      out.push_back(*crypto::Secp256k1SecretKey::from_bytes(secret));
    }
    return out;
  }();
  return kKeys[index];
}

inline Address address(std::uint8_t index) {
  return key(index).address();
}

/// A transfer of 1,000 wei with enough gas: tip 2, fee cap 100.
inline primitives::Transaction transfer(std::uint64_t nonce, const Address& to) {
  primitives::Transaction out;
  out.type = primitives::TxnType::DynamicFee;
  out.chain_id = kChain.value();
  out.nonce = nonce;
  out.max_priority_fee_per_gas = U256(2);
  out.max_fee_per_gas = U256(100);
  out.gas_limit = 21'000;
  out.to = to;
  out.value = U256(1'000);
  return out;
}

inline TxnPtr sign(const primitives::Transaction& txn, std::uint8_t sender) {
  return std::make_shared<const primitives::VerifiedTxn>(
      *primitives::VerifiedTxn::verify(primitives::sign_transaction(txn, key(sender))));
}

}  // namespace ol::execution::test
