#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "../src/exchange_view.hpp"

namespace ol::node {
namespace {

using exchange::CommittedBlock;
using exchange::CommittedBlockPtr;
using exchange::Outcome;

Hash256 named(std::uint8_t name) {
  Hash256 out;
  out.bytes[0] = name;
  return out;
}

/// A view whose thread runs, over blocks that name actions of nobody.
class ExchangeViewTest : public testing::Test {
 protected:
  ExchangeViewTest()
      : view_({.genesis = genesis_,
               .engine = std::make_unique<exchange::Engine>(exchange::Params{}),
               .submit = [](exchange::SignedAction, exchange::Access::Admitted) {},
               .submit_system = [](exchange::SystemAction) -> Result<void, exchange::Refusal> {
                 return {};
               },
               .stored = [this](std::uint64_t height, exchange::TimeMs) { return stored(height); },
               .cut = [](std::uint64_t) { return nullptr; }}),
        thread_([this] { view_.run(); }) {}
  ~ExchangeViewTest() override { finish(); }

  void finish() {
    view_.stop();
    if (thread_.joinable()) thread_.join();
  }
  CommittedBlockPtr push(std::uint64_t height, std::vector<std::uint8_t> actions = {},
                         std::optional<std::uint64_t> reverted_to = std::nullopt) {
    auto block = std::make_shared<CommittedBlock>();
    block->input.height = height;
    block->input.time = 1'000 + height;
    for (const std::uint8_t action : actions) {
      exchange::ActionResult result;
      result.hash = named(action);
      result.aux = height;
      block->result.results.push_back(result);
    }
    block->result.reverted_to = reverted_to;
    view_.push(block);
    return block;
  }

  void push_result(std::uint64_t height, std::optional<exchange::Error> refused) {
    auto block = std::make_shared<CommittedBlock>();
    block->input.height = height;
    block->input.time = 1'000 + height;
    exchange::ActionResult result;
    result.hash = named(7);
    result.ok = !refused;
    if (refused) result.error = *refused;
    block->result.results.push_back(result);
    view_.push(block);
  }
  // What the database has: blocks without results.
  std::shared_ptr<CommittedBlock> stored(std::uint64_t height) const {
    if (height > stored_up_to_) return nullptr;
    auto block = std::make_shared<CommittedBlock>();
    block->input.height = height;
    block->input.time = 1'000 + height;
    return block;
  }

  primitives::Genesis genesis_;
  std::atomic<std::uint64_t> stored_up_to_{0};
  ExchangeView view_;
  std::thread thread_;
};

TEST_F(ExchangeViewTest, shows_the_last_final_block_and_keeps_the_newest) {
  EXPECT_EQ(view_.height(), 0U);
  const auto one = push(1);
  const auto two = push(2);
  finish();
  EXPECT_EQ(view_.height(), 2U);
  EXPECT_EQ(view_.time(), 1'002U);
  EXPECT_EQ(view_.block(1), one);
  EXPECT_EQ(view_.block(2), two);
  EXPECT_EQ(view_.block(0), nullptr);
  EXPECT_EQ(view_.block(3), nullptr);
  view_.read([](const exchange::State& state) { EXPECT_EQ(state.global().height, 2U); });
}

TEST_F(ExchangeViewTest, tells_listeners_of_each_block_once_and_in_order) {
  std::vector<std::uint64_t> heard;
  const auto ticket = view_.subscribe([&](const CommittedBlockPtr& block) {
    heard.push_back(block->input.height);
    EXPECT_GE(view_.height(), block->input.height);
  });
  EXPECT_NE(ticket, 0U);
  for (std::uint64_t height = 1; height <= 5; ++height)
    push(height);
  finish();
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
}

TEST_F(ExchangeViewTest, a_listener_that_left_hears_nothing) {
  int calls = 0;
  view_.unsubscribe(view_.subscribe([&](const CommittedBlockPtr&) { ++calls; }));
  push(1);
  finish();
  EXPECT_EQ(calls, 0);
}

TEST_F(ExchangeViewTest, an_awaited_result_comes_once_whether_before_or_after) {
  std::vector<std::uint64_t> heights;
  const auto note = [&](const Outcome& outcome) { heights.push_back(outcome.height); };
  static_cast<void>(view_.await(named(7), note));
  const auto forgotten = view_.await(named(7), note);
  view_.forget(forgotten);
  push(1, {7});
  push(2, {7});
  finish();
  EXPECT_EQ(heights, (std::vector<std::uint64_t>{1})) << "the first result counts";
  static_cast<void>(view_.await(named(7), note));
  EXPECT_EQ(heights, (std::vector<std::uint64_t>{1, 1}));
  EXPECT_EQ(view_.find_result(named(7))->result.aux, 1U);
  EXPECT_EQ(view_.find_result(named(8)), std::nullopt);
}

// Whoever sent what no block can have any more hears so, and not only that time is over.
TEST_F(ExchangeViewTest, who_awaits_what_is_dropped_hears_why) {
  std::vector<Outcome> heard;
  const auto note = [&](const Outcome& outcome) { heard.push_back(outcome); };
  static_cast<void>(view_.await(named(7), note));
  static_cast<void>(view_.await(named(8), note));
  view_.refuse(named(7), exchange::Error::Expired);
  push(1);
  push(2, {8});
  finish();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_FALSE(heard[0].result.ok);
  EXPECT_EQ(heard[0].result.error, exchange::Error::Expired);
  EXPECT_EQ(heard[0].height, 1U);
  EXPECT_TRUE(heard[1].result.ok);
}

// An action that was refused before its nonce was used may come again.
TEST_F(ExchangeViewTest, what_was_refused_may_succeed_later) {
  push_result(1, exchange::Error::UnknownAccount);
  push_result(2, std::nullopt);
  push_result(3, exchange::Error::BadNonce);  // sent once more
  push_result(4, std::nullopt);
  while (view_.height() < 4)
    std::this_thread::yield();
  EXPECT_EQ(view_.find_result(named(7))->height, 2U);
  view_.forget_refused(named(7));
  EXPECT_EQ(view_.find_result(named(7))->height, 2U) << "it was not refused";
}

TEST_F(ExchangeViewTest, what_is_admitted_anew_is_not_answered_with_its_old_refusal) {
  push_result(1, exchange::Error::UnknownAccount);
  while (view_.height() < 1)
    std::this_thread::yield();
  ASSERT_TRUE(view_.find_result(named(7)));
  view_.forget_refused(named(7));
  EXPECT_EQ(view_.find_result(named(7)), std::nullopt);
  std::optional<Outcome> heard;
  static_cast<void>(view_.await(named(7), [&](const Outcome& outcome) { heard = outcome; }));
  push_result(2, std::nullopt);
  finish();
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->result.ok);
}

// What was undone may be done again, and that result counts (dex.md 17.5).
TEST_F(ExchangeViewTest, results_from_before_a_revert_are_forgotten) {
  push(1, {7, 8});
  push(2, {9}, 1);
  push(3, {7});
  finish();
  EXPECT_EQ(view_.find_result(named(7))->result.aux, 3U);
  EXPECT_EQ(view_.find_result(named(8)), std::nullopt);
  EXPECT_EQ(view_.find_result(named(9))->result.aux, 2U);
}

// Whoever makes blocks does not wait for who shows them: what finds no room comes from the
// database.
TEST_F(ExchangeViewTest, nobody_waits_while_it_is_behind_and_no_block_is_left_out) {
  std::promise<void> release;
  std::vector<std::uint64_t> heard;
  const auto gate = release.get_future().share();
  static_cast<void>(view_.subscribe([&](const CommittedBlockPtr& block) {
    gate.wait();
    heard.push_back(block->input.height);
  }));
  const std::uint64_t newest = ExchangeView::kQueue.blocks_max + 100;
  for (std::uint64_t height = 1; height <= newest; ++height)
    push(height);
  stored_up_to_ = newest - 1;
  release.set_value();
  while (view_.height() < newest - 1)
    std::this_thread::yield();
  stored_up_to_ = newest;
  while (view_.height() < newest)
    std::this_thread::yield();
  finish();
  ASSERT_EQ(heard.size(), newest);
  for (std::size_t i = 0; i < heard.size(); ++i)
    ASSERT_EQ(heard[i], i + 1);
  view_.read([&](const exchange::State& state) { EXPECT_EQ(state.global().height, newest); });
}

TEST_F(ExchangeViewTest, what_is_stored_nowhere_does_not_keep_it_from_stopping) {
  std::promise<void> release;
  const auto gate = release.get_future().share();
  static_cast<void>(view_.subscribe([&](const CommittedBlockPtr&) { gate.wait(); }));
  for (std::uint64_t height = 1; height <= ExchangeView::kQueue.blocks_max + 9; ++height)
    push(height);
  release.set_value();
  finish();
  EXPECT_GE(view_.height(), ExchangeView::kQueue.blocks_max);
}

// Blocks that somebody has not seen are kept; newer ones are shown once there is room.
TEST_F(ExchangeViewTest, waits_for_who_wants_the_blocks_it_keeps) {
  constexpr std::uint64_t kMax = ExchangeView::kBlocksKept;
  const int slow = 0;
  const int fast = 0;
  view_.keep_from(&slow, 1);
  view_.keep_from(&fast, 5);
  for (std::uint64_t height = 1; height <= kMax + 50; ++height)
    push(height);
  const auto settles_at = [&](std::uint64_t height) {
    while (view_.height() < height)
      std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(view_.height(), height);
    return view_.height() == height;
  };
  EXPECT_TRUE(settles_at(kMax));
  EXPECT_NE(view_.block(1), nullptr);
  view_.keep_from(&slow, 11);
  EXPECT_TRUE(settles_at(kMax + 4)) << "the other wants the fifth";
  EXPECT_NE(view_.block(5), nullptr);
  EXPECT_EQ(view_.block(4), nullptr);
  view_.keep_from(&fast, 12);
  EXPECT_TRUE(settles_at(kMax + 10));
  view_.keep_from(&fast, exchange::Access::kNoHeight);
  view_.keep_from(&slow, exchange::Access::kNoHeight);
  EXPECT_TRUE(settles_at(kMax + 50));
}

TEST_F(ExchangeViewTest, stops_while_somebody_wants_what_it_keeps) {
  const int slow = 0;
  view_.keep_from(&slow, 1);
  for (std::uint64_t height = 1; height <= ExchangeView::kBlocksKept + 9; ++height)
    push(height);
  finish();
  EXPECT_EQ(view_.height(), ExchangeView::kBlocksKept + 9);
}

TEST(FinalQueueTest, keeps_so_many_blocks_and_so_much_of_them) {
  FinalQueue queue({.blocks_max = 3, .parts_max = 10});
  const auto bring = [&](std::uint64_t height, std::size_t parts) {
    auto block = std::make_shared<CommittedBlock>();
    block->input.height = height;
    block->result.results.resize(parts);
    queue.push(std::move(block));
  };
  const auto has = [&](std::uint64_t height) { return queue.pop(height)->block != nullptr; };
  bring(1, 20);  // one, however large
  bring(2, 1);
  EXPECT_TRUE(has(1));
  EXPECT_FALSE(has(2));
  for (std::uint64_t height = 3; height <= 6; ++height)
    bring(height, 2);
  EXPECT_TRUE(has(3));
  EXPECT_TRUE(has(4));
  bring(7, 8);
  bring(8, 1);  // six came while there were three, seven and eight while there was room for one
  EXPECT_TRUE(has(5));
  EXPECT_FALSE(has(6));
  EXPECT_TRUE(has(7));
  EXPECT_FALSE(has(8));
  queue.close();
  EXPECT_FALSE(queue.pop(9).has_value());
}

TEST_F(ExchangeViewTest, readers_do_not_keep_blocks_out_for_ever) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop)
      view_.read([](const exchange::State&) {});
  });
  for (std::uint64_t height = 1; height <= 200; ++height)
    push(height);
  finish();
  stop = true;
  reader.join();
  EXPECT_EQ(view_.height(), 200U);
}

}  // namespace
}  // namespace ol::node
