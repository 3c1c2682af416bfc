#include <ol/crypto/x25519.hpp>

#include <sodium.h>

namespace ol::crypto {

X25519KeyPair X25519KeyPair::generate() {
  return from_secret(SecretBytes<32>::random());
}

X25519KeyPair X25519KeyPair::from_secret(SecretBytes<32> secret) {
  X25519PublicKey public_key;
  crypto_scalarmult_base(public_key.bytes.data(), secret.view().data());
  return X25519KeyPair(std::move(secret), public_key);
}

Result<SecretBytes<32>, CryptoError> X25519KeyPair::shared_secret(
    const X25519PublicKey& peer) const {
  SecretBytes<32> out;
  if (crypto_scalarmult(out.span().data(), secret_.view().data(), peer.bytes.data()) != 0) {
    return fail(CryptoError::ZeroShared);
  }
  return out;
}

}  // namespace ol::crypto
