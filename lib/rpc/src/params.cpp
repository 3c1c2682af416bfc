#include <ol/rpc/params.hpp>

#include "json_in.hpp"

#include <ol/base/hex.hpp>

namespace ol::rpc {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string_view name_of(element_type type) {
  switch (type) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "a number";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "an unknown value";
}

PhraseError found_instead(std::string_view wanted, element json) {
  return "want " + std::string(wanted) + ", found " + std::string(name_of(json.type()));
}

bool has_prefix(std::string_view text) {
  return text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

// The digits of a quantity: prefixed, not empty, no leading zero.
Result<std::string_view, PhraseError> quantity_digits(std::string_view text) {
  if (text.empty()) return fail(PhraseError("empty hex string"));
  if (!has_prefix(text)) return fail(PhraseError("hex string without 0x prefix"));
  const std::string_view digits = text.substr(2);
  if (digits.empty()) return fail(PhraseError("hex string \"0x\""));
  if (digits.size() > 1 && digits[0] == '0') {
    return fail(PhraseError("hex number with leading zero digits"));
  }
  return digits;
}

template <typename T, typename Reader>
Result<T, RpcError> read_argument(const Params& params, std::size_t i, std::string_view kind,
                                  Reader reader) {
  OL_TRY(const element json, argument(params, i));
  const auto text = read_string(json, kind);
  if (!text) return bad_argument(i, text.error());
  auto value = reader(*text);
  if (!value) return bad_argument(i, value.error());
  return *std::move(value);
}

}  // namespace

std::optional<element> find_argument(const Params& params, std::size_t i) {
  const auto& arguments = params.parsed().arguments;
  if (i >= arguments.size() || arguments[i].is_null()) return std::nullopt;
  return arguments[i];
}

Result<element, RpcError> argument(const Params& params, std::size_t i) {
  const auto found = find_argument(params, i);
  if (!found) return missing_argument(i);
  return *found;
}

Result<U256, PhraseError> read_quantity256(std::string_view text) {
  OL_TRY(const std::string_view digits, quantity_digits(text));
  if (digits.size() > 64) return fail(PhraseError("hex number > 256 bits"));
  const auto value = U256::from_hex(digits);
  if (!value) return fail(PhraseError("invalid hex string"));
  return *value;
}

Result<std::uint64_t, PhraseError> read_quantity(std::string_view text) {
  OL_TRY(const std::string_view digits, quantity_digits(text));
  if (digits.size() > 16) return fail(PhraseError("hex number > 64 bits"));
  OL_TRY(const U256 value, read_quantity256(text));
  return value.low64();
}

Result<Bytes, PhraseError> read_data(std::string_view text) {
  if (text.empty()) return fail(PhraseError("empty hex string"));
  if (!has_prefix(text)) return fail(PhraseError("hex string without 0x prefix"));
  if (text.size() % 2 != 0) return fail(PhraseError("hex string of odd length"));
  auto bytes = from_hex(text.substr(2));
  // A second prefix is not a digit, though from_hex would take it.
  if (!bytes || has_prefix(text.substr(2))) return fail(PhraseError("invalid hex string"));
  return *std::move(bytes);
}

Result<Bytes, PhraseError> read_fixed(std::string_view text, std::size_t bytes,
                                      std::string_view kind) {
  OL_TRY(Bytes value, read_data(text));
  if (value.size() != bytes) {
    return fail("hex string has length " + std::to_string(value.size() * 2) + ", want " +
                std::to_string(bytes * 2) + " for " + std::string(kind));
  }
  return value;
}

Result<std::string_view, PhraseError> read_string(element json, std::string_view kind) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return fail(found_instead(kind, json));
  return text;
}

std::size_t Params::size() const {
  return json_->arguments.size();
}

bool Params::has(std::size_t i) const {
  return find_argument(*this, i).has_value();
}

Result<void, RpcError> Params::at_most(std::size_t max) const {
  if (size() <= max) return {};
  return fail(RpcError{kInvalidParams, "too many arguments, want at most " + std::to_string(max)});
}

Result<std::string_view, RpcError> Params::string(std::size_t i) const {
  OL_TRY(const element json, argument(*this, i));
  const auto text = read_string(json, "a string");
  if (!text) return bad_argument(i, text.error());
  return *text;
}

Result<bool, RpcError> Params::boolean(std::size_t i) const {
  OL_TRY(const element json, argument(*this, i));
  bool value = false;
  if (json.get(value) != simdjson::SUCCESS)
    return bad_argument(i, found_instead("a boolean", json));
  return value;
}

Result<std::uint64_t, RpcError> Params::quantity(std::size_t i) const {
  return read_argument<std::uint64_t>(*this, i, "a hex quantity", read_quantity);
}

Result<Bytes, RpcError> Params::data(std::size_t i) const {
  return read_argument<Bytes>(*this, i, "hex data", read_data);
}

Result<Bytes, RpcError> Params::fixed_bytes(std::size_t i, std::size_t bytes,
                                            std::string_view kind) const {
  return read_argument<Bytes>(*this, i, kind,
                              [&](std::string_view text) { return read_fixed(text, bytes, kind); });
}

Result<std::string, RpcError> Params::json(std::size_t i) const {
  OL_TRY(const element json, argument(*this, i));
  return simdjson::minify(json);
}

}  // namespace ol::rpc
