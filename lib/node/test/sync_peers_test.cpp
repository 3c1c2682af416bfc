#include <ol/node/sync_peers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "driver_bench.hpp"
#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

using p2p::PeerId;
using primitives::Height;
using primitives::View;
using testing::ElementsAre;

// Numbers from 1000 on are validators.
bool is_validator(const PeerId& peer) {
  for (std::uint16_t i = 1'000; i < 1'010; ++i) {
    if (peer == numbered_peer(i)) return true;
  }
  return false;
}

SyncPeers peers_with(const std::vector<std::uint16_t>& numbers, std::uint64_t height) {
  SyncPeers out(is_validator);
  for (const std::uint16_t number : numbers) {
    out.add(numbered_peer(number));
    out.claim(numbered_peer(number), Height(height));
  }
  return out;
}

TEST(SyncPeers, asks_validators_and_others_only_after_a_failure) {
  SyncPeers peers = peers_with({1, 2, 3, 1'000}, 100);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(peers.choose(Height(50)), numbered_peer(1'000));
    peers.succeed(numbered_peer(1'000));
  }
  peers.fail(numbered_peer(1'000));
  peers.claim(numbered_peer(1'000), Height(100));
  EXPECT_TRUE(peers.failing());
  const auto other = peers.choose(Height(50));
  ASSERT_TRUE(other && !is_validator(*other));
  peers.succeed(*other);
  EXPECT_FALSE(peers.failing());
}

// Every failure costs seconds: liars that claim again and again must not be asked in between.
TEST(SyncPeers, who_fails_is_asked_after_all_others_of_its_kind) {
  SyncPeers peers = peers_with({1, 2, 3, 4, 5, 6, 7, 8}, 100);
  const PeerId honest = numbered_peer(5);
  std::size_t wasted = 0;
  for (int i = 0; i < 50; ++i) {
    for (std::uint16_t liar = 1; liar <= 8; ++liar)
      peers.claim(numbered_peer(liar), Height(1'000'000));
    const auto chosen = peers.choose(Height(50));
    ASSERT_TRUE(chosen);
    chosen == honest ? peers.succeed(*chosen) : peers.fail(*chosen);
    wasted += chosen == honest ? 0 : 1;
  }
  EXPECT_LE(wasted, 7U);
}

TEST(SyncPeers, those_who_answer_are_asked_in_turn) {
  SyncPeers peers = peers_with({1'000, 1'001, 1'002}, 100);
  std::vector<PeerId> asked;
  for (int i = 0; i < 6; ++i) {
    asked.push_back(*peers.choose(Height(50)));
    peers.succeed(asked.back());
  }
  EXPECT_EQ(std::set(asked.begin(), asked.begin() + 3).size(), 3U);
  EXPECT_TRUE(std::equal(asked.begin(), asked.begin() + 3, asked.begin() + 3));
}

TEST(SyncPeers, asks_only_who_claims_to_have_it_and_a_failure_takes_the_claim) {
  SyncPeers peers = peers_with({1'000}, 100);
  EXPECT_FALSE(peers.choose(Height(100)));
  EXPECT_TRUE(peers.choose(Height(99)));
  peers.fail(numbered_peer(1'000));
  EXPECT_FALSE(peers.choose(Height(99)));
  peers.claim(numbered_peer(1'001), Height(200));  // not connected
  EXPECT_FALSE(peers.choose(Height(99)));
  peers.claim(numbered_peer(1'000), Height(101));
  EXPECT_TRUE(peers.choose(Height(99)));
  peers.remove(numbered_peer(1'000));
  EXPECT_FALSE(peers.choose(Height(99)));
}

TEST(SyncPeers, what_strangers_claim_counts_only_where_no_validator_told) {
  SyncPeers peers = peers_with({1, 2}, 1'000'000);
  EXPECT_EQ(peers.best_height(), Height(1'000'000));
  peers.add(numbered_peer(1'000));
  EXPECT_EQ(peers.best_height(), Height(1'000'000));
  peers.claim(numbered_peer(1'000), Height(7));
  EXPECT_EQ(peers.best_height(), Height(7));
}

TEST(SyncPeers, another_one_for_each_attempt_validators_first) {
  SyncPeers peers = peers_with({1, 2, 1'000, 1'001}, 0);
  std::vector<PeerId> order;
  for (std::size_t i = 0; i < 5; ++i)
    order.push_back(*peers.any(i));
  EXPECT_TRUE(is_validator(order[0]) && is_validator(order[1]));
  EXPECT_EQ(std::set(order.begin(), order.begin() + 4).size(), 4U);
  EXPECT_EQ(order[4], order[0]);
  EXPECT_FALSE(SyncPeers(is_validator).any(0));
}

// Of the peers that the requests went to since the last call.
std::vector<PeerId> asked_for_ranges(DriverBench& bench) {
  std::vector<PeerId> out;
  for (const auto& sent : std::exchange(bench.host.sent, {})) {
    const auto message = decode_sync_message(sent.message);
    if (message && std::holds_alternative<RangeRequest>(*message)) out.push_back(sent.peer);
  }
  return out;
}

TEST(SyncPeers, a_restarted_validator_syncs_beside_strangers_that_lie_about_their_height) {
  DriverBench bench(3);
  for (std::uint16_t i = 0; i < 32; ++i)
    bench.driver->on_peer_connected(bench.now, numbered_peer(i));
  bench.host.sent.clear();
  const Bytes lie = encode_sync_message(StatusMessage{Height(std::uint64_t{1} << 63)});
  for (std::uint16_t i = 0; i < 32; ++i)
    bench.driver->on_message(bench.now, numbered_peer(i), p2p::Channel::Request, lie);
  ASSERT_EQ(asked_for_ranges(bench).size(), 1U);  // before any validator told its height
  bench.deliver_sync(1, StatusMessage{Height(1'000)});
  bench.now.monotonic_ms += 3'000;
  bench.driver->on_tick(bench.now);
  bench.deliver_sync(1, StatusMessage{Height(1'000)});
  std::vector<PeerId> asked = asked_for_ranges(bench);
  for (int i = 0; i < 2; ++i) {
    bench.now.monotonic_ms += 3'000;
    bench.driver->on_tick(bench.now);
    bench.driver->on_message(bench.now, numbered_peer(0), p2p::Channel::Request, lie);
    for (const PeerId& peer : asked_for_ranges(bench))
      asked.push_back(peer);
  }
  EXPECT_THAT(asked, testing::Contains(bench.peer(1)));
}

// Its leader may be slow; whoever has voted for the block has its items.
TEST(SyncPeers, items_that_a_proposal_lacks_are_asked_of_one_after_the_other) {
  DriverBench bench(3);
  const auto block = bench.all.block(bench.all.genesis, bench.all.genesis_certificate, View(1));
  bench.deliver(1, bench.all.proposal(block));
  std::vector<PeerId> asked;
  for (int i = 0; i < 4; ++i) {
    for (const auto& sent : std::exchange(bench.host.sent, {})) {
      const auto message = decode_sync_message(sent.message);
      if (message && std::holds_alternative<ItemsRequest>(*message)) asked.push_back(sent.peer);
    }
    bench.now.monotonic_ms += 301;
    bench.driver->on_tick(bench.now);
  }
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[0], bench.peer(1));
  EXPECT_EQ(std::set(asked.begin() + 1, asked.end()).size(), 3U);
}

}  // namespace
}  // namespace ol::node::test
