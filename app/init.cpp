#include <iostream>

#include <ol/base/hex.hpp>
#include <ol/p2p/peer_id.hpp>

#include "chain_options.hpp"
#include "command.hpp"
#include "home.hpp"
#include "network_key.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string home = ".openliquid";
  std::string genesis;
  std::string profile = "openliquid";
  std::string passphrase_file;
  std::string p2p_key_type = "ed25519";
  bool encrypt = false;
  bool follower = false;
  bool profile_given = false;
};

void make_validator_keys(const Home& home, const std::optional<std::string>& passphrase) {
  const auto validator = crypto::Ed25519SecretKey::generate();
  const auto bls = crypto::BlsSecretKey::generate();
  write_key(home.validator_key(), crypto::KeyKind::Ed25519, validator.seed(), passphrase);
  write_key(home.vote_key(), crypto::KeyKind::Bls, bls.bytes(), passphrase);
  std::cout << "validator key: " << to_hex_prefixed(validator.public_key().view())
            << "\nBLS key: " << to_hex_prefixed(bls.public_key().to_bytes())
            << "\nproof of possession: " << to_hex_prefixed(bls.prove_possession().to_bytes())
            << '\n';
}

// A genesis that exists already cannot name keys that are made now, so its home follows.
void init(const Flags& flags) {
  const Home home{flags.home};
  if (std::filesystem::exists(home.config())) {
    throw CommandError(flags.home + " is a home already; nothing was changed");
  }
  const bool follower = flags.follower || !flags.genesis.empty();
  const p2p::KeyType key_type = p2p_key_type(flags.p2p_key_type);
  if (!follower && key_type != p2p::KeyType::Ed25519) {
    throw CommandError(
        "a genesis names the network keys of its validators, and they are Ed25519: "
        "--p2p-key-type " +
        flags.p2p_key_type + " is for nodes that follow (--follower or --genesis)");
  }
  std::string genesis;
  if (!flags.genesis.empty()) {
    const auto given = read_genesis(flags.genesis);
    if (flags.profile_given && given.profile != profile_of(flags.profile)) {
      throw CommandError(flags.genesis + " is of profile " + primitives::name_of(given.profile) +
                         ", not " + flags.profile);
    }
    genesis = read_text(flags.genesis);
  }
  PassphraseSource source(flags.passphrase_file);
  std::optional<std::string> passphrase = source.given();
  if (!passphrase && flags.encrypt) passphrase = source.get_new("of the keys");

  const auto network = p2p::IdentityKey::generate(key_type);
  write_network_key(home.network_key(), network, passphrase);
  std::cout << "peer id: " << p2p::PeerId(network.public_key()).text() << '\n';
  if (!follower) make_validator_keys(home, passphrase);
  if (!genesis.empty()) write_new_text(home.genesis(), genesis);
  write_new_text(home.config(), render_config(AppConfig{}));
  std::cout << "home " << flags.home << " is made; "
            << (follower                        ? "it follows a chain without voting. "
                : flags.profile == "openliquid" ? "next: openliquid genesis ceremony join. "
                                                : "give these keys to whoever makes the genesis. ")
            << "Peers go into " << home.config().string() << '\n';
}

}  // namespace

void add_init(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  auto* command =
      app.add_subcommand("init", "Make the home of one node: keys and a commented configuration");
  command->add_option("--home", flags->home, "The directory")->capture_default_str();
  command->add_option("--genesis", flags->genesis,
                      "The genesis of a chain to follow; without it keys of a validator are made");
  command->add_flag("--follower", flags->follower, "Make no validator keys");
  add_p2p_key_type(*command, flags->p2p_key_type);
  add_profile_option(*command, flags->profile);
  command->add_option("--passphrase-file", flags->passphrase_file, "Encrypts the keys");
  command->add_flag("--encrypt", flags->encrypt, "Ask for a passphrase and encrypt the keys");
  command->callback([flags, command] {
    flags->profile_given = command->count("--profile") > 0;
    init(*flags);
  });
}

}  // namespace ol::app
