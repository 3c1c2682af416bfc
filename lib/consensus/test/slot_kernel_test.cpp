// The kernel of two_phase: specs/consensus.md section 7; requirements.md traps T5, T8, T9, T21.
#include "slot_kernel_fixture.hpp"

namespace ol::consensus::test {
namespace {

// TC-VP-1. Whoever has the block can tell.
TEST_F(SlotKernelTest, a_proposal_of_another_than_the_leader_of_its_slot_and_rank_is_refused) {
  for (std::uint64_t view = 1; view <= 8; ++view) {
    auto block = candidate(view);
    EXPECT_TRUE(verifier.verify_proposal(v.proposal(block)));
    const ValidatorIndex leader = block.header.proposer;
    block.header.proposer = ValidatorIndex((leader.value() + 1) % 4);
    block = primitives::Block::propose(v.domain, block.header, block.payload);
    EXPECT_EQ(verifier.verify_proposal(v.proposal(block)).error(), VerifyError::NotLeader);
  }
}

TEST_F(SlotKernelTest, prepares_only_after_execution_and_tells_everyone) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto block = candidate(1);
  EXPECT_FALSE(propose(kernel, block).vote);
  const Outputs voted = executed(kernel, block);
  ASSERT_TRUE(voted.vote);
  EXPECT_EQ(voted.vote->audience, Audience::All);
  EXPECT_EQ(voted.vote->subject, v.phase_subject(block, Phase::Prepare, View(1)));
  ASSERT_TRUE(voted.persist);
  EXPECT_EQ(voted.persist->last_vote_phase, Phase::Prepare);
  EXPECT_FALSE(executed(kernel, block).vote);
}

TEST_F(SlotKernelTest, never_votes_for_a_block_that_does_not_execute) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto block = candidate(1);
  propose(kernel, block);
  EXPECT_FALSE(executed(kernel, block, Execution::Invalid).vote);
  EXPECT_FALSE(certified(kernel, named(block, Phase::Prepare, View(1))).vote);
}

TEST_F(SlotKernelTest, precommits_on_a_prepare_certificate_and_commits_on_the_second) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto block = candidate(1);
  propose(kernel, block);
  executed(kernel, block);
  const Outputs locked = certified(kernel, named(block, Phase::Prepare, View(1)));
  ASSERT_TRUE(locked.vote);
  EXPECT_EQ(locked.vote->subject, v.phase_subject(block, Phase::Precommit, View(1)));
  EXPECT_EQ(locked.persist->lock, (BlockRef{View(1), block.hash}));
  EXPECT_TRUE(committed.empty());
  EXPECT_FALSE(certified(kernel, named(block, Phase::Prepare, View(1))).vote);
  certified(kernel, named(block, Phase::Precommit, View(1)));
  certified(kernel, named(block, Phase::Precommit, View(1)));
  EXPECT_EQ(committed, std::vector{block.hash});
}

// T21: a leader whose clock is ahead is heard, and voted on when its round begins here.
TEST_F(SlotKernelTest, votes_on_an_early_proposal_when_its_round_begins_and_on_none_too_early) {
  SlotKernel kernel = make();
  const auto early = candidate(2);
  propose(kernel, early);
  EXPECT_FALSE(executed(kernel, early).vote);
  EXPECT_TRUE(round(kernel, View(2)).vote);
  const auto later = candidate(2 + SlotKernel::kViewsAhead + 1);
  propose(kernel, later);
  executed(kernel, later);
  EXPECT_FALSE(round(kernel, later.header.view).vote);
}

TEST_F(SlotKernelTest, a_proposal_of_a_round_that_is_over_gets_no_vote) {
  SlotKernel kernel = make();
  round(kernel, View(2));
  const auto late = candidate(1);
  propose(kernel, late);
  EXPECT_FALSE(executed(kernel, late).vote);
}

TEST_F(SlotKernelTest, time_never_runs_backwards) {
  SlotKernel kernel = make();
  round(kernel, View(5));
  round(kernel, View(4));
  EXPECT_EQ(kernel.view(), View(5));
  EXPECT_EQ(kernel.status().slot, 3U);
  EXPECT_EQ(kernel.status().rank, 0U);
  EXPECT_EQ(kernel.status().timeout_ms, 600U);
}

TEST_F(SlotKernelTest, the_first_of_two_proposals_is_voted_on_and_both_are_evidence) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto first = candidate(1, 1);
  const auto second = candidate(1, 2);
  propose(kernel, first);
  const Outputs told = propose(kernel, second);
  ASSERT_EQ(told.evidence.size(), 1U);
  EXPECT_TRUE(proves(told.evidence[0], v.domain, *v.set, *v.scheme));
  EXPECT_FALSE(executed(kernel, second).vote);
  EXPECT_EQ(executed(kernel, first).vote->subject.block, first.hash);
  EXPECT_TRUE(propose(kernel, candidate(1, 3)).evidence.empty());
}

// Which has no header of the round: what the leader signed is the evidence.
TEST_F(SlotKernelTest, two_blocks_proposed_again_in_a_round_are_evidence) {
  SlotKernel kernel = make();
  round(kernel, View(3));
  const auto first = v.certify(candidate(1, 1), Phase::Prepare, View(1));
  const auto second = v.certify(candidate(1, 2), Phase::Prepare, View(2));
  EXPECT_TRUE(again(kernel, View(3), first).evidence.empty());
  const Outputs told = again(kernel, View(3), second);
  ASSERT_EQ(told.evidence.size(), 1U);
  EXPECT_TRUE(proves(told.evidence[0], v.domain, *v.set, *v.scheme));
  EXPECT_EQ(accused(told.evidence[0]), v.slot_leaders.leader(View(3)));
  const auto third = v.certify(candidate(1, 3), Phase::Prepare, View(1));
  EXPECT_TRUE(again(kernel, View(3), third).evidence.empty());
}

TEST_F(SlotKernelTest, a_new_block_beside_one_proposed_again_is_evidence) {
  SlotKernel kernel = make();
  round(kernel, View(3));
  propose(kernel, candidate(3));
  const auto old = v.certify(candidate(1), Phase::Prepare, View(1));
  const Outputs told = again(kernel, View(3), old);
  ASSERT_EQ(told.evidence.size(), 1U);
  EXPECT_TRUE(proves(told.evidence[0], v.domain, *v.set, *v.scheme));
}

// The certificate may be another: the block is what its leader proposes.
TEST_F(SlotKernelTest, one_block_proposed_again_and_again_accuses_nobody) {
  SlotKernel kernel = make();
  const auto block = candidate(1);
  round(kernel, View(3));
  again(kernel, View(3), v.certify(block, Phase::Prepare, View(1)));
  EXPECT_TRUE(again(kernel, View(3), v.certify(block, Phase::Prepare, View(2))).evidence.empty());
  EXPECT_TRUE(again(kernel, View(4), v.certify(block, Phase::Prepare, View(2))).evidence.empty());
}

// Trap T8 at one validator: the next leader did not know, and proposes another block.
TEST_F(SlotKernelTest, a_locked_validator_refuses_another_block_and_says_why) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto block = candidate(1);
  propose(kernel, block);
  executed(kernel, block);
  const auto prepared = named(block, Phase::Prepare, View(1));
  certified(kernel, prepared);
  const Outputs next = round(kernel, View(3));
  EXPECT_EQ(next.share, prepared);
  const auto other = candidate(3);
  propose(kernel, other);
  EXPECT_FALSE(executed(kernel, other).vote);
  // Proposed again it is voted on, in the round of the re-proposal.
  round(kernel, View(4));
  const Outputs voted = again(kernel, View(4), v.certify(block, Phase::Prepare, View(1)));
  ASSERT_TRUE(voted.vote);
  EXPECT_EQ(voted.vote->subject, v.phase_subject(block, Phase::Prepare, View(4)));
}

TEST_F(SlotKernelTest, a_newer_certificate_on_a_reproposal_unlocks) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto block = candidate(1);
  const auto other = candidate(2);
  propose(kernel, block);
  executed(kernel, block);
  certified(kernel, named(block, Phase::Prepare, View(1)));
  round(kernel, View(3));
  const Outputs asked = again(kernel, View(3), v.certify(other, Phase::Prepare, View(2)));
  ASSERT_EQ(asked.fetch.size(), 1U);
  EXPECT_EQ(asked.fetch[0].block, other.hash);
  fetched(kernel, other);
  const Outputs voted = executed(kernel, other);
  ASSERT_TRUE(voted.vote);
  EXPECT_EQ(voted.vote->subject, v.phase_subject(other, Phase::Prepare, View(3)));
}

TEST_F(SlotKernelTest, a_leader_that_is_locked_proposes_the_locked_block_once) {
  // Validator 2 leads view 3, the first round of slot 2.
  SlotKernel kernel = make(2);
  round(kernel, View(1));
  const auto block = candidate(1);
  propose(kernel, block);
  executed(kernel, block);
  const auto prepared = named(block, Phase::Prepare, View(1));
  certified(kernel, prepared);
  const Outputs out = round(kernel, View(3));
  ASSERT_TRUE(out.reproposal);
  EXPECT_EQ(out.reproposal->view, View(3));
  EXPECT_EQ(out.reproposal->certificate, prepared);
  EXPECT_EQ(out.persist->last_proposal, (BlockRef{View(3), block.hash}));
  EXPECT_FALSE(out.build);
  ASSERT_TRUE(out.vote);
  EXPECT_EQ(out.vote->subject, v.phase_subject(block, Phase::Prepare, View(3)));
  EXPECT_FALSE(kernel.step(Started{}).reproposal);
}

// Without a vote in the same step to record.
TEST_F(SlotKernelTest, a_reproposal_is_recorded_before_it_is_signed) {
  SlotKernel kernel = make(2);
  round(kernel, View(1));
  const auto block = candidate(1);
  propose(kernel, block);
  certified(kernel, named(block, Phase::Prepare, View(1)));
  const Outputs out = round(kernel, View(3));
  ASSERT_TRUE(out.reproposal);
  EXPECT_FALSE(out.vote);
  ASSERT_TRUE(out.persist);
  EXPECT_EQ(out.persist->last_proposal, (BlockRef{View(3), block.hash}));
}

TEST_F(SlotKernelTest, a_leader_builds_once_a_round_on_the_final_block) {
  SlotKernel kernel = make(1);
  const Outputs asked = round(kernel, View(1));
  ASSERT_TRUE(asked.build);
  EXPECT_EQ(asked.build->view, View(1));
  EXPECT_EQ(asked.build->parent->hash, v.genesis.hash);
  EXPECT_FALSE(kernel.step(Started{}).build);
  const Outputs made = kernel.step(BlockBuilt{verifier.own_block(candidate(1))});
  ASSERT_TRUE(made.proposal);
  EXPECT_EQ(made.persist->last_proposal.view, View(1));
  EXPECT_FALSE(kernel.step(BlockBuilt{verifier.own_block(candidate(1, 5))}).proposal);
}

TEST_F(SlotKernelTest, a_block_built_while_a_lock_arose_is_not_proposed) {
  SlotKernel kernel = make(1);
  ASSERT_TRUE(round(kernel, View(3 + 2 * 3)).build.has_value() || kernel.view() == View(9));
  const auto block = candidate(8);
  certified(kernel, named(block, Phase::Prepare, View(8)));
  EXPECT_FALSE(kernel.step(BlockBuilt{verifier.own_block(candidate(9))}).proposal);
}

// ---- Around the kernel.

TEST_F(SlotKernelTest, a_reproposal_is_refused_by_what_is_wrong_with_it) {
  const auto block = candidate(1);
  const auto prepared = v.certify(block, Phase::Prepare, View(1));
  EXPECT_TRUE(verifier.verify_reproposal(v.reproposal(View(3), prepared)));
  const auto error = [&](const ReproposalMessage& message) {
    return verifier.verify_reproposal(message).error();
  };
  EXPECT_EQ(error(v.reproposal(View(1), prepared)), VerifyError::BadHeader);
  EXPECT_EQ(error(v.reproposal(View(3), v.certify(block, Phase::Precommit, View(1)))),
            VerifyError::WrongRule);
  auto other_leader = v.reproposal(View(3), prepared);
  other_leader.view = View(5);
  EXPECT_EQ(error(other_leader), VerifyError::BadSignature);
  auto forged = prepared;
  forged.signature[3] ^= 1;
  EXPECT_EQ(error(v.reproposal(View(3), forged)), VerifyError::BadCertificate);
  EXPECT_EQ(v.verifier().verify_reproposal(v.reproposal(View(3), prepared)).error(),
            VerifyError::WrongRule);
}

TEST_F(SlotKernelTest, a_block_stands_on_a_final_one_and_proves_no_timeout) {
  const auto b1 = candidate(1);
  const auto check = [&](const primitives::Block& block) {
    return verifier.verify_proposal(v.proposal(block));
  };
  EXPECT_TRUE(check(v.child(b1, v.certify(b1, Phase::Precommit, View(1)), View(3))));
  EXPECT_EQ(check(v.child(b1, v.certify(b1, Phase::Prepare, View(1)), View(3))).error(),
            VerifyError::BadCertificate);
  auto with_timeout = candidate(3);
  with_timeout.header.timeout_certificate = v.timeout(View(2), v.genesis_certificate);
  EXPECT_EQ(check(primitives::Block::propose(v.domain, with_timeout.header, {})).error(),
            VerifyError::UnexpectedTimeoutCertificate);
  EXPECT_EQ(verifier.verify_new_view(v.new_view(0, View(1), v.genesis_certificate)).error(),
            VerifyError::WrongRule);
  EXPECT_EQ(verifier.verify_certificate(v.certify(b1, Phase::Generic, View(1))).error(),
            VerifyError::BadCertificate);
}

TEST_F(SlotKernelTest, the_signer_signs_each_phase_of_a_round_once_and_in_order) {
  MemoryStore store;
  Signer signer(v.domain, v.set->hash(v.domain), ValidatorIndex(0), v.key(0), v.vote_key(0),
                *v.scheme, store, std::nullopt);
  const auto vote = [&](const primitives::Block& block, Phase phase, std::uint64_t view) {
    Outputs out;
    out.vote =
        VoteIntent{v.phase_subject(block, phase, View(view)), ValidatorIndex(0), Audience::All};
    out.persist = SafetyRecord{};
    out.persist->high_qc = v.genesis_certificate;
    out.persist->last_vote = {View(view), block.hash};
    out.persist->last_vote_phase = phase;
    out.persist->last_vote_height = Height(1);
    const auto made = signer.sign(out);
    if (!made) return false;
    const auto digest = vote_digest(v.domain, out.vote->subject);
    return v.scheme->verify_share(digest, made->vote->share);
  };
  const auto block = candidate(1, 1);
  const auto other = candidate(1, 2);
  EXPECT_TRUE(vote(block, Phase::Prepare, 1));
  EXPECT_TRUE(vote(block, Phase::Prepare, 1));
  EXPECT_FALSE(vote(other, Phase::Prepare, 1));
  EXPECT_TRUE(vote(block, Phase::Precommit, 1));
  EXPECT_FALSE(vote(block, Phase::Prepare, 1));
  EXPECT_FALSE(vote(other, Phase::Precommit, 1));
  EXPECT_TRUE(vote(other, Phase::Prepare, 2));
  EXPECT_FALSE(vote(block, Phase::Precommit, 1));
  EXPECT_EQ(signer.last_vote()->subject, v.phase_subject(other, Phase::Prepare, View(2)));
}

TEST_F(SlotKernelTest, a_double_vote_in_either_phase_is_evidence) {
  VoteCollector collector(v.domain, *v.set, *v.scheme, VotePhases::TwoPhase);
  const auto first = candidate(1, 1);
  const auto second = candidate(1, 2);
  for (const Phase phase : {Phase::Prepare, Phase::Precommit}) {
    EXPECT_TRUE(collector.add(v.vote(3, v.phase_subject(first, phase, View(1)))).evidence.empty());
    const auto told = collector.add(v.vote(3, v.phase_subject(second, phase, View(1)))).evidence;
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(proves(told[0], v.domain, *v.set, *v.scheme));
  }
  EXPECT_EQ(collector.ignored(), 0U);
  (void)collector.add(v.vote(3, v.phase_subject(first, Phase::Generic, View(1))));
  EXPECT_EQ(collector.ignored(), 1U);
}

}  // namespace
}  // namespace ol::consensus::test
