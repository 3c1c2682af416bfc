#include <ol/sim/faults.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace ol::sim {
namespace {

using primitives::ValidatorIndex;

constexpr std::int64_t kHealedClockMs = 50;

// One number of `low..high` in `per_mille` of the seeds, otherwise 0.
std::uint64_t maybe(Random& random, std::uint64_t per_mille, std::uint64_t low,
                    std::uint64_t high) {
  return random.chance(per_mille) ? random.between(low, high) : 0;
}

NetworkConditions draw_network(const FaultSet& faults, Random& random) {
  NetworkConditions out;
  if (!faults.network || random.chance(200)) return out;
  out.base_us = random.chance(500) ? random.between(200, 5'000) : random.between(5'000, 60'000);
  out.jitter_us = random.below(out.base_us * 2 + 1);
  out.loss_per_mille = maybe(random, 600, 1, 150);
  out.duplicate_per_mille = maybe(random, 500, 1, 100);
  out.spike_per_mille = maybe(random, 500, 1, 50);
  out.reorder = random.chance(500);
  return out;
}

Misbehaviour draw_misbehaviour(Random& random) {
  Misbehaviour out;
  const auto often = [&] { return maybe(random, 450, 50, 1000); };
  const auto seldom = [&] { return maybe(random, 300, 5, 200); };
  out.equivocate = often();
  out.withhold_proposal = often();
  out.stale_proposal = often();
  out.wrong_root = seldom();
  out.withhold_vote = often();
  out.bad_share = seldom();
  out.vote_everything = often();
  out.stale_new_view = often();
  out.withhold_new_view = seldom();
  out.withhold_certificate = often();
  out.flip_bits = seldom();
  out.replay = seldom();
  out.forge_certificate = seldom();
  out.few_votes = seldom();
  return out;
}

void draw_byzantine(const RunOptions& options, Random& random, FaultPlan& plan) {
  const std::uint32_t max = primitives::byzantine_max(options.nodes);
  if (!options.faults.byzantine || max == 0 || random.chance(150)) return;
  const std::uint64_t count = random.chance(700) ? max : random.between(1, max);
  std::vector<ValidatorIndex> all;
  all.reserve(options.nodes);
  for (std::uint32_t i = 0; i < options.nodes; ++i)
    all.emplace_back(i);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = random.below(all.size());
    plan.byzantine.push_back(all[at]);
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    const bool twin = random.chance(250);
    if (twin) plan.twins.push_back(plan.byzantine.back());
    plan.misbehaviour.push_back(twin ? Misbehaviour{} : draw_misbehaviour(random));
  }
}

}  // namespace

FaultPlan draw_plan(const RunOptions& options, Random& random) {
  FaultPlan plan;
  const FaultSet& faults = options.faults;
  plan.network = draw_network(faults, random);
  if (faults.network) {
    plan.slow_links = random.chance(250);
    plan.reset_every_us = maybe(random, 500, 200'000, 4'000'000);
    plan.machine_every_us = maybe(random, 400, 500'000, 4'000'000);
  }
  if (faults.partitions) plan.partition_every_us = maybe(random, 750, 300'000, 5'000'000);
  if (faults.crashes) {
    plan.crash_every_us = maybe(random, 750, 300'000, 6'000'000);
    plan.power_cut_every_us = maybe(random, 200, 3'000'000, 15'000'000);
    plan.late_join_per_mille = maybe(random, 200, 100, 400);
  }
  plan.disk_errors = faults.disk && random.chance(500);
  if (faults.clocks && random.chance(600)) {
    plan.clock_spread_ms = static_cast<std::int64_t>(random.between(1, 400));
    plan.clock_every_us = maybe(random, 400, 500'000, 5'000'000);
    plan.clock_jump_ms = static_cast<std::int64_t>(random.between(100, 3000));
  }
  plan.submit_every_us = random.between(15'000, 400'000);
  draw_byzantine(options, random, plan);
  return plan;
}

FaultInjector::FaultInjector(World& world, FaultPlan plan, Random random)
    : world_(world), plan_(std::move(plan)), random_(random) {}

void FaultInjector::start() {
  world_.network.conditions = plan_.network;
  for (std::size_t i = 0; i < plan_.byzantine.size(); ++i) {
    const ValidatorIndex index = plan_.byzantine[i];
    const bool twin = std::find(plan_.twins.begin(), plan_.twins.end(), index) != plan_.twins.end();
    SimNode& node = world_.node(index.value());
    world_.say(node.label(), twin ? "runs twice with one key" : "will break the rules");
    if (twin) {
      world_.faults.note(Fault::Twins);
      continue;
    }
    node.become_byzantine(
        std::make_unique<Byzantine>(world_, node, plan_.misbehaviour[i], random_.fork()));
  }
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    SimNode& node = world_.node(id);
    if (plan_.clock_spread_ms > 0) {
      const auto spread = static_cast<std::uint64_t>(plan_.clock_spread_ms);
      node.machine.wall_offset_ms =
          static_cast<std::int64_t>(random_.below(2 * spread + 1)) - plan_.clock_spread_ms;
    }
    const bool late = world_.is_honest(node.index()) && random_.chance(plan_.late_join_per_mille);
    if (late) world_.faults.note(Fault::LateJoin);
    node.plan_restart(late ? random_.between(1'000'000, 10'000'000) : random_.below(50'000));
    for (std::uint32_t other = 0; plan_.slow_links && other < world_.node_count(); ++other) {
      if (other == id) continue;
      const std::uint64_t extra_us = maybe(random_, 300, 1'000, 150'000);
      if (extra_us != 0) world_.faults.note(Fault::SlowLink);
      world_.network.slow_down(id, other, extra_us);
    }
  }
  repeat(plan_.reset_every_us, &FaultInjector::reset_some);
  repeat(plan_.partition_every_us, &FaultInjector::change_partition);
  repeat(plan_.crash_every_us, &FaultInjector::crash_one);
  repeat(plan_.power_cut_every_us, &FaultInjector::cut_power);
  repeat(plan_.clock_every_us, &FaultInjector::move_clock);
  repeat(plan_.machine_every_us, &FaultInjector::change_machine);
  repeat(plan_.submit_every_us, &FaultInjector::submit);
}

void FaultInjector::stop() {
  stopped_ = true;
  world_.say("", "-- the faults end: links heal, nodes restart, clocks agree --");
  world_.network.conditions = NetworkConditions{};
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    SimNode& node = world_.node(id);
    node.arm_disk(DiskFault::None);
    node.disarm_send();
    node.machine = Machine{};
    node.machine.wall_offset_ms =
        static_cast<std::int64_t>(random_.below(2 * kHealedClockMs + 1)) - kHealedClockMs;
    node.plan_restart(random_.below(100'000));
  }
  world_.network.heal();
}

void FaultInjector::repeat(std::uint64_t mean_us, void (FaultInjector::*what)()) {
  if (mean_us == 0) return;
  world_.queue.after(1 + random_.below(2 * mean_us), [this, mean_us, what] {
    if (stopped_) return;
    (this->*what)();
    repeat(mean_us, what);
  });
}

std::uint32_t FaultInjector::some_honest() {
  const auto& honest = world_.honest_nodes();
  return honest[random_.below(honest.size())];
}

void FaultInjector::reset_some() {
  const auto a = static_cast<std::uint32_t>(random_.below(world_.node_count()));
  const auto b = static_cast<std::uint32_t>(random_.below(world_.node_count()));
  if (a == b) return;
  world_.network.reset(a, b);
  world_.network.connect_later(a, b, random_.between(10'000, 600'000));
}

// Sticky: the new shape lasts until the next change. One in four changes heals.
void FaultInjector::change_partition() {
  const std::uint32_t nodes = world_.node_count();
  const std::uint64_t shape = random_.below(4);
  const Cut how = random_.chance(500) ? Cut::Drop : Cut::Hold;
  const std::uint64_t reset_per_mille = random_.chance(500) ? 1000 : 0;
  std::vector<std::uint64_t> side(nodes);
  for (std::uint64_t& one : side)
    one = random_.below(2);
  const auto loner = static_cast<std::uint32_t>(random_.below(nodes));
  const std::uint64_t one_way = random_.below(3);  // 0 both, 1 only from low side, 2 only to it
  bool any = false;
  std::string text;
  for (std::uint32_t a = 0; a < nodes; ++a) {
    for (std::uint32_t b = 0; b < nodes; ++b) {
      if (a == b) continue;
      bool apart = false;
      if (shape == 1) apart = side[a] != side[b] && (one_way == 0 || side[a] == one_way - 1);
      if (shape == 2) apart = (a == loner && one_way != 1) || (b == loner && one_way != 2);
      if (shape == 3) apart = random_.chance(250);
      any |= apart;
      world_.network.cut(a, b, apart ? how : Cut::Open);
      if (apart && random_.chance(reset_per_mille)) world_.network.reset(a, b);
      if (!apart && a < b) world_.network.connect_later(a, b, random_.between(10'000, 300'000));
      if (apart && world_.trace.printing()) text += fmt::format(" {}>{}", a, b);
    }
  }
  if (any) world_.faults.note(Fault::Partition);
  if (world_.trace.printing())
    world_.say("network", text.empty() ? "every link is open" : "cut:" + text);
}

void FaultInjector::crash_one() {
  SimNode& node = world_.node(some_honest());
  if (!node.is_up()) return;
  const std::uint64_t kind = random_.below(4);
  if (kind == 0) {
    node.crash("power lost");
    node.plan_restart(random_.between(20'000, 4'000'000));
  } else if (kind == 1) {
    node.arm_send(random_.below(2 * std::uint64_t{world_.node_count()}));
  } else {
    const std::uint64_t choices = plan_.disk_errors ? 6 : 4;
    node.arm_disk(static_cast<DiskFault>(1 + random_.below(choices)));
  }
}

void FaultInjector::cut_power() {
  world_.say("", "-- power is lost everywhere --");
  world_.faults.note(Fault::PowerCut);
  for (const std::uint32_t id : world_.honest_nodes()) {
    SimNode& node = world_.node(id);
    node.crash("power lost");
    node.plan_restart(random_.between(10'000, 1'000'000));
  }
}

void FaultInjector::move_clock() {
  world_.faults.note(Fault::ClockJump);
  SimNode& node = world_.node(some_honest());
  const auto range = static_cast<std::uint64_t>(plan_.clock_jump_ms);
  node.machine.wall_offset_ms =
      static_cast<std::int64_t>(random_.below(2 * range + 1)) - plan_.clock_jump_ms;
  if (world_.trace.printing())
    world_.say(node.label(), fmt::format("clock is off by {} ms", node.machine.wall_offset_ms));
}

void FaultInjector::change_machine() {
  Machine& machine = world_.node(some_honest()).machine;
  machine.execute_us = random_.chance(300) ? random_.between(10'000, 200'000) : 1'000;
  if (machine.execute_us > 1'000) world_.faults.note(Fault::SlowMachine);
  machine.flush_us = random_.chance(300) ? random_.between(20'000, 2'000'000) : 3'000;
}

void FaultInjector::submit() {
  world_.node(some_honest()).submit(world_.make_item());
}

}  // namespace ol::sim
