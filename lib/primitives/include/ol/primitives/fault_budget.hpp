#pragma once

#include <string>
#include <vector>

#include <ol/primitives/validator_set.hpp>

namespace ol::primitives {

/// What a validator set survives. Source: specs/consensus.md section 1.
struct FaultBudget {
  /// The smallest weight that is a quorum.
  std::uint64_t quorum_weight = 0;
  /// The largest weight that may lie without two blocks becoming final at one height.
  std::uint64_t byzantine_weight = 0;
  /// The largest weight that may be down without finality stopping.
  std::uint64_t crash_weight = 0;
  /// How many validators those are, whichever they are: the heaviest count first.
  std::uint32_t byzantine_validators = 0;
  std::uint32_t crash_validators = 0;
  /// Those who alone weigh a third or more: each can stop finality, or fork it by lying.
  std::vector<ValidatorIndex> too_heavy;
};

[[nodiscard]] FaultBudget fault_budget(const ValidatorSet& set);
/// "0 Byzantine, 1 crash": for people.
[[nodiscard]] std::string describe(const FaultBudget& budget);

}  // namespace ol::primitives
