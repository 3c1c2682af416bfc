#pragma once

#include <vector>

#include <ol/consensus/kernel.hpp>
#include <ol/consensus/signer.hpp>
#include <ol/consensus/slot_clock.hpp>
#include <ol/consensus/slot_kernel.hpp>
#include <ol/consensus/vote_collector.hpp>

namespace ol::sim::cluster {

using consensus::BlockPtr;
using consensus::ValidatorIndex;
using primitives::BlockHash;
using primitives::Height;
using primitives::QuorumCertificate;
using primitives::TimeoutCertificate;
using primitives::View;

/// The longest and shortest time-out of every simulated cluster, in milliseconds.
inline constexpr std::uint64_t kTimeoutBaseMs = 400;
inline constexpr std::uint64_t kTimeoutMaxMs = 3200;
/// Slots of two_phase: two rounds of two phases each.
inline constexpr primitives::SlotParams kSlots{.slot_ms = 400, .phase_ms = 100};

/// What all clusters of one size share: validators with every key, and genesis.
struct Chain {
  primitives::ChainDomain domain;
  primitives::ValidatorSet set;
  primitives::SetHash set_hash;
  /// Votes are keyed hashes under these (hash_scheme.hpp).
  std::vector<Bytes> vote_secrets;
  std::vector<crypto::BlsSecretKey> vote_keys;
  std::vector<crypto::Ed25519SecretKey> keys;
  BlockPtr genesis;
  QuorumCertificate genesis_certificate;

  [[nodiscard]] std::uint32_t size() const { return set.size(); }
  [[nodiscard]] std::uint32_t quorum() const { return set.quorum_count(); }
};

/// Made once per size. Thread-safe.
[[nodiscard]] const Chain& chain_of(std::uint32_t validators);

/// A key of validator `index` to give to a signer. Deriving one takes longer than fifty steps of a
/// kernel, so those that came back to this thread are handed out again.
[[nodiscard]] crypto::Ed25519SecretKey take_key(ValidatorIndex index);
/// What take_key gave, or a signer gave back.
void return_key(ValidatorIndex index, crypto::Ed25519SecretKey key);

/// Proposals and timeouts signed with a hash under the public key. It proves nothing outside the
/// simulation; inside, only the owner of a key ever signs with it.
[[nodiscard]] consensus::MessageSignatures hashed_signatures();

/// Who leads: chosen views first, then a round robin.
class Leaders final : public consensus::LeaderSchedule {
 public:
  explicit Leaders(std::uint32_t validators) : validators_(validators) {}

  [[nodiscard]] ValidatorIndex leader(View view) const override {
    if (view.value() < chosen_.size()) return chosen_[view.value()];
    return ValidatorIndex(static_cast<std::uint32_t>(view.value() % validators_));
  }
  /// Chooses the leader of `view`, and for views below that were not chosen the round robin's.
  void choose(View view, ValidatorIndex leader);
  /// From `view` on, take turns. No message of that view may have been sent.
  void round_robin_from(View view);

 private:
  std::uint32_t validators_;
  std::vector<ValidatorIndex> chosen_;
};

/// Calls nobody wrong.
class Anyone final : public consensus::LeaderSchedule {
 public:
  explicit Anyone(const Leaders& base) : base_(base) {}
  [[nodiscard]] ValidatorIndex leader(View view) const override { return base_.leader(view); }
  [[nodiscard]] bool may_lead(View, ValidatorIndex) const override { return true; }

 private:
  const Leaders& base_;
};

}  // namespace ol::sim::cluster
