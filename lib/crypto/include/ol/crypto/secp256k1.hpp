#pragma once

#include <array>
#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/error.hpp>
#include <ol/crypto/secret.hpp>

namespace ol::crypto {

/// x and y of a public key, big-endian, without the 0x04 prefix.
using Secp256k1PublicKey = std::array<std::uint8_t, 64>;

/// An ECDSA signature from which the signer's key can be recovered. r and s are big-endian.
struct RecoverableSignature {
  std::array<std::uint8_t, 32> r{};
  std::array<std::uint8_t, 32> s{};
  std::uint8_t recovery_id = 0;  // 0..3: bit 0 is the parity of R.y, bit 1 says R.x overflowed

  friend bool operator==(const RecoverableSignature&, const RecoverableSignature&) = default;
};

/// What to do with s above half the group order. Ethereum refuses it in transactions since
/// Homestead (EIP-2) and allows it in the ecrecover precompile.
enum class HighS : std::uint8_t { Reject, Allow };

/// A secp256k1 secret key: 1 <= key < n. Move-only and wiped.
class Secp256k1SecretKey {
 public:
  /// 32 big-endian bytes. CryptoError::BadLength, CryptoError::BadSecretKey.
  [[nodiscard]] static Result<Secp256k1SecretKey, CryptoError> from_bytes(ByteView bytes);
  /// A fresh key from the operating system's generator.
  [[nodiscard]] static Secp256k1SecretKey generate();

  [[nodiscard]] Secp256k1PublicKey public_key() const;
  /// The account this key controls.
  [[nodiscard]] Address address() const;
  [[nodiscard]] const SecretBytes<32>& bytes() const { return bytes_; }

 private:
  explicit Secp256k1SecretKey(SecretBytes<32> bytes) : bytes_(std::move(bytes)) {}

  SecretBytes<32> bytes_;
};

/// Signs a digest; deterministic (RFC 6979), s at most half the group order.
[[nodiscard]] RecoverableSignature sign_recoverable(const Secp256k1SecretKey& key,
                                                    const Hash256& digest);

/// The public key that made `signature` over `digest`. Safe from any thread.
/// CryptoError::BadRecoveryId, CryptoError::BadSignature, CryptoError::HighS.
[[nodiscard]] Result<Secp256k1PublicKey, CryptoError> recover(const Hash256& digest,
                                                              const RecoverableSignature& signature,
                                                              HighS high_s = HighS::Reject);

/// Whether s is above half the group order.
[[nodiscard]] bool has_high_s(const RecoverableSignature& signature);

/// The account of a public key: the last 20 bytes of its Keccak-256.
[[nodiscard]] Address ethereum_address(const Secp256k1PublicKey& key);

}  // namespace ol::crypto
