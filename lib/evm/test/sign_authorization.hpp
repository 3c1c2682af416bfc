#pragma once

#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/evm/transition.hpp>

namespace ol::evm::test {

/// An authorisation signed by `key`.
[[nodiscard]] inline Authorization sign_authorization(const crypto::Secp256k1SecretKey& key,
                                                      std::uint64_t chain_id,
                                                      const Address& address, std::uint64_t nonce) {
  RlpWriter out;
  out.begin_list().u64(chain_id).fixed(address).u64(nonce).end_list();
  Bytes message{0x05};
  append(message, out.bytes());
  const auto signature = crypto::sign_recoverable(key, crypto::keccak256(message));
  Authorization made;
  made.chain_id = chain_id;
  made.address = address;
  made.nonce = nonce;
  made.y_parity = signature.recovery_id;
  made.r = U256::from_big_endian(signature.r).value();
  made.s = U256::from_big_endian(signature.s).value();
  return made;
}

}  // namespace ol::evm::test
