#pragma once

#include <ol/sim/world.hpp>

namespace ol::sim {

/// The fork that the lock prevents, as a script for four validators; requirements.md 5.1 has its
/// shape. Validator 0 is Byzantine and leads views 4, 8, 12, ...
///  1. Everyone votes in views 10, 11 and 12. Validator 1 alone collects the votes of view 12,
///     commits the block of view 10 and is cut off. Validators 2 and 3 know the certificate of view
///     11 and are locked on the block of view 10.
///  2. Validator 0 says that it left view 15, so that 2 and 3 can leave the views before it but
///     cannot prove to anyone that a quorum left them: neither proposes.
///  3. In view 16 it proposes a block beside that of view 10, on the certificate of view 9, and
///     helps from then on. If 2 and 3 vote, the other branch grows until they commit it.
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
  void cut_witness(bool incoming);
  void propose_stale();

  World& world_;
  Byzantine* villain_ = nullptr;
  int stage_ = 0;
};

}  // namespace ol::sim
