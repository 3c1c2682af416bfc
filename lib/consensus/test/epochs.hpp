#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ol/consensus/hand_over.hpp>
#include <ol/consensus/leader_schedule.hpp>
#include <ol/consensus/verifier.hpp>
#include <ol/crypto/threshold.hpp>

namespace ol::consensus::test {

/// Operators are numbered for the whole chain; a set names some of them, in order.
using Operators = std::vector<std::uint32_t>;

[[nodiscard]] crypto::Ed25519SecretKey operator_key(std::uint32_t who);
[[nodiscard]] crypto::Ed25519SecretKey operator_network_key(std::uint32_t who);
[[nodiscard]] crypto::BlsSecretKey operator_bls_key(std::uint32_t who);

/// An epoch with all its keys, and blocks, votes and certificates made with them. Validator i of
/// the set is operator `members[i]`.
class Era {
 public:
  /// The first epoch of a chain: devnet rules, unit weight but for two_phase.
  Era(primitives::CommitRule rule, primitives::SchemeKind scheme, Operators members);
  /// The one after `before`, with these validators and, where the scheme needs one, a new group
  /// key.
  Era(const Era& before, Operators members);

  [[nodiscard]] crypto::BlsSecretKey vote_key(std::uint32_t i) const;
  /// A payload item that changes the set to `next`, signed by these validators of this era.
  [[nodiscard]] Bytes change_to(const Era& next, const std::vector<std::uint32_t>& signers) const;
  /// Signed by just a quorum.
  [[nodiscard]] Bytes change_to(const Era& next) const;

  [[nodiscard]] primitives::Block block(const primitives::Block& parent,
                                        const QuorumCertificate& justify, View view,
                                        std::vector<Bytes> items,
                                        std::optional<TimeoutCertificate> timeout = {}) const;
  [[nodiscard]] primitives::VoteSubject subject(const primitives::Block& block, Phase phase,
                                                View view) const;
  [[nodiscard]] VoteMessage vote(std::uint32_t i, const primitives::VoteSubject& subject) const;
  [[nodiscard]] QuorumCertificate certify(const primitives::Block& block, Phase phase,
                                          View view) const;
  /// In the block's own view, as the chained rules do.
  [[nodiscard]] QuorumCertificate certify(const primitives::Block& block) const;
  [[nodiscard]] ProposalMessage proposal(const primitives::Block& block) const;
  [[nodiscard]] TimeoutCertificate timeout(View view, const QuorumCertificate& high_qc) const;
  [[nodiscard]] const primitives::ChainDomain& domain() const { return setting->genesis.domain; }

  Operators members;
  std::optional<crypto::DealtKey> dealt;
  std::unique_ptr<EpochSetting> setting;
  std::unique_ptr<RoundRobin> leaders;

 private:
  [[nodiscard]] primitives::Genesis with_members(primitives::Genesis genesis);
};

/// The genesis block of an era and its certificate.
struct Start {
  explicit Start(const Era& era);
  primitives::Block block;
  QuorumCertificate certificate;
};

/// A closing block X on genesis, what follows it until X is final, and the proof of it.
struct Ending {
  Ending(const Era& era, const Era& next, const primitives::Block& parent,
         const QuorumCertificate& justify, View view);
  /// X first.
  std::vector<primitives::Block> blocks;
  /// Of each block.
  std::vector<QuorumCertificate> certificates;
  HandOver proof;
};

}  // namespace ol::consensus::test
