// Boost.JSON may throw; nothing of it leaves this file, which is compiled with exceptions for it.
#include <ol/primitives/genesis.hpp>

#include <initializer_list>
#include <string>
#include <system_error>

#include <boost/json.hpp>

#include <ol/base/hex.hpp>

#include "genesis_json.hpp"
#include "genesis_rules.hpp"
#include "json_duplicates.hpp"

namespace ol::primitives {
namespace {

/// A BLS point, validated: on the curve, in its group, not infinity.
template <typename T>
Read<T> bls_point(const std::string& hex, const std::string& path) {
  const auto bytes = from_hex(hex);
  if (!bytes) return refuse(path + " must be hex");
  const auto point = T::from_bytes(*bytes);
  if (point) return *point;
  return refuse(path + " is no BLS12-381 point: " + crypto::describe(point.error()));
}

// ---- The parts of the file.

constexpr std::uint64_t kFileVersion = 1;
constexpr std::initializer_list<const char*> kHashNames = {"blake3", "sha256"};
constexpr std::initializer_list<const char*> kProfileNames = {"openliquid", "l1", "timecoin"};
constexpr std::initializer_list<const char*> kCommitRuleNames = {"three-chain", "two-chain",
                                                                 "two-phase"};
constexpr std::initializer_list<const char*> kRevisionNames = {"prague", "osaka"};
constexpr std::initializer_list<const char*> kSchemeNames = {"bls-threshold", "bls-multisig",
                                                             "ed25519-list"};
constexpr std::initializer_list<const char*> kLeaderNames = {"round-robin", "stake-weighted",
                                                             "vrf"};

template <typename E>
std::string name_of(E value, std::initializer_list<const char*> names) {
  return names.begin()[static_cast<std::size_t>(value)];
}

Read<PaceParams> read_pace(const Object& file) {
  OL_TRY(const json::value* value, file.get("pace"));
  OL_TRY(const Object in,
         Object::open(*value, "pace",
                      {"timeout_base_ms", "timeout_max_ms", "min_block_interval_ms",
                       "empty_block_interval_ms", "timeout_growth_percent"}));
  PaceParams out;
  OL_TRY(out.timeout_base_ms, in.number("timeout_base_ms"));
  OL_TRY(out.timeout_max_ms, in.number("timeout_max_ms"));
  OL_TRY(out.min_block_interval_ms, in.number("min_block_interval_ms"));
  OL_TRY(out.empty_block_interval_ms, in.number("empty_block_interval_ms"));
  if (in.has("timeout_growth_percent")) {
    OL_TRY(out.timeout_growth_percent, in.number("timeout_growth_percent"));
  }
  return out;
}

Read<SlotParams> read_slot_params(const Object& file) {
  OL_TRY(const json::value* value, file.get("slots"));
  OL_TRY(const Object in, Object::open(*value, "slots", {"slot_ms", "phase_ms"}));
  SlotParams out;
  OL_TRY(out.slot_ms, in.number("slot_ms"));
  OL_TRY(out.phase_ms, in.number("phase_ms"));
  return out;
}

Read<void> read_validator(const json::value& value, std::size_t index, Genesis& out) {
  const std::string path = "validators[" + std::to_string(index) + "]";
  OL_TRY(const Object in, Object::open(value, path,
                                       {"name", "weight", "key", "bls_key", "possession_proof",
                                        "network_key", "fee_recipient"}));
  OL_TRY(std::string name, in.text("name"));
  OL_TRY(const std::uint64_t weight, in.number("weight"));
  OL_TRY(const auto key, in.fixed<crypto::Ed25519PublicKey>("key"));
  OL_TRY(const std::string bls_hex, in.text("bls_key"));
  OL_TRY(const auto bls_key, bls_point<crypto::BlsPublicKey>(bls_hex, in.path_of("bls_key")));
  OL_TRY(const std::string proof_hex, in.text("possession_proof"));
  OL_TRY(const auto proof,
         bls_point<crypto::BlsPossessionProof>(proof_hex, in.path_of("possession_proof")));
  OL_TRY(const auto network_key, in.fixed<crypto::Ed25519PublicKey>("network_key"));
  OL_TRY(const Address fee_recipient, in.fixed<Address>("fee_recipient"));
  out.validators.push_back(Validator{.name = std::move(name),
                                     .weight = Weight(weight),
                                     .key = key,
                                     .bls_key = bls_key,
                                     .network_key = network_key,
                                     .fee_recipient = fee_recipient});
  out.possession_proofs.push_back(proof);
  return {};
}

Read<void> read_validators(const Object& file, Genesis& out) {
  OL_TRY(const json::array* entries, file.array("validators"));
  // Before the points are decoded: a group check costs more than a line of text.
  if (entries->size() > kValidatorsMax) {
    return refuse("validators has more than " + std::to_string(kValidatorsMax) + " entries");
  }
  for (std::size_t i = 0; i < entries->size(); ++i) {
    OL_TRY_VOID(read_validator((*entries)[i], i, out));
  }
  return {};
}

Read<void> read_verification_vector(const Object& file, Genesis& out) {
  OL_TRY(const json::array* entries, file.array("verification_vector"));
  if (entries->size() > kValidatorsMax) {
    return refuse("verification_vector has more than " + std::to_string(kValidatorsMax) +
                  " entries");
  }
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const std::string path = "verification_vector[" + std::to_string(i) + "]";
    const json::value& entry = (*entries)[i];
    if (!entry.is_string()) return refuse(path + " must be a string");
    OL_TRY(const auto point,
           bls_point<crypto::BlsPublicKey>(std::string(entry.get_string()), path));
    out.verification_vector.push_back(point);
  }
  return {};
}

Read<void> read_balances(const Object& file, Genesis& out) {
  OL_TRY(const json::value* value, file.get("balances"));
  if (!value->is_object()) return refuse("balances must be an object of address to wei");
  for (const auto& member : value->get_object()) {
    const std::string key(member.key());
    const auto address = fixed_from_hex<Address>(key);
    if (!address) return refuse("balances: \"" + key + "\" is no address of 20 bytes of hex");
    const auto wei = member.value().is_string()
                         ? U256::from_decimal(std::string(member.value().get_string()))
                         : std::nullopt;
    if (!wei) return refuse("balances." + key + " must be a decimal number of wei in quotes");
    if (!out.balances.emplace(*address, *wei).second) {
      return refuse("balances names " + key + " twice");
    }
  }
  return {};
}

Read<void> read_slots(const Object& in, GenesisContract& out) {
  if (!in.has("storage")) return {};
  OL_TRY(const json::value* storage, in.get("storage"));
  const std::string path = in.path_of("storage");
  if (!storage->is_object()) return refuse(path + " must be an object of slot to value");
  for (const auto& member : storage->get_object()) {
    const std::string key(member.key());
    OL_TRY(const Hash256 slot, fixed_of<Hash256>(key, path + ": \"" + key + "\""));
    if (!member.value().is_string()) return refuse(path + "." + key + " must be 32 bytes of hex");
    const std::string text(member.value().get_string());
    OL_TRY(const Hash256 value, fixed_of<Hash256>(text, path + "." + key));
    if (!out.storage.emplace(slot, U256::from_fixed(value)).second) {
      return refuse(path + " names " + key + " twice");
    }
  }
  return {};
}

Read<void> read_contract(const json::value& value, const std::string& key, Genesis& out) {
  const std::string path = "contracts." + key;
  OL_TRY(const Address address, fixed_of<Address>(key, "contracts: \"" + key + "\""));
  OL_TRY(const Object in, Object::open(value, path, {"nonce", "code", "storage"}));
  GenesisContract contract;
  if (in.has("nonce")) {
    OL_TRY(contract.nonce, in.number("nonce"));
  }
  OL_TRY(const std::string code, in.text("code"));
  auto bytes = from_hex(code);
  if (!bytes) return refuse(path + ".code must be hex");
  contract.code = *std::move(bytes);
  OL_TRY_VOID(read_slots(in, contract));
  if (out.contracts.emplace(address, std::move(contract)).second) return {};
  return refuse("contracts names " + key + " twice");
}

Read<void> read_contracts(const Object& file, Genesis& out) {
  if (!file.has("contracts")) return {};
  OL_TRY(const json::value* value, file.get("contracts"));
  if (!value->is_object()) return refuse("contracts must be an object of address to contract");
  for (const auto& member : value->get_object())
    OL_TRY_VOID(read_contract(member.value(), std::string(member.key()), out));
  return {};
}

Read<Genesis> read_genesis(const json::value& root) {
  OL_TRY(const Object file, Object::open(root, "the file",
                                         {"version",
                                          "chain_id",
                                          "chain_name",
                                          "hash",
                                          "profile",
                                          "commit_rule",
                                          "certificate_scheme",
                                          "leaders",
                                          "leader_reputation",
                                          "time_ms",
                                          "pace",
                                          "slots",
                                          "crash_only",
                                          "gas_limit",
                                          "base_fee",
                                          "revision",
                                          "devnet",
                                          "validators",
                                          "verification_vector",
                                          "balances",
                                          "contracts",
                                          "exchange"}));
  OL_TRY(const std::uint64_t version, file.number("version"));
  if (version != kFileVersion) return refuse("version must be 1");
  Genesis out;
  OL_TRY(const std::uint64_t chain_id, file.number("chain_id"));
  out.domain.chain_id = ChainId(chain_id);
  OL_TRY(out.domain.hash, file.choice<crypto::HashAlgorithm>("hash", kHashNames));
  OL_TRY(out.chain_name, file.text("chain_name"));
  OL_TRY(out.profile, file.choice<Profile>("profile", kProfileNames));
  out.commit_rule = default_rule(out.profile);
  if (file.has("commit_rule")) {
    OL_TRY(out.commit_rule, file.choice<CommitRule>("commit_rule", kCommitRuleNames));
  }
  OL_TRY(out.scheme, file.choice<SchemeKind>("certificate_scheme", kSchemeNames));
  // Chains older than these two fields lack them.
  if (file.has("leaders")) {
    OL_TRY(out.leaders, file.choice<LeaderKind>("leaders", kLeaderNames));
  }
  if (file.has("leader_reputation")) {
    OL_TRY(out.leader_reputation, file.boolean("leader_reputation"));
  }
  OL_TRY(const std::uint64_t time_ms, file.number("time_ms"));
  out.time = TimeMs(time_ms);
  OL_TRY(out.pace, read_pace(file));
  if (file.has("slots")) {
    OL_TRY(out.slots, read_slot_params(file));
  }
  if (file.has("crash_only")) {
    OL_TRY(out.crash_only, file.boolean("crash_only"));
  }
  OL_TRY(out.gas_limit, file.number("gas_limit"));
  OL_TRY(out.base_fee, file.amount("base_fee"));
  if (file.has("revision")) {
    OL_TRY(out.revision, file.choice<Revision>("revision", kRevisionNames));
  }
  OL_TRY(out.devnet, file.boolean("devnet"));
  OL_TRY_VOID(read_validators(file, out));
  OL_TRY_VOID(read_verification_vector(file, out));
  OL_TRY_VOID(read_balances(file, out));
  OL_TRY_VOID(read_contracts(file, out));
  if (file.has("exchange")) {
    OL_TRY(const json::value* exchange, file.get("exchange"));
    OL_TRY(out.exchange, read_exchange(*exchange));
  }
  return out;
}

// ---- Writing.

void write_pace(JsonText& out, const PaceParams& pace) {
  out.key("pace");
  out.open('{');
  out.number("timeout_base_ms", pace.timeout_base_ms);
  out.number("timeout_max_ms", pace.timeout_max_ms);
  out.number("min_block_interval_ms", pace.min_block_interval_ms);
  out.number("empty_block_interval_ms", pace.empty_block_interval_ms);
  out.number("timeout_growth_percent", pace.timeout_growth_percent);
  out.close('}');
}

void write_validator(JsonText& out, const Validator& one, const crypto::BlsPossessionProof& proof) {
  out.next();
  out.open('{');
  out.member("name", one.name);
  out.number("weight", one.weight.value());
  out.member("key", to_hex_prefixed(one.key.view()));
  out.member("bls_key", to_hex_prefixed(one.bls_key.to_bytes()));
  out.member("possession_proof", to_hex_prefixed(proof.to_bytes()));
  out.member("network_key", to_hex_prefixed(one.network_key.view()));
  out.member("fee_recipient", to_hex_prefixed(one.fee_recipient.view()));
  out.close('}');
}

void write_contract(JsonText& out, const Address& address, const GenesisContract& contract) {
  out.key(to_hex_prefixed(address.view()));
  out.open('{');
  out.number("nonce", contract.nonce);
  out.member("code", to_hex_prefixed(contract.code));
  out.key("storage");
  out.open('{');
  for (const auto& [slot, value] : contract.storage)
    out.member(to_hex_prefixed(slot.view()), to_hex_prefixed(value.to_big_endian()));
  out.close('}');
  out.close('}');
}

void write_contracts(JsonText& out, const Genesis& genesis) {
  out.key("contracts");
  out.open('{');
  for (const auto& [address, contract] : genesis.contracts)
    write_contract(out, address, contract);
  out.close('}');
}

}  // namespace

std::string name_of(Profile profile) {
  return name_of(profile, kProfileNames);
}

std::string name_of(CommitRule rule) {
  return name_of(rule, kCommitRuleNames);
}

std::string genesis_to_json(const Genesis& genesis) {
  OL_CHECK(genesis.possession_proofs.size() == genesis.validators.size(),
           "every genesis validator has its proof of possession");
  JsonText out;
  out.open('{');
  out.number("version", kFileVersion);
  out.number("chain_id", genesis.domain.chain_id.value());
  out.member("chain_name", genesis.chain_name);
  out.member("hash", name_of(genesis.domain.hash, kHashNames));
  out.member("profile", name_of(genesis.profile, kProfileNames));
  out.member("commit_rule", name_of(genesis.commit_rule, kCommitRuleNames));
  out.member("certificate_scheme", name_of(genesis.scheme, kSchemeNames));
  out.member("leaders", name_of(genesis.leaders, kLeaderNames));
  out.boolean("leader_reputation", genesis.leader_reputation);
  out.number("time_ms", genesis.time.value());
  write_pace(out, genesis.pace);
  if (genesis.slots) {
    out.key("slots");
    out.open('{');
    out.number("slot_ms", genesis.slots->slot_ms);
    out.number("phase_ms", genesis.slots->phase_ms);
    out.close('}');
  }
  out.boolean("crash_only", genesis.crash_only);
  out.number("gas_limit", genesis.gas_limit);
  out.member("base_fee", genesis.base_fee.to_decimal());
  out.member("revision", name_of(genesis.revision, kRevisionNames));
  out.boolean("devnet", genesis.devnet);
  out.key("validators");
  out.open('[');
  for (std::size_t i = 0; i < genesis.validators.size(); ++i) {
    write_validator(out, genesis.validators[i], genesis.possession_proofs[i]);
  }
  out.close(']');
  out.key("verification_vector");
  out.open('[');
  for (const auto& point : genesis.verification_vector) {
    out.next();
    out.string(to_hex_prefixed(point.to_bytes()));
  }
  out.close(']');
  out.key("balances");
  out.open('{');
  for (const auto& [address, wei] : genesis.balances) {
    out.member(to_hex_prefixed(address.view()), wei.to_decimal());
  }
  out.close('}');
  if (!genesis.contracts.empty()) write_contracts(out, genesis);
  if (genesis.exchange) write_exchange(out, *genesis.exchange);
  out.close('}');
  return out.take();
}

Result<Genesis, GenesisError> genesis_from_json(std::string_view text) {
  if (text.size() > kGenesisBytesMax) {
    return refuse("the file is larger than " + std::to_string(kGenesisBytesMax) + " bytes");
  }
  if (const auto twice = find_duplicate_key(text)) {
    return refuse("the key \"" + *twice + "\" appears twice in one object");
  }
  boost::system::error_code error;
  const json::value root = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return refuse("not JSON: " + error.message());
  OL_TRY(Genesis out, read_genesis(root));
  OL_TRY_VOID(check_genesis(out));
  return out;
}

}  // namespace ol::primitives
