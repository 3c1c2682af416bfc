#include "config_file.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>

#include "command.hpp"

namespace ol::app {
namespace {

ConfigValue::Data data_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return *number;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const toml::array* array = node.as_array()) {
    std::vector<std::string> list;
    for (const toml::node& item : *array) {
      const auto text = item.value_exact<std::string>();
      if (!text) return std::monostate{};
      list.push_back(*text);
    }
    return list;
  }
  return std::monostate{};
}

}  // namespace

ConfigValue ConfigValue::from_environment(const std::string& variable, const std::string& text) {
  ConfigValue out("the environment variable " + variable, text);
  out.from_environment_ = true;
  out.raw_ = text;
  return out;
}

void ConfigValue::refuse(const std::string& allowed) const {
  throw CommandError(where_ + " must be " + allowed);
}

std::string ConfigValue::text() const {
  const auto* value = std::get_if<std::string>(&data_);
  if (value == nullptr || value->empty()) refuse("a text in quotes");
  return *value;
}

std::uint64_t ConfigValue::number(std::uint64_t min, std::uint64_t max) const {
  const std::string allowed =
      "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  std::int64_t value = -1;
  if (from_environment_) {
    const auto [end, error] = std::from_chars(raw_.data(), raw_.data() + raw_.size(), value);
    if (error != std::errc{} || end != raw_.data() + raw_.size()) refuse(allowed);
  } else if (const auto* number = std::get_if<std::int64_t>(&data_)) {
    value = *number;
  } else {
    refuse(allowed);
  }
  if (value < 0 || static_cast<std::uint64_t>(value) < min ||
      static_cast<std::uint64_t>(value) > max)
    refuse(allowed);
  return static_cast<std::uint64_t>(value);
}

bool ConfigValue::boolean() const {
  if (from_environment_ && raw_ == "true") return true;
  if (from_environment_ && raw_ == "false") return false;
  const auto* value = std::get_if<bool>(&data_);
  if (value == nullptr) refuse("true or false");
  return *value;
}

std::vector<std::string> ConfigValue::list() const {
  if (!from_environment_) {
    const auto* value = std::get_if<std::vector<std::string>>(&data_);
    if (value == nullptr) refuse("a list of texts");
    return *value;
  }
  std::vector<std::string> out;
  std::size_t start = 0;
  while (start < raw_.size()) {
    const std::size_t comma = std::min(raw_.find(',', start), raw_.size());
    out.push_back(raw_.substr(start, comma - start));
    start = comma + 1;
  }
  return out;
}

std::string ConfigValue::choice(std::initializer_list<std::string_view> allowed) const {
  std::string names;
  for (const std::string_view name : allowed)
    names += (names.empty() ? "" : " or ") + std::string(name);
  const auto* value = std::get_if<std::string>(&data_);
  if (value == nullptr || std::find(allowed.begin(), allowed.end(), *value) == allowed.end())
    refuse(names);
  return *value;
}

struct ConfigFile::Impl {
  toml::table table;
};

ConfigFile::ConfigFile(std::string_view toml, std::string file)
    : impl_(std::make_unique<Impl>()), file_(std::move(file)) {
  try {
    impl_->table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    throw CommandError(file_ + ", line " + std::to_string(error.source().begin.line) + ": " +
                       std::string(error.description()));
  }
}

ConfigFile::~ConfigFile() = default;

std::optional<ConfigValue> ConfigFile::find(const std::string& section,
                                            const std::string& key) const {
  const toml::table& table = impl_->table;
  const toml::node_view<const toml::node> node = table[section][key];
  if (!node) return std::nullopt;
  return ConfigValue(file_ + ": " + section + "." + key, data_of(*node.node()));
}

void ConfigFile::refuse_unknown(const std::set<std::pair<std::string, std::string>>& known) const {
  const auto refuse = [&](const std::string& name) {
    std::string all;
    for (const auto& [section, key] : known)
      all += (all.empty() ? "" : ", ") + section + "." + key;
    throw CommandError(file_ + ": unknown key " + name + "; allowed are " + all);
  };
  for (const auto& [section, node] : impl_->table) {
    const toml::table* table = node.as_table();
    if (table == nullptr) refuse(std::string(section.str()));
    for (const auto& [key, value] : *table) {
      if (!known.contains({std::string(section.str()), std::string(key.str())})) {
        refuse(std::string(section.str()) + "." + std::string(key.str()));
      }
    }
  }
}

}  // namespace ol::app
