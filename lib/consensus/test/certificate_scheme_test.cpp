// specs/consensus.md section 2: shares, certificates, and what each scheme refuses.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

using primitives::SchemeKind;

class Scheme : public testing::TestWithParam<SchemeKind> {
 protected:
  Validators v{4, GetParam()};
  Hash256 digest = crypto::sha256(as_bytes("digest"));
  Hash256 other = crypto::sha256(as_bytes("other"));

  Share share(std::uint32_t voter) const {
    return {ValidatorIndex(voter), v.scheme->sign(v.vote_key(voter), digest)};
  }
  std::vector<Share> shares(std::initializer_list<std::uint32_t> voters) const {
    std::vector<Share> out;
    for (const std::uint32_t voter : voters)
      out.push_back(share(voter));
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Schemes, Scheme,
                         testing::Values(SchemeKind::BlsThreshold, SchemeKind::BlsMultisig));

TEST_P(Scheme, any_quorum_makes_a_certificate_of_this_digest_only) {
  for (const auto& voters : {shares({0, 1, 2}), shares({3, 1, 0}), shares({1, 2, 3})}) {
    const auto combined = v.scheme->combine(voters);
    ASSERT_TRUE(combined);
    EXPECT_EQ(combined->signature.size(), 48U);
    EXPECT_EQ(combined->signers.empty(), GetParam() == SchemeKind::BlsThreshold);
    EXPECT_TRUE(v.scheme->verify(digest, combined->signers, combined->signature));
    EXPECT_FALSE(v.scheme->verify(other, combined->signers, combined->signature));
  }
}

// Trap T1 and the mutant "accept q - 1 votes".
TEST_P(Scheme, fewer_than_a_quorum_prove_nothing) {
  const auto combined = v.scheme->combine(shares({0, 1}));
  if (!combined) return;  // threshold shares do not combine below the quorum at all
  EXPECT_EQ(GetParam(), SchemeKind::BlsMultisig);
  EXPECT_FALSE(v.scheme->verify(digest, combined->signers, combined->signature));
}

TEST_P(Scheme, a_bad_share_spoils_the_certificate_and_is_found) {
  auto voters = shares({0, 1, 2});
  voters[1].signature = v.scheme->sign(v.vote_key(1), other);
  const auto combined = v.scheme->combine(voters);
  ASSERT_TRUE(combined);
  EXPECT_FALSE(v.scheme->verify(digest, combined->signers, combined->signature));
  EXPECT_TRUE(v.scheme->verify_share(digest, voters[0]));
  EXPECT_FALSE(v.scheme->verify_share(digest, voters[1]));
  Share borrowed = share(0);
  borrowed.voter = ValidatorIndex(1);
  EXPECT_FALSE(v.scheme->verify_share(digest, borrowed));
}

TEST_P(Scheme, strangers_and_garbage_are_refused) {
  Share stranger = share(0);
  stranger.voter = ValidatorIndex(4);
  EXPECT_FALSE(v.scheme->verify_share(digest, stranger));
  EXPECT_FALSE(v.scheme->combine(std::vector{share(0), share(1), stranger}));
  Share garbage = share(0);
  garbage.signature = Bytes(48, 0xff);
  EXPECT_FALSE(v.scheme->verify_share(digest, garbage));
  EXPECT_FALSE(v.scheme->combine(std::vector{garbage, share(1), share(2)}));
  EXPECT_FALSE(v.scheme->combine({}));
}

TEST_P(Scheme, certificates_of_another_shape_are_refused) {
  const auto combined = *v.scheme->combine(shares({0, 1, 2}));
  EXPECT_FALSE(v.scheme->verify(digest, combined.signers, Bytes(47, 1)));
  EXPECT_FALSE(v.scheme->verify(digest, combined.signers, {}));
  Bytes longer = combined.signers;
  longer.push_back(0);
  EXPECT_FALSE(v.scheme->verify(digest, longer, combined.signature));
  // Whoever did not sign cannot be named in a bitmap, nor one who did be left out.
  if (GetParam() != SchemeKind::BlsMultisig) return;
  for (const int bitmap : {0x0f, 0x0e, 0x17, 0x00})
    EXPECT_FALSE(
        v.scheme->verify(digest, Bytes{static_cast<std::uint8_t>(bitmap)}, combined.signature))
        << bitmap;
}

TEST(BlsThresholdScheme, fits_its_validator_set_or_is_not_made) {
  const Validators four(4);
  const Validators seven(7);
  EXPECT_EQ(BlsThresholdScheme::make(*four.set, seven.dealt->vector), nullptr);
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < 4; ++i)
    list.push_back(*four.set->find(ValidatorIndex(i)));
  const auto stake = primitives::ValidatorSet::make(
      Epoch(0), primitives::QuorumRule::MoreThanTwoThirds, std::move(list));
  ASSERT_TRUE(stake);
  EXPECT_EQ(BlsThresholdScheme::make(*stake, four.dealt->vector), nullptr);
}

}  // namespace
}  // namespace ol::consensus::test
