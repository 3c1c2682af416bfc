#pragma once

#include <string>

#include <ol/sim/cluster/liar.hpp>
#include <ol/sim/options.hpp>

namespace ol::sim::cluster {

/// Everything that decides a run of kernels: RunOptions without what only whole nodes have.
/// `views` defaults to 30 there (kKernelViews).
inline constexpr std::uint64_t kKernelViews = 30;

/// One run from start to verdict: faults until `options.views`, then recovery within the bound.
/// Thread-safe: runs share nothing but cached keys.
[[nodiscard]] RunReport run_kernels(const RunOptions& options, Chart* chart);

/// How long a block may take to become final everywhere once every fault is over, in virtual
/// microseconds: docs/simulator.md, "Liveness".
[[nodiscard]] std::uint64_t liveness_bound_us(Rule rule, std::uint32_t validators);

/// Every fault ends, and all machines run; then each honest one must commit a block of a later view
/// in time. @return virtual milliseconds until then.
[[nodiscard]] std::uint64_t recover(Cluster& cluster);

/// A day in the life: random faults without end and without rest, for `hours` of virtual time.
/// Writes a line per hour: what the machines hold, and what the process does.
[[nodiscard]] RunReport run_long(const RunOptions& options, std::uint64_t hours, std::ostream& out);

}  // namespace ol::sim::cluster
