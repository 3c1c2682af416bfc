#include <gtest/gtest.h>

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
               }}),
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

  primitives::Genesis genesis_;
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
