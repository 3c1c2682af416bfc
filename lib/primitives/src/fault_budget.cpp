#include <ol/primitives/fault_budget.hpp>

#include <algorithm>
#include <functional>

namespace ol::primitives {
namespace {

__extension__ using u128 = unsigned __int128;

std::uint64_t quorum_weight(const ValidatorSet& set) {
  const u128 total = set.total_weight();
  switch (set.rule()) {
    case QuorumRule::Unit:
      return unit_quorum(set.size());
    case QuorumRule::MoreThanTwoThirds:
      return static_cast<std::uint64_t>(total * 2 / 3 + 1);
    case QuorumRule::AtLeastTwoThirds:
      return static_cast<std::uint64_t>((total * 2 + 2) / 3);
  }
  OL_CHECK(false, "unknown QuorumRule");
}

/// How many of the heaviest fit into `budget` together.
std::uint32_t fitting(const std::vector<std::uint64_t>& heaviest_first, std::uint64_t budget) {
  std::uint32_t count = 0;
  for (const std::uint64_t weight : heaviest_first) {
    if (weight > budget) break;
    budget -= weight;
    ++count;
  }
  return count;
}

}  // namespace

// Two quorums of weight q have at least 2q - T in common, a third of T under every rule: liars who
// weigh less are not all of it.
FaultBudget fault_budget(const ValidatorSet& set) {
  FaultBudget out;
  const std::uint64_t total = set.total_weight();
  out.byzantine_weight = (total - 1) / 3;
  out.quorum_weight = quorum_weight(set);
  out.crash_weight = total - out.quorum_weight;
  std::vector<std::uint64_t> weights;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const std::uint64_t weight = set.find(ValidatorIndex(i))->weight.value();
    weights.push_back(weight);
    if (u128{weight} * 3 >= total) out.too_heavy.emplace_back(i);
  }
  std::sort(weights.begin(), weights.end(), std::greater<>());
  out.byzantine_validators = fitting(weights, out.byzantine_weight);
  out.crash_validators = fitting(weights, out.crash_weight);
  return out;
}

std::string describe(const FaultBudget& budget) {
  return std::to_string(budget.byzantine_validators) + " Byzantine, " +
         std::to_string(budget.crash_validators) + " crash";
}

}  // namespace ol::primitives
