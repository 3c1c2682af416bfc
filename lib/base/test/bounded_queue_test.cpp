#include <ol/base/bounded_queue.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace ol {
namespace {

using std::chrono::steady_clock;

TEST(BoundedQueue, hands_items_out_in_order) {
  BoundedQueue<int> queue(3);
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(queue.try_push(i), PushOutcome::Accepted);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.try_pop(), 2);
  EXPECT_EQ(queue.pop_until(steady_clock::now()), 3);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, refuses_what_exceeds_its_capacity_and_counts_it) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.try_push(1), PushOutcome::Accepted);
  EXPECT_EQ(queue.try_push(2), PushOutcome::Accepted);
  EXPECT_EQ(queue.try_push(3), PushOutcome::Full);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.try_push(4), PushOutcome::Accepted);
  const QueueStats stats = queue.stats();
  EXPECT_EQ(stats.size, 2U);
  EXPECT_EQ(stats.capacity, 2U);
  EXPECT_EQ(stats.size_max, 2U);
  EXPECT_EQ(stats.accepted, 3U);
  EXPECT_EQ(stats.rejected, 1U);
}

TEST(BoundedQueue, leaves_a_refused_item_with_its_owner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_EQ(queue.try_push(std::make_unique<int>(1)), PushOutcome::Accepted);
  auto second = std::make_unique<int>(2);
  EXPECT_EQ(queue.try_push(std::move(second)), PushOutcome::Full);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

// Two threads with bounded queues towards each other stand still for ever if both wait for room.
TEST(BoundedQueue, takes_answers_when_full_behind_what_waits) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.try_push(1), PushOutcome::Accepted);
  EXPECT_TRUE(queue.push_answer(2));
  EXPECT_TRUE(queue.push_answer(3));
  EXPECT_EQ(queue.try_push(4), PushOutcome::Full);
  EXPECT_EQ(queue.stats().size_max, 3U);
  EXPECT_EQ(queue.pop_many(5), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(queue.try_push(5), PushOutcome::Accepted);
  queue.close();
  EXPECT_FALSE(queue.push_answer(6));
  EXPECT_EQ(queue.pop(), 5);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, drains_after_close_and_then_yields_nothing) {
  BoundedQueue<int> queue(4);
  EXPECT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.is_closed());
  queue.close();
  queue.close();
  EXPECT_TRUE(queue.is_closed());
  EXPECT_EQ(queue.try_push(2), PushOutcome::Closed);
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.stats().rejected, 2U);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_TRUE(queue.pop_many(9).empty());
}

TEST(BoundedQueue, pops_many_up_to_the_asked_count) {
  BoundedQueue<int> queue(5);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(queue.push(i));
  EXPECT_EQ(queue.pop_many(3), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(queue.pop_many(3), (std::vector<int>{3, 4}));
}

TEST(BoundedQueue, gives_up_waiting_at_the_deadline) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_until(steady_clock::now() + std::chrono::milliseconds(1)), std::nullopt);
}

TEST(BoundedQueue, close_wakes_waiting_consumers_and_producers) {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  EXPECT_TRUE(full.push(1));
  std::thread consumer([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
  std::thread producer([&] { EXPECT_FALSE(full.push(2)); });
  empty.close();
  full.close();
  consumer.join();
  producer.join();
}

TEST(BoundedQueue, loses_and_repeats_nothing_between_many_threads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  BoundedQueue<int> queue(8);
  std::atomic<long long> sum = 0;
  std::atomic<int> count = 0;
  std::vector<std::thread> producers;
  std::vector<std::thread> consumers;
  for (int t = 0; t < kThreads; ++t) {
    producers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        EXPECT_TRUE(queue.push(t * kEach + i));
    });
    consumers.emplace_back([&, t] {
      const auto take = [&](int v) {
        sum += v;
        ++count;
      };
      if (t % 2 == 0) {
        while (const auto item = queue.pop())
          take(*item);
        return;
      }
      for (auto items = queue.pop_many(5); !items.empty(); items = queue.pop_many(5)) {
        for (const int v : items)
          take(v);
      }
    });
  }
  for (auto& p : producers)
    p.join();
  queue.close();
  for (auto& c : consumers)
    c.join();
  constexpr long long kTotal = kThreads * kEach;
  EXPECT_EQ(count, kTotal);
  EXPECT_EQ(sum, kTotal * (kTotal - 1) / 2);
  EXPECT_LE(queue.stats().size_max, 8U);
}

TEST(BoundedQueueDeathTest, needs_room_for_one_item) {
  EXPECT_DEATH(BoundedQueue<int>(0), "at least one item");
}

}  // namespace
}  // namespace ol
