// Changes of the validator set, and proofs of those that were: docs/adr/0013-epochs.md.
#include <boost/json/serialize.hpp>
#include <iostream>
#include <sstream>

#include <ol/base/hex.hpp>
#include <ol/consensus/hand_over.hpp>
#include <ol/primitives/set_change.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "home.hpp"
#include "rpc_client.hpp"
#include "send_transaction.hpp"

namespace ol::app {
namespace {

using consensus::EpochSetting;
using primitives::Epoch;
using primitives::SetChange;
using primitives::ValidatorIndex;

/// Gas for the data of a change and for carrying it; what is not used is not paid.
constexpr std::uint64_t kChangeGasPerByte = 40;
constexpr std::uint64_t kChangeGas = 100'000;

struct Flags {
  std::string genesis = "genesis.json";
  std::string next;
  std::string file;
  std::string home = ".openliquid";
  std::string url = "http://127.0.0.1:8545";
  std::string key;
  std::string keyfile;
  std::string passphrase_file;
};

Bytes bytes_of(const boost::json::value& value) {
  const auto bytes = from_hex(std::string(value.as_string()));
  if (!bytes) throw CommandError("the node's answer is not hexadecimal");
  return *bytes;
}

std::string hex_quantity(std::uint64_t number) {
  std::ostringstream out;
  out << "0x" << std::hex << number;
  return out.str();
}

void print(const EpochSetting& setting) {
  std::cout << "epoch " << setting.set.epoch().value() << ": " << setting.set.size()
            << " validators, set " << to_hex_prefixed(setting.set_hash.view()) << '\n';
}

/// Walks from genesis to the present epoch by proofs that any node may serve: none is believed.
std::unique_ptr<EpochSetting> present_setting(const Flags& flags, bool tell) {
  auto setting = std::make_unique<EpochSetting>(read_genesis(flags.genesis), Epoch(0));
  if (tell) print(*setting);
  while (true) {
    const std::uint64_t epoch = setting->set.epoch().value();
    const auto proofs = rpc_call(flags.url, "ol_epochChain", "[\"" + hex_quantity(epoch) + "\"]");
    if (proofs.as_array().empty()) return setting;
    for (const auto& proof : proofs.as_array()) {
      const auto decoded = consensus::decode_hand_over(bytes_of(proof));
      if (!decoded) throw CommandError("the proof of an epoch's end does not decode");
      auto opening = verify_hand_over(*setting, *decoded);
      if (!opening) {
        throw CommandError("epoch " + std::to_string(setting->set.epoch().value()) +
                           ": the proof of its end is refused: " + describe(opening.error()));
      }
      setting = std::move(opening->next);
      if (tell) print(*setting);
    }
  }
}

void verify(const Flags& flags) {
  const auto setting = present_setting(flags, true);
  const auto said = rpc_call(flags.url, "ol_validators");
  const std::string hash(said.at("setHash").as_string());
  if (hash != to_hex_prefixed(setting->set_hash.view()))
    throw CommandError("the node says that its set is " + hash + ", which nothing proves");
  std::cout << "proven from genesis to the node's present set\n";
}

SetChange read_change(const std::string& file) {
  std::string text = read_text(file);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  const auto bytes = from_hex(text);
  auto change = bytes ? primitives::decode_set_change(*bytes)
                      : Result<SetChange, DecodeError>(fail(DecodeError::BadValue));
  if (!change) throw CommandError(file + " does not hold a change of the set");
  return *std::move(change);
}

void write_change(const std::string& file, const SetChange& change) {
  Writer out;
  encode(out, change);
  std::filesystem::remove(file);
  write_new_text(file, to_hex_prefixed(out.bytes()) + "\n");
}

void propose(const Flags& flags) {
  const auto setting = present_setting(flags, false);
  const auto next = read_genesis(flags.next);
  if (next.scheme != setting->genesis.scheme)
    throw CommandError(flags.next + " has another certificate_scheme than the chain");
  SetChange change{.epoch = setting->set.epoch().next(),
                   .replaces = setting->set_hash,
                   .members = primitives::encode_members(next),
                   .signatures = {}};
  Writer out;
  encode(out, change);
  write_new_text(flags.file, to_hex_prefixed(out.bytes()) + "\n");
  std::cout << "written to " << flags.file << ": " << next.validators.size()
            << " validators for epoch " << change.epoch.value()
            << "; validators of the present set sign it with: openliquid validators sign\n";
}

std::uint64_t weight_of(const EpochSetting& setting, const SetChange& change) {
  std::uint64_t weight = 0;
  for (const auto& signature : change.signatures) {
    if (const auto* signer = setting.set.find(signature.validator))
      weight += signer->weight.value();
  }
  return weight;
}

void sign(const Flags& flags) {
  const auto setting = present_setting(flags, false);
  SetChange change = read_change(flags.file);
  PassphraseSource passphrase(flags.passphrase_file);
  const auto key = crypto::Ed25519SecretKey::from_seed(
      read_key(Home{flags.home}.validator_key(), crypto::KeyKind::Ed25519, passphrase));
  std::optional<ValidatorIndex> self;
  for (std::uint32_t i = 0; i < setting->set.size(); ++i) {
    if (setting->set.find(ValidatorIndex(i))->key == key.public_key()) self = ValidatorIndex(i);
  }
  if (!self) throw CommandError("the key of " + flags.home + " is not in the present set");
  std::erase_if(change.signatures, [&](const auto& one) { return one.validator == *self; });
  const Hash256 digest = set_change_digest(setting->genesis.domain, change);
  change.signatures.push_back({*self, key.sign(digest.view())});
  std::sort(change.signatures.begin(), change.signatures.end(),
            [](const auto& a, const auto& b) { return a.validator < b.validator; });
  const bool enough = setting->set.is_quorum(weight_of(*setting, change));
  if (enough) {
    const auto sound = apply_set_change(setting->genesis, setting->set, change);
    if (!sound)
      throw CommandError("the change is refused: " + std::string(describe(sound.error())));
  }
  write_change(flags.file, change);
  std::cout << "signed by " << change.signatures.size() << " validators, "
            << (enough ? "a quorum: submit it with: openliquid validators submit"
                       : "not a quorum yet")
            << '\n';
}

primitives::Transaction build(const Flags& flags, const Address& sender) {
  primitives::Transaction txn = draft_transaction(flags.url, sender);
  Writer data;
  encode(data, read_change(flags.file));
  txn.data = data.take();
  txn.gas_limit = kChangeGas + kChangeGasPerByte * txn.data.size();
  txn.to = primitives::set_change_address();
  return txn;
}

void submit(const Flags& flags) {
  const auto setting = present_setting(flags, false);
  const auto sound = apply_set_change(setting->genesis, setting->set, read_change(flags.file));
  if (!sound) throw CommandError("the change is refused: " + std::string(describe(sound.error())));
  PassphraseSource passphrase(flags.passphrase_file);
  const auto key = account_key(flags.key, flags.keyfile, passphrase);
  static_cast<void>(send_transaction(flags.url, build(flags, key.address()), key));
  const std::uint64_t wanted = setting->set.epoch().value() + 1;
  const bool begun = wait_until_final([&] {
    const auto present =
        rpc_call(flags.url, "ol_validators").at("epoch").to_number<std::uint64_t>();
    if (present < wanted) return false;
    std::cout << "epoch " << present << " has begun\n";
    return true;
  });
  if (!begun)
    throw CommandError(
        "the next epoch has not begun after 60 s; see: openliquid validators verify");
}

}  // namespace

void add_validators(CLI::App& app) {
  auto* group =
      app.add_subcommand("validators", "Change the validator set, and prove who is in it");
  group->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* verified = group->add_subcommand("verify", "Prove the present set from genesis");
  auto* proposed = group->add_subcommand("propose", "Write a change that nobody signed yet");
  auto* signs = group->add_subcommand("sign", "Add this validator's signature to a change");
  auto* submitted = group->add_subcommand("submit", "Send a signed change and wait for its epoch");
  for (auto* command : {verified, proposed, signs, submitted}) {
    command->add_option("--genesis", flags->genesis, "The chain's genesis")->capture_default_str();
    command->add_option("--rpc", flags->url, "The node's JSON-RPC address")->capture_default_str();
  }
  for (auto* command : {proposed, signs, submitted})
    command->add_option("--file", flags->file, "The change")->required();
  proposed->add_option("--next", flags->next, "A genesis file with the next validators")
      ->required();
  signs->add_option("--home", flags->home, "The validator's home")->capture_default_str();
  submitted->add_option("--key", flags->key, "The paying account's secret key in hex");
  submitted->add_option("--keyfile", flags->keyfile, "The paying account's key file");
  for (auto* command : {signs, submitted})
    command->add_option("--passphrase-file", flags->passphrase_file, "Opens encrypted keys");
  verified->callback([flags] { verify(*flags); });
  proposed->callback([flags] { propose(*flags); });
  signs->callback([flags] { sign(*flags); });
  submitted->callback([flags] { submit(*flags); });
}

}  // namespace ol::app
