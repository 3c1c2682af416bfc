#include <sstream>

#include <gmock/gmock.h>
#include <ol/sim/cluster/chaos.hpp>
#include <ol/sim/cluster/command.hpp>
#include <ol/sim/cluster/twins.hpp>

namespace ol::sim::cluster {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::array kRules{Rule::ThreeChain, Rule::TwoChain, Rule::TwoPhase};

RunOptions options(Rule rule, std::uint64_t seed, std::uint32_t nodes = 4) {
  RunOptions out;
  out.rule = rule;
  out.seed = seed;
  out.nodes = nodes;
  out.views = kKernelViews;
  return out;
}

TEST(Kernels, repeat_themselves_exactly) {
  for (const Rule rule : kRules) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const RunReport first = run_kernels(options(rule, seed), nullptr);
      const RunReport second = run_kernels(options(rule, seed), nullptr);
      EXPECT_EQ(first.trace, second.trace) << rule_name(rule) << " seed " << seed;
      EXPECT_EQ(first.faults, second.faults);
      EXPECT_EQ(first.events, second.events);
    }
  }
}

// A chart is told of things; it may not change them.
TEST(Kernels, run_the_same_whether_somebody_watches_or_not) {
  for (const Rule rule : kRules) {
    std::ostringstream text;
    Chart chart(&text);
    const RunReport watched = run_kernels(options(rule, 7), &chart);
    EXPECT_EQ(watched.trace, run_kernels(options(rule, 7), nullptr).trace);
    EXPECT_THAT(text.str(), HasSubstr("proposes b1"));
    EXPECT_THAT(text.str(), HasSubstr("the faults end"));
  }
}

TEST(Kernels, keep_every_rule_at_many_sizes) {
  for (const Rule rule : kRules) {
    for (const std::uint32_t nodes : {1U, 2U, 3U, 5U, 6U, 10U}) {
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const RunReport run = run_kernels(options(rule, seed, nodes), nullptr);
        EXPECT_EQ(run.violation, "") << rule_name(rule) << " n " << nodes << " seed " << seed;
      }
    }
  }
}

// Two of seven that lead three and four views apart, and show their proposals to some: blocks are
// final again once they stop that, which the search waits for (docs/simulator.md, "What the search
// found").
TEST(Kernels, two_liars_of_seven_stop_three_chain_for_as_long_as_they_lie) {
  for (const std::uint64_t seed : {2'097'473U, 2'162'931U}) {
    const RunReport run = run_kernels(options(Rule::ThreeChain, seed, 7), nullptr);
    EXPECT_EQ(run.violation, "") << "seed " << seed;
    EXPECT_GT(run.recovery_ms, 51'000U) << "seed " << seed << " meets no stall any more";
  }
}

// A fault that never happens would be in the table for nothing.
TEST(Kernels, meet_every_fault_of_their_level) {
  FaultCounts all;
  for (std::uint64_t seed = 1; seed <= 120; ++seed)
    all += run_kernels(options(Rule::ThreeChain, seed), nullptr).faults;
  for (const Fault fault : {Fault::Loss,
                            Fault::Duplicate,
                            Fault::DelaySpike,
                            Fault::Partition,
                            Fault::CutDropped,
                            Fault::Crash,
                            Fault::CrashWhileSending,
                            Fault::CrashWhileWriting,
                            Fault::LostBlocks,
                            Fault::PowerCut,
                            Fault::ClockJump,
                            Fault::Equivocation,
                            Fault::Twins,
                            Fault::WithheldProposal,
                            Fault::StaleProposal,
                            Fault::WrongRoot,
                            Fault::WithheldVote,
                            Fault::BadShare,
                            Fault::VoteForAnything,
                            Fault::StaleNewView,
                            Fault::WithheldNewView,
                            Fault::ForgedCertificate,
                            Fault::FewVotes,
                            Fault::Replay})
    EXPECT_GT(all.of(fault), 0U) << fault_name(fault);
}

TEST(Kernels, hold_no_more_after_hours_than_before) {
  std::ostringstream text;
  const RunReport run = run_long(options(Rule::TwoChain, 5), 1, text);
  EXPECT_EQ(run.violation, "");
  EXPECT_THAT(text.str(), StartsWith("hour   1: view "));
}

TEST(Twins, counts_scenarios_up_to_names) {
  for (const std::uint32_t rounds : {1U, 2U}) {
    std::uint64_t canonical = 0;
    const std::uint64_t all = rounds == 1 ? kTwinsChoices : kTwinsChoices * kTwinsChoices;
    for (std::uint64_t scenario = 0; scenario < all; ++scenario)
      canonical += is_canonical(scenario, rounds) ? 1 : 0;
    EXPECT_EQ(canonical, distinct_scenarios(rounds));
  }
  EXPECT_EQ(distinct_scenarios(2), 510U);
  EXPECT_EQ(distinct_scenarios(4), 1'502'936U);
}

TEST(Twins, runs_each_scenario_once_whatever_the_jobs) {
  for (const Rule rule : kRules) {
    const TwinsReport report = run_twins({.rule = rule, .rounds = 1, .sample = {}, .jobs = 2});
    EXPECT_EQ(report.run, distinct_scenarios(1));
    EXPECT_TRUE(report.failures.empty());
  }
}

TEST(Twins, an_enumeration_in_parts_runs_what_the_whole_one_runs) {
  std::uint64_t run = 0;
  for (const auto& [first, last] : {std::pair(0U, 20U), {21U, 21U}, {22U, 1'000'000U}}) {
    const TwinsReport part = run_twins({.rounds = 1, .sample = {}, .first = first, .last = last});
    EXPECT_TRUE(part.failures.empty());
    EXPECT_LT(part.run, distinct_scenarios(1));
    run += part.run;
  }
  EXPECT_EQ(run, distinct_scenarios(1));
}

TEST(Chart, draws_lifelines_arrows_and_what_was_said) {
  Chart chart(nullptr);
  chart.columns({"a", "b"});
  chart.note(1'000, 0, Chart::Mark::Commit, "commits <b1>");
  chart.arrow(1'000, 0, 11'000, 1, "vote & more");
  chart.lost(12'000, 1, 0, "certificate");
  chart.announce(20'000, "links heal");
  const std::string svg = chart.svg("a < b");
  EXPECT_THAT(svg, StartsWith("<svg "));
  EXPECT_THAT(svg, EndsWith("</svg>\n"));
  for (const char* text : {"a &lt; b", "commits &lt;b1&gt;", "vote &amp; more", "stroke-dasharray",
                           "links heal", "0.011 s"})
    EXPECT_THAT(svg, HasSubstr(text));
}

struct Answer {
  int status;
  std::string text;
};

Answer run(const std::vector<std::string>& args) {
  std::ostringstream out;
  const int status = run_cluster_command(args, out);
  return {status, out.str()};
}

std::string story(const char* name) {
  return std::string(OL_SOURCE_DIR) + "/sim/stories/" + name + ".story";
}

TEST(ClusterCommand, searches_replays_and_tells_stories) {
  const Answer searched = run({"--kernel", "--rule", "two_phase", "--seeds", "1..5", "--jobs=2"});
  EXPECT_EQ(searched.status, 0);
  EXPECT_THAT(searched.text, EndsWith("5 seeds, 0 violations: every check held\n"));
  const Answer one = run({"--kernel", "--rule", "two_chain", "--seed", "3", "--timeline"});
  EXPECT_EQ(one.status, 0);
  EXPECT_THAT(one.text, HasSubstr("commits b1"));
  const Answer told = run({"--replay", story("happy_path"), "--rule", "two_chain", "--nodes", "4"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.text, HasSubstr("happy_path two_chain n = 4: happened as told"));
  const Answer twins = run({"--twins", "--rule", "three_chain", "--rounds", "3", "--sample", "5"});
  EXPECT_EQ(twins.status, 0);
  EXPECT_THAT(twins.text, HasSubstr("5 scenarios, 0 violations"));
  EXPECT_EQ(run({"--twins", "--rounds", "2", "--case", "77", "--quiet"}).status, 0);
}

TEST(ClusterCommand, answers_wrong_usage_with_a_sentence) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
      {{"--kernel"}, "give either --seed S or --seeds A..B"},
      {{"--twins", "--cases", "3"}, "--cases takes a range like 1..1000, not \"3\""},
      {{"--kernel", "--seed"}, "--seed needs a value"},
      {{"--kernel", "--seed", "1", "--colour", "red"}, "unknown flag --colour"},
      {{"--kernel", "--seed", "1", "--rule", "x"}, "--rule takes three_chain, two_chain or"},
      {{"--kernel", "--seed", "1", "--faults", "hail"}, "--faults takes all, none or names"},
      {{"--twins", "--rounds", "9"}, "--rounds takes a number from 1 to 8, not \"9\""},
      {{"--replay", "/nowhere.story"}, "/nowhere.story cannot be read"},
      {{"--stories", "/nowhere"}, "/nowhere holds no stories"},
      {{"--kernel", "--seed", "1", "--quiet", "--svg", "/no/where.svg"}, "cannot be written"}};
  for (const auto& [args, text] : cases) {
    const Answer answer = run(args);
    EXPECT_EQ(answer.status, 2) << text;
    EXPECT_THAT(answer.text, HasSubstr(text));
  }
}

}  // namespace
}  // namespace ol::sim::cluster
