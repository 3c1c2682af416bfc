// What the kernel of two_phase does with final blocks: certificates, catching up, halting, bounds.
#include "slot_kernel_fixture.hpp"

namespace ol::consensus::test {
namespace {

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

}  // namespace
}  // namespace ol::consensus::test
