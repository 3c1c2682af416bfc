#include <unistd.h>

#include <iostream>

#include <ol/base/hex.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/address_text.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "home.hpp"
#include "network_key.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string type = "account";
  std::string file;
  std::string passphrase_file;
  std::string p2p_key_type = "ed25519";
  bool encrypt = false;
};

crypto::KeyKind kind_of(const std::string& type) {
  if (type == "account") return crypto::KeyKind::Secp256k1;
  if (type == "vote") return crypto::KeyKind::Bls;
  if (type == "share") return crypto::KeyKind::BlsShare;
  return crypto::KeyKind::Ed25519;
}

crypto::SecretBytes<32> fresh(const Flags& flags) {
  if (flags.type == "network")
    return p2p::IdentityKey::generate(p2p_key_type(flags.p2p_key_type)).secret();
  const crypto::KeyKind kind = kind_of(flags.type);
  if (kind == crypto::KeyKind::Secp256k1)
    return crypto::Secp256k1SecretKey::generate().bytes().clone();
  if (kind == crypto::KeyKind::Ed25519) return crypto::Ed25519SecretKey::generate().seed();
  return crypto::BlsSecretKey::generate().bytes().clone();
}

void print_public(const std::string& type, const crypto::SecretBytes<32>& secret) {
  switch (kind_of(type)) {
    case crypto::KeyKind::Secp256k1: {
      auto key = crypto::Secp256k1SecretKey::from_bytes(secret.view());
      if (!key) throw CommandError("that is not a secp256k1 key");
      std::cout << "address: " << primitives::checksum_text(key->address()) << '\n';
      return;
    }
    case crypto::KeyKind::Ed25519: {
      const auto key = crypto::Ed25519SecretKey::from_seed(secret).public_key();
      std::cout << "public key: " << to_hex_prefixed(key.view())
                << "\npeer id: " << p2p::PeerId(key).text() << '\n';
      return;
    }
    default: {
      const auto key = crypto::BlsSecretKey::from_bytes(secret.view());
      if (!key) throw CommandError("that is not a BLS key");
      std::cout << "public key: " << to_hex_prefixed(key->public_key().to_bytes())
                << "\nproof of possession: " << to_hex_prefixed(key->prove_possession().to_bytes())
                << '\n';
    }
  }
}

void print_network_key(const p2p::IdentityKey& key) {
  std::cout << "key type: " << p2p::name_of(key.type())
            << "\npublic key: " << to_hex_prefixed(key.public_key().data())
            << "\npeer id: " << p2p::PeerId(key.public_key()).text() << '\n';
}

void store(const Flags& flags, const crypto::SecretBytes<32>& secret) {
  PassphraseSource source(flags.passphrase_file);
  std::optional<std::string> passphrase = source.given();
  if (!passphrase && flags.encrypt) passphrase = source.get_new("of " + flags.file);
  if (flags.type == "network") {
    const auto key = p2p::IdentityKey::from_secret(p2p_key_type(flags.p2p_key_type), secret);
    if (!key) throw CommandError("that is not a " + flags.p2p_key_type + " key");
    write_network_key(flags.file, *key, passphrase);
    print_network_key(*key);
  } else {
    write_key(flags.file, kind_of(flags.type), secret, passphrase);
    print_public(flags.type, secret);
  }
  std::cout << "written to " << flags.file << (passphrase ? " (encrypted)" : " (not encrypted)")
            << '\n';
}

// Never from the command line, which other users of the machine can read.
void import_secret(const Flags& flags) {
  std::string text;
  if (::isatty(STDIN_FILENO) != 0) {
    text = ask_hidden("Secret, 32 bytes of hex: ").value_or("");
  } else {
    std::getline(std::cin, text);
  }
  const auto bytes = from_hex(text);
  auto secret = bytes ? crypto::SecretBytes<32>::from(*bytes) : std::nullopt;
  if (!secret) throw CommandError("the secret on standard input must be 32 bytes of hex");
  store(flags, *secret);
}

void show(const Flags& flags) {
  PassphraseSource source(flags.passphrase_file);
  if (flags.type == "network") return print_network_key(read_network_key(flags.file, source));
  print_public(flags.type, read_key(flags.file, kind_of(flags.type), source));
}

}  // namespace

void add_keys(CLI::App& app) {
  auto* keys = app.add_subcommand("keys", "Make, show and import key files");
  keys->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* make = keys->add_subcommand("new", "Make a key");
  auto* shown = keys->add_subcommand("show", "Show the public part of a key");
  auto* import = keys->add_subcommand(
      "import", "Write an existing secret, asked for or read from standard input, to a key file");
  for (auto* command : {make, shown, import}) {
    command->add_option("--type", flags->type, "account, validator, network, vote or share")
        ->check(CLI::IsMember({"account", "validator", "network", "vote", "share"}))
        ->capture_default_str();
    command->add_option("--file", flags->file, "The key file")->required();
    command->add_option("--passphrase-file", flags->passphrase_file,
                        "Holds the passphrase; so does the variable OPENLIQUID_PASSPHRASE");
  }
  for (auto* command : {make, import}) {
    add_p2p_key_type(*command, flags->p2p_key_type)->description("Of --type network alone");
    command->add_flag("--encrypt", flags->encrypt, "Ask for a passphrase and encrypt the file");
  }
  make->callback([flags] { store(*flags, fresh(*flags)); });
  shown->callback([flags] { show(*flags); });
  import->callback([flags] { import_secret(*flags); });
}

}  // namespace ol::app
