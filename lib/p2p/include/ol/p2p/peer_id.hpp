#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/identity.hpp>

namespace ol::p2p {

/// A libp2p peer id: the multihash of the identity key's deterministic message. Keys of up to 42
/// bytes, Ed25519 and secp256k1 among them, are inside the id; of longer ones it holds the SHA-256.
/// Two ids are equal exactly when the keys are; ids order by their bytes. Plain data.
/// Source: libp2p peer-id spec.
class PeerId {
 public:
  /// The longest id: secp256k1, 00 25 08 02 12 21 and 33 bytes.
  static constexpr std::size_t kBytesMax = 39;

  /// The id of the all-zero Ed25519 key, which nobody can hold.
  PeerId() : PeerId(crypto::Ed25519PublicKey{}) {}
  explicit PeerId(const crypto::Ed25519PublicKey& key) : PeerId(PublicKey(key)) {}
  explicit PeerId(const PublicKey& key);

  /// Parses the binary multihash; every byte must be as libp2p prescribes.
  [[nodiscard]] static Result<PeerId, PeerIdError> from_bytes(ByteView multihash);
  /// The id of a serialized `PublicKey` message. Longer ones than 42 bytes, of key types that are
  /// not ours, are hashed and not looked into.
  [[nodiscard]] static Result<PeerId, PeerIdError> from_key_message(ByteView message);
  /// Parses `12D3Koo...`, `16Uiu2...`, `Qm...` (base58btc) or `bafz...` (CIDv1, base32, codec
  /// libp2p-key).
  [[nodiscard]] static Result<PeerId, PeerIdError> from_text(std::string_view text);

  /// The key inside the id, nothing if the id is a hash.
  [[nodiscard]] std::optional<PublicKey> public_key() const;
  /// The key of an Ed25519 peer; all zero for every other peer, which is nobody's key.
  [[nodiscard]] crypto::Ed25519PublicKey key() const;
  /// The multihash: 34, 38 or 39 bytes, borrowed from the id.
  [[nodiscard]] ByteView bytes() const { return {bytes_.data(), size_}; }
  /// Base58btc, the form people see.
  [[nodiscard]] std::string text() const;
  /// CIDv1 in base32, the other form libp2p prints.
  [[nodiscard]] std::string cid_text() const;
  /// The last eight characters of `text()`, enough to tell peers apart in a log line.
  [[nodiscard]] std::string short_text() const;

  // Unused bytes are zero and the second byte tells the length, so this is the order of `bytes()`.
  friend auto operator<=>(const PeerId&, const PeerId&) = default;

 private:
  PeerId(std::uint8_t code, ByteView digest);

  std::array<std::uint8_t, kBytesMax> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace ol::p2p

template <>
struct std::hash<ol::p2p::PeerId> {
  std::size_t operator()(const ol::p2p::PeerId& id) const noexcept {
    return std::hash<std::string_view>{}(ol::as_text(id.bytes()));
  }
};
