#include "state_file.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/primitives/address_text.hpp>
#include <ol/state/state_root.hpp>

#include "command.hpp"
#include "genesis_config.hpp"
#include "json_number.hpp"

namespace ol::app {
namespace {

using simdjson::dom::element;

/// The number in `object[key]`, zero if there is none.
U256 number_in(element object, const char* key) {
  element value;
  return object[key].get(value) == simdjson::SUCCESS ? json_number(value, key) : U256{};
}

std::uint64_t u64_in(element object, const char* key) {
  const U256 number = number_in(object, key);
  if (!number.fits_u64()) throw CommandError(std::string(key) + " in the prestate is too large");
  return number.low64();
}

Hash256 word_of(std::string_view text) {
  // Genesis files leave out leading zeros or have all of them.
  const auto word = U256::from_hex(text);
  if (!word) throw CommandError("a slot in the prestate is no number");
  return word->to_fixed<Hash256>();
}

void load_account(const Address& address, element fields, state::StateDiff& diff) {
  state::Account account;
  account.balance = number_in(fields, "balance");
  account.nonce = u64_in(fields, "nonce");
  std::string_view text;
  if (fields["code"].get(text) == simdjson::SUCCESS) {
    auto code = from_hex(text);
    if (!code) throw CommandError("code in the prestate is not hex");
    if (!code->empty()) {
      account.code_hash = crypto::keccak256(*code);
      diff.code.emplace(account.code_hash, std::make_shared<const Bytes>(*std::move(code)));
    }
  }
  diff.accounts.emplace(address, account);
  simdjson::dom::object storage;
  if (fields["storage"].get(storage) != simdjson::SUCCESS) return;
  for (const auto& [slot, value] : storage) {
    std::string_view word;
    if (value.get(word) != simdjson::SUCCESS)
      throw CommandError("a slot's value in the prestate is no string");
    const U256 number = U256::from_fixed(word_of(word));
    if (!number.is_zero()) diff.storage[{address, word_of(slot)}] = number;
  }
}

/// The slots of an account, one to a line.
std::string dump_of_slots(const state::MemoryState& state, const Address& address) {
  std::string out;
  for (auto at = state.slots().lower_bound({address, Hash256{}});
       at != state.slots().end() && at->first.address == address; ++at) {
    if (at->second.is_zero()) continue;
    out += out.empty() ? "\n" : ",\n";
    out += "                \"" + to_hex_prefixed(at->first.slot.view()) + "\": \"" +
           to_hex(at->second.to_minimal_big_endian()) + '"';
  }
  return out;
}

std::string dump_of_account(const state::MemoryState& state, const Address& address,
                            const state::Account& account) {
  const auto field = [](const char* name, const std::string& value) {
    return std::string("            \"") + name + "\": " + value + ",\n";
  };
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  std::string out = "        " + quoted(primitives::checksum_text(address)) + ": {\n";
  out += field("balance", quoted(account.balance.to_decimal()));
  out += field("nonce", std::to_string(account.nonce));
  out += field("root", quoted(to_hex_prefixed(account.storage_root.view())));
  out += field("codeHash", quoted(to_hex_prefixed(account.code_hash.view())));
  if (account.code_hash != state::kEmptyCodeHash) {
    out += field("code", quoted(to_hex_prefixed(*state.code(account.code_hash).value())));
  }
  const std::string slots = dump_of_slots(state, address);
  if (!slots.empty()) out += field("storage", '{' + slots + "\n            }");
  out += field("address", quoted(to_hex_prefixed(address.view())));
  const std::string key = to_hex_prefixed(crypto::keccak256(address.view()).view());
  return out + "            \"key\": " + quoted(key) + "\n        }";
}

}  // namespace

U256 json_number(element value, const char* what) {
  if (value.is_uint64()) return value.get_uint64().value();
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    const auto number = text.starts_with("0x") ? U256::from_hex(text) : U256::from_decimal(text);
    if (number) return *number;
  }
  throw CommandError(std::string(what) + " in the prestate is no number");
}

std::optional<evm::Revision> load_genesis_state(const std::string& path, RootedState& out,
                                                evm::BlockEnv& block) {
  simdjson::dom::parser parser;
  element file;
  if (parser.load(path).get(file) != simdjson::SUCCESS)
    throw CommandError(path + " cannot be read or is not JSON");
  simdjson::dom::object alloc;
  if (file["alloc"].get(alloc) != simdjson::SUCCESS)
    throw CommandError(path + " has no alloc, as a genesis file of geth has");
  state::StateDiff diff;
  for (const auto& [name, fields] : alloc) {
    const auto address = fixed_from_hex<Address>(name);
    if (!address) throw CommandError(std::string(name) + " in the prestate is no address");
    load_account(*address, fields, diff);
  }
  apply_diff(std::move(diff), out);
  block.number = u64_in(file, "number");
  block.timestamp = u64_in(file, "timestamp");
  block.base_fee = number_in(file, "baseFeePerGas");
  if (const std::uint64_t limit = u64_in(file, "gasLimit"); limit != 0) block.gas_limit = limit;
  std::string_view coinbase;
  if (file["coinbase"].get(coinbase) == simdjson::SUCCESS) {
    const auto address = fixed_from_hex<Address>(coinbase);
    if (!address) throw CommandError("coinbase in the prestate is no address");
    block.coinbase = *address;
  }
  element config;
  if (file["config"].get(config) != simdjson::SUCCESS || config.is_null()) return std::nullopt;
  if (!config.is_object()) throw CommandError("config in the prestate is no object");
  if (element id; config["chainId"].get(id) == simdjson::SUCCESS)
    block.chain_id = u64_in(config, "chainId");
  return configured_revision(config, {block.number, block.timestamp, u64_in(file, "difficulty")});
}

void apply_diff(state::StateDiff diff, RootedState& out) {
  const auto root = state::update_state_root(out.state, out.state, out.root, diff);
  if (!root) throw CommandError("the state has no root");
  out.root = *root;
  out.state.apply(diff);
}

std::string dump_of(const RootedState& state) {
  std::string accounts;
  for (const auto& [address, account] : state.state.accounts()) {
    accounts += accounts.empty() ? "\n" : ",\n";
    accounts += dump_of_account(state.state, address, account);
  }
  return "{\n    \"root\": \"" + to_hex(state.root.view()) + "\",\n    \"accounts\": {" + accounts +
         (accounts.empty() ? "}\n}" : "\n    }\n}");
}

}  // namespace ol::app
