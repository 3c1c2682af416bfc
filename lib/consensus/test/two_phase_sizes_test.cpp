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

// TC-PF-6: slots of ten minutes, an hour of them by the clock, whose rounds are 1.2 s apart.
TEST(TwoPhasePace, makes_one_block_in_ten_minutes_final_and_no_more) {
  SlotCluster cluster(SlotValidators(3, {.slot_ms = 600'000, .phase_ms = 600}));
  View view(0);
  for (std::uint64_t ms = 0; ms < 3'600'000; ms += 600) {
    const View now = cluster.v.clock.view_at(ms);
    if (now == view) continue;
    view = now;
    cluster.round(view);
    EXPECT_EQ(cluster.committed(0).value(), ms / 600'000 + 1) << ms;
  }
  ASSERT_EQ(cluster.committed(2), Height(6));
  for (std::uint64_t slot = 1; slot <= 6; ++slot) {
    const primitives::Header& header = cluster.chain(0)[slot].block->header;
    EXPECT_EQ(cluster.v.clock.slot_of(header.view), slot);
    EXPECT_EQ(cluster.v.clock.start_ms(header.view), (slot - 1) * 600'000) << "at its start";
  }
}

INSTANTIATE_TEST_SUITE_P(DocumentsTable, TwoPhaseSizes,
                         testing::Values(Size{3, 1}, Size{5, 1}, Size{7, 2}, Size{11, 3}),
                         [](const auto& size) { return std::to_string(size.param.validators); });

}  // namespace
}  // namespace ol::consensus::test
