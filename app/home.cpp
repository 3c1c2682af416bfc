#include "home.hpp"

#include <fstream>
#include <sstream>

#include "command.hpp"
#include "network_key.hpp"

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
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ec);
  // Under its name only when complete: others may be watching the directory.
  std::filesystem::path beside = path;
  beside += ".new";
  std::ofstream out(beside, std::ios::binary);
  out << text;
  out.close();
  if (out) std::filesystem::rename(beside, path, ec);
  if (!out || ec) throw CommandError("cannot write " + path.string());
}

primitives::Genesis read_genesis(const std::filesystem::path& path) {
  auto genesis = primitives::genesis_from_json(read_text(path));
  if (!genesis) throw CommandError(path.string() + ": " + genesis.error().message);
  return *std::move(genesis);
}

node::NodeParts load_home(const Home& home, const AppConfig& config, PassphraseSource& passphrase) {
  if (!std::filesystem::exists(home.genesis())) {
    throw CommandError(home.genesis().string() +
                       " is missing: copy the chain's genesis.json there");
  }
  node::NodeParts parts{.genesis = read_genesis(home.genesis()),
                        .config = config.node,
                        .network_key = read_network_key(home.network_key(), passphrase),
                        .validator = std::nullopt};
  parts.config.data_dir = home.data();
  if (!std::filesystem::exists(home.validator_key())) return parts;
  const bool threshold = parts.genesis.scheme == primitives::SchemeKind::BlsThreshold;
  const auto read_vote_key = [&](const std::filesystem::path& path) {
    const auto kind = threshold ? crypto::KeyKind::BlsShare : crypto::KeyKind::Bls;
    auto key = crypto::BlsSecretKey::from_bytes(read_key(path, kind, passphrase).view());
    if (!key) throw CommandError(path.string() + " does not hold a BLS key");
    return *std::move(key);
  };
  auto vote_key = read_vote_key(home.vote_key());
  parts.validator.emplace(
      node::ValidatorKeys{crypto::Ed25519SecretKey::from_seed(
                              read_key(home.validator_key(), crypto::KeyKind::Ed25519, passphrase)),
                          std::move(vote_key),
                          {}});
  if (std::filesystem::exists(home.next_vote_key()))
    parts.validator->more_vote_keys.push_back(read_vote_key(home.next_vote_key()));
  return parts;
}

}  // namespace ol::app
