#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ol::app {

/// How much to measure, and where.
struct P2pSpeedOptions {
  /// Divides every amount; 1 gives figures that hold still, 50 shows that the code runs.
  unsigned hurry = 1;
  /// Leaves the threads to the scheduler instead of keeping both ends on one processor. Waking the
  /// other processor then costs more than everything else in a round trip.
  bool spread = false;
  unsigned gossip_nodes = 20;
};

/// One measured figure. The CPU is that of both ends.
struct P2pFigure {
  std::string name;
  double value = 0;
  std::string unit;
  /// What others are compared with has none.
  std::optional<double> target = std::nullopt;
  bool higher_is_better = false;
  /// So many times what the same bytes take over TCP alone, measured in between.
  std::optional<double> times_bare = std::nullopt;
  [[nodiscard]] bool is_reached() const {
    if (!target) return true;
    return higher_is_better ? value >= *target : value <= *target;
  }
};

/// Measures the libp2p stack over loopback sockets, all ends in this process: bytes on one stream,
/// round trips of 1 KiB and of the same bytes over TCP alone, connections, unsigned gossip of 1 KiB
/// between two nodes and to many, urgent messages under attack.
[[nodiscard]] std::vector<P2pFigure> measure_p2p(const P2pSpeedOptions& options);

}  // namespace ol::app
