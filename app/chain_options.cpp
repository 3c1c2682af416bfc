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

const std::map<std::string, primitives::Profile>& profiles() {
  static const std::map<std::string, primitives::Profile> kProfiles{
      {"openliquid", primitives::Profile::OpenLiquid},
      {"l1", primitives::Profile::L1},
      {"timecoin", primitives::Profile::Timecoin}};
  return kProfiles;
}

// architecture.md section 1.
primitives::SchemeKind default_scheme(primitives::Profile profile) {
  switch (profile) {
    case primitives::Profile::OpenLiquid:
      return primitives::SchemeKind::BlsThreshold;
    case primitives::Profile::L1:
      return primitives::SchemeKind::BlsMultisig;
    case primitives::Profile::Timecoin:
      return primitives::SchemeKind::Ed25519List;
  }
  throw CommandError("unknown profile");
}

}  // namespace

void add_profile_option(CLI::App& command, std::string& profile) {
  command
      .add_option("--profile", profile,
                  "How blocks become final: openliquid three certificates in a row, l1 two, "
                  "timecoin two votes in a slot")
      ->check(CLI::IsMember(profiles()))
      ->capture_default_str();
}

primitives::Profile profile_of(const std::string& name) {
  return profiles().at(name);
}

void add_scheme_option(CLI::App& command, std::string& scheme) {
  command.add_option("--scheme", scheme, "Certificates: signatures of a group, or a list of each")
      ->check(CLI::IsMember(schemes()))
      ->capture_default_str();
}

void add_chain_options(CLI::App& command, ChainOptions& options) {
  add_profile_option(command, options.profile);
  command
      .add_option("--scheme", options.scheme,
                  "Certificates: signatures of a group, or a list of each; auto: the profile's")
      ->check(CLI::IsMember({"auto", "bls-threshold", "bls-multisig", "ed25519-list"}))
      ->capture_default_str();
  command.add_option("--slot-seconds", options.slot_seconds, "Length of a slot, for timecoin")
      ->check(CLI::Range(2, 3600))
      ->capture_default_str();
  command
      .add_option("--leaders", options.leaders,
                  "Who proposes in a view: in turn, drawn by weight, or drawn by weight from the "
                  "validators' own randomness; auto: vrf for l1, else round-robin")
      ->check(CLI::IsMember({"auto", "round-robin", "stake-weighted", "vrf"}))
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
  plan.profile = profile_of(options.profile);
  plan.scheme = options.scheme == "auto" ? default_scheme(plan.profile) : scheme_of(options.scheme);
  plan.slot_ms = options.slot_seconds * 1000;
  const bool vrf = options.leaders == "vrf" ||
                   (options.leaders == "auto" && plan.profile == primitives::Profile::L1 &&
                    options.reputation != "on");
  if (options.leaders == "stake-weighted") plan.leaders = primitives::LeaderKind::StakeWeighted;
  if (vrf) plan.leaders = primitives::LeaderKind::Vrf;
  if (options.reputation != "auto") plan.leader_reputation = options.reputation == "on";
}

}  // namespace ol::app
