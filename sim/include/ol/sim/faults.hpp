#pragma once

#include <ol/sim/world.hpp>

namespace ol::sim {

/// What one seed does: drawn once from the allowed classes.
struct FaultPlan {
  NetworkConditions network;
  bool slow_links = false;
  // Mean microseconds between events of a kind; 0 where it does not occur.
  std::uint64_t reset_every_us = 0;
  std::uint64_t partition_every_us = 0;
  std::uint64_t crash_every_us = 0;
  std::uint64_t power_cut_every_us = 0;
  std::uint64_t clock_every_us = 0;
  std::uint64_t machine_every_us = 0;
  bool disk_errors = false;
  std::int64_t clock_spread_ms = 0;
  std::int64_t clock_jump_ms = 0;
  std::uint64_t submit_every_us = 40'000;
  std::uint64_t late_join_per_mille = 0;
  std::vector<primitives::ValidatorIndex> byzantine;
  std::vector<primitives::ValidatorIndex> twins;
  std::vector<Misbehaviour> misbehaviour;  // by position in `byzantine`
};

[[nodiscard]] FaultPlan draw_plan(const RunOptions& options, Random& random);

/// Causes the faults of a plan until told to stop.
class FaultInjector {
 public:
  FaultInjector(World& world, FaultPlan plan, Random random);

  /// Sets the scene, powers the nodes on and schedules the first faults.
  void start();
  /// Ends every fault: links open and fast, honest nodes up, clocks close. Byzantine nodes stay
  /// what they are.
  void stop();

 private:
  void repeat(std::uint64_t mean_us, void (FaultInjector::*what)());
  void reset_some();
  void change_partition();
  void crash_one();
  void cut_power();
  void move_clock();
  void change_machine();
  void submit();
  [[nodiscard]] std::uint32_t some_honest();

  World& world_;
  FaultPlan plan_;
  Random random_;
  bool stopped_ = false;
};

}  // namespace ol::sim
