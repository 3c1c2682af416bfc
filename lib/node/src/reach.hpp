#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/validator_set.hpp>

namespace ol::node {

/// The weight of the validators this node has links to, itself included.
struct Reach {
  std::uint64_t weight = 0;
  std::uint64_t total = 0;
  /// Whether they could make a block final. If not, this node is cut off from its chain or the
  /// chain stands still.
  bool is_quorum = false;
};

/// When to raise the alarm that less than a quorum is reached: not for a restart or a lost
/// connection, which the network mends by itself.
class ReachWatch {
 public:
  static constexpr std::uint64_t kGraceMs = 5'000;

  enum class Change : std::uint8_t { None, Lost, Regained };
  /// @param now_ms  Of any clock that only rises.
  /// @return What changed with this look; Lost is followed by Regained and not told again before.
  [[nodiscard]] Change look(bool is_quorum, std::uint64_t now_ms);

 private:
  std::optional<std::uint64_t> missing_since_ms_;
  bool alarmed_ = false;
};

[[nodiscard]] Reach reach_of(const primitives::ValidatorSet& set,
                             std::optional<primitives::ValidatorIndex> self,
                             const std::set<p2p::PeerId>& connected);

}  // namespace ol::node
