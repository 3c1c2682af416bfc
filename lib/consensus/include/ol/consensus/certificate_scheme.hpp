#pragma once

#include <memory>
#include <span>
#include <vector>

#include <ol/crypto/threshold.hpp>
#include <ol/primitives/certificate.hpp>
#include <ol/primitives/validator_set.hpp>

namespace ol::consensus {

/// One validator's signature over a vote digest, as it travels.
struct Share {
  primitives::ValidatorIndex voter;
  Bytes signature;
};

/// What combining shares gave.
struct Combined {
  Bytes signers;
  Bytes signature;
};

/// How votes become a certificate. One implementation per genesis field `scheme`. Not thread-safe:
/// one instance per thread (combiners keep a cache).
/// Source: specs/consensus.md section 2.
class CertificateScheme {
 public:
  virtual ~CertificateScheme() = default;

  /// Signs `digest` as this scheme's voters do. The one caller is Signer, after its record is
  /// durable.
  [[nodiscard]] virtual Bytes sign(const crypto::BlsSecretKey& key,
                                   const Hash256& digest) const = 0;
  /// Combines shares of distinct voters without verifying them: the caller verifies the result once
  /// and looks for a bad share only if that fails. Nothing if a share cannot be decoded or they
  /// cancel out.
  [[nodiscard]] virtual std::optional<Combined> combine(std::span<const Share> shares) = 0;
  /// Whether `share` is its voter's signature over `digest`.
  [[nodiscard]] virtual bool verify_share(const Hash256& digest, const Share& share) const = 0;
  /// Whether the certificate proves that a quorum signed `digest`.
  [[nodiscard]] virtual bool verify(const Hash256& digest, ByteView signers,
                                    ByteView signature) const = 0;
};

/// (q, n) threshold BLS: one 48-byte signature, one pairing check, no bitmap. Unit weight only.
class BlsThresholdScheme final : public CertificateScheme {
 public:
  /// `set` must outlive the scheme. Nothing if the vector does not fit the set.
  [[nodiscard]] static std::unique_ptr<BlsThresholdScheme> make(const primitives::ValidatorSet& set,
                                                                crypto::VerificationVector vector);

  [[nodiscard]] Bytes sign(const crypto::BlsSecretKey& key, const Hash256& digest) const override;
  [[nodiscard]] std::optional<Combined> combine(std::span<const Share> shares) override;
  [[nodiscard]] bool verify_share(const Hash256& digest, const Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  BlsThresholdScheme(crypto::VerificationVector vector,
                     std::vector<crypto::BlsPublicKey> share_keys, crypto::ThresholdParams params);

  crypto::VerificationVector vector_;
  std::vector<crypto::BlsPublicKey> share_keys_;
  crypto::ThresholdCombiner combiner_;
};

/// BLS multi-signature: the sum of ordinary signatures with a bitmap of signers, verified under the
/// sum of their keys. Sound only because every key's possession was proven in genesis (trap T22).
class BlsMultisigScheme final : public CertificateScheme {
 public:
  /// `set` must outlive the scheme.
  explicit BlsMultisigScheme(const primitives::ValidatorSet& set) : set_(set) {}

  [[nodiscard]] Bytes sign(const crypto::BlsSecretKey& key, const Hash256& digest) const override;
  [[nodiscard]] std::optional<Combined> combine(std::span<const Share> shares) override;
  [[nodiscard]] bool verify_share(const Hash256& digest, const Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  const primitives::ValidatorSet& set_;
};

}  // namespace ol::consensus
