#include "home.hpp"

#include "command.hpp"
#include "files.hpp"

namespace ol::app {
namespace {

crypto::Ed25519SecretKey load_ed25519(const std::filesystem::path& path,
                                      PassphraseSource& passphrase) {
  return crypto::Ed25519SecretKey::from_seed(
      load_key(path.string(), crypto::KeyKind::Ed25519, passphrase));
}

}  // namespace

void make_home(const Home& home) {
  make_directory(home.config().parent_path());
  make_directory(home.keys());
  make_directory(home.data());
  std::error_code ec;
  std::filesystem::permissions(home.keys(), std::filesystem::perms::owner_all, ec);
  if (ec) {
    throw CommandError("cannot make " + home.keys().string() + " private: " + ec.message());
  }
}

void save_validator_keys(const Home& home, const ValidatorSecrets& secrets,
                         const std::optional<crypto::BlsSecretKey>& share,
                         const std::optional<std::string>& passphrase) {
  using crypto::KeyKind;
  const auto save = [&](const std::filesystem::path& path, KeyKind kind, const auto& secret) {
    save_key(path.string(), kind, secret, passphrase);
  };
  save(home.network_key(), KeyKind::Ed25519, secrets.network.seed());
  save(home.validator_key(), KeyKind::Ed25519, secrets.validator.seed());
  save(share ? home.bls_key() : home.vote_key(), KeyKind::Bls, secrets.bls.bytes());
  if (share) save(home.vote_key(), KeyKind::BlsShare, share->bytes());
}

primitives::Genesis load_genesis(const std::filesystem::path& file) {
  auto genesis = primitives::genesis_from_json(read_text(file, primitives::kGenesisBytesMax));
  if (!genesis) throw CommandError("genesis " + file.string() + ": " + genesis.error().message);
  return *std::move(genesis);
}

node::NodeParts load_home(const Home& home, const AppConfig& config, PassphraseSource& passphrase) {
  node::NodeParts parts{.genesis = load_genesis(home.genesis()),
                        .config = config.node,
                        .network_key = load_ed25519(home.network_key(), passphrase),
                        .validator = std::nullopt};
  parts.config.data_dir = home.data();
  if (!std::filesystem::exists(home.validator_key())) return parts;
  const bool threshold = parts.genesis.scheme == primitives::SchemeKind::BlsThreshold;
  const auto kind = threshold ? crypto::KeyKind::BlsShare : crypto::KeyKind::Bls;
  const auto vote = load_key(home.vote_key().string(), kind, passphrase);
  auto vote_key = crypto::BlsSecretKey::from_bytes(vote.view());
  if (!vote_key) {
    throw CommandError("key file " + home.vote_key().string() + ": " + describe(vote_key.error()));
  }
  parts.validator = node::ValidatorKeys{.key = load_ed25519(home.validator_key(), passphrase),
                                        .vote_key = *std::move(vote_key)};
  return parts;
}

}  // namespace ol::app
