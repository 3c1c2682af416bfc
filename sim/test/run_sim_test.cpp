#include <gmock/gmock.h>

#include <sstream>

#include <ol/sim/options.hpp>
#include <ol/sim/sim.hpp>

namespace ol::sim {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Answer {
  int status;
  std::string text;
};

Answer run(const std::vector<std::string>& args) {
  std::ostringstream out;
  const int status = run_sim(args, out);
  return {status, out.str()};
}

TEST(RunSim, searches_and_ends_with_the_verdict) {
  const Answer answer = run({"--rule", "three_chain", "--seeds", "1..3", "--views=20", "--scheme",
                             "hash", "--jobs", "2", "--nodes", "4"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.text, HasSubstr("seeds per CPU-minute"));
  EXPECT_THAT(answer.text, EndsWith("3 seeds, 0 violations: every check held\n"));
}

TEST(RunSim, says_how_to_replay_a_failing_seed_and_fails) {
  const Answer answer =
      run({"--seeds", "4..5", "--views", "3", "--scheme", "hash", "--scenario", "locked_fork"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.text, HasSubstr("replay the first: openliquid sim --rule three_chain --seed 4 "
                                     "--nodes 4 --views 3 --scheme hash --scenario "
                                     "locked_fork\n"));
  EXPECT_THAT(answer.text, EndsWith("2 seeds, 2 violations: FAILED\n"));
}

TEST(RunSim, prints_one_run_as_a_timeline) {
  const Answer answer = run({"--seed", "2", "--views", "20", "--scheme", "hash"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.text, HasSubstr("starts at height 0"));
  EXPECT_THAT(answer.text, HasSubstr("commits height 1"));
  EXPECT_THAT(answer.text, HasSubstr("seed 2: every check held"));
}

TEST(RunSim, prints_the_verdict_alone_when_quiet) {
  const Answer answer = run({"--seed=2", "--views=20", "--scheme=hash", "--quiet"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.text, HasSubstr("seed 2: every check held"));
  EXPECT_THAT(answer.text, Not(HasSubstr("commits height")));
}

TEST(RunSim, fails_when_its_one_run_does) {
  const Answer answer =
      run({"--seed=2", "--views=3", "--scheme=hash", "--scenario=few_votes", "--quiet"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.text, HasSubstr("seed 2: VIOLATION: the script did not reach its end"));
}

TEST(RunSim, replays_a_printed_command) {
  RunOptions options;
  options.seed = 77;
  options.nodes = 7;
  options.scheme = SchemeChoice::BlsThreshold;
  options.faults = *FaultSet::parse("crashes,disk");
  EXPECT_EQ(replay_command(options),
            "openliquid sim --rule three_chain --seed 77 --nodes 7 --views 200 --scheme "
            "bls-threshold --faults crashes,disk");
}

TEST(RunSim, explains_itself) {
  for (const char* flag : {"--help", "-h"}) {
    const Answer answer = run({flag});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.text, HasSubstr("--seeds A..B --jobs N"));
  }
}

TEST(RunSim, answers_wrong_usage_with_a_sentence) {
  struct Case {
    std::vector<std::string> args;
    const char* text;
  };
  const std::vector<Case> cases{
      {{}, "give either --seed S or --seeds A..B"},
      {{"--seed", "1", "--seeds", "1..2"}, "give either --seed S or --seeds A..B"},
      {{"--seed"}, "--seed needs a value"},
      {{"--seed", "x"}, "--seed takes a number from 0 to 18446744073709551614, not \"x\""},
      {{"--seed", "1x"}, "not \"1x\""},
      {{"--seeds", "5"}, "--seeds takes a range like 1..1000, not \"5\""},
      {{"--seeds", "5..4"}, "--seeds takes a range like 1..1000, not \"5..4\""},
      {{"--seeds", "..4"}, "--seeds takes a range like 1..1000, not \"..4\""},
      {{"--seed", "1", "--nodes", "0"}, "--nodes takes a number from 1 to 100, not"},
      {{"--seed", "1", "--nodes", "101"}, "--nodes takes a number from 1 to 100, not"},
      {{"--seed", "1", "--views", "0"}, "--views takes a number from 1 to 1000000, not \"0\""},
      {{"--seed", "1", "--jobs", "257"}, "--jobs takes a number from 1 to 256, not \"257\""},
      {{"--seed", "1", "--rule", "x"},
       "--rule takes three_chain, two_chain or two_phase, not \"x\""},
      {{"--seed", "1", "--rule", "two_phase", "--scenario", "few_votes"},
       "the scripted attacks are on the chained rules"},
      {{"--kernel"}, "give either --seed S or --seeds A..B"},
      {{"--kernel", "--seed", "1", "--colour", "red"}, "unknown flag --colour"},
      {{"--seed", "1", "--scheme", "rsa"}, "--scheme takes hash or bls-threshold, not \"rsa\""},
      {{"--seed", "1", "--scenario", "x"}, "--scenario takes random, locked_fork or few_votes"},
      {{"--seed", "1", "--faults", "hail"}, "--faults takes all, none or names of fault classes"},
      {{"--seed", "1", "--colour", "red"}, "unknown flag --colour"}};
  for (const Case& one : cases) {
    const Answer answer = run(one.args);
    EXPECT_EQ(answer.status, 2) << one.text;
    EXPECT_THAT(answer.text, HasSubstr(one.text));
    EXPECT_THAT(answer.text, EndsWith("(see openliquid sim --help)\n"));
  }
}

TEST(FaultSet, reads_what_it_writes) {
  for (const char* text : {"all", "none", "network", "partitions,byzantine", "disk,clocks"}) {
    const auto faults = FaultSet::parse(text);
    ASSERT_TRUE(faults) << text;
    EXPECT_EQ(faults->text(), text);
  }
  EXPECT_EQ(FaultSet::parse("network,"), FaultSet::parse("network"));
  EXPECT_FALSE(FaultSet::parse("network,hail"));
}

TEST(FaultCounts, names_what_happened) {
  FaultCounts counts;
  EXPECT_EQ(counts.text(), "no faults");
  counts.note(Fault::Loss);
  counts.note(Fault::Replay);
  counts += counts;
  EXPECT_EQ(counts.text(), "2 lost messages, 2 replays");
}

}  // namespace
}  // namespace ol::sim
