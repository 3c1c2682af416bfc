// How often the collector asks its scheme: combine first, verify once, find the liars only if that
// fails. specs/consensus.md section 2, traps T1, T9.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

/// Counts the costly calls. A share is good iff its first byte is 1; a certificate is good iff all
/// its shares are.
class CountingScheme final : public CertificateScheme {
 public:
  Bytes sign(const VoterKeys&, const Hash256&) const override { return {1}; }
  std::optional<Combined> combine(std::span<const Share> shares) override {
    ++combined;
    Combined out;
    for (const Share& share : shares)
      out.signature.push_back(share.signature.at(0));
    return out;
  }
  bool verify_share(const Hash256&, const Share& share) const override {
    ++shares_verified;
    return share.signature.at(0) == 1;
  }
  bool verify(const Hash256&, ByteView, ByteView signature) const override {
    ++verified;
    return std::all_of(signature.begin(), signature.end(), [](auto byte) { return byte == 1; });
  }

  int combined = 0;
  mutable int verified = 0;
  mutable int shares_verified = 0;
};

class Counting : public testing::Test {
 protected:
  Validators v{7};
  CountingScheme scheme;
  VoteCollector collector{v.domain, *v.set, scheme};
  primitives::VoteSubject subject =
      v.subject(v.block(v.genesis, v.genesis_certificate, View(1), 1));

  VoteCollector::Outcome add(std::uint32_t voter, std::uint8_t byte = 1) {
    return collector.add({subject, {ValidatorIndex(voter), Bytes{byte}}});
  }
};

TEST_F(Counting, combines_and_verifies_once_when_all_are_honest) {
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(add(i).certificate);
  EXPECT_EQ(scheme.combined, 0);
  EXPECT_TRUE(add(4).certificate);
  add(5);
  add(6);
  EXPECT_EQ(scheme.combined, 1);
  EXPECT_EQ(scheme.verified, 1);
  EXPECT_EQ(scheme.shares_verified, 0);
}

// Trap T9: the same four voters, over and over, are never a quorum of five.
TEST_F(Counting, asks_for_nothing_before_a_quorum_of_distinct_voters) {
  for (int round = 0; round < 5; ++round) {
    for (std::uint32_t i = 0; i < 4; ++i)
      EXPECT_FALSE(add(i).certificate);
  }
  EXPECT_EQ(scheme.combined, 0);
}

// Trap T4: whoever is not in the set weighs nothing, not one.
TEST_F(Counting, strangers_never_help_a_quorum) {
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(add(i).certificate);
  for (std::uint32_t stranger = 7; stranger < 20; ++stranger)
    EXPECT_FALSE(add(stranger).certificate);
  EXPECT_EQ(scheme.combined, 0);
  EXPECT_EQ(collector.ignored(), 13U);
}

// Trap T1: f = 1 at six validators, and three of them are half, which the other half can be too.
TEST(CountingSix, three_of_six_are_no_quorum) {
  const Validators six(6);
  CountingScheme counting;
  VoteCollector votes(six.domain, *six.set, counting);
  const auto what = six.subject(six.block(six.genesis, six.genesis_certificate, View(1)));
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_FALSE(votes.add({what, {ValidatorIndex(i), Bytes{1}}}).certificate) << i;
  EXPECT_TRUE(votes.add({what, {ValidatorIndex(4), Bytes{1}}}).certificate);
}

// f = 2 liars among the first five: one failed combination, one look at each share, then the two
// honest ones that follow complete the quorum.
TEST_F(Counting, f_liars_cost_one_search_and_no_view) {
  add(0, 9);
  add(1, 8);
  add(2);
  add(3);
  const auto blamed = add(4);
  EXPECT_FALSE(blamed.certificate);
  ASSERT_EQ(blamed.evidence.size(), 2U);
  EXPECT_EQ(accused(blamed.evidence[0]), ValidatorIndex(0));
  EXPECT_EQ(accused(blamed.evidence[1]), ValidatorIndex(1));
  EXPECT_EQ(scheme.shares_verified, 5);
  EXPECT_FALSE(add(0).certificate);
  EXPECT_FALSE(add(5).certificate);
  EXPECT_TRUE(add(6).certificate);
  EXPECT_EQ(scheme.combined, 2);
  EXPECT_EQ(scheme.shares_verified, 5);
}

TEST_F(Counting, one_liar_at_a_time_is_found_without_looking_at_known_shares_again) {
  for (std::uint32_t i = 0; i < 4; ++i)
    add(i);
  EXPECT_EQ(add(4, 9).evidence.size(), 1U);
  EXPECT_EQ(scheme.shares_verified, 5);
  EXPECT_EQ(add(5, 9).evidence.size(), 1U);
  EXPECT_EQ(scheme.shares_verified, 6);
  EXPECT_TRUE(add(6).certificate);
}

TEST_F(Counting, votes_of_other_phases_are_ignored) {
  subject.phase = Phase::Prepare;
  EXPECT_FALSE(add(0).certificate);
  EXPECT_EQ(collector.ignored(), 1U);
  EXPECT_EQ(collector.pending_subjects(), 0U);
}

TEST_F(Counting, a_voter_fills_at_most_two_subjects_of_a_view) {
  for (std::uint8_t i = 0; i < 20; ++i) {
    subject.block.bytes[0] = i;
    add(3);
  }
  EXPECT_EQ(collector.pending_subjects(), 2U);
  EXPECT_EQ(collector.ignored(), 18U);
}

TEST_F(Counting, the_window_moves_with_the_floor_and_never_back) {
  const auto at = [&](std::uint64_t view) {
    subject.view = View(view);
    const auto before = collector.ignored();
    add(2);
    return collector.ignored() == before;
  };
  EXPECT_TRUE(at(VoteCollector::kViewWindow));
  EXPECT_FALSE(at(VoteCollector::kViewWindow + 1));
  collector.forget_through(View(10));
  collector.forget_through(View(4));
  EXPECT_FALSE(at(10));
  EXPECT_TRUE(at(11));
  EXPECT_TRUE(at(10 + VoteCollector::kViewWindow));
  EXPECT_FALSE(at(UINT64_MAX));
}

}  // namespace
}  // namespace ol::consensus::test
