#include <algorithm>
#include <iostream>

#include <ol/base/hex.hpp>
#include <ol/crypto/dkg.hpp>
#include <ol/execution/genesis_state.hpp>

#include "command.hpp"
#include "home.hpp"
#include "network_files.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string dir;
  std::string secret;
  std::string name;
  std::string share;
  std::vector<std::string> members;
  std::uint32_t round = 1;
};

// A member is 64 bytes of hex: identity key, then encryption key.
std::string member_text(const crypto::DkgMember& member) {
  return to_hex(member.identity.view()) + to_hex(member.encryption.view());
}

crypto::DkgMember parse_member(const std::string& text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 64)
    throw CommandError(
        "a ceremony member is 128 hex digits, as `genesis ceremony join` prints them");
  crypto::DkgMember member;
  member.identity = *crypto::Ed25519PublicKey::from(ByteView(*bytes).first(32));
  member.encryption = *crypto::X25519PublicKey::from(ByteView(*bytes).subspan(32));
  return member;
}

crypto::DkgCeremony ceremony_of(const Flags& flags) {
  crypto::DkgCeremony ceremony;
  ceremony.name = flags.name;
  const auto count = static_cast<std::uint32_t>(flags.members.size());
  ceremony.params = {.quorum = static_cast<std::uint16_t>(primitives::unit_quorum(count)),
                     .holders = static_cast<std::uint16_t>(count)};
  for (const std::string& member : flags.members)
    ceremony.members.push_back(parse_member(member));
  if (auto checked = ceremony.check(); !checked)
    throw CommandError(std::string("the ceremony cannot start: ") + describe(checked.error()));
  return ceremony;
}

std::filesystem::path message_path(const Flags& flags, std::uint32_t round, std::uint32_t member) {
  return std::filesystem::path(flags.dir) /
         ("round" + std::to_string(round) + "-member" + std::to_string(member) + ".msg");
}

// Adds every message file of the rounds before `round`, in order.
void read_messages(crypto::DkgTranscript& transcript, const Flags& flags, std::uint32_t before) {
  for (std::uint32_t round = 1; round < before; ++round) {
    for (std::uint32_t member = 0; member < flags.members.size(); ++member) {
      const auto path = message_path(flags, round, member);
      if (!std::filesystem::exists(path)) continue;
      auto added = transcript.add(as_bytes(read_text(path)));
      if (!added) throw CommandError(path.string() + ": " + describe(added.error()));
    }
  }
}

crypto::DkgSecret secret_of(const Flags& flags) {
  return crypto::DkgSecret(read_key(flags.secret, crypto::KeyKind::Ceremony));
}

void join(const Flags& flags) {
  const crypto::DkgSecret secret = crypto::DkgSecret::generate();
  write_key(flags.secret, crypto::KeyKind::Ceremony, secret.seed(), std::nullopt);
  std::cout << member_text(secret.member()) << '\n';
}

void say(const Flags& flags) {
  const crypto::DkgSecret secret = secret_of(flags);
  crypto::DkgTranscript transcript(ceremony_of(flags));
  read_messages(transcript, flags, flags.round);
  const auto round = static_cast<crypto::DkgRound>(flags.round);
  const auto message = transcript.message(round, secret);
  if (!message && message.error() == crypto::DkgError::NothingToSay) {
    std::cout << "nothing to say in round " << flags.round << '\n';
    return;
  }
  if (!message)
    throw CommandError(std::string("round ") + std::to_string(flags.round) + ": " +
                       describe(message.error()));
  const auto& members = transcript.ceremony().members;
  const auto own = std::find(members.begin(), members.end(), secret.member());
  const auto path =
      message_path(flags, flags.round, static_cast<std::uint32_t>(own - members.begin()));
  write_new_text(path, std::string(as_text(*message)));
  std::cout << "send " << path.string() << " to every other member\n";
}

void finish(const Flags& flags) {
  const crypto::DkgSecret secret = secret_of(flags);
  crypto::DkgTranscript transcript(ceremony_of(flags));
  read_messages(transcript, flags, 7);
  const auto result = transcript.result();
  if (!result) throw CommandError(std::string("no result yet: ") + describe(result.error()));
  const auto share = transcript.share(secret);
  if (!share) throw CommandError(std::string("no share: ") + describe(share.error()));
  write_key(flags.share, crypto::KeyKind::BlsShare, share->bytes(), std::nullopt);
  std::cout << "share written to " << flags.share << "\nverification vector for genesis:\n";
  for (const auto& point : result->vector.points())
    std::cout << "  " << to_hex_prefixed(point.to_bytes()) << '\n';
}

void show_genesis(const std::string& file) {
  const auto genesis = read_genesis(file);
  std::cout << primitives::genesis_to_json(genesis) << '\n';
}

void hash_genesis(const std::string& file) {
  const auto genesis = read_genesis(file);
  std::cout << to_hex_prefixed(primitives::genesis_hash(genesis).view()) << '\n';
}

struct TestnetFlags {
  NetworkPlan plan;
  std::string out = "testnet";
  std::string hosts;
  std::string scheme = "bls-threshold";
  std::uint16_t base_port = 26656;
};

void testnet(TestnetFlags flags) {
  flags.plan.chain_name = "openliquid-testnet";
  if (flags.scheme == "bls-multisig") flags.plan.scheme = primitives::SchemeKind::BlsMultisig;
  std::stringstream hosts(flags.hosts);
  for (std::string host; std::getline(hosts, host, ',');)
    flags.plan.hosts.push_back(host);
  const bool local = flags.plan.hosts.empty();
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

struct InitFlags {
  std::string home = ".openliquid";
  std::string genesis;
};

void init(const InitFlags& flags) {
  const Home home{flags.home};
  if (std::filesystem::exists(home.config()))
    throw CommandError(flags.home + " is a home already; nothing was changed");
  if (!flags.genesis.empty()) {
    static_cast<void>(read_genesis(flags.genesis));
    write_new_text(home.genesis(), read_text(flags.genesis));
  }
  const auto network = crypto::Ed25519SecretKey::generate();
  write_key(home.network_key(), crypto::KeyKind::Ed25519, network.seed(), std::nullopt);
  write_new_text(home.config(), render_config(AppConfig{}));
  std::cout << "home " << flags.home
            << " is ready to follow a chain: put its genesis.json there and its peers into "
            << home.config().string() << "\n";
}

}  // namespace

void add_ceremony(CLI::App& genesis) {
  auto* ceremony = genesis.add_subcommand(
      "ceremony", "Make the validators' group key together, by exchanging files");
  ceremony->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* joined = ceremony->add_subcommand(
      "join", "Make a ceremony secret and print the member line to send to the others");
  auto* said =
      ceremony->add_subcommand("round", "Write this member's message of one round (1 to 6)");
  auto* finished = ceremony->add_subcommand(
      "finish", "Write this member's share and print the verification vector");
  for (auto* command : {joined, said, finished})
    command->add_option("--secret", flags->secret, "This member's ceremony secret")->required();
  for (auto* command : {said, finished}) {
    command->add_option("--dir", flags->dir, "Where the messages of all members are collected")
        ->required();
    command->add_option("--name", flags->name, "The chain's name, the same for all")->required();
    command->add_option("--member", flags->members, "Every member's line, in the validators' order")
        ->required();
  }
  said->add_option("--round", flags->round, "1 to 6")->required()->check(CLI::Range(1, 6));
  finished->add_option("--share", flags->share, "Where to write the share (keys/vote.key)")
      ->required();
  joined->callback([flags] { join(*flags); });
  said->callback([flags] { say(*flags); });
  finished->callback([flags] { finish(*flags); });
}

void add_genesis(CLI::App& app) {
  auto* genesis = app.add_subcommand("genesis", "Look at a genesis file, or make its keys");
  genesis->require_subcommand(1);
  auto file = std::make_shared<std::string>("genesis.json");
  auto* show = genesis->add_subcommand("show", "Check the file and print it");
  auto* hash = genesis->add_subcommand("hash", "Print the hash that nodes compare");
  for (auto* command : {show, hash})
    command->add_option("file", *file, "The genesis file")->capture_default_str();
  show->callback([file] { show_genesis(*file); });
  hash->callback([file] { hash_genesis(*file); });
  add_ceremony(*genesis);
}

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
  command->add_option("--scheme", flags->scheme, "Certificates")
      ->check(CLI::IsMember({"bls-threshold", "bls-multisig"}))
      ->capture_default_str();
  command->callback([flags] { testnet(*flags); });
}

void add_init(CLI::App& app) {
  auto flags = std::make_shared<InitFlags>();
  auto* command =
      app.add_subcommand("init", "Make the home of one node: keys and a commented configuration");
  command->add_option("--home", flags->home, "The directory")->capture_default_str();
  command->add_option("--genesis", flags->genesis, "The chain's genesis file");
  command->callback([flags] { init(*flags); });
}

}  // namespace ol::app
