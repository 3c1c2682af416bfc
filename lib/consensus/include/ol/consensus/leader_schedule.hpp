#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ol/primitives/genesis.hpp>

namespace ol::consensus {

/// What a leader proves: that it holds its key, over randomness it could not choose.
struct LeaderChallenge {
  Hash256 randomness;
  /// What the proof is over.
  Bytes input;
};

/// Who proposes in a view. Every validator computes the same answer.
class LeaderSchedule {
 public:
  virtual ~LeaderSchedule() = default;
  [[nodiscard]] virtual primitives::ValidatorIndex leader(primitives::View view) const = 0;
  /// The same where the block that the proposal stands on is known. Most schedules do not look at
  /// it.
  [[nodiscard]] virtual primitives::ValidatorIndex leader_above(
      primitives::View view, const primitives::BlockHash& /*parent*/) const {
    return leader(view);
  }
  /// Whether a proposal of `validator` in `view` may stand. Differs from leader() only for a node
  /// that lacks the blocks which decide, and so cannot call the others wrong.
  [[nodiscard]] virtual bool may_lead(primitives::View view,
                                      primitives::ValidatorIndex validator) const {
    return leader(view) == validator;
  }
  [[nodiscard]] virtual bool may_lead_above(primitives::View view,
                                            primitives::ValidatorIndex validator,
                                            const primitives::BlockHash& /*parent*/) const {
    return may_lead(view, validator);
  }
  /// What the leader of `view` has to prove in a block on `parent`; nothing where it need not.
  [[nodiscard]] virtual std::optional<LeaderChallenge> challenge(
      primitives::View /*view*/, const primitives::BlockHash& /*parent*/) const {
    return std::nullopt;
  }
};

/// leader(v) = v mod n. Source: specs/consensus.md section 8.
class RoundRobin final : public LeaderSchedule {
 public:
  /// @pre validators > 0
  explicit RoundRobin(std::uint32_t validators);
  [[nodiscard]] primitives::ValidatorIndex leader(primitives::View view) const override;

 private:
  std::uint32_t validators_;
};

/// A draw for each view, every validator with a chance in proportion to its weight: an alias table
/// (Walker's method) in integers, asked with a hash of the epoch's randomness and the view. Known
/// ahead, so votes find the next leader as under round robin. Immutable; any thread.
/// Source: specs/consensus.md section 8.
class StakeWeighted final : public LeaderSchedule {
 public:
  /// @param randomness  The epoch's; nobody may have chosen it with the set in mind.
  StakeWeighted(const primitives::ValidatorSet& set, crypto::HashAlgorithm hash,
                const Hash256& randomness);
  [[nodiscard]] primitives::ValidatorIndex leader(primitives::View view) const override {
    return draw(randomness_, view);
  }
  /// Who leads `view` by other randomness.
  [[nodiscard]] primitives::ValidatorIndex draw(const Hash256& randomness,
                                                primitives::View view) const;

 private:
  /// Column i belongs to validator i up to `own` of `total_` tickets and to `other` above.
  struct Column {
    std::uint64_t own = 0;
    std::uint32_t other = 0;
  };

  std::vector<Column> columns_;
  std::uint64_t total_;
  crypto::HashAlgorithm hash_;
  Hash256 randomness_;
};

/// The base schedule that `genesis` chose: without reputation (leader_reputation.hpp). The first
/// epoch's randomness is the genesis hash. @pre not LeaderKind::Vrf (vrf_leaders.hpp)
[[nodiscard]] std::unique_ptr<LeaderSchedule> make_base_schedule(
    const primitives::Genesis& genesis, const primitives::ValidatorSet& set);

}  // namespace ol::consensus
