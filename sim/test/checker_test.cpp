#include <gmock/gmock.h>

#include <ol/sim/checker.hpp>
#include <ol/sim/test_chain.hpp>

// Forged histories: each breaks one rule, and the checker must name it.
namespace ol::sim {
namespace {

using consensus::BlockPtr;
using consensus::BlockRef;
using consensus::CertificateMessage;
using consensus::NewViewMessage;
using consensus::ProposalMessage;
using consensus::SafetyRecord;
using consensus::VoteMessage;
using primitives::Header;
using primitives::QuorumCertificate;
using primitives::ValidatorIndex;
using primitives::View;
using primitives::VoteSubject;
using testing::HasSubstr;
using testing::Optional;

constexpr std::uint32_t kNodes = 4;
const ValidatorIndex kByzantine(3);

QuorumCertificate certificate_of(const BlockPtr& block) {
  return {{.epoch = {},
           .set_hash = {},
           .phase = primitives::Phase::Generic,
           .height = block->header.height,
           .view = block->header.view,
           .block = block->hash},
          {},
          {}};
}

/// A child of `parent` in `view`; `mark` tells siblings apart.
BlockPtr child(const BlockPtr& parent, std::uint64_t view, std::uint64_t mark = 0,
               std::vector<Bytes> payload = {}) {
  Header header;
  header.height = parent->header.height.next();
  header.view = View(view);
  header.parent = parent->hash;
  header.justify = certificate_of(parent);
  header.time = primitives::TimeMs(mark);
  const auto& domain = test_chain(kNodes).genesis.domain;
  return std::make_shared<const primitives::Block>(
      primitives::Block::propose(domain, std::move(header), std::move(payload)));
}

Hash256 root(std::uint8_t mark) {
  Hash256 out;
  out.bytes[0] = mark;
  return out;
}

VoteMessage vote(std::uint32_t voter, const BlockPtr& block) {
  return {certificate_of(block).subject, {ValidatorIndex(voter), {}}};
}

NewViewMessage left(std::uint32_t sender, std::uint64_t view, std::uint64_t high_qc_view) {
  NewViewMessage out{};
  out.sender = ValidatorIndex(sender);
  out.view = View(view);
  out.high_qc.subject.view = View(high_qc_view);
  return out;
}

ProposalMessage proposal(std::uint32_t proposer, std::uint64_t view, std::uint8_t mark) {
  ProposalMessage out{};
  out.header.proposer = ValidatorIndex(proposer);
  out.header.view = View(view);
  out.signature.bytes[0] = mark;
  return out;
}

class Checker : public testing::Test {
 protected:
  const TestChain& chain = test_chain(kNodes);
  const BlockPtr genesis = chain.genesis_block;
  SafetyChecker checker{{true, true, true, false}, 3, genesis, root(0)};

  void votes_for(const BlockPtr& block) {
    for (std::uint32_t voter = 0; voter < 2; ++voter)
      checker.on_signed(ValidatorIndex(voter), vote(voter, block));
  }
  /// A block that both of two honest voters voted for.
  BlockPtr voted(const BlockPtr& parent, std::uint64_t view, std::vector<Bytes> payload = {}) {
    BlockPtr out = child(parent, view, 0, std::move(payload));
    votes_for(out);
    return out;
  }
  void expect_nothing() {
    checker.finish();
    EXPECT_EQ(checker.violation(), std::nullopt);
  }
  void expect_violation(const char* text) {
    EXPECT_THAT(checker.violation(), Optional(HasSubstr(text)));
  }
};

TEST_F(Checker, is_content_with_a_sound_history) {
  const BlockPtr one = voted(genesis, 1);
  const BlockPtr two = voted(one, 2);
  for (const std::uint32_t node : {0U, 1U, 2U}) {
    checker.on_commit(node, *one, root(1));
    checker.on_commit(node, *two, root(2));
  }
  EXPECT_EQ(checker.height(), primitives::Height(2));
  expect_nothing();
}

// Clause 1.
TEST_F(Checker, reports_different_blocks_at_a_height) {
  checker.on_commit(0, *voted(genesis, 1), root(1));
  checker.on_commit(1, *child(genesis, 1, 7), root(1));
  expect_violation("conflicting commits at height 1: node 0 has");
}

TEST_F(Checker, reports_a_block_whose_parent_is_not_final) {
  checker.on_commit(0, *voted(genesis, 1), root(1));
  checker.on_commit(0, *voted(child(genesis, 1, 7), 2), root(2));
  expect_violation("whose parent is not final");
}

// Clause 2.
TEST_F(Checker, reports_a_height_committed_twice) {
  const BlockPtr one = voted(genesis, 1);
  checker.on_commit(0, *one, root(1));
  checker.on_commit(0, *one, root(1));
  expect_violation("node 0 committed height 1 where 2 comes next");
}

TEST_F(Checker, reports_a_height_left_out) {
  checker.on_commit(0, *child(child(genesis, 1), 2), root(2));
  expect_violation("node 0 committed height 2 where 1 comes next");
}

TEST_F(Checker, lets_a_restarted_node_commit_again_what_its_disk_lost) {
  const BlockPtr one = voted(genesis, 1);
  const BlockPtr two = voted(one, 2);
  checker.on_commit(2, *one, root(1));
  checker.on_commit(2, *two, root(2));
  checker.on_restart(2, ValidatorIndex(2), *one, SafetyRecord{});
  checker.on_commit(2, *two, root(2));
  expect_nothing();
}

// Clause 3.
TEST_F(Checker, reports_different_states_after_a_block) {
  const BlockPtr one = voted(genesis, 1);
  checker.on_commit(0, *one, root(1));
  checker.on_commit(1, *one, root(2));
  expect_violation("nodes 0 and 1 disagree on the state after height 1");
}

TEST_F(Checker, reports_an_item_that_is_final_twice) {
  const BlockPtr one = voted(genesis, 1, {Bytes{1, 2, 3}});
  checker.on_commit(0, *one, root(1));
  checker.on_commit(0, *voted(one, 2, {Bytes{1, 2, 3}}), root(2));
  expect_violation("an item is final twice, again at height 2");
}

// Clause 4.
TEST_F(Checker, reports_two_votes_in_a_view) {
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1)));
  expect_nothing();
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1, 7)));
  expect_violation("validator 0 voted for");
}

TEST_F(Checker, lets_a_vote_be_sent_again) {
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1)));
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1)));
  expect_nothing();
}

TEST_F(Checker, reports_a_second_vote_inside_a_new_view) {
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1)));
  NewViewMessage message = left(0, 1, 0);
  message.last_vote = vote(0, child(genesis, 1, 7));
  checker.on_signed(ValidatorIndex(0), message);
  expect_violation("validator 0 voted for");
}

TEST_F(Checker, reports_two_votes_with_a_restart_between_them) {
  const BlockPtr one = child(genesis, 1);
  checker.on_signed(ValidatorIndex(0), vote(0, one));
  SafetyRecord record;
  record.last_vote = {View(1), one->hash};
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_nothing();
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1, 7)));
  expect_violation("validator 0 voted for");
}

TEST_F(Checker, reports_two_proposals_in_a_view) {
  checker.on_signed(ValidatorIndex(1), proposal(1, 5, 1));
  checker.on_signed(ValidatorIndex(1), proposal(1, 5, 1));
  expect_nothing();
  checker.on_signed(ValidatorIndex(1), proposal(1, 5, 2));
  expect_violation("validator 1 proposed two blocks in view 5");
}

TEST_F(Checker, reports_leaving_again_with_an_older_certificate) {
  checker.on_signed(ValidatorIndex(0), left(0, 5, 3));
  checker.on_signed(ValidatorIndex(0), left(0, 5, 2));
  expect_violation("validator 0 left view 5 again with an older certificate");
}

TEST_F(Checker, lets_a_view_be_left_again_with_a_newer_certificate) {
  checker.on_signed(ValidatorIndex(0), left(0, 5, 2));
  checker.on_signed(ValidatorIndex(0), left(0, 5, 3));
  expect_nothing();
  checker.on_signed(ValidatorIndex(0), left(0, 5, 2));
  expect_violation("with an older certificate");
}

TEST_F(Checker, reports_a_vote_in_a_view_that_was_left) {
  consensus::BlockTree tree(genesis, chain.genesis_certificate);
  const BlockRef lock{View(0), genesis->hash};
  checker.on_signed(ValidatorIndex(0), left(0, 5, 0));
  checker.on_vote_cast(ValidatorIndex(0), lock, tree, vote(0, child(genesis, 6)).subject);
  expect_nothing();
  checker.on_vote_cast(ValidatorIndex(0), lock, tree, vote(0, child(genesis, 5)).subject);
  expect_violation("validator 0 voted in view 5 after it left view 5");
}

TEST_F(Checker, holds_a_validator_to_its_own_signatures_only) {
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 1)));
  checker.on_signed(ValidatorIndex(0), vote(1, child(genesis, 1, 7)));
  checker.on_signed(ValidatorIndex(0), left(0, 5, 3));
  checker.on_signed(ValidatorIndex(0), left(1, 5, 2));
  checker.on_signed(ValidatorIndex(0), proposal(0, 5, 1));
  checker.on_signed(ValidatorIndex(0), proposal(1, 5, 2));
  checker.on_signed(ValidatorIndex(0), CertificateMessage{certificate_of(genesis)});
  expect_nothing();
}

// Clause 5.
TEST_F(Checker, reports_a_restart_on_a_head_nobody_agreed_on) {
  checker.on_commit(0, *voted(genesis, 1), root(1));
  checker.on_restart(0, ValidatorIndex(0), *child(genesis, 1, 7), SafetyRecord{});
  expect_violation("node 0 restarted on a head nobody agreed on");
}

TEST_F(Checker, reports_a_restart_above_everything_final) {
  checker.on_restart(0, ValidatorIndex(0), *child(genesis, 1), SafetyRecord{});
  expect_violation("node 0 restarted on a head nobody agreed on");
}

TEST_F(Checker, reports_a_restart_above_what_the_node_committed) {
  const BlockPtr one = voted(genesis, 1);
  checker.on_commit(1, *one, root(1));
  SafetyRecord record;
  record.last_vote = {View(1), one->hash};
  checker.on_restart(0, ValidatorIndex(0), *one, record);
  expect_violation("node 0 restarted above what it committed");
}

TEST_F(Checker, reports_a_record_without_the_last_vote) {
  checker.on_signed(ValidatorIndex(0), vote(0, child(genesis, 4)));
  SafetyRecord record;
  record.last_vote.view = View(4);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_nothing();
  record.last_vote.view = View(3);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_violation("validator 0 forgot its vote in view 4");
}

TEST_F(Checker, reports_a_record_without_the_last_view_left) {
  checker.on_signed(ValidatorIndex(0), left(0, 4, 0));
  SafetyRecord record;
  record.last_timeout_view = View(4);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_nothing();
  record.last_timeout_view = View(3);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_violation("validator 0 forgot that it left view 4");
}

TEST_F(Checker, reports_a_record_without_the_last_proposal) {
  checker.on_signed(ValidatorIndex(0), proposal(0, 4, 1));
  SafetyRecord record;
  record.last_proposal.view = View(4);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_nothing();
  record.last_proposal.view = View(3);
  checker.on_restart(0, ValidatorIndex(0), *genesis, record);
  expect_violation("validator 0 forgot its proposal in view 4");
}

// Clause 6.
class LockCheck : public Checker {
 protected:
  LockCheck() {
    for (const BlockPtr& block : {locked, above, beside, newer})
      tree.insert(block, std::nullopt);
  }
  void cast(const BlockPtr& block) {
    checker.on_vote_cast(ValidatorIndex(0), {View(3), locked->hash}, tree, vote(0, block).subject);
  }

  const BlockPtr base = child(genesis, 1);
  const BlockPtr other = child(genesis, 4, 7);
  const BlockPtr locked = child(genesis, 3);
  const BlockPtr above = child(locked, 5);
  const BlockPtr beside = child(genesis, 6, 8);
  consensus::BlockTree tree{genesis, chain.genesis_certificate};
  const BlockPtr newer = child(beside, 7);
};

TEST_F(LockCheck, reports_a_vote_against_the_lock_at_the_end) {
  cast(beside);
  EXPECT_EQ(checker.violation(), std::nullopt);
  checker.finish();
  expect_violation("validator 0 voted in view 6 for");
  expect_violation("against its lock on");
}

TEST_F(LockCheck, says_what_came_of_it_rather_than_that_the_lock_was_broken) {
  cast(beside);
  checker.report("a fork");
  checker.finish();
  expect_violation("a fork");
}

TEST_F(LockCheck, lets_a_vote_follow_the_lock_or_a_newer_certificate) {
  cast(above);
  cast(newer);
  expect_nothing();
}

// Clause 7.
TEST_F(Checker, reports_a_final_block_with_too_few_votes_at_the_end) {
  const BlockPtr one = child(genesis, 1);
  checker.on_signed(ValidatorIndex(0), vote(0, one));
  checker.on_commit(0, *one, root(1));
  EXPECT_EQ(checker.violation(), std::nullopt);
  checker.finish();
  expect_violation("at height 1 is final with 2 votes of 3");
}

TEST_F(Checker, counts_no_vote_for_another_block_of_the_view) {
  const BlockPtr one = child(genesis, 1);
  checker.on_signed(ValidatorIndex(0), vote(0, one));
  checker.on_signed(ValidatorIndex(1), vote(1, child(genesis, 1, 7)));
  checker.on_commit(0, *one, root(1));
  checker.finish();
  expect_violation("is final with 2 votes of 3");
}

// Clause 8.
TEST_F(Checker, reports_honest_nodes_that_punish_or_accuse_each_other) {
  checker.on_punish(ValidatorIndex(0), kByzantine, "bad proposal");
  checker.on_punish(kByzantine, ValidatorIndex(0), "spite");
  checker.on_evidence(ValidatorIndex(0), kByzantine);
  checker.on_evidence(kByzantine, ValidatorIndex(0));
  expect_nothing();
  checker.on_punish(ValidatorIndex(0), ValidatorIndex(1), "bad proposal");
  expect_violation("honest node 0 punished honest node 1: bad proposal");
}

TEST_F(Checker, reports_an_accusation_of_an_honest_validator) {
  checker.on_evidence(ValidatorIndex(2), ValidatorIndex(1));
  expect_violation("honest node 2 accused honest validator 1");
}

// Clause 9.
TEST_F(Checker, reports_collections_beyond_their_bounds) {
  using consensus::BlockTree;
  using consensus::Kernel;
  struct Case {
    consensus::KernelStatus status;
    const char* text;
  };
  consensus::KernelStatus sound;
  sound.tree_blocks = BlockTree::kBlocksMax + 1;
  sound.orphans = Kernel::kOrphansMax;
  sound.lock.view = sound.high_qc_view = View(9);
  checker.on_status(ValidatorIndex(0), sound);
  expect_nothing();
  std::vector<Case> cases{{sound, "node 0: the block tree holds 16386 blocks"},
                          {sound, "node 0: 257 orphans"},
                          {sound, "node 0: lock above the highest certificate"}};
  ++cases[0].status.tree_blocks;
  ++cases[1].status.orphans;
  cases[2].status.lock.view = View(10);
  for (const Case& one : cases) {
    SafetyChecker fresh({true, true, true, false}, 3, genesis, root(0));
    fresh.on_status(kByzantine, one.status);
    EXPECT_EQ(fresh.violation(), std::nullopt);
    fresh.on_status(ValidatorIndex(0), one.status);
    EXPECT_THAT(fresh.violation(), Optional(std::string(one.text)));
  }
}

TEST_F(Checker, expects_nothing_of_byzantine_validators) {
  const std::uint32_t liar = kByzantine.value();
  consensus::BlockTree tree(genesis, chain.genesis_certificate);
  checker.on_signed(kByzantine, vote(liar, child(genesis, 1)));
  checker.on_signed(kByzantine, vote(liar, child(genesis, 1, 7)));
  checker.on_signed(kByzantine, proposal(liar, 5, 1));
  checker.on_signed(kByzantine, proposal(liar, 5, 2));
  checker.on_signed(kByzantine, left(liar, 9, 3));
  checker.on_vote_cast(kByzantine, {}, tree, vote(liar, child(genesis, 1)).subject);
  checker.on_restart(liar, kByzantine, *child(genesis, 1, 7), SafetyRecord{});
  expect_nothing();
}

TEST_F(Checker, keeps_the_first_violation) {
  checker.report("first");
  checker.report("second");
  EXPECT_THAT(checker.violation(), Optional(std::string("first")));
}

}  // namespace
}  // namespace ol::sim
