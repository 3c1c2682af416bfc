#include "proof_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <ol/base/hex.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

Bytes bytes_of(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  const auto bytes =
      value != nullptr && value->is_string() ? from_hex(value->get_string()) : std::nullopt;
  if (!bytes) throw CommandError("the file has no \"" + std::string(name) + "\" in hex");
  return *bytes;
}

template <typename T>
T fixed_of(const json::object& from, std::string_view name) {
  const auto value = T::from(bytes_of(from, name));
  if (!value)
    throw CommandError("\"" + std::string(name) + "\" has " + std::to_string(T::kSize) + " bytes");
  return *value;
}

const json::array& list_of(const json::object& from, std::string_view name) {
  const json::value* list = from.if_contains(name);
  if (list == nullptr || !list->is_array())
    throw CommandError("the file has no list \"" + std::string(name) + "\"");
  return list->get_array();
}

std::vector<Bytes> bytes_list_of(const json::object& from, std::string_view name) {
  std::vector<Bytes> out;
  for (const json::value& one : list_of(from, name)) {
    auto bytes = one.is_string() ? from_hex(one.get_string()) : std::nullopt;
    if (!bytes) throw CommandError("an entry of \"" + std::string(name) + "\" is not in hex");
    out.push_back(*std::move(bytes));
  }
  return out;
}

const json::object& object_of(const json::value& value, std::string_view what) {
  if (!value.is_object()) throw CommandError(std::string(what) + " is no JSON object");
  return value.get_object();
}

AccountProof account_of(const json::object& from) {
  AccountProof out;
  out.address = fixed_of<Address>(from, "address");
  out.nodes = bytes_list_of(from, "proof");
  for (const json::value& one : list_of(from, "slots")) {
    const json::object& slot = object_of(one, "a slot");
    out.slots.push_back({fixed_of<Hash256>(slot, "slot"), bytes_list_of(slot, "proof")});
  }
  return out;
}

}  // namespace

ProofFile read_proof_file(const std::string& file) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(read_text(file), failed);
  if (failed) throw CommandError(file + " is no JSON object");
  const json::object& object = object_of(parsed, file);
  const json::value* height = object.if_contains("height");
  if (height == nullptr || !(height->is_int64() || height->is_uint64()))
    throw CommandError("the file has no number \"height\"");
  ProofFile out;
  out.height = height->to_number<std::uint64_t>();
  out.finality = bytes_of(object, "finality");
  out.evm_state_root = fixed_of<Hash256>(object, "evmStateRoot");
  out.hand_overs = bytes_list_of(object, "handOvers");
  if (object.contains("exchangeRoot"))
    out.exchange_root = fixed_of<Hash256>(object, "exchangeRoot");
  if (object.contains("proof")) out.records = bytes_of(object, "proof");
  if (const json::value* account = object.if_contains("account"))
    out.account = account_of(object_of(*account, "\"account\""));
  return out;
}

json::object account_member(const json::object& answer) {
  json::array slots;
  for (const json::value& one : answer.at("storageProof").as_array()) {
    const auto& slot = one.as_object();
    slots.emplace_back(json::object{{"slot", slot.at("key")}, {"proof", slot.at("proof")}});
  }
  return {{"address", answer.at("address")},
          {"proof", answer.at("accountProof")},
          {"slots", std::move(slots)}};
}

}  // namespace ol::app
