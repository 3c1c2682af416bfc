// The rule of two_phase (specs/consensus.md section 7) and its slot clock.
#include <ol/consensus/slot_clock.hpp>
#include <ol/consensus/two_phase.hpp>

#include <gtest/gtest.h>

namespace ol::consensus {
namespace {

BlockHash hash(std::uint8_t n) {
  return BlockHash{{n}};
}

QuorumCertificate prepared(std::uint64_t view, std::uint8_t block, std::uint64_t height = 5) {
  QuorumCertificate out;
  out.subject.phase = Phase::Prepare;
  out.subject.view = View(view);
  out.subject.block = hash(block);
  out.subject.height = Height(height);
  return out;
}

SafetyRecord voted(std::uint64_t view, Phase phase) {
  SafetyRecord out;
  out.last_vote = {View(view), hash(1)};
  out.last_vote_phase = phase;
  return out;
}

PrepareFacts facts(std::uint64_t view, std::uint8_t block, std::uint64_t height = 5) {
  return {.view = View(view), .block = hash(block), .height = Height(height)};
}

TEST(TwoPhaseRule, prepares_once_in_a_round_and_never_in_an_earlier_one) {
  for (const Phase phase : {Phase::Prepare, Phase::Precommit}) {
    EXPECT_EQ(decide_prepare(voted(7, phase), facts(6, 9)).error(), VoteRefusal::StaleView);
    EXPECT_EQ(decide_prepare(voted(7, phase), facts(7, 9)).error(), VoteRefusal::StaleView);
    EXPECT_TRUE(decide_prepare(voted(7, phase), facts(8, 9)));
  }
}

TEST(TwoPhaseRule, is_held_to_the_locked_block_in_every_later_slot) {
  const SafetyRecord record = decide_lock(voted(3, Phase::Precommit), prepared(3, 2));
  EXPECT_EQ(decide_prepare(record, facts(4, 9)).error(), VoteRefusal::LockedBranch);
  EXPECT_EQ(decide_prepare(record, facts(400, 9)).error(), VoteRefusal::LockedBranch);
  EXPECT_TRUE(decide_prepare(record, facts(4, 2)));
}

// The certificate that a re-proposal carries is learned before it is voted on.
TEST(TwoPhaseRule, a_newer_prepare_certificate_moves_the_lock_and_an_older_does_not) {
  const SafetyRecord record = decide_lock(voted(3, Phase::Precommit), prepared(3, 2));
  const SafetyRecord newer = decide_lock(record, prepared(6, 9));
  EXPECT_TRUE(decide_prepare(newer, facts(7, 9)));
  EXPECT_EQ(decide_prepare(newer, facts(7, 2)).error(), VoteRefusal::LockedBranch);
  for (const std::uint64_t view : {2U, 3U}) {
    const SafetyRecord same = decide_lock(record, prepared(view, 9));
    EXPECT_EQ(decide_prepare(same, facts(7, 9)).error(), VoteRefusal::LockedBranch) << view;
  }
}

TEST(TwoPhaseRule, the_lock_ends_with_its_height) {
  const SafetyRecord record = decide_lock(voted(3, Phase::Precommit), prepared(3, 2, 5));
  EXPECT_EQ(lock_at(record, Height(5)), (BlockRef{View(3), hash(2)}));
  EXPECT_FALSE(lock_at(record, Height(6)));
  EXPECT_TRUE(decide_prepare(record, facts(4, 9, 6)));
}

// The disk lost the block that the record says is final here, or one above.
TEST(TwoPhaseRule, a_certificate_of_a_final_block_binds_at_its_height_and_below) {
  SafetyRecord record = voted(3, Phase::Precommit);
  record.high_qc = prepared(3, 2, 5);
  record.high_qc.subject.phase = Phase::Precommit;
  EXPECT_EQ(lock_at(record, Height(5)), (BlockRef{View(3), hash(2)}));
  EXPECT_TRUE(decide_prepare(record, facts(4, 2, 5)));
  EXPECT_EQ(decide_prepare(record, facts(4, 9, 5)).error(), VoteRefusal::LockedBranch);
  EXPECT_EQ(decide_prepare(record, facts(4, 9, 4)).error(), VoteRefusal::LockedBranch);
  EXPECT_TRUE(decide_prepare(record, facts(4, 9, 6)));
}

TEST(TwoPhaseRule, precommits_the_prepared_block_after_preparing_in_its_round) {
  const SafetyRecord record = decide_lock(voted(3, Phase::Prepare), prepared(3, 2));
  const auto after = decide_precommit(record);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->last_vote, (BlockRef{View(3), hash(2)}));
  EXPECT_EQ(after->last_vote_phase, Phase::Precommit);
  EXPECT_EQ(after->last_vote_height, Height(5));
  EXPECT_EQ(after->lock, record.lock);
  EXPECT_EQ(decide_precommit(*after).error(), VoteRefusal::StaleView);
}

TEST(TwoPhaseRule, never_precommits_a_round_below_its_last_vote) {
  EXPECT_EQ(decide_precommit(decide_lock(voted(4, Phase::Prepare), prepared(3, 2))).error(),
            VoteRefusal::StaleView);
  EXPECT_TRUE(decide_precommit(decide_lock(voted(2, Phase::Precommit), prepared(3, 2))));
}

TEST(TwoPhaseRule, a_vote_forgets_the_bytes_of_the_one_before) {
  SafetyRecord record = voted(3, Phase::Prepare);
  record.signed_vote = Bytes(64, 1);
  EXPECT_TRUE(decide_prepare(record, facts(4, 9))->signed_vote.empty());
  EXPECT_EQ(decide_prepare(record, facts(4, 9))->last_vote, (BlockRef{View(4), hash(9)}));
}

SlotClock clock_of(std::uint64_t slot_ms, std::uint32_t validators) {
  return {primitives::TimeMs(10'000), {.slot_ms = slot_ms, .phase_ms = 600}, validators};
}

TEST(SlotClock, gives_a_leader_a_turn_if_at_least_a_phase_of_the_slot_is_left) {
  EXPECT_EQ(clock_of(600, 9).ranks(), 1U);
  EXPECT_EQ(clock_of(1799, 9).ranks(), 1U);
  EXPECT_EQ(clock_of(1800, 9).ranks(), 2U);
  EXPECT_EQ(clock_of(2000, 9).ranks(), 2U);
  EXPECT_EQ(clock_of(600'000, 9).ranks(), 9U);
  EXPECT_EQ(clock_of(600'000, 3).ranks(), 3U);
}

TEST(SlotClock, counts_rounds_from_the_genesis_time) {
  const SlotClock clock = clock_of(2000, 3);
  struct Case {
    std::uint64_t wall_ms, view, slot;
    std::uint32_t rank;
  };
  for (const Case& c : {Case{10'000, 1, 1, 0}, Case{11'199, 1, 1, 0}, Case{11'200, 2, 1, 1},
                        Case{11'999, 2, 1, 1}, Case{12'000, 3, 2, 0}, Case{13'200, 4, 2, 1}}) {
    EXPECT_EQ(clock.view_at(c.wall_ms), View(c.view)) << c.wall_ms;
    EXPECT_EQ(clock.slot_of(View(c.view)), c.slot);
    EXPECT_EQ(clock.rank_of(View(c.view)), c.rank);
  }
  EXPECT_EQ(clock.view_at(9'999), View(0));
  EXPECT_EQ(clock.slot_of(View(0)), 0U);
}

TEST(SlotClock, a_round_starts_where_the_one_before_ends) {
  for (const SlotClock& clock : {clock_of(2000, 3), clock_of(600'000, 7), clock_of(600, 1)}) {
    EXPECT_EQ(clock.start_ms(View(1)), 10'000U);
    for (std::uint64_t view = 1; view < 50; ++view) {
      const std::uint64_t start = clock.start_ms(View(view));
      EXPECT_EQ(clock.view_at(start), View(view));
      EXPECT_EQ(clock.view_at(clock.start_ms(View(view + 1)) - 1), View(view));
    }
  }
}

TEST(SlotClock, rounds_past_the_end_of_time_start_there) {
  const SlotClock clock = clock_of(600'000, 3);
  EXPECT_EQ(clock.start_ms(View(std::uint64_t{1} << 62)), UINT64_MAX);
  EXPECT_EQ(clock.start_ms(View(UINT64_MAX)), UINT64_MAX);
  EXPECT_EQ(clock.start_ms(View(0)), 0U);
}

TEST(SlotRobin, rotates_from_slot_to_slot_and_stands_in_by_rank) {
  const SlotClock clock = clock_of(600'000, 3);
  const SlotRobin leaders(clock, 3);
  const auto at = [&](std::uint64_t slot, std::uint32_t rank) {
    return leaders.leader(View((slot - 1) * 3 + rank + 1)).value();
  };
  EXPECT_EQ(at(1, 0), 1U);
  EXPECT_EQ(at(1, 1), 2U);
  EXPECT_EQ(at(1, 2), 0U);
  EXPECT_EQ(at(2, 0), 2U);
  EXPECT_EQ(at(3, 0), 0U);
}

}  // namespace
}  // namespace ol::consensus
