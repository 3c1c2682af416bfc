#pragma once

#include <ol/consensus/leader_schedule.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::consensus {

/// The slots of `two_phase` as arithmetic on times that are passed in. A slot holds `ranks()`
/// rounds, one for each leader that may try, and every round is a view: view 1 is rank 0 of slot 1,
/// which begins at the genesis time; view 0 is genesis and belongs to slot 0. A round lasts two
/// phases; the last of a slot ends with it and has at least one phase. Immutable; any thread.
/// Source: specs/consensus.md section 7; docs/adr/0012-two-phase-kernel.md.
class SlotClock {
 public:
  /// @pre validators > 0, 0 < phase_ms <= slot_ms, as genesis validation makes sure.
  SlotClock(primitives::TimeMs genesis_time, const primitives::SlotParams& params,
            std::uint32_t validators);

  [[nodiscard]] std::uint32_t ranks() const { return ranks_; }
  [[nodiscard]] std::uint64_t phase_ms() const { return round_ms_ / 2; }
  [[nodiscard]] std::uint64_t slot_of(primitives::View view) const;
  [[nodiscard]] std::uint32_t rank_of(primitives::View view) const;
  /// Wall clock milliseconds; UINT64_MAX where that is past the end of time, 0 for genesis.
  [[nodiscard]] std::uint64_t start_ms(primitives::View view) const;
  /// The view that `wall_ms` falls into; 0 before genesis.
  [[nodiscard]] primitives::View view_at(std::uint64_t wall_ms) const;

 private:
  std::uint64_t genesis_ms_;
  std::uint64_t slot_ms_;
  std::uint64_t round_ms_;
  std::uint32_t ranks_;
};

/// leader(slot, rank) = (slot + rank) mod n: the first leader rotates from slot to slot, and those
/// who stand in for it are others. Plain view mod n would give every slot the same first leader
/// whenever n divides the ranks.
class SlotRobin final : public LeaderSchedule {
 public:
  /// @pre validators > 0
  SlotRobin(const SlotClock& clock, std::uint32_t validators);
  [[nodiscard]] primitives::ValidatorIndex leader(primitives::View view) const override;

 private:
  SlotClock clock_;
  std::uint32_t validators_;
};

}  // namespace ol::consensus
