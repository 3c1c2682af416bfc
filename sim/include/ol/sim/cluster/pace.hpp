#pragma once

#include <iosfwd>
#include <string>

#include <ol/sim/cluster/costs.hpp>
#include <ol/sim/rule.hpp>

namespace ol::sim::cluster {

/// A chain without faults but for one mute leader, where work and distance take time: what more
/// validators cost than one machine can run. three_chain and two_chain, whose pace is not a
/// clock's.
struct PaceOptions {
  Rule rule = Rule::ThreeChain;
  primitives::SchemeKind scheme = primitives::SchemeKind::BlsThreshold;
  std::uint32_t validators = 4;
  std::uint64_t views = 1'000;
  std::uint64_t items = 400;
  Links links = Links::Lan;
  /// The last validator votes and never proposes; leaders that fail are passed over.
  bool mute = false;
  std::uint64_t seed = 1;
};

/// Means are over honest machines.
struct PaceReport {
  std::string violation;
  std::uint64_t blocks = 0;
  std::uint64_t virtual_us = 0;
  /// Views that honest machines left by time-out.
  std::uint64_t lost_views = 0;
  /// From the begin of a proposal to its commit, over all blocks and machines.
  std::uint64_t latency_p50_us = 0;
  std::uint64_t latency_p99_us = 0;
  std::uint64_t bytes_per_block = 0;  // sent by one machine
  std::uint64_t work_us_per_block = 0;
  /// Sent by all of them.
  std::uint64_t messages_per_view = 0;

  [[nodiscard]] std::string text(const PaceOptions& options) const;
};

/// @pre rule is chained
[[nodiscard]] PaceReport run_pace(const PaceOptions& options);

}  // namespace ol::sim::cluster
