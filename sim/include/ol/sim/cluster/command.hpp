#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace ol::sim::cluster {

/// Whether the flags ask for kernels alone: a search, a story or Twins, and not for whole nodes.
[[nodiscard]] bool is_cluster_command(std::span<const std::string> args);
/// The part of `openliquid sim` that runs kernels alone. @return the exit status: 0 every check
/// held, 1 a check failed, 2 wrong usage.
[[nodiscard]] int run_cluster_command(std::span<const std::string> args, std::ostream& out);

}  // namespace ol::sim::cluster
