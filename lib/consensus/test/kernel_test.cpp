// The kernel as a state machine: specs/consensus.md sections 4, 5 and 8; requirements 5.1.
#include <gtest/gtest.h>

#include "chained_rules.hpp"
#include "validators.hpp"

namespace ol::consensus::test {
namespace {

/// One kernel, fed by hand with what others would send.
class KernelTestFixture : public testing::Test {
 public:
  explicit KernelTestFixture(primitives::CommitRule chosen) : rule(make_voting_rule(chosen)) {}

 protected:
  Validators v{4};
  std::unique_ptr<const VotingRule> rule;
  Verifier verifier = v.verifier();
  std::vector<Height> committed;
  std::vector<BlockHash> discarded;

  /// Heights 1, 2, .. of the blocks that are final when `certified` blocks in a row are certified.
  std::vector<Height> final_of(std::size_t certified) const {
    std::vector<Height> out;
    for (std::size_t i = 1; i + rule->depth() <= certified + 1; ++i)
      out.emplace_back(i);
    return out;
  }
  std::unique_ptr<Kernel> make(std::optional<std::uint32_t> self,
                               std::optional<SafetyRecord> record = {}) {
    const auto index = self ? std::optional(ValidatorIndex(*self)) : std::nullopt;
    return std::make_unique<Kernel>(
        KernelConfig{v.domain, index, {}}, *v.set, *rule, *v.leaders,
        CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
        std::move(record));
  }
  Outputs propose(Kernel& kernel, const primitives::Block& block) {
    auto header = verifier.verify_proposal(v.proposal(block));
    EXPECT_TRUE(header);
    return note(kernel.step(ProposalReceived{*verifier.complete(*header, block.payload)}));
  }
  Outputs executed(Kernel& kernel, const primitives::Block& block,
                   Execution verdict = Execution::Valid) {
    return note(kernel.step(BlockExecuted{block.hash, verdict}));
  }
  Outputs certified(Kernel& kernel, const QuorumCertificate& qc) {
    return note(kernel.step(CertificateReceived{*verifier.verify_certificate(qc)}));
  }
  Outputs left(Kernel& kernel, std::uint32_t sender, std::uint64_t view,
               const QuorumCertificate& qc) {
    return note(kernel.step(
        NewViewReceived{*verifier.verify_new_view(v.new_view(sender, View(view), qc))}));
  }
  Outputs note(Outputs out) {
    for (const CommittedBlock& block : out.commit)
      committed.push_back(block.block->header.height);
    for (const BlockPtr& block : out.discarded)
      discarded.push_back(block->hash);
    return out;
  }
  /// Blocks 1..count in consecutive views, each on the certificate of the one before.
  std::vector<primitives::Block> chain(std::size_t count) {
    std::vector<primitives::Block> out;
    QuorumCertificate qc = v.genesis_certificate;
    for (std::size_t i = 1; i <= count; ++i) {
      out.push_back(v.block(out.empty() ? v.genesis : out.back(), qc, View(i)));
      qc = v.certify(out.back());
    }
    return out;
  }
};

/// What holds whichever rule decides.
class KernelTest : public KernelTestFixture,
                   public testing::WithParamInterface<primitives::CommitRule> {
 public:
  KernelTest() : KernelTestFixture(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Rules, KernelTest, kChainedRules, rule_name);

class ThreeChainKernelTest : public KernelTestFixture {
 public:
  ThreeChainKernelTest() : KernelTestFixture(primitives::CommitRule::ThreeChain) {}
};

TEST_P(KernelTest, votes_only_after_execution_and_persists_first) {
  auto kernel = make(0);
  const auto block = chain(1)[0];
  const Outputs received = propose(*kernel, block);
  ASSERT_EQ(received.execute.size(), 1U);
  EXPECT_FALSE(received.vote);
  const Outputs voted = executed(*kernel, block);
  ASSERT_TRUE(voted.vote);
  ASSERT_TRUE(voted.persist);
  EXPECT_EQ(voted.persist->last_vote.block, block.hash);
  EXPECT_EQ(voted.vote->destination, ValidatorIndex(2));
  EXPECT_EQ(kernel->view(), View(2));
}

TEST_P(KernelTest, never_votes_for_a_block_that_does_not_execute) {
  auto kernel = make(0);
  const auto block = chain(1)[0];
  propose(*kernel, block);
  EXPECT_FALSE(executed(*kernel, block, Execution::Invalid).vote);
}

TEST_P(KernelTest, votes_once_in_a_view_and_reports_the_rival) {
  auto kernel = make(0);
  const auto first = v.block(v.genesis, v.genesis_certificate, View(1), 1);
  const auto rival = v.block(v.genesis, v.genesis_certificate, View(1), 2);
  propose(*kernel, first);
  EXPECT_TRUE(executed(*kernel, first).vote);
  const Outputs second = propose(*kernel, rival);
  ASSERT_EQ(second.evidence.size(), 1U);
  EXPECT_TRUE(proves(second.evidence[0], v.domain, *v.set, *v.scheme));
  EXPECT_FALSE(executed(*kernel, rival).vote);
}

// Trap T2: the proposal b''' proves QC(b''); b' must wait for QC(b''').
TEST_F(ThreeChainKernelTest, commits_only_when_the_third_block_itself_is_certified) {
  auto kernel = make(std::nullopt);
  const auto blocks = chain(5);
  for (std::size_t i = 0; i < 3; ++i)
    propose(*kernel, blocks[i]);
  EXPECT_TRUE(committed.empty());
  certified(*kernel, v.certify(blocks[2]));
  EXPECT_EQ(committed, std::vector<Height>{Height(1)});
  propose(*kernel, blocks[3]);
  EXPECT_EQ(committed.size(), 1U);
  propose(*kernel, blocks[4]);
  EXPECT_EQ(committed, (std::vector<Height>{Height(1), Height(2)}));
}

TEST_F(ThreeChainKernelTest, a_gap_in_views_commits_later_and_in_order) {
  auto kernel = make(std::nullopt);
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto q1 = v.certify(b1);
  const auto b2 = v.block(b1, q1, View(3), 0, v.timeout(View(2), q1));
  const auto q2 = v.certify(b2);
  const auto b3 = v.block(b2, q2, View(4));
  const auto q3 = v.certify(b3);
  const auto b4 = v.block(b3, q3, View(5));
  const auto q4 = v.certify(b4);
  for (const auto& block : {b1, b2, b3, b4})
    propose(*kernel, block);
  EXPECT_TRUE(committed.empty());
  certified(*kernel, q4);
  EXPECT_EQ(committed, (std::vector<Height>{Height(1), Height(2)}));
}

TEST_P(KernelTest, certificates_that_come_before_their_blocks_commit_all_the_same) {
  auto kernel = make(std::nullopt);
  const auto blocks = chain(3);
  const Outputs early = certified(*kernel, v.certify(blocks[2]));
  ASSERT_EQ(early.fetch.size(), 1U);
  EXPECT_EQ(early.fetch[0].block, blocks[2].hash);
  // The tip arrives first and waits for its ancestors.
  for (const std::size_t i : {2U, 1U, 0U}) {
    note(kernel->step(BlockFetched{*verifier.verify_fetched(blocks[i], blocks[i].hash)}));
  }
  EXPECT_EQ(committed, final_of(3));
  EXPECT_EQ(kernel->status().orphans, 0U);
}

TEST_P(KernelTest, leader_builds_on_the_certificate_of_the_view_before) {
  auto kernel = make(2);
  const auto blocks = chain(1);
  propose(*kernel, blocks[0]);
  executed(*kernel, blocks[0]);
  const Outputs asked = certified(*kernel, v.certify(blocks[0]));
  ASSERT_TRUE(asked.build);
  EXPECT_EQ(asked.build->view, View(2));
  EXPECT_EQ(asked.build->parent->hash, blocks[0].hash);
  EXPECT_FALSE(asked.build->timeout_certificate);
  const auto own = v.block(blocks[0], asked.build->justify, View(2));
  const Outputs made = kernel->step(BlockBuilt{verifier.own_block(own)});
  ASSERT_TRUE(made.proposal);
  EXPECT_EQ(made.persist->last_proposal.block, own.hash);
  EXPECT_FALSE(kernel
                   ->step(BlockBuilt{
                       verifier.own_block(v.block(blocks[0], asked.build->justify, View(2), 5))})
                   .proposal);
}

TEST_P(KernelTest, leader_after_a_lost_view_needs_a_quorum_of_new_views) {
  auto kernel = make(2);
  EXPECT_FALSE(left(*kernel, 0, 1, v.genesis_certificate).build);
  const Outputs joined = left(*kernel, 1, 1, v.genesis_certificate);
  // f + 1 left view 1, so this validator leaves it too; its own statement completes the quorum.
  ASSERT_TRUE(joined.timeout);
  EXPECT_EQ(joined.timeout->view, View(1));
  EXPECT_EQ(kernel->view(), View(1));
  EXPECT_FALSE(joined.build);
  const Outputs asked = left(*kernel, 2, 1, v.genesis_certificate);
  EXPECT_EQ(kernel->view(), View(2));
  ASSERT_TRUE(asked.build);
  ASSERT_TRUE(asked.build->timeout_certificate);
  EXPECT_EQ(asked.build->timeout_certificate->view, View(1));
}

TEST_P(KernelTest, a_timer_ends_voting_in_its_view) {
  auto kernel = make(0);
  const auto block = chain(1)[0];
  const Outputs out = kernel->step(TimerFired{View(1)});
  ASSERT_TRUE(out.timeout);
  EXPECT_EQ(out.persist->last_timeout_view, View(1));
  EXPECT_EQ(out.timer->duration_ms, 4000U);
  propose(*kernel, block);
  EXPECT_FALSE(executed(*kernel, block).vote);
  // Nobody else left yet: the view lasts, and is said to be left again.
  EXPECT_EQ(kernel->step(TimerFired{View(1)}).timeout->view, View(1));
  EXPECT_EQ(kernel->view(), View(1));
}

TEST_P(KernelTest, a_timer_of_another_view_changes_nothing) {
  auto kernel = make(0);
  ASSERT_TRUE(kernel->step(TimerFired{View(1)}).timeout);
  for (const std::uint64_t view : {0U, 2U, 9U}) {
    const Outputs out = kernel->step(TimerFired{View(view)});
    EXPECT_FALSE(out.timeout || out.timer || out.persist) << view;
  }
  EXPECT_EQ(kernel->view(), View(1));
}

// The lock of b (QC of its child known) holds against an older branch and yields to a newer one.
TEST_F(ThreeChainKernelTest, the_lock_refuses_an_older_branch_and_yields_to_a_newer_certificate) {
  auto kernel = make(0);
  const auto blocks = chain(3);
  for (const auto& block : blocks) {
    propose(*kernel, block);
    executed(*kernel, block);
  }
  EXPECT_EQ(kernel->status().lock.view, View(1));
  // A fork on genesis: its justify (view 0) is below the lock.
  const auto older = v.block(v.genesis, v.genesis_certificate, View(9), 4,
                             v.timeout(View(8), v.genesis_certificate));
  propose(*kernel, older);
  EXPECT_FALSE(executed(*kernel, older).vote);
  // A fork on the locked block.
  const auto q1 = v.certify(blocks[0]);
  const auto side = v.block(blocks[0], q1, View(10), 5, v.timeout(View(9), q1));
  propose(*kernel, side);
  EXPECT_TRUE(executed(*kernel, side).vote);
  // A fork beside it whose certificate is above the lock.
  const auto beside = v.block(v.genesis, v.genesis_certificate, View(5), 6,
                              v.timeout(View(4), v.genesis_certificate));
  propose(*kernel, beside);
  const auto q5 = v.certify(beside);
  const auto newer = v.block(beside, q5, View(12), 7, v.timeout(View(11), q5));
  propose(*kernel, newer);
  EXPECT_TRUE(executed(*kernel, newer).vote);
}

TEST_P(KernelTest, restarts_in_the_view_it_left_and_above_everything_it_voted_in) {
  SafetyRecord record;
  record.high_qc = v.genesis_certificate;
  record.lock = {View(0), v.genesis.hash};
  record.last_vote = {View(7), BlockHash{{1}}};
  record.last_timeout_view = View(9);
  auto kernel = make(0, record);
  EXPECT_EQ(kernel->view(), View(9));
  const Outputs started = kernel->step(Started{});
  ASSERT_TRUE(started.timer);
  EXPECT_EQ(started.timer->view, View(9));
  const auto block = v.block(v.genesis, v.genesis_certificate, View(9), 0,
                             v.timeout(View(8), v.genesis_certificate));
  propose(*kernel, block);
  EXPECT_FALSE(executed(*kernel, block).vote);
}

TEST_P(KernelTest, observers_follow_and_never_sign) {
  auto kernel = make(0);
  kernel->become_observer();
  const auto block = chain(1)[0];
  propose(*kernel, block);
  EXPECT_FALSE(executed(*kernel, block).vote);
  EXPECT_FALSE(kernel->step(TimerFired{View(1)}).timeout);
}

TEST_P(KernelTest, a_committed_block_discards_the_branches_beside_it) {
  auto kernel = make(std::nullopt);
  const auto blocks = chain(3);
  const auto rival = v.block(v.genesis, v.genesis_certificate, View(1), 8);
  propose(*kernel, rival);
  for (const auto& block : blocks)
    propose(*kernel, block);
  certified(*kernel, v.certify(blocks[2]));
  EXPECT_EQ(discarded, std::vector{rival.hash});
  EXPECT_EQ(kernel->tree().root().hash, blocks[3 - rule->depth()].hash);
}

TEST_P(KernelTest, one_validator_alone_commits) {
  const Validators one(1);
  Verifier check = one.verifier();
  Kernel kernel(KernelConfig{one.domain, ValidatorIndex(0), {}}, *one.set, *rule, *one.leaders,
                CommittedBlock{std::make_shared<const primitives::Block>(one.genesis),
                               one.genesis_certificate},
                std::nullopt);
  Outputs out = kernel.step(Started{});
  std::size_t commits = 0;
  for (std::uint64_t view = 1; view <= 4; ++view) {
    ASSERT_TRUE(out.build) << view;
    const auto block = one.block(*out.build->parent, out.build->justify, View(view));
    EXPECT_TRUE(kernel.step(BlockBuilt{check.own_block(block)}).proposal);
    EXPECT_TRUE(kernel.step(BlockExecuted{block.hash, Execution::Valid}).vote);
    out = kernel.step(CertificateReceived{*check.verify_certificate(one.certify(block))});
    commits += out.commit.size();
  }
  EXPECT_EQ(commits, final_of(4).size());
}

}  // namespace
}  // namespace ol::consensus::test
