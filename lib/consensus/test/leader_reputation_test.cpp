// specs/consensus.md section 8, docs/adr/0010-leader-reputation.md: a failed leader is passed over,
// decided by committed blocks, the same at every node.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include <ol/consensus/leader_reputation.hpp>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

constexpr std::uint64_t kPenalty = LeaderReputation::kPenaltyRounds;

class Reputation : public testing::Test {
 protected:
  static constexpr std::uint32_t n = 7;
  Validators v{n};

  std::unique_ptr<LeaderReputation> fresh() const {
    return std::make_unique<LeaderReputation>(std::make_unique<RoundRobin>(n), *v.set,
                                              std::vector<LedView>{}, true);
  }
  /// Plays views up to `last`: whoever leads commits its view unless `is_down`. @return what
  /// committed.
  static std::vector<LedView> play(
      LeaderReputation& schedule, std::uint64_t first, std::uint64_t last,
      const std::function<bool(std::uint32_t, std::uint64_t)>& is_down) {
    std::vector<LedView> out;
    for (std::uint64_t view = first; view <= last; ++view) {
      const ValidatorIndex leader = schedule.leader(View(view));
      if (is_down(leader.value(), view)) continue;
      out.push_back({View(view), leader});
      schedule.record(out.back());
    }
    return out;
  }
  static bool nobody(std::uint32_t, std::uint64_t) { return false; }
};

TEST_F(Reputation, without_failures_is_the_base_schedule) {
  const auto schedule = fresh();
  play(*schedule, 1, 100 * n, nobody);
  for (std::uint64_t view = 50 * n; view < 102 * n; ++view)
    EXPECT_EQ(schedule->leader(View(view)).value(), view % n);
  EXPECT_TRUE(schedule->passed_over(View(100 * n)).empty());
}

// Three turns until the failure counts, then one in kPenaltyRounds rounds.
TEST_F(Reputation, a_crashed_leader_costs_one_view_in_a_penalty) {
  const auto schedule = fresh();
  std::vector<std::uint64_t> lost;
  play(*schedule, 1, 5 * kPenalty * n, [&](std::uint32_t leader, std::uint64_t view) {
    const bool down = leader == 3 && view > 10 * n;
    if (down) lost.push_back(view);
    return down;
  });
  ASSERT_GE(lost.size(), 4U);
  EXPECT_EQ(lost[0], 10 * n + 3);
  EXPECT_EQ(lost[2], 12 * n + 3);
  for (std::size_t i = 3; i < lost.size(); ++i)
    EXPECT_EQ(lost[i] - lost[i - 1], kPenalty * n) << i;
}

TEST_F(Reputation, a_leader_that_comes_back_leads_again_after_its_second_chance) {
  const auto schedule = fresh();
  std::map<std::uint64_t, std::uint32_t> led;
  play(*schedule, 1, 80 * n, [&](std::uint32_t leader, std::uint64_t view) {
    led[view] = leader;
    return leader == 3 && view > 10 * n && view < 20 * n;
  });
  const std::uint64_t chance = (12 + kPenalty) * n + 3;
  EXPECT_EQ(led[chance], 3U);
  EXPECT_NE(led[chance - n], 3U);
  EXPECT_NE(led[chance + n], 3U);
  EXPECT_NE(led[chance + 2 * n], 3U);
  for (std::uint64_t round = 3; round < 30; ++round)
    EXPECT_EQ(led[chance + round * n], 3U) << round;
}

TEST_F(Reputation, the_others_share_the_turns_of_those_passed_over) {
  const auto schedule = fresh();
  play(*schedule, 1, 30 * n, [](std::uint32_t leader, std::uint64_t) { return leader == 3; });
  std::map<std::uint32_t, int> stand_ins;
  for (std::uint64_t round = 16; round < 31; ++round)
    ++stand_ins[schedule->leader(View(round * n + 3)).value()];
  EXPECT_EQ(stand_ins.size(), n - 1);
  EXPECT_FALSE(stand_ins.contains(3));
}

// Two of seven is the most that can be faulty: were more passed over, the rest might be the faulty.
TEST_F(Reputation, never_passes_over_a_join_threshold) {
  const auto schedule = fresh();
  play(*schedule, 1, 12 * n, nobody);
  play(*schedule, 12 * n + 1, 15 * n,
       [](std::uint32_t leader, std::uint64_t) { return leader < 5; });
  EXPECT_EQ(schedule->passed_over(View(17 * n)).size(), 2U);
  // The latest failures: those of 3 and 4.
  EXPECT_EQ(schedule->passed_over(View(17 * n)),
            (std::vector{ValidatorIndex(3), ValidatorIndex(4)}));
}

// Nodes that committed more or less agree wherever both know what decides.
TEST_F(Reputation, nodes_at_different_heights_agree_on_every_view_they_know) {
  std::mt19937_64 random(7);
  const auto leading = fresh();
  std::vector<LedView> chain;
  std::map<std::uint64_t, ValidatorIndex> agreed;
  for (std::uint64_t view = 1; view <= 150 * n; ++view) {
    const ValidatorIndex leader = leading->leader(View(view));
    agreed.emplace(view, leader);
    const bool lost = random() % 10 == 0 || (leader.value() == 2 && view > 40 * n);
    if (lost) continue;
    chain.push_back({View(view), leader});
    leading->record(chain.back());
  }
  const auto behind = fresh();
  std::uint64_t compared = 0;
  for (const LedView& block : chain) {
    behind->record(block);
    for (std::uint64_t view = block.view.value(); view < block.view.value() + 3 * n; ++view) {
      if (!behind->knows(View(view))) continue;
      const auto known = agreed.find(view);
      if (known == agreed.end()) continue;
      EXPECT_EQ(known->second, behind->leader(View(view))) << view;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000U);
}

TEST_F(Reputation, a_restarted_node_agrees_from_the_stored_part_of_the_chain) {
  const auto running = fresh();
  const auto chain = play(*running, 1, 200 * n, [](std::uint32_t leader, std::uint64_t view) {
    return (leader == 3 && view > 130 * n) || view % 41 == 0;
  });
  const std::uint64_t from = 200 * n - LeaderReputation::views_needed(n);
  std::vector<LedView> stored;
  for (const LedView& block : chain) {
    if (block.view >= View(from)) stored.push_back(block);
  }
  ASSERT_LT(stored.size(), chain.size());
  const LeaderReputation restarted(std::make_unique<RoundRobin>(n), *v.set, stored, false);
  for (std::uint64_t view = 199 * n; view < 202 * n; ++view) {
    ASSERT_TRUE(restarted.knows(View(view)));
    EXPECT_EQ(restarted.leader(View(view)), running->leader(View(view))) << view;
  }
}

TEST_F(Reputation, a_node_that_does_not_know_uses_the_base_and_accepts_any_validator) {
  const auto schedule = fresh();
  play(*schedule, 1, 30 * n - 1, [](std::uint32_t leader, std::uint64_t) { return leader == 3; });
  // Decided by views below 30 n, all of which are here.
  const View known(32 * n + 3);
  EXPECT_TRUE(schedule->knows(known));
  EXPECT_NE(schedule->leader(known).value(), 3U);
  EXPECT_FALSE(schedule->may_lead(known, ValidatorIndex(3)));
  EXPECT_TRUE(schedule->may_lead(known, schedule->leader(known)));
  // Decided by views below 31 n.
  const View unknown(33 * n + 3);
  EXPECT_FALSE(schedule->knows(unknown));
  EXPECT_EQ(schedule->leader(unknown).value(), 3U);
  for (std::uint32_t i = 0; i < n; ++i)
    EXPECT_TRUE(schedule->may_lead(unknown, ValidatorIndex(i)));
  EXPECT_FALSE(schedule->may_lead(unknown, ValidatorIndex(n)));
  EXPECT_TRUE(schedule->passed_over(unknown).empty());
}

TEST_F(Reputation, views_before_the_loaded_history_are_unknown) {
  const std::vector<LedView> stored{{View(1000 * n), ValidatorIndex(0)},
                                    {View(1000 * n + 1), ValidatorIndex(1)}};
  const LeaderReputation schedule(std::make_unique<RoundRobin>(n), *v.set, stored, false);
  EXPECT_FALSE(schedule.knows(View(1000 * n + 2)));
  EXPECT_EQ(schedule.leader(View(1000 * n + 2)).value(), 2U);
}

TEST_F(Reputation, works_over_a_weighted_draw) {
  auto draw = std::make_unique<StakeWeighted>(*v.set, crypto::HashAlgorithm::Blake3, Hash256{});
  LeaderReputation schedule(std::move(draw), *v.set, {}, true);
  std::vector<std::uint64_t> lost;
  play(schedule, 1, 200 * n, [&](std::uint32_t leader, std::uint64_t view) {
    if (leader == 3) lost.push_back(view);
    return leader == 3;
  });
  // Its share of 1400 views would be 200.
  EXPECT_LT(lost.size(), 20U);
  EXPECT_GE(lost.size(), 5U);
}

TEST_F(Reputation, is_made_where_genesis_asks_for_it) {
  primitives::Genesis genesis;
  genesis.domain = v.domain;
  const Leaders plain = make_leaders(genesis, *v.set, {}, true);
  EXPECT_EQ(plain.reputation, nullptr);
  EXPECT_EQ(plain.schedule->leader(View(8)), ValidatorIndex(1));
  genesis.leader_reputation = true;
  Leaders judged = make_leaders(genesis, *v.set, {}, true);
  ASSERT_EQ(judged.reputation, judged.schedule.get());
  for (std::uint64_t view = 1; view < 5 * n; ++view) {
    if (view % n == 3) continue;
    primitives::Header header;
    header.view = View(view);
    header.proposer = ValidatorIndex(static_cast<std::uint32_t>(view % n));
    judged.record(header);
  }
  EXPECT_NE(judged.schedule->leader(View(5 * n + 3)), ValidatorIndex(3));
}

}  // namespace
}  // namespace ol::consensus::test
