#include "../src/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <latch>

#include <gtest/gtest.h>

namespace ol::node {
namespace {

TEST(WorkerPool, does_each_part_of_a_round_once) {
  WorkerPool pool(3, 16);
  for (const std::size_t count : {0U, 1U, 7U, 8U, 1'000U}) {
    std::vector<std::atomic<int>> times(count);
    pool.run_all(count, [&](std::size_t i) { times[i] += 1; });
    EXPECT_TRUE(std::ranges::all_of(times, [](const auto& n) { return n == 1; })) << count;
  }
}

// A block is executed while the gossip of seconds waits to be verified.
TEST(WorkerPool, a_round_does_not_wait_for_what_was_submitted_before) {
  std::latch gate(1);  // outlives the thread that waits for it
  WorkerPool pool(1, 16);
  ASSERT_TRUE(pool.try_submit([&] { gate.wait(); }));
  std::atomic<std::size_t> done{0};
  pool.run_all(100, [&](std::size_t) { done += 1; });
  EXPECT_EQ(done, 100U);
  gate.count_down();
}

TEST(WorkerPool, a_round_ends_where_nobody_can_help) {
  std::latch gate(1);
  WorkerPool full(1, 1);
  ASSERT_TRUE(full.try_submit([&] { gate.wait(); }));
  while (full.stats().size > 0)
    std::this_thread::yield();
  ASSERT_TRUE(full.try_submit([] {}));
  EXPECT_FALSE(full.try_submit([] {}));
  std::atomic<std::size_t> done{0};
  full.run_all(100, [&](std::size_t) { done += 1; });
  EXPECT_EQ(done, 100U);
  gate.count_down();

  WorkerPool stopped(1, 1);
  stopped.stop();
  stopped.run_all(100, [&](std::size_t) { done += 1; });
  EXPECT_EQ(done, 200U);
}

}  // namespace
}  // namespace ol::node
