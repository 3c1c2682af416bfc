#pragma once

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/error.hpp>
#include <ol/crypto/secret.hpp>

namespace ol::crypto {

/// The encoded point; any 32 bytes until a verification says otherwise.
using Ed25519PublicKey = FixedBytes<32, struct Ed25519PublicKeyTag>;
/// R and S, as RFC 8032 encodes them.
using Ed25519Signature = FixedBytes<64, struct Ed25519SignatureTag>;

/// An Ed25519 key pair kept as its 32-byte seed and the expanded form. Move-only and wiped.
class Ed25519SecretKey {
 public:
  [[nodiscard]] static Ed25519SecretKey generate();
  /// The key RFC 8032 derives from `seed`, which it calls the private key.
  [[nodiscard]] static Ed25519SecretKey from_seed(const SecretBytes<32>& seed);
  /// The same from bytes read elsewhere. CryptoError::BadLength.
  [[nodiscard]] static Result<Ed25519SecretKey, CryptoError> from_bytes(ByteView seed);

  [[nodiscard]] Ed25519PublicKey public_key() const;
  [[nodiscard]] Ed25519Signature sign(ByteView message) const;
  [[nodiscard]] SecretBytes<32> seed() const;

 private:
  Ed25519SecretKey() = default;

  SecretBytes<64> expanded_;  // seed, then public key: libsodium's order
};

/// Strict verification: refuses S not below the group order, encodings that are not canonical, and
/// keys or R of small order, so that every implementation of these rules gives the same answer.
/// Source: RFC 8032 section 5.1.7, without cofactor.
[[nodiscard]] bool verify(const Ed25519PublicKey& key, ByteView message,
                          const Ed25519Signature& signature);

}  // namespace ol::crypto
