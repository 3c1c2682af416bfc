#include <iostream>

#include <ol/base/hex.hpp>
#include <ol/p2p/peer_id.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string type = "account";
  std::string file;
  std::string secret;
  bool passphrase = false;
};

crypto::KeyKind kind_of(const std::string& type) {
  if (type == "account") return crypto::KeyKind::Secp256k1;
  if (type == "vote") return crypto::KeyKind::Bls;
  if (type == "share") return crypto::KeyKind::BlsShare;
  return crypto::KeyKind::Ed25519;
}

crypto::SecretBytes<32> fresh(crypto::KeyKind kind) {
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
      std::cout << "address: " << to_hex_prefixed(key->address().view()) << '\n';
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

void store(const Flags& flags, const crypto::SecretBytes<32>& secret) {
  std::optional<std::string> passphrase;
  if (const char* variable = std::getenv("OPENLIQUID_PASSPHRASE")) passphrase = variable;
  if (!passphrase && flags.passphrase) {
    passphrase = ask_passphrase("New passphrase: ");
    if (ask_passphrase("Again: ") != *passphrase)
      throw CommandError("the passphrases differ; nothing was written");
  }
  write_key(flags.file, kind_of(flags.type), secret, passphrase);
  print_public(flags.type, secret);
  std::cout << "written to " << flags.file << (passphrase ? " (encrypted)" : " (not encrypted)")
            << '\n';
}

void import_secret(const Flags& flags) {
  const auto bytes = from_hex(flags.secret);
  auto secret = bytes ? crypto::SecretBytes<32>::from(*bytes) : std::nullopt;
  if (!secret) throw CommandError("--secret must be 32 bytes of hex");
  store(flags, *secret);
}

}  // namespace

void add_keys(CLI::App& app) {
  auto* keys = app.add_subcommand("keys", "Make, show and import key files");
  keys->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  const auto common = [flags](CLI::App* command) {
    command->add_option("--type", flags->type, "account, validator, network, vote or share")
        ->check(CLI::IsMember({"account", "validator", "network", "vote", "share"}))
        ->capture_default_str();
    command->add_option("--file", flags->file, "The key file")->required();
  };
  auto* make = keys->add_subcommand("new", "Make a key");
  common(make);
  make->add_flag("--passphrase", flags->passphrase,
                 "Ask for a passphrase and encrypt the file (or set OPENLIQUID_PASSPHRASE)");
  make->callback([flags] { store(*flags, fresh(kind_of(flags->type))); });
  auto* show = keys->add_subcommand("show", "Show the public part of a key");
  common(show);
  show->callback(
      [flags] { print_public(flags->type, read_key(flags->file, kind_of(flags->type))); });
  auto* import = keys->add_subcommand("import", "Write an existing secret to a key file");
  common(import);
  import->add_option("--secret", flags->secret, "The secret, 32 bytes of hex")->required();
  import->add_flag("--passphrase", flags->passphrase, "Ask for a passphrase and encrypt the file");
  import->callback([flags] { import_secret(*flags); });
}

}  // namespace ol::app
