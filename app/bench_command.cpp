#include <iostream>
#include <memory>
#include <type_traits>

#include "bench/consensus.hpp"
#include "bench/evm_block.hpp"
#include "bench/exchange.hpp"
#include "bench/orderbook.hpp"
#include "bench/transfers.hpp"
#include "chain_options.hpp"
#include "command.hpp"

namespace ol::app {
namespace {

struct OutputFlags {
  bool json = false;
  std::string directory;
};

void add_directory(CLI::App& command, OutputFlags& flags) {
  command.add_option("--directory", flags.directory,
                     "Where the validators' data is kept meanwhile (default: the system's "
                     "directory for temporary files)");
}

std::filesystem::path directory_of(const OutputFlags& flags) {
  return flags.directory.empty() ? std::filesystem::temp_directory_path()
                                 : std::filesystem::path(flags.directory);
}

void print(const bench::Report& report, const OutputFlags& flags) {
  std::cout << (flags.json ? report.json() : report.table()) << std::flush;
  if (report.failed()) throw CLI::RuntimeError(1);
}

template <typename Number>
void add_number(CLI::App& command, const std::string& flag, Number& value, const std::string& what,
                std::type_identity_t<Number> least, std::type_identity_t<Number> most) {
  command.add_option(flag, value, what)->check(CLI::Range(least, most))->capture_default_str();
}

void add_rate(CLI::App& command, std::uint32_t& rate, const std::string& of_what) {
  command.add_option("--rate", rate, of_what + " sent per second, at the most (0: no limit)")
      ->capture_default_str();
}

/// What a chain is like: flags that every benchmark of one has.
template <typename Options>
void add_chain(CLI::App& command, Options& options, std::uint32_t validators_max) {
  add_number(command, "--validators", options.validators, "How many nodes", 1, validators_max);
  add_number(command, "--block-interval", options.block_interval_ms, "Least, in milliseconds", 1,
             1'000);
  add_scheme_option(command, options.scheme);
}

/// A subcommand with flags of its own, which `declare` binds to the options of one run.
template <typename Options>
void add_subcommand(CLI::App& bench, const std::string& name, const std::string& what,
                    void (*declare)(CLI::App&, Options&), bench::Report (*run)(const Options&)) {
  auto options = std::make_shared<Options>();
  auto output = std::make_shared<OutputFlags>();
  auto* command = bench.add_subcommand(name, what);
  declare(*command, *options);
  constexpr bool keeps_files = requires { options->directory; };
  command->add_flag("--json", output->json, "Print the result as one JSON object");
  if constexpr (keeps_files) add_directory(*command, *output);
  command->callback([options, output, run] {
    if constexpr (keeps_files) options->directory = directory_of(*output);
    print(run(*options), *output);
  });
}

void declare_consensus(CLI::App& command, bench::ConsensusOptions& options) {
  add_number(command, "--block", options.block_items, "Commands in a block", 1, 20'000);
  add_number(command, "--payload", options.payload_bytes, "Bytes of a command", 8, 65'536);
  add_number(command, "--window", options.window_blocks, "Blocks of commands kept unanswered", 1,
             1'000);
  add_number(command, "--duration", options.duration_s, "Seconds to measure", 0.1, 3600.0);
  command.add_option("--blocks", options.blocks_max, "Stop after so many blocks (0: never)")
      ->capture_default_str();
  add_chain(command, options, 64);
}

void declare_transfers(CLI::App& command, bench::TransfersOptions& options) {
  add_number(command, "--transfers", options.transfers, "How many", 1, 10'000'000);
  add_number(command, "--accounts", options.accounts, "Accounts that send them", 1, 100'000);
  add_number(command, "--outstanding", options.outstanding, "Sent and not final, at the most", 100,
             50'000);
  add_rate(command, options.rate, "Transfers");
  add_chain(command, options, 32);
}

void declare_exchange(CLI::App& command, bench::ExchangeOptions& options) {
  add_number(command, "--actions", options.actions, "How many batches", 1, 1'000'000);
  add_number(command, "--orders", options.orders_each, "Orders in each", 1, 100);
  add_number(command, "--accounts", options.accounts, "Accounts that trade, an even number", 2,
             10'000);
  add_number(command, "--outstanding", options.outstanding,
             "Batches sent and not final, at the most", 20, 50'000);
  add_rate(command, options.rate, "Orders");
  add_chain(command, options, 32);
}

bench::Report run_exchange(const bench::ExchangeOptions& options) {
  if (options.accounts % 2 != 0)
    throw CommandError("--accounts must be even: half of them offer, half of them take");
  return bench::bench_exchange(options);
}

void declare_evm_block(CLI::App& command, bench::EvmBlockOptions& options) {
  command.add_option("--load", options.load, "What every transaction does")
      ->check(CLI::IsMember({"transfer", "token", "swap"}))
      ->capture_default_str();
  add_number(command, "--accounts", options.accounts, "Accounts that send", 1, 1'000'000);
  add_number(command, "--blocks", options.blocks, "How many", 1, 10'000);
  add_number(command, "--txns", options.txns, "Transactions in a block", 1, 10'000);
  add_number(command, "--threads", options.threads, "Threads that recover senders", 1, 64);
}

void declare_orderbook(CLI::App& command, bench::OrderbookOptions& options) {
  command.add_option("--workload", options.workload, "Which stream of operations (dex.md 22)")
      ->check(CLI::IsMember({"W1", "W2", "W3"}))
      ->capture_default_str();
  add_number(command, "--ops", options.ops, "Operations after the first 100,000 orders", 1,
             100'000'000);
  add_number(command, "--rounds", options.rounds, "Fresh runs of each book", 1, 1'000);
}

}  // namespace

void add_bench(CLI::App& app) {
  auto* bench = app.add_subcommand("bench", "Measure chains, or parts of them, in this process");
  bench->require_subcommand(1);
  add_subcommand(*bench, "consensus", "Ordering opaque commands, without execution",
                 declare_consensus, bench::bench_consensus);
  add_subcommand(*bench, "transfers", "Signed transfers, executed and final on every node",
                 declare_transfers, bench::bench_transfers);
  add_subcommand(*bench, "exchange",
                 "Signed batches of orders, matched and final on every node; then executed again",
                 declare_exchange, run_exchange);
  add_subcommand(*bench, "evm-block", "Executing blocks of one kind of transaction",
                 declare_evm_block, bench::bench_evm_block);
  add_subcommand(*bench, "orderbook", "Our order book beside a sorted map of lists",
                 declare_orderbook, bench::bench_orderbook);
}

}  // namespace ol::app
