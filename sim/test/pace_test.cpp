#include <ol/sim/cluster/pace.hpp>

#include <sstream>

#include <gmock/gmock.h>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/sim/cluster/command.hpp>

namespace ol::sim::cluster {
namespace {

using consensus::LeaderReputation;
using primitives::SchemeKind;
using testing::HasSubstr;

PaceOptions options(Rule rule, std::uint32_t validators, std::uint64_t views) {
  return {.rule = rule, .validators = validators, .views = views};
}

// A block is final everywhere when the leader that completes its chain of certificates has told:
// each view takes two messages, and the last one takes one.
TEST(Pace, finality_takes_the_messages_of_its_rule_and_the_work_between) {
  for (const auto& [rule, messages] : {std::pair(Rule::ThreeChain, 7U), {Rule::TwoChain, 5U}}) {
    PaceOptions wanted = options(rule, 4, 200);
    const PaceReport report = run_pace(wanted);
    EXPECT_EQ(report.violation, "");
    EXPECT_EQ(report.lost_views, 0U);
    const Costs costs = measured_costs(wanted.scheme, 4, wanted.links);
    const std::uint64_t distance_us = costs.distance_us[1];
    const std::uint64_t view_us = costs.sign_vote_us + costs.certify_us + costs.verify_us;
    EXPECT_GE(report.latency_p50_us, messages * distance_us);
    EXPECT_LE(report.latency_p50_us,
              messages * (distance_us + distance_us / 10) + (messages + 1) / 2 * (view_us + 2'000));
  }
}

TEST(Pace, more_validators_take_longer_and_send_more_per_block) {
  const PaceReport few = run_pace(options(Rule::TwoChain, 4, 60));
  const PaceReport many = run_pace(options(Rule::TwoChain, 31, 60));
  EXPECT_EQ(few.violation + many.violation, "");
  EXPECT_LT(many.blocks * few.virtual_us, few.blocks * many.virtual_us);
  EXPECT_LT(few.bytes_per_block, many.bytes_per_block);
}

// A proposal to each, a vote from each.
TEST(Pace, a_view_takes_messages_in_proportion_to_the_validators) {
  for (const Rule rule : {Rule::ThreeChain, Rule::TwoChain}) {
    for (const std::uint32_t validators : {4U, 10U, 40U}) {
      const PaceReport report = run_pace(options(rule, validators, 100));
      EXPECT_EQ(report.violation, "");
      EXPECT_GE(report.messages_per_view, 2 * (validators - 1) - 1) << rule_name(rule);
      EXPECT_LE(report.messages_per_view, 2 * validators) << rule_name(rule);
    }
  }
}

TEST(Pace, a_list_of_signatures_is_longer_than_a_group_signature) {
  PaceOptions wanted = options(Rule::TwoChain, 31, 60);
  const PaceReport group = run_pace(wanted);
  wanted.scheme = SchemeKind::Ed25519List;
  const PaceReport list = run_pace(wanted);
  EXPECT_GT(list.bytes_per_block, group.bytes_per_block + 20 * 48);
}

// The first failures must be seen and become final before they count; after that the leader gets
// one second chance in each window.
TEST(Pace, a_mute_leader_costs_at_most_one_timeout_per_reputation_window) {
  for (const Rule rule : {Rule::ThreeChain, Rule::TwoChain}) {
    for (const std::uint32_t validators : {4U, 7U}) {
      const std::uint64_t window = LeaderReputation::kPenaltyRounds * validators;
      PaceOptions wanted = options(rule, validators, 6 * window);
      wanted.mute = true;
      const PaceReport report = run_pace(wanted);
      EXPECT_EQ(report.violation, "") << rule_name(rule) << " n " << validators;
      EXPECT_GE(report.lost_views, 2U) << rule_name(rule) << " n " << validators;
      EXPECT_LE(report.lost_views, 3U + 6U) << rule_name(rule) << " n " << validators;
    }
  }
}

TEST(Pace, is_a_part_of_the_command) {
  const auto run = [](std::vector<std::string> args) {
    std::ostringstream out;
    const int status = run_cluster_command(args, out);
    return std::to_string(status) + " " + out.str();
  };
  EXPECT_THAT(run({"--pace", "--nodes", "4", "--views", "20", "--links", "wan", "--scheme",
                   "ed25519-list", "--block", "1"}),
              HasSubstr("0 4 validators, 1 commands a block: "));
  EXPECT_THAT(run({"--pace", "--rule", "two_phase"}), HasSubstr("2 openliquid sim: --pace takes"));
  EXPECT_THAT(run({"--pace", "--links", "moon"}), HasSubstr("--links takes lan or wan"));
  EXPECT_THAT(run({"--pace", "--scheme", "none"}), HasSubstr("--scheme takes bls-threshold"));
}

}  // namespace
}  // namespace ol::sim::cluster
