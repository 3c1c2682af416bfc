#include "chain_options.hpp"

#include <map>

namespace ol::app {
namespace {

const std::map<std::string, primitives::SchemeKind>& schemes() {
  static const std::map<std::string, primitives::SchemeKind> kSchemes{
      {"bls-threshold", primitives::SchemeKind::BlsThreshold},
      {"bls-multisig", primitives::SchemeKind::BlsMultisig},
      {"ed25519-list", primitives::SchemeKind::Ed25519List}};
  return kSchemes;
}

}  // namespace

void add_scheme_option(CLI::App& command, std::string& scheme) {
  command.add_option("--scheme", scheme, "Certificates: signatures of a group, or a list of each")
      ->check(CLI::IsMember(schemes()))
      ->capture_default_str();
}

void add_chain_options(CLI::App& command, ChainOptions& options) {
  add_scheme_option(command, options.scheme);
  command.add_option("--leaders", options.leaders, "Who proposes in a view")
      ->check(CLI::IsMember({"round-robin", "stake-weighted"}))
      ->capture_default_str();
  command
      .add_option("--leader-reputation", options.reputation,
                  "Pass over leaders that failed lately; auto: from 7 validators on")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str();
}

primitives::SchemeKind scheme_of(const std::string& name) {
  return schemes().at(name);
}

void apply(const ChainOptions& options, NetworkPlan& plan) {
  plan.scheme = scheme_of(options.scheme);
  if (options.leaders == "stake-weighted") plan.leaders = primitives::LeaderKind::StakeWeighted;
  if (options.reputation != "auto") plan.leader_reputation = options.reputation == "on";
}

}  // namespace ol::app
