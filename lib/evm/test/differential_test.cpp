// Both interpreters do the same. Longer runs: the program evm_differential, the target evm_fuzz.
#include "../fuzz/differential.hpp"

#include <gtest/gtest.h>

namespace ol::evm::differential {
namespace {

TEST(Differential, random_programs_end_alike) {
  constexpr std::uint64_t kSeed = 20'261'121;
  constexpr std::uint64_t kPrograms = 20'000;
  Comparison comparison;
  for (std::uint64_t i = 0; i < kPrograms; ++i) {
    Choices choices((kSeed << 20) + i);
    const Experiment experiment = make_experiment(choices);
    const auto difference = comparison.find_difference(experiment);
    ASSERT_FALSE(difference) << *difference << ": " << describe(experiment);
  }
  EXPECT_GT(comparison.successes(), kPrograms / 10) << "most programs fail: nothing is compared";
}

/// The comparison must be able to fail: an experiment against itself with other gas differs.
TEST(Differential, other_gas_is_another_experiment) {
  Choices a(1);
  Choices b(2);
  EXPECT_NE(describe(make_experiment(a)), describe(make_experiment(b)));
}

TEST(Differential, bytes_that_are_used_up_choose_zero) {
  const Bytes bytes{1, 2, 3};
  Choices choices{ByteView(bytes)};
  EXPECT_NE(choices.next(), 0U);
  EXPECT_NE(choices.next(), 0U);
  EXPECT_TRUE(choices.exhausted());
  EXPECT_EQ(choices.next(), 0U);
}

}  // namespace
}  // namespace ol::evm::differential
