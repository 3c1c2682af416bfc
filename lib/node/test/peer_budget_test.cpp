#include "../src/peer_budget.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

using Reading = PeerBudget::Reading;
using Verdict = PeerBudget::Verdict;

constexpr PeerRank kStranger = PeerRank::Stranger;
constexpr PeerRank kValidator = PeerRank::Validator;

TEST(TokenBucket, gives_a_burst_and_then_so_many_a_second) {
  TokenBucket bucket({.per_second = 10, .burst = 20}, 1'000);
  EXPECT_TRUE(bucket.take(1'000, 20));
  EXPECT_FALSE(bucket.take(1'000, 1));
  EXPECT_FALSE(bucket.take(1'099, 1));
  EXPECT_TRUE(bucket.take(1'100, 1));
  EXPECT_FALSE(bucket.take(2'099, 10));
  EXPECT_TRUE(bucket.take(2'100, 10));
}

TEST(TokenBucket, holds_no_more_than_its_burst_however_long_it_waits) {
  TokenBucket bucket({.per_second = 10, .burst = 20}, 0);
  EXPECT_TRUE(bucket.take(0, 20));
  EXPECT_FALSE(bucket.is_full(1'999));
  EXPECT_TRUE(bucket.is_full(2'000));
  EXPECT_FALSE(bucket.take(UINT64_MAX, 21));
  EXPECT_TRUE(bucket.take(UINT64_MAX, 20));
  EXPECT_FALSE(bucket.take(UINT64_MAX, 1));
}

TEST(TokenBucket, time_that_goes_back_brings_nothing) {
  TokenBucket bucket({.per_second = 10, .burst = 1}, 5'000);
  EXPECT_TRUE(bucket.take(5'000, 1));
  EXPECT_FALSE(bucket.take(1'000, 1));
  EXPECT_FALSE(bucket.take(5'099, 1));
  EXPECT_TRUE(bucket.take(5'100, 1));
}

TEST(TokenBucket, debts_are_paid_before_anything_is_taken_and_have_an_end) {
  TokenBucket bucket({.per_second = 10, .burst = 10}, 0);
  bucket.charge(0, 30);
  EXPECT_FALSE(bucket.take(2'000, 1));
  EXPECT_TRUE(bucket.take(2'100, 1));
  bucket.charge(2'100, UINT64_MAX);
  EXPECT_FALSE(bucket.take(6'100, 1));
  EXPECT_TRUE(bucket.take(6'200, 1));
}

TEST(PeerBudget, a_stranger_is_verified_so_much_for_and_a_validator_more) {
  PeerBudget budget;
  for (const PeerRank rank : {kStranger, kValidator}) {
    const auto rate = PeerBudget::kVerify[static_cast<std::size_t>(rank)];
    const p2p::PeerId peer = rank == kStranger ? kAnna : kBert;
    EXPECT_EQ(budget.verify(peer, rank, 0, rate.burst), Verdict::Take);
    EXPECT_EQ(budget.verify(peer, rank, 0, 1), Verdict::Drop);
    EXPECT_EQ(budget.verify(peer, rank, 1'000, rate.per_second), Verdict::Take);
    EXPECT_EQ(budget.verify(peer, rank, 1'000, 1), Verdict::Drop);
  }
  EXPECT_GT(PeerBudget::kVerify[1].per_second, PeerBudget::kVerify[0].per_second);
}

// Names are free: many strangers are no more to this node than a few.
TEST(PeerBudget, all_strangers_together_have_a_budget_and_nobody_is_cut_off_for_the_others) {
  PeerBudget budget;
  const std::uint64_t burst = PeerBudget::kVerifyStrangers.burst;
  std::uint64_t taken = 0;
  for (std::uint16_t i = 0; i < 2'000; ++i) {
    const Verdict verdict = budget.verify(numbered_peer(i), kStranger, 0, 1);
    EXPECT_NE(verdict, Verdict::CutOff);
    taken += verdict == Verdict::Take ? 1U : 0U;
  }
  EXPECT_EQ(taken, burst);
  EXPECT_EQ(budget.verify(kBert, kValidator, 0, 1), Verdict::Take);
  // Within its own budget, for longer than anybody's patience.
  for (std::uint64_t now_ms = 1'000; now_ms < 40'000; now_ms += 1'000) {
    for (std::uint16_t i = 100; i < 108; ++i)
      static_cast<void>(budget.verify(numbered_peer(i), kStranger, now_ms, 64));
    for (int i = 0; i < 60; ++i)
      ASSERT_EQ(budget.verify(kAnna, kStranger, now_ms, 1), Verdict::Drop) << now_ms;
  }
}

TEST(PeerBudget, whoever_goes_on_is_cut_off_and_whoever_waits_is_not) {
  PeerBudget budget;
  const std::uint64_t patience = PeerBudget::kPatience.burst;
  ASSERT_EQ(budget.serve(kAnna, kStranger, 0, PeerBudget::kServedBytes[0].burst), Verdict::Take);
  for (std::uint64_t i = 0; i < patience; ++i)
    ASSERT_EQ(budget.serve(kAnna, kStranger, 0, 1), Verdict::Drop) << i;
  EXPECT_EQ(budget.serve(kAnna, kStranger, 0, 1), Verdict::CutOff);
  EXPECT_EQ(budget.serve(kAnna, kStranger, 1, 1), Verdict::Take) << "a millisecond's tokens";
  for (std::uint64_t i = 0; i < patience; ++i)
    ASSERT_EQ(budget.refuse(kBert, kStranger, i * 1'000), Verdict::Drop);
}

TEST(PeerBudget, what_was_served_counts_once_it_is_known) {
  PeerBudget budget;
  const auto rate = PeerBudget::kServedBytes[0];
  EXPECT_EQ(budget.serve(kAnna, kStranger, 0, 1), Verdict::Take);
  budget.charge_served(kAnna, kStranger, 0, rate.burst + rate.per_second - 1);
  EXPECT_EQ(budget.serve(kAnna, kStranger, 1'000, 1), Verdict::Drop);
  EXPECT_EQ(budget.serve(kAnna, kStranger, 1'001, 1), Verdict::Take);
}

TEST(PeerBudget, one_range_and_sixteen_blocks_are_read_for_a_peer_at_a_time) {
  PeerBudget budget;
  EXPECT_TRUE(budget.begin_reading(kAnna, kStranger, 0, Reading::Range));
  EXPECT_FALSE(budget.begin_reading(kAnna, kStranger, 0, Reading::Range));
  EXPECT_TRUE(budget.begin_reading(kBert, kStranger, 0, Reading::Range));
  for (int i = 0; i < 16; ++i)
    EXPECT_TRUE(budget.begin_reading(kAnna, kStranger, 0, Reading::Block));
  EXPECT_FALSE(budget.begin_reading(kAnna, kStranger, 0, Reading::Block));
  budget.end_reading(kAnna, Reading::Range);
  EXPECT_TRUE(budget.begin_reading(kAnna, kStranger, 0, Reading::Range));
  EXPECT_FALSE(budget.begin_reading(kAnna, kStranger, 0, Reading::Block));
  // As a validator it is still read for.
  EXPECT_FALSE(budget.begin_reading(kAnna, kValidator, 0, Reading::Range));
}

TEST(PeerBudget, forgets_strangers_beyond_its_bound_and_before_them_no_validator) {
  PeerBudget budget;
  ASSERT_EQ(budget.verify(kAnna, kValidator, 0, PeerBudget::kVerify[1].burst), Verdict::Take);
  for (std::uint16_t i = 100; i < 100 + 2 * PeerBudget::kPeersMax; ++i)
    static_cast<void>(budget.serve(numbered_peer(i), kStranger, 1, 1));
  EXPECT_EQ(budget.size(), PeerBudget::kPeersMax);
  EXPECT_EQ(budget.verify(kAnna, kValidator, 1, 3), Verdict::Drop);
}

TEST(PeerDrop, each_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kPeerDropCount; ++i)
    names.insert(describe(static_cast<PeerDrop>(i)));
  EXPECT_EQ(names.size(), kPeerDropCount);
}

}  // namespace
}  // namespace ol::node::test
