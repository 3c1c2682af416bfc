#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ol/node/node.hpp>

#include "config.hpp"
#include "passphrase.hpp"

namespace ol::app {

/// Where things lie in the directory of one node.
struct Home {
  std::filesystem::path root;

  [[nodiscard]] std::filesystem::path config() const { return root / "config" / "openliquid.toml"; }
  [[nodiscard]] std::filesystem::path genesis() const { return root / "genesis.json"; }
  [[nodiscard]] std::filesystem::path keys() const { return root / "keys"; }
  [[nodiscard]] std::filesystem::path network_key() const { return keys() / "network.key"; }
  [[nodiscard]] std::filesystem::path validator_key() const { return keys() / "validator.key"; }
  /// Signs votes: a threshold share, or under bls-multisig the validator's own BLS key.
  [[nodiscard]] std::filesystem::path vote_key() const { return keys() / "vote.key"; }
  /// The validator's own BLS key, where votes are signed with a share.
  [[nodiscard]] std::filesystem::path bls_key() const { return keys() / "bls.key"; }
  [[nodiscard]] std::filesystem::path ceremony_key() const { return keys() / "ceremony.key"; }
  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
};

/// The secrets one validator makes for itself.
struct ValidatorSecrets {
  crypto::Ed25519SecretKey network = crypto::Ed25519SecretKey::generate();
  crypto::Ed25519SecretKey validator = crypto::Ed25519SecretKey::generate();
  crypto::BlsSecretKey bls = crypto::BlsSecretKey::generate();
};

/// Makes the directories, keys/ only for its owner.
void make_home(const Home& home);
/// Writes network.key, validator.key and the BLS key (vote.key without a share, else bls.key and
/// the share as vote.key).
void save_validator_keys(const Home& home, const ValidatorSecrets& secrets,
                         const std::optional<crypto::BlsSecretKey>& share,
                         const std::optional<std::string>& passphrase);
/// The genesis of a home or elsewhere. CommandError with the sentence that says what is wrong.
[[nodiscard]] primitives::Genesis load_genesis(const std::filesystem::path& file);
/// Everything a node is made of. A home without validator.key follows the chain without voting.
[[nodiscard]] node::NodeParts load_home(const Home& home, const AppConfig& config,
                                        PassphraseSource& passphrase);

}  // namespace ol::app
