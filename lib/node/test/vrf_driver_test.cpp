// Drivers whose leaders are drawn from their own proofs: docs/adr/0020-vrf-leaders.md.
#include <gtest/gtest.h>

#include "epoch_net.hpp"

namespace ol::node::test {
namespace {

using consensus::test::Era;
using primitives::CommitRule;
using primitives::Height;
using primitives::SchemeKind;

struct Design {
  const char* name;
  CommitRule rule;
};

class VrfDrivers : public testing::TestWithParam<Design> {
 protected:
  static constexpr std::uint64_t kWindow = 4 * consensus::VrfLeaders::kWindowFactor;
  static constexpr std::uint64_t kLongMs = 20'000'000;

  Era first{GetParam().rule, SchemeKind::Ed25519List, {0, 1, 2, 3}};
  Era second{first, {4, 0, 1, 2}};
  Era third{second, {4, 0, 1, 2, 3}};
  /// Validators 0 to 3, and 4 follows from the start.
  EpochNet net{{&first, &second, &third}, 5, true};

  bool all_at(std::uint64_t epoch, std::uint64_t height) {
    const bool done = net.run_until(
        [&] {
          for (std::uint32_t who = 0; who < 5; ++who) {
            if (net.epoch(who) != epoch || net.height(who) < Height(height)) return false;
          }
          return true;
        },
        kLongMs);
    for (std::uint32_t who = 0; !done && who < 5; ++who) {
      const auto status = net.driver(who).status();
      ADD_FAILURE() << "operator " << who << ": height " << net.height(who).value() << ", view "
                    << status.view.value() << " led by " << status.leader.value()
                    << ", certificate of view " << status.high_qc_view.value();
    }
    return done;
  }
  bool reach(std::uint32_t who, std::uint64_t height) {
    return net.run_until([&] { return net.height(who) >= Height(height); }, kLongMs);
  }
  void expect_peace() {
    EXPECT_TRUE(net.agree());
    EXPECT_EQ(net.punished(), std::vector<std::string>{});
    EXPECT_EQ(net.fatals(), std::vector<std::string>{});
    EXPECT_EQ(net.refused(), std::vector<std::string>{});
  }
};

INSTANTIATE_TEST_SUITE_P(Rules, VrfDrivers,
                         testing::Values(Design{"three_chain", CommitRule::ThreeChain},
                                         Design{"two_chain", CommitRule::TwoChain}),
                         [](const auto& info) { return info.param.name; });

TEST_P(VrfDrivers, go_through_the_windows_and_every_block_proves_its_leader) {
  ASSERT_TRUE(all_at(0, 4 * kWindow));
  expect_peace();
  std::set<Hash256> randomness;
  std::set<std::uint32_t> led;
  const auto& chain = net.chain(0);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const primitives::Block& block = *chain[i].block;
    const auto item = consensus::decode_leader_item(block.payload.back());
    ASSERT_TRUE(item.has_value()) << i;
    randomness.insert(item->randomness);
    led.insert(block.header.proposer.value());
    // Nobody lost a turn: all name the same leader.
    EXPECT_EQ(block.header.view.value(), i);
  }
  EXPECT_GE(randomness.size(), 3U);
  EXPECT_EQ(led.size(), 4U);
  // The blocks that follow are known everywhere.
  const primitives::View ahead(net.height(0).value() + 8);
  for (std::uint32_t who = 1; who < 5; ++who)
    EXPECT_EQ(net.leaders(who).leader(ahead), net.leaders(0).leader(ahead));
}

TEST_P(VrfDrivers, start_again_in_every_window) {
  for (std::uint64_t window = 0; window < 4; ++window) {
    for (const std::uint64_t into : {std::uint64_t{1}, kWindow / 2, kWindow - 1}) {
      ASSERT_TRUE(all_at(0, window * kWindow + into));
      const auto who = static_cast<std::uint32_t>((window + into) % 4);
      net.restart(who, net.height(who));
    }
  }
  ASSERT_TRUE(all_at(0, 5 * kWindow));
  expect_peace();
}

TEST_P(VrfDrivers, that_were_away_for_windows_catch_up_and_lead_again) {
  ASSERT_TRUE(all_at(0, 5));
  net.part(2);
  ASSERT_TRUE(reach(0, 3 * kWindow));
  net.join(2);
  ASSERT_TRUE(all_at(0, 3 * kWindow));
  const std::uint64_t back = net.height(0).value();
  ASSERT_TRUE(all_at(0, back + 2 * kWindow));
  expect_peace();
  bool led = false;
  for (const consensus::CommittedBlock& block : net.chain(0))
    led |= block.block->header.height > Height(back) && block.block->header.proposer.value() == 2;
  EXPECT_TRUE(led);
}

// Views go by without a block for more than two windows, first while one validator is away that
// knows less than the others.
TEST_P(VrfDrivers, heal_after_windows_without_a_block) {
  ASSERT_TRUE(all_at(0, kWindow / 2));
  net.part(3);
  ASSERT_TRUE(reach(0, kWindow / 2 + 4));
  net.hush();
  const auto view = [&](std::uint32_t who) { return net.driver(who).kernel().view().value(); };
  ASSERT_TRUE(net.run_until([&] { return view(0) > 3 * kWindow + 5; }, kLongMs));
  const std::uint64_t stalled = net.height(0).value();
  net.speak();
  ASSERT_TRUE(reach(0, stalled + 3));
  net.join(3);
  ASSERT_TRUE(all_at(0, stalled + 2 * kWindow));
  expect_peace();
}

TEST_P(VrfDrivers, go_over_to_the_next_set_in_the_middle_of_a_window_and_back) {
  ASSERT_TRUE(all_at(0, kWindow + 7));
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_at(1, net.height(0).value() + 4));
  net.restart(1, net.height(1));
  net.restart(0, net.height(0));
  const std::uint64_t short_epoch = net.height(0).value() + 5;
  ASSERT_TRUE(all_at(1, short_epoch));
  net.submit(second.change_to(third));
  ASSERT_TRUE(all_at(2, net.height(0).value() + 2));
  net.restart(2, net.height(2));
  ASSERT_TRUE(all_at(2, net.height(0).value() + 4 * kWindow));
  expect_peace();
}

TEST_P(VrfDrivers, that_lost_blocks_over_the_end_of_an_epoch_come_back) {
  ASSERT_TRUE(all_at(0, 5));
  net.submit(first.change_to(second));
  ASSERT_TRUE(all_at(1, net.height(0).value() + kWindow));
  net.restart(1, Height(3));
  net.restart(2, net.height(2));
  ASSERT_TRUE(all_at(1, net.height(0).value() + 2 * kWindow));
  expect_peace();
}

TEST_P(VrfDrivers, keep_one_chain_in_a_storm_and_go_on_after_it) {
  for (const std::uint64_t seed : {1U}) {
    SCOPED_TRACE(seed);
    EpochNet stormy({&first, &second, &third}, 5, true);
    stormy.storm(seed, 150, 400);
    static_cast<void>(
        stormy.run_until([&] { return stormy.height(0) >= Height(kWindow); }, 400'000));
    stormy.submit(first.change_to(second));
    static_cast<void>(stormy.run_until([&] { return stormy.epoch(0) == 1; }, 400'000));
    stormy.restart(1, stormy.height(1));
    static_cast<void>(
        stormy.run_until([&] { return stormy.height(0) >= Height(3 * kWindow); }, 400'000));
    stormy.storm(seed, 0, 1);
    const Height enough(stormy.height(0).value() + kWindow);
    EXPECT_TRUE(stormy.run_until(
        [&] {
          for (std::uint32_t who = 0; who < 5; ++who) {
            if (stormy.height(who) < enough) return false;
          }
          return true;
        },
        kLongMs));
    EXPECT_TRUE(stormy.agree());
    EXPECT_EQ(stormy.punished(), std::vector<std::string>{});
    EXPECT_EQ(stormy.fatals(), std::vector<std::string>{});
    EXPECT_EQ(stormy.refused(), std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace ol::node::test
