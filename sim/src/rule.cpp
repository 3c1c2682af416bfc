#include <ol/sim/rule.hpp>

#include <array>

namespace ol::sim {
namespace {

struct RuleName {
  Rule rule;
  std::string_view name;
};

constexpr std::array kRules{RuleName{Rule::ThreeChain, "three_chain"},
                            RuleName{Rule::TwoChain, "two_chain"},
                            RuleName{Rule::TwoPhase, "two_phase"}};

}  // namespace

std::string_view rule_name(Rule rule) {
  for (const RuleName& known : kRules) {
    if (known.rule == rule) return known.name;
  }
  OL_CHECK(false, "every rule has a name");
}

std::optional<Rule> rule_named(std::string_view name) {
  for (const RuleName& known : kRules) {
    if (known.name == name) return known.rule;
  }
  return std::nullopt;
}

std::string_view rule_names() {
  return "three_chain, two_chain or two_phase";
}

const consensus::VotingRule& voting_rule(Rule rule) {
  static const consensus::ThreeChain three_chain;
  static const consensus::TwoChain two_chain;
  OL_CHECK(rule != Rule::TwoPhase, "two_phase has a kernel of its own");
  if (rule == Rule::TwoChain) return two_chain;
  return three_chain;
}

}  // namespace ol::sim
