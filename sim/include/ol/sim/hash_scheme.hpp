#pragma once

#include <ol/consensus/certificate_scheme.hpp>

namespace ol::sim {

/// A certificate scheme for searches: a share is BLAKE3(secret, digest), a certificate a bitmap and
/// the hash of its signers' shares. It verifies by knowing every secret, so it proves nothing
/// outside the simulation; inside, Byzantine nodes are given only their own secrets.
class HashScheme final : public consensus::CertificateScheme {
 public:
  /// `secrets` are the validators' vote keys, in order. Both must outlive the scheme.
  HashScheme(const std::vector<Bytes>& secrets, const primitives::ValidatorSet& set)
      : secrets_(secrets), set_(set) {}

  [[nodiscard]] Bytes sign(const consensus::VoterKeys& keys, const Hash256& digest) const override;
  [[nodiscard]] std::optional<consensus::Combined> combine(
      std::span<const consensus::Share> shares) override;
  [[nodiscard]] bool verify_share(const Hash256& digest,
                                  const consensus::Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  const std::vector<Bytes>& secrets_;
  const primitives::ValidatorSet& set_;
};

}  // namespace ol::sim
