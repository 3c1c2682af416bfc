#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ol::app {

/// One value of the configuration with where it came from, so that a mistake can be named.
class ConfigValue {
 public:
  using Data =
      std::variant<std::string, std::int64_t, bool, std::vector<std::string>, std::monostate>;

  ConfigValue(std::string where, Data data) : where_(std::move(where)), data_(std::move(data)) {}
  /// A variable's text: numbers and booleans are recognised, lists are separated by commas.
  [[nodiscard]] static ConfigValue from_environment(const std::string& variable,
                                                    const std::string& text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::uint64_t number(std::uint64_t min, std::uint64_t max) const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::vector<std::string> list() const;
  [[nodiscard]] std::string choice(std::initializer_list<std::string_view> allowed) const;
  /// Throws CommandError: where the value stands and what is allowed there.
  [[noreturn]] void refuse(const std::string& allowed) const;

 private:
  std::string where_;
  Data data_;
  bool from_environment_ = false;
  std::string raw_;
};

/// A parsed TOML file. Throws CommandError naming file and line if it is not TOML.
class ConfigFile {
 public:
  ConfigFile(std::string_view toml, std::string file);
  ~ConfigFile();
  [[nodiscard]] std::optional<ConfigValue> find(const std::string& section,
                                                const std::string& key) const;
  /// Throws CommandError for the first key that is not in `known`.
  void refuse_unknown(const std::set<std::pair<std::string, std::string>>& known) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string file_;
};

}  // namespace ol::app
