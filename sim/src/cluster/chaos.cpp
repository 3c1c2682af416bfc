#include <ol/sim/cluster/chaos.hpp>

#include <algorithm>
#include <fstream>
#include <ostream>

#include <fmt/format.h>

namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kSettleUs = 50'000;
constexpr std::uint64_t kViewMs = 300;
constexpr std::uint64_t kLongBuildUs = 1'000'000;
constexpr std::uint64_t kMinuteUs = 60'000'000;

// One number of `low..high` in `per_mille` of the seeds, otherwise 0.
std::uint64_t maybe(Random& random, std::uint64_t per_mille, std::uint64_t low,
                    std::uint64_t high) {
  return random.chance(per_mille) ? random.between(low, high) : 0;
}

Misbehaviour draw_misbehaviour(Random& random) {
  Misbehaviour out;
  const auto often = [&] { return maybe(random, 450, 50, 1000); };
  const auto seldom = [&] { return maybe(random, 250, 5, 300); };
  out.equivocate = often();
  out.withhold_proposal = often();
  out.stale_proposal = often();
  out.wrong_root = seldom();
  out.withhold_vote = often();
  out.bad_share = seldom();
  out.vote_everything = often();
  out.stale_new_view = often();
  out.withhold_new_view = seldom();
  out.replay = seldom();
  out.forge_certificate = seldom();
  out.few_votes = seldom();
  return out;
}

/// What a seed does. A seed uses some kinds of faults only: what every run contains hides what some
/// combinations show.
struct Plan {
  Setup setup;
  std::vector<Misbehaviour> misbehaviour;  // of those of setup.byzantine that are not twins
  Conditions conditions;
  std::uint64_t leader_bias = 0;  // per mille of views led by a Byzantine validator
  bool random_leaders = false;
  std::uint64_t split_per_mille = 0;  // of views that have a partition of their own
  std::uint64_t split_hold_us = 0;
  std::uint64_t partition_every_us = 0;
  std::uint64_t crash_every_us = 0;
  std::uint64_t crash_after_vote = 0;  // per mille of views in which a crash is armed
  std::uint64_t timer_every_us = 0;    // clocks that jump
  std::uint64_t power_every_us = 0;
  std::uint64_t clock_spread_us = 0;
};

void draw_byzantine(const RunOptions& options, Random& random, Plan& plan) {
  const std::uint32_t max = primitives::byzantine_max(options.nodes);
  if (!options.faults.byzantine || max == 0 || random.chance(150)) return;
  const std::uint64_t count = random.chance(800) ? max : random.between(1, max);
  std::vector<ValidatorIndex> all;
  for (std::uint32_t i = 0; i < options.nodes; ++i)
    all.emplace_back(i);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = random.below(all.size());
    const ValidatorIndex chosen = all[at];
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    plan.setup.byzantine.push_back(chosen);
    if (random.chance(300)) {
      plan.setup.twins.push_back(chosen);
      plan.misbehaviour.emplace_back();
    } else {
      plan.misbehaviour.push_back(draw_misbehaviour(random));
    }
  }
  plan.leader_bias = maybe(random, 500, 200, 700);
}

Plan draw_plan(const RunOptions& options, Random& random) {
  Plan plan;
  plan.setup.rule = options.rule;
  plan.setup.validators = options.nodes;
  const FaultSet& faults = options.faults;
  draw_byzantine(options, random, plan);
  plan.random_leaders = random.chance(600);
  Conditions& links = plan.conditions;
  links.delay_min_us = random.between(200, 5'000);
  links.delay_max_us = links.delay_min_us + random.below(40'000);
  if (faults.network) {
    links.loss_per_mille = maybe(random, 500, 1, 150);
    links.duplicate_per_mille = maybe(random, 400, 1, 150);
    links.spike_per_mille = maybe(random, 400, 1, 60);
    links.build_us = maybe(random, 300, 1'000, 40'000);
    links.execute_us = maybe(random, 300, 1'000, 60'000);
  }
  if (faults.partitions) {
    plan.split_per_mille = maybe(random, 500, 200, 1000);
    plan.split_hold_us = random.between(300'000, 1'500'000);
    plan.partition_every_us = maybe(random, 500, 200'000, 3'000'000);
  }
  if (faults.crashes) {
    plan.crash_every_us = maybe(random, 400, 200'000, 4'000'000);
    plan.crash_after_vote = maybe(random, 400, 50, 600);
    plan.power_every_us = maybe(random, 150, 1'000'000, 8'000'000);
  }
  if (faults.clocks) {
    plan.timer_every_us = maybe(random, 300, 100'000, 2'000'000);
    plan.clock_spread_us = maybe(random, 400, 1'000, 80'000);
  }
  return plan;
}

/// Does what a plan says.
class Chaos {
 public:
  Chaos(Cluster& cluster, Plan plan, Random random)
      : cluster_(cluster), plan_(std::move(plan)), random_(random) {}

  void start() {
    cluster_.conditions = plan_.conditions;
    const Setup& setup = cluster_.setup();
    for (std::size_t i = 0; i < setup.byzantine.size(); ++i) {
      const ValidatorIndex index = setup.byzantine[i];
      const bool twin =
          std::find(setup.twins.begin(), setup.twins.end(), index) != setup.twins.end();
      if (twin) {
        cluster_.faults.note(Fault::Twins);
        continue;
      }
      cluster_.machine(index.value()).liar =
          std::make_unique<Liar>(cluster_, index.value(), plan_.misbehaviour[i], random_.fork());
    }
    cluster_.on_crash = [this](NodeId node) { plan_restart(node); };
    for (NodeId node = 0; node < cluster_.node_count() && plan_.clock_spread_us > 0; ++node)
      cluster_.machine(node).clock_ahead_us = random_.below(plan_.clock_spread_us);
    prepare_views();
    cluster_.start_all();
    repeat(plan_.partition_every_us, &Chaos::change_partition);
    repeat(plan_.crash_every_us, &Chaos::crash_one);
    repeat(plan_.power_every_us, &Chaos::cut_power);
    repeat(plan_.timer_every_us, &Chaos::jump_clock);
    repeat(setup.byzantine.empty() ? 0 : 100'000, &Chaos::act);
    repeat(plan_.crash_after_vote == 0 ? 0 : 60'000, &Chaos::arm_crash);
  }

  /// Leaders and partitions of views not reached yet.
  void prepare_views() {
    const Setup& setup = cluster_.setup();
    const std::uint64_t highest = cluster_.highest_view().value();
    if (prepared_ > highest + kAhead / 2) return;
    const std::uint64_t ahead = highest + kAhead;
    for (; prepared_ <= ahead; ++prepared_) {
      const View view(prepared_);
      if (plan_.leader_bias > 0 && random_.chance(plan_.leader_bias)) {
        cluster_.leaders.choose(view, setup.byzantine[random_.below(setup.byzantine.size())]);
      } else if (plan_.random_leaders) {
        cluster_.leaders.choose(
            view, ValidatorIndex(static_cast<std::uint32_t>(random_.below(setup.validators))));
      }
      if (plan_.split_per_mille > 0 && random_.chance(plan_.split_per_mille)) {
        cluster_.faults.note(Fault::Partition);
        cluster_.split_view(view, sides(), plan_.split_hold_us);
      }
    }
  }

  void stop() { stopped_ = true; }

 private:
  static constexpr std::uint64_t kAhead = 40;

  std::vector<std::uint8_t> sides() {
    std::vector<std::uint8_t> out(cluster_.node_count());
    const std::uint64_t parts = random_.chance(800) ? 2 : 3;
    for (std::uint8_t& side : out)
      side = static_cast<std::uint8_t>(random_.below(parts));
    return out;
  }

  void repeat(std::uint64_t mean_us, void (Chaos::*what)()) {
    if (mean_us == 0) return;
    cluster_.queue.after(1 + random_.below(2 * mean_us), [this, mean_us, what] {
      if (stopped_) return;
      (this->*what)();
      repeat(mean_us, what);
    });
  }

  NodeId some_honest() {
    const auto& honest = cluster_.honest_nodes();
    return honest[random_.below(honest.size())];
  }

  // Sticky: the new shape lasts until the next change. One in four changes heals.
  void change_partition() {
    const std::uint64_t shape = random_.below(4);
    const auto side = sides();
    const auto loner = static_cast<NodeId>(random_.below(cluster_.node_count()));
    const std::uint64_t one_way = random_.below(3);  // 0 both, 1 only from the loner, 2 only to it
    if (shape != 0) cluster_.faults.note(Fault::Partition);
    if (cluster_.charting()) cluster_.announce(shape == 0 ? "every link works" : "links change");
    for (NodeId a = 0; a < cluster_.node_count(); ++a) {
      for (NodeId b = 0; b < cluster_.node_count(); ++b) {
        if (a == b) continue;
        bool apart = false;
        if (shape == 1) apart = side[a] != side[b];
        if (shape == 2) apart = (a == loner && one_way != 2) || (b == loner && one_way != 1);
        if (shape == 3) apart = random_.chance(300);
        const bool mended = cluster_.is_cut(a, b) && !apart;
        cluster_.cut(a, b, apart);
        if (mended) cluster_.reconnect(a, b);
      }
    }
  }

  void crash_one() {
    const NodeId node = some_honest();
    if (random_.chance(300)) {
      cluster_.crash(node, "power lost");
    } else {
      arm(node);
    }
  }

  void arm_crash() {
    if (random_.chance(plan_.crash_after_vote)) arm(some_honest());
  }

  void arm(NodeId node) {
    cluster_.arm(node, static_cast<CrashPoint>(1 + random_.below(3)),
                 random_.below(cluster_.node_count()));
  }

  void cut_power() {
    cluster_.faults.note(Fault::PowerCut);
    for (const NodeId node : cluster_.honest_nodes())
      cluster_.crash(node, "power lost everywhere");
  }

  void jump_clock() {
    cluster_.faults.note(Fault::ClockJump);
    cluster_.fire_timer(some_honest());
  }

  void act() {
    const auto& liars = cluster_.setup().byzantine;
    Machine& machine = cluster_.machine(liars[random_.below(liars.size())].value());
    if (machine.liar && machine.is_up()) machine.liar->act();
  }

  void plan_restart(NodeId node) {
    const std::uint64_t delay_us =
        random_.chance(500) ? random_.between(1'000, 50'000) : random_.between(50'000, 2'000'000);
    const std::size_t lost = random_.chance(300) ? random_.between(1, 2) : 0;
    cluster_.queue.after(delay_us, [this, node, lost] {
      if (!stopped_) cluster_.restart(node, Blocks::Kept, lost);
    });
  }

  Cluster& cluster_;
  Plan plan_;
  Random random_;
  std::uint64_t prepared_ = 1;
  bool stopped_ = false;
};

// The most honest validators that lead one after the other. @pre Some validator is not.
std::size_t longest_honest_turn(const Setup& setup) {
  std::size_t longest = 0;
  std::size_t turn = 0;
  for (std::uint32_t i = 0; i < 2 * setup.validators; ++i) {  // over the end of the round
    const ValidatorIndex leader(i % setup.validators);
    turn = std::ranges::find(setup.byzantine, leader) != setup.byzantine.end() ? 0 : turn + 1;
    longest = std::max(longest, turn);
  }
  return longest;
}

// Under three_chain a leader that shows its proposals to some costs its view and the next one.
// Where fewer than four honest ones follow each other, such leaders stop finality for as long as
// they do so: docs/simulator.md, "What the search found".
bool may_stall(const Setup& setup) {
  return setup.rule == Rule::ThreeChain && !setup.byzantine.empty() &&
         longest_honest_turn(setup) < 4;
}

std::string stuck_text(const Cluster& cluster, std::uint64_t bound_us) {
  std::string out = fmt::format(
      "no progress: not every honest node committed a new block {} s "
      "after the faults ended;",
      bound_us / 1'000'000);
  for (const NodeId node : cluster.honest_nodes()) {
    const Machine& m = cluster.machine(node);
    if (!m.is_up()) {
      out += fmt::format(" {} down;", cluster.label(node));
      continue;
    }
    const auto status = m.kernel->status();
    out += fmt::format(" {} height {} view {} certificate {} lock {};", cluster.label(node),
                       status.committed_height.value(), status.view.value(),
                       status.high_qc_view.value(), status.lock.view.value());
  }
  return out;
}

RunReport finish(Cluster& cluster, std::uint64_t recovery_ms) {
  cluster.checker.finish();
  RunReport report;
  report.violation = cluster.checker.violation().value_or("");
  report.views = cluster.highest_view().value();
  report.height = cluster.checker.height().value();
  report.events = cluster.queue.events_run();
  report.virtual_ms = cluster.queue.now_us() / 1000;
  report.recovery_ms = recovery_ms;
  report.faults = cluster.faults;
  for (const auto& [whom, count] : cluster.accusations)
    report.evidence += count;
  report.trace = report.events * 0x9e3779b97f4a7c15ULL ^ cluster.random.next();
  return report;
}

std::uint64_t resident_kib() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  in >> size >> resident;
  return resident * 4;
}

}  // namespace

// Time-outs have grown to their cap, at most every f-th leader's view is lost to a Byzantine
// leader, and as many honest leaders in a row as the rule's chain is long are needed: two turns of
// all leaders at the longest time-out, and one more to meet in a view.
std::uint64_t liveness_bound_us(Rule rule, std::uint32_t validators) {
  const std::uint64_t turn_ms = rule == Rule::TwoPhase ? kSlots.slot_ms : kTimeoutMaxMs;
  return (2 * std::uint64_t{validators} + 2) * turn_ms * 1000;
}

std::uint64_t recover(Cluster& cluster) {
  cluster.announce("the faults end: links heal, machines restart");
  cluster.conditions = Conditions{};
  cluster.on_crash = nullptr;
  View highest = cluster.highest_view();
  for (NodeId node = 0; node < cluster.node_count(); ++node) {
    cluster.arm(node, CrashPoint::None, 0);
    cluster.machine(node).clock_ahead_us = 0;
    cluster.restart(node, Blocks::Kept, 0);
    if (cluster.machine(node).is_up())
      highest = std::max(highest, cluster.machine(node).kernel->view());
  }
  // Votes for a view go to the leader of the next: both may be under way already.
  cluster.leaders.round_robin_from(highest + 2);
  cluster.heal();
  const std::uint64_t healed_us = cluster.queue.now_us();
  cluster.run_until(healed_us + kSettleUs, [] { return false; });
  const View settled = cluster.highest_view();
  const auto& honest = cluster.honest_nodes();
  const auto progressed = [&] {
    return std::all_of(honest.begin(), honest.end(), [&](NodeId node) {
      return cluster.machine(node).chain.back().block->header.view > settled;
    });
  };
  const std::uint64_t bound = liveness_bound_us(cluster.setup().rule, cluster.setup().validators);
  cluster.run_until(healed_us + kSettleUs + bound, progressed);
  if (!progressed() && may_stall(cluster.setup())) {
    cluster.announce("three_chain stalls: the Byzantine validators show their proposals to all");
    for (const ValidatorIndex index : cluster.setup().byzantine) {
      if (Liar* liar = cluster.machine(index.value()).liar.get()) liar->how = Misbehaviour{};
    }
    cluster.run_until(cluster.queue.now_us() + bound, progressed);
  }
  if (!cluster.checker.violation() && !progressed())
    cluster.checker.report(stuck_text(cluster, bound));
  return (cluster.queue.now_us() - healed_us) / 1000;
}

RunReport run_kernels(const RunOptions& options, Chart* chart) {
  Random random(options.seed * 0x9e3779b97f4a7c15ULL + options.nodes * 1009ULL +
                static_cast<std::uint64_t>(options.rule));
  Plan plan = draw_plan(options, random);
  Cluster cluster(plan.setup, random.fork(), chart);
  Chaos chaos(cluster, std::move(plan), random.fork());
  chaos.start();
  cluster.run_until(options.views * kViewMs * 1000, [&] {
    chaos.prepare_views();
    return cluster.highest_view().value() >= options.views;
  });
  chaos.stop();
  if (cluster.checker.violation()) return finish(cluster, 0);
  return finish(cluster, recover(cluster));
}

RunReport run_long(const RunOptions& options, std::uint64_t hours, std::ostream& out) {
  Random random(options.seed * 0x9e3779b97f4a7c15ULL + options.nodes);
  Plan plan = draw_plan(options, random);
  Cluster cluster(plan.setup, random.fork(), nullptr);
  Chaos chaos(cluster, std::move(plan), random.fork());
  chaos.start();
  // A block a second; under two_phase the slots give the pace.
  if (options.rule != Rule::TwoPhase) cluster.conditions.build_us = kLongBuildUs;
  for (std::uint64_t minute = 1; minute <= hours * 60; ++minute) {
    cluster.run_until(minute * kMinuteUs, [&] {
      chaos.prepare_views();
      return false;
    });
    if (cluster.checker.violation()) return finish(cluster, 0);
    cluster.forget_old();
    if (minute % 60 != 0) continue;
    out << fmt::format(
        "hour {:>3}: view {} height {} | at most {} blocks in a tree, {} orphans, {} "
        "subjects of votes | {} KiB resident\n",
        minute / 60, cluster.highest_view().value(), cluster.checker.height().value(),
        cluster.peak.tree, cluster.peak.orphans, cluster.peak.subjects, resident_kib());
    cluster.peak = {};
  }
  chaos.stop();
  return finish(cluster, recover(cluster));
}

}  // namespace ol::sim::cluster
