#pragma once

#include <ol/sim/world.hpp>

namespace ol::sim {

/// The fork that the lock prevents, as a script for four validators (requirements.md 5.1 has its
/// shape). Validator 0 is Byzantine and leads views 4, 8, 12, ...
///  1. It collects the votes of view 11 and shows the certificate to validator 1 alone, which
///     commits the block of view 9; then validator 1 is cut off. Validators 2 and 3 know the
///     certificate of view 10 and are locked on the block of view 9.
///  2. It keeps silent until 2 and 3 have left view 15, and in view 16 proposes a block beside
///     that of view 9, on the certificate of view 8.
///  3. From then on it helps. If 2 and 3 voted, the other branch grows until they commit it.
/// Two rules stand in the way: a proposal must build on the best certificate its time-out
/// certificate speaks of, and a vote must respect the lock. Either alone is enough.
class LockedFork {
 public:
  static constexpr std::uint32_t kNodes = 4;

  explicit LockedFork(World& world);

  void start();
  /// Looks at the world after an event and goes on with the script.
  void step();
  /// The stale proposal is out and had the time to do its harm.
  [[nodiscard]] bool done() const;
  void stop();

 private:
  [[nodiscard]] std::uint64_t view_of(std::uint32_t node) const;
  void isolate_witness();

  World& world_;
  Byzantine* villain_ = nullptr;
  int stage_ = 0;
};

}  // namespace ol::sim
