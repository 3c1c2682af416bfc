#include "call_request.hpp"

#include "json_fields.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// The array member `key`, or nothing.
Result<std::optional<array>, PhraseError> read_list(const object& json, std::string_view key) {
  const auto found = find_member(json, key);
  if (!found) return std::nullopt;
  array list;
  if (found->get(list) != simdjson::SUCCESS) return fail(std::string(key) + " is not an array");
  return std::optional(list);
}

Result<std::vector<Hash256>, PhraseError> read_words(const array& list, std::string_view what) {
  std::vector<Hash256> words;
  for (const element item : list) {
    OL_TRY(const std::string_view text, read_string(item, what));
    OL_TRY(const Hash256 word, read_word(text));
    words.push_back(word);
  }
  return words;
}

Result<std::vector<Hash256>, PhraseError> read_keys(const object& entry) {
  OL_TRY(const auto list, read_list(entry, "storageKeys"));
  if (!list) return std::vector<Hash256>{};
  return read_words(*list, "a storage key");
}

Result<std::vector<primitives::AccessListEntry>, PhraseError> read_access_list(const object& json) {
  std::vector<primitives::AccessListEntry> entries;
  OL_TRY(const auto list, read_list(json, "accessList"));
  if (!list) return entries;
  for (const element item : *list) {
    object fields;
    if (item.get(fields) != simdjson::SUCCESS) {
      return fail(PhraseError("accessList: an entry is not an object"));
    }
    OL_TRY(const auto address, read_field<Address>(fields, "address", read_address));
    if (!address) return fail(PhraseError("accessList: an entry has no address"));
    auto keys = read_keys(fields);
    if (!keys) return fail("accessList: " + keys.error());
    entries.push_back({*address, *std::move(keys)});
  }
  return entries;
}

/// EIP-7702, as execution-apis writes an authorisation.
Result<primitives::Authorization, PhraseError> read_authorization(const object& json) {
  primitives::Authorization out;
  OL_TRY(const auto chain_id, read_field<U256>(json, "chainId", read_quantity256));
  OL_TRY(const auto address, read_field<Address>(json, "address", read_address));
  OL_TRY(const auto nonce, read_field<std::uint64_t>(json, "nonce", read_quantity));
  OL_TRY(auto parity, read_field<U256>(json, "yParity", read_quantity256));
  if (!parity) {
    OL_TRY(parity, read_field<U256>(json, "v", read_quantity256));
  }
  OL_TRY(const auto r, read_field<U256>(json, "r", read_quantity256));
  OL_TRY(const auto s, read_field<U256>(json, "s", read_quantity256));
  if (!address) return fail(PhraseError("an entry has no address"));
  out.chain_id = chain_id.value_or(U256{});
  out.address = *address;
  out.nonce = nonce.value_or(0);
  out.y_parity = parity.value_or(U256{});
  out.r = r.value_or(U256{});
  out.s = s.value_or(U256{});
  return out;
}

Result<std::vector<primitives::Authorization>, PhraseError> read_authorizations(
    const object& json) {
  std::vector<primitives::Authorization> out;
  OL_TRY(const auto list, read_list(json, "authorizationList"));
  if (!list) return out;
  for (const element item : *list) {
    object fields;
    if (item.get(fields) != simdjson::SUCCESS) {
      return fail(PhraseError("authorizationList: an entry is not an object"));
    }
    auto entry = read_authorization(fields);
    if (!entry) return fail("authorizationList: " + entry.error());
    out.push_back(*std::move(entry));
  }
  return out;
}

/// EIP-4844.
Result<void, PhraseError> read_blobs(const object& json, CallRequest& call) {
  OL_TRY(call.max_fee_per_blob_gas, read_field<U256>(json, "maxFeePerBlobGas", read_quantity256));
  OL_TRY(const auto list, read_list(json, "blobVersionedHashes"));
  if (!list) return {};
  auto hashes = read_words(*list, "a hash");
  if (!hashes) return fail("blobVersionedHashes: " + hashes.error());
  call.blob_hashes = *std::move(hashes);
  return {};
}

// `data` is the old name of `input`; both may be given if they agree.
Result<Bytes, PhraseError> read_input(const object& json) {
  OL_TRY(auto input, read_field<Bytes>(json, "input", read_data));
  OL_TRY(auto old_name, read_field<Bytes>(json, "data", read_data));
  if (input && old_name && *input != *old_name) {
    return fail(PhraseError("both \"data\" and \"input\" are set and not equal"));
  }
  if (input) return *std::move(input);
  return old_name ? *std::move(old_name) : Bytes{};
}

Result<void, PhraseError> read_fees(const object& json, CallRequest& call) {
  OL_TRY(const auto price, read_field<U256>(json, "gasPrice", read_quantity256));
  OL_TRY(const auto cap, read_field<U256>(json, "maxFeePerGas", read_quantity256));
  OL_TRY(const auto tip, read_field<U256>(json, "maxPriorityFeePerGas", read_quantity256));
  if (price && (cap || tip)) {
    return fail(PhraseError("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
  }
  call.has_gas_price = price.has_value();
  call.max_fee_per_gas = price.value_or(cap.value_or(U256{}));
  call.max_priority_fee_per_gas = price ? *price : tip.value_or(U256{});
  return {};
}

}  // namespace

Result<CallRequest, PhraseError> read_call(const object& json) {
  CallRequest call;
  OL_TRY(const auto from, read_field<Address>(json, "from", read_address));
  call.from = from.value_or(Address{});
  OL_TRY(call.to, read_field<Address>(json, "to", read_address));
  OL_TRY(call.gas, read_field<std::uint64_t>(json, "gas", read_quantity));
  OL_TRY(call.nonce, read_field<std::uint64_t>(json, "nonce", read_quantity));
  OL_TRY(const auto value, read_field<U256>(json, "value", read_quantity256));
  call.value = value.value_or(U256{});
  OL_TRY(call.data, read_input(json));
  OL_TRY(call.access_list, read_access_list(json));
  OL_TRY(call.authorizations, read_authorizations(json));
  OL_TRY_VOID(read_fees(json, call));
  OL_TRY_VOID(read_blobs(json, call));
  return call;
}

namespace {

using Slots = std::map<Hash256, Hash256>;

Result<std::optional<Slots>, PhraseError> read_slots(const object& json, std::string_view key) {
  OL_TRY(const auto fields, read_object_field(json, key));
  if (!fields) return std::nullopt;
  Slots out;
  for (const auto [slot_text, value] : *fields) {
    OL_TRY(const Hash256 slot, read_word(slot_text));
    OL_TRY(const std::string_view text, read_string(value, "a word"));
    OL_TRY(out[slot], read_word(text));
  }
  return std::optional(std::move(out));
}

Result<AccountOverride, PhraseError> read_account_override(const object& json) {
  AccountOverride out;
  OL_TRY(out.nonce, read_field<std::uint64_t>(json, "nonce", read_quantity));
  OL_TRY(out.balance, read_field<U256>(json, "balance", read_quantity256));
  OL_TRY(out.code, read_field<Bytes>(json, "code", read_data));
  OL_TRY(out.state, read_slots(json, "state"));
  OL_TRY(out.state_diff, read_slots(json, "stateDiff"));
  OL_TRY(out.move_precompile_to,
         read_field<Address>(json, "movePrecompileToAddress", read_address));
  if (out.state && out.state_diff) return fail(PhraseError("has both 'state' and 'stateDiff'"));
  return out;
}

}  // namespace

Result<StateOverrides, PhraseError> read_state_overrides(const object& json) {
  StateOverrides out;
  for (const auto [key, value] : json) {
    OL_TRY(const Address address, read_address(key));
    object fields;
    if (value.get(fields) != simdjson::SUCCESS) return fail(PhraseError("want an object"));
    auto account = read_account_override(fields);
    if (!account) return fail("account " + std::string(key) + ": " + account.error());
    out.insert_or_assign(address, *std::move(account));
  }
  return out;
}

namespace {

/// Some fields had other names in earlier versions of geth.
template <typename T, typename Read>
Field<T> read_either(const object& json, std::string_view key, std::string_view old_key,
                     Read reader) {
  OL_TRY(auto value, read_field<T>(json, key, reader));
  return value ? Field<T>(std::move(value)) : read_field<T>(json, old_key, reader);
}

}  // namespace

Result<BlockOverrides, PhraseError> read_block_overrides(const object& json) {
  BlockOverrides out;
  OL_TRY(out.number, read_field<std::uint64_t>(json, "number", read_quantity));
  OL_TRY(out.time, read_either<std::uint64_t>(json, "time", "timestamp", read_quantity));
  OL_TRY(out.gas_limit, read_field<std::uint64_t>(json, "gasLimit", read_quantity));
  OL_TRY(out.fee_recipient, read_either<Address>(json, "feeRecipient", "coinbase", read_address));
  OL_TRY(out.prev_randao, read_either<Hash256>(json, "prevRandao", "random", read_word));
  OL_TRY(out.base_fee, read_either<U256>(json, "baseFeePerGas", "baseFee", read_quantity256));
  OL_TRY(out.blob_base_fee, read_field<U256>(json, "blobBaseFee", read_quantity256));
  return out;
}

namespace {

/// Argument `i` as an object; nothing if it was not given.
Result<std::optional<object>, RpcError> object_param(const Params& params, std::size_t i) {
  const auto json = find_argument(params, i);
  if (!json) return std::nullopt;
  object fields;
  if (json->get(fields) != simdjson::SUCCESS) return bad_argument(i, "want an object");
  return std::optional(fields);
}

}  // namespace

Result<Hash256, PhraseError> read_slot(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) {
    return fail(PhraseError("hex string without 0x prefix"));
  }
  const std::string_view digits = text.substr(2);
  if (digits.size() > 64) return fail(PhraseError("storage key longer than 32 bytes"));
  if (digits.empty()) return Hash256{};
  const auto slot = U256::from_hex(digits);
  if (!slot || digits.find_first_of("xX") != std::string_view::npos) {
    return fail(PhraseError("invalid hex string"));
  }
  return slot->to_fixed<Hash256>();
}

Result<void, RpcError> check_chain(const object& json, std::size_t i, std::uint64_t chain_id) {
  const auto asked = read_field<U256>(json, "chainId", read_quantity256);
  if (!asked) return bad_argument(i, asked.error());
  if (!*asked || **asked == U256{chain_id}) return {};
  return refuse("chainId does not match node's (have=" + (*asked)->to_decimal() +
                ", want=" + std::to_string(chain_id) + ")");
}

Result<CallRequest, RpcError> call_request_param(const Params& params, std::size_t i,
                                                 std::uint64_t chain_id) {
  OL_TRY(const element json, argument(params, i));
  object fields;
  if (json.get(fields) != simdjson::SUCCESS) return bad_argument(i, "want a transaction object");
  OL_TRY_VOID(check_chain(fields, i, chain_id));
  auto call = read_call(fields);
  if (!call) return bad_argument(i, call.error());
  return *std::move(call);
}

Result<StateOverrides, RpcError> state_overrides_of(const object& json, std::size_t i) {
  auto overrides = read_state_overrides(json);
  if (!overrides) return bad_argument(i, overrides.error());
  return *std::move(overrides);
}

Result<void, RpcError> override_params(const Params& params, std::size_t i, CallSetting& setting) {
  OL_TRY(const auto state, object_param(params, i));
  OL_TRY(const auto block, object_param(params, i + 1));
  if (state) {
    OL_TRY(setting.state, state_overrides_of(*state, i));
  }
  if (block) {
    OL_TRY(setting.block, block_overrides_of(*block, i + 1));
  }
  return {};
}

Result<BlockOverrides, RpcError> block_overrides_of(const object& json, std::size_t i) {
  for (const char* const key : {"beaconRoot", "withdrawals"}) {
    if (!find_member(json, key)) continue;
    return refuse("block override \"" + std::string(key) +
                  "\" is not supported for this RPC method");
  }
  auto overrides = read_block_overrides(json);
  if (!overrides) return bad_argument(i, overrides.error());
  return *std::move(overrides);
}

Result<CallSetting, RpcError> call_setting(const Backend& backend, const BlockRef& ref) {
  CallSetting setting;
  OL_TRY(setting.number, state_number(backend, ref));
  setting.place = is_pending(ref) ? CallPlace::AfterBlock : CallPlace::InBlock;
  return setting;
}

}  // namespace ol::rpc
