#include <ol/sim/cluster/pace.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <ol/sim/cluster/liar.hpp>

namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kVirtualHourUs = 3'600'000'000;
// Before this view nothing counts: the first blocks have nobody's votes to wait for.
constexpr std::uint64_t kWarmUpViews = 10;
// Events between two looks at who left a view: far fewer than happen in a time-out.
constexpr std::uint64_t kLookEvery = 64;

/// Notes when blocks begin and end.
class Stopwatch {
 public:
  explicit Stopwatch(Cluster& cluster) : cluster_(cluster) {
    cluster.on_propose = [this](NodeId, const primitives::Block& block) {
      begun_.emplace(block.hash, cluster_.queue.now_us());
    };
    cluster.on_commit = [this](NodeId node, const primitives::Block& block) {
      const auto begun = begun_.find(block.hash);
      if (begun == begun_.end() || block.header.view <= View(kWarmUpViews)) return;
      const std::uint64_t done_us =
          std::max(cluster_.queue.now_us(), cluster_.machine(node).busy_until_us);
      latencies_.push_back(done_us - begun->second);
    };
  }

  [[nodiscard]] std::uint64_t percentile(std::uint64_t percent) {
    if (latencies_.empty()) return 0;
    std::sort(latencies_.begin(), latencies_.end());
    return latencies_[(latencies_.size() - 1) * percent / 100];
  }

 private:
  Cluster& cluster_;
  std::map<BlockHash, std::uint64_t> begun_;
  std::vector<std::uint64_t> latencies_;
};

/// Of all honest machines together.
struct Spent {
  std::uint64_t bytes = 0;
  std::uint64_t work_us = 0;
  std::uint64_t messages = 0;
};

Spent spent(const Cluster& cluster) {
  Spent out;
  for (const NodeId node : cluster.honest_nodes()) {
    out.bytes += cluster.machine(node).bytes_sent;
    out.work_us += cluster.machine(node).worked_us;
    out.messages += cluster.machine(node).messages_sent;
  }
  return out;
}

void run_to_view(Cluster& cluster, std::uint64_t view, std::set<View>& left) {
  std::uint64_t events = 0;
  cluster.run_until(kVirtualHourUs, [&] {
    if (++events % kLookEvery == 0) {
      for (const NodeId node : cluster.honest_nodes()) {
        if (const auto last = cluster.machine(node).signer->last_new_view())
          left.insert(last->view);
      }
    }
    return cluster.highest_view().value() >= view;
  });
}

}  // namespace

PaceReport run_pace(const PaceOptions& options) {
  OL_CHECK(options.rule != Rule::TwoPhase, "slots have the pace of their clock");
  Setup setup;
  setup.rule = options.rule;
  setup.validators = options.validators;
  setup.reputation = options.mute;
  const ValidatorIndex mute(options.validators - 1);
  if (options.mute) setup.byzantine.push_back(mute);
  Cluster cluster(setup, Random(options.seed), nullptr);
  cluster.costs = measured_costs(options.scheme, options.validators, options.links);
  cluster.costs->items = options.items;
  if (options.mute) {
    Liar& liar = *(cluster.machine(mute.value()).liar = std::make_unique<Liar>(
                       cluster, mute.value(), Misbehaviour{}, Random(options.seed)));
    liar.audience = std::vector<NodeId>{};
    liar.how.withhold_proposal = 1000;
  }
  Stopwatch watch(cluster);
  std::set<View> left;
  cluster.start_all();
  run_to_view(cluster, kWarmUpViews, left);
  const std::uint64_t begun_us = cluster.queue.now_us();
  const Height begun = cluster.checker.height();
  const Spent before = spent(cluster);
  run_to_view(cluster, kWarmUpViews + options.views, left);
  const Spent after = spent(cluster);
  cluster.checker.finish();

  PaceReport out;
  out.violation = cluster.checker.violation().value_or("");
  out.blocks = cluster.checker.height() - begun;
  out.virtual_us = cluster.queue.now_us() - begun_us;
  out.lost_views = left.size();
  out.latency_p50_us = watch.percentile(50);
  out.latency_p99_us = watch.percentile(99);
  const std::uint64_t each = std::max<std::uint64_t>(1, out.blocks * cluster.honest_nodes().size());
  out.bytes_per_block = (after.bytes - before.bytes) / each;
  out.work_us_per_block = (after.work_us - before.work_us) / each;
  out.messages_per_view = (after.messages - before.messages) / options.views;
  return out;
}

std::string PaceReport::text(const PaceOptions& options) const {
  const double seconds = static_cast<double>(std::max<std::uint64_t>(1, virtual_us)) / 1e6;
  const double rate = static_cast<double>(blocks) / seconds;
  return fmt::format(
      "{} validators, {} commands a block: {:.1f} blocks/s, {:.0f} commands/s; commit after {:.1f} "
      "ms (p50), {:.1f} ms (p99); a machine sends {} bytes and works {:.2f} ms per block; {} "
      "messages "
      "a view; {} views left by time-out in {:.1f} s{}\n",
      options.validators, options.items, rate, rate * static_cast<double>(options.items),
      static_cast<double>(latency_p50_us) / 1e3, static_cast<double>(latency_p99_us) / 1e3,
      bytes_per_block, static_cast<double>(work_us_per_block) / 1e3, messages_per_view, lost_views,
      seconds, violation.empty() ? "" : "; VIOLATION: " + violation);
}

}  // namespace ol::sim::cluster
