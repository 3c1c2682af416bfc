#include "statetest_load.hpp"

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/state/state_root.hpp>

#include "command.hpp"

namespace ol::app {
namespace {

using simdjson::dom::element;

/// Hex in a string, as fixtures have it, or decimal as some other tests do.
U256 load_number(element value) {
  if (value.is_uint64()) return value.get_uint64().value();
  std::string_view text = value.get_string();
  if (!text.starts_with("0x")) {
    const auto number = U256::from_decimal(text);
    if (!number) throw Unrepresentable{};
    return *number;
  }
  text.remove_prefix(2);
  while (text.size() > 1 && text.front() == '0')
    text.remove_prefix(1);
  if (text.empty()) return {};
  const auto number = U256::from_hex(text);
  if (!number) throw Unrepresentable{};
  return *number;
}

U256 number_or(element object, std::string_view key, const U256& otherwise) {
  element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return otherwise;
  return load_number(value);
}

std::uint64_t load_u64(element value) {
  const U256 number = load_number(value);
  if (!number.fits_u64()) throw Unrepresentable{};
  return number.low64();
}

Bytes load_bytes(element value) {
  auto bytes = from_hex(std::string_view(value.get_string()));
  if (!bytes) throw CommandError("a state test holds bytes that are not hex");
  return std::move(*bytes);
}

Address load_address(element value) {
  const auto address = fixed_from_hex<Address>(std::string_view(value.get_string()));
  if (!address) throw CommandError("a state test holds an address of the wrong size");
  return *address;
}

/// What is null is not there.
bool has(element object, std::string_view key) {
  element found;
  return object[key].get(found) == simdjson::SUCCESS && !found.is_null();
}

/// Older tests name the key and not whose it is.
Address load_sender(element txn) {
  if (has(txn, "sender")) return load_address(required(txn, "sender"));
  const auto key = crypto::Secp256k1SecretKey::from_bytes(load_bytes(required(txn, "secretKey")));
  if (!key) throw CommandError("a state test has neither a sender nor a key");
  return key->address();
}

/// Gas beyond 64 bits is beyond every block.
std::uint64_t load_gas(element value) {
  return load_u64(value);
}

void load_access_list(element list, LoadedTxn& out) {
  if (list.is_null()) return;
  for (const element item : list.get_array()) {
    primitives::AccessListEntry entry;
    entry.address = load_address(required(item, "address"));
    for (const element key : required(item, "storageKeys").get_array())
      entry.storage_keys.push_back(load_number(key).to_fixed<Hash256>());
    out.access_list.push_back(std::move(entry));
  }
}

evm::Authorization load_authorization(element item) {
  evm::Authorization out;
  out.chain_id = load_number(required(item, "chainId"));
  out.address = load_address(required(item, "address"));
  out.nonce = load_u64(required(item, "nonce"));
  out.y_parity =
      load_number(has(item, "yParity") ? required(item, "yParity") : required(item, "v"));
  out.r = load_number(required(item, "r"));
  out.s = load_number(required(item, "s"));
  return out;
}

void load_fees(element txn, evm::TxnRequest& request) {
  if (has(txn, "maxFeePerGas")) {
    request.kind = evm::TxnKind::DynamicFee;
    request.max_fee_per_gas = load_number(required(txn, "maxFeePerGas"));
    request.max_priority_fee_per_gas = number_or(txn, "maxPriorityFeePerGas", {});
  } else {
    request.max_fee_per_gas = load_number(required(txn, "gasPrice"));
    request.max_priority_fee_per_gas = request.max_fee_per_gas;
  }
}

void load_typed_fields(element txn, std::size_t data_index, LoadedTxn& out) {
  element lists;
  if (txn["accessLists"].get(lists) == simdjson::SUCCESS) {
    element list;
    if (lists.at(data_index).get(list) == simdjson::SUCCESS && !list.is_null()) {
      if (out.request.kind == evm::TxnKind::Legacy) out.request.kind = evm::TxnKind::AccessList;
      load_access_list(list, out);
    }
  }
  if (has(txn, "maxFeePerBlobGas") || has(txn, "blobVersionedHashes")) {
    out.request.kind = evm::TxnKind::Blob;
    out.request.max_fee_per_blob_gas = number_or(txn, "maxFeePerBlobGas", {});
    if (has(txn, "blobVersionedHashes")) {
      for (const element hash : required(txn, "blobVersionedHashes").get_array())
        out.blob_hashes.push_back(load_hash(hash));
    }
  }
  if (has(txn, "authorizationList")) {
    out.request.kind = evm::TxnKind::SetCode;
    for (const element item : required(txn, "authorizationList").get_array())
      out.authorizations.push_back(load_authorization(item));
  }
}

}  // namespace

std::optional<evm::Revision> fork_revision(std::string_view name) {
  if (name == "Merge") return evm::Revision::Paris;
  if (name == "EIP150") return evm::Revision::TangerineWhistle;
  if (name == "EIP158") return evm::Revision::SpuriousDragon;
  if (name == "ConstantinopleFix") return evm::Revision::Petersburg;
  // Forks that only delayed the difficulty.
  if (name == "MuirGlacier") return evm::Revision::Istanbul;
  if (name == "ArrowGlacier" || name == "GrayGlacier") return evm::Revision::London;
  for (std::size_t i = 0; i < evm::kRevisions; ++i) {
    const auto revision = static_cast<evm::Revision>(i);
    if (name == evm::describe(revision)) return revision;
  }
  return std::nullopt;
}

evm::Revision named_fork(const std::string& name) {
  if (const auto revision = fork_revision(name)) return *revision;
  std::string known;
  for (std::size_t i = 0; i < evm::kRevisions; ++i)
    known += (i == 0 ? "" : ", ") + std::string(evm::describe(static_cast<evm::Revision>(i)));
  throw CommandError(name + " is no fork this node knows; there are " + known);
}

element required(element object, const char* key) {
  element value;
  if (object[key].get(value) != simdjson::SUCCESS)
    throw CommandError("the test has no field " + std::string(key));
  return value;
}

Hash256 load_hash(element value) {
  const auto hash = fixed_from_hex<Hash256>(std::string_view(value.get_string()));
  if (!hash) throw CommandError("a state test holds a hash of the wrong size");
  return *hash;
}

void load_pre_state(element pre, PreState& out) {
  state::StateDiff diff;
  for (const auto& [key, fields] : pre.get_object()) {
    const auto address = fixed_from_hex<Address>(key);
    if (!address) throw CommandError("a state test names an account of the wrong size");
    state::Account account;
    account.balance = load_number(required(fields, "balance"));
    account.nonce = load_u64(required(fields, "nonce"));
    Bytes code = load_bytes(required(fields, "code"));
    if (!code.empty()) {
      account.code_hash = crypto::keccak256(code);
      diff.code.emplace(account.code_hash, std::make_shared<const Bytes>(std::move(code)));
    }
    diff.accounts.emplace(*address, account);
    for (const auto& [slot, value] : required(fields, "storage").get_object()) {
      const auto number = U256::from_hex(slot);
      if (!number) throw CommandError("a state test names a slot that is no number");
      const U256 word = load_number(value);
      if (!word.is_zero()) diff.storage[{*address, number->to_fixed<Hash256>()}] = word;
    }
  }
  const auto root = state::update_state_root(out.state, out.state, state::kEmptyTrieRoot, diff);
  if (!root) throw CommandError("the state before a test has no root");
  out.root = *root;
  out.state.apply(diff);
}

evm::BlockEnv load_block(element test, evm::Revision revision) {
  const element env = required(test, "env");
  evm::BlockEnv block;
  block.number = load_u64(required(env, "currentNumber"));
  block.timestamp = load_u64(required(env, "currentTimestamp"));
  // Some tests state a block gas limit beyond 64 bits, which limits nothing.
  const U256 gas_limit = load_number(required(env, "currentGasLimit"));
  block.gas_limit = gas_limit.fits_u64() ? gas_limit.low64() : UINT64_MAX;
  block.coinbase = load_address(required(env, "currentCoinbase"));
  // What geth and retesteth take where a test says nothing.
  constexpr U256 kBaseFee{10};
  if (revision >= evm::Revision::London)
    block.base_fee = number_or(env, "currentBaseFee", kBaseFee);
  block.prev_randao =
      number_or(env, revision >= evm::Revision::Paris ? "currentRandom" : "currentDifficulty", {});
  element config;
  const bool configured = test["config"].get(config) == simdjson::SUCCESS;
  if (configured) block.chain_id = number_or(config, "chainid", 1).low64();
  if (revision < evm::Revision::Cancun) return block;
  evm::BlobSchedule blobs;  // Cancun's
  if (revision >= evm::Revision::Prague) blobs = {6, 9, 5'007'716};
  element schedule;
  if (configured &&
      config["blobSchedule"][evm::describe(revision)].get(schedule) == simdjson::SUCCESS) {
    blobs.max = load_u64(required(schedule, "max"));
    blobs.base_fee_update_fraction = load_u64(required(schedule, "baseFeeUpdateFraction"));
  }
  block.blobs_max = blobs.max;
  block.blob_base_fee = evm::blob_base_fee(number_or(env, "currentExcessBlobGas", {}).low64(),
                                           blobs.base_fee_update_fraction);
  return block;
}

void load_txn(element txn, element indexes, LoadedTxn& out) {
  evm::TxnRequest& request = out.request;
  const auto data_index = std::size_t{required(indexes, "data").get_uint64()};
  request.sender = load_sender(txn);
  request.nonce = load_u64(required(txn, "nonce"));
  load_fees(txn, request);
  request.gas_limit =
      load_gas(required(txn, "gasLimit").at(std::size_t{required(indexes, "gas").get_uint64()}));
  request.value =
      load_number(required(txn, "value").at(std::size_t{required(indexes, "value").get_uint64()}));
  if (has(txn, "to")) {
    const std::string_view to = required(txn, "to").get_string();
    if (!to.empty() && to != "0x") request.to = load_address(required(txn, "to"));
  }
  out.data = load_bytes(required(txn, "data").at(data_index));
  load_typed_fields(txn, data_index, out);
  request.data = out.data;
  request.access_list = out.access_list;
  request.blob_hashes = out.blob_hashes;
  request.authorizations = out.authorizations;
}

}  // namespace ol::app
