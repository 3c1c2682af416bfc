#include "../src/fair_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "numbered_peer.hpp"

namespace ol::node::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Queue = FairQueue<int>;
using Outcome = Queue::Outcome;

constexpr FairLimits kWide{
    .peer_items = 1'000, .peer_bytes = 1'000, .rank_items = 2'000, .rank_bytes = 2'000};

Outcome put(Queue& queue, const p2p::PeerId& peer, int item, std::size_t bytes = 1,
            PeerRank rank = PeerRank::Stranger) {
  return queue.push(peer, rank, bytes, 0, std::move(item)).outcome;
}

std::vector<int> take_all(Queue& queue) {
  std::vector<int> out;
  while (const auto item = queue.pop_until(std::chrono::steady_clock::now()))
    out.push_back(*item);
  return out;
}

TEST(FairQueue, peers_take_turns_and_each_keeps_its_order) {
  Queue queue(kWide, kWide);
  for (int i = 10; i < 15; ++i)
    put(queue, kAnna, i);
  put(queue, kBert, 20);
  put(queue, kBert, 21);
  put(queue, kCarl, 30);
  EXPECT_THAT(take_all(queue), ElementsAre(10, 20, 30, 11, 21, 12, 13, 14));
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(FairQueue, its_own_come_first_then_validators_then_strangers) {
  Queue queue(kWide, kWide);
  put(queue, kAnna, 1);
  put(queue, kBert, 2, 1, PeerRank::Validator);
  EXPECT_TRUE(queue.push_own(3));
  EXPECT_THAT(take_all(queue), ElementsAre(3, 2, 1));
}

TEST(FairQueue, strangers_get_every_sixteenth_turn_while_validators_have_something) {
  Queue queue(kWide, kWide);
  for (int i = 0; i < 100; ++i)
    put(queue, kBert, i, 1, PeerRank::Validator);
  put(queue, kAnna, 1'000);
  put(queue, kAnna, 1'001);
  const std::vector<int> order = take_all(queue);
  ASSERT_EQ(order.size(), 102U);
  EXPECT_EQ(order[15], 1'000);
  EXPECT_EQ(order[31], 1'001);
}

TEST(FairQueue, a_peer_has_no_more_than_its_items) {
  Queue queue({.peer_items = 3, .peer_bytes = 100, .rank_items = 100, .rank_bytes = 100}, kWide);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(put(queue, kAnna, i), Outcome::Queued);
  EXPECT_EQ(put(queue, kAnna, 3), Outcome::PeerFull);
  EXPECT_EQ(put(queue, kBert, 4), Outcome::Queued);
  EXPECT_EQ(queue.stats().rejected, 1U);
}

TEST(FairQueue, a_peer_has_no_more_than_its_bytes_but_always_one_item) {
  Queue queue({.peer_items = 9, .peer_bytes = 10, .rank_items = 100, .rank_bytes = 100}, kWide);
  EXPECT_EQ(put(queue, kAnna, 1, 6), Outcome::Queued);
  EXPECT_EQ(put(queue, kAnna, 2, 4), Outcome::Queued);
  EXPECT_EQ(put(queue, kAnna, 3, 1), Outcome::PeerFull);
  EXPECT_EQ(put(queue, kBert, 4, 50), Outcome::Queued);
  EXPECT_EQ(queue.bytes(), 60U);
}

TEST(FairQueue, in_a_rank_full_of_items_whoever_has_most_loses_its_newest) {
  Queue queue({.peer_items = 9, .peer_bytes = 99, .rank_items = 4, .rank_bytes = 99}, kWide);
  for (int i = 10; i < 14; ++i)
    put(queue, kAnna, i);
  EXPECT_EQ(put(queue, kAnna, 14), Outcome::RankFull);
  Queue::Push push = queue.push(kBert, PeerRank::Stranger, 1, 0, 20);
  EXPECT_EQ(push.outcome, Outcome::Queued);
  EXPECT_THAT(push.dropped, ElementsAre(13));
  EXPECT_THAT(take_all(queue), ElementsAre(10, 20, 11, 12));
}

TEST(FairQueue, in_a_rank_full_of_bytes_whoever_has_most_loses_its_newest) {
  Queue queue({.peer_items = 9, .peer_bytes = 99, .rank_items = 99, .rank_bytes = 40}, kWide);
  for (int i = 10; i < 14; ++i)
    put(queue, kAnna, i, 10);
  Queue::Push push = queue.push(kBert, PeerRank::Stranger, 15, 0, 20);
  EXPECT_EQ(push.outcome, Outcome::Queued);
  EXPECT_THAT(push.dropped, ElementsAre(13, 12));
  EXPECT_EQ(queue.bytes(), 35U);
  EXPECT_EQ(put(queue, kCarl, 30, 30), Outcome::RankFull);
}

TEST(FairQueue, strangers_take_no_place_of_validators) {
  constexpr FairLimits kNarrow{.peer_items = 2, .peer_bytes = 2, .rank_items = 2, .rank_bytes = 2};
  Queue queue(kNarrow, kNarrow);
  put(queue, kAnna, 1);
  put(queue, kAnna, 2);
  EXPECT_EQ(put(queue, kBert, 3, 1, PeerRank::Validator), Outcome::Queued);
  EXPECT_EQ(put(queue, kCarl, 4, 1, PeerRank::Validator), Outcome::Queued);
}

TEST(FairQueue, what_a_muted_peer_has_in_it_goes_and_nothing_new_gets_in) {
  Queue queue(kWide, kWide);
  put(queue, kAnna, 1);
  put(queue, kAnna, 2, 1, PeerRank::Validator);
  put(queue, kBert, 3);
  EXPECT_THAT(queue.mute(kAnna, 0, 100), testing::UnorderedElementsAre(1, 2));
  EXPECT_TRUE(queue.is_muted(kAnna, 99));
  EXPECT_EQ(queue.push(kAnna, PeerRank::Stranger, 1, 99, 4).outcome, Outcome::Muted);
  EXPECT_EQ(put(queue, kBert, 5), Outcome::Queued);
  EXPECT_THAT(take_all(queue), ElementsAre(3, 5));
  EXPECT_EQ(queue.push(kAnna, PeerRank::Stranger, 1, 100, 6).outcome, Outcome::Queued);
}

TEST(FairQueue, a_peer_that_comes_anew_is_heard_again) {
  Queue queue(kWide, kWide);
  EXPECT_THAT(queue.mute(kAnna, 0, 100), IsEmpty());
  queue.unmute(kAnna);
  EXPECT_EQ(put(queue, kAnna, 1), Outcome::Queued);
}

TEST(FairQueue, no_more_than_its_bound_are_muted_and_those_go_first_whose_time_ends_first) {
  Queue queue(kWide, kWide);
  for (std::uint16_t i = 0; i < Queue::kMutedMax + 5; ++i)
    EXPECT_THAT(queue.mute(numbered_peer(i), 0, 1'000 + i), IsEmpty());
  EXPECT_EQ(queue.muted(), Queue::kMutedMax);
  EXPECT_FALSE(queue.is_muted(numbered_peer(4), 0));
  EXPECT_TRUE(queue.is_muted(numbered_peer(5), 0));
  EXPECT_THAT(queue.mute(kAnna, 1'000'000, 1'000'001), IsEmpty());
  EXPECT_EQ(queue.muted(), 1U);
}

TEST(FairQueue, drops_of_a_peer_what_it_is_told_to) {
  Queue queue(kWide, kWide);
  for (int i = 1; i < 5; ++i)
    put(queue, kAnna, i, 10);
  put(queue, kBert, 7, 1);
  EXPECT_THAT(queue.drop(kAnna, [](int item) { return item % 2 == 1; }), ElementsAre(1, 3));
  EXPECT_EQ(queue.bytes(), 21U);
  EXPECT_THAT(queue.drop(kAnna, [](int item) { return item == 2; }), ElementsAre(2));
  EXPECT_THAT(queue.drop(kCarl, [](int) { return true; }), IsEmpty());
  EXPECT_THAT(take_all(queue), ElementsAre(4, 7));
}

TEST(FairQueue, a_peer_is_crowded_at_half_of_what_it_may_have_and_calm_below_a_quarter) {
  Queue queue({.peer_items = 8, .peer_bytes = 80, .rank_items = 100, .rank_bytes = 800}, kWide);
  const auto crowded = [&] { return queue.is_crowded(kAnna, PeerRank::Stranger); };
  const auto calm = [&] { return queue.is_calm(kAnna, PeerRank::Stranger); };
  EXPECT_FALSE(crowded());
  EXPECT_TRUE(calm());
  put(queue, kAnna, 1);
  EXPECT_TRUE(calm());
  put(queue, kAnna, 2);
  EXPECT_FALSE(calm());
  put(queue, kAnna, 3);
  EXPECT_FALSE(crowded());
  put(queue, kAnna, 4);
  EXPECT_TRUE(crowded());
  EXPECT_EQ(take_all(queue).size(), 4U);
  put(queue, kAnna, 5, 40);
  EXPECT_TRUE(crowded());
}

// A flood of one must not make the node stop reading from another.
TEST(FairQueue, in_a_rank_half_full_those_are_crowded_that_have_more_than_their_share) {
  Queue queue({.peer_items = 100, .peer_bytes = 900, .rank_items = 40, .rank_bytes = 900}, kWide);
  for (int i = 0; i < 20; ++i)
    put(queue, kAnna, i);
  put(queue, kBert, 1);
  EXPECT_TRUE(queue.is_crowded(kAnna, PeerRank::Stranger));
  EXPECT_FALSE(queue.is_crowded(kBert, PeerRank::Stranger));
}

TEST(FairQueue, a_full_one_and_a_closed_one_let_nobody_wait) {
  Queue queue({.peer_items = 1, .peer_bytes = 1, .rank_items = 1, .rank_bytes = 1}, kWide);
  put(queue, kAnna, 1);
  EXPECT_EQ(put(queue, kAnna, 2), Outcome::PeerFull);
  EXPECT_TRUE(queue.push_own(3));
  queue.close();
  EXPECT_EQ(put(queue, kBert, 4), Outcome::Closed);
  EXPECT_FALSE(queue.push_own(5));
  EXPECT_TRUE(queue.is_closed());
  EXPECT_THAT(take_all(queue), ElementsAre(3, 1));
}

TEST(FairQueue, wakes_who_waits_for_an_item) {
  Queue queue(kWide, kWide);
  std::optional<int> got;
  std::thread waiting(
      [&] { got = queue.pop_until(std::chrono::steady_clock::now() + std::chrono::minutes(1)); });
  put(queue, kAnna, 7);
  waiting.join();
  EXPECT_EQ(got, 7);
}

}  // namespace
}  // namespace ol::node::test
