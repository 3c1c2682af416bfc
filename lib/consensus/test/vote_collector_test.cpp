// Traps T1, T4, T9 and specs/consensus.md section 2 (combine first, verify once).
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

class Collecting : public testing::TestWithParam<primitives::SchemeKind> {
 protected:
  Validators v{4, GetParam()};
  VoteCollector collector{v.domain, *v.set, *v.scheme};
  primitives::Block block = v.block(v.genesis, v.genesis_certificate, View(1), 1);
  primitives::Block rival = v.block(v.genesis, v.genesis_certificate, View(1), 2);
};

INSTANTIATE_TEST_SUITE_P(Schemes, Collecting,
                         testing::Values(primitives::SchemeKind::BlsThreshold,
                                         primitives::SchemeKind::BlsMultisig,
                                         primitives::SchemeKind::Ed25519List));

TEST_P(Collecting, forms_a_certificate_at_the_quorum_and_not_before) {
  EXPECT_FALSE(collector.add(v.vote(0, v.subject(block))).certificate);
  EXPECT_FALSE(collector.add(v.vote(3, v.subject(block))).certificate);
  const auto outcome = collector.add(v.vote(2, v.subject(block)));
  ASSERT_TRUE(outcome.certificate);
  EXPECT_TRUE(v.verifier().verify_certificate(*outcome.certificate));
  EXPECT_FALSE(collector.add(v.vote(1, v.subject(block))).certificate);
}

// TC-CO-23. Each vote that comes after the quorum's is one more signer.
TEST_P(Collecting, adds_late_precommits_to_a_certificate_that_lists_its_signers) {
  VoteCollector slots(v.domain, *v.set, *v.scheme, VotePhases::TwoPhase);
  auto subject = v.subject(block);
  subject.phase = primitives::Phase::Precommit;
  for (const std::uint32_t i : {0U, 2U})
    EXPECT_FALSE(slots.add(v.vote(i, subject)).certificate);
  ASSERT_TRUE(slots.add(v.vote(1, subject)).certificate);
  EXPECT_FALSE(slots.add(v.vote(2, subject)).fuller);
  const auto late = slots.add(v.vote(3, subject));
  EXPECT_FALSE(late.certificate);
  ASSERT_EQ(late.fuller.has_value(), GetParam() != primitives::SchemeKind::BlsThreshold);
  if (!late.fuller) return;
  EXPECT_EQ(late.fuller->signers, Bytes{0x0f});
  EXPECT_TRUE(v.scheme->verify(vote_digest(v.domain, subject), late.fuller->signers,
                               late.fuller->signature));
  EXPECT_FALSE(slots.add(v.vote(3, subject)).fuller);
}

TEST_P(Collecting, a_late_precommit_that_is_not_its_voters_is_evidence_and_changes_nothing) {
  VoteCollector slots(v.domain, *v.set, *v.scheme, VotePhases::TwoPhase);
  auto subject = v.subject(block);
  subject.phase = primitives::Phase::Precommit;
  for (std::uint32_t i = 0; i < 3; ++i)
    (void)slots.add(v.vote(i, subject));
  auto bad = v.vote(3, v.subject(rival));
  bad.subject = subject;
  const auto blamed = slots.add(bad);
  EXPECT_FALSE(blamed.fuller);
  if (GetParam() == primitives::SchemeKind::BlsThreshold) return;
  ASSERT_EQ(blamed.evidence.size(), 1U);
  EXPECT_EQ(std::get<InvalidShare>(blamed.evidence[0]).vote.share.voter, ValidatorIndex(3));
  EXPECT_FALSE(slots.add(v.vote(3, subject)).fuller) << "a liar is heard once";
}

// What makes nothing final need not name everybody.
TEST_P(Collecting, late_votes_of_other_phases_add_nothing) {
  VoteCollector slots(v.domain, *v.set, *v.scheme, VotePhases::TwoPhase);
  auto prepare = v.subject(block);
  prepare.phase = primitives::Phase::Prepare;
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(slots.add(v.vote(i, prepare)).fuller);
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(collector.add(v.vote(i, v.subject(block))).fuller);
}

TEST_P(Collecting, counts_a_voter_once_whatever_it_repeats) {
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(collector.add(v.vote(0, v.subject(block))).certificate);
  EXPECT_FALSE(collector.add(v.vote(1, v.subject(block))).certificate);
  EXPECT_TRUE(collector.add(v.vote(2, v.subject(block))).certificate);
}

TEST_P(Collecting, ignores_strangers_other_sets_and_views_outside_the_window) {
  auto stranger = v.vote(0, v.subject(block));
  stranger.share.voter = ValidatorIndex(4);
  auto other_set = v.vote(0, v.subject(block));
  other_set.subject.set_hash.bytes[0] ^= 1;
  auto other_epoch = v.vote(0, v.subject(block));
  other_epoch.subject.epoch = Epoch(1);
  auto far = v.vote(0, v.subject(block));
  far.subject.view = View(VoteCollector::kViewWindow + 1);
  for (const auto& vote : {stranger, other_set, other_epoch, far})
    EXPECT_FALSE(collector.add(vote).certificate);
  EXPECT_EQ(collector.ignored(), 4U);
  EXPECT_EQ(collector.pending_subjects(), 0U);
}

TEST_P(Collecting, drops_bad_shares_blames_their_voter_and_carries_on) {
  auto bad = v.vote(1, v.subject(rival));
  bad.subject = v.subject(block);
  EXPECT_FALSE(collector.add(v.vote(0, v.subject(block))).certificate);
  EXPECT_FALSE(collector.add(bad).certificate);
  const auto blamed = collector.add(v.vote(2, v.subject(block)));
  EXPECT_FALSE(blamed.certificate);
  ASSERT_EQ(blamed.evidence.size(), 1U);
  EXPECT_EQ(accused(blamed.evidence[0]), ValidatorIndex(1));
  EXPECT_TRUE(std::holds_alternative<InvalidShare>(blamed.evidence[0]));
  // The liar's later, good share is not taken: it cannot make us combine again and again.
  EXPECT_FALSE(collector.add(v.vote(1, v.subject(block))).certificate);
  EXPECT_TRUE(collector.add(v.vote(3, v.subject(block))).certificate);
}

TEST_P(Collecting, survives_shares_that_do_not_even_decode) {
  auto garbage = v.vote(1, v.subject(block));
  garbage.share.signature = Bytes{1, 2, 3};
  EXPECT_FALSE(collector.add(garbage).certificate);
  EXPECT_FALSE(collector.add(v.vote(0, v.subject(block))).certificate);
  EXPECT_FALSE(collector.add(v.vote(2, v.subject(block))).certificate);
  EXPECT_TRUE(collector.add(v.vote(3, v.subject(block))).certificate);
}

TEST_P(Collecting, two_votes_of_one_view_are_evidence_that_anyone_can_check) {
  EXPECT_TRUE(collector.add(v.vote(1, v.subject(block))).evidence.empty());
  const auto outcome = collector.add(v.vote(1, v.subject(rival)));
  ASSERT_EQ(outcome.evidence.size(), 1U);
  EXPECT_TRUE(proves(outcome.evidence[0], v.domain, *v.set, *v.scheme));
  const auto decoded = decode_evidence(encode_evidence(outcome.evidence[0]));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(proves(*decoded, v.domain, *v.set, *v.scheme));
  EXPECT_EQ(accused(*decoded), ValidatorIndex(1));
}

// Repeating a vote fills no place that the second, different one needs.
TEST_P(Collecting, a_voter_that_repeats_itself_is_still_caught_voting_twice) {
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(collector.add(v.vote(1, v.subject(block))).evidence.empty());
  EXPECT_EQ(collector.add(v.vote(1, v.subject(rival))).evidence.size(), 1U);
  EXPECT_TRUE(collector.add(v.vote(1, v.subject(rival))).evidence.empty());
}

TEST_P(Collecting, makes_one_certificate_of_a_subject_whatever_is_repeated) {
  int certificates = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t voter = 0; voter < 4; ++voter)
      certificates += collector.add(v.vote(voter, v.subject(block))).certificate ? 1 : 0;
  }
  EXPECT_EQ(certificates, 1);
}

TEST_P(Collecting, a_forged_second_vote_accuses_nobody) {
  EXPECT_TRUE(collector.add(v.vote(1, v.subject(block))).evidence.empty());
  auto forged = v.vote(2, v.subject(rival));
  forged.share.voter = ValidatorIndex(1);
  EXPECT_TRUE(collector.add(forged).evidence.empty());
}

TEST_P(Collecting, forgets_views_that_are_certified) {
  EXPECT_FALSE(collector.add(v.vote(0, v.subject(block))).certificate);
  EXPECT_EQ(collector.voters(View(1)), std::vector<ValidatorIndex>{ValidatorIndex(0)});
  collector.forget_through(View(1));
  EXPECT_EQ(collector.pending_subjects(), 0U);
  EXPECT_FALSE(collector.add(v.vote(1, v.subject(block))).certificate);
  EXPECT_EQ(collector.ignored(), 1U);
  EXPECT_TRUE(collector.voters(View(1)).empty());
}

TEST(NewViewCollector, certifies_a_quorum_of_exactly_that_view) {
  const Validators v(4);
  NewViewCollector collector(*v.set);
  const auto add = [&](std::uint32_t sender, std::uint64_t view) {
    const auto message = v.new_view(sender, View(view), v.genesis_certificate);
    return collector.add(ValidatorIndex(sender), View(view),
                         {ValidatorIndex(sender), View(0), message.signature});
  };
  EXPECT_TRUE(add(0, 5));
  EXPECT_FALSE(add(0, 5));
  EXPECT_FALSE(add(0, 4));
  EXPECT_TRUE(add(1, 5));
  EXPECT_TRUE(add(2, 6));
  EXPECT_FALSE(collector.certificate(View(5), Epoch(0), v.set->hash(v.domain)));
  EXPECT_TRUE(add(3, 5));
  const auto certificate = collector.certificate(View(5), Epoch(0), v.set->hash(v.domain));
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->signatures.size(), 3U);
  EXPECT_FALSE(collector.add(ValidatorIndex(9), View(5), {}));
}

TEST(NewViewCollector, joins_the_highest_view_that_f_plus_one_left) {
  const Validators v(4);
  NewViewCollector collector(*v.set);
  EXPECT_FALSE(collector.join_view(View(1)));
  collector.add(ValidatorIndex(0), View(9), {});
  EXPECT_FALSE(collector.join_view(View(1)));
  collector.add(ValidatorIndex(1), View(6), {});
  EXPECT_EQ(collector.join_view(View(1)), View(6));
  EXPECT_FALSE(collector.join_view(View(7)));
  collector.add(ValidatorIndex(2), View(8), {});
  EXPECT_EQ(collector.join_view(View(1)), View(8));
  EXPECT_EQ(collector.leavers(View(8)).size(), 2U);
}

}  // namespace
}  // namespace ol::consensus::test
