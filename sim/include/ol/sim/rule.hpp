#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/consensus/voting_rule.hpp>

namespace ol::sim {

/// The finality designs, as genesis names them.
using Rule = primitives::CommitRule;

[[nodiscard]] std::string_view rule_name(Rule rule);
/// Nothing if there is no such rule.
[[nodiscard]] std::optional<Rule> rule_named(std::string_view name);
/// "three_chain, two_chain or two_phase": for messages to the user.
[[nodiscard]] std::string_view rule_names();
/// @pre `rule` is a chained one.
[[nodiscard]] const consensus::VotingRule& voting_rule(Rule rule);

}  // namespace ol::sim
