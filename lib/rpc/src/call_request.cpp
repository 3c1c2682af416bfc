#include "call_request.hpp"

#include "json_in.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

template <typename T>
using Field = Result<std::optional<T>, PhraseError>;

// The field `key` read by `reader`, absent if not given or null. The phrase names the field.
template <typename T, typename Read>
Field<T> read_field(const object& json, std::string_view key, Read reader) {
  element found;
  if (json[key].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  const auto text = read_string(found, "hex");
  if (!text) return fail(std::string(key) + ": " + text.error());
  auto value = reader(*text);
  if (!value) return fail(std::string(key) + ": " + value.error());
  return std::optional<T>(*std::move(value));
}

Result<Address, PhraseError> read_address(std::string_view text) {
  OL_TRY(const Bytes bytes, read_fixed(text, Address::kSize, "an address"));
  return *Address::from(bytes);
}

Result<Hash256, PhraseError> read_key(std::string_view text) {
  OL_TRY(const Bytes bytes, read_fixed(text, Hash256::kSize, "a storage key"));
  return *Hash256::from(bytes);
}

Result<std::vector<Hash256>, PhraseError> read_keys(const object& entry) {
  std::vector<Hash256> keys;
  element found;
  if (entry["storageKeys"].get(found) != simdjson::SUCCESS || found.is_null()) return keys;
  simdjson::dom::array list;
  if (found.get(list) != simdjson::SUCCESS) {
    return fail(PhraseError("accessList: storageKeys is not an array"));
  }
  for (const element item : list) {
    OL_TRY(const std::string_view text, read_string(item, "a storage key"));
    OL_TRY(const Hash256 key, read_key(text));
    keys.push_back(key);
  }
  return keys;
}

Result<std::vector<primitives::AccessListEntry>, PhraseError> read_access_list(const object& json) {
  std::vector<primitives::AccessListEntry> entries;
  element found;
  if (json["accessList"].get(found) != simdjson::SUCCESS || found.is_null()) return entries;
  simdjson::dom::array list;
  if (found.get(list) != simdjson::SUCCESS) return fail(PhraseError("accessList is not an array"));
  for (const element item : list) {
    object fields;
    if (item.get(fields) != simdjson::SUCCESS) {
      return fail(PhraseError("accessList: an entry is not an object"));
    }
    OL_TRY(const auto address, read_field<Address>(fields, "address", read_address));
    if (!address) return fail(PhraseError("accessList: an entry has no address"));
    OL_TRY(std::vector<Hash256> keys, read_keys(fields));
    entries.push_back({*address, std::move(keys)});
  }
  return entries;
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

Result<U256, PhraseError> read_fee_cap(const object& json) {
  OL_TRY(const auto price, read_field<U256>(json, "gasPrice", read_quantity256));
  OL_TRY(const auto cap, read_field<U256>(json, "maxFeePerGas", read_quantity256));
  OL_TRY(const auto tip, read_field<U256>(json, "maxPriorityFeePerGas", read_quantity256));
  if (price && (cap || tip)) {
    return fail(PhraseError("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
  }
  if (cap && tip && *cap < *tip) {
    return fail("maxFeePerGas (" + cap->to_decimal() + ") < maxPriorityFeePerGas (" +
                tip->to_decimal() + ")");
  }
  return price.value_or(cap.value_or(U256{}));
}

Result<CallRequest, PhraseError> read_call(const object& json) {
  CallRequest call;
  OL_TRY(const auto from, read_field<Address>(json, "from", read_address));
  call.from = from.value_or(Address{});
  OL_TRY(call.txn.to, read_field<Address>(json, "to", read_address));
  OL_TRY(call.gas, read_field<std::uint64_t>(json, "gas", read_quantity));
  OL_TRY(const auto value, read_field<U256>(json, "value", read_quantity256));
  call.txn.value = value.value_or(U256{});
  OL_TRY(call.txn.data, read_input(json));
  OL_TRY(call.txn.access_list, read_access_list(json));
  OL_TRY(call.fee_cap, read_fee_cap(json));
  return call;
}

}  // namespace

Result<CallRequest, RpcError> call_request_param(const Params& params, std::size_t i) {
  OL_TRY(const element json, argument(params, i));
  object fields;
  if (json.get(fields) != simdjson::SUCCESS) return bad_argument(i, "want a transaction object");
  auto call = read_call(fields);
  if (!call) return bad_argument(i, call.error());
  return *std::move(call);
}

}  // namespace ol::rpc
