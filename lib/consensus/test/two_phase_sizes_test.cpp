// How many of a timecoin network may be down, by its size: the table of its document.
#include <gtest/gtest.h>

#include "slot_cluster.hpp"

namespace ol::consensus::test {
namespace {

struct Size {
  std::uint32_t validators;
  std::uint32_t may_be_down;
};

class TwoPhaseSizes : public testing::TestWithParam<Size> {
 protected:
  // Each slot has two rounds, led by the validator whose turn it is and the next one.
  void slots(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t slot = first; slot < first + count; ++slot) {
      cluster.round(View(2 * slot - 1));
      cluster.round(View(2 * slot));
    }
  }

  SlotCluster cluster{GetParam().validators};
};

// TC-CO-7.
TEST_P(TwoPhaseSizes, so_many_may_be_down_and_no_more) {
  const auto [validators, may_be_down] = GetParam();
  for (std::uint32_t i = 1; i <= may_be_down; ++i)
    cluster.crash(i);
  slots(1, validators);
  // A slot is lost at most where both of its leaders are down.
  const Height reached = cluster.committed(0);
  EXPECT_GE(reached.value(), validators - may_be_down);
  EXPECT_EQ(cluster.committed(validators - 1), reached);

  cluster.crash(may_be_down + 1);
  slots(validators + 1, validators);
  EXPECT_EQ(cluster.committed(0), reached);

  cluster.restart(may_be_down + 1);
  slots(2 * std::uint64_t{validators} + 1, validators);
  EXPECT_GT(cluster.committed(0), reached);
}

INSTANTIATE_TEST_SUITE_P(DocumentsTable, TwoPhaseSizes,
                         testing::Values(Size{3, 1}, Size{5, 1}, Size{7, 2}, Size{11, 3}),
                         [](const auto& size) { return std::to_string(size.param.validators); });

}  // namespace
}  // namespace ol::consensus::test
