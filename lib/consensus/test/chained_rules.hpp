#pragma once

#include <string>

#include <gtest/gtest.h>

#include <ol/consensus/voting_rule.hpp>

namespace ol::consensus::test {

/// The rules that the chained kernel runs, for suites of what holds under each.
inline const auto kChainedRules =
    testing::Values(primitives::CommitRule::ThreeChain, primitives::CommitRule::TwoChain);
inline std::string rule_name(const testing::TestParamInfo<primitives::CommitRule>& info) {
  return info.param == primitives::CommitRule::ThreeChain ? "three_chain" : "two_chain";
}

}  // namespace ol::consensus::test
