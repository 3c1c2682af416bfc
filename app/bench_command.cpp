#include <iostream>

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

void add_output(CLI::App& command, OutputFlags& flags) {
  command.add_flag("--json", flags.json, "Print the result as one JSON object");
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

void add_consensus(CLI::App& bench) {
  auto options = std::make_shared<bench::ConsensusOptions>();
  auto output = std::make_shared<OutputFlags>();
  auto* command = bench.add_subcommand("consensus", "Ordering opaque commands, without execution");
  command->add_option("--validators", options->validators, "How many")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--block", options->block_items, "Commands in a block")
      ->check(CLI::Range(1, 20'000))
      ->capture_default_str();
  command->add_option("--payload", options->payload_bytes, "Bytes of a command")
      ->check(CLI::Range(8, 65'536))
      ->capture_default_str();
  command->add_option("--window", options->window_blocks, "Blocks of commands kept unanswered")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--duration", options->duration_s, "Seconds to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--blocks", options->blocks_max, "Stop after so many blocks (0: never)")
      ->capture_default_str();
  command->add_option("--block-interval", options->block_interval_ms, "Least, in milliseconds")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  add_scheme_option(*command, options->scheme);
  add_output(*command, *output);
  command->callback([options, output] {
    options->directory = directory_of(*output);
    print(bench::bench_consensus(*options), *output);
  });
}

void add_transfers(CLI::App& bench) {
  auto options = std::make_shared<bench::TransfersOptions>();
  auto output = std::make_shared<OutputFlags>();
  auto* command =
      bench.add_subcommand("transfers", "Signed transfers, executed and final on every node");
  command->add_option("--validators", options->validators, "How many nodes")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  command->add_option("--transfers", options->transfers, "How many")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--accounts", options->accounts, "Accounts that send them")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--outstanding", options->outstanding, "Sent and not final, at the most")
      ->check(CLI::Range(100, 50'000))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Sent per second, at the most (0: no limit)")
      ->capture_default_str();
  command->add_option("--block-interval", options->block_interval_ms, "Least, in milliseconds")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  add_scheme_option(*command, options->scheme);
  add_output(*command, *output);
  command->callback([options, output] {
    options->directory = directory_of(*output);
    print(bench::bench_transfers(*options), *output);
  });
}

void add_exchange(CLI::App& bench) {
  auto options = std::make_shared<bench::ExchangeOptions>();
  auto output = std::make_shared<OutputFlags>();
  auto* command = bench.add_subcommand(
      "exchange", "Signed batches of orders, matched and final on every node; then executed again");
  command->add_option("--validators", options->validators, "How many nodes")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  command->add_option("--actions", options->actions, "How many batches")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--orders", options->orders_each, "Orders in each")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--accounts", options->accounts, "Accounts that trade, an even number")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  command
      ->add_option("--outstanding", options->outstanding, "Batches sent and not final, at the most")
      ->check(CLI::Range(20, 50'000))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Orders sent per second, at the most (0: no limit)")
      ->capture_default_str();
  command->add_option("--block-interval", options->block_interval_ms, "Least, in milliseconds")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  add_scheme_option(*command, options->scheme);
  add_output(*command, *output);
  command->callback([options, output] {
    if (options->accounts % 2 != 0)
      throw CommandError("--accounts must be even: half of them offer, half of them take");
    options->directory = directory_of(*output);
    print(bench::bench_exchange(*options), *output);
  });
}

void add_evm_block(CLI::App& bench) {
  auto options = std::make_shared<bench::EvmBlockOptions>();
  auto output = std::make_shared<OutputFlags>();
  auto* command = bench.add_subcommand("evm-block", "Executing blocks of one kind of transaction");
  command->add_option("--load", options->load, "What every transaction does")
      ->check(CLI::IsMember({"transfer", "token", "swap"}))
      ->capture_default_str();
  command->add_option("--accounts", options->accounts, "Accounts that send")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--blocks", options->blocks, "How many")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--txns", options->txns, "Transactions in a block")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads that recover senders")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  add_output(*command, *output);
  command->callback([options, output] {
    options->directory = directory_of(*output);
    print(bench::bench_evm_block(*options), *output);
  });
}

void add_orderbook(CLI::App& bench) {
  auto options = std::make_shared<bench::OrderbookOptions>();
  auto output = std::make_shared<OutputFlags>();
  auto* command = bench.add_subcommand("orderbook", "Our order book beside a sorted map of lists");
  command->add_option("--workload", options->workload, "Which stream of operations (dex.md 22)")
      ->check(CLI::IsMember({"W1", "W2", "W3"}))
      ->capture_default_str();
  command->add_option("--ops", options->ops, "Operations after the first 100,000 orders")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Fresh runs of each book")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--json", output->json, "Print the result as one JSON object");
  command->callback([options, output] { print(bench::bench_orderbook(*options), *output); });
}

}  // namespace

void add_bench(CLI::App& app) {
  auto* bench = app.add_subcommand("bench", "Measure chains, or parts of them, in this process");
  bench->require_subcommand(1);
  add_consensus(*bench);
  add_transfers(*bench);
  add_exchange(*bench);
  add_evm_block(*bench);
  add_orderbook(*bench);
}

}  // namespace ol::app
