#include <ol/crypto/ed25519.hpp>

#include <sodium.h>

namespace ol::crypto {

Ed25519SecretKey Ed25519SecretKey::generate() {
  return from_seed(SecretBytes<32>::random());
}

Ed25519SecretKey Ed25519SecretKey::from_seed(const SecretBytes<32>& seed) {
  Ed25519SecretKey out;
  Ed25519PublicKey unused;
  crypto_sign_seed_keypair(unused.bytes.data(), out.expanded_.span().data(), seed.view().data());
  return out;
}

Result<Ed25519SecretKey, CryptoError> Ed25519SecretKey::from_bytes(ByteView seed) {
  const auto secret = SecretBytes<32>::from(seed);
  if (!secret) return fail(CryptoError::BadLength);
  return from_seed(*secret);
}

Ed25519PublicKey Ed25519SecretKey::public_key() const {
  Ed25519PublicKey out;
  crypto_sign_ed25519_sk_to_pk(out.bytes.data(), expanded_.view().data());
  return out;
}

Ed25519Signature Ed25519SecretKey::sign(ByteView message) const {
  Ed25519Signature out;
  crypto_sign_detached(out.bytes.data(), nullptr, message.data(), message.size(),
                       expanded_.view().data());
  return out;
}

SecretBytes<32> Ed25519SecretKey::seed() const {
  return SecretBytes<32>(expanded_.view().first<32>());
}

bool verify(const Ed25519PublicKey& key, ByteView message, const Ed25519Signature& signature) {
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

}  // namespace ol::crypto
