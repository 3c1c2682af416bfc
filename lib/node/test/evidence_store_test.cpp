// specs/consensus.md section 9: proofs that anyone can check, kept within bounds and over restarts.
#include <gtest/gtest.h>

#include <fstream>

#include "../../consensus/test/validators.hpp"
#include "../../storage/test/temp_directory.hpp"
#include "../src/evidence_store.hpp"

namespace ol::node {
namespace {

using consensus::DoubleProposal;
using consensus::DoubleVote;
using consensus::Evidence;
using consensus::InvalidShare;
using primitives::View;
using Outcome = EvidenceStore::Outcome;

class Evidences : public testing::Test {
 protected:
  void SetUp() override {
    genesis.domain = v.domain;
    genesis.scheme = v.kind;
    for (std::uint32_t i = 0; i < v.n; ++i)
      genesis.validators.push_back(*v.set->find(primitives::ValidatorIndex(i)));
    epochs = *EpochTable::open(directory / "none", genesis, std::nullopt);
    store = open();
  }

  std::unique_ptr<EvidenceStore> open() const {
    return *EvidenceStore::open(directory, v.domain, *epochs);
  }
  primitives::Block block(std::uint64_t view, std::uint8_t salt) const {
    return v.block(v.genesis, v.genesis_certificate, View(view), salt);
  }
  Evidence votes(std::uint32_t voter, std::uint64_t view) const {
    return DoubleVote{.first = v.vote(voter, v.subject(block(view, 1))),
                      .second = v.vote(voter, v.subject(block(view, 2)))};
  }
  Evidence proposals(std::uint64_t view) const {
    const auto first = v.proposal(block(view, 1));
    const auto second = v.proposal(block(view, 2));
    return DoubleProposal{.first = first.header,
                          .first_signature = first.signature,
                          .second = second.header,
                          .second_signature = second.signature};
  }
  Outcome add(const Evidence& evidence) { return *store->add(encode_evidence(evidence)); }

  consensus::test::Validators v{4, primitives::SchemeKind::Ed25519List};
  primitives::Genesis genesis;
  storage::TempDirectory place;
  std::filesystem::path directory = place / "evidence";
  std::unique_ptr<EpochTable> epochs;
  std::unique_ptr<EvidenceStore> store;
};

TEST_F(Evidences, of_a_block_proposed_again_is_kept_under_its_own_name) {
  const auto sign = [&](std::uint8_t salt) {
    const auto subject = v.subject(block(7, salt));
    const auto digest = consensus::reproposal_digest(v.domain, View(9), subject);
    return consensus::SignedProposal{subject.height, subject.block, v.key(3).sign(digest.view())};
  };
  const Evidence again = consensus::DoubleReproposal{.epoch = v.set->epoch(),
                                                     .view = View(9),
                                                     .leader = primitives::ValidatorIndex(3),
                                                     .first = sign(1),
                                                     .second = sign(2)};
  EXPECT_EQ(add(again), Outcome::New);
  EXPECT_EQ(open()->list().size(), 1U);
  EXPECT_STREQ(kind_name(again), "double re-proposal");
  EXPECT_EQ(point_of(again).view, View(9));
}

TEST_F(Evidences, are_kept_once_each_and_over_a_restart) {
  EXPECT_EQ(add(votes(3, 7)), Outcome::New);
  EXPECT_EQ(add(votes(3, 7)), Outcome::Known);
  EXPECT_EQ(add(proposals(9)), Outcome::New);
  EXPECT_TRUE(store->knows(votes(3, 7)));
  EXPECT_FALSE(store->knows(votes(3, 8)));
  EXPECT_FALSE(store->knows(votes(2, 7)));
  const auto before = store->list();
  ASSERT_EQ(before.size(), 2U);
  store = open();
  EXPECT_EQ(store->list(), before);
  EXPECT_EQ(store->ignored_files(), 0U);
  EXPECT_EQ(add(votes(3, 7)), Outcome::Known);
}

// The same deed told with the halves swapped is no second one.
TEST_F(Evidences, of_one_deed_are_one) {
  auto told = std::get<DoubleVote>(votes(3, 7));
  EXPECT_EQ(add(told), Outcome::New);
  std::swap(told.first, told.second);
  EXPECT_EQ(add(told), Outcome::Known);
}

// Who tells of it is further than this node, which must not send it away.
TEST_F(Evidences, of_an_epoch_that_is_not_known_are_no_offence) {
  auto later = std::get<DoubleVote>(votes(3, 7));
  later.first.subject.epoch = primitives::Epoch(1);
  later.second.subject.epoch = primitives::Epoch(1);
  EXPECT_EQ(add(later), Outcome::UnknownEpoch);
  EXPECT_TRUE(store->list().empty());
}

TEST_F(Evidences, that_prove_nothing_are_refused) {
  EXPECT_EQ(add(InvalidShare{.vote = v.vote(1, v.subject(block(7, 1)))}), Outcome::NoProof);
  auto forged = std::get<DoubleVote>(votes(3, 7));
  forged.second.share.signature[9] ^= 1U;
  EXPECT_EQ(add(forged), Outcome::NoProof);
  auto same = std::get<DoubleVote>(votes(3, 7));
  same.second = same.first;
  EXPECT_EQ(add(same), Outcome::NoProof);
  EXPECT_EQ(*store->add(Bytes{1, 2, 3}), Outcome::NoProof);
  EXPECT_EQ(*store->add(Bytes(EvidenceStore::kProofBytesMax + 1)), Outcome::NoProof);
  EXPECT_TRUE(store->list().empty());
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Evidences, of_one_validator_and_kind_are_bounded) {
  for (std::uint64_t view = 1; view <= EvidenceStore::kPerValidatorMax; ++view)
    EXPECT_EQ(add(votes(3, view)), Outcome::New);
  EXPECT_EQ(add(votes(3, 100)), Outcome::Full);
  // Not even looked at.
  auto forged = std::get<DoubleVote>(votes(3, 100));
  forged.second.share.signature[9] ^= 1U;
  EXPECT_EQ(add(forged), Outcome::Full);
  EXPECT_EQ(add(votes(2, 100)), Outcome::New);
  EXPECT_EQ(add(proposals(11)), Outcome::New);
}

TEST_F(Evidences, on_a_damaged_disk_are_left_alone_and_counted) {
  EXPECT_EQ(add(votes(3, 7)), Outcome::New);
  EXPECT_EQ(add(votes(2, 7)), Outcome::New);
  const auto file = *std::filesystem::directory_iterator(directory);
  {
    std::fstream damage(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(100);
    damage.put('\x55');
  }
  std::ofstream(directory / "notes.txt") << "not ours";
  store = open();
  EXPECT_EQ(store->list().size(), 1U);
  EXPECT_EQ(store->ignored_files(), 2U);
  EXPECT_TRUE(std::filesystem::exists(directory / "notes.txt"));
}

TEST_F(Evidences, that_cannot_be_written_are_an_error_that_names_the_file) {
  std::filesystem::remove_all(directory);
  const auto outcome = store->add(encode_evidence(votes(3, 7)));
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().find("validator3-double-vote-epoch0-view7"), std::string::npos);
  EXPECT_FALSE(store->knows(votes(3, 7)));
}

TEST(EvidenceGossip, is_told_from_batches_of_transactions) {
  const Bytes proof{7, 8, 9};
  const Bytes message = encode_evidence_gossip(proof);
  const auto found = evidence_in(message);
  ASSERT_TRUE(found);
  EXPECT_EQ(to_bytes(*found), proof);
  EXPECT_EQ(message, (Bytes{0xff, 0xff, 0xff, 0xff, 7, 8, 9}));
  EXPECT_FALSE(evidence_in(Bytes{0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(evidence_in(Bytes{0xff, 0xff, 0xff}));
}

}  // namespace
}  // namespace ol::node
