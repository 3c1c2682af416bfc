#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <ol/p2p/identity.hpp>

#include "passphrase.hpp"

namespace ol::app {

/// Adds `--p2p-key-type ed25519|secp256k1`.
CLI::Option* add_p2p_key_type(CLI::App& command, std::string& type);
/// @pre `type` is one that the option takes.
[[nodiscard]] p2p::KeyType p2p_key_type(const std::string& type);

/// The key of a peer id, of the type that its file says. CommandError names the file.
[[nodiscard]] p2p::IdentityKey read_network_key(const std::filesystem::path& path,
                                                PassphraseSource& passphrase);
/// The same where a genesis is to name it: those of validators are Ed25519.
[[nodiscard]] crypto::Ed25519PublicKey read_validator_network_key(const std::filesystem::path& path,
                                                                  PassphraseSource& passphrase);
void write_network_key(const std::filesystem::path& path, const p2p::IdentityKey& key,
                       const std::optional<std::string>& passphrase);

}  // namespace ol::app
