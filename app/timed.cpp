#include "timed.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include <ol/primitives/fault_budget.hpp>

#include "command.hpp"
#include "home.hpp"
#include "network_files.hpp"
#include "run_node.hpp"

namespace ol::app {
namespace {

constexpr std::uint32_t kValidators = 3;
constexpr std::uint32_t kRpcAbove = 1000;

/// Held while the homes are looked at or made: three processes may start at once.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    const auto path = directory / "lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0)
      throw CommandError("cannot lock " + path.string());
  }
  ~DirectoryLock() { ::close(file_); }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int file_ = -1;
};

std::string name_of_validator(std::uint32_t i) {
  return "validator_" + std::to_string(i + 1);
}

std::uint32_t index_of(const std::string& validator_id) {
  for (std::uint32_t i = 0; i < kValidators; ++i) {
    if (validator_id == name_of_validator(i)) return i;
  }
  throw CommandError("--validator-id is \"" + validator_id +
                     "\"; the local network has validator_1, validator_2 and validator_3");
}

void make_network(const TimedOptions& options, std::uint32_t index) {
  if (options.port <= index || options.port + kRpcAbove + kValidators > 65535)
    throw CommandError("--port leaves no room for the three nodes and their RPC ports");
  NetworkPlan plan;
  plan.chain_name = "timecoin-local";
  plan.profile = primitives::Profile::Timecoin;
  plan.scheme = primitives::SchemeKind::Ed25519List;
  plan.validators = kValidators;
  plan.weight = options.collateral;
  plan.slot_ms = options.slot_seconds * 1000;
  for (std::uint32_t i = 0; i < kValidators; ++i) {
    const std::uint32_t port = options.port - index + i;
    plan.names.push_back(name_of_validator(i));
    plan.hosts.emplace_back("127.0.0.1");
    plan.p2p_ports.push_back(static_cast<std::uint16_t>(port));
    plan.rpc_ports.push_back(static_cast<std::uint16_t>(port + kRpcAbove));
  }
  // Aside first, so that a start that is cut short leaves no half network.
  const std::filesystem::path root(options.home);
  std::filesystem::remove_all(root / "unfinished");
  create_network(plan, root / "unfinished");
  std::filesystem::rename(root / "unfinished", root / "network");
}

void run(const TimedOptions& options) {
  const Home home{timed_home(options)};
  AppConfig config = load_config(home.config(), std::getenv);
  config.log_level = options.log_level;
  PassphraseSource passphrase("");
  auto parts = load_home(home, config, passphrase);
  const auto budget = primitives::fault_budget(primitives::genesis_validator_set(parts.genesis));
  std::cout << "timed: " << options.validator_id << " on port " << config.node.p2p_port
            << ", JSON-RPC http://127.0.0.1:" << config.node.rpc_port << ", quorum "
            << budget.quorum_weight << " of " << kValidators * options.collateral << ", tolerates "
            << primitives::describe(budget) << std::endl;
  run_node(std::move(parts), config);
}

}  // namespace

std::filesystem::path timed_home(const TimedOptions& options) {
  const std::uint32_t index = index_of(options.validator_id);
  const auto network = std::filesystem::path(options.home) / "network";
  const DirectoryLock lock(options.home);
  if (!std::filesystem::exists(network)) make_network(options, index);
  const Home home{network / ("node" + std::to_string(index))};
  const auto genesis = read_genesis(home.genesis());
  const std::uint64_t funded = genesis.validators.at(index).weight.value();
  if (options.collateral != funded) {
    throw CommandError("--collateral " + std::to_string(options.collateral) +
                       " is not funded: the genesis of " + options.home + " gives " +
                       options.validator_id + " a collateral of " + std::to_string(funded));
  }
  const auto config = load_config(home.config(), std::getenv);
  if (options.port != config.node.p2p_port) {
    throw CommandError("the network in " + options.home + " has " + options.validator_id +
                       " on port " + std::to_string(config.node.p2p_port) + ", not " +
                       std::to_string(options.port) + "; name another --home for other ports");
  }
  return home.root;
}

int timed_main(int argc, char** argv) {
  TimedOptions options;
  CLI::App app{"timed: one timecoin node of a local network of three"};
  app.add_option("--port", options.port,
                 "Port for the other nodes; theirs are next to it, JSON-RPC is 1000 higher")
      ->required();
  app.add_option("--validator-id", options.validator_id, "validator_1, validator_2 or validator_3")
      ->required();
  app.add_option("--collateral", options.collateral,
                 "Weight of this validator, as the network's genesis funds it")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 48))
      ->capture_default_str();
  app.add_option("--home", options.home, "Where the network's files are; the three share it")
      ->capture_default_str();
  app.add_option("--slot-seconds", options.slot_seconds, "Length of a slot, for a new network")
      ->check(CLI::Range(2, 3600))
      ->capture_default_str();
  app.add_option("--log", options.log_level, "What to log")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "timed: " << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace ol::app
