#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include <ol/crypto/threshold.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

using test::hex;

std::vector<PartialSignature> sign_all(const DealtKey& dealt, ByteView message) {
  std::vector<PartialSignature> out;
  for (std::uint16_t i = 0; i < dealt.shares.size(); ++i) {
    out.push_back({ShareIndex(i), dealt.shares[i].sign(message)});
  }
  return out;
}

std::vector<PartialSignature> pick(std::span<const PartialSignature> all,
                                   std::initializer_list<std::size_t> positions) {
  std::vector<PartialSignature> out;
  for (const std::size_t position : positions)
    out.push_back(all[position]);
  return out;
}

// All subsets of `size` out of `all`.
std::vector<std::vector<PartialSignature>> subsets(std::span<const PartialSignature> all,
                                                   std::size_t size) {
  std::vector<std::vector<PartialSignature>> out;
  std::vector<bool> chosen(all.size());
  std::fill_n(chosen.begin(), size, true);
  do {
    auto& subset = out.emplace_back();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (chosen[i]) subset.push_back(all[i]);
    }
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return out;
}

TEST(Threshold, any_quorum_makes_the_same_signature) {
  const Bytes message = hex("00112233");
  for (const ThresholdParams params :
       {ThresholdParams{1, 1}, ThresholdParams{1, 3}, ThresholdParams{3, 4}, ThresholdParams{5, 7},
        ThresholdParams{6, 6}}) {
    const auto dealt = deal_key(params, test::seed(1));
    ASSERT_TRUE(dealt.has_value());
    const auto all = sign_all(*dealt, message);
    std::set<std::string> signatures;
    for (const auto& subset : subsets(all, params.quorum)) {
      const auto combined = combine(params, subset);
      ASSERT_TRUE(combined.has_value());
      EXPECT_TRUE(verify(dealt->vector.group_key(), message, *combined));
      signatures.insert(to_hex(combined->to_bytes()));
    }
    EXPECT_EQ(signatures.size(), 1u) << "n = " << params.holders;
  }
}

TEST(Threshold, works_for_large_sets_beyond_small_weights) {
  const ThresholdParams params{67, 100};
  const Bytes message = hex("ff");
  const auto dealt = deal_key(params, test::seed(2));
  const auto all = sign_all(*dealt, message);
  const auto first = combine(params, all);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(verify(dealt->vector.group_key(), message, *first));
  EXPECT_EQ(combine(params, std::span(all).last(67)).value(), *first);
}

// Holders far apart give fractions with large parts, holders close together small ones.
TEST(Threshold, works_for_indices_at_the_limit) {
  const ThresholdParams params{4, kShareHoldersMax};
  const Bytes message = hex("01");
  const auto dealt = deal_key(params, test::seed(3));
  const auto& shares = dealt->shares;
  for (const auto& holders : std::vector<std::vector<std::uint16_t>>{
           {0, 1, 2, 3}, {1020, 1021, 1022, 1023}, {0, 341, 682, 1023}, {7, 499, 1008, 1022}}) {
    std::vector<PartialSignature> partials;
    for (const auto i : holders)
      partials.push_back({ShareIndex(i), shares[i].sign(message)});
    EXPECT_TRUE(verify(dealt->vector.group_key(), message, combine(params, partials).value()));
  }
}

TEST(Threshold, does_not_depend_on_the_order_of_partials) {
  const ThresholdParams params{3, 4};
  const auto dealt = deal_key(params, test::seed(1));
  const auto all = sign_all(*dealt, hex("01"));
  EXPECT_EQ(combine(params, pick(all, {3, 0, 2})).value(),
            combine(params, pick(all, {0, 2, 3})).value());
}

TEST(Threshold, fewer_than_a_quorum_make_nothing_useful) {
  const ThresholdParams params{3, 4};
  const auto dealt = deal_key(params, test::seed(1));
  const auto all = sign_all(*dealt, hex("01"));
  EXPECT_EQ(combine(params, pick(all, {0, 1})).error(), ThresholdError::TooFew);
  const auto two_of_two = combine({2, 4}, pick(all, {0, 1}));
  ASSERT_TRUE(two_of_two.has_value());
  EXPECT_FALSE(verify(dealt->vector.group_key(), hex("01"), *two_of_two));
}

TEST(Threshold, refuses_duplicates_and_unknown_holders) {
  const ThresholdParams params{3, 4};
  const auto dealt = deal_key(params, test::seed(1));
  const auto all = sign_all(*dealt, hex("01"));
  EXPECT_EQ(combine(params, pick(all, {0, 1, 0})).error(), ThresholdError::DuplicateIndex);
  auto foreign = pick(all, {0, 1, 2});
  foreign[1].holder = ShareIndex(4);
  EXPECT_EQ(combine(params, foreign).error(), ThresholdError::IndexOutOfRange);
  foreign[1].holder = ShareIndex(3);
  EXPECT_TRUE(combine(params, foreign).has_value()) << "in range, though not what it signed as";
}

TEST(Threshold, a_bad_partial_spoils_the_result_and_is_found) {
  const ThresholdParams params{5, 7};
  const Bytes message = hex("abcd");
  const auto dealt = deal_key(params, test::seed(4));
  const auto keys = dealt->vector.share_keys(7);
  ASSERT_TRUE(keys.has_value());
  auto all = sign_all(*dealt, message);
  EXPECT_TRUE(find_invalid(*keys, message, all).empty());
  all[1].signature = all[0].signature;
  all[4].signature = dealt->shares[4].sign(hex("abce"));
  EXPECT_FALSE(verify(dealt->vector.group_key(), message, combine(params, all).value()));
  EXPECT_EQ(find_invalid(*keys, message, all), (std::vector<std::size_t>{1, 4}));
}

// Weights of holders 0 and 1 are 2 and -1: with sigma and 2 sigma the sum is infinity.
TEST(Threshold, refuses_partials_that_cancel_out) {
  const auto signature = deal_key({1, 1}, test::seed(1))->shares[0].sign(hex("01"));
  const auto twice = aggregate(std::vector{signature, signature});
  const std::vector<PartialSignature> partials = {{ShareIndex(0), signature},
                                                  {ShareIndex(1), *twice}};
  EXPECT_EQ(combine({2, 2}, partials).error(), ThresholdError::Infinity);
}

TEST(Threshold, refuses_parameters_out_of_range) {
  for (const ThresholdParams params :
       {ThresholdParams{0, 0}, ThresholdParams{0, 4}, ThresholdParams{5, 4},
        ThresholdParams{1, kShareHoldersMax + 1}}) {
    EXPECT_FALSE(params.valid());
    EXPECT_EQ(deal_key(params, test::seed(1)).error(), ThresholdError::BadParams);
    EXPECT_EQ(combine(params, {}).error(), ThresholdError::BadParams);
  }
  EXPECT_TRUE((ThresholdParams{1, kShareHoldersMax}.valid()));
}

TEST(ThresholdCombiner, agrees_with_the_plain_function_whatever_is_cached) {
  const ThresholdParams params{3, 6};  // 20 sets, more than the cache holds
  const Bytes message = hex("77");
  const auto dealt = deal_key(params, test::seed(5));
  const auto all = sign_all(*dealt, message);
  ThresholdCombiner combiner(params);
  for (int round = 0; round < 3; ++round) {
    for (const auto& subset : subsets(all, 3)) {
      EXPECT_EQ(combiner.combine(subset).value(), combine(params, subset).value());
    }
  }
  EXPECT_EQ(combiner.combine(pick(all, {0, 1})).error(), ThresholdError::TooFew);
}

TEST(VerificationVector, gives_every_holder_its_public_key) {
  const ThresholdParams params{3, 5};
  const auto dealt = deal_key(params, test::seed(6));
  const auto keys = dealt->vector.share_keys(5);
  for (std::uint16_t i = 0; i < 5; ++i) {
    EXPECT_EQ((*keys)[i], dealt->shares[i].public_key());
    EXPECT_TRUE(share_matches(dealt->vector, ShareIndex(i), dealt->shares[i]));
    EXPECT_FALSE(share_matches(dealt->vector, ShareIndex((i + 1) % 5), dealt->shares[i]));
  }
}

TEST(VerificationVector, round_trips_and_refuses_damage) {
  const auto vector = deal_key({3, 4}, test::seed(7))->vector;
  const Bytes bytes = vector.to_bytes();
  EXPECT_EQ(bytes.size(), 3u * 96);
  EXPECT_EQ(VerificationVector::from_bytes(bytes, 3).value(), vector);
  const auto error = [](ByteView b, std::uint16_t quorum) {
    return VerificationVector::from_bytes(b, quorum).error();
  };
  EXPECT_EQ(error(bytes, 2), ThresholdError::BadVector);
  EXPECT_EQ(error(bytes, 4), ThresholdError::BadVector);
  EXPECT_EQ(error({}, 0), ThresholdError::BadParams);
  EXPECT_EQ(error(bytes, kShareHoldersMax + 1), ThresholdError::BadParams);
  auto broken = bytes;
  broken[96] &= 0x7f;
  EXPECT_EQ(error(broken, 3), ThresholdError::BadVector);
}

// a_0 + a_1 = 0: holder 0 would get the zero share.
TEST(VerificationVector, refuses_to_give_the_zero_share) {
  auto positive = deal_key({1, 1}, test::seed(1))->vector.group_key().to_bytes();
  const auto first = *BlsPublicKey::from_bytes(positive);
  positive[0] ^= 0x20;
  const VerificationVector vector({first, *BlsPublicKey::from_bytes(positive)});
  EXPECT_EQ(vector.share_key(ShareIndex(0)).error(), ThresholdError::Infinity);
  EXPECT_EQ(vector.share_keys(2).error(), ThresholdError::Infinity);
  EXPECT_TRUE(vector.share_key(ShareIndex(1)).has_value());
}

TEST(DealKey, depends_on_its_seed_alone) {
  const auto first = deal_key({3, 4}, test::seed(1));
  const auto again = deal_key({3, 4}, test::seed(1));
  const auto other = deal_key({3, 4}, test::seed(2));
  EXPECT_EQ(first->vector, again->vector);
  EXPECT_NE(first->vector.group_key(), other->vector.group_key());
}

TEST(ThresholdErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(ThresholdError::BadVector); ++i) {
    texts.insert(describe(static_cast<ThresholdError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(ThresholdError::BadVector) + 1);
}

}  // namespace
}  // namespace ol::crypto
