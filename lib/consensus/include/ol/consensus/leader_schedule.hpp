#pragma once

#include <ol/primitives/types.hpp>

namespace ol::consensus {

/// Who proposes in a view. Pure: every validator computes the same answer.
class LeaderSchedule {
 public:
  virtual ~LeaderSchedule() = default;
  [[nodiscard]] virtual primitives::ValidatorIndex leader(primitives::View view) const = 0;
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

}  // namespace ol::consensus
