// The kernel of two_phase: specs/consensus.md section 7; requirements.md traps T5, T8, T9, T21.
#include <gtest/gtest.h>

#include "slot_cluster.hpp"

namespace ol::consensus::test {
namespace {

// With slots of 2 s and phases of 600 ms a slot has two rounds: views 2s - 1 and 2s.
View first_round(std::uint64_t slot) {
  return View(2 * slot - 1);
}

// TC-CO-2, TC-CO-3, TC-CO-16, TC-CO-21.
TEST(TwoPhase, a_slot_makes_one_block_final_with_two_votes_of_each_validator) {
  SlotCluster cluster(4);
  for (std::uint64_t slot = 1; slot <= 3; ++slot) {
    cluster.round(first_round(slot));
    for (std::uint32_t i = 0; i < 4; ++i)
      EXPECT_EQ(cluster.committed(i), Height(slot)) << i;
  }
  EXPECT_EQ(cluster.votes(Phase::Prepare), 12U);
  EXPECT_EQ(cluster.votes(Phase::Precommit), 12U);
  EXPECT_EQ(cluster.evidence(), 0U);
}

// TC-CO-23: the certificate stored with the block is the proof of its finality.
TEST(TwoPhase, a_final_block_carries_the_precommit_certificate_that_proves_it) {
  SlotCluster cluster(4);
  cluster.round(View(1));
  const CommittedBlock& block = cluster.chain(2).back();
  EXPECT_EQ(block.certificate.subject.phase, Phase::Precommit);
  EXPECT_EQ(block.certificate.block(), block.block->hash);
  const auto digest = vote_digest(cluster.v.domain, block.certificate.subject);
  EXPECT_TRUE(cluster.v.make_scheme()->verify(digest, block.certificate.signers,
                                              block.certificate.signature));
}

// TC-CO-23: of all who voted, also of those whose votes came after the quorum's.
TEST(TwoPhase, the_next_block_names_every_voter_of_a_final_one) {
  SlotCluster cluster(3);
  cluster.round(first_round(1));
  cluster.round(first_round(2));
  cluster.crash(2);
  for (std::uint64_t slot = 3; cluster.committed(0) < Height(4); ++slot) {
    cluster.round(first_round(slot));
    cluster.round(View(2 * slot));
  }
  const auto& chain = cluster.chain(0);
  EXPECT_EQ(chain[2].block->header.justify.signers, Bytes{0x07});
  EXPECT_EQ(chain[4].block->header.justify.signers, Bytes{0x03}) << "one was down";
}

TEST(TwoPhase, the_second_round_of_a_slot_that_has_its_block_is_idle) {
  SlotCluster cluster(4);
  cluster.round(View(1));
  cluster.round(View(2));
  EXPECT_EQ(cluster.committed(0), Height(1));
  EXPECT_EQ(cluster.votes(Phase::Prepare), 4U);
  cluster.round(View(3));
  EXPECT_EQ(cluster.committed(0), Height(2));
}

// TC-PM-3.
TEST(TwoPhase, the_next_in_rank_stands_in_for_a_leader_that_is_down) {
  SlotCluster cluster(4);
  cluster.crash(1);
  cluster.round(View(1));
  EXPECT_EQ(cluster.committed(0), Height(0));
  cluster.round(View(2));
  EXPECT_EQ(cluster.committed(0), Height(1));
  EXPECT_EQ(cluster.chain(0).back().block->header.proposer, ValidatorIndex(2));
}

// TC-CO-7, TC-BZ-1, TC-BZ-2.
TEST(TwoPhase, of_three_one_may_be_down_and_catches_up) {
  SlotCluster cluster(3);
  cluster.round(first_round(1));
  cluster.crash(2);
  for (std::uint64_t slot = 2; slot <= 5; ++slot) {
    cluster.round(first_round(slot));
    cluster.round(View(2 * slot));
  }
  EXPECT_EQ(cluster.committed(0), Height(5));
  EXPECT_EQ(cluster.committed(2), Height(1));
  cluster.restart(2);
  EXPECT_EQ(cluster.committed(2), Height(5));
  cluster.round(first_round(6));
  for (std::uint32_t i = 0; i < 3; ++i)
    EXPECT_EQ(cluster.committed(i), Height(6));
}

// TC-BZ-3.
TEST(TwoPhase, the_smaller_side_of_a_partition_waits_and_converges) {
  SlotCluster cluster(3);
  cluster.cut(0, 2);
  cluster.cut(1, 2);
  for (std::uint64_t view = 1; view <= 8; ++view)
    cluster.round(View(view));
  EXPECT_EQ(cluster.committed(0), Height(4));
  EXPECT_EQ(cluster.committed(2), Height(0));
  cluster.heal();
  EXPECT_EQ(cluster.committed(2), Height(4));
  cluster.round(View(9));
  cluster.round(View(10));
  EXPECT_EQ(cluster.committed(2), Height(5));
}

// Trap T8: nobody sees a precommit quorum in slot 1, somebody may have. The block is proposed
// again, unchanged, and nothing else becomes final at its height.
TEST(TwoPhase, a_prepared_block_is_proposed_again_unchanged_in_the_next_slot) {
  SlotCluster cluster(4);
  cluster.lose(Phase::Precommit);
  cluster.round(first_round(1));
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cluster.committed(i), Height(0));
    EXPECT_EQ(cluster.status(i).lock.view, View(1));
  }
  cluster.lose(std::nullopt);
  cluster.round(first_round(2));
  for (std::uint32_t i = 0; i < 4; ++i) {
    ASSERT_EQ(cluster.committed(i), Height(1));
    EXPECT_EQ(cluster.chain(i).back().block->header.view, View(1));
    EXPECT_EQ(cluster.chain(i).back().certificate.view(), View(3));
  }
}

// Only validator 3 counted the precommits of slot 1 before it was cut off.
TEST(TwoPhase, the_lock_binds_the_others_to_what_one_of_them_made_final) {
  SlotCluster cluster(4);
  cluster.round(View(1));
  const BlockHash block = cluster.chain(3).back().block->hash;
  SlotCluster others(4);
  others.lose(Phase::Precommit);
  others.round(View(1));
  others.lose(std::nullopt);
  others.crash(3);
  for (std::uint64_t view = 2; view <= 4; ++view)
    others.round(View(view));
  EXPECT_EQ(others.chain(0).at(1).block->hash, block);
}

TEST(TwoPhase, a_round_without_a_prepare_quorum_leaves_nobody_locked) {
  SlotCluster cluster(4);
  cluster.lose(Phase::Prepare);
  cluster.round(View(1));
  EXPECT_EQ(cluster.votes(Phase::Precommit), 0U);
  cluster.lose(std::nullopt);
  cluster.round(View(2));
  EXPECT_EQ(cluster.committed(0), Height(1));
  EXPECT_EQ(cluster.chain(0).back().block->header.view, View(2));
}

TEST(TwoPhase, a_restart_in_the_middle_of_a_round_votes_once) {
  SlotCluster cluster(4);
  cluster.lose(Phase::Precommit);
  cluster.round(View(1));
  cluster.crash(0);
  cluster.restart(0);
  EXPECT_EQ(cluster.status(0).lock.view, View(1));
  cluster.lose(std::nullopt);
  cluster.round(View(2));
  EXPECT_EQ(cluster.committed(0), Height(1));
}

/// One kernel, fed by hand.
class SlotKernelTest : public testing::Test {
 protected:
  SlotValidators v{4};
  Verifier verifier{v.domain,
                    *v.set,
                    *v.scheme,
                    v.slot_leaders,
                    v.genesis_certificate,
                    kEd25519Signatures,
                    VotePhases::TwoPhase};
  std::vector<BlockHash> committed;

  SlotKernel make(std::uint32_t self = 0) {
    return SlotKernel(
        KernelConfig{v.domain, ValidatorIndex(self), {}}, *v.set, v.slot_leaders, v.clock,
        CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
        std::nullopt);
  }
  Outputs note(Outputs out) {
    for (const CommittedBlock& block : out.commit)
      committed.push_back(block.block->hash);
    return out;
  }
  Outputs round(SlotKernel& kernel, View view) { return note(kernel.step(TimerFired{view})); }
  Outputs propose(SlotKernel& kernel, const primitives::Block& block) {
    const auto header = verifier.verify_proposal(v.proposal(block));
    EXPECT_TRUE(header);
    return note(kernel.step(ProposalReceived{*verifier.complete(*header, block.payload)}));
  }
  Outputs fetched(SlotKernel& kernel, const primitives::Block& block) {
    return note(kernel.step(BlockFetched{verifier.own_block(block)}));
  }
  Outputs executed(SlotKernel& kernel, const primitives::Block& block,
                   Execution verdict = Execution::Valid) {
    return note(kernel.step(BlockExecuted{block.hash, verdict}));
  }
  Outputs certified(SlotKernel& kernel, const QuorumCertificate& qc) {
    return note(kernel.step(CertificateReceived{verifier.own_certificate(qc)}));
  }
  Outputs again(SlotKernel& kernel, View view, const QuorumCertificate& prepared) {
    return note(
        kernel.step(ReproposalReceived{*verifier.verify_reproposal(v.reproposal(view, prepared))}));
  }
  /// A certificate that the kernel takes for verified.
  QuorumCertificate named(const primitives::Block& block, Phase phase, View view) const {
    return {.subject = v.phase_subject(block, phase, view), .signers = {}, .signature = {}};
  }
  primitives::Block candidate(std::uint64_t view, std::uint8_t salt = 0) const {
    return v.child(v.genesis, v.genesis_certificate, View(view), salt);
  }
};

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

// TC-CO-23. Only of the same vote, and only more of it.
TEST_F(SlotKernelTest, a_fuller_certificate_of_the_last_final_block_is_what_the_next_one_carries) {
  SlotKernel kernel = make(3);
  const auto block = candidate(1);
  fetched(kernel, block);
  const auto signed_by = [&](std::uint8_t signers, View view) {
    auto out = named(block, Phase::Precommit, view);
    out.signers = {signers};
    return out;
  };
  certified(kernel, signed_by(0b0111, View(1)));
  certified(kernel, signed_by(0b1111, View(2)));  // of another round
  EXPECT_EQ(kernel.news().front().signers, Bytes{0b0111});
  certified(kernel, signed_by(0b1110, View(1)));
  EXPECT_EQ(kernel.news().front().signers, Bytes{0b0111});
  certified(kernel, signed_by(0b1111, View(1)));
  certified(kernel, signed_by(0b0111, View(1)));
  EXPECT_EQ(kernel.news().front().signers, Bytes{0b1111});
  const Outputs asked = round(kernel, View(3 + 2));
  ASSERT_TRUE(asked.build);
  EXPECT_EQ(asked.build->justify.signers, Bytes{0b1111});
}

// The others' votes of that round still count; of rounds before it they do not.
TEST_F(SlotKernelTest, votes_of_the_round_that_made_a_block_final_are_still_taken) {
  SlotKernel kernel = make();
  const auto block = candidate(5);
  fetched(kernel, block);
  certified(kernel, named(block, Phase::Precommit, View(5)));
  EXPECT_EQ(kernel.vote_floor(), View(4));
}

// Blocks come in any order; each becomes final by its own certificate, in ascending heights.
TEST_F(SlotKernelTest, a_late_node_catches_up_from_the_certificates_in_the_headers) {
  SlotKernel kernel = make();
  const auto b1 = candidate(1);
  const auto q1 = v.certify(b1, Phase::Precommit, View(1));
  const auto b2 = v.child(b1, q1, View(3));
  const auto q2 = v.certify(b2, Phase::Precommit, View(3));
  const auto b3 = v.child(b2, q2, View(5));
  const Outputs asked = fetched(kernel, b3);
  ASSERT_EQ(asked.fetch.size(), 1U);
  EXPECT_EQ(asked.fetch[0].block, b2.hash);
  EXPECT_EQ(kernel.status().orphans, 1U);
  fetched(kernel, b2);
  fetched(kernel, b1);
  EXPECT_EQ(committed, (std::vector{b1.hash, b2.hash}));
  EXPECT_NE(kernel.tree().find(b3.hash), nullptr);
  EXPECT_EQ(kernel.status().orphans, 0U);
}

TEST_F(SlotKernelTest, a_certificate_that_comes_first_commits_its_block_when_it_arrives) {
  SlotKernel kernel = make();
  const auto block = candidate(1);
  const Outputs asked = certified(kernel, named(block, Phase::Precommit, View(1)));
  ASSERT_EQ(asked.fetch.size(), 1U);
  EXPECT_TRUE(certified(kernel, named(block, Phase::Precommit, View(1))).fetch.empty());
  const Outputs out = fetched(kernel, block);
  EXPECT_EQ(out.execute.size(), 1U);
  EXPECT_EQ(committed, std::vector{block.hash});
}

// T5: at n = 3 one liar can do this; finality must not go on.
TEST_F(SlotKernelTest, a_second_final_block_at_a_height_halts_and_names_both) {
  SlotKernel kernel = make();
  const auto block = candidate(1, 1);
  const auto other = candidate(1, 2);
  fetched(kernel, block);
  const auto first = named(block, Phase::Precommit, View(1));
  const auto second = named(other, Phase::Precommit, View(1));
  certified(kernel, first);
  EXPECT_FALSE(certified(kernel, first).conflict);
  const Outputs out = certified(kernel, second);
  ASSERT_TRUE(out.conflict);
  EXPECT_EQ(out.conflict->first, first);
  EXPECT_EQ(out.conflict->second, second);
  EXPECT_TRUE(kernel.status().halted);
  const auto next = v.child(block, first, View(3));
  EXPECT_TRUE(certified(kernel, named(next, Phase::Precommit, View(3))).fetch.empty());
  round(kernel, View(3));
  EXPECT_TRUE(fetched(kernel, next).execute.empty());
  EXPECT_FALSE(executed(kernel, next).vote);
}

TEST_F(SlotKernelTest, two_certificates_of_unknown_blocks_at_a_height_halt_too) {
  SlotKernel kernel = make();
  certified(kernel, named(candidate(1, 1), Phase::Precommit, View(1)));
  EXPECT_TRUE(certified(kernel, named(candidate(1, 2), Phase::Precommit, View(2))).conflict);
}

// What an earlier life halted on is on the disk: neither time, nor blocks, nor certificates help.
TEST_F(SlotKernelTest, a_kernel_that_halted_in_an_earlier_life_says_nothing) {
  SlotKernel kernel(
      KernelConfig{.domain = v.domain, .self = ValidatorIndex(1), .pace = {}, .halted = true},
      *v.set, v.slot_leaders, v.clock,
      CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
      std::nullopt);
  EXPECT_TRUE(kernel.status().halted);
  const auto silent = [](const Outputs& out) {
    return !out.persist && !out.proposal && !out.vote && !out.reproposal && !out.share &&
           !out.build && out.execute.empty() && out.commit.empty() && out.fetch.empty();
  };
  EXPECT_TRUE(silent(kernel.step(Started{})));
  EXPECT_TRUE(silent(round(kernel, View(1))));
  const auto block = candidate(1);
  EXPECT_TRUE(silent(propose(kernel, block)));
  EXPECT_TRUE(silent(executed(kernel, block)));
  EXPECT_TRUE(silent(certified(kernel, named(block, Phase::Precommit, View(1)))));
}

TEST_F(SlotKernelTest, candidates_of_old_rounds_are_forgotten_but_for_the_locked_one) {
  SlotKernel kernel = make();
  round(kernel, View(1));
  const auto lost = candidate(1, 1);
  const auto held = candidate(1, 2);
  fetched(kernel, lost);
  fetched(kernel, held);
  certified(kernel, named(held, Phase::Prepare, View(1)));
  round(kernel, View(SlotKernel::kRoundsKept));
  EXPECT_NE(kernel.tree().find(lost.hash), nullptr);
  const Outputs out = round(kernel, View(SlotKernel::kRoundsKept + 1));
  ASSERT_EQ(out.discarded.size(), 1U);
  EXPECT_EQ(out.discarded[0]->hash, lost.hash);
  EXPECT_NE(kernel.tree().find(held.hash), nullptr);
  EXPECT_EQ(kernel.vote_floor(), View(1));
}

TEST_F(SlotKernelTest, what_strangers_make_it_keep_is_bounded) {
  SlotKernel kernel = make();
  for (std::uint32_t i = 0; i < 200; ++i) {
    primitives::Block parent = v.genesis;
    parent.header.height = Height(10 + i);
    parent.hash.bytes.fill(static_cast<std::uint8_t>(i));
    const auto block = v.child(parent, named(parent, Phase::Precommit, View(1)), View(2));
    fetched(kernel, block);
  }
  EXPECT_EQ(kernel.status().orphans, SlotKernel::kOrphansMax);
  for (std::uint8_t salt = 0; salt < 10; ++salt)
    fetched(kernel, candidate(1, salt));
  EXPECT_LE(kernel.status().tree_blocks, 11U);
}

TEST_F(SlotKernelTest, an_observer_follows_without_signing) {
  SlotKernel kernel = make(1);
  kernel.become_observer();
  const Outputs out = round(kernel, View(1));
  EXPECT_FALSE(out.build);
  const auto block = candidate(1);
  propose(kernel, block);
  EXPECT_FALSE(executed(kernel, block).vote);
  certified(kernel, named(block, Phase::Prepare, View(1)));
  certified(kernel, named(block, Phase::Precommit, View(1)));
  EXPECT_EQ(committed, std::vector{block.hash});
  ASSERT_EQ(kernel.news().size(), 1U);
  EXPECT_EQ(kernel.news()[0].block(), block.hash);
}

TEST_F(SlotKernelTest, one_vote_leaves_with_each_step_and_the_running_round_comes_first) {
  SlotKernel kernel = make();
  round(kernel, View(3));
  const auto block = candidate(1);
  fetched(kernel, block);
  executed(kernel, block);
  // The certificate of view 1 would allow a precommit there; the re-proposal asks for more.
  const Outputs out = again(kernel, View(3), v.certify(block, Phase::Prepare, View(1)));
  ASSERT_TRUE(out.vote);
  EXPECT_EQ(out.vote->subject, v.phase_subject(block, Phase::Prepare, View(3)));
  EXPECT_FALSE(kernel.step(Started{}).vote);
}

// The record was written, the disk lost the final block.
TEST_F(SlotKernelTest, a_restart_that_lost_a_final_block_asks_for_it_and_votes_for_no_other) {
  const auto block = candidate(1, 1);
  SafetyRecord record;
  record.high_qc = v.certify(block, Phase::Precommit, View(1));
  record.lock = {View(1), block.hash};
  record.last_vote = {View(1), block.hash};
  record.last_vote_phase = Phase::Precommit;
  SlotKernel kernel(
      KernelConfig{v.domain, ValidatorIndex(2), {}}, *v.set, v.slot_leaders, v.clock,
      CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
      record);
  const Outputs started = note(kernel.step(Started{}));
  ASSERT_EQ(started.fetch.size(), 1U);
  EXPECT_EQ(started.fetch[0].block, block.hash);
  // It leads view 3, and must not build on what it has.
  const Outputs led = round(kernel, View(3));
  EXPECT_FALSE(led.build || led.reproposal);
  const auto other = candidate(4, 2);
  round(kernel, View(4));
  propose(kernel, other);
  EXPECT_FALSE(executed(kernel, other).vote);
  fetched(kernel, block);
  EXPECT_EQ(committed, std::vector{block.hash});
}

TEST_F(SlotKernelTest, a_leader_that_knows_of_a_final_block_further_up_builds_nothing) {
  const auto b1 = candidate(1);
  const auto b2 = v.child(b1, v.certify(b1, Phase::Precommit, View(1)), View(3));
  SafetyRecord record;
  record.high_qc = v.certify(b2, Phase::Precommit, View(3));
  SlotKernel kernel(
      KernelConfig{v.domain, ValidatorIndex(0), {}}, *v.set, v.slot_leaders, v.clock,
      CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
      record);
  ASSERT_EQ(v.slot_leaders.leader(View(6)), ValidatorIndex(0));
  EXPECT_FALSE(round(kernel, View(6)).build);
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
