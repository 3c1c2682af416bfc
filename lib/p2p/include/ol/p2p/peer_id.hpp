#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/ed25519.hpp>

namespace ol::p2p {

/// Why a peer id or a serialized public key was refused.
enum class PeerIdError : std::uint8_t {
  BadText,             // neither base58btc nor a base32 CID
  BadLength,           // not the length its header announces
  NotIdentityHash,     // a hashed key: the key cannot be read from it
  UnsupportedKeyType,  // RSA, ECDSA or secp256k1: peers of this network use Ed25519
  NonCanonicalKey,     // not the one encoding libp2p allows (peer-id spec, Keys)
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(PeerIdError error);

/// A libp2p peer id over an Ed25519 identity key: the identity multihash of the key's deterministic
/// protobuf message. The key is therefore inside the id; two ids are equal exactly when the keys
/// are, and they order like the keys. Plain data. Source: libp2p peer-id spec.
class PeerId {
 public:
  /// 00 24 (identity, 36 bytes), then 08 01 12 20 (type Ed25519, 32 bytes of data), then the key.
  static constexpr std::size_t kBytes = 38;
  static constexpr std::size_t kKeyMessageBytes = 36;

  PeerId() = default;
  explicit PeerId(const crypto::Ed25519PublicKey& key) : key_(key) {}

  /// Parses the binary multihash; every byte must be as libp2p prescribes.
  [[nodiscard]] static Result<PeerId, PeerIdError> from_bytes(ByteView multihash);
  /// Parses a serialized `PublicKey` protobuf message, in its deterministic encoding only.
  [[nodiscard]] static Result<PeerId, PeerIdError> from_key_message(ByteView message);
  /// Parses `12D3Koo...` (base58btc) or `bafz...` (CIDv1, base32, codec libp2p-key).
  [[nodiscard]] static Result<PeerId, PeerIdError> from_text(std::string_view text);

  [[nodiscard]] const crypto::Ed25519PublicKey& key() const { return key_; }
  [[nodiscard]] std::array<std::uint8_t, kBytes> bytes() const;
  [[nodiscard]] std::array<std::uint8_t, kKeyMessageBytes> key_message() const;
  /// Base58btc, the form people see.
  [[nodiscard]] std::string text() const;
  /// The last eight characters of `text()`, enough to tell peers apart in a log line.
  [[nodiscard]] std::string short_text() const;

  friend auto operator<=>(const PeerId&, const PeerId&) = default;

 private:
  crypto::Ed25519PublicKey key_{};
};

}  // namespace ol::p2p

template <>
struct std::hash<ol::p2p::PeerId> {
  std::size_t operator()(const ol::p2p::PeerId& id) const noexcept {
    return std::hash<ol::crypto::Ed25519PublicKey>{}(id.key());
  }
};
