#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <variant>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/crypto/secp256k1_ecdsa.hpp>

/// The keys that name libp2p peers. Source: libp2p peer-id spec, "Keys".
namespace ol::p2p {

/// The key types a peer of ours may have, numbered as in the `PublicKey` message.
enum class KeyType : std::uint8_t { Ed25519 = 1, Secp256k1 = 2 };

/// Why a peer id, a key message or a signed record was refused.
enum class PeerIdError : std::uint8_t {
  BadText,             // neither base58btc nor a base32 CID
  BadLength,           // not the length its header announces
  UnknownHash,         // neither the identity nor the SHA-256 multihash
  UnsupportedKeyType,  // RSA or ECDSA: peers of this network use Ed25519 or secp256k1
  NonCanonicalKey,     // not the one encoding libp2p allows, or not a point of the curve
  BadSecret,           // no secret key of its type
};

/// "ed25519" or "secp256k1".
[[nodiscard]] const char* name_of(KeyType type);

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(PeerIdError error);

/// A peer's public identity key. Plain data.
class PublicKey {
 public:
  PublicKey() = default;
  explicit PublicKey(const crypto::Ed25519PublicKey& key);
  /// @pre crypto::is_valid(key).
  explicit PublicKey(const crypto::Secp256k1CompressedKey& key);

  /// Parses a serialized `PublicKey` message, in its deterministic encoding only.
  [[nodiscard]] static Result<PublicKey, PeerIdError> from_message(ByteView message);

  [[nodiscard]] KeyType type() const { return type_; }
  /// The message's `Data`: 32 raw bytes, or 33 of a compressed point.
  [[nodiscard]] ByteView data() const;
  /// The deterministic message: 36 or 37 bytes.
  [[nodiscard]] Bytes message() const;
  /// Whether `signature` is this key's over `message`: RFC 8032, or ECDSA over its SHA-256 in DER.
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  KeyType type_ = KeyType::Ed25519;
  std::array<std::uint8_t, 33> data_{};  // the last byte is unused by Ed25519
};

/// A node's own identity key. Move-only and wiped.
class IdentityKey {
 public:
  explicit IdentityKey(crypto::Ed25519SecretKey key) : key_(std::move(key)) {}
  explicit IdentityKey(crypto::Secp256k1SecretKey key) : key_(std::move(key)) {}

  /// Parses a serialized `PrivateKey` message. Of an Ed25519 key both forms are taken, 64 bytes and
  /// 96 with the public key twice, and the public key must be the seed's.
  [[nodiscard]] static Result<IdentityKey, PeerIdError> from_message(ByteView message);

  [[nodiscard]] static IdentityKey generate(KeyType type);
  /// The key whose `secret()` that was. PeerIdError::BadSecret.
  [[nodiscard]] static Result<IdentityKey, PeerIdError> from_secret(
      KeyType type, const crypto::SecretBytes<32>& secret);

  [[nodiscard]] KeyType type() const;
  /// The Ed25519 seed, or the secp256k1 scalar.
  [[nodiscard]] crypto::SecretBytes<32> secret() const;
  [[nodiscard]] IdentityKey clone() const;
  [[nodiscard]] PublicKey public_key() const;
  /// Deterministic and, on secrets, constant-time (RFC 8032 by libsodium, RFC 6979 by
  /// libsecp256k1). The signature in the encoding `PublicKey::verify` takes.
  [[nodiscard]] Bytes sign(ByteView message) const;

 private:
  std::variant<crypto::Ed25519SecretKey, crypto::Secp256k1SecretKey> key_;
};

}  // namespace ol::p2p
