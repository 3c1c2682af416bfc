#include <ol/consensus/leader_schedule.hpp>

namespace ol::consensus {

RoundRobin::RoundRobin(std::uint32_t validators) : validators_(validators) {
  OL_CHECK(validators > 0, "a chain has at least one validator");
}

primitives::ValidatorIndex RoundRobin::leader(primitives::View view) const {
  return primitives::ValidatorIndex(static_cast<std::uint32_t>(view.value() % validators_));
}

}  // namespace ol::consensus
