#include <iostream>
#include <sstream>

#include "chain_options.hpp"
#include "command.hpp"
#include "network_files.hpp"

namespace ol::app {
namespace {

struct TestnetFlags {
  NetworkPlan plan;
  std::string out = "testnet";
  std::string hosts;
  ChainOptions chain;
  std::uint16_t base_port = 26656;
};

void testnet(TestnetFlags flags) {
  flags.plan.chain_name = "openliquid-testnet";
  apply(flags.chain, flags.plan);
  std::stringstream hosts(flags.hosts);
  for (std::string host; std::getline(hosts, host, ',');) {
    if (host.empty() || host.find_first_of(" \t@") != std::string::npos)
      throw CommandError("--hosts holds \"" + host + "\", which is no host name or address");
    flags.plan.hosts.push_back(host);
  }
  const bool local = flags.plan.hosts.empty();
  if (flags.base_port == 0 || (local && flags.base_port + flags.plan.validators - 1 > 65'535))
    throw CommandError("--base-port leaves no room for the nodes' ports below 65536");
  if (local) flags.plan.hosts.assign(flags.plan.validators, "127.0.0.1");
  if (flags.plan.hosts.size() != flags.plan.validators)
    throw CommandError("--hosts must name one host per validator, separated by commas");
  for (std::uint32_t i = 0; i < flags.plan.validators; ++i) {
    const std::uint32_t shift = local ? i : 0;
    flags.plan.p2p_ports.push_back(static_cast<std::uint16_t>(flags.base_port + shift));
    flags.plan.rpc_ports.push_back(static_cast<std::uint16_t>(8545 + shift));
  }
  create_network(flags.plan, flags.out);
  std::cout << flags.plan.validators << " homes written to " << flags.out
            << ". Copy one to each machine and run: openliquid start --home nodeI\n"
               "The group key was made in this one process; for a chain of independent operators "
               "use `genesis ceremony`.\n";
}

}  // namespace

void add_testnet(CLI::App& app) {
  auto flags = std::make_shared<TestnetFlags>();
  auto* command = app.add_subcommand(
      "testnet", "Write one home per validator, ready to copy to other machines");
  command->add_option("--validators", flags->plan.validators, "How many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command->add_option("--out", flags->out, "Directory for the homes")->capture_default_str();
  command->add_option("--chain-id", flags->plan.chain_id, "EIP-155 chain id")
      ->capture_default_str();
  command->add_option("--hosts", flags->hosts,
                      "One host per validator, separated by commas; default: all on this machine");
  command->add_option("--base-port", flags->base_port, "p2p port (on this machine: of the first)")
      ->capture_default_str();
  command->add_option(
      "--exchange", flags->plan.exchange_file,
      "Tokens, markets and balances of an exchange: a JSON file, docs/operators.md");
  add_chain_options(*command, flags->chain);
  command->callback([flags] { testnet(*flags); });
}

}  // namespace ol::app
