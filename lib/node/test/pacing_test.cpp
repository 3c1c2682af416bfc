// When a driver lets its kernel's proposals go: specs/consensus.md section 8.
#include <gtest/gtest.h>

#include "../../consensus/test/chained_rules.hpp"
#include "driver_bench.hpp"

namespace ol::node::test {
namespace {

using primitives::View;

/// Validator 0, which leads view 8 and none of the blocks before: those are of views 3, 5, 6 and 7,
/// each a millisecond after its parent and the last at the time that the bench's clock shows.
class PacingBench : public DriverBench {
 public:
  explicit PacingBench(primitives::CommitRule rule) : DriverBench(0, rule) { host.work = false; }

  /// Takes the last `count` blocks, of which the first has a transaction if `work` says so, and the
  /// certificate of the last.
  void grow(std::size_t count, bool work) {
    constexpr std::uint64_t kViews[] = {3, 5, 6, 7};
    primitives::Block parent = all.genesis;
    primitives::QuorumCertificate justify = all.genesis_certificate;
    for (std::size_t i = 4 - count; i < 4; ++i) {
      std::optional<primitives::TimeoutCertificate> timeout;
      if (justify.view().value() + 1 != kViews[i])
        timeout = all.timeout(View(kViews[i] - 1), justify);
      auto header = all.block(parent, justify, View(kViews[i]), 0, timeout).header;
      header.time = primitives::TimeMs(now.wall_ms - 3 + i);
      std::vector<Bytes> payload;
      if (work && i == 4 - count) payload.push_back(Bytes{1});
      parent = primitives::Block::propose(all.domain, header, payload);
      deliver(header.proposer.value(), proposal(parent));
      execute_all();
      justify = all.certify(parent);
    }
    deliver(1, consensus::CertificateMessage{justify});
  }
  void pass(std::uint64_t ms) {
    now.wall_ms += ms;
    now.monotonic_ms += ms;
    driver->on_tick(now);
  }
};

class PacingRules : public testing::TestWithParam<primitives::CommitRule> {};
INSTANTIATE_TEST_SUITE_P(Rules, PacingRules, consensus::test::kChainedRules,
                         consensus::test::rule_name);

// The bench's chain: a block every 10 ms at the most, an empty one every 100 ms.
TEST_P(PacingRules, an_empty_block_waits_for_its_interval_and_no_longer) {
  PacingBench bench(GetParam());
  bench.grow(3, false);
  EXPECT_FALSE(bench.host.building);
  bench.pass(99);
  EXPECT_FALSE(bench.host.building);
  bench.pass(1);
  EXPECT_EQ(bench.host.building, View(8));
}

TEST_P(PacingRules, work_that_comes_ends_the_wait_but_not_the_smallest_interval) {
  PacingBench bench(GetParam());
  bench.grow(3, false);
  bench.host.work = true;
  bench.driver->on_work(bench.now);
  EXPECT_FALSE(bench.host.building);
  bench.pass(9);
  EXPECT_FALSE(bench.host.building);
  bench.pass(1);
  EXPECT_EQ(bench.host.building, View(8));
}

TEST_P(PacingRules, the_driver_asks_to_be_woken_when_the_interval_ends) {
  PacingBench bench(GetParam());
  bench.grow(3, false);
  bench.pass(50);
  EXPECT_LE(bench.driver->next_deadline(), bench.now.monotonic_ms + 50);
  EXPECT_GT(bench.driver->next_deadline(), bench.now.monotonic_ms);
}

// A block with work is final only with the certificates that follow it, so empty blocks follow it
// without pause: as many as the rule needs, and not one more.
TEST_P(PacingRules, empty_blocks_hurry_until_the_work_below_them_is_final) {
  const std::uint64_t depth = GetParam() == primitives::CommitRule::ThreeChain ? 3 : 2;
  for (std::size_t certified = 1; certified <= 4; ++certified) {
    PacingBench bench(GetParam());
    bench.grow(certified, true);
    bench.pass(10);
    EXPECT_EQ(bench.host.building.has_value(), certified <= depth) << certified;
  }
}

}  // namespace
}  // namespace ol::node::test
