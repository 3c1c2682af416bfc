#include "bench/consensus.hpp"

#include <cstdlib>

#include "bench/command_ledger.hpp"
#include "bench/machine.hpp"
#include "bench/replica.hpp"
#include "chain_options.hpp"
#include "command.hpp"
#include "home.hpp"
#include "network_files.hpp"

namespace ol::app::bench {
namespace {

constexpr std::chrono::seconds kStallMax{30};
constexpr std::chrono::milliseconds kWait{20};
/// Committed before measuring begins: links are up, pipelines and pools full.
constexpr std::uint64_t kWarmUpBlocks = 10;

/// Takes what the replicas report to the benchmark's own thread.
class Mailbox final : public ReplicaEvents {
 public:
  struct Commit {
    primitives::ValidatorIndex replica;
    consensus::BlockPtr block;
    std::string failure;
    Clock::time_point when;
  };

  void on_committed(primitives::ValidatorIndex replica, consensus::BlockPtr block) override {
    static_cast<void>(queue_.push({replica, std::move(block), {}, Clock::now()}));
  }
  void on_failure(primitives::ValidatorIndex replica, std::string what) override {
    static_cast<void>(queue_.push({replica, nullptr, std::move(what), Clock::now()}));
  }
  [[nodiscard]] std::optional<Commit> next() { return queue_.pop_until(Clock::now() + kWait); }
  void close() { queue_.close(); }

 private:
  BoundedQueue<Commit> queue_{65'536};
};

/// Everything that grows, at one moment.
struct Moment {
  Clock::time_point when;
  double process_cpu_s = 0;
  double client_cpu_s = 0;
  std::uint64_t commands = 0;
  std::uint64_t blocks = 0;
  std::uint64_t empty_blocks = 0;
  std::vector<ReplicaSample> replicas;
};

class Run {
 public:
  explicit Run(const ConsensusOptions& options)
      : options_(options),
        home_(options.directory),
        machine_(measure_machine(home_.path())),
        ledger_(options.validators, options.payload_bytes) {
    make_replicas();
  }
  ~Run() {
    // A replica must not wait for a mailbox that nobody empties.
    mailbox_.close();
  }

  Report report() {
    std::vector<p2p::PeerEndpoint> endpoints;
    for (const auto& replica : replicas_)
      endpoints.push_back(replica->endpoint());
    for (const auto& replica : replicas_)
      replica->start(endpoints);
    serve_until([&] { return ledger_.blocks() >= kWarmUpBlocks; });
    ledger_.begin_measurement();
    const Moment begin = moment();
    serve_until([&] { return is_over(begin); });
    const Moment end = moment();
    for (const auto& replica : replicas_)
      replica->stop();
    return describe(begin, end);
  }

 private:
  void make_replicas() {
    NetworkPlan plan;
    plan.validators = options_.validators;
    plan.chain_name = "openliquid-bench";
    plan.block_interval_ms = options_.block_interval_ms;
    plan.scheme = scheme_of(options_.scheme);
    // Ports are found when the replicas listen.
    plan.hosts.assign(options_.validators, "127.0.0.1");
    plan.p2p_ports.assign(options_.validators, 1);
    plan.rpc_ports.assign(options_.validators, 1);
    create_network(plan, home_.path() / "homes");
    PassphraseSource passphrase("");
    for (std::uint32_t i = 0; i < options_.validators; ++i) {
      const Home home{home_.path() / "homes" / ("node" + std::to_string(i))};
      const AppConfig config = load_config(home.config(), std::getenv);
      replicas_.push_back(std::make_unique<Replica>(load_home(home, config, passphrase),
                                                    options_.block_items, mailbox_));
    }
  }

  [[nodiscard]] bool is_over(const Moment& begin) const {
    if (options_.blocks_max > 0 && ledger_.blocks() >= begin.blocks + options_.blocks_max)
      return true;
    return seconds_between(begin.when, Clock::now()) >= options_.duration_s;
  }

  /// Plays the clients until `done` or a failure.
  template <typename Done>
  void serve_until(Done done) {
    auto progress = Clock::now();
    while (failures_.empty() && !done()) {
      refill();
      const auto commit = mailbox_.next();
      if (commit) {
        progress = commit->when;
        take(*commit);
      } else if (Clock::now() - progress > kStallMax) {
        failures_.emplace_back("nothing was committed for " + std::to_string(kStallMax.count()) +
                               " s");
      }
    }
  }

  void refill() {
    const std::size_t window = std::size_t{options_.window_blocks} * options_.block_items;
    while (ledger_.outstanding() + options_.block_items <= window) {
      const auto commands = ledger_.make(options_.block_items, Clock::now());
      for (const auto& replica : replicas_)
        replica->submit(commands);
    }
  }

  void take(const Mailbox::Commit& commit) {
    if (!commit.block) {
      failures_.push_back("validator " + std::to_string(commit.replica.value()) + " " +
                          commit.failure);
    } else if (auto wrong = ledger_.on_committed(commit.replica, *commit.block, commit.when)) {
      failures_.push_back(*std::move(wrong));
    }
  }

  Moment moment() {
    Moment out;
    for (const auto& replica : replicas_)
      out.replicas.push_back(replica->sample());
    out.when = Clock::now();
    out.process_cpu_s = process_cpu_s();
    out.client_cpu_s = thread_cpu_s();
    out.commands = ledger_.committed();
    out.blocks = ledger_.blocks();
    out.empty_blocks = ledger_.empty_blocks();
    return out;
  }

  template <typename Value>
  [[nodiscard]] static double grown(const Moment& begin, const Moment& end, Value value) {
    double out = 0;
    for (std::size_t i = 0; i < begin.replicas.size(); ++i)
      out += static_cast<double>(value(end.replicas[i]) - value(begin.replicas[i]));
    return out;
  }

  Report describe(const Moment& begin, const Moment& end);
  void add_costs(Report& report, const Moment& begin, const Moment& end);
  void add_checks(Report& report, const Moment& begin, const Moment& end);

  const ConsensusOptions& options_;
  TemporaryHome home_;
  Machine machine_;
  Mailbox mailbox_;
  CommandLedger ledger_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::string> failures_;
};

Report Run::describe(const Moment& begin, const Moment& end) {
  const double seconds = seconds_between(begin.when, end.when);
  const double views =
      static_cast<double>(end.replicas[0].view.value() - begin.replicas[0].view.value());
  const auto commands = static_cast<double>(end.commands - begin.commands);
  const auto blocks = static_cast<double>(end.blocks - begin.blocks);
  Report report("Ordering only: " + std::to_string(options_.validators) + " validators, " +
                options_.scheme + ", " + std::to_string(options_.block_items) +
                " commands a block, " + std::to_string(options_.payload_bytes) + " bytes each");
  report.section("Throughput");
  report.number("seconds", "measured", seconds, "s", 1);
  report.number("commands_per_s", "commands committed", commands / seconds, "/s");
  report.number("blocks_per_s", "blocks committed", blocks / seconds, "/s", 1);
  report.number("commands_per_block", "commands in a block", blocks > 0 ? commands / blocks : 0, "",
                1);
  report.number("empty_blocks", "empty blocks",
                static_cast<double>(end.empty_blocks - begin.empty_blocks), "");
  report.number("views_per_s", "views", views / seconds, "/s", 1);
  report.number("view_timeouts", "views left by time-out, all validators",
                grown(begin, end, [](const auto& r) { return r.counters.timeouts_sent; }), "");
  report.section("Latency of a command, from its client to its commit by f + 1 validators");
  report.number("outstanding", "commands that clients keep unanswered",
                static_cast<double>(std::size_t{options_.window_blocks} * options_.block_items),
                "");
  report.number("latency_p50_ms", "p50", ledger_.latencies().percentile_ms(50), "ms", 1);
  report.number("latency_p99_ms", "p99", ledger_.latencies().percentile_ms(99), "ms", 1);
  report.number("latency_max_ms", "max", ledger_.latencies().percentile_ms(100), "ms", 1);
  add_costs(report, begin, end);
  add_machine(report, machine_);
  add_checks(report, begin, end);
  return report;
}

void Run::add_costs(Report& report, const Moment& begin, const Moment& end) {
  const double seconds = seconds_between(begin.when, end.when);
  const double each = static_cast<double>(std::max<std::uint64_t>(1, end.blocks - begin.blocks)) *
                      options_.validators;
  const double all_s = end.process_cpu_s - begin.process_cpu_s;
  const double client_s = end.client_cpu_s - begin.client_cpu_s;
  const double cpu_us = (all_s - client_s) * 1e6 / each;
  report.section("Network");
  report.number("bytes_per_block", "sent for one block by one validator",
                grown(begin, end, [](const auto& r) { return r.wire_bytes_out; }) / each, "B");
  report.section("Processor time");
  report.number("cpu_us_per_block", "one block, one validator", cpu_us, "us");
  report.number("cpu_pairings_per_block", "the same, in BLS verifications",
                cpu_us / machine_.bls_verify_us, "", 2);
  report.number("driver_us_per_block", "of it the consensus thread",
                grown(begin, end, [](const auto& r) { return r.driver_cpu_s; }) * 1e6 / each, "us");
  report.number("network_us_per_block", "of it the network thread",
                grown(begin, end, [](const auto& r) { return r.network_cpu_s; }) * 1e6 / each,
                "us");
  report.number("client_share", "clients, of all", 100 * client_s / all_s, "%", 1);
  report.number("processors_used", "processors in use", all_s / seconds, "", 2);
}

void Run::add_checks(Report& report, const Moment& begin, const Moment& end) {
  for (std::string& failure : failures_)
    report.failure(std::move(failure));
  if (end.commands == begin.commands) report.failure("no command was committed");
  for (std::uint32_t i = 0; i < options_.validators; ++i) {
    if (end.replicas[i].committed == begin.replicas[i].committed)
      report.failure("validator " + std::to_string(i) + " committed nothing");
  }
  if (report.failed()) return;
  report.sentence("Checked: " + std::to_string(options_.validators) +
                  " validators committed one chain of " + std::to_string(end.blocks) +
                  " blocks; it holds each of " + std::to_string(end.commands) +
                  " commands exactly once, as its client made it.");
}

}  // namespace

Report bench_consensus(const ConsensusOptions& options) {
  return Run(options).report();
}

}  // namespace ol::app::bench
