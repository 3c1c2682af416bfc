#include <signal.h>
#include <unistd.h>

#include <boost/json/value.hpp>
#include <charconv>
#include <chrono>
#include <iostream>
#include <thread>

#include <ol/base/hex.hpp>

#include "command.hpp"
#include "devnet_processes.hpp"
#include "home.hpp"
#include "mnemonic.hpp"
#include "network_files.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

using Clock = std::chrono::steady_clock;

struct Flags {
  std::uint32_t validators = 4;
  std::string home = ".devnet";
  std::uint16_t base_port = 0;
  std::string block_interval = "80ms";
  std::string scheme = "bls-threshold";
  bool fresh = false;
};

volatile sig_atomic_t stop_wanted = 0;

void on_signal(int) {
  stop_wanted = 1;
}

std::uint64_t parse_interval_ms(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  if (error != std::errc{} || (unit != "ms" && unit != "s")) {
    throw CommandError("--block-interval must be a time such as 80ms or 1s, not " + text);
  }
  const std::uint64_t ms = unit == "s" ? value * 1000 : value;
  if (ms < 1 || ms > 1000) throw CommandError("--block-interval must be from 1ms to 1s");
  return ms;
}

std::uint16_t rpc_port(const Flags& flags, std::uint32_t i) {
  return static_cast<std::uint16_t>((flags.base_port != 0 ? flags.base_port : 8545) + i);
}

std::uint16_t p2p_port(const Flags& flags, std::uint32_t i) {
  return static_cast<std::uint16_t>((flags.base_port != 0 ? flags.base_port + 100 : 9545) + i);
}

std::string url(const Flags& flags, std::uint32_t i) {
  return "http://127.0.0.1:" + std::to_string(rpc_port(flags, i));
}

// A second start continues the chain that is there.
void prepare(const Flags& flags) {
  const Home first{std::filesystem::path(flags.home) / "node0"};
  if (flags.fresh && std::filesystem::exists(first.genesis())) {
    if (!read_genesis(first.genesis()).devnet)
      throw CommandError(flags.home + " does not hold a devnet; --fresh deletes only devnets");
    std::filesystem::remove_all(flags.home);
  }
  if (std::filesystem::exists(first.genesis())) {
    const auto there = read_genesis(first.genesis()).validators.size();
    if (there != flags.validators) {
      throw CommandError(flags.home + " holds a devnet of " + std::to_string(there) +
                         " validators; use --validators " + std::to_string(there) +
                         ", another --home, or --fresh to start over");
    }
    return;
  }
  NetworkPlan plan;
  plan.validators = flags.validators;
  plan.block_interval_ms = parse_interval_ms(flags.block_interval);
  if (flags.scheme == "bls-multisig") plan.scheme = primitives::SchemeKind::BlsMultisig;
  plan.outbox_log = true;
  plan.rpc_cors_origins = {"*"};
  for (std::uint32_t i = 0; i < flags.validators; ++i) {
    plan.hosts.emplace_back("127.0.0.1");
    plan.p2p_ports.push_back(p2p_port(flags, i));
    plan.rpc_ports.push_back(rpc_port(flags, i));
  }
  create_network(plan, flags.home);
}

void print_welcome(const Flags& flags) {
  const auto genesis = read_genesis(Home{std::filesystem::path(flags.home) / "node0"}.genesis());
  std::cout << "OpenLiquid devnet: " << flags.validators << " validators, chain id "
            << genesis.domain.chain_id.value() << ", home " << flags.home
            << "\n\nAccounts, 10000 ether each (mnemonic: " << kDevMnemonic << ")\n";
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto key = account_from_mnemonic(kDevMnemonic, i);
    std::cout << "  " << to_hex_prefixed(key.address().view()) << "  "
              << to_hex_prefixed(key.bytes().view()) << '\n';
  }
  std::cout << "\nJSON-RPC (HTTP and WebSocket)\n";
  for (std::uint32_t i = 0; i < flags.validators; ++i)
    std::cout << "  validator " << i << "  " << url(flags, i) << '\n';
  std::cout << "Metrics: " << url(flags, 0) << "/metrics   Logs: " << flags.home
            << "/node0/node.log\n"
            << std::endl;
}

std::optional<boost::json::object> status_of(const Flags& flags, std::uint32_t i) {
  try {
    return rpc_call(url(flags, i), "ol_status").as_object();
  } catch (const CommandError&) {
    return std::nullopt;
  }
}

std::uint64_t number(const boost::json::value& value) {
  if (value.is_string()) return std::stoull(std::string(value.as_string()), nullptr, 16);
  return value.is_uint64() ? value.as_uint64() : static_cast<std::uint64_t>(value.as_int64());
}

void report_ended(DevnetProcesses& processes) {
  for (const std::uint32_t i : processes.ended()) {
    std::cout << "\nvalidator " << i << " ended; the last lines of its log:\n"
              << processes.log_tail(i, 5) << std::flush;
  }
  if (processes.running() == 0 && stop_wanted == 0)
    throw CommandError("every node ended; see the logs above");
}

/// The largest height and what goes with it, over all nodes that answer.
struct Progress {
  std::uint64_t height = 0;
  std::uint64_t finality_ms = 0;
  std::uint64_t peers = 0;
  std::uint32_t answering = 0;
};

Progress progress_of(const Flags& flags) {
  Progress out;
  for (std::uint32_t i = 0; i < flags.validators; ++i) {
    const auto status = status_of(flags, i);
    if (!status) continue;
    ++out.answering;
    out.peers = std::max<std::uint64_t>(out.peers, status->at("peers").as_array().size());
    const std::uint64_t height = number(status->at("height"));
    if (height < out.height) continue;
    out.height = height;
    if (const auto* ms = status->if_contains("finalityMs")) out.finality_ms = number(*ms);
  }
  return out;
}

void show(const Progress& progress, const Flags& flags, bool terminal) {
  std::cout << (terminal ? "\r" : "") << "height " << progress.height << "  finality "
            << progress.finality_ms << " ms  peers " << progress.peers << "  nodes "
            << progress.answering << "/" << flags.validators << (terminal ? "   " : "\n")
            << std::flush;
}

void watch(const Flags& flags, DevnetProcesses& processes) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  bool ready = false;
  auto next = Clock::now();
  while (stop_wanted == 0) {
    report_ended(processes);
    if (Clock::now() >= next) {
      const Progress progress = progress_of(flags);
      if (!ready && progress.height >= 1) {
        ready = true;
        std::cout << "ready" << std::endl;
      }
      if (ready) show(progress, flags, terminal);
      next = Clock::now() + (ready && !terminal ? std::chrono::milliseconds(10'000)
                                                : std::chrono::milliseconds(ready ? 500 : 100));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void devnet(const Flags& flags) {
  prepare(flags);
  print_welcome(flags);
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  DevnetProcesses processes(flags.home);
  for (std::uint32_t i = 0; i < flags.validators; ++i)
    processes.start(i);
  watch(flags, processes);
  std::cout << "\nstopping" << std::endl;
  processes.stop();
  std::cout << "stopped; the same command continues this chain" << std::endl;
}

}  // namespace

void add_devnet(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("devnet", "Run a chain of several validators on this machine");
  command->add_option("--validators", flags->validators, "How many")
      ->capture_default_str()
      ->check(CLI::Range(1, 32));
  command->add_option("--home", flags->home, "Where the nodes' homes are")->capture_default_str();
  command->add_option("--base-port", flags->base_port,
                      "First RPC port; p2p ports follow 100 higher");
  command
      ->add_option("--block-interval", flags->block_interval,
                   "Shortest time between blocks, for a new chain")
      ->capture_default_str();
  command->add_option("--scheme", flags->scheme, "Certificates of a new chain")
      ->check(CLI::IsMember({"bls-threshold", "bls-multisig"}))
      ->capture_default_str();
  command->add_flag("--fresh", flags->fresh, "Delete the chain that is there and start a new one");
  command->callback([flags] { devnet(*flags); });
}

}  // namespace ol::app
