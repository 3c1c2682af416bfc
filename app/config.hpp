#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ol/node/node.hpp>

namespace ol::app {

/// What openliquid.toml holds.
struct AppConfig {
  node::NodeConfig node;
  std::string log_format = "text";  // text or json
  std::string log_level = "info";   // debug, info, warn or error
};

/// The configuration of one home with every key and what it means. Environment variables named
/// OPENLIQUID_<SECTION>_<KEY> override the file. A mistake throws CommandError naming file, key and
/// what is allowed.
[[nodiscard]] AppConfig load_config(const std::filesystem::path& file,
                                    const std::function<const char*(const char*)>& environment);
/// The same from text; `file` is only for messages.
[[nodiscard]] AppConfig parse_config(std::string_view toml, const std::string& file,
                                     const std::function<const char*(const char*)>& environment);
/// Which of these variables (NAME=VALUE, ended by null, as the program gets them) are named as if
/// they set a key, OPENLIQUID_<SECTION>_.., and set none: mistakes that would go unseen.
[[nodiscard]] std::vector<std::string> unknown_variables(const char* const* environment);
/// A complete file with a comment on every key.
[[nodiscard]] std::string render_config(const AppConfig& config);

}  // namespace ol::app
