// HotStuff (arXiv:1803.05069) sections 4 and 5, chained; specs/consensus.md section 5.
#include <gtest/gtest.h>

#include <ol/consensus/leader_schedule.hpp>
#include <ol/consensus/pacemaker.hpp>
#include <ol/consensus/voting_rule.hpp>

namespace ol::consensus {
namespace {

BlockHash hash(std::uint8_t n) {
  return BlockHash{{n}};
}
BlockRef ref(std::uint64_t view, std::uint8_t n) {
  return {View(view), hash(n)};
}

SafetyRecord record(std::uint64_t voted, std::uint64_t locked, std::uint64_t left = 0) {
  SafetyRecord out;
  out.last_vote = ref(voted, 1);
  out.lock = ref(locked, 2);
  out.last_timeout_view = View(left);
  return out;
}

VoteFacts facts(std::uint64_t view, std::uint64_t justify, bool extends) {
  return {.proposal = ref(view, 9),
          .height = Height(view),
          .justify_view = View(justify),
          .extends_lock = extends,
          .timeout = {}};
}

TEST(VoteRule, rejects_vote_at_or_below_last_voted_view) {
  const ThreeChain rule;
  EXPECT_EQ(rule.decide_vote(record(5, 1), facts(4, 3, true)).error(), VoteRefusal::StaleView);
  EXPECT_EQ(rule.decide_vote(record(5, 1), facts(5, 4, true)).error(), VoteRefusal::StaleView);
  EXPECT_TRUE(rule.decide_vote(record(5, 1), facts(6, 5, true)));
}

TEST(VoteRule, rejects_vote_in_a_view_that_was_left) {
  const ThreeChain rule;
  EXPECT_EQ(rule.decide_vote(record(2, 1, 6), facts(6, 5, true)).error(), VoteRefusal::TimedOut);
  EXPECT_TRUE(rule.decide_vote(record(2, 1, 6), facts(7, 5, true)));
}

// safeNode: safety through the lock, liveness through a higher certificate.
TEST(VoteRule, a_branch_beside_the_lock_needs_a_certificate_above_it) {
  const ThreeChain rule;
  EXPECT_EQ(rule.decide_vote(record(5, 4), facts(6, 3, false)).error(), VoteRefusal::LockedBranch);
  EXPECT_EQ(rule.decide_vote(record(5, 4), facts(6, 4, false)).error(), VoteRefusal::LockedBranch);
  EXPECT_TRUE(rule.decide_vote(record(5, 4), facts(6, 5, false)));
  EXPECT_TRUE(rule.decide_vote(record(5, 4), facts(6, 3, true)));
}

TEST(VoteRule, records_the_vote_and_nothing_else) {
  const SafetyRecord before = record(5, 4, 3);
  const auto after = ThreeChain().decide_vote(before, facts(6, 5, true));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->last_vote, ref(6, 9));
  EXPECT_EQ(after->lock, before.lock);
  EXPECT_EQ(after->last_timeout_view, before.last_timeout_view);
}

TEST(VoteRule, locks_the_parent_of_the_certified_block_and_never_falls) {
  const ThreeChain rule;
  const CertifiedChain chain{.head = ref(7, 7), .parent = ref(5, 5), .grandparent = ref(4, 4)};
  EXPECT_EQ(rule.decide_lock(record(0, 4), chain).lock, ref(5, 5));
  EXPECT_EQ(rule.decide_lock(record(0, 5), chain).lock, ref(5, 2));
  EXPECT_EQ(rule.decide_lock(record(0, 6), chain).lock, ref(6, 2));
  EXPECT_EQ(
      rule.decide_lock(record(0, 3), {.head = ref(7, 7), .parent = {}, .grandparent = {}}).lock,
      ref(3, 2));
}

TEST(VoteRule, commits_the_oldest_of_three_certified_blocks_in_consecutive_views) {
  const ThreeChain rule;
  EXPECT_EQ(rule.decide_commit({.head = ref(7, 7), .parent = ref(6, 6), .grandparent = ref(5, 5)}),
            ref(5, 5));
  EXPECT_FALSE(
      rule.decide_commit({.head = ref(8, 7), .parent = ref(6, 6), .grandparent = ref(5, 5)}));
  EXPECT_FALSE(
      rule.decide_commit({.head = ref(7, 7), .parent = ref(6, 6), .grandparent = ref(4, 5)}));
  EXPECT_FALSE(rule.decide_commit({.head = ref(7, 7), .parent = ref(6, 6), .grandparent = {}}));
  EXPECT_FALSE(rule.decide_commit({.head = ref(7, 7), .parent = {}, .grandparent = {}}));
}

TEST(VoteRule, every_refusal_has_words) {
  EXPECT_STREQ(describe(VoteRefusal::StaleView), "already voted in this or a later view");
  EXPECT_STREQ(describe(VoteRefusal::TimedOut), "already left this view");
  EXPECT_STREQ(describe(VoteRefusal::LockedBranch), "conflicts with the locked block");
}

// OL-PM-2, OL-PM-3.
TEST(Backoff, doubles_from_two_to_sixty_seconds_and_stays) {
  Backoff backoff(2000, 60'000);
  for (const std::uint64_t expected : {2000U, 4000U, 8000U, 16'000U, 32'000U, 60'000U, 60'000U}) {
    EXPECT_EQ(backoff.timeout_ms(), expected);
    backoff.record_timeout();
  }
  for (int i = 0; i < 100; ++i)
    backoff.record_timeout();
  EXPECT_EQ(backoff.timeout_ms(), 60'000U);
  backoff.record_commit();
  EXPECT_EQ(backoff.timeout_ms(), 2000U);
  EXPECT_EQ(Backoff(90'000, 60'000).timeout_ms(), 60'000U);
}

// L1-PM-2, L1-PM-3: the profile l1 waits 1 s, half as long again each time, at most 10 s.
TEST(Backoff, grows_by_half_from_one_to_ten_seconds) {
  Backoff backoff(1000, 10'000, 150);
  for (const std::uint64_t expected :
       {1000U, 1500U, 2250U, 3375U, 5062U, 7593U, 10'000U, 10'000U}) {
    EXPECT_EQ(backoff.timeout_ms(), expected);
    backoff.record_timeout();
  }
  // Growth that rounds to nothing ends the loop.
  Backoff steady(10, 10'000, 101);
  for (int i = 0; i < 1000; ++i)
    steady.record_timeout();
  EXPECT_EQ(steady.timeout_ms(), 10U);
}

// OL-PM-1.
TEST(RoundRobin, leader_is_view_modulo_validators) {
  const RoundRobin leaders(4);
  EXPECT_EQ(leaders.leader(View(0)), ValidatorIndex(0));
  EXPECT_EQ(leaders.leader(View(1)), ValidatorIndex(1));
  EXPECT_EQ(leaders.leader(View(5)), ValidatorIndex(1));
  EXPECT_EQ(leaders.leader(View(UINT64_MAX)), ValidatorIndex(3));
}

}  // namespace
}  // namespace ol::consensus
