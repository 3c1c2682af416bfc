#include "home.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "command.hpp"

namespace ol::app {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw CommandError("cannot read " + path.string());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_new_text(const std::filesystem::path& path, const std::string& text) {
  if (std::filesystem::exists(path))
    throw CommandError(path.string() + " exists already; nothing was changed");
  std::error_code ec;
  std::filesystem::create_directories(path.parent_path(), ec);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.flush();
  if (!out) throw CommandError("cannot write " + path.string());
}

primitives::Genesis read_genesis(const std::filesystem::path& path) {
  auto genesis = primitives::genesis_from_json(read_text(path));
  if (!genesis) throw CommandError(path.string() + ": " + genesis.error().message);
  return *std::move(genesis);
}

std::string ask_passphrase(const std::string& prompt) {
  if (!::isatty(STDIN_FILENO)) {
    throw CommandError("a passphrase is needed: set OPENLIQUID_PASSPHRASE or run on a terminal");
  }
  std::cerr << prompt << std::flush;
  termios old{};
  ::tcgetattr(STDIN_FILENO, &old);
  termios silent = old;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string line;
  std::getline(std::cin, line);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
  std::cerr << '\n';
  return line;
}

crypto::SecretBytes<32> read_key(const std::filesystem::path& path, crypto::KeyKind kind) {
  auto key = crypto::read_key_file(path.string(), kind, std::nullopt);
  if (!key && key.error() == crypto::KeyFileError::PassphraseNeeded) {
    const char* variable = std::getenv("OPENLIQUID_PASSPHRASE");
    const std::string passphrase =
        variable != nullptr ? variable : ask_passphrase("Passphrase for " + path.string() + ": ");
    key = crypto::read_key_file(path.string(), kind, passphrase);
  }
  if (!key)
    throw CommandError("the key file " + path.string() +
                       " cannot be used: " + describe(key.error()));
  return *std::move(key);
}

void write_key(const std::filesystem::path& path, crypto::KeyKind kind,
               const crypto::SecretBytes<32>& secret,
               const std::optional<std::string>& passphrase) {
  std::error_code ec;
  std::filesystem::create_directories(path.parent_path(), ec);
  const auto given = passphrase ? std::optional<std::string_view>(*passphrase) : std::nullopt;
  auto written = crypto::write_key_file(path.string(), kind, secret, given);
  if (!written)
    throw CommandError("cannot write the key file " + path.string() + ": " +
                       describe(written.error()));
}

node::NodeParts load_home(const Home& home, AppConfig& config) {
  if (!std::filesystem::exists(home.genesis())) {
    throw CommandError(home.genesis().string() +
                       " is missing: copy the chain's genesis.json there");
  }
  node::NodeParts parts{.genesis = read_genesis(home.genesis()),
                        .config = config.node,
                        .network_key = crypto::Ed25519SecretKey::from_seed(
                            read_key(home.network_key(), crypto::KeyKind::Ed25519)),
                        .validator = std::nullopt};
  parts.config.data_dir = home.data();
  if (!std::filesystem::exists(home.validator_key())) return parts;
  const bool threshold = parts.genesis.scheme == primitives::SchemeKind::BlsThreshold;
  const auto vote =
      read_key(home.vote_key(), threshold ? crypto::KeyKind::BlsShare : crypto::KeyKind::Bls);
  auto vote_key = crypto::BlsSecretKey::from_bytes(vote.view());
  if (!vote_key) throw CommandError(home.vote_key().string() + " does not hold a BLS key");
  parts.validator.emplace(node::ValidatorKeys{
      crypto::Ed25519SecretKey::from_seed(read_key(home.validator_key(), crypto::KeyKind::Ed25519)),
      *std::move(vote_key)});
  return parts;
}

}  // namespace ol::app
