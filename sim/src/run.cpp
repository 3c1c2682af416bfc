#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/faults.hpp>
#include <ol/sim/scenario.hpp>

namespace ol::sim {
namespace {

constexpr std::uint64_t kSettleUs = 300'000;
// Drawn leaders may be Byzantine several times in a row: as many more views make that as unlikely
// as one seed in some hundred thousand.
constexpr std::uint64_t kDrawnTurns = 8;

/// How long a transaction may take once every fault is over. Time-outs have grown to their cap, at
/// most every f-th leader's view is lost to a Byzantine leader, and three honest leaders in a row
/// are needed: two turns of all leaders at the longest time-out, and one more to meet in a view.
/// Under two_phase two turns of slots: each has one block.
std::uint64_t liveness_bound_us(const World& world) {
  const std::uint64_t turns = 2 * std::uint64_t{world.options.nodes} + 2;
  if (world.options.rule == Rule::TwoPhase) return turns * kSlots.slot_ms * 1000;
  const std::uint64_t views = world.options.vrf ? kDrawnTurns * turns : turns;
  return views * world.chain.genesis.pace.timeout_max_ms * 1000;
}

void run_until(World& world, std::uint64_t until_us, auto done) {
  while (!world.checker.violation() && !world.queue.empty() && !done()) {
    if (world.queue.next_us() > until_us) return;
    world.queue.run_next();
  }
}

std::string stuck_text(const World& world, std::uint64_t bound_us) {
  std::string out = fmt::format(
      "no progress: a transaction is not final everywhere {} s after the "
      "faults ended;",
      bound_us / 1'000'000);
  for (const std::uint32_t id : world.honest_nodes()) {
    const node::ConsensusDriver* driver = world.node(id).driver();
    if (driver == nullptr) {
      out += fmt::format(" node {} down;", id);
      continue;
    }
    const auto status = driver->status();
    out += fmt::format(" node {} height {} view {} certificate {}/{} lock {};", id,
                       status.committed_height.value(), status.view.value(),
                       status.high_qc_view.value(), status.high_qc_height.value(),
                       status.lock.view.value());
  }
  return out;
}

// Every fault is over: a transaction given to one honest node must become final on all of them.
std::uint64_t check_liveness(World& world) {
  const std::uint64_t healed_us = world.queue.now_us();
  run_until(world, healed_us + kSettleUs, [] { return false; });
  const Bytes probe = world.make_item();
  const TxnHash hash = primitives::transaction_hash(probe);
  const auto& honest = world.honest_nodes();
  SimNode& chosen = world.node(honest[world.random.below(honest.size())]);
  world.say(chosen.label(), "is given the probe transaction");
  if (!chosen.is_up()) world.checker.report("a node is down after the faults ended");
  chosen.submit(probe);
  const auto final_everywhere = [&] {
    return std::all_of(honest.begin(), honest.end(),
                       [&](std::uint32_t id) { return world.node(id).has_committed(hash); });
  };
  const std::uint64_t bound = liveness_bound_us(world);
  run_until(world, healed_us + kSettleUs + bound, final_everywhere);
  if (!world.checker.violation() && !final_everywhere())
    world.checker.report(stuck_text(world, bound));
  return (world.queue.now_us() - healed_us) / 1000;
}

RunReport finish(World& world, std::uint64_t recovery_ms) {
  world.checker.finish();
  RunReport report;
  report.violation = world.checker.violation().value_or("");
  report.trace = world.trace.digest();
  report.views = world.highest_view();
  report.height = world.checker.height().value();
  report.events = world.queue.events_run();
  report.virtual_ms = world.queue.now_us() / 1000;
  report.recovery_ms = recovery_ms;
  report.faults = world.faults;
  report.evidence = world.evidence;
  world.say("", report.ok() ? "every check held" : "VIOLATION: " + report.violation);
  return report;
}

RunReport run_random(const RunOptions& options) {
  Random random(options.seed * 0x9e3779b97f4a7c15ULL + options.nodes);
  FaultPlan plan = draw_plan(options, random);
  World world(options, plan.byzantine, plan.twins, random.fork());
  FaultInjector injector(world, std::move(plan), random.fork());
  injector.start();
  run_until(world, options.views * kFaultMsPerView * 1000,
            [&] { return world.highest_view() >= options.views; });
  if (world.checker.violation()) return finish(world, 0);
  injector.stop();
  return finish(world, check_liveness(world));
}

RunReport run_script(RunOptions options) {
  options.nodes = Script::kNodes;
  World world(options, {primitives::ValidatorIndex(Script::kVillain)}, {}, Random(options.seed));
  const auto script = make_script(options.scenario, world);
  script->start();
  run_until(world, options.views * kFaultMsPerView * 1000, [&] {
    script->step();
    return script->done();
  });
  if (world.checker.violation()) return finish(world, 0);
  script->stop();
  return finish(world, check_liveness(world));
}

}  // namespace

RunReport run_once(const RunOptions& options) {
  return options.scenario == Scenario::Random ? run_random(options) : run_script(options);
}

}  // namespace ol::sim
