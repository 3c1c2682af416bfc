#include <ol/consensus/slot_clock.hpp>

#include <algorithm>

namespace ol::consensus {

using primitives::View;

namespace {

// A leader of rank k begins k rounds into the slot; one that would have less than a phase left does
// not get a turn.
std::uint32_t ranks_of(const primitives::SlotParams& params, std::uint32_t validators) {
  OL_CHECK(validators > 0, "a chain has at least one validator");
  OL_CHECK(params.phase_ms > 0, "a phase takes time");
  OL_CHECK(params.phase_ms <= params.slot_ms, "a slot holds a phase");
  const std::uint64_t fit = (params.slot_ms - params.phase_ms) / (2 * params.phase_ms) + 1;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(fit, validators));
}

}  // namespace

SlotClock::SlotClock(primitives::TimeMs genesis_time, const primitives::SlotParams& params,
                     std::uint32_t validators)
    : genesis_ms_(genesis_time.value()),
      slot_ms_(params.slot_ms),
      round_ms_(2 * params.phase_ms),
      ranks_(ranks_of(params, validators)) {}

std::uint64_t SlotClock::slot_of(View view) const {
  return view.value() == 0 ? 0 : (view.value() - 1) / ranks_ + 1;
}

std::uint32_t SlotClock::rank_of(View view) const {
  return view.value() == 0 ? 0 : static_cast<std::uint32_t>((view.value() - 1) % ranks_);
}

std::uint64_t SlotClock::start_ms(View view) const {
  if (view.value() == 0) return 0;
  std::uint64_t start = 0;
  if (__builtin_mul_overflow(slot_of(view) - 1, slot_ms_, &start)) return UINT64_MAX;
  if (__builtin_add_overflow(start, rank_of(view) * round_ms_, &start)) return UINT64_MAX;
  if (__builtin_add_overflow(start, genesis_ms_, &start)) return UINT64_MAX;
  return start;
}

View SlotClock::view_at(std::uint64_t wall_ms) const {
  if (wall_ms < genesis_ms_) return View(0);
  const std::uint64_t elapsed = wall_ms - genesis_ms_;
  const std::uint64_t rank = std::min<std::uint64_t>(elapsed % slot_ms_ / round_ms_, ranks_ - 1);
  return View(elapsed / slot_ms_ * ranks_ + rank + 1);
}

SlotRobin::SlotRobin(const SlotClock& clock, std::uint32_t validators)
    : clock_(clock), validators_(validators) {
  OL_CHECK(validators > 0, "a chain has at least one validator");
}

primitives::ValidatorIndex SlotRobin::leader(View view) const {
  const std::uint64_t turn = clock_.slot_of(view) % validators_ + clock_.rank_of(view);
  return primitives::ValidatorIndex(static_cast<std::uint32_t>(turn % validators_));
}

}  // namespace ol::consensus
