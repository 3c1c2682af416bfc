#include "bench/transfers.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include <ol/base/hex.hpp>

#include "bench/chain_watcher.hpp"
#include "bench/nodes.hpp"
#include "bench/sending.hpp"
#include "bench/transfer_load.hpp"
#include "chain_options.hpp"
#include "command.hpp"
#include "rpc_client.hpp"

namespace ol::app::bench {
namespace {

/// The server's limit for one batch.
constexpr std::size_t kBatchMax = 100;
class Run {
 public:
  explicit Run(const TransfersOptions& options)
      : options_(options),
        home_(options.directory),
        machine_(measure_machine(home_.path())),
        nodes_(plan(options), home_.path() / "homes"),
        load_(nodes_.genesis().domain.chain_id.value(), options.accounts, options.transfers),
        sending_(
            nodes_,
            sent_load("transfers", load_, options.accounts, [this] { return final_everywhere(); }),
            {.batch_max = kBatchMax, .outstanding = options.outstanding, .rate = options.rate}) {}

  Report report() {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      watchers_.push_back(std::make_unique<ChainWatcher>(nodes_.url(i), load_));
    // Links are up once the first block is final everywhere.
    wait_until([&] { return lowest([](const auto& w) { return w.height(); }) >= 1; });
    process_cpu_s_ = -process_cpu_s();
    sending_.start();
    wait_until([&] { return final_everywhere() == load_.size(); });
    process_cpu_s_ += process_cpu_s();
    sending_.stop();
    for (const auto& watcher : watchers_)
      watcher->stop();
    Report out = describe();
    nodes_.stop();
    return out;
  }

 private:
  static NetworkPlan plan(const TransfersOptions& options) {
    NetworkPlan out;
    out.validators = options.validators;
    out.chain_name = "openliquid-bench";
    out.block_interval_ms = options.block_interval_ms;
    out.scheme = scheme_of(options.scheme);
    out.funded = TransferLoad::addresses(options.accounts);
    return out;
  }

  template <typename Value>
  [[nodiscard]] std::size_t lowest(Value value) const {
    std::size_t out = value(*watchers_[0]);
    for (const auto& watcher : watchers_)
      out = std::min<std::size_t>(out, value(*watcher));
    return out;
  }
  [[nodiscard]] std::size_t final_everywhere() const {
    return lowest([](const ChainWatcher& w) { return w.final_transfers(); });
  }

  template <typename Done>
  void wait_until(Done done) {
    sending_.wait_until(
        [&] {
          const bool lost =
              std::ranges::any_of(watchers_, [](const auto& watcher) { return watcher->failed(); });
          // What went wrong with a watcher, the watcher says.
          if (lost) sending_.give_up();
          return done();
        },
        [&] { return std::to_string(sending_.sent()) + " transfers were sent"; });
  }

  Report describe();
  void add_blocks(Report& report);
  void add_latency(Report& report);
  void add_costs(Report& report);
  void add_checks(Report& report);
  [[nodiscard]] std::optional<std::string> compare_chains();
  [[nodiscard]] std::optional<std::string> count_transfers() const;
  [[nodiscard]] std::optional<std::string> check_supply();

  const TransfersOptions& options_;
  TemporaryHome home_;
  Machine machine_;
  RunningNodes nodes_;
  TransferLoad load_;
  std::vector<std::unique_ptr<ChainWatcher>> watchers_;
  double seconds_ = 0;
  double process_cpu_s_ = 0;
  std::size_t common_height_ = 0;
  double client_cpu_s_ = 0;
  Sending sending_;
};

Report Run::describe() {
  Report report("Transfers: " + std::to_string(options_.validators) + " nodes, " + options_.scheme +
                ", " + std::to_string(options_.transfers) + " transfers of " +
                std::to_string(options_.accounts) + " accounts, a block every " +
                std::to_string(options_.block_interval_ms) + " ms at the most");
  client_cpu_s_ = sending_.client_cpu_s();
  for (const auto& watcher : watchers_) {
    if (watcher->failure()) sending_.failures().push_back(*watcher->failure());
    client_cpu_s_ += watcher->cpu_s();
  }
  common_height_ = lowest([](const ChainWatcher& w) { return w.blocks().size(); });
  if (sending_.failures().empty()) {
    add_blocks(report);
    add_latency(report);
    add_costs(report);
  }
  add_machine(report, machine_);
  add_checks(report);
  return report;
}

void Run::add_blocks(Report& report) {
  Clock::time_point last = sending_.started();
  std::size_t blocks = 0;
  std::size_t transfers_max = 0;
  for (const SeenBlock& block : watchers_[0]->blocks()) {
    if (!block.transfers.empty()) ++blocks;
    transfers_max = std::max(transfers_max, block.transfers.size());
  }
  for (const auto& watcher : watchers_) {
    for (const SeenBlock& block : watcher->blocks()) {
      if (!block.transfers.empty()) last = std::max(last, block.seen);
    }
  }
  seconds_ = seconds_between(sending_.started(), last);
  const auto count = static_cast<double>(load_.size());
  report.section("Throughput, from the first transfer sent to the last one final on every node");
  report.number("seconds", "measured", seconds_, "s", 2);
  report.number("transfers_per_s", "transfers final on every node", count / seconds_, "/s");
  report.number("blocks", "blocks that hold transfers", static_cast<double>(blocks), "");
  report.number("blocks_per_s", "such blocks", static_cast<double>(blocks) / seconds_, "/s", 1);
  report.number("transfers_per_block", "transfers in one", count / static_cast<double>(blocks), "",
                1);
  report.number("transfers_per_block_max", "in the fullest", static_cast<double>(transfers_max),
                "");
}

void Run::add_latency(Report& report) {
  Latencies first;
  Latencies everywhere;
  std::vector<Clock::time_point> earliest(load_.size(), Clock::time_point::max());
  std::vector<Clock::time_point> latest(load_.size(), Clock::time_point::min());
  for (const auto& watcher : watchers_) {
    for (const SeenBlock& block : watcher->blocks()) {
      for (const std::uint32_t transfer : block.transfers) {
        earliest[transfer] = std::min(earliest[transfer], block.seen);
        latest[transfer] = std::max(latest[transfer], block.seen);
      }
    }
  }
  const auto us = [&](std::uint32_t transfer, Clock::time_point when) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(when - load_.sent_at(transfer))
            .count());
  };
  for (std::uint32_t i = 0; i < load_.size(); ++i) {
    first.add(us(i, earliest[i]));
    everywhere.add(us(i, latest[i]));
  }
  report.section("Latency of a transfer, from sending it to seeing it in a final block");
  report.number("outstanding", "sent and not final, at the most", options_.outstanding, "");
  report.number("rate", "sent per second, at the most (0: no limit)", options_.rate, "/s");
  report.number("latency_first_p50_ms", "on the first node, p50", first.percentile_ms(50), "ms");
  report.number("latency_p50_ms", "on every node, p50", everywhere.percentile_ms(50), "ms");
  report.number("latency_p99_ms", "on every node, p99", everywhere.percentile_ms(99), "ms");
  report.number("latency_max_ms", "on every node, max", everywhere.percentile_ms(100), "ms");
}

void Run::add_costs(Report& report) {
  const auto transfers = static_cast<double>(load_.size());
  const double nodes = options_.validators;
  std::size_t blocks = 0;
  for (const SeenBlock& block : watchers_[0]->blocks())
    blocks += block.transfers.empty() ? 0 : 1;
  const double nodes_s = process_cpu_s_ - client_cpu_s_;
  const double each_us = nodes_s * 1e6 / transfers / nodes;
  report.section("Processor time of the nodes, clients not counted");
  report.number("cpu_ms_per_block", "one block, one node",
                nodes_s * 1e3 / static_cast<double>(blocks) / nodes, "ms", 2);
  report.number("cpu_us_per_transfer", "one transfer, one node", each_us, "us", 1);
  report.number("recover_share", "of it recovering its signer", 100 * machine_.recover_us / each_us,
                "%", 1);
  report.number("client_share", "clients, of all processor time",
                100 * client_cpu_s_ / process_cpu_s_, "%", 1);
  report.number("processors_used", "processors in use", process_cpu_s_ / seconds_, "", 2);
  report.number("peak_memory_mb", "most memory resident, all nodes", peak_memory_mb(), "MB");
}

void Run::add_checks(Report& report) {
  for (std::string& failure : sending_.failures())
    report.failure(std::move(failure));
  for (std::string& complaint : nodes_.complaints())
    report.sentence("Logged by " + complaint);
  if (report.failed()) return;
  for (const auto& wrong : {compare_chains(), count_transfers(), check_supply()}) {
    if (wrong) report.failure(*wrong);
  }
  if (report.failed()) return;
  report.sentence("Checked: all nodes have the same block and state root at each of " +
                  std::to_string(common_height_) + " heights; each of " +
                  std::to_string(load_.size()) +
                  " transfers is final exactly once; balances add up to the genesis supply less "
                  "the burnt base fee.");
}

std::optional<std::string> Run::compare_chains() {
  for (std::size_t node = 1; node < watchers_.size(); ++node) {
    for (std::size_t i = 0; i < common_height_; ++i) {
      const SeenBlock& a = watchers_[0]->blocks()[i];
      const SeenBlock& b = watchers_[node]->blocks()[i];
      if (a.hash != b.hash || a.state_root != b.state_root)
        return "nodes 0 and " + std::to_string(node) + " differ at height " + std::to_string(i + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Run::count_transfers() const {
  std::vector<std::uint32_t> times(load_.size());
  for (std::size_t i = 0; i < common_height_; ++i) {
    const SeenBlock& block = watchers_[0]->blocks()[i];
    if (block.strangers > 0)
      return "block " + std::to_string(i + 1) + " holds a transaction nobody sent";
    for (const std::uint32_t transfer : block.transfers)
      ++times[transfer];
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] != 1) {
      return "transfer " + std::to_string(i) + " is final " + std::to_string(times[i]) + " times";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Run::check_supply() {
  U256 expected;
  for (const auto& [address, balance] : nodes_.genesis().balances)
    expected = expected + balance;
  for (std::size_t i = 0; i < common_height_; ++i) {
    const SeenBlock& block = watchers_[0]->blocks()[i];
    expected = expected - block.base_fee * U256(block.gas_used);
  }
  std::set<Address> holders;
  for (const auto& [address, balance] : nodes_.genesis().balances)
    holders.insert(address);
  for (const auto& validator : nodes_.genesis().validators)
    holders.insert(validator.fee_recipient);
  RpcConnection node(nodes_.url(0));
  const std::string at = U256(common_height_).to_hex();
  U256 found;
  for (const Address& holder : holders) {
    const auto answer =
        node.call("eth_getBalance", "[\"" + to_hex_prefixed(holder.view()) + "\",\"" + at + "\"]");
    found = found + U256::from_hex(std::string(answer.as_string())).value_or(U256{});
  }
  if (found == expected) return std::nullopt;
  return "balances add up to " + found.to_decimal() + " wei, not to " + expected.to_decimal();
}

}  // namespace

Report bench_transfers(const TransfersOptions& options) {
  return Run(options).report();
}

}  // namespace ol::app::bench
