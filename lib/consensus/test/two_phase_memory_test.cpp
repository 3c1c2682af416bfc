// What the document of timecoin allows in memory (TC-PF-3, TC-PF-4, TC-PF-5): 5 KB a block, 2 KB of
// votes for each block and validator, 1 MB a slot.
#include <gtest/gtest.h>

#include <malloc.h>

#include "slot_cluster.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OL_OTHER_ALLOCATOR
#endif
#endif

namespace ol::consensus::test {
namespace {

/// Bytes on the heap that are in use, the allocator's own with them.
std::size_t in_use() {
  return ::mallinfo2().uordblks;
}

class TwoPhaseMemory : public testing::Test {
 protected:
  void SetUp() override {
#ifdef OL_OTHER_ALLOCATOR
    GTEST_SKIP() << "the sanitizer's allocator does not tell what is in use";
#endif
  }
};

TEST_F(TwoPhaseMemory, a_small_block_in_the_tree_takes_less_than_5_KB) {
  constexpr std::size_t kBlocks = 200;
  const SlotValidators v(3);
  std::vector<primitives::Block> chain{v.genesis};
  for (std::size_t i = 1; i <= kBlocks; ++i)
    chain.push_back(v.child(chain.back(), v.genesis_certificate, View(i)));
  BlockTree tree(std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate);
  const std::size_t before = in_use();
  for (std::size_t i = 1; i <= kBlocks; ++i)
    tree.insert(std::make_shared<const primitives::Block>(chain[i]), {});
  const std::size_t each = (in_use() - before) / kBlocks;
  RecordProperty("bytes", std::to_string(each));
  EXPECT_GT(each, sizeof(primitives::Block));
  EXPECT_LE(each, 5'000U);
}

// A quorum is never reached, so everything is kept; 100 validators.
TEST_F(TwoPhaseMemory, votes_take_less_than_2_KB_for_a_block_and_validator_and_1_MB_in_a_slot) {
  constexpr std::uint32_t kValidators = 100;
  const SlotValidators v(kValidators);
  const primitives::Block block = v.child(v.genesis, v.genesis_certificate, View(1));
  std::vector<VoteMessage> votes;
  for (const Phase phase : {Phase::Prepare, Phase::Precommit}) {
    for (std::uint32_t i = 0; i + 1 < v.set->quorum_count(); ++i)
      votes.push_back(v.vote(i, v.phase_subject(block, phase, View(1))));
  }
  const auto scheme = v.make_scheme();
  VoteCollector collector(v.domain, *v.set, *scheme, VotePhases::TwoPhase);
  const std::size_t before = in_use();
  for (const VoteMessage& vote : votes)
    ASSERT_FALSE(collector.add(vote).certificate);
  const std::size_t all = in_use() - before;
  RecordProperty("bytes", std::to_string(all));
  EXPECT_GT(all, votes.size() * sizeof(VoteMessage));
  EXPECT_LE(all / (v.set->quorum_count() - 1), 2'000U);
  EXPECT_LE(all, 1'000'000U);
}

}  // namespace
}  // namespace ol::consensus::test
