#pragma once

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/error.hpp>
#include <ol/crypto/secret.hpp>

namespace ol::crypto {

using X25519PublicKey = FixedBytes<32, struct X25519PublicKeyTag>;

/// A Diffie-Hellman key pair on Curve25519. Move-only and wiped. Source: RFC 7748.
class X25519KeyPair {
 public:
  [[nodiscard]] static X25519KeyPair generate();
  /// Any 32 bytes are a valid secret: they are clamped when used.
  [[nodiscard]] static X25519KeyPair from_secret(SecretBytes<32> secret);

  [[nodiscard]] const X25519PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] const SecretBytes<32>& secret() const { return secret_; }
  /// The secret shared with the holder of `peer`. CryptoError::ZeroShared when `peer` is a point of
  /// small order, which would make the secret known to everyone.
  [[nodiscard]] Result<SecretBytes<32>, CryptoError> shared_secret(
      const X25519PublicKey& peer) const;

 private:
  X25519KeyPair(SecretBytes<32> secret, const X25519PublicKey& public_key)
      : secret_(std::move(secret)), public_key_(public_key) {}

  SecretBytes<32> secret_;
  X25519PublicKey public_key_;
};

}  // namespace ol::crypto
