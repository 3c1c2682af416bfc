#include <ol/primitives/validator_set.hpp>

#include <array>
#include <functional>
#include <limits>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::kDomain;

ValidatorSet make_set(QuorumRule rule, const std::vector<std::uint64_t>& weights) {
  auto validators = samples::validators(static_cast<std::uint32_t>(weights.size()));
  for (std::size_t i = 0; i < weights.size(); ++i)
    validators[i].weight = Weight(weights[i]);
  return *ValidatorSet::make(Epoch(0), rule, std::move(validators));
}

// requirements.md section 5, trap T1: q = n - f intersects in more than f for every n.
TEST(UnitQuorum, two_quorums_share_more_than_f_and_f_may_be_silent) {
  for (std::uint32_t n = 1; n <= 200; ++n) {
    const std::uint32_t q = unit_quorum(n);
    const std::uint32_t f = byzantine_max(n);
    EXPECT_GT(2 * q - n, f) << n;
    EXPECT_LE(q, n - f) << n;
    EXPECT_LT(3 * f, n) << n;
    EXPECT_GE(3 * (f + 1), n) << n;
  }
  EXPECT_EQ(byzantine_max(0), 0U);
}

struct QuorumRow {
  std::uint32_t n;
  std::uint32_t more_than;  // > 2/3, which is n - f
  std::uint32_t at_least;   // >= 2/3
};
// requirements.md section 5.1, "Quorum vectors".
constexpr std::array<QuorumRow, 12> kQuorumRows = {{{3, 3, 2},
                                                    {4, 3, 3},
                                                    {5, 4, 4},
                                                    {6, 5, 4},
                                                    {7, 5, 5},
                                                    {9, 7, 6},
                                                    {10, 7, 7},
                                                    {11, 8, 8},
                                                    {12, 9, 8},
                                                    {13, 9, 9},
                                                    {50, 34, 34},
                                                    {100, 67, 67}}};

TEST(QuorumCount, has_the_values_of_the_table) {
  for (const QuorumRow& row : kQuorumRows) {
    const std::vector<std::uint64_t> ones(row.n, 1);
    EXPECT_EQ(make_set(QuorumRule::Unit, ones).quorum_count(), row.more_than) << row.n;
    EXPECT_EQ(make_set(QuorumRule::MoreThanTwoThirds, ones).quorum_count(), row.more_than) << row.n;
    EXPECT_EQ(make_set(QuorumRule::AtLeastTwoThirds, ones).quorum_count(), row.at_least) << row.n;
  }
}

TEST(QuorumCount, is_the_smallest_quorum_of_equal_weights) {
  for (const QuorumRule rule :
       {QuorumRule::Unit, QuorumRule::MoreThanTwoThirds, QuorumRule::AtLeastTwoThirds}) {
    for (std::uint32_t n = 1; n <= 40; ++n) {
      const ValidatorSet set = make_set(rule, std::vector<std::uint64_t>(n, 1));
      EXPECT_TRUE(set.is_quorum(set.quorum_count())) << n;
      EXPECT_FALSE(set.is_quorum(set.quorum_count() - 1)) << n;
    }
  }
}

TEST(StakeQuorum, needs_strictly_more_than_two_thirds) {
  const ValidatorSet set = make_set(QuorumRule::MoreThanTwoThirds, {100, 100, 100});
  EXPECT_FALSE(set.is_quorum(200));
  EXPECT_TRUE(set.is_quorum(201));
  EXPECT_FALSE(set.is_join(100));
  EXPECT_TRUE(set.is_join(101));
}

// Trap T5: two of three equal nodes decide under the timecoin inequality.
TEST(CollateralQuorum, accepts_exactly_two_thirds) {
  const ValidatorSet set = make_set(QuorumRule::AtLeastTwoThirds, {100, 100, 100});
  EXPECT_FALSE(set.is_quorum(199));
  EXPECT_TRUE(set.is_quorum(200));
  EXPECT_FALSE(set.is_join(100));
  EXPECT_TRUE(set.is_join(101));
}

TEST(StakeQuorum, multiplies_in_128_bits) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max() - 2;
  const ValidatorSet set = make_set(QuorumRule::MoreThanTwoThirds, {kHuge, 1, 1});
  EXPECT_EQ(set.total_weight(), std::numeric_limits<std::uint64_t>::max());
  // 2^64 - 1 is divisible by three, so exactly two thirds exist.
  const std::uint64_t two_thirds = set.total_weight() / 3 * 2;
  EXPECT_FALSE(set.is_quorum(two_thirds));
  EXPECT_TRUE(set.is_quorum(two_thirds + 1));
  const ValidatorSet collateral = make_set(QuorumRule::AtLeastTwoThirds, {kHuge, 1, 1});
  EXPECT_TRUE(collateral.is_quorum(two_thirds));
  EXPECT_FALSE(collateral.is_quorum(two_thirds - 1));
}

RC_GTEST_PROP(StakeQuorum, complements_of_two_quorums_leave_more_than_a_third, ()) {
  const auto weights =
      *rc::gen::resize(12, rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(
                               rc::gen::inRange<std::uint64_t>(1, 1'000'000))));
  const ValidatorSet set = make_set(QuorumRule::MoreThanTwoThirds, weights);
  const std::uint64_t total = set.total_weight();
  std::uint64_t smallest = 0;
  while (!set.is_quorum(smallest))
    smallest += 1 + (total > 1000 ? total / 1000 : 0);
  // Overlap of any two quorums: 2q - T > T/3.
  RC_ASSERT(3 * (2 * smallest - total) > total);
}

TEST(UnitJoin, is_f_plus_one) {
  EXPECT_FALSE(make_set(QuorumRule::Unit, {1, 1, 1, 1}).is_join(1));
  EXPECT_TRUE(make_set(QuorumRule::Unit, {1, 1, 1, 1}).is_join(2));
  EXPECT_TRUE(make_set(QuorumRule::Unit, {1, 1, 1}).is_join(1));
  EXPECT_FALSE(make_set(QuorumRule::Unit, {1, 1, 1}).is_join(0));
}

TEST(ValidatorSet, refuses_no_validators_and_too_many) {
  EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::Unit, {}));
  // One real point for all: the count is checked before the keys.
  std::vector<Validator> many(kValidatorsMax + 1, samples::validators(1)[0]);
  EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::Unit, std::move(many)));
}

TEST(ValidatorSet, refuses_a_key_used_twice) {
  const std::vector<std::function<void(std::vector<Validator>&)>> copies = {
      [](auto& v) { v[2].key = v[0].key; },
      [](auto& v) { v[2].bls_key = v[0].bls_key; },
      [](auto& v) { v[2].network_key = v[0].network_key; },
  };
  for (std::size_t i = 0; i < copies.size(); ++i) {
    auto validators = samples::validators(4);
    EXPECT_TRUE(ValidatorSet::make(Epoch(0), QuorumRule::Unit, validators));
    copies[i](validators);
    EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::Unit, validators)) << i;
  }
}

TEST(ValidatorSet, refuses_unsound_weights) {
  auto validators = samples::validators(2);
  validators[1].weight = Weight(2);
  EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::Unit, validators));
  EXPECT_TRUE(ValidatorSet::make(Epoch(0), QuorumRule::MoreThanTwoThirds, validators));
  validators[0].weight = validators[1].weight = Weight(0);
  EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::MoreThanTwoThirds, validators));
  validators[0].weight = Weight(std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(ValidatorSet::make(Epoch(0), QuorumRule::MoreThanTwoThirds, validators));
  for (const std::uint64_t more : {1U, 2U}) {
    validators[1].weight = Weight(more);
    EXPECT_FALSE(ValidatorSet::make(Epoch(0), QuorumRule::MoreThanTwoThirds, validators)) << more;
  }
}

TEST(ValidatorSet, finds_by_index_and_by_network_key) {
  const auto validators = samples::validators(4);
  const auto set = *ValidatorSet::make(Epoch(5), QuorumRule::Unit, validators);
  EXPECT_EQ(set.epoch(), Epoch(5));
  EXPECT_EQ(set.rule(), QuorumRule::Unit);
  EXPECT_EQ(set.find(ValidatorIndex(3))->name, "validator-3");
  EXPECT_EQ(set.find(ValidatorIndex(4)), nullptr);
  EXPECT_EQ(set.index_of_network_key(validators[2].network_key), ValidatorIndex(2));
  EXPECT_EQ(set.index_of_network_key(validators[2].key), std::nullopt);
}

// Trap T4: who is not in the snapshot is refused, weight zero never counts.
TEST(WeightOfBitmap, adds_known_voters_and_refuses_strangers) {
  const ValidatorSet set =
      make_set(QuorumRule::MoreThanTwoThirds, {1, 2, 4, 8, 16, 32, 64, 128, 0, 512});
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x00, 0x00}), 0U);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x05, 0x02}), 1U + 4U + 512U);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x00, 0x01}), 0U);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0xff, 0x03}), set.total_weight());
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x00, 0x04}), std::nullopt);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x00, 0x80}), std::nullopt);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x01}), std::nullopt);
  EXPECT_EQ(set.weight_of_bitmap(Bytes{0x01, 0x00, 0x00}), std::nullopt);
}

TEST(SetHash, changes_with_every_field_but_the_name) {
  const auto hash_of = [](const std::vector<Validator>& validators, Epoch epoch, QuorumRule rule) {
    return ValidatorSet::make(epoch, rule, validators)->hash(kDomain);
  };
  constexpr QuorumRule kRule = QuorumRule::MoreThanTwoThirds;
  const auto validators = samples::validators(4);
  const SetHash original = hash_of(validators, Epoch(0), kRule);
  std::set<SetHash> seen = {original, hash_of(validators, Epoch(1), kRule),
                            hash_of(validators, Epoch(0), QuorumRule::AtLeastTwoThirds)};
  const std::vector<std::function<void(std::vector<Validator>&)>> changes = {
      [](auto& v) { v[1].weight = Weight(2); },
      [](auto& v) { v[1].key.bytes[9] ^= 1; },
      [](auto& v) { v[1].bls_key = samples::validators(5)[4].bls_key; },
      [](auto& v) { v[1].network_key.bytes[9] ^= 1; },
      [](auto& v) { v[1].fee_recipient.bytes[9] ^= 1; },
      [](auto& v) { std::swap(v[0], v[1]); },
      [](auto& v) { v.pop_back(); },
  };
  for (const auto& change : changes) {
    auto changed = validators;
    change(changed);
    EXPECT_TRUE(seen.insert(hash_of(changed, Epoch(0), kRule)).second);
  }
  EXPECT_EQ(seen.size(), 3 + changes.size());
  auto renamed = validators;
  renamed[1].name = "other";
  EXPECT_EQ(hash_of(renamed, Epoch(0), kRule), original);
  const ChainDomain other{.chain_id = ChainId(1), .hash = kDomain.hash};
  EXPECT_NE(ValidatorSet::make(Epoch(0), kRule, validators)->hash(other), original);
}

}  // namespace
}  // namespace ol::primitives
