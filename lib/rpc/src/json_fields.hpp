#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json_in.hpp"

namespace ol::rpc {

template <typename T>
using Field = Result<std::optional<T>, PhraseError>;

/// The member `key`, or nothing if it is absent or null.
[[nodiscard]] inline std::optional<simdjson::dom::element> find_member(
    const simdjson::dom::object& json, std::string_view key) {
  simdjson::dom::element found;
  if (json[key].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

/// The string member `key` read by `reader`; nothing if it is absent. The phrase names the field.
template <typename T, typename Read>
[[nodiscard]] Field<T> read_field(const simdjson::dom::object& json, std::string_view key,
                                  Read reader) {
  const auto found = find_member(json, key);
  if (!found) return std::nullopt;
  const auto text = read_string(*found, "hex");
  if (!text) return fail(std::string(key) + ": " + text.error());
  auto value = reader(*text);
  if (!value) return fail(std::string(key) + ": " + value.error());
  return std::optional<T>(*std::move(value));
}

/// The boolean member `key`, false if it is absent.
[[nodiscard]] inline Result<bool, PhraseError> read_flag(const simdjson::dom::object& json,
                                                         std::string_view key) {
  const auto found = find_member(json, key);
  if (!found) return false;
  bool value = false;
  if (found->get(value) != simdjson::SUCCESS) {
    return fail(std::string(key) + ": want a boolean");
  }
  return value;
}

/// The object member `key`; nothing if it is absent.
[[nodiscard]] inline Result<std::optional<simdjson::dom::object>, PhraseError> read_object_field(
    const simdjson::dom::object& json, std::string_view key) {
  const auto found = find_member(json, key);
  if (!found) return std::nullopt;
  simdjson::dom::object object;
  if (found->get(object) != simdjson::SUCCESS) return fail(std::string(key) + ": want an object");
  return std::optional(object);
}

[[nodiscard]] inline Result<Address, PhraseError> read_address(std::string_view text) {
  OL_TRY(const Bytes bytes, read_fixed(text, Address::kSize, "an address"));
  return *Address::from(bytes);
}

[[nodiscard]] inline Result<Hash256, PhraseError> read_word(std::string_view text) {
  OL_TRY(const Bytes bytes, read_fixed(text, Hash256::kSize, "a word"));
  return *Hash256::from(bytes);
}

/// A storage slot as geth takes it: up to 32 bytes of hex, padded on the left.
[[nodiscard]] Result<Hash256, PhraseError> read_slot(std::string_view text);

}  // namespace ol::rpc
