#pragma once

#include <memory>
#include <span>
#include <vector>

#include <ol/crypto/threshold.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::consensus {

/// One validator's signature over a vote digest, as it travels.
struct Share {
  primitives::ValidatorIndex voter;
  Bytes signature;
};

/// The two keys a validator votes with, one of which its chain's scheme uses. Borrowed for a call.
struct VoterKeys {
  /// The validator's own key, which also signs its proposals and timeouts.
  const crypto::Ed25519SecretKey& key;
  /// Its BLS key or its share of the group's.
  const crypto::BlsSecretKey& vote_key;
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
  [[nodiscard]] virtual Bytes sign(const VoterKeys& keys, const Hash256& digest) const = 0;
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

  [[nodiscard]] Bytes sign(const VoterKeys& keys, const Hash256& digest) const override;
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

  [[nodiscard]] Bytes sign(const VoterKeys& keys, const Hash256& digest) const override;
  [[nodiscard]] std::optional<Combined> combine(std::span<const Share> shares) override;
  [[nodiscard]] bool verify_share(const Hash256& digest, const Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  const primitives::ValidatorSet& set_;
};

/// Ed25519 signatures side by side: a bitmap of signers and, in their order, 64 bytes each. Nothing
/// to combine and no ceremony; cheaper than a pairing up to some 25 signers. Any weight.
/// Source: specs/consensus.md section 2.
class Ed25519ListScheme final : public CertificateScheme {
 public:
  /// `set` must outlive the scheme.
  explicit Ed25519ListScheme(const primitives::ValidatorSet& set) : set_(set) {}

  [[nodiscard]] Bytes sign(const VoterKeys& keys, const Hash256& digest) const override;
  [[nodiscard]] std::optional<Combined> combine(std::span<const Share> shares) override;
  [[nodiscard]] bool verify_share(const Hash256& digest, const Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  const primitives::ValidatorSet& set_;
};

/// The scheme that `genesis` chose, for its validators. `set` must outlive it. Nothing if the
/// genesis' verification vector does not fit the set.
[[nodiscard]] std::unique_ptr<CertificateScheme> make_scheme(const primitives::Genesis& genesis,
                                                             const primitives::ValidatorSet& set);

}  // namespace ol::consensus
