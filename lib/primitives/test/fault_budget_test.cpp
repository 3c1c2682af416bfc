// specs/consensus.md section 1; requirements.md section 5, trap T5.
#include <ol/primitives/fault_budget.hpp>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace ol::primitives {
namespace {

FaultBudget budget_of(QuorumRule rule, const std::vector<std::uint64_t>& weights) {
  auto validators = samples::validators(static_cast<std::uint32_t>(weights.size()));
  for (std::size_t i = 0; i < weights.size(); ++i)
    validators[i].weight = Weight(weights[i]);
  return fault_budget(*ValidatorSet::make(Epoch(0), rule, std::move(validators)));
}

// TC-CO-7: 1 of 3, 1 of 5, 2 of 7 and 3 of 11 may be down.
TEST(FaultBudget, of_equal_collateral_is_the_documents_table) {
  struct Row {
    std::size_t n;
    std::uint32_t byzantine, crash;
  };
  for (const Row& row : {Row{1, 0, 0}, Row{3, 0, 1}, Row{4, 1, 1}, Row{5, 1, 1}, Row{6, 1, 2},
                         Row{7, 2, 2}, Row{11, 3, 3}, Row{12, 3, 4}}) {
    const auto budget =
        budget_of(QuorumRule::AtLeastTwoThirds, std::vector<std::uint64_t>(row.n, 1000));
    EXPECT_EQ(budget.byzantine_validators, row.byzantine) << row.n;
    EXPECT_EQ(budget.crash_validators, row.crash) << row.n;
  }
}

TEST(FaultBudget, of_unit_weight_is_f_both_ways) {
  for (std::uint32_t n = 1; n <= 20; ++n) {
    const auto budget = budget_of(QuorumRule::Unit, std::vector<std::uint64_t>(n, 1));
    EXPECT_EQ(budget.byzantine_validators, byzantine_max(n)) << n;
    EXPECT_EQ(budget.crash_validators, byzantine_max(n)) << n;
    EXPECT_EQ(budget.quorum_weight, unit_quorum(n)) << n;
  }
}

TEST(FaultBudget, counts_the_heaviest_first_and_names_who_is_too_heavy) {
  const auto budget = budget_of(QuorumRule::MoreThanTwoThirds, {10, 30, 10, 10, 30});
  EXPECT_EQ(budget.quorum_weight, 61U);
  EXPECT_EQ(budget.byzantine_weight, 29U);
  EXPECT_EQ(budget.crash_weight, 29U);
  EXPECT_EQ(budget.byzantine_validators, 0U);
  EXPECT_EQ(budget.too_heavy, (std::vector{ValidatorIndex(1), ValidatorIndex(4)}));
  EXPECT_TRUE(budget_of(QuorumRule::MoreThanTwoThirds, {10, 29, 10, 10, 29}).too_heavy.empty());
}

TEST(FaultBudget, holds_for_weights_that_fill_64_bits) {
  const auto budget = budget_of(QuorumRule::AtLeastTwoThirds, {UINT64_MAX - 2, 1, 1});
  EXPECT_EQ(budget.quorum_weight, 12'297'829'382'473'034'410U);
  EXPECT_EQ(budget.byzantine_weight, 6'148'914'691'236'517'204U);
}

TEST(FaultBudget, is_told_in_words) {
  EXPECT_EQ(describe(budget_of(QuorumRule::AtLeastTwoThirds, {1, 1, 1})), "0 Byzantine, 1 crash");
}

}  // namespace
}  // namespace ol::primitives
