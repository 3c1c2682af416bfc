// Messages that only a Byzantine leader or validator sends, signed as they must be.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

class Hostile : public testing::Test {
 protected:
  Validators v{4};
  Verifier verifier = v.verifier();
  primitives::Block first = v.block(v.genesis, v.genesis_certificate, View(1));
  QuorumCertificate qc = v.certify(first);

  template <typename Change>
  VerifyError refusal(View view, Change change) {
    primitives::Block block = v.block(first, qc, view);
    change(block.header);
    block = primitives::Block::make(v.domain, block.header, block.payload);
    return verifier.verify_proposal(v.proposal(block)).error();
  }
  /// The proposer's signature, whether or not it leads that view.
  crypto::Ed25519Signature signed_header(const primitives::Header& header) const {
    return v.proposal(primitives::Block::make(v.domain, header, {})).signature;
  }
};

// Numbers at the end of their range must be refused, not added to.
TEST_F(Hostile, the_largest_numbers_are_refused_like_any_wrong_ones) {
  using primitives::Header;
  EXPECT_EQ(refusal(View(2), [](Header& h) { h.justify.subject.height = Height(UINT64_MAX); }),
            VerifyError::BadHeader);
  EXPECT_EQ(refusal(View(2), [](Header& h) { h.justify.subject.view = View(UINT64_MAX); }),
            VerifyError::BadHeader);
  EXPECT_EQ(refusal(View(2), [](Header& h) { h.height = Height(0); }), VerifyError::BadHeader);
  EXPECT_EQ(refusal(View(5),
                    [&](Header& h) {
                      h.timeout_certificate = v.timeout(View(4), qc);
                      h.timeout_certificate->view = View(UINT64_MAX);
                    }),
            VerifyError::BadTimeoutCertificate);
}

// The certificate ends up in every safety record, so its size must not be up to the proposer.
TEST_F(Hostile, a_timeout_certificate_holds_a_quorum_and_not_one_more) {
  auto timeout = v.timeout(View(4), qc);
  timeout.signatures.push_back(
      {ValidatorIndex(3), qc.view(), v.new_view(3, View(4), qc).signature});
  EXPECT_EQ(refusal(View(5), [&](primitives::Header& h) { h.timeout_certificate = timeout; }),
            VerifyError::BadTimeoutCertificate);
  timeout.signatures.pop_back();
  EXPECT_TRUE(verifier.verify_proposal(v.proposal(v.block(first, qc, View(5), 0, timeout))));
}

TEST_F(Hostile, a_timeout_certificate_of_another_set_or_of_strangers_is_refused) {
  auto other_set = v.timeout(View(4), qc);
  other_set.set_hash.bytes[0] ^= 1;
  EXPECT_EQ(refusal(View(5), [&](primitives::Header& h) { h.timeout_certificate = other_set; }),
            VerifyError::WrongSet);
  auto other_epoch = v.timeout(View(4), qc);
  other_epoch.epoch = Epoch(1);
  EXPECT_EQ(refusal(View(5), [&](primitives::Header& h) { h.timeout_certificate = other_epoch; }),
            VerifyError::WrongSet);
  auto stranger = v.timeout(View(4), qc);
  stranger.signatures[2].validator = ValidatorIndex(4);
  EXPECT_EQ(refusal(View(5), [&](primitives::Header& h) { h.timeout_certificate = stranger; }),
            VerifyError::UnknownValidator);
  auto empty = v.timeout(View(4), qc);
  empty.signatures.clear();
  EXPECT_EQ(refusal(View(5), [&](primitives::Header& h) { h.timeout_certificate = empty; }),
            VerifyError::BadTimeoutCertificate);
}

TEST_F(Hostile, certificates_of_other_epochs_and_sets_are_refused_by_name) {
  auto other_epoch = qc;
  other_epoch.subject.epoch = Epoch(1);
  EXPECT_EQ(verifier.verify_certificate(other_epoch).error(), VerifyError::WrongSet);
  auto other_set = qc;
  other_set.subject.set_hash.bytes[0] ^= 1;
  EXPECT_EQ(verifier.verify_certificate(other_set).error(), VerifyError::WrongSet);
}

// Nothing is remembered of a certificate before it is verified.
TEST_F(Hostile, a_forged_certificate_is_refused_however_often_it_comes) {
  auto forged = qc;
  forged.signature[20] ^= 1;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(verifier.verify_certificate(forged).error(), VerifyError::BadCertificate);
  auto other_signature = v.certify(v.block(v.genesis, v.genesis_certificate, View(1), 3)).signature;
  EXPECT_TRUE(verifier.verify_certificate(qc));
  forged.signature = other_signature;
  EXPECT_EQ(verifier.verify_certificate(forged).error(), VerifyError::BadCertificate);
}

// Whatever a quorum signed in another phase is no certificate of this rule.
TEST_F(Hostile, a_quorum_of_another_phase_certifies_nothing) {
  auto subject = v.subject(first);
  subject.phase = Phase::Prepare;
  const std::vector<Share> shares{v.vote(0, subject).share, v.vote(1, subject).share,
                                  v.vote(2, subject).share};
  auto combined = *v.scheme->combine(shares);
  const QuorumCertificate prepared{subject, combined.signers, combined.signature};
  EXPECT_TRUE(
      v.scheme->verify(vote_digest(v.domain, subject), prepared.signers, prepared.signature));
  EXPECT_EQ(verifier.verify_certificate(prepared).error(), VerifyError::BadCertificate);
}

// A flood of certificates costs at most the cache; one that was pushed out is verified again.
TEST_F(Hostile, the_cache_of_verified_certificates_is_bounded) {
  EXPECT_TRUE(verifier.verify_certificate(qc));
  EXPECT_TRUE(verifier.verify_certificate(qc));
  EXPECT_EQ(verifier.certificates_verified(), 1U);
  for (std::uint32_t i = 0; i < 4096; ++i) {
    QuorumCertificate own = qc;
    own.subject.view = View(100 + i);
    (void)verifier.own_certificate(own);
    (void)verifier.own_certificate(own);
  }
  EXPECT_TRUE(verifier.verify_certificate(qc));
  EXPECT_EQ(verifier.certificates_verified(), 2U);
}

TEST_F(Hostile, a_fetched_block_with_a_broken_certificate_is_refused) {
  auto broken = qc;
  broken.signature[7] ^= 1;
  const auto block = v.block(first, broken, View(2));
  EXPECT_EQ(verifier.verify_fetched(block, block.hash).error(), VerifyError::BadCertificate);
}

TEST_F(Hostile, two_votes_accuse_only_when_they_conflict_and_verify) {
  const auto rival = v.block(v.genesis, v.genesis_certificate, View(1), 9);
  const auto proven = [&](const DoubleVote& e) { return proves(e, v.domain, *v.set, *v.scheme); };
  const DoubleVote good{v.vote(1, v.subject(first)), v.vote(1, v.subject(rival))};
  EXPECT_TRUE(proven(good));
  EXPECT_FALSE(proven({good.first, good.first}));
  EXPECT_FALSE(proven({good.first, v.vote(2, v.subject(rival))}));
  const auto later = v.block(v.genesis, v.genesis_certificate, View(2), 9);
  EXPECT_FALSE(proven({good.first, v.vote(1, v.subject(later))}));
  auto other_phase = v.subject(rival);
  other_phase.phase = Phase::Precommit;
  EXPECT_FALSE(proven({good.first, v.vote(1, other_phase)}));
  DoubleVote forged = good;
  forged.second.share.signature = good.first.share.signature;
  EXPECT_FALSE(proven(forged));
  forged = good;
  forged.first.share.signature = good.second.share.signature;
  EXPECT_FALSE(proven(forged));
}

TEST_F(Hostile, two_proposals_of_strangers_or_of_two_leaders_accuse_nobody) {
  const auto rival = v.block(v.genesis, v.genesis_certificate, View(1), 9);
  DoubleProposal e{first.header, v.proposal(first).signature, rival.header,
                   v.proposal(rival).signature};
  EXPECT_TRUE(proves(e, v.domain, *v.set, *v.scheme));
  EXPECT_EQ(accused(e), ValidatorIndex(1));
  auto two_leaders = e;
  two_leaders.second.proposer = ValidatorIndex(2);
  two_leaders.second_signature = signed_header(two_leaders.second);
  EXPECT_FALSE(proves(two_leaders, v.domain, *v.set, *v.scheme));
  // One leader proposes in many views.
  auto two_views = e;
  two_views.second.view = View(5);
  two_views.second_signature = signed_header(two_views.second);
  EXPECT_FALSE(proves(two_views, v.domain, *v.set, *v.scheme));
  e.first.proposer = ValidatorIndex(8);
  e.second.proposer = ValidatorIndex(8);
  EXPECT_FALSE(proves(e, v.domain, *v.set, *v.scheme));
}

TEST(VerifyErrors, each_has_its_own_words) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(VerifyError::WrongBlock); ++i)
    words.insert(describe(static_cast<VerifyError>(i)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(VerifyError::WrongBlock) + 1);
}

}  // namespace
}  // namespace ol::consensus::test
