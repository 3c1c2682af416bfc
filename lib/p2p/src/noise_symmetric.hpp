#pragma once

#include <optional>
#include <span>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/crypto/aead.hpp>

namespace ol::p2p {

/// Noise's SymmetricState with its CipherState: the running hash, the chaining key and the current
/// key. Source: Noise revision 34, section 5.2.
class NoiseSymmetricState {
 public:
  NoiseSymmetricState();

  void mix_hash(ByteView data);
  void mix_key(ByteView key_material);
  /// EncryptAndHash: appends the ciphertext and its tag to `out`, or the plaintext before any key.
  void encrypt_and_hash(ByteView plaintext, Bytes& out);
  /// DecryptAndHash, in place: the plaintext at the front of `sealed`, nothing if not authentic.
  [[nodiscard]] std::optional<ByteView> decrypt_and_hash(std::span<std::uint8_t> sealed);
  /// Split: the initiator's sending key, then the responder's.
  [[nodiscard]] std::pair<crypto::AeadKey, crypto::AeadKey> split() const;
  [[nodiscard]] const Hash256& hash() const { return hash_; }

 private:
  Hash256 hash_;
  crypto::SecretBytes<32> chaining_key_;
  std::optional<crypto::AeadKey> key_;
  std::uint64_t counter_ = 0;
};

}  // namespace ol::p2p
