#pragma once

#include <cstdint>

namespace ol::crypto {

/// Why a key, signature or ciphertext was refused. BLS has its own, finer list: BlsError.
enum class CryptoError : std::uint8_t {
  BadLength,      // not the number of bytes the format has
  BadSecretKey,   // zero, or not below the group order
  BadPublicKey,   // not a point of the curve, or of small order
  BadSignature,   // r or s is zero or not below the group order, or no key matches
  BadRecoveryId,  // not 0, 1, 2 or 3
  HighS,          // s above half the group order where that is refused (EIP-2)
  ZeroShared,     // X25519 gave the all-zero secret (RFC 7748, section 6.1)
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(CryptoError error);

}  // namespace ol::crypto
