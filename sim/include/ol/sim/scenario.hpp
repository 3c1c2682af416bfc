#pragma once

#include <memory>

#include <ol/sim/world.hpp>

namespace ol::sim {

/// An attack played step by step, for what chance does not reach or takes long to.
class Script {
 public:
  static constexpr std::uint32_t kNodes = 4;
  /// The Byzantine one of the four.
  static constexpr std::uint32_t kVillain = 0;

  explicit Script(World& world) : world_(world) {}
  virtual ~Script() = default;

  /// Powers the nodes on; the villain breaks no rule yet.
  void start();
  /// Looks at the world after an event and goes on with the script.
  virtual void step() = 0;
  /// The attack is over and had the time to do its harm.
  [[nodiscard]] virtual bool done() const = 0;
  /// Heals the network. A script that did not reach its end is reported: it showed nothing.
  void stop();

 protected:
  [[nodiscard]] std::uint64_t view_of(std::uint32_t node) const;

  World& world_;
  Byzantine* villain_ = nullptr;
};

/// The fork that the lock prevents; requirements.md 5.1 has its shape. Validator 0 leads views 4,
/// 8, 12, ...
///  1. Everyone votes in views 10, 11 and 12. Validator 1 alone collects the votes of view 12,
///     commits the block of view 10 and is cut off. Validators 2 and 3 know the certificate of view
///     11 and are locked on the block of view 10.
///  2. Validator 0 says that it left view 15, so that 2 and 3 can leave the views before it but
///     cannot prove to anyone that a quorum left them: neither proposes.
///  3. In view 16 it proposes a block beside that of view 10, on the certificate of view 9, and
///     helps from then on. If 2 and 3 vote, the other branch grows until they commit it.
/// Two rules stand in the way: a proposal must build on the best certificate its time-out
/// certificate speaks of, and a vote must respect the lock. Either alone is enough.
class LockedFork final : public Script {
 public:
  using Script::Script;
  void step() override;
  [[nodiscard]] bool done() const override;

 private:
  void cut_witness(bool incoming);
  void propose_stale();

  int stage_ = 0;
};

/// Validator 0 certifies a branch with its own vote alone and shows it to validator 1, which hears
/// nobody else. If f votes are taken for a quorum, validator 1 commits a block beside the one that
/// the others commit.
class FewVotes final : public Script {
 public:
  using Script::Script;
  void step() override;
  [[nodiscard]] bool done() const override;

 private:
  bool played_ = false;
};

/// The script of a scenario that has one. @pre scenario is not Scenario::Random
[[nodiscard]] std::unique_ptr<Script> make_script(Scenario scenario, World& world);

}  // namespace ol::sim
