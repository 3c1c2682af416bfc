#pragma once

#include <cstdint>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/secret.hpp>

/// A 32-byte secret under a passphrase: Argon2id (RFC 9106) makes the key, XChaCha20-Poly1305
/// encrypts. Format: docs/protocol/key-file.md.
namespace ol::crypto {

enum class SealedKeyError : std::uint8_t {
  BadFormat,        // not a sealed key, or of wrong length
  UnknownVersion,   // made by a newer program
  CostOutOfBounds,  // Argon2id parameters outside the bounds, so nobody makes us spend gigabytes
  EmptyPassphrase,  // protects nothing
  WrongPassphrase,  // or the bytes or their context were changed: cannot be told apart
  OutOfMemory,      // Argon2id could not get the memory it was told to use
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(SealedKeyError error);

/// What guessing one passphrase costs.
struct PassphraseCost {
  std::uint32_t passes = 3;
  std::uint32_t memory_kib = 256 * 1024;

  static constexpr std::uint32_t kPassesMax = 16;
  static constexpr std::uint32_t kMemoryKibMin = 8;
  static constexpr std::uint32_t kMemoryKibMax = 1024 * 1024;

  [[nodiscard]] bool valid() const {
    return passes >= 1 && passes <= kPassesMax && memory_kib >= kMemoryKibMin &&
           memory_kib <= kMemoryKibMax;
  }
};

/// Encrypts `secret`. `context` must be given again to open it. Salt and nonce are fresh.
/// SealedKeyError::EmptyPassphrase, CostOutOfBounds, OutOfMemory.
[[nodiscard]] Result<Bytes, SealedKeyError> seal_key(const SecretBytes<32>& secret,
                                                     std::string_view passphrase, ByteView context,
                                                     PassphraseCost cost = {});

/// Every SealedKeyError.
[[nodiscard]] Result<SecretBytes<32>, SealedKeyError> open_sealed_key(ByteView sealed,
                                                                      std::string_view passphrase,
                                                                      ByteView context);

}  // namespace ol::crypto
