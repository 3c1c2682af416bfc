#pragma once

#include <string>

#include "command.hpp"
#include "network_files.hpp"

namespace ol::app {

/// How a new chain certifies blocks and who leads, as its maker wrote it on the command line.
struct ChainOptions {
  std::string profile = "openliquid";
  /// "auto" is the profile's.
  std::string scheme = "auto";
  std::uint64_t slot_seconds = 2;
  /// "auto" is the profile's.
  std::string leaders = "auto";
  /// "auto" passes over failing leaders from seven validators on.
  std::string reputation = "auto";
};

/// Adds --scheme. The name is checked when the command line is read.
void add_scheme_option(CLI::App& command, std::string& scheme);
/// Adds --profile. The name is checked when the command line is read.
void add_profile_option(CLI::App& command, std::string& profile);
/// Adds --profile, --scheme, --leaders, --leader-reputation and --slot-seconds.
void add_chain_options(CLI::App& command, ChainOptions& options);
/// @pre `name` passed the check of add_scheme_option.
[[nodiscard]] primitives::SchemeKind scheme_of(const std::string& name);
/// @pre `name` passed the check of add_profile_option.
[[nodiscard]] primitives::Profile profile_of(const std::string& name);
void apply(const ChainOptions& options, NetworkPlan& plan);

}  // namespace ol::app
