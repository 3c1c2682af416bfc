#pragma once

#include <memory>
#include <vector>

#include <ol/consensus/kernel.hpp>
#include <ol/consensus/signer.hpp>
#include <ol/consensus/vote_collector.hpp>

namespace ol::consensus::test {

/// A validator set with every key, its genesis block, and blocks and messages made with them.
class Validators {
 public:
  explicit Validators(std::uint32_t n,
                      primitives::SchemeKind scheme = primitives::SchemeKind::BlsThreshold);

  [[nodiscard]] crypto::Ed25519SecretKey key(std::uint32_t i) const;
  [[nodiscard]] crypto::BlsSecretKey vote_key(std::uint32_t i) const;
  [[nodiscard]] std::unique_ptr<CertificateScheme> make_scheme() const;

  /// A block on `parent` in `view`; `justify` certifies the parent. `salt` makes rivals differ.
  [[nodiscard]] primitives::Block block(const primitives::Block& parent,
                                        const QuorumCertificate& justify, View view,
                                        std::uint8_t salt = 0,
                                        std::optional<TimeoutCertificate> timeout = {}) const;
  [[nodiscard]] primitives::VoteSubject subject(const primitives::Block& block) const;
  [[nodiscard]] VoteMessage vote(std::uint32_t voter, const primitives::VoteSubject& subject) const;
  [[nodiscard]] QuorumCertificate certify(const primitives::Block& block) const;
  [[nodiscard]] ProposalMessage proposal(const primitives::Block& block) const;
  [[nodiscard]] NewViewMessage new_view(std::uint32_t sender, View view,
                                        const QuorumCertificate& high_qc) const;
  [[nodiscard]] TimeoutCertificate timeout(View view, const QuorumCertificate& high_qc) const;
  [[nodiscard]] Verifier verifier() const;

  std::uint32_t n;
  primitives::SchemeKind kind;
  primitives::ChainDomain domain;
  std::optional<primitives::ValidatorSet> set;
  std::optional<crypto::DealtKey> dealt;
  std::unique_ptr<RoundRobin> leaders;
  std::unique_ptr<CertificateScheme> scheme;
  primitives::Block genesis;
  QuorumCertificate genesis_certificate;
};

/// Keeps records in memory; refuses on request.
class MemoryStore final : public SafetyStore {
 public:
  Result<void, std::string> write(ByteView record) override {
    if (failing) return fail(std::string("disk full"));
    records.push_back(to_bytes(record));
    return {};
  }
  bool failing = false;
  std::vector<Bytes> records;
};

}  // namespace ol::consensus::test
