// What kernels, verifiers and signers do where an epoch ends: docs/adr/0013-epochs.md.
#include <gtest/gtest.h>

#include <ol/consensus/evidence.hpp>
#include <ol/consensus/kernel.hpp>
#include <ol/consensus/leader_reputation.hpp>
#include <ol/consensus/signer.hpp>
#include <ol/consensus/slot_kernel.hpp>

#include "chained_rules.hpp"
#include "epochs.hpp"
#include "validators.hpp"

namespace ol::consensus::test {
namespace {

using primitives::Block;
using primitives::CommitRule;
using primitives::SchemeKind;

CommittedBlock committed(const Block& block, const QuorumCertificate& certificate) {
  return {std::make_shared<const Block>(block), certificate};
}

/// A verifier and a kernel of one era, fed by hand.
class Seat1 {
 public:
  Seat1(const Era& era, CommitRule chosen, const CommittedBlock& root,
        std::optional<std::uint32_t> self, const Era* before = nullptr)
      : rule(make_voting_rule(chosen)),
        verifier(era.domain(), era.setting->set, *era.setting->scheme, *era.leaders,
                 root.certificate, kEd25519Signatures, VotePhases::Chained,
                 {.present = era.setting.get(),
                  .before = before == nullptr ? nullptr : before->setting->scheme.get()}),
        kernel({era.domain(), self ? std::optional(ValidatorIndex(*self)) : std::nullopt, {}},
               era.setting->set, *rule, *era.leaders, root, std::nullopt) {}

  Outputs propose(const Era& era, const Block& block) {
    const auto header = verifier.verify_proposal(era.proposal(block));
    EXPECT_TRUE(header) << describe(header.error());
    return kernel.step(ProposalReceived{*verifier.complete(*header, block.payload)});
  }
  Outputs valid(const Block& block) {
    return kernel.step(BlockExecuted{block.hash, Execution::Valid});
  }
  Outputs certified(const QuorumCertificate& certificate) {
    return kernel.step(CertificateReceived{*verifier.verify_certificate(certificate)});
  }

  std::unique_ptr<const VotingRule> rule;
  Verifier verifier;
  Kernel kernel;
};

class EpochEnd : public testing::TestWithParam<CommitRule> {
 protected:
  Era first{GetParam(), SchemeKind::Ed25519List, {0, 1, 2, 3}};
  Era second{first, {4, 0, 1, 2}};
  Start start{first};
  Ending ending{first, second, start.block, start.certificate, View(1)};

  Seat1 of_first(std::optional<std::uint32_t> self = {}) const {
    return Seat1(first, GetParam(), committed(start.block, start.certificate), self);
  }
  Seat1 of_second(std::optional<std::uint32_t> self = {}) const {
    return Seat1(second, GetParam(), committed(ending.blocks[0], ending.certificates[0]), self,
                 &first);
  }
};

INSTANTIATE_TEST_SUITE_P(Rules, EpochEnd, kChainedRules, rule_name);

TEST_P(EpochEnd, comes_with_the_certificate_that_makes_the_closing_block_final) {
  Seat1 node = of_first();
  for (const Block& block : ending.blocks) {
    const auto out = node.propose(first, block);
    EXPECT_TRUE(out.commit.empty());
    EXPECT_FALSE(out.hand_over);
  }
  const auto last = node.certified(ending.certificates.back());
  ASSERT_EQ(last.commit.size(), 1U);
  EXPECT_EQ(last.commit[0].block->hash, ending.blocks[0].hash);
  // What stood above it is void.
  EXPECT_EQ(last.discarded.size(), ending.blocks.size() - 1);
  ASSERT_TRUE(last.hand_over);
  EXPECT_EQ(encode_hand_over(*last.hand_over), encode_hand_over(ending.proof));
}

// The first commit may come so late that it would be of a block above the closing one.
TEST_P(EpochEnd, commits_nothing_above_the_closing_block) {
  Seat1 node = of_first();
  std::vector<Block> blocks{ending.blocks[0]};
  QuorumCertificate justify = ending.certificates[0];
  auto timeout = std::optional(first.timeout(View(2), justify));
  for (std::uint64_t view = 3; view < 3 + node.rule->depth(); ++view) {
    blocks.push_back(
        first.block(blocks.back(), justify, View(view), {}, std::exchange(timeout, {})));
    justify = first.certify(blocks.back());
  }
  for (const Block& block : blocks)
    EXPECT_TRUE(node.propose(first, block).commit.empty());
  const auto last = node.certified(justify);
  ASSERT_EQ(last.commit.size(), 1U);
  EXPECT_EQ(last.commit[0].block->hash, ending.blocks[0].hash);
  EXPECT_EQ(last.discarded.size(), blocks.size() - 1);
  ASSERT_TRUE(last.hand_over);
  EXPECT_TRUE(verify_hand_over(*first.setting, *last.hand_over));
}

TEST_P(EpochEnd, is_the_last_that_a_kernel_says) {
  Seat1 node = of_first(2);
  for (const Block& block : ending.blocks) {
    static_cast<void>(node.propose(first, block));
    static_cast<void>(node.valid(block));
  }
  const auto last = node.certified(ending.certificates.back());
  ASSERT_TRUE(last.hand_over);
  EXPECT_FALSE(last.persist || last.vote || last.build || last.timeout || last.timer);
  const auto after = node.kernel.step(TimerFired{node.kernel.view()});
  EXPECT_FALSE(after.timeout);
  const auto more = first.block(ending.blocks.back(), ending.certificates.back(),
                                ending.blocks.back().header.view.next(), {});
  const auto silent = node.propose(first, more);
  EXPECT_TRUE(silent.commit.empty() && silent.execute.empty() && !silent.hand_over);
}

TEST_P(EpochEnd, is_voted_on_with_empty_blocks_only) {
  for (const bool empty : {true, false}) {
    Seat1 node = of_first(3);
    static_cast<void>(node.propose(first, ending.blocks[0]));
    EXPECT_TRUE(node.valid(ending.blocks[0]).vote);
    const auto above = first.block(ending.blocks[0], ending.certificates[0], View(2),
                                   empty ? std::vector<Bytes>{} : std::vector<Bytes>{{7}});
    static_cast<void>(node.propose(first, above));
    EXPECT_EQ(node.valid(above).vote.has_value(), empty);
  }
}

TEST_P(EpochEnd, is_believed_of_a_proof_once_the_block_is_here) {
  Seat1 node = of_first();
  const auto proof = node.verifier.verify_hand_over(ending.proof);
  ASSERT_TRUE(proof);
  const auto asked = node.kernel.step(EpochEnded{*proof});
  EXPECT_FALSE(asked.hand_over);
  ASSERT_EQ(asked.fetch.size(), 1U);
  EXPECT_EQ(asked.fetch[0].block, ending.blocks[0].hash);
  const auto done = node.kernel.step(
      BlockFetched{*node.verifier.verify_fetched(ending.blocks[0], ending.blocks[0].hash)});
  ASSERT_EQ(done.commit.size(), 1U);
  EXPECT_TRUE(done.fetch.empty());
  EXPECT_TRUE(done.hand_over);
}

// A disk may hold the block as final while the kernel was started as if the epoch went on.
TEST_P(EpochEnd, is_believed_of_a_proof_about_the_root) {
  Seat1 node(first, GetParam(), committed(ending.blocks[0], ending.certificates[0]), {});
  const auto done = node.kernel.step(EpochEnded{*node.verifier.verify_hand_over(ending.proof)});
  EXPECT_TRUE(done.commit.empty());
  EXPECT_TRUE(done.hand_over);
}

TEST_P(EpochEnd, is_where_the_next_set_begins) {
  Seat1 node = of_second(1);
  EXPECT_EQ(node.kernel.view(), View(2));
  std::vector<Block> blocks{ending.blocks[0]};
  QuorumCertificate justify = ending.certificates[0];
  for (std::uint32_t i = 0; i < node.rule->depth(); ++i) {
    blocks.push_back(second.block(blocks.back(), justify, View(2 + i), {{9}}));
    static_cast<void>(node.propose(second, blocks.back()));
    const auto voted = node.valid(blocks.back());
    ASSERT_TRUE(voted.vote) << i;
    EXPECT_EQ(voted.vote->subject.epoch, Epoch(1));
    EXPECT_EQ(voted.vote->subject.set_hash, second.setting->set_hash);
    justify = second.certify(blocks.back());
  }
  const auto out = node.certified(justify);
  ASSERT_EQ(out.commit.size(), 1U);
  EXPECT_EQ(out.commit[0].block->hash, blocks[1].hash);
  EXPECT_FALSE(out.hand_over);
}

TEST_P(EpochEnd, leaves_nothing_of_the_old_set_but_its_certificate_of_the_closing_block) {
  Seat1 node = of_second();
  // Blocks of the epoch before stand on the same block and are certified.
  const auto fetched = node.verifier.verify_fetched(ending.blocks[1], ending.blocks[1].hash);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error(), VerifyError::WrongSet);
  const auto proposed = node.verifier.verify_proposal(first.proposal(ending.blocks[1]));
  ASSERT_FALSE(proposed);
  EXPECT_EQ(proposed.error(), VerifyError::WrongSet);
  const auto other = node.verifier.verify_certificate(ending.certificates[1]);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error(), VerifyError::WrongSet);
  EXPECT_FALSE(node.verifier.verify_certificate(start.certificate));
  EXPECT_TRUE(node.verifier.verify_certificate(ending.certificates[0]));
  // Which must still verify.
  QuorumCertificate forged = ending.certificates[0];
  forged.signature[3] ^= 1;
  EXPECT_EQ(node.verifier.verify_certificate(forged).error(), VerifyError::BadCertificate);
}

TEST(SlotEpochEnd, comes_with_the_precommit_certificate) {
  const Era first(CommitRule::TwoPhase, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const Era second(first, {0, 1, 2, 4});
  const Start start(first);
  const Ending ending(first, second, start.block, start.certificate, View(1));
  const SlotClock clock(primitives::TimeMs(0), {.slot_ms = 2000, .phase_ms = 600}, 4);
  Verifier verifier(first.domain(), first.setting->set, *first.setting->scheme, *first.leaders,
                    start.certificate, kEd25519Signatures, VotePhases::TwoPhase,
                    {.present = first.setting.get(), .before = nullptr});
  const auto make = [&] {
    return SlotKernel({first.domain(), ValidatorIndex(0), {}}, first.setting->set, *first.leaders,
                      clock, committed(start.block, start.certificate), std::nullopt);
  };
  SlotKernel node = make();
  const auto block =
      BlockFetched{*verifier.verify_fetched(ending.blocks[0], ending.blocks[0].hash)};
  static_cast<void>(node.step(block));
  const auto out =
      node.step(CertificateReceived{*verifier.verify_certificate(ending.certificates[0])});
  ASSERT_EQ(out.commit.size(), 1U);
  ASSERT_TRUE(out.hand_over);
  EXPECT_EQ(encode_hand_over(*out.hand_over), encode_hand_over(ending.proof));
  EXPECT_FALSE(out.vote || out.build || out.persist);
  // Whoever leads, whatever the old set certifies.
  for (const std::uint64_t view : {4U, 5U, 8U})
    EXPECT_FALSE(node.step(TimerFired{View(view)}).build) << view;
  const Block above = first.block(ending.blocks[0], ending.certificates[0], View(2), {});
  static_cast<void>(node.step(BlockFetched{*verifier.verify_fetched(above, above.hash)}));
  const auto more = first.certify(above, Phase::Precommit, View(2));
  EXPECT_TRUE(node.step(CertificateReceived{*verifier.verify_certificate(more)}).commit.empty());
  EXPECT_EQ(node.tree().root().hash, ending.blocks[0].hash);
  // Nor does it halt: who held the old keys cannot stop the next epoch.
  const Block beside = first.block(start.block, start.certificate, View(2), {});
  const auto rival = first.certify(beside, Phase::Precommit, View(2));
  EXPECT_FALSE(node.step(CertificateReceived{*verifier.verify_certificate(rival)}).conflict);
  EXPECT_FALSE(node.status().halted);
  // The same by a proof that comes before the block.
  SlotKernel late = make();
  const auto asked = late.step(EpochEnded{*verifier.verify_hand_over(ending.proof)});
  EXPECT_FALSE(asked.hand_over);
  EXPECT_TRUE(late.step(block).hand_over);
}

// A block that was proposed again may be precommitted in two rounds by different quorums.
TEST(SlotEpochEnd, is_known_by_each_certificate_of_the_closing_block) {
  const Era first(CommitRule::TwoPhase, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const Era second(first, {0, 1, 2, 4});
  const Start start(first);
  const Ending ending(first, second, start.block, start.certificate, View(1));
  Verifier verifier(second.domain(), second.setting->set, *second.setting->scheme, *second.leaders,
                    ending.certificates[0], kEd25519Signatures, VotePhases::TwoPhase,
                    {.present = second.setting.get(), .before = first.setting->scheme.get()});
  const auto again = first.certify(ending.blocks[0], Phase::Precommit, View(3));
  EXPECT_TRUE(verifier.verify_certificate(again));
  const auto prepared = first.certify(ending.blocks[0], Phase::Prepare, View(3));
  EXPECT_FALSE(verifier.verify_certificate(prepared));
}

class SignerSeat : public testing::Test {
 protected:
  Era first{CommitRule::TwoChain, SchemeKind::BlsThreshold, {0, 1, 2, 3}};
  Era second{first, {1, 0, 2, 4}};
  Start start{first};
  Ending ending{first, second, start.block, start.certificate, View(1)};
  MemoryStore store;

  SafetyRecord record_of(const Era& era) const {
    const bool later = &era == &second;
    return first_record(later ? committed(ending.blocks[0], ending.certificates[0])
                              : committed(start.block, start.certificate),
                        era.setting->set.epoch());
  }
  Signer signer(std::optional<SafetyRecord> durable) {
    return Signer(first.domain(), first.setting->set_hash, ValidatorIndex(1), operator_key(1),
                  first.vote_key(1), *first.setting->scheme, store, std::move(durable));
  }
  Seat seat(const Era& era, std::uint32_t self) const {
    return {.set_hash = era.setting->set_hash,
            .self = ValidatorIndex(self),
            .scheme = *era.setting->scheme,
            .vote_key = era.vote_key(self),
            .first = record_of(era)};
  }
  Outputs vote(const Era& era, const Block& block) const {
    Outputs out;
    out.persist = record_of(era);
    out.persist->last_vote = {block.header.view, block.hash};
    out.persist->last_vote_height = block.header.height;
    out.vote = VoteIntent{era.subject(block, Phase::Generic, block.header.view), ValidatorIndex(2)};
    return out;
  }
};

TEST_F(SignerSeat, votes_with_the_new_share_under_the_new_number) {
  Signer one = signer(record_of(first));
  ASSERT_EQ(one.take_seat(seat(second, 0)), Seated::Signs);
  // The record of the new epoch was durable first.
  ASSERT_EQ(store.records.size(), 1U);
  EXPECT_EQ(decode_safety_record(store.records[0])->epoch, Epoch(1));
  const auto block = second.block(ending.blocks[0], ending.certificates[0], View(2), {});
  const auto made = one.sign(vote(second, block));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->vote->share.voter, ValidatorIndex(0));
  EXPECT_TRUE(second.setting->scheme->verify_share(
      vote_digest(second.domain(), made->vote->subject), made->vote->share));
}

// Views begin again: the same view number may be signed in the next epoch, and never again in this.
TEST_F(SignerSeat, signs_nothing_of_an_epoch_that_is_over) {
  Signer one = signer(record_of(first));
  const auto old = first.block(ending.blocks[0], ending.certificates[0], View(2), {});
  ASSERT_TRUE(one.sign(vote(first, old)));
  ASSERT_EQ(one.take_seat(seat(second, 0)), Seated::Signs);
  EXPECT_FALSE(one.last_vote());
  const auto next = second.block(ending.blocks[0], ending.certificates[0], View(2), {});
  EXPECT_TRUE(one.sign(vote(second, next)));
  const auto back = one.sign(vote(first, old));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, SignError::Kind::BelowRecord);
  // Not even with a record that takes nothing back but the epoch.
  Outputs later = vote(first, first.block(ending.blocks[0], ending.certificates[0], View(9), {}));
  const SafetyRecord& durable = *one.record();
  later.persist->lock = durable.lock;
  later.persist->high_qc = durable.high_qc;
  later.persist->last_proposal = durable.last_proposal;
  later.persist->last_timeout_view = durable.last_timeout_view;
  EXPECT_FALSE(one.sign(later));
  later.persist->epoch = Epoch(1);
  EXPECT_TRUE(one.sign(later));
  EXPECT_EQ(*one.take_seat(seat(first, 1)), Seated::RecordIsNewer);
  EXPECT_FALSE(one.sign(vote(first, old)));
}

TEST_F(SignerSeat, keeps_the_record_of_the_epoch_it_comes_back_to) {
  SafetyRecord durable = record_of(second);
  durable.last_vote = {View(7), ending.blocks[0].hash};
  Signer one = signer(durable);
  ASSERT_EQ(*one.take_seat(seat(second, 0)), Seated::Signs);
  EXPECT_EQ(one.record(), durable);
  EXPECT_TRUE(store.records.empty());
}

TEST_F(SignerSeat, signs_nothing_without_one) {
  Signer one = signer(record_of(first));
  const auto block = first.block(start.block, start.certificate, View(1), {});
  const Outputs wanted = vote(first, block);
  one.leave_seat();
  EXPECT_FALSE(one.sign(wanted));
  // Another validator has our former number now: what it signs is not ours.
  EXPECT_FALSE(one.is_foreign(block.header, block.hash));
  ASSERT_EQ(*one.take_seat(seat(first, 1)), Seated::Signs);
  EXPECT_TRUE(one.is_foreign(block.header, block.hash));
  EXPECT_TRUE(one.sign(wanted));
}

TEST_F(SignerSeat, is_not_taken_unless_the_record_is_durable) {
  Signer one = signer(record_of(first));
  store.failing = true;
  const auto seated = one.take_seat(seat(second, 0));
  ASSERT_FALSE(seated);
  EXPECT_EQ(seated.error().kind, SignError::Kind::NotDurable);
  store.failing = false;
  const auto block = second.block(ending.blocks[0], ending.certificates[0], View(2), {});
  EXPECT_FALSE(one.sign(vote(second, block)));
}

// The same keys vote in both sets, and views begin again: no contradiction.
TEST(EpochEvidence, needs_both_halves_in_one_epoch) {
  const Era first(CommitRule::TwoChain, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const Era second(first, {0, 1, 2, 4});
  const Start start(first);
  const Ending ending(first, second, start.block, start.certificate, View(1));
  const auto& old = ending.blocks[1];
  const auto next = second.block(ending.blocks[0], ending.certificates[0], View(2), {});
  ASSERT_EQ(old.header.view, next.header.view);
  const auto proves_it = [&](const Evidence& evidence, const Era& era) {
    return proves(evidence, era.domain(), era.setting->set, *era.setting->scheme);
  };
  const DoubleVote votes{.first = first.vote(1, first.subject(old, Phase::Generic, View(2))),
                         .second = second.vote(1, second.subject(next, Phase::Generic, View(2)))};
  const auto a = first.proposal(old);
  const auto b = second.proposal(next);
  const DoubleProposal proposals{.first = a.header,
                                 .first_signature = a.signature,
                                 .second = b.header,
                                 .second_signature = b.signature};
  for (const Era* era : {&first, &second}) {
    EXPECT_FALSE(proves_it(votes, *era));
    EXPECT_FALSE(proves_it(proposals, *era));
  }
  const auto rival = second.block(ending.blocks[0], ending.certificates[0], View(2), {{1}});
  EXPECT_TRUE(proves_it(
      DoubleVote{.first = votes.second,
                 .second = second.vote(1, second.subject(rival, Phase::Generic, View(2)))},
      second));
}

TEST(EpochReputation, views_of_the_epoch_before_tell_nothing) {
  const Era era(CommitRule::TwoChain, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const View begins(1000);
  std::vector<LedView> history;
  for (std::uint64_t view = 1001; view < 1040; ++view)
    history.push_back({View(view), ValidatorIndex(static_cast<std::uint32_t>(view % 4))});
  const auto passed = [&](View first) {
    const LeaderReputation schedule(std::make_unique<RoundRobin>(4), era.setting->set, history,
                                    true, first);
    EXPECT_TRUE(schedule.knows(View(1012)));
    return schedule.passed_over(View(1012)).size();
  };
  EXPECT_EQ(passed(begins), 0U);
  // Right at the start nothing is known of anyone; taken for views of this epoch, they are
  // failures.
  const LeaderReputation early(std::make_unique<RoundRobin>(4), era.setting->set, {}, true, begins);
  EXPECT_TRUE(early.knows(View(1001)));
  EXPECT_EQ(early.leader(View(1003)), ValidatorIndex(3));
  EXPECT_TRUE(early.may_lead(View(1003), ValidatorIndex(3)));
  EXPECT_FALSE(early.may_lead(View(1003), ValidatorIndex(0)));
}

}  // namespace
}  // namespace ol::consensus::test
