#include <chrono>
#include <iostream>

#include <ol/base/hex.hpp>
#include <ol/execution/system_contracts.hpp>
#include <ol/p2p/peer_id.hpp>

#include "account_key.hpp"
#include "ceremony.hpp"
#include "command.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string home = ".openliquid";
  std::string dir;
  std::string passphrase_file;
  std::string name;
  std::string fee_recipient;
  std::string address;
  std::string chain_name;
  std::uint64_t chain_id = 0;
  std::uint64_t block_interval_ms = 83;
  std::vector<std::string> balances;
  std::string exchange;
  std::vector<std::string> left_out;
};

void join(const Flags& flags) {
  PassphraseSource passphrase(flags.passphrase_file);
  if (flags.name.empty() || flags.name.find_first_of("/\\. ") != std::string::npos) {
    throw CommandError("--name must be a word without dots, blanks and slashes");
  }
  ceremony_join({flags.home}, flags.dir, flags.name,
                flag_address(flags.fee_recipient, "--fee-recipient"), flags.address, passphrase);
  std::cout << "written: " << flags.dir << "/members/" << flags.name
            << ".json; give it to whoever makes the plan\n";
}

void plan(const Flags& flags) {
  using namespace std::chrono;
  primitives::Genesis genesis;
  genesis.domain.chain_id = primitives::ChainId(flags.chain_id);
  genesis.chain_name = flags.chain_name;
  genesis.time = primitives::TimeMs(static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()));
  genesis.pace.min_block_interval_ms = flags.block_interval_ms;
  genesis.base_fee = U256(1'000'000'000);
  genesis.contracts = execution::system_contracts();
  for (const std::string& text : flags.balances) {
    const std::size_t equals = text.find('=');
    const auto amount = equals == std::string::npos
                            ? std::nullopt
                            : parse_amount(std::string_view(text).substr(equals + 1));
    if (!amount) throw CommandError("--balance must be ADDRESS=AMOUNT, such as 0xabc..=1000ether");
    genesis.balances[flag_address(text.substr(0, equals), "--balance")] = *amount;
  }
  ceremony_plan(flags.dir, std::move(genesis), flags.exchange);
  std::cout << "written: " << flags.dir << "/plan.json, digest "
            << read_ceremony_plan(flags.dir).digest
            << "; every member checks it and runs: openliquid genesis ceremony step\n";
}

void print_finish(const Flags& flags) {
  const auto genesis = read_genesis(Home{flags.home}.genesis());
  std::cout << "finished: genesis.json and keys/vote.key are in " << flags.home
            << "\ngenesis hash: " << to_hex_prefixed(primitives::genesis_hash(genesis).view())
            << "\nCompare it with every other member, then delete keys/ceremony.key.\n"
               "For config/openliquid.toml, section [p2p]:\npeers = [";
  const CeremonyPlan plan = read_ceremony_plan(flags.dir);
  const char* separator = "";
  for (const CeremonyMember& member : plan.members) {
    std::cout << separator << '"' << p2p::PeerId(member.validator.network_key).text() << '@'
              << member.address << '"';
    separator = ", ";
  }
  std::cout << "]\n";
}

void step(const Flags& flags) {
  PassphraseSource passphrase(flags.passphrase_file);
  const auto progress = ceremony_step({flags.home}, flags.dir, flags.left_out, passphrase);
  if (progress.finished) return print_finish(flags);
  std::cout << "round " << progress.round << " of 6: this member's message is in " << flags.dir
            << "/messages; waiting for";
  for (const std::string& name : progress.waiting_for)
    std::cout << ' ' << name;
  std::cout << ". Run the step again when their files are there.\n";
}

}  // namespace

void add_ceremony(CLI::App& genesis) {
  auto flags = std::make_shared<Flags>();
  auto* ceremony = genesis.add_subcommand(
      "ceremony", "Make a chain's genesis and group key together, by exchanging files");
  ceremony->require_subcommand(1);
  auto* joined = ceremony->add_subcommand("join", "Write this validator's member file");
  auto* planned = ceremony->add_subcommand("plan", "Make the plan of all member files");
  auto* stepped = ceremony->add_subcommand(
      "step", "Read the others' messages and write the next; repeat until it says finished");
  for (auto* command : {joined, planned, stepped}) {
    command->add_option("--dir", flags->dir, "The directory all members share or copy")->required();
  }
  for (auto* command : {joined, stepped}) {
    command->add_option("--home", flags->home, "This validator's home")->capture_default_str();
    command->add_option("--passphrase-file", flags->passphrase_file, "Opens encrypted keys");
  }
  joined->add_option("--name", flags->name, "The validator's name, unique")->required();
  joined->add_option("--fee-recipient", flags->fee_recipient, "Receives priority fees")->required();
  joined->add_option("--address", flags->address, "HOST:PORT where the node will listen")
      ->required();
  planned->add_option("--chain-id", flags->chain_id, "EIP-155 chain id")->required();
  planned->add_option("--chain-name", flags->chain_name, "The chain's name")->required();
  planned
      ->add_option("--block-interval-ms", flags->block_interval_ms, "Shortest time between blocks")
      ->capture_default_str();
  planned->add_option("--balance", flags->balances, "ADDRESS=AMOUNT at the start; may be repeated");
  planned->add_option(
      "--exchange", flags->exchange,
      "Tokens, markets and balances of an exchange: a JSON file, docs/operators.md");
  stepped->add_option("--leave-out", flags->left_out,
                      "Do not wait for this member; all others must say the same");
  joined->callback([flags] { join(*flags); });
  planned->callback([flags] { plan(*flags); });
  stepped->callback([flags] { step(*flags); });
}

}  // namespace ol::app
