#pragma once

#include <map>
#include <optional>
#include <vector>

#include <ol/consensus/epoch_setting.hpp>
#include <ol/consensus/leader_schedule.hpp>
#include <ol/crypto/vrf.hpp>
#include <ol/primitives/block.hpp>

namespace ol::consensus {

/// The last item of a block: that its proposer holds its key, over the randomness of the window.
/// Whoever has the block knows that randomness without its ancestors. Format:
/// docs/protocol/leaders.md.
struct LeaderItem {
  Hash256 randomness;
  crypto::VrfProof proof;
};

[[nodiscard]] Bytes encode_leader_item(const LeaderItem& item);
/// Strict. Nothing if it is none.
[[nodiscard]] std::optional<LeaderItem> decode_leader_item(ByteView item);

/// The randomness of one branch: what its blocks up to one of them put together. Views of an epoch
/// are cut into windows of the same length; window w + 2 is led by the randomness of w + 1 and the
/// outputs of the blocks of w, so it is known before w + 2 begins and to nobody before w ends.
/// A value, O(1) whatever the number of windows without blocks.
/// Source: docs/adr/0020-vrf-leaders.md.
class Beacon {
 public:
  /// Of an epoch without blocks. Windows 0 and 1 are led by `seed`.
  Beacon(crypto::HashAlgorithm hash, const Hash256& seed) : hash_(hash), randomness_(seed) {}

  [[nodiscard]] std::uint64_t window() const { return window_; }
  /// Of a window no earlier than the one the branch is in; final for the next one too.
  [[nodiscard]] Hash256 randomness(std::uint64_t window) const;
  /// Goes on to `window`, unless the branch is there.
  void enter(std::uint64_t window);
  /// A block of the present window has this output.
  void add(const crypto::VrfOutput& output);
  /// A stored final block says what the randomness of its window is.
  void trust(const Hash256& randomness) { randomness_ = randomness; }
  /// What the next epoch begins with.
  [[nodiscard]] Hash256 next_seed() const;

  friend bool operator==(const Beacon&, const Beacon&) = default;

 private:
  [[nodiscard]] Hash256 mix(const Hash256& randomness, const Hash256& outputs,
                            std::uint64_t window) const;

  crypto::HashAlgorithm hash_;
  std::uint64_t window_ = 0;
  Hash256 randomness_;
  /// Outputs of the window before, and of this one so far.
  Hash256 before_;
  Hash256 outputs_;
};

/// Why a block may not stand.
enum class LeaderError : std::uint8_t {
  UnknownParent,
  NotLeader,
  NoProof,  // nothing of the kind at the end of the block
  TwoProofs,
  OtherRandomness,  // proven over another window's, or another branch's
  BadProof,         // of another view or key
};
[[nodiscard]] const char* describe(LeaderError error);

/// Leaders drawn in proportion to weight from a beacon that their own VRF proofs feed. Who leads is
/// a function of a proposal's ancestors: as a rule of those that are final, since windows lag by
/// two; after a stall of a whole window of the others too, so nodes that know different blocks
/// never call each other wrong. Knows every block of the kernel's tree. Not thread-safe: of the
/// consensus thread. Source: docs/adr/0020-vrf-leaders.md.
class VrfLeaders final : public LeaderSchedule {
 public:
  /// A window has this many views for each validator.
  static constexpr std::uint64_t kWindowFactor = 8;

  /// What the schedule needs of its epoch. References must outlive it.
  struct Chain {
    const primitives::ChainDomain& domain;
    const primitives::ValidatorSet& set;
    /// The present epoch; null where the set never changes.
    const EpochSetting* present = nullptr;
    /// The view of the block that the epoch began on.
    primitives::View begins;
  };
  /// @param root  The last final block, in this epoch or the one that it began on.
  VrfLeaders(const Chain& chain, const primitives::BlockHash& root, primitives::Height height,
             const Beacon& beacon);

  [[nodiscard]] primitives::ValidatorIndex leader(primitives::View view) const override;
  [[nodiscard]] primitives::ValidatorIndex leader_above(
      primitives::View view, const primitives::BlockHash& parent) const override;
  [[nodiscard]] bool may_lead(primitives::View view,
                              primitives::ValidatorIndex validator) const override;
  [[nodiscard]] bool may_lead_above(primitives::View view, primitives::ValidatorIndex validator,
                                    const primitives::BlockHash& parent) const override;
  /// Nothing on a block that closed the epoch.
  [[nodiscard]] std::optional<LeaderChallenge> challenge(
      primitives::View view, const primitives::BlockHash& parent) const override;

  /// Takes a block of the kernel's tree, parents first. A refused one is forgotten: nobody may vote
  /// for it or stand on it.
  [[nodiscard]] Result<void, LeaderError> admit(const primitives::Block& block);
  /// `block` is final. Does nothing with one of another epoch.
  void commit(const primitives::Block& block);
  /// `block` was forked off.
  void forget(const primitives::BlockHash& block) { points_.erase(block); }

  /// After `block`, while it is in the tree: what the epoch begins with that it ends for.
  [[nodiscard]] std::optional<Hash256> next_seed(const primitives::BlockHash& block) const;
  /// After the last final block.
  [[nodiscard]] const Beacon& beacon() const { return points_.at(root_).beacon; }
  [[nodiscard]] std::size_t blocks() const { return points_.size(); }

 private:
  struct Point {
    Beacon beacon;
    primitives::Height height;
    /// It closed the epoch, or stands on a block that did.
    bool closed = false;
  };

  [[nodiscard]] std::uint64_t window_of(primitives::View view) const;
  /// Null if only the parent could tell and is not here.
  [[nodiscard]] const Beacon* beacon_for(primitives::View view,
                                         const primitives::BlockHash& parent) const;
  [[nodiscard]] Bytes input(const Hash256& randomness, primitives::View view) const;
  [[nodiscard]] Result<crypto::VrfOutput, LeaderError> check_proof(const primitives::Block& block,
                                                                   const Hash256& randomness) const;

  Chain chain_;
  primitives::SetHash set_hash_;
  StakeWeighted table_;
  primitives::BlockHash root_;
  std::map<primitives::BlockHash, Point> points_;
};

/// A stored final block, as far as it feeds the beacon.
struct BeaconBlock {
  primitives::View view;
  std::optional<LeaderItem> item;
};

/// Which blocks of an epoch a restarting node has to read.
class BeaconHistory {
 public:
  BeaconHistory(primitives::View begins, std::uint32_t validators)
      : begins_(begins), validators_(validators) {}

  /// Takes the next block going down from the head. @return whether older ones can still matter.
  [[nodiscard]] bool add(BeaconBlock block);
  /// The beacon after the head. @param seed  Of the epoch, if it was read down to its beginning.
  [[nodiscard]] Beacon replay(crypto::HashAlgorithm hash, const std::optional<Hash256>& seed) const;

 private:
  primitives::View begins_;
  std::uint32_t validators_;
  /// Descending.
  std::vector<BeaconBlock> blocks_;
  /// Of the newest block with a proof.
  std::optional<std::uint64_t> newest_;
};

}  // namespace ol::consensus
