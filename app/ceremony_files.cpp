// Members and plan as JSON.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "ceremony.hpp"
#include "command.hpp"
#include "network_files.hpp"
#include "network_key.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;

/// An object of a file, whose every mistake names file and key.
class Fields {
 public:
  Fields(const json::value& value, std::string file) : file_(std::move(file)) {
    if (!value.is_object()) throw CommandError(file_ + ": an object is expected");
    object_ = &value.as_object();
  }
  [[nodiscard]] const json::value& at(const char* key) const {
    const json::value* value = object_->if_contains(key);
    if (value == nullptr) throw CommandError(file_ + ": " + key + " is missing");
    return *value;
  }
  [[nodiscard]] std::string text(const char* key) const {
    const json::value& value = at(key);
    if (!value.is_string()) throw CommandError(file_ + ": " + key + " must be a text");
    return std::string(value.as_string());
  }
  template <typename T>
  [[nodiscard]] T fixed(const char* key) const {
    const auto value = fixed_from_hex<T>(text(key));
    if (!value) {
      throw CommandError(file_ + ": " + key + " must be " + std::to_string(T::kSize) +
                         " bytes of hex");
    }
    return *value;
  }
  template <typename T>
  [[nodiscard]] T bls(const char* key) const {
    auto point = T::from_bytes(from_hex(text(key)).value_or(Bytes{}));
    if (!point) throw CommandError(file_ + ": " + key + ": " + describe(point.error()));
    return *std::move(point);
  }
  void size(std::size_t count) const {
    if (object_->size() != count) throw CommandError(file_ + ": there is an unknown key");
  }

 private:
  const json::object* object_ = nullptr;
  std::string file_;
};

json::value parse(const std::string& text, const std::string& file) {
  json::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec) throw CommandError(file + " is not JSON: " + ec.message());
  return value;
}

CeremonyMember member_from(const json::value& value, const std::string& file) {
  const Fields fields(value, file);
  fields.size(9);
  return {.validator = {.name = fields.text("name"),
                        .weight = primitives::Weight(1),
                        .key = fields.fixed<crypto::Ed25519PublicKey>("key"),
                        .bls_key = fields.bls<crypto::BlsPublicKey>("bls_key"),
                        .network_key = fields.fixed<crypto::Ed25519PublicKey>("network_key"),
                        .fee_recipient = fields.fixed<Address>("fee_recipient")},
          .possession_proof = fields.bls<crypto::BlsPossessionProof>("possession_proof"),
          .keys = {.identity = fields.fixed<crypto::Ed25519PublicKey>("ceremony_identity"),
                   .encryption = fields.fixed<crypto::X25519PublicKey>("ceremony_encryption")},
          .address = fields.text("address")};
}

json::object member_json(const CeremonyMember& member) {
  const auto hex = [](const auto& bytes) { return to_hex_prefixed(bytes); };
  return {{"name", member.validator.name},
          {"key", hex(member.validator.key.view())},
          {"bls_key", hex(member.validator.bls_key.to_bytes())},
          {"possession_proof", hex(member.possession_proof.to_bytes())},
          {"network_key", hex(member.validator.network_key.view())},
          {"fee_recipient", hex(member.validator.fee_recipient.view())},
          {"ceremony_identity", hex(member.keys.identity.view())},
          {"ceremony_encryption", hex(member.keys.encryption.view())},
          {"address", member.address}};
}

}  // namespace

void ceremony_join(const Home& home, const std::filesystem::path& dir, const std::string& name,
                   const Address& fee_recipient, const std::string& address,
                   PassphraseSource& passphrase) {
  using crypto::KeyKind;
  const auto ed25519 = [&](const std::filesystem::path& path) {
    return crypto::Ed25519SecretKey::from_seed(read_key(path, KeyKind::Ed25519, passphrase))
        .public_key();
  };
  const auto bls =
      crypto::BlsSecretKey::from_bytes(read_key(home.vote_key(), KeyKind::Bls, passphrase).view());
  if (!bls) throw CommandError(home.vote_key().string() + ": " + describe(bls.error()));
  if (!std::filesystem::exists(home.ceremony_key())) {
    write_key(home.ceremony_key(), KeyKind::Ceremony, crypto::SecretBytes<32>::random(),
              passphrase.given());
  }
  const crypto::DkgSecret secret(read_key(home.ceremony_key(), KeyKind::Ceremony, passphrase));
  const CeremonyMember member{
      .validator = {.name = name,
                    .weight = primitives::Weight(1),
                    .key = ed25519(home.validator_key()),
                    .bls_key = bls->public_key(),
                    .network_key = read_validator_network_key(home.network_key(), passphrase),
                    .fee_recipient = fee_recipient},
      .possession_proof = bls->prove_possession(),
      .keys = secret.member(),
      .address = address};
  write_new_text(dir / "members" / (name + ".json"), json::serialize(member_json(member)) + "\n");
}

void ceremony_plan(const std::filesystem::path& dir, primitives::Genesis genesis,
                   const std::filesystem::path& exchange_file) {
  std::vector<std::filesystem::path> files;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "members", ec)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (files.empty()) throw CommandError((dir / "members").string() + " holds no member files");
  std::sort(files.begin(), files.end());
  json::array members;
  for (const auto& file : files) {
    const json::value value = parse(read_text(file), file.string());
    const CeremonyMember member = member_from(value, file.string());
    genesis.validators.push_back(member.validator);
    genesis.possession_proofs.push_back(member.possession_proof);
    members.push_back(member_json(member));
  }
  // Without its group key the chain is only valid under the scheme that needs none.
  genesis.scheme = primitives::SchemeKind::BlsMultisig;
  if (!exchange_file.empty()) genesis = with_exchange(genesis, exchange_file);
  const std::string text = primitives::genesis_to_json(genesis);
  if (const auto sound = primitives::genesis_from_json(text); !sound) {
    throw CommandError("these members and values make no genesis: " + sound.error().message);
  }
  const json::object plan{
      {"version", kVersion}, {"chain", parse(text, "genesis")}, {"members", std::move(members)}};
  write_new_text(dir / "plan.json", json::serialize(plan) + "\n");
}

CeremonyPlan read_ceremony_plan(const std::filesystem::path& dir) {
  const std::string file = (dir / "plan.json").string();
  const std::string text = read_text(file);
  const json::value value = parse(text, file);
  const Fields fields(value, file);
  fields.size(3);
  if (fields.at("version") != json::value(kVersion)) {
    throw CommandError(file + ": version must be 1");
  }
  auto genesis = primitives::genesis_from_json(json::serialize(fields.at("chain")));
  if (!genesis) throw CommandError(file + ": chain: " + genesis.error().message);
  CeremonyPlan plan{.genesis = *std::move(genesis),
                    .members = {},
                    .digest = to_hex(crypto::blake3(as_bytes(text)).view())};
  const json::value& members = fields.at("members");
  if (!members.is_array() || members.as_array().size() != plan.genesis.validators.size()) {
    throw CommandError(file + ": members must be a list as long as the chain's validators");
  }
  for (const json::value& member : members.as_array()) {
    const std::size_t i = plan.members.size();
    plan.members.push_back(member_from(member, file + ": members"));
    if (plan.members[i].validator.key != plan.genesis.validators[i].key) {
      throw CommandError(file + ": members and the chain's validators are in different order");
    }
  }
  return plan;
}

}  // namespace ol::app
