// specs/consensus.md section 2: shares, certificates, and what each scheme refuses.
#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

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
    return {ValidatorIndex(voter), v.scheme->sign({v.key(voter), v.vote_key(voter)}, digest)};
  }
  std::vector<Share> shares(std::initializer_list<std::uint32_t> voters) const {
    std::vector<Share> out;
    for (const std::uint32_t voter : voters)
      out.push_back(share(voter));
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Schemes, Scheme,
                         testing::Values(SchemeKind::BlsThreshold, SchemeKind::BlsMultisig,
                                         SchemeKind::Ed25519List));

TEST_P(Scheme, any_quorum_makes_a_certificate_of_this_digest_only) {
  for (const auto& voters : {shares({0, 1, 2}), shares({3, 1, 0}), shares({1, 2, 3})}) {
    const auto combined = v.scheme->combine(voters);
    ASSERT_TRUE(combined);
    EXPECT_EQ(combined->signature.size(), GetParam() == SchemeKind::Ed25519List ? 192U : 48U);
    EXPECT_EQ(combined->signers.empty(), GetParam() == SchemeKind::BlsThreshold);
    EXPECT_TRUE(v.scheme->verify(digest, combined->signers, combined->signature));
    EXPECT_FALSE(v.scheme->verify(other, combined->signers, combined->signature));
  }
}

// Trap T1 and the mutant "accept q - 1 votes".
TEST_P(Scheme, fewer_than_a_quorum_prove_nothing) {
  const auto combined = v.scheme->combine(shares({0, 1}));
  if (!combined) return;  // threshold shares do not combine below the quorum at all
  EXPECT_NE(GetParam(), SchemeKind::BlsThreshold);
  EXPECT_FALSE(v.scheme->verify(digest, combined->signers, combined->signature));
}

TEST_P(Scheme, a_bad_share_spoils_the_certificate_and_is_found) {
  auto voters = shares({0, 1, 2});
  voters[1].signature = v.scheme->sign({v.key(1), v.vote_key(1)}, other);
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
  for (const std::size_t size : {0U, 47U, 48U, 63U, 65U}) {
    garbage.signature = Bytes(size, 0xff);
    EXPECT_FALSE(v.scheme->verify_share(digest, garbage)) << size;
    EXPECT_FALSE(v.scheme->combine(std::vector{garbage, share(1), share(2)})) << size;
  }
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
  if (GetParam() == SchemeKind::BlsThreshold) return;
  for (const int bitmap : {0x0f, 0x0e, 0x17, 0x00})
    EXPECT_FALSE(
        v.scheme->verify(digest, Bytes{static_cast<std::uint8_t>(bitmap)}, combined.signature))
        << bitmap;
}

// OL-CR-17. How long it takes, and shares of a key at that size: consensus_bench.
TEST(CertificateOfAThousand, is_small_and_proves_as_much) {
  const Validators v(1000, SchemeKind::BlsMultisig);
  const QuorumCertificate made = v.certify(v.block(v.genesis, v.genesis_certificate, View(1)));
  EXPECT_EQ(made.signature.size(), 48U);
  EXPECT_EQ(made.signers.size(), 125U);
  EXPECT_TRUE(v.verifier().verify_certificate(made));
  QuorumCertificate of_another = made;
  of_another.subject.block.bytes[0] ^= 1;
  EXPECT_FALSE(v.verifier().verify_certificate(of_another));
  QuorumCertificate fewer = made;
  fewer.signers[0] ^= 1;
  EXPECT_FALSE(v.verifier().verify_certificate(fewer));
}

class Ed25519List : public testing::Test {
 protected:
  Validators v{4, SchemeKind::Ed25519List};
  Hash256 digest = crypto::sha256(as_bytes("digest"));

  Share share(std::uint32_t voter) const {
    return {ValidatorIndex(voter), v.scheme->sign({v.key(voter), v.vote_key(voter)}, digest)};
  }
  Combined of(std::vector<Share> shares) const { return *v.scheme->combine(shares); }
  bool verifies(const Combined& c) const {
    return v.scheme->verify(digest, c.signers, c.signature);
  }
};

TEST_F(Ed25519List, one_set_of_voters_has_one_certificate) {
  const Combined ascending = of({share(0), share(2), share(3)});
  const Combined mixed = of({share(3), share(0), share(2)});
  EXPECT_EQ(ascending.signers, mixed.signers);
  EXPECT_EQ(ascending.signature, mixed.signature);
  EXPECT_FALSE(v.scheme->combine(std::vector{share(0), share(0), share(2)}));
}

// Bit i of byte i / 8, then 64 bytes for each bit, lowest first. docs/protocol/block.md.
TEST_F(Ed25519List, has_the_golden_encoding) {
  const Combined made = of({share(0), share(2), share(3)});
  EXPECT_EQ(made.signers, Bytes{0x0d});
  EXPECT_EQ(to_hex(ByteView(made.signature).first(64)), to_hex(share(0).signature));
  EXPECT_EQ(to_hex(crypto::sha256(made.signature).view()),
            "a23e4b5b2dc1ba4d9828a0520deaf6b313911f75fd665a6ecb3e10d6e77af8b5");
}

TEST_F(Ed25519List, holds_exactly_one_signature_for_each_signer_in_their_order) {
  const Combined good = of({share(0), share(1), share(2)});
  ASSERT_TRUE(verifies(good));
  Combined changed = good;
  changed.signature.resize(128);
  EXPECT_FALSE(verifies(changed));
  changed.signature.resize(191);
  EXPECT_FALSE(verifies(changed));
  changed = good;
  changed.signature.push_back(0);
  EXPECT_FALSE(verifies(changed));
  changed = good;
  append(changed.signature, share(3).signature);
  EXPECT_FALSE(verifies(changed));
  changed = good;
  std::swap_ranges(changed.signature.begin(), changed.signature.begin() + 64,
                   changed.signature.begin() + 64);
  EXPECT_FALSE(verifies(changed));
}

TEST_F(Ed25519List, every_signature_counts) {
  const Combined good = of({share(0), share(1), share(2), share(3)});
  ASSERT_TRUE(verifies(good));
  for (std::size_t i = 0; i < 4; ++i) {
    Combined changed = good;
    changed.signature[64 * i + 40] ^= 1U;
    EXPECT_FALSE(verifies(changed)) << i;
  }
}

// Two signatures and a third of the same voter are two voters.
TEST_F(Ed25519List, a_repeated_signer_is_no_quorum) {
  Combined made = of({share(0), share(1)});
  append(made.signature, share(1).signature);
  EXPECT_FALSE(verifies(made));
  made.signers[0] = 0x07;
  EXPECT_FALSE(verifies(made));
}

TEST(Ed25519ListWeighted, a_quorum_is_of_weight) {
  const Validators four(4);
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < 4; ++i) {
    list.push_back(*four.set->find(ValidatorIndex(i)));
    list.back().weight = primitives::Weight(i == 0 ? 7 : 1);
  }
  const auto stake = primitives::ValidatorSet::make(
      Epoch(0), primitives::QuorumRule::MoreThanTwoThirds, std::move(list));
  Ed25519ListScheme scheme(*stake);
  const Hash256 digest = crypto::sha256(as_bytes("digest"));
  const auto verifies = [&](std::initializer_list<std::uint32_t> voters) {
    std::vector<Share> shares;
    for (const std::uint32_t i : voters)
      shares.push_back({ValidatorIndex(i), scheme.sign({four.key(i), four.vote_key(i)}, digest)});
    const auto made = scheme.combine(shares);
    return scheme.verify(digest, made->signers, made->signature);
  };
  EXPECT_TRUE(verifies({0}));
  EXPECT_FALSE(verifies({1, 2, 3}));
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
