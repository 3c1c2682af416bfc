#include "bench/exchange.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include <ol/execution/exchange_chain.hpp>
#include <ol/execution/exchange_genesis.hpp>

#include "bench/final_once.hpp"
#include "bench/nodes.hpp"
#include "bench/order_load.hpp"
#include "bench/sending.hpp"
#include "chain_options.hpp"
#include "command.hpp"
#include "wall_clock.hpp"

namespace ol::app::bench {
namespace {

using exchange::CommittedBlockPtr;
using primitives::BlockHash;

/// Of one HTTP request: some hundred kilobytes.
constexpr std::size_t kBatchMax = 20;
/// What one node says of its final blocks, from the thread that publishes them.
class Follower {
 public:
  struct Block {
    Hash256 hash;
    execution::ExchangeRoots roots;
    std::size_t orders = 0;
  };

  Follower(exchange::Access& access, const OrderLoad& load, bool keep_inputs)
      : access_(access),
        load_(load),
        keep_inputs_(keep_inputs),
        seen_(load.size()),
        once_(load.size()) {
    const std::lock_guard lock(mutex_);
    ticket_ = access_.subscribe([this](const CommittedBlockPtr& block) {
      const std::lock_guard blocks(mutex_);
      // What was final before may be told again.
      if (block->input.height > blocks_.size()) add(*block);
    });
    // The node runs already.
    while (const CommittedBlockPtr block = access_.block(blocks_.size() + 1))
      add(*block);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() { access_.unsubscribe(ticket_); }

  [[nodiscard]] std::size_t final_actions() const { return final_.load(); }
  [[nodiscard]] std::size_t approved() const { return approved_.load(); }

  // After everything is final and nothing more is sent.
  /// Block i + 1 of the chain.
  [[nodiscard]] std::vector<Block> blocks() const {
    const std::lock_guard lock(mutex_);
    return blocks_;
  }
  [[nodiscard]] std::vector<exchange::BlockInput> inputs() const {
    const std::lock_guard lock(mutex_);
    return inputs_;
  }
  [[nodiscard]] Clock::time_point seen_at(std::size_t action) const { return seen_[action]; }
  /// Actions that were in a second block, which refused them.
  [[nodiscard]] std::size_t repeated() const { return repeated_.load(); }
  /// Actions that took effect in two blocks.
  [[nodiscard]] std::size_t twice() const { return twice_.load(); }
  [[nodiscard]] std::size_t times(std::size_t result) const { return results_[result].load(); }

  enum Result : std::size_t { Resting, Filled, Canceled, Refused };

 private:
  void add(const exchange::CommittedBlock& block) {
    const Clock::time_point now = Clock::now();
    Block out{block.block, execution::roots_of(block), 0};
    std::size_t actions = 0;
    for (const exchange::ActionResult& result : block.result.results) {
      if (const auto action = load_.find(result.hash)) {
        out.orders += load_.orders_each();
        // A leader may propose what a block before has: the nonce refuses it (dex.md 14.3).
        const FinalOnce::Verdict verdict = once_.count(*action, result.ok);
        twice_ += verdict == FinalOnce::Verdict::Twice ? 1U : 0U;
        repeated_ += verdict == FinalOnce::Verdict::Repeated ? 1U : 0U;
        if (verdict != FinalOnce::Verdict::First) continue;
        seen_[*action] = now;
        ++actions;
        count(result);
      } else if (result.ok) {
        ++approved_;
      }
    }
    blocks_.push_back(out);
    if (keep_inputs_) inputs_.push_back(block.input);
    final_ += actions;
  }

  void count(const exchange::ActionResult& result) {
    using Kind = exchange::OrderResult::Kind;
    if (!result.ok) results_[Refused] += load_.orders_each();
    for (const exchange::OrderResult& order : result.orders) {
      const bool unmatched = order.error == exchange::Error::IocCancel;
      if (order.kind == Kind::Resting) ++results_[Resting];
      if (order.kind == Kind::Filled) ++results_[Filled];
      if (order.kind == Kind::Error) ++results_[unmatched ? Canceled : Refused];
    }
  }

  exchange::Access& access_;
  const OrderLoad& load_;
  bool keep_inputs_;
  exchange::Access::Ticket ticket_ = 0;
  std::vector<Clock::time_point> seen_;
  FinalOnce once_;
  std::array<std::atomic<std::size_t>, 4> results_{};
  std::atomic<std::size_t> final_{0};
  std::atomic<std::size_t> repeated_{0};
  std::atomic<std::size_t> twice_{0};
  std::atomic<std::size_t> approved_{0};
  mutable std::mutex mutex_;
  std::vector<Block> blocks_;
  std::vector<exchange::BlockInput> inputs_;
};

class Run {
 public:
  explicit Run(const ExchangeOptions& options)
      : options_(options),
        home_(options.directory),
        machine_(measure_machine(home_.path())),
        nodes_(plan(options), home_.path() / "homes"),
        load_(nodes_.genesis().domain.chain_id.value(), options.accounts, options.actions,
              options.orders_each, wall_ms()),
        sending_(
            nodes_,
            sent_load("actions", load_, options.accounts, [this] { return final_everywhere(); }),
            {.batch_max = kBatchMax,
             .outstanding = options.outstanding,
             .rate = options.rate,
             .units_each = options.orders_each}) {}

  Report report() {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      followers_.push_back(std::make_unique<Follower>(nodes_.exchange(i), load_, i == 0));
    approve_agents();
    process_cpu_s_ = -process_cpu_s();
    sending_.start();
    sending_.wait_until([&] { return final_everywhere() == load_.size(); },
                        [&] { return progress_text(); });
    ended_ = Clock::now();
    process_cpu_s_ += process_cpu_s();
    sending_.stop();
    Report out = describe();
    followers_.clear();
    nodes_.stop();
    return out;
  }

 private:
  static NetworkPlan plan(const ExchangeOptions& options) {
    NetworkPlan out;
    out.validators = options.validators;
    out.chain_name = "openliquid-bench";
    out.block_interval_ms = options.block_interval_ms;
    out.scheme = scheme_of(options.scheme);
    out.funded = OrderLoad::addresses(options.accounts);
    out.exchange = true;
    return out;
  }

  template <typename Value>
  [[nodiscard]] std::size_t lowest(Value value) const {
    std::size_t out = value(*followers_[0]);
    for (const auto& follower : followers_)
      out = std::min<std::size_t>(out, value(*follower));
    return out;
  }
  [[nodiscard]] std::size_t final_everywhere() const {
    return lowest([](const Follower& f) { return f.final_actions(); });
  }

  [[nodiscard]] std::string progress_text() const {
    std::string out = std::to_string(sending_.sent()) + " of " + std::to_string(load_.size()) +
                      " actions were sent; agents and actions final on each node:";
    for (const auto& follower : followers_) {
      out += " " + std::to_string(follower->approved()) + "+" +
             std::to_string(follower->final_actions());
    }
    return out;
  }

  void approve_agents() {
    try {
      RpcConnection connection(nodes_.url(0), kStallMax);
      const auto& all = load_.approvals();
      for (std::size_t i = 0; i < all.size(); i += kBatchMax) {
        const std::size_t end = std::min(all.size(), i + kBatchMax);
        Sending::post(connection,
                      OrderLoad::batch(
                          std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(i),
                                                   all.begin() + static_cast<std::ptrdiff_t>(end))),
                      "approvals");
      }
    } catch (const CommandError& error) {
      sending_.fail(error.what());
    }
    sending_.wait_until(
        [&] {
          return lowest([](const Follower& f) { return f.approved(); }) == load_.approvals().size();
        },
        [&] { return progress_text(); });
  }

  Report describe();
  void add_throughput(Report& report);
  void add_latency(Report& report);
  void add_costs(Report& report);
  void add_checks(Report& report);
  [[nodiscard]] std::optional<std::string> compare_nodes() const;
  [[nodiscard]] std::optional<std::string> replay() const;

  const ExchangeOptions& options_;
  TemporaryHome home_;
  Machine machine_;
  RunningNodes nodes_;
  OrderLoad load_;
  std::vector<std::unique_ptr<Follower>> followers_;
  Clock::time_point ended_;
  double process_cpu_s_ = 0;
  Sending sending_;
};

Report Run::describe() {
  Report report("Exchange: " + std::to_string(options_.validators) + " nodes, " + options_.scheme +
                ", " + std::to_string(options_.actions) + " actions of " +
                std::to_string(options_.orders_each) + " orders by agents of " +
                std::to_string(options_.accounts) + " accounts, a block every " +
                std::to_string(options_.block_interval_ms) + " ms at the most");
  if (sending_.failures().empty()) {
    add_throughput(report);
    add_latency(report);
    add_costs(report);
  }
  add_machine(report, machine_);
  add_checks(report);
  return report;
}

void Run::add_throughput(Report& report) {
  std::size_t blocks = 0;
  std::size_t fullest = 0;
  for (const Follower::Block& block : followers_[0]->blocks()) {
    blocks += block.orders > 0 ? 1U : 0U;
    fullest = std::max(fullest, block.orders);
  }
  const double seconds = seconds_between(sending_.started(), ended_);
  const auto orders = static_cast<double>(load_.size() * load_.orders_each());
  const auto share = [&](Follower::Result result) {
    return 100 * static_cast<double>(followers_[0]->times(result)) / orders;
  };
  report.section("Throughput, from the first order sent to the last one final on every node");
  report.number("seconds", "measured", seconds, "s", 2);
  report.number("orders_per_s", "orders final on every node", orders / seconds, "/s");
  report.number("blocks_per_s", "blocks that hold some", static_cast<double>(blocks) / seconds,
                "/s", 1);
  report.number("orders_per_block_max", "in the fullest", static_cast<double>(fullest), "");
  report.number("filled_share", "orders that traded at once", share(Follower::Filled), "%", 1);
  report.number("resting_share", "orders that rested", share(Follower::Resting), "%", 1);
  report.number("unmatched_share", "orders that found nobody", share(Follower::Canceled), "%", 1);
  report.number("refused_share", "orders refused", share(Follower::Refused), "%", 1);
  report.number("repeated", "batches in a second block, refused there",
                static_cast<double>(followers_[0]->repeated()), "");
}

void Run::add_latency(Report& report) {
  Latencies everywhere;
  for (std::uint32_t i = 0; i < load_.size(); ++i) {
    Clock::time_point latest = followers_[0]->seen_at(i);
    for (const auto& follower : followers_)
      latest = std::max(latest, follower->seen_at(i));
    everywhere.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(latest - load_.sent_at(i)).count()));
  }
  report.section("Latency of an order, from sending it to its result on every node");
  report.number("outstanding", "actions sent and not final, at the most", options_.outstanding, "");
  report.number("rate", "orders sent per second, at the most (0: no limit)", options_.rate, "/s");
  report.number("latency_p50_ms", "p50", everywhere.percentile_ms(50), "ms");
  report.number("latency_p99_ms", "p99", everywhere.percentile_ms(99), "ms");
  report.number("latency_max_ms", "max", everywhere.percentile_ms(100), "ms");
}

void Run::add_costs(Report& report) {
  const auto orders = static_cast<double>(load_.size() * load_.orders_each());
  const double nodes_s = process_cpu_s_ - sending_.client_cpu_s();
  report.section("Processor time of the nodes, clients not counted");
  report.number("cpu_us_per_order", "one order, one node",
                nodes_s * 1e6 / orders / options_.validators, "us", 2);
  report.number("client_share", "clients, of all processor time",
                100 * sending_.client_cpu_s() / process_cpu_s_, "%", 1);
  report.number("processors_used", "processors in use",
                process_cpu_s_ / seconds_between(sending_.started(), ended_), "", 2);
  report.number("peak_memory_mb", "most memory resident, all nodes", peak_memory_mb(), "MB");
}

void Run::add_checks(Report& report) {
  for (std::string& failure : sending_.failures())
    report.failure(std::move(failure));
  for (std::string& complaint : nodes_.complaints())
    report.sentence("Logged by " + complaint);
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    if (const std::size_t twice = followers_[i]->twice(); twice > 0)
      report.failure("on node " + std::to_string(i) + " " + std::to_string(twice) +
                     " actions took effect in two blocks");
  }
  if (report.failed()) return;
  for (const auto& wrong : {compare_nodes(), replay()}) {
    if (wrong) report.failure(*wrong);
  }
  if (report.failed()) return;
  report.sentence(
      "Checked: every action is final once; all nodes have the same block, state, "
      "action, result and event root at each height; executed again from genesis the "
      "blocks give the same roots.");
}

std::optional<std::string> Run::compare_nodes() const {
  const auto first = followers_[0]->blocks();
  for (std::size_t node = 1; node < followers_.size(); ++node) {
    const auto other = followers_[node]->blocks();
    const std::size_t common = std::min(first.size(), other.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (first[i].hash != other[i].hash || first[i].roots != other[i].roots)
        return "nodes 0 and " + std::to_string(node) + " differ at height " + std::to_string(i + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Run::replay() const {
  const auto blocks = followers_[0]->blocks();
  const auto inputs = followers_[0]->inputs();
  auto start = execution::exchange_start(nodes_.genesis());
  if (!start) return start.error();
  BlockHash parent{};
  auto chain = execution::ExchangeChain::open(execution::exchange_params(nodes_.genesis()),
                                              start->records, parent);
  if (!chain) return "the exchange of genesis does not open";
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto hash = retag<BlockHash>(blocks[i].hash);
    const CommittedBlockPtr again = (*chain)->execute(parent, hash, inputs[i]);
    if (!again || execution::roots_of(*again) != blocks[i].roots)
      return "executed again, height " + std::to_string(i + 1) + " has other roots";
    (*chain)->commit(hash);
    parent = hash;
  }
  return std::nullopt;
}

}  // namespace

Report bench_exchange(const ExchangeOptions& options) {
  return Run(options).report();
}

}  // namespace ol::app::bench
