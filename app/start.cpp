#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "command.hpp"
#include "home.hpp"
#include "logging.hpp"
#include "run_node.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string home = ".openliquid";
  std::string log_format;
  std::uint16_t rpc_port = 0;
  std::uint16_t p2p_port = 0;
  std::string passphrase_file;
  bool test_protocols = false;
  bool print_config = false;
};

const char* environment(const char* name) {
  return std::getenv(name);
}

}  // namespace

void run_node(node::NodeParts parts, const AppConfig& config) {
  // Blocked before any thread starts, so that only the waiting thread below receives them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto node = node::Node::open(std::move(parts), make_log(config.log_format, config.log_level));
  if (!node) throw CommandError(node.error().message);
  std::thread waiter([&] {
    int received = 0;
    sigwait(&signals, &received);
    (*node)->stop();
  });
  const auto failure = (*node)->run();
  pthread_kill(waiter.native_handle(), SIGUSR1);
  waiter.join();
  if (failure) throw CommandError(failure->message);
}

namespace {

void start(const Flags& flags) {
  const Home home{flags.home};
  AppConfig config = load_config(home.config(), environment);
  if (!flags.log_format.empty()) config.log_format = flags.log_format;
  if (flags.rpc_port != 0) config.node.rpc_port = flags.rpc_port;
  if (flags.p2p_port != 0) config.node.p2p_port = flags.p2p_port;
  config.node.p2p_test_protocols = flags.test_protocols;
  if (flags.print_config) {
    std::cout << render_config(config);
    return;
  }
  for (const std::string& name : unknown_variables(::environ)) {
    std::cerr << "openliquid: warning: the environment variable " << name
              << " sets nothing; `start --print-config` shows every key\n";
  }
  PassphraseSource passphrase(flags.passphrase_file);
  run_node(load_home(home, config, passphrase), config);
}

}  // namespace

void add_start(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("start", "Run the node of a home directory");
  command->add_option("--home", flags->home, "The node's directory")->capture_default_str();
  command->add_option("--log-format", flags->log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--rpc-port", flags->rpc_port, "Instead of rpc.port of the configuration");
  command->add_option("--p2p-port", flags->p2p_port, "Instead of p2p.port of the configuration");
  command->add_option("--passphrase-file", flags->passphrase_file, "Opens encrypted keys");
  command->add_flag("--p2p-test-protocols", flags->test_protocols,
                    "Serve /echo/1.0.0, and answer gossip on the topic interop with its SHA-256 on "
                    "interop/ack, for tests of interoperability");
  command->add_flag("--print-config", flags->print_config,
                    "Print the configuration in force and stop");
  command->callback([flags] { start(*flags); });
}

}  // namespace ol::app
