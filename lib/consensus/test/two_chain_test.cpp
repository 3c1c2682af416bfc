// Jolteon and DiemBFT v4 (arXiv:2106.10362) sections 4 and 5; specs/consensus.md section 6.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

BlockHash hash(std::uint8_t n) {
  return BlockHash{{n}};
}
BlockRef ref(std::uint64_t view, std::uint8_t n) {
  return {View(view), hash(n)};
}

SafetyRecord record(std::uint64_t voted, std::uint64_t left = 0, std::uint64_t locked = 0) {
  SafetyRecord out;
  out.last_vote = ref(voted, 1);
  out.lock = ref(locked, 2);
  out.last_timeout_view = View(left);
  return out;
}

VoteFacts facts(std::uint64_t view, std::uint64_t justify) {
  return {.proposal = ref(view, 9),
          .height = Height(view),
          .justify_view = View(justify),
          .extends_lock = false,
          .timeout = {}};
}

VoteFacts after_timeout(std::uint64_t view, std::uint64_t justify, std::uint64_t left,
                        std::uint64_t best) {
  VoteFacts out = facts(view, justify);
  out.timeout = TimeoutFacts{View(left), View(best)};
  return out;
}

TEST(TwoChainRule, rejects_vote_at_or_below_last_voted_view) {
  const TwoChain rule;
  EXPECT_EQ(rule.decide_vote(record(5), facts(4, 3)).error(), VoteRefusal::StaleView);
  EXPECT_EQ(rule.decide_vote(record(5), facts(5, 4)).error(), VoteRefusal::StaleView);
  EXPECT_TRUE(rule.decide_vote(record(5), facts(6, 5)));
}

TEST(TwoChainRule, rejects_vote_in_a_view_that_was_left) {
  const TwoChain rule;
  EXPECT_EQ(rule.decide_vote(record(2, 6), facts(6, 5)).error(), VoteRefusal::TimedOut);
  EXPECT_EQ(rule.decide_vote(record(2, 7), facts(6, 5)).error(), VoteRefusal::TimedOut);
  EXPECT_TRUE(rule.decide_vote(record(2, 5), facts(6, 5)));
}

TEST(TwoChainRule, a_skipped_view_needs_the_timeout_certificate_of_the_view_before) {
  const TwoChain rule;
  EXPECT_EQ(rule.decide_vote(record(1), facts(6, 4)).error(), VoteRefusal::SkippedView);
  EXPECT_EQ(rule.decide_vote(record(1), after_timeout(6, 4, 4, 4)).error(),
            VoteRefusal::SkippedView);
  EXPECT_EQ(rule.decide_vote(record(1), after_timeout(6, 4, 6, 4)).error(),
            VoteRefusal::SkippedView);
  EXPECT_TRUE(rule.decide_vote(record(1), after_timeout(6, 4, 5, 4)));
}

TEST(TwoChainRule, builds_on_the_best_certificate_that_the_timeout_certificate_names) {
  const TwoChain rule;
  EXPECT_EQ(rule.decide_vote(record(1), after_timeout(6, 3, 5, 4)).error(),
            VoteRefusal::OlderCertificate);
  EXPECT_TRUE(rule.decide_vote(record(1), after_timeout(6, 4, 5, 4)));
  EXPECT_TRUE(rule.decide_vote(record(1), after_timeout(6, 4, 5, 3)));
}

// The quorum that left did not know our certificate, so nothing on it can be final.
TEST(TwoChainRule, votes_beside_its_own_newer_certificate_when_the_timeout_certificate_allows) {
  SafetyRecord before = record(4, 5, 4);
  EXPECT_TRUE(TwoChain().decide_vote(before, after_timeout(6, 3, 5, 3)));
}

TEST(TwoChainRule, records_the_vote_and_nothing_else) {
  SafetyRecord before = record(5, 3, 4);
  before.signed_vote = Bytes(64, 1);
  const auto after = TwoChain().decide_vote(before, facts(6, 5));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->last_vote, ref(6, 9));
  EXPECT_EQ(after->last_vote_height, Height(6));
  EXPECT_EQ(after->lock, before.lock);
  EXPECT_EQ(after->last_timeout_view, before.last_timeout_view);
  EXPECT_TRUE(after->signed_vote.empty());
}

TEST(TwoChainRule, locks_the_certified_block_and_never_falls) {
  const TwoChain rule;
  const CertifiedChain chain{.head = ref(7, 7), .parent = ref(5, 5), .grandparent = ref(4, 4)};
  EXPECT_EQ(rule.decide_lock(record(0, 0, 6), chain).lock, ref(7, 7));
  EXPECT_EQ(rule.decide_lock(record(0, 0, 7), chain).lock, ref(7, 2));
  EXPECT_EQ(rule.decide_lock(record(0, 0, 8), chain).lock, ref(8, 2));
}

// Trap T3.
TEST(TwoChainRule, commits_the_parent_of_a_block_certified_in_the_next_view) {
  const TwoChain rule;
  EXPECT_EQ(rule.decide_commit({.head = ref(7, 7), .parent = ref(6, 6), .grandparent = ref(4, 4)}),
            ref(6, 6));
  EXPECT_EQ(rule.decide_commit({.head = ref(7, 7), .parent = ref(6, 6), .grandparent = {}}),
            ref(6, 6));
  EXPECT_FALSE(
      rule.decide_commit({.head = ref(7, 7), .parent = ref(5, 5), .grandparent = ref(4, 4)}));
  EXPECT_FALSE(rule.decide_commit({.head = ref(7, 7), .parent = {}, .grandparent = {}}));
}

TEST(TwoChainRule, the_best_view_of_a_timeout_certificate_is_the_highest_inside) {
  TimeoutCertificate timeout{.epoch = {}, .set_hash = {}, .view = View(5), .signatures = {}};
  for (const std::uint64_t best : {2U, 4U, 3U})
    timeout.signatures.push_back({ValidatorIndex(0), View(best), {}});
  EXPECT_EQ(facts_of(timeout).view, View(5));
  EXPECT_EQ(facts_of(timeout).high_qc_view, View(4));
}

TEST(MakeVotingRule, gives_each_chained_rule_its_depth) {
  EXPECT_EQ(make_voting_rule(primitives::CommitRule::ThreeChain)->depth(), 3U);
  EXPECT_EQ(make_voting_rule(primitives::CommitRule::TwoChain)->depth(), 2U);
  EXPECT_DEATH((void)make_voting_rule(primitives::CommitRule::TwoPhase), "two_phase");
}

/// The kernel with this rule, fed by hand.
class TwoChainKernel : public testing::Test {
 protected:
  Validators v{4};
  TwoChain rule;
  Verifier verifier = v.verifier();
  std::vector<Height> committed;

  Kernel make(std::optional<ValidatorIndex> self) {
    return Kernel(
        KernelConfig{v.domain, self, {}}, *v.set, rule, *v.leaders,
        CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
        std::nullopt);
  }
  void note(const Outputs& out) {
    for (const CommittedBlock& block : out.commit)
      committed.push_back(block.block->header.height);
  }
  Outputs take(Kernel& kernel, const primitives::Block& block) {
    note(kernel.step(ProposalReceived{verifier.own_block(block)}));
    return kernel.step(BlockExecuted{block.hash, Execution::Valid});
  }
  void certify(Kernel& kernel, const primitives::Block& block) {
    note(kernel.step(CertificateReceived{verifier.own_certificate(v.certify(block))}));
  }
};

// Requirements 5.1, T3: x of view 1 has a certified child x2 of view 3, and in view 2 a conflicting
// y may have been certified unseen. Were x final here, z on y would conflict with it.
TEST_F(TwoChainKernel, a_child_certified_over_a_gap_commits_nothing) {
  Kernel kernel = make(std::nullopt);
  const auto x = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto qx = v.certify(x);
  const auto x2 = v.block(x, qx, View(3), 0, v.timeout(View(2), qx));
  take(kernel, x);
  take(kernel, x2);
  certify(kernel, x2);
  EXPECT_TRUE(committed.empty());
  const auto x3 = v.block(x2, v.certify(x2), View(4));
  take(kernel, x3);
  certify(kernel, x3);
  EXPECT_EQ(committed, (std::vector<Height>{Height(1), Height(2)}));
}

// Its certificate is needed, its proposal proves only that of the block below.
TEST_F(TwoChainKernel, commits_only_when_the_second_block_itself_is_certified) {
  Kernel kernel = make(std::nullopt);
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto b2 = v.block(b1, v.certify(b1), View(2));
  take(kernel, b1);
  take(kernel, b2);
  EXPECT_TRUE(committed.empty());
  certify(kernel, b2);
  EXPECT_EQ(committed, std::vector<Height>{Height(1)});
}

// The verifier would refuse it too; the rule does not rely on that.
TEST_F(TwoChainKernel, reads_the_timeout_certificate_that_the_proposal_carries) {
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto q1 = v.certify(b1);
  const auto older = v.block(v.genesis, v.genesis_certificate, View(3), 1, v.timeout(View(2), q1));
  const auto newest = v.block(b1, q1, View(3), 2, v.timeout(View(2), q1));
  for (const auto* block : {&older, &newest}) {
    Kernel kernel = make(ValidatorIndex(0));
    take(kernel, b1);
    EXPECT_EQ(take(kernel, *block).vote.has_value(), block == &newest);
  }
}

}  // namespace
}  // namespace ol::consensus::test
