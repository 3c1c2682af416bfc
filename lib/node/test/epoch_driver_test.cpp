// Drivers over the end of an epoch, every rule and scheme: docs/adr/0013-epochs.md.
#include <gtest/gtest.h>

#include "epoch_net.hpp"

namespace ol::node::test {
namespace {

using consensus::test::Era;
using primitives::CommitRule;
using primitives::Epoch;
using primitives::Height;
using primitives::SchemeKind;

struct Design {
  const char* name;
  CommitRule rule;
  SchemeKind scheme;
};

class EpochDrivers : public testing::TestWithParam<Design> {
 protected:
  Era first{GetParam().rule, GetParam().scheme, {0, 1, 2, 3}};
  Era second{first, {4, 0, 1, 2}};
  Era third{second, {4, 0, 1, 2, 3}};
  /// Validators 0 to 3, and 4 follows from the start.
  EpochNet net{{&first, &second, &third}, 5};

  bool all_in(std::uint64_t epoch, std::uint64_t blocks_more) {
    const Height enough = net.height(0) + blocks_more;
    return net.run_until([&] {
      for (std::uint32_t who = 0; who < 5; ++who) {
        if (net.epoch(who) != epoch || net.height(who) < enough) return false;
      }
      return true;
    });
  }
  bool reach(std::uint32_t who, std::uint64_t height) {
    return net.run_until([&] { return net.height(who) >= Height(height); });
  }
  /// Nobody was blamed, and there is one chain.
  void expect_peace() {
    EXPECT_TRUE(net.agree());
    EXPECT_EQ(net.punished(), std::vector<std::string>{});
    EXPECT_EQ(net.fatals(), std::vector<std::string>{});
  }
};

INSTANTIATE_TEST_SUITE_P(
    Designs, EpochDrivers,
    testing::Values(Design{"three_chain", CommitRule::ThreeChain, SchemeKind::BlsThreshold},
                    Design{"two_chain", CommitRule::TwoChain, SchemeKind::Ed25519List},
                    Design{"two_phase", CommitRule::TwoPhase, SchemeKind::Ed25519List}),
    [](const auto& info) { return info.param.name; });

TEST_P(EpochDrivers, go_over_to_the_next_set_without_losing_a_block) {
  ASSERT_TRUE(reach(0, 3));
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_in(1, 5));
  expect_peace();
  // The removed validator signed until the end, the new one from then on.
  EXPECT_FALSE(net.driver(3).signing());
  EXPECT_TRUE(net.signed_in(3).contains(0));
  EXPECT_FALSE(net.signed_in(3).contains(1));
  EXPECT_TRUE(net.driver(4).signing());
  EXPECT_FALSE(net.signed_in(4).contains(0));
  EXPECT_TRUE(net.signed_in(4).contains(1));
  // Heights go on by one, epochs never back, and the last block of an epoch carries the change.
  const auto& chain = net.chain(0);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const primitives::Header& header = chain[i].block->header;
    EXPECT_EQ(header.height, Height(i));
    EXPECT_GE(header.epoch, chain[i - 1].block->header.epoch);
    const bool ends = i + 1 < chain.size() && chain[i + 1].block->header.epoch > header.epoch;
    EXPECT_EQ(consensus::next_setting(*first.setting, chain[i].block->payload) != nullptr, ends);
  }
}

TEST_P(EpochDrivers, go_over_twice_and_take_a_former_validator_back) {
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_in(1, 2));
  net.submit(second.change_to(third));
  ASSERT_TRUE(all_in(2, 4));
  expect_peace();
  EXPECT_TRUE(net.driver(3).signing());
  EXPECT_FALSE(net.signed_in(3).contains(1));
  EXPECT_TRUE(net.signed_in(3).contains(2));
}

TEST_P(EpochDrivers, that_were_away_follow_over_all_epochs) {
  ASSERT_TRUE(reach(0, 2));
  net.part(2);
  net.submit(first.change_to(second));
  ASSERT_TRUE(net.run_until([&] { return net.epoch(0) == 1 && net.epoch(4) == 1; }));
  net.submit(second.change_to(third));
  ASSERT_TRUE(net.run_until([&] { return net.epoch(0) == 2 && net.epoch(4) == 2; }));
  ASSERT_TRUE(reach(0, net.height(0).value() + 5));
  ASSERT_EQ(net.epoch(2), 0U);
  net.join(2);
  ASSERT_TRUE(net.run_until([&] { return net.epoch(2) == 2 && net.driver(2).signing(); }));
  ASSERT_TRUE(all_in(2, 3));
  expect_peace();
}

TEST_P(EpochDrivers, that_restart_on_the_last_block_of_an_epoch_go_on_in_the_next) {
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_in(1, 0));
  const std::vector<consensus::CommittedBlock>& chain = net.chain(1);
  std::uint64_t end = 0;
  for (const auto& block : chain) {
    if (block.block->header.epoch == Epoch(0)) end = block.block->header.height.value();
  }
  net.restart(1, Height(end));
  EXPECT_EQ(net.epoch(1), 1U);
  EXPECT_TRUE(net.driver(1).signing());
  ASSERT_TRUE(all_in(1, 3));
  expect_peace();
}

// A disk may lose final blocks, never what was signed.
TEST_P(EpochDrivers,
       whose_record_is_of_a_later_epoch_than_their_blocks_follow_until_they_are_there) {
  ASSERT_TRUE(reach(1, 2));
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_in(1, 3));
  const std::size_t signed_before = net.signed_in(1).at(0);
  net.restart(1, Height(1));
  EXPECT_EQ(net.epoch(1), 0U);
  EXPECT_FALSE(net.driver(1).signing());
  ASSERT_TRUE(all_in(1, 3));
  EXPECT_TRUE(net.driver(1).signing());
  EXPECT_EQ(net.signed_in(1).at(0), signed_before);
  expect_peace();
}

// The set changes twice while messages are lost, late, out of order and repeated and validators
// restart, some of them without their last blocks. Afterwards all are in one epoch on one chain.
TEST_P(EpochDrivers, change_their_set_twice_in_a_storm) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    EpochNet stormy({&first, &second, &third}, 5);
    stormy.storm(seed, 60, 150);
    std::mt19937_64 chance(seed * 7919);
    const auto lowest = [&] {
      std::uint64_t out = 2;
      for (std::uint32_t who = 0; who < 5; ++who)
        out = std::min(out, stormy.epoch(who));
      return out;
    };
    const auto restart_one = [&] {
      const auto who = static_cast<std::uint32_t>(chance() % 5);
      const std::uint64_t height = stormy.height(who).value();
      const std::uint64_t lost = std::min(height, chance() % 3);
      stormy.restart(who, Height(height - lost));
    };
    stormy.submit(first.change_to(second));
    for (int turn = 0; turn < 400 && lowest() < 2; ++turn) {
      if (turn == 12) stormy.submit(second.change_to(third));
      static_cast<void>(stormy.run_until([] { return false; }, 200 + chance() % 600));
      ASSERT_EQ(stormy.fatals(), std::vector<std::string>{});
      ASSERT_TRUE(stormy.agree());
      if (turn % 3 == 0) restart_one();
    }
    stormy.storm(0, 0, 1);
    const Height enough = stormy.height(0) + 8;
    ASSERT_TRUE(stormy.run_until([&] {
      for (std::uint32_t who = 0; who < 5; ++who) {
        if (stormy.epoch(who) != 2 || stormy.height(who) < enough) return false;
      }
      return true;
    }));
    EXPECT_TRUE(stormy.agree());
    EXPECT_EQ(stormy.punished(), std::vector<std::string>{});
    EXPECT_EQ(stormy.fatals(), std::vector<std::string>{});
    for (std::uint32_t who = 0; who < 5; ++who)
      EXPECT_TRUE(stormy.driver(who).signing()) << who;
  }
}

TEST_P(EpochDrivers, keep_their_set_if_no_quorum_signed_the_change) {
  net.submit(first.change_to(second, {0, 1}));
  ASSERT_TRUE(reach(0, 6));
  EXPECT_EQ(net.epoch(0), 0U);
  expect_peace();
}

}  // namespace
}  // namespace ol::node::test
