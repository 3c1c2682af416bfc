#pragma once

// What reading and writing genesis.json is made of. For files that are compiled with exceptions:
// Boost.JSON may throw, and nothing of it leaves them.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include <ol/base/hex.hpp>
#include <ol/base/u256.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::primitives {

namespace json = boost::json;

template <typename T>
using Read = Result<T, GenesisError>;

inline std::unexpected<GenesisError> refuse(std::string message) {
  return fail(GenesisError{"genesis: " + std::move(message)});
}

// ---- One field at a time. `path` is how errors name it, as in "validators[2].key".

/// The members of one object, each of which must be asked for by name.
class Object {
 public:
  /// Refuses members that are not in `allowed`.
  static Read<Object> open(const json::value& value, std::string path,
                           std::initializer_list<const char*> allowed) {
    if (!value.is_object()) return refuse(path + " must be an object");
    for (const auto& member : value.get_object()) {
      const bool known = std::any_of(allowed.begin(), allowed.end(),
                                     [&](const char* name) { return member.key() == name; });
      if (known) continue;
      std::string list;
      for (const char* name : allowed)
        list += (list.empty() ? "" : ", ") + std::string(name);
      return refuse("unknown key \"" + std::string(member.key()) + "\" in " + path +
                    "; allowed are " + list);
    }
    return Object(value.get_object(), std::move(path));
  }

  /// Of any members, whose names are the data.
  static Read<Object> open_any(const json::value& value, std::string path) {
    if (!value.is_object()) return refuse(path + " must be an object");
    return Object(value.get_object(), std::move(path));
  }

  [[nodiscard]] std::string path_of(const char* name) const {
    return path_ == "the file" ? name : path_ + "." + name;
  }

  [[nodiscard]] bool has(const char* name) const { return members_->contains(name); }

  [[nodiscard]] Read<const json::value*> get(const char* name) const {
    const json::value* value = members_->if_contains(name);
    if (value == nullptr) return refuse(path_of(name) + " is missing");
    return value;
  }

  [[nodiscard]] Read<std::string> text(const char* name) const {
    OL_TRY(const json::value* value, get(name));
    if (!value->is_string()) return refuse(path_of(name) + " must be a string");
    return std::string(value->get_string());
  }

  [[nodiscard]] Read<std::uint64_t> number(const char* name) const {
    OL_TRY(const json::value* value, get(name));
    if (value->is_uint64()) return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0) {
      return static_cast<std::uint64_t>(value->get_int64());
    }
    return refuse(path_of(name) + " must be a whole number from 0 to 18446744073709551615");
  }

  [[nodiscard]] Read<bool> boolean(const char* name) const {
    OL_TRY(const json::value* value, get(name));
    if (!value->is_bool()) return refuse(path_of(name) + " must be true or false");
    return value->get_bool();
  }

  [[nodiscard]] Read<const json::array*> array(const char* name) const {
    OL_TRY(const json::value* value, get(name));
    if (!value->is_array()) return refuse(path_of(name) + " must be an array");
    return &value->get_array();
  }

  /// A decimal string, because JSON numbers of other tools are doubles.
  [[nodiscard]] Read<U256> amount(const char* name) const {
    OL_TRY(const std::string digits, text(name));
    const auto value = U256::from_decimal(digits);
    if (!value) return refuse(path_of(name) + " must be a decimal number of wei in quotes");
    return *value;
  }

  /// Hex of exactly the size of `T`.
  template <typename T>
  [[nodiscard]] Read<T> fixed(const char* name) const {
    OL_TRY(const std::string digits, text(name));
    const auto value = fixed_from_hex<T>(digits);
    if (value) return *value;
    return refuse(path_of(name) + " must be " + std::to_string(T::kSize) + " bytes of hex");
  }

  /// One of `names`; the enumerator with the same position.
  template <typename E>
  [[nodiscard]] Read<E> choice(const char* name, std::initializer_list<const char*> names) const {
    OL_TRY(const std::string chosen, text(name));
    std::uint8_t position = 0;
    std::string list;
    for (const char* candidate : names) {
      if (chosen == candidate) return static_cast<E>(position);
      list += (position++ == 0 ? "" : ", ") + std::string(candidate);
    }
    return refuse(path_of(name) + " is \"" + chosen + "\"; allowed are " + list);
  }

 private:
  Object(const json::object& members, std::string path)
      : members_(&members), path_(std::move(path)) {}

  const json::object* members_;
  std::string path_;
};

template <typename T>
Read<T> fixed_of(std::string_view text, const std::string& path) {
  const auto value = fixed_from_hex<T>(text);
  if (value) return *value;
  return refuse(path + " must be " + std::to_string(T::kSize) + " bytes of hex");
}

/// Two-space indentation: people compare these files by eye and with diff.
class JsonText {
 public:
  void open(char bracket) {
    text_ += bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!first_) new_line();
    text_ += bracket;
    first_ = false;
  }
  void next() {
    if (!first_) text_ += ',';
    new_line();
    first_ = false;
  }
  void key(std::string_view name) {
    next();
    text_ += json::serialize(json::string_view(name.data(), name.size())) + ": ";
  }
  void string(std::string_view value) {
    text_ += json::serialize(json::string_view(value.data(), value.size()));
  }
  void literal(std::string_view value) { text_ += value; }
  void member(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    literal(std::to_string(value));
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    literal(value ? "true" : "false");
  }
  [[nodiscard]] std::string take() {
    text_ += '\n';
    return std::move(text_);
  }

 private:
  void new_line() { text_ += '\n' + std::string(2 * depth_, ' '); }

  std::string text_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

/// "exchange" (exchange_genesis_json.cpp).
[[nodiscard]] Read<ExchangeGenesis> read_exchange(const json::value& value);
void write_exchange(JsonText& out, const ExchangeGenesis& exchange);

}  // namespace ol::primitives
