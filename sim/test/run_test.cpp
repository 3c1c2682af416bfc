#include <gmock/gmock.h>

#include <sstream>

#include <ol/sim/search.hpp>

namespace ol::sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr Runner kRunner{.run = run_once, .replay = replay_command};

RunOptions options(std::uint64_t seed, std::uint32_t nodes = 4) {
  RunOptions out;
  out.seed = seed;
  out.nodes = nodes;
  out.views = 60;
  out.scheme = SchemeChoice::Hash;
  return out;
}

TEST(Run, repeats_itself_exactly) {
  for (const SchemeChoice scheme : {SchemeChoice::Hash, SchemeChoice::BlsThreshold}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      RunOptions one = options(seed);
      one.scheme = scheme;
      const RunReport first = run_once(one);
      const RunReport second = run_once(one);
      EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
      EXPECT_EQ(first.faults, second.faults) << "seed " << seed;
      EXPECT_EQ(first.events, second.events) << "seed " << seed;
      EXPECT_EQ(first.height, second.height) << "seed " << seed;
    }
  }
}

TEST(Run, differs_by_seed_and_by_size) {
  EXPECT_NE(run_once(options(1)).trace, run_once(options(2)).trace);
  EXPECT_NE(run_once(options(1)).trace, run_once(options(1, 7)).trace);
}

TEST(Run, is_not_changed_by_being_watched) {
  RunOptions watched = options(3);
  std::ostringstream log;
  watched.log = &log;
  EXPECT_EQ(run_once(watched).trace, run_once(options(3)).trace);
  EXPECT_THAT(log.str(), HasSubstr("commits height"));
  EXPECT_THAT(log.str(), HasSubstr("the faults end"));
  EXPECT_THAT(log.str(), HasSubstr("every check held"));
}

TEST(Run, goes_on_without_faults) {
  RunOptions calm = options(1);
  calm.faults = FaultSet::none();
  const RunReport report = run_once(calm);
  EXPECT_EQ(report.violation, "");
  EXPECT_EQ(report.faults, FaultCounts{});
  EXPECT_EQ(report.evidence, 0U);
  // Three certified blocks in a row commit the first: the last few of each run stay open.
  EXPECT_GE(report.views, calm.views);
  EXPECT_GE(report.height + 5, report.views);
}

TEST(Run, holds_for_every_small_number_of_validators) {
  for (std::uint32_t nodes = 1; nodes <= 8; ++nodes)
    EXPECT_EQ(run_once(options(1, nodes)).violation, "") << nodes << " validators";
}

TEST(Run, holds_under_the_attack_on_the_lock) {
  RunOptions attack;
  attack.scenario = Scenario::LockedFork;
  attack.seed = 1;
  const RunReport report = run_once(attack);
  EXPECT_EQ(report.violation, "");
  EXPECT_GT(report.faults.of(Fault::CutDropped), 0U);
}

TEST(Run, holds_under_the_attack_with_too_few_votes) {
  RunOptions attack;
  attack.scenario = Scenario::FewVotes;
  attack.seed = 1;
  const RunReport report = run_once(attack);
  EXPECT_EQ(report.violation, "");
  EXPECT_EQ(report.faults.of(Fault::FewVotes), 1U);
}

TEST(Run, reports_a_script_that_had_no_time_to_end) {
  for (const Scenario scenario : {Scenario::LockedFork, Scenario::FewVotes}) {
    RunOptions attack = options(1);
    attack.scenario = scenario;
    attack.views = 3;
    EXPECT_EQ(run_once(attack).violation, "the script did not reach its end");
  }
}

class Search : public testing::TestWithParam<std::uint32_t> {};

// A simulator that causes no faults finds none: every kind must happen within a few seeds.
TEST_P(Search, meets_every_kind_of_fault_and_holds) {
  RunOptions all = options(0, GetParam());
  all.views = 120;
  const SearchReport report = search(all, {1, 40}, 2, nullptr, kRunner);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.seeds, 40U);
  EXPECT_GT(report.evidence, 0U);
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind)
    EXPECT_GT(report.faults.by_kind[kind], 0U) << fault_name(static_cast<Fault>(kind));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Search, testing::Values(4U, 7U));

TEST(Search, does_not_depend_on_the_number_of_threads) {
  const SearchReport one = search(options(0), {1, 6}, 1, nullptr, kRunner);
  const SearchReport three = search(options(0), {1, 6}, 3, nullptr, kRunner);
  EXPECT_EQ(one.events, three.events);
  EXPECT_EQ(one.views, three.views);
  EXPECT_EQ(one.blocks, three.blocks);
  EXPECT_EQ(one.faults, three.faults);
  EXPECT_EQ(one.recovery_max_ms, three.recovery_max_ms);
}

TEST(Search, lists_failures_by_seed_with_the_command_that_repeats_them) {
  RunOptions impossible = options(0);
  impossible.scenario = Scenario::FewVotes;
  impossible.views = 3;
  std::ostringstream progress;
  const SearchReport report = search(impossible, {5, 8}, 2, &progress, kRunner);
  ASSERT_EQ(report.failures.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(report.failures[i].seed, 5 + i);
  EXPECT_THAT(progress.str(), HasSubstr("seed 7: the script did not reach its end\n"
                                        "  replay: openliquid sim --rule three_chain --seed 7 "
                                        "--nodes 4 --views 3 --scheme hash "
                                        "--scenario few_votes\n"));
}

}  // namespace
}  // namespace ol::sim
