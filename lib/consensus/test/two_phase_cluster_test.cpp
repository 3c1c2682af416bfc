// Validators of two_phase among themselves: specs/consensus.md section 7; requirements.md traps T5,
// T8.
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

}  // namespace
}  // namespace ol::consensus::test
