// specs/consensus.md section 8: round robin and the weighted draw.
#include <gtest/gtest.h>

#include <ol/consensus/leader_schedule.hpp>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

primitives::ValidatorSet weighted(const std::vector<std::uint64_t>& weights) {
  const Validators v(static_cast<std::uint32_t>(weights.size()));
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    list.push_back(*v.set->find(ValidatorIndex(i)));
    list.back().weight = primitives::Weight(weights[i]);
  }
  return *primitives::ValidatorSet::make(Epoch(0), primitives::QuorumRule::MoreThanTwoThirds,
                                         std::move(list));
}

Hash256 randomness(std::uint8_t number) {
  Hash256 out;
  out.bytes[0] = number;
  return out;
}

std::vector<std::uint64_t> count_leads(const LeaderSchedule& schedule, std::uint32_t validators,
                                       std::uint64_t views) {
  std::vector<std::uint64_t> out(validators);
  for (std::uint64_t view = 1; view <= views; ++view)
    ++out[schedule.leader(View(view)).value()];
  return out;
}

// Each count is within five standard deviations of its share.
TEST(StakeWeighted, leads_in_proportion_to_weight) {
  const std::vector<std::uint64_t> weights{1, 2, 3, 10, 84};
  const auto set = weighted(weights);
  const StakeWeighted schedule(set, crypto::HashAlgorithm::Blake3, randomness(1));
  constexpr std::uint64_t kViews = 100'000;
  const auto counts = count_leads(schedule, 5, kViews);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint64_t expected = kViews * weights[i] / 100;
    const std::uint64_t variance = expected * (100 - weights[i]) / 100;
    const std::uint64_t off = counts[i] > expected ? counts[i] - expected : expected - counts[i];
    EXPECT_LT(off * off, 25 * variance) << i << ": " << counts[i] << " of " << expected;
  }
}

TEST(StakeWeighted, equal_weights_lead_equally_and_no_weight_never) {
  const StakeWeighted equal(weighted({5, 5, 5, 5}), crypto::HashAlgorithm::Blake3, randomness(2));
  for (const std::uint64_t count : count_leads(equal, 4, 40'000)) {
    EXPECT_GT(count, 9'500U);
    EXPECT_LT(count, 10'500U);
  }
  const StakeWeighted one(weighted({0, 7, 0, 0}), crypto::HashAlgorithm::Blake3, randomness(2));
  EXPECT_EQ(count_leads(one, 4, 1'000), (std::vector<std::uint64_t>{0, 1'000, 0, 0}));
}

// The products need more than 64 bits.
TEST(StakeWeighted, takes_the_largest_weights) {
  const StakeWeighted schedule(weighted({UINT64_MAX / 2, UINT64_MAX / 4, UINT64_MAX / 4}),
                               crypto::HashAlgorithm::Blake3, randomness(3));
  const auto counts = count_leads(schedule, 3, 20'000);
  EXPECT_NEAR(static_cast<int>(counts[0]), 10'000, 400);
  EXPECT_NEAR(static_cast<int>(counts[1]), 5'000, 400);
}

TEST(StakeWeighted, every_node_computes_the_same_and_the_seed_decides) {
  const auto set = weighted({3, 1, 4, 1, 5});
  const StakeWeighted one(set, crypto::HashAlgorithm::Blake3, randomness(1));
  const StakeWeighted same(set, crypto::HashAlgorithm::Blake3, randomness(1));
  const StakeWeighted other(set, crypto::HashAlgorithm::Blake3, randomness(2));
  const StakeWeighted sha(set, crypto::HashAlgorithm::Sha256, randomness(1));
  int other_differs = 0;
  int sha_differs = 0;
  for (std::uint64_t view = 1; view <= 200; ++view) {
    EXPECT_EQ(one.leader(View(view)), same.leader(View(view)));
    EXPECT_TRUE(one.may_lead(View(view), one.leader(View(view))));
    other_differs += one.leader(View(view)) != other.leader(View(view)) ? 1 : 0;
    sha_differs += one.leader(View(view)) != sha.leader(View(view)) ? 1 : 0;
  }
  EXPECT_GT(other_differs, 50);
  EXPECT_GT(sha_differs, 50);
}

// A change here changes who leads on running chains. The values come from a separate script.
TEST(StakeWeighted, has_the_golden_leaders) {
  const StakeWeighted schedule(weighted({3, 1, 4, 1, 5}), crypto::HashAlgorithm::Sha256,
                               randomness(1));
  std::string leaders;
  for (std::uint64_t view = 1; view <= 24; ++view)
    leaders += std::to_string(schedule.leader(View(view)).value());
  EXPECT_EQ(leaders, "404224142404240442440240");
}

TEST(BaseSchedule, is_the_one_that_genesis_names) {
  const Validators v(4);
  primitives::Genesis genesis;
  genesis.domain = v.domain;
  for (std::uint32_t i = 0; i < 4; ++i)
    genesis.validators.push_back(*v.set->find(ValidatorIndex(i)));
  const auto robin = make_base_schedule(genesis, *v.set);
  for (std::uint64_t view = 0; view < 12; ++view)
    EXPECT_EQ(robin->leader(View(view)).value(), view % 4);
  genesis.leaders = primitives::LeaderKind::StakeWeighted;
  const auto drawn = make_base_schedule(genesis, *v.set);
  const StakeWeighted same(*v.set, genesis.domain.hash, primitives::genesis_hash(genesis));
  for (std::uint64_t view = 1; view < 50; ++view)
    EXPECT_EQ(drawn->leader(View(view)), same.leader(View(view)));
}

}  // namespace
}  // namespace ol::consensus::test
