#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/secret.hpp>

/// BLS signatures on BLS12-381 with short signatures: signatures in G1 (48 bytes), public keys in
/// G2 (96 bytes), both in the compressed encoding of ZCash. Scheme: proof of possession,
/// ciphersuite BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_. Source:
/// draft-irtf-cfrg-bls-signature-05.
namespace ol::crypto {

/// Why a key or signature was refused.
enum class BlsError : std::uint8_t {
  BadLength,      // not 32, 48 or 96 bytes
  BadEncoding,    // wrong flag bits, a coordinate not below the field prime, or a dirty infinity
  NotOnCurve,     // no point has this x coordinate
  NotInSubgroup,  // on the curve, outside the group of prime order
  Infinity,       // the neutral element, which is no key and no signature
  BadSecretKey,   // zero, or not below the group order
  ShortSeed,      // fewer than 32 bytes of key material
  Empty,          // nothing to aggregate
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(BlsError error);

namespace detail {
struct BlsAccess;
}

/// A signature or proof: a point of G1's prime-order group other than infinity. A plain value, kept
/// decoded because decoding costs a square root and a group check.
class BlsSignature {
 public:
  static constexpr std::size_t kSize = 48;
  using Encoded = std::array<std::uint8_t, kSize>;

  /// Decodes and validates. Every BlsError up to Infinity.
  [[nodiscard]] static Result<BlsSignature, BlsError> from_bytes(ByteView bytes);
  [[nodiscard]] Encoded to_bytes() const;

  friend bool operator==(const BlsSignature&, const BlsSignature&) = default;

 private:
  friend struct detail::BlsAccess;
  BlsSignature() = default;

  std::array<std::uint64_t, 12> affine_{};  // x, y in Montgomery form
};

/// A public key: a point of G2's prime-order group other than infinity. A plain value.
class BlsPublicKey {
 public:
  static constexpr std::size_t kSize = 96;
  using Encoded = std::array<std::uint8_t, kSize>;

  /// Decodes and validates. Every BlsError up to Infinity.
  [[nodiscard]] static Result<BlsPublicKey, BlsError> from_bytes(ByteView bytes);
  [[nodiscard]] Encoded to_bytes() const;

  friend bool operator==(const BlsPublicKey&, const BlsPublicKey&) = default;

 private:
  friend struct detail::BlsAccess;
  BlsPublicKey() = default;

  std::array<std::uint64_t, 24> affine_{};  // x, y over Fp2, in Montgomery form
};

/// Shows that its maker holds the secret key of a public key. Never interchangeable with a
/// signature: it is made under its own domain separation tag.
struct BlsPossessionProof {
  BlsSignature point;

  /// Every BlsError up to Infinity.
  [[nodiscard]] static Result<BlsPossessionProof, BlsError> from_bytes(ByteView bytes);
  [[nodiscard]] BlsSignature::Encoded to_bytes() const { return point.to_bytes(); }
  friend bool operator==(const BlsPossessionProof&, const BlsPossessionProof&) = default;
};

/// A secret key: 1 <= key < r. Move-only and wiped. Signing takes the same time for every key.
class BlsSecretKey {
 public:
  /// 32 big-endian bytes. BlsError::BadLength, BlsError::BadSecretKey.
  [[nodiscard]] static Result<BlsSecretKey, BlsError> from_bytes(ByteView bytes);
  /// KeyGen of the IETF draft (section 2.3) with salt H("BLS-SIG-KEYGEN-SALT-") and empty info,
  /// which is also derive_master_SK of EIP-2333. BlsError::ShortSeed below 32 bytes.
  [[nodiscard]] static Result<BlsSecretKey, BlsError> key_gen(ByteView key_material);
  [[nodiscard]] static BlsSecretKey generate();
  /// derive_child_SK of EIP-2333.
  [[nodiscard]] BlsSecretKey derive_child(std::uint32_t index) const;

  [[nodiscard]] BlsPublicKey public_key() const;
  [[nodiscard]] BlsSignature sign(ByteView message) const;
  /// PopProve of the IETF draft (section 3.3.2).
  [[nodiscard]] BlsPossessionProof prove_possession() const;
  /// The key, big-endian.
  [[nodiscard]] const SecretBytes<32>& bytes() const { return bytes_; }

 private:
  explicit BlsSecretKey(SecretBytes<32> bytes) : bytes_(std::move(bytes)) {}

  SecretBytes<32> bytes_;
};

/// Two pairings. Source: IETF draft, section 2.7.
[[nodiscard]] bool verify(const BlsPublicKey& key, ByteView message, const BlsSignature& signature);

/// The sum of signatures. BlsError::Empty; BlsError::Infinity when they cancel out.
[[nodiscard]] Result<BlsSignature, BlsError> aggregate(std::span<const BlsSignature> signatures);

/// The sum of public keys. BlsError::Empty; BlsError::Infinity when they cancel out.
[[nodiscard]] Result<BlsPublicKey, BlsError> aggregate(std::span<const BlsPublicKey> keys);

/// Whether every key signed the same message. Only sound for keys whose possession was proven, or a
/// rogue key could stand in for others. Source: IETF draft, section 3.3.4.
[[nodiscard]] bool fast_aggregate_verify(std::span<const BlsPublicKey> keys, ByteView message,
                                         const BlsSignature& signature);

/// PopVerify of the IETF draft (section 3.3.3).
[[nodiscard]] bool verify_possession(const BlsPublicKey& key, const BlsPossessionProof& proof);

}  // namespace ol::crypto
