#pragma once

#include <memory>
#include <vector>

#include <ol/consensus/certificate_scheme.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/sim/options.hpp>

namespace ol::sim {

/// Slots under two_phase: three rounds each, a phase about as long as a message may take.
inline constexpr primitives::SlotParams kSlots{.slot_ms = 1000, .phase_ms = 150};

/// A genesis and every secret behind it. The same for every seed of one size, because making keys
/// costs more than a run. Immutable once made.
struct TestChain {
  primitives::Genesis genesis;
  primitives::ValidatorSet set;
  primitives::SetHash set_hash;
  std::vector<crypto::SecretBytes<32>> seeds;  // Ed25519, by validator
  std::vector<Bytes> vote_keys;                // BLS shares, by validator
  std::vector<p2p::PeerId> peers;
  consensus::BlockPtr genesis_block;
  primitives::QuorumCertificate genesis_certificate;
  node::ParentResults genesis_results;

  [[nodiscard]] std::uint32_t size() const { return set.size(); }
  [[nodiscard]] std::uint32_t quorum() const { return set.quorum_count(); }
  [[nodiscard]] crypto::Ed25519SecretKey key(primitives::ValidatorIndex index) const;
  [[nodiscard]] crypto::BlsSecretKey vote_key(primitives::ValidatorIndex index) const;
  [[nodiscard]] std::unique_ptr<consensus::CertificateScheme> make_scheme(
      SchemeChoice choice) const;
};

/// The chain of `nodes` validators, made on first use and kept. Thread-safe.
[[nodiscard]] const TestChain& test_chain(std::uint32_t nodes);

}  // namespace ol::sim
