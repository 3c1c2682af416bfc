#pragma once

#include <map>
#include <memory>

#include <ol/consensus/certificate_scheme.hpp>

namespace ol::sim {

/// Another scheme whose verdicts are remembered by the exact bytes asked about. Every node of a run
/// asks the same questions, and a verdict depends on nothing but the bytes; so the shipped scheme
/// decides each one, once for the run instead of once for each node. Signing and combining are not
/// remembered. Not thread-safe: one per run.
class CachedScheme final : public consensus::CertificateScheme {
 public:
  /// Verdicts kept; beyond that all are forgotten and asked for anew.
  static constexpr std::size_t kVerdictsMax = 4096;

  explicit CachedScheme(std::unique_ptr<consensus::CertificateScheme> inner)
      : inner_(std::move(inner)) {}

  [[nodiscard]] Bytes sign(const consensus::VoterKeys& keys, const Hash256& digest) const override {
    return inner_->sign(keys, digest);
  }
  [[nodiscard]] std::optional<consensus::Combined> combine(
      std::span<const consensus::Share> shares) override {
    return inner_->combine(shares);
  }
  [[nodiscard]] bool verify_share(const Hash256& digest,
                                  const consensus::Share& share) const override;
  [[nodiscard]] bool verify(const Hash256& digest, ByteView signers,
                            ByteView signature) const override;

 private:
  [[nodiscard]] bool remembered(Bytes question, auto decide) const;

  std::unique_ptr<consensus::CertificateScheme> inner_;
  mutable std::map<Bytes, bool> verdicts_;
};

}  // namespace ol::sim
