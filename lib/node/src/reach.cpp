#include "reach.hpp"

#include <utility>

namespace ol::node {

Reach reach_of(const primitives::ValidatorSet& set, std::optional<primitives::ValidatorIndex> self,
               const std::set<p2p::PeerId>& connected) {
  Reach out{.weight = 0, .total = set.total_weight(), .is_quorum = false};
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const primitives::ValidatorIndex index(i);
    const primitives::Validator& validator = *set.find(index);
    if (index == self || connected.contains(p2p::PeerId(validator.network_key))) {
      out.weight += validator.weight.value();
    }
  }
  out.is_quorum = set.is_quorum(out.weight);
  return out;
}

ReachWatch::Change ReachWatch::look(bool is_quorum, std::uint64_t now_ms) {
  if (is_quorum) {
    missing_since_ms_.reset();
    return std::exchange(alarmed_, false) ? Change::Regained : Change::None;
  }
  if (!missing_since_ms_) missing_since_ms_ = now_ms;
  if (alarmed_ || now_ms - *missing_since_ms_ < kGraceMs) return Change::None;
  alarmed_ = true;
  return Change::Lost;
}

}  // namespace ol::node
