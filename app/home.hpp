#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ol/crypto/key_file.hpp>
#include <ol/node/node.hpp>
#include <ol/primitives/genesis.hpp>

#include "config.hpp"

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
  [[nodiscard]] std::filesystem::path vote_key() const { return root / "keys" / "vote.key"; }
};

/// Reads a whole file or throws CommandError.
[[nodiscard]] std::string read_text(const std::filesystem::path& path);
/// Creates a file that must not exist yet, and its directories.
void write_new_text(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] primitives::Genesis read_genesis(const std::filesystem::path& path);
/// Reads a key, asking for a passphrase if the file has one (OPENLIQUID_PASSPHRASE, or a prompt).
[[nodiscard]] crypto::SecretBytes<32> read_key(const std::filesystem::path& path,
                                               crypto::KeyKind kind);
void write_key(const std::filesystem::path& path, crypto::KeyKind kind,
               const crypto::SecretBytes<32>& secret, const std::optional<std::string>& passphrase);
/// Everything `Node::open` wants from a home. Validator keys are optional: without them the node
/// follows.
[[nodiscard]] node::NodeParts load_home(const Home& home, AppConfig& config);
/// Asks on the terminal without echo.
[[nodiscard]] std::string ask_passphrase(const std::string& prompt);

}  // namespace ol::app
