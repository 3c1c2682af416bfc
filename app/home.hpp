#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ol/crypto/key_file.hpp>
#include <ol/node/node.hpp>
#include <ol/primitives/genesis.hpp>

#include "config.hpp"
#include "passphrase.hpp"

namespace ol::app {

/// Where things are in a node's home directory.
struct Home {
  std::filesystem::path root;

  [[nodiscard]] std::filesystem::path config() const { return root / "config" / "openliquid.toml"; }
  [[nodiscard]] std::filesystem::path genesis() const { return root / "genesis.json"; }
  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
  [[nodiscard]] std::filesystem::path network_key() const { return root / "keys" / "network.key"; }
  [[nodiscard]] std::filesystem::path validator_key() const {
    return root / "keys" / "validator.key";
  }
  /// Signs votes: the share of the group key, or the validator's own BLS key where there is none.
  [[nodiscard]] std::filesystem::path vote_key() const { return root / "keys" / "vote.key"; }
  /// The same for a later epoch, where its set names another.
  [[nodiscard]] std::filesystem::path next_vote_key() const {
    return root / "keys" / "vote-next.key";
  }
  /// The validator's own BLS key, once a share has taken its place as vote.key.
  [[nodiscard]] std::filesystem::path bls_key() const { return root / "keys" / "bls.key"; }
  [[nodiscard]] std::filesystem::path ceremony_key() const {
    return root / "keys" / "ceremony.key";
  }
};

/// Reads a whole file or throws CommandError.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);
/// Creates a file that must not exist yet, and its directories.
void write_new_text(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] primitives::Genesis read_genesis(const std::filesystem::path& path);
/// Everything `Node::open` wants from a home. Validator keys are optional: without them the node
/// follows.
[[nodiscard]] node::NodeParts load_home(const Home& home, const AppConfig& config,
                                        PassphraseSource& passphrase);

}  // namespace ol::app
