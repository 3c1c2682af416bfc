#pragma once

#include <cstdint>

#include <ol/primitives/genesis.hpp>

namespace ol::consensus {

/// How long to wait in a view: base, growing with every view lost since the last commit, capped.
/// Deviation from specs/consensus.md section 8: only views left by timeout count, so a crashed
/// leader at n = 4 costs one base timeout per turn rather than a growing one; views that fail in a
/// row wait 2, 4, 8, 16, 32, 60, 60 s as the specification pins.
class Backoff {
 public:
  /// @param growth_percent  How much longer each lost view waits; at least 100.
  Backoff(std::uint64_t base_ms, std::uint64_t max_ms, std::uint64_t growth_percent = 200)
      : base_ms_(base_ms), max_ms_(max_ms), growth_percent_(growth_percent) {}

  /// Duration of the current view, in milliseconds.
  [[nodiscard]] std::uint64_t timeout_ms() const;
  /// A view was left by timeout.
  void record_timeout();
  /// A certificate committed a block.
  void record_commit() { lost_views_ = 0; }
  [[nodiscard]] std::uint32_t lost_views() const { return lost_views_; }

 private:
  std::uint64_t base_ms_;
  std::uint64_t max_ms_;
  std::uint64_t growth_percent_;
  std::uint32_t lost_views_ = 0;
};

}  // namespace ol::consensus
