#include <signal.h>
#include <unistd.h>

#include <boost/json/value.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include <ol/base/hex.hpp>
#include <ol/primitives/address_text.hpp>
#include <ol/primitives/fault_budget.hpp>

#include "bots.hpp"
#include "chain_options.hpp"
#include "command.hpp"
#include "devnet_processes.hpp"
#include "home.hpp"
#include "mnemonic.hpp"
#include "network_files.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr std::uint32_t kRpcPort = 8545;
constexpr std::uint32_t kP2pPort = 9545;
constexpr std::size_t kLogTailLines = 5;

constexpr std::chrono::milliseconds kLoopPause{50};
constexpr std::chrono::milliseconds kStartPause{100};
constexpr std::chrono::milliseconds kShowPause{500};
constexpr std::chrono::milliseconds kLinePause{10'000};

using Clock = std::chrono::steady_clock;

struct Flags {
  std::uint32_t validators = 4;
  std::string home = ".devnet";
  std::uint16_t base_port = 0;
  std::string block_interval = "80ms";
  ChainOptions chain;
  bool fresh = false;
  bool bots = false;
  bool interval_given = false;
  bool profile_given = false;
  bool test_protocols = false;
  /// This start made the chain.
  bool made = false;
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

Home home_of(const Flags& flags, std::uint32_t i) {
  return {std::filesystem::path(flags.home) / ("node" + std::to_string(i))};
}

// Only nodes of a devnet are deleted, whatever else the directory holds.
void delete_devnet(const Flags& flags) {
  for (std::uint32_t i = 0; std::filesystem::exists(home_of(flags, i).root); ++i) {
    const Home home = home_of(flags, i);
    if (!read_genesis(home.genesis()).devnet) {
      throw CommandError(home.root.string() + " is not of a devnet; --fresh deletes only devnets");
    }
    std::filesystem::remove_all(home.root);
  }
}

void check_continues(const Flags& flags) {
  const auto genesis = read_genesis(home_of(flags, 0).genesis());
  const auto refuse = [&](const std::string& what) {
    throw CommandError(flags.home + " holds a devnet " + what +
                       "; leave the flag out, name another --home, or start over with --fresh");
  };
  if (flags.profile_given && genesis.profile != profile_of(flags.chain.profile)) {
    refuse("of profile " + primitives::name_of(genesis.profile));
  }
  const auto there = genesis.validators.size();
  if (there != flags.validators) {
    refuse("of " + std::to_string(there) + " validators (--validators " + std::to_string(there) +
           " continues it)");
  }
  if (flags.interval_given &&
      genesis.pace.min_block_interval_ms != parse_interval_ms(flags.block_interval)) {
    refuse("with a block every " + std::to_string(genesis.pace.min_block_interval_ms) + "ms");
  }
  const auto port = load_config(home_of(flags, 0).config(), std::getenv).node.rpc_port;
  if (flags.base_port != 0 && flags.base_port != port) {
    refuse("on ports from " + std::to_string(port));
  }
}

// Another program that answers on a port would pass for a node of this chain.
void require_free(const std::string& host, std::uint16_t port) {
  if (port_is_free(host, port)) return;
  throw CommandError("port " + std::to_string(port) + " of " + host +
                     " is in use by another program: stop it, or make this chain elsewhere with "
                     "--base-port and another --home");
}

// A second start continues the chain that is there.
void prepare(const Flags& flags) {
  if (std::filesystem::exists(flags.home) && !std::filesystem::is_directory(flags.home))
    throw CommandError("--home " + flags.home + " is a file; name a directory");
  if (flags.fresh) delete_devnet(flags);
  if (std::filesystem::exists(home_of(flags, 0).root)) return check_continues(flags);
  if (flags.bots && profile_of(flags.chain.profile) != primitives::Profile::OpenLiquid)
    throw CommandError("--bots: only a chain of profile openliquid has an exchange");
  NetworkPlan plan;
  plan.validators = flags.validators;
  plan.block_interval_ms = parse_interval_ms(flags.block_interval);
  apply(flags.chain, plan);
  plan.outbox_log = true;
  plan.exchange = true;
  plan.rpc_cors_origins = {"*"};
  const std::uint32_t rpc = flags.base_port != 0 ? flags.base_port : kRpcPort;
  const std::uint32_t p2p = flags.base_port != 0 ? flags.base_port + 100U : kP2pPort;
  for (std::uint32_t i = 0; i < flags.validators; ++i) {
    if (p2p + i > 65535) throw CommandError("--base-port leaves no room for the nodes' ports");
    plan.hosts.emplace_back(kHost);
    require_free(kHost, static_cast<std::uint16_t>(rpc + i));
    require_free(kHost, static_cast<std::uint16_t>(p2p + i));
    plan.p2p_ports.push_back(static_cast<std::uint16_t>(p2p + i));
    plan.rpc_ports.push_back(static_cast<std::uint16_t>(rpc + i));
  }
  // Aside first and node0 last, so that a start that is cut short leaves no half devnet.
  const auto aside = std::filesystem::path(flags.home) / "unfinished";
  std::filesystem::remove_all(aside);
  create_network(plan, aside);
  for (std::uint32_t i = flags.validators; i-- > 0;) {
    std::filesystem::rename(aside / home_of(flags, i).root.filename(), home_of(flags, i).root);
  }
  std::filesystem::remove_all(aside);
}

void print_accounts(const Flags& flags) {
  const auto genesis = read_genesis(home_of(flags, 0).genesis());
  std::string markets;
  if (genesis.exchange) {
    for (const auto& market : genesis.exchange->markets)
      markets += (markets.empty() ? "\n\nExchange: " : ", ") + market.name;
    markets += "; a million dollars of perp cash, 100,000 dollars and 100,000 OPEN each";
  }
  std::cout << "OpenLiquid devnet: " << flags.validators << " validators, chain id "
            << genesis.domain.chain_id.value() << ", home " << flags.home << "\nProfile "
            << primitives::name_of(genesis.profile) << ", commit rule "
            << primitives::name_of(genesis.commit_rule) << ", tolerates "
            << primitives::describe(
                   primitives::fault_budget(primitives::genesis_validator_set(genesis)))
            << "\n\nAccounts, 10000 ether each at the start (mnemonic: " << kDevMnemonic << ")\n";
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto key = account_from_mnemonic(kDevMnemonic, i);
    std::cout << "  " << primitives::checksum_text(key.address()) << "  "
              << to_hex_prefixed(key.bytes().view()) << '\n';
  }
  if (!markets.empty()) std::cout << markets.substr(1) << '\n';
}

/// Where each node will answer, as its configuration says.
std::vector<std::string> read_urls(const Flags& flags) {
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < flags.validators; ++i) {
    const auto config = load_config(home_of(flags, i).config(), std::getenv);
    require_free(config.node.rpc_host, config.node.rpc_port);
    require_free(config.node.p2p_host, config.node.p2p_port);
    out.push_back("http://127.0.0.1:" + std::to_string(config.node.rpc_port));
  }
  return out;
}

void start_nodes(const Flags& flags, const std::vector<std::string>& urls,
                 DevnetProcesses& processes) {
  std::cout << "\nJSON-RPC (HTTP and WebSocket), process and log of each node\n";
  for (std::uint32_t i = 0; i < flags.validators; ++i) {
    const pid_t pid = processes.start(i);
    std::cout << "  validator " << i << "  " << urls[i] << "  pid " << pid << "  "
              << (home_of(flags, i).root / "node.log").string() << '\n';
  }
  std::cout << "Metrics: " << urls[0] << "/metrics   Stop: Ctrl-C\n" << std::endl;
}

std::optional<boost::json::object> status_of(const std::string& url) {
  try {
    return rpc_call(url, "ol_status").as_object();
  } catch (const CommandError&) {
    return std::nullopt;
  }
}

std::uint64_t number(const boost::json::value& value) {
  if (value.is_string()) return std::stoull(std::string(value.as_string()), nullptr, 16);
  return value.is_uint64() ? value.as_uint64() : static_cast<std::uint64_t>(value.as_int64());
}

/// How many of these equal validators a block needs.
std::uint32_t quorum_of(const Flags& flags) {
  return primitives::genesis_validator_set(read_genesis(home_of(flags, 0).genesis()))
      .quorum_count();
}

void report_ended(const Flags& flags, DevnetProcesses& processes) {
  for (const auto& [i, how] : processes.ended()) {
    std::cout << "\nvalidator " << i << ' ' << how << "; the last lines of its log:\n"
              << processes.log_tail(i, kLogTailLines) << processes.running() << " of "
              << flags.validators << " nodes run, blocks need " << quorum_of(flags)
              << ". It can be started again with: openliquid start --home "
              << home_of(flags, i).root.string() << std::endl;
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

Progress progress_of(const std::vector<std::string>& urls) {
  Progress out;
  for (const std::string& url : urls) {
    const auto status = status_of(url);
    if (!status) continue;
    ++out.answering;
    out.peers = std::max<std::uint64_t>(out.peers, status->at("peers").as_array().size());
    const std::uint64_t height = number(status->at("height"));
    if (height < out.height) continue;
    out.height = height;
    out.finality_ms = number(status->at("finalityMs"));
  }
  return out;
}

void show(const Progress& progress, std::size_t nodes, bool terminal) {
  std::cout << (terminal ? "\r\x1b[K" : "") << "height " << progress.height << "  finality "
            << progress.finality_ms << " ms  peers " << progress.peers << "  nodes "
            << progress.answering << "/" << nodes << (terminal ? "" : "\n") << std::flush;
}

void watch(const Flags& flags, const std::vector<std::string>& urls, DevnetProcesses& processes) {
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  bool ready = false;
  std::optional<Bots> bots;
  // A chain that is continued is ready when it grows, not when its old blocks are read.
  std::optional<std::uint64_t> first_height;
  auto next = Clock::now();
  while (stop_wanted == 0) {
    report_ended(flags, processes);
    if (Clock::now() >= next) {
      const Progress progress = progress_of(urls);
      if (!first_height && progress.answering > 0) first_height = flags.made ? 0 : progress.height;
      if (!ready && first_height && progress.height > *first_height) {
        ready = true;
        std::cout << "ready" << std::endl;
        if (flags.bots) bots.emplace(urls.front());
      }
      if (ready) show(progress, urls.size(), terminal);
      next = Clock::now() + (ready && !terminal ? kLinePause : ready ? kShowPause : kStartPause);
    }
    std::this_thread::sleep_for(kLoopPause);
  }
}

void devnet(Flags flags) {
  flags.made = flags.fresh || !std::filesystem::exists(home_of(flags, 0).root);
  prepare(flags);
  if (flags.bots && !read_genesis(home_of(flags, 0).genesis()).exchange) {
    throw CommandError(
        "--bots: this chain has no exchange; a new chain of profile openliquid has one (--fresh)");
  }
  print_accounts(flags);
  const std::vector<std::string> urls = read_urls(flags);
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaction(signal, &action, nullptr);
  using Test = DevnetProcesses::TestProtocols;
  DevnetProcesses processes(flags.home, flags.test_protocols ? Test::On : Test::Off);
  start_nodes(flags, urls, processes);
  watch(flags, urls, processes);
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
  auto* interval = command
                       ->add_option("--block-interval", flags->block_interval,
                                    "Shortest time between blocks, for a new chain")
                       ->capture_default_str();
  add_chain_options(*command, flags->chain);
  command->add_flag("--p2p-test-protocols", flags->test_protocols,
                    "Nodes serve /echo/1.0.0 and answer gossip on the topic interop with its "
                    "SHA-256 on interop/ack, for tests of interoperability");
  command->add_flag("--fresh", flags->fresh, "Delete the chain that is there and start a new one");
  command->add_flag("--bots", flags->bots,
                    "Makers and takers that trade on the exchange, so that its books are alive");
  command->callback([flags, interval, command] {
    flags->interval_given = interval->count() > 0;
    flags->profile_given = command->count("--profile") > 0;
    devnet(*flags);
  });
}

}  // namespace ol::app
