#include "network_key.hpp"

#include <ol/p2p/peer_id.hpp>

#include "command.hpp"

namespace ol::app {
namespace {

using crypto::KeyKind;
using p2p::KeyType;

KeyKind kind_of(KeyType type) {
  return type == KeyType::Ed25519 ? KeyKind::Ed25519 : KeyKind::Secp256k1;
}

bool is_of_kind(const std::filesystem::path& path, KeyKind kind) {
  const auto secret = crypto::read_key_file(path.string(), kind, std::nullopt);
  return secret || secret.error() != crypto::KeyFileError::WrongKind;
}

}  // namespace

CLI::Option* add_p2p_key_type(CLI::App& command, std::string& type) {
  return command.add_option("--p2p-key-type", type, "The type of the key of the peer id")
      ->check(CLI::IsMember({"ed25519", "secp256k1"}))
      ->capture_default_str();
}

KeyType p2p_key_type(const std::string& type) {
  return type == p2p::name_of(KeyType::Secp256k1) ? KeyType::Secp256k1 : KeyType::Ed25519;
}

p2p::IdentityKey read_network_key(const std::filesystem::path& path, PassphraseSource& passphrase) {
  for (const KeyType type : {KeyType::Ed25519, KeyType::Secp256k1}) {
    if (!is_of_kind(path, kind_of(type))) continue;
    auto key = p2p::IdentityKey::from_secret(type, read_key(path, kind_of(type), passphrase));
    if (!key) throw CommandError("key file " + path.string() + ": " + describe(key.error()));
    return *std::move(key);
  }
  throw CommandError("key file " + path.string() +
                     ": a peer id needs an Ed25519 or a secp256k1 key, and this is another; make "
                     "one with openliquid keys new --type network");
}

crypto::Ed25519PublicKey read_validator_network_key(const std::filesystem::path& path,
                                                    PassphraseSource& passphrase) {
  const p2p::IdentityKey key = read_network_key(path, passphrase);
  if (key.type() != KeyType::Ed25519) {
    throw CommandError("key file " + path.string() + ": the network key of a validator is " +
                       "Ed25519, and this is " + p2p::name_of(key.type()));
  }
  return p2p::PeerId(key.public_key()).key();
}

void write_network_key(const std::filesystem::path& path, const p2p::IdentityKey& key,
                       const std::optional<std::string>& passphrase) {
  write_key(path, kind_of(key.type()), key.secret(), passphrase);
}

}  // namespace ol::app
