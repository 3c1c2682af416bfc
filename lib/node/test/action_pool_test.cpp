#include <gtest/gtest.h>

#include <array>

#include "../src/action_pool.hpp"

namespace ol::node {
namespace {

using exchange::Step;
using Outcome = ActionPool::Outcome;

exchange::ActionBody order(exchange::Tif tif) {
  exchange::Order order;
  order.tif = tif;
  return exchange::PlaceOrders{{order}, exchange::Grouping::None, {}, 0};
}

ExchangeItemPtr item(std::uint8_t name, execution::ExchangeItem::Content content,
                     std::size_t bytes = 100) {
  execution::ExchangeItem out{Bytes(bytes), {}, std::move(content), {}};
  out.hash.bytes[0] = name;
  return std::make_shared<const execution::ExchangeItem>(std::move(out));
}

ExchangeItemPtr action(std::uint8_t name, exchange::ActionBody body, std::uint8_t signer = 1,
                       exchange::TimeMs expires = 0) {
  exchange::VerifiedAction out;
  out.action = {std::move(body), {}, 1'000'000'000 + std::uint64_t{name}, expires};
  out.signer.bytes[0] = signer;
  out.hash.bytes[0] = name;
  return item(name, std::move(out));
}

/// The same signer and nonce, another action.
ExchangeItemPtr renamed(const ExchangeItemPtr& other, std::uint8_t name) {
  exchange::VerifiedAction out = *other->action();
  out.hash.bytes[0] = name;
  return item(name, std::move(out));
}

exchange::BlockInput block_of(const std::vector<ExchangeItemPtr>& items, exchange::TimeMs time) {
  exchange::BlockInput out;
  out.time = time;
  for (const ExchangeItemPtr& one : items)
    out.actions.push_back(*one->action());
  return out;
}

ExchangeItemPtr prices(std::uint8_t name, std::uint32_t validator, std::uint64_t round,
                       std::uint64_t epoch = 2) {
  execution::ExchangeItem out =
      *item(name, exchange::OracleSubmit{validator, round, {{exchange::AssetId(0), 5, 0}}});
  out.epoch = primitives::Epoch(epoch);
  return std::make_shared<const execution::ExchangeItem>(std::move(out));
}

std::vector<int> names(const std::vector<ExchangeItemPtr>& items) {
  std::vector<int> out;
  for (const ExchangeItemPtr& one : items)
    out.push_back(one->hash.bytes[0]);
  return out;
}

class ActionPoolTest : public testing::Test {
 protected:
  std::vector<int> select(std::size_t bytes = 1'000'000,
                          const std::unordered_set<primitives::TxnHash>& in_flight = {}) {
    return names(pool_.select(bytes, primitives::Epoch(2), state_, in_flight));
  }

  /// Names of the actions that were dropped, each with why.
  std::vector<std::pair<int, exchange::Error>> commit(const std::vector<primitives::TxnHash>& items,
                                                      const exchange::BlockInput& input) {
    std::vector<std::pair<int, exchange::Error>> out;
    for (const ActionPool::Dropped& one : pool_.commit(items, input, params_))
      out.emplace_back(one.action.bytes[0], one.why);
    return out;
  }
  using Dropped = std::vector<std::pair<int, exchange::Error>>;

  exchange::State state_;
  const exchange::Params params_;
  ActionPool pool_{ActionPool::Limits{
      .actions_max = 6, .bytes_max = 100'000, .signer_actions_max = 4, .system_max = 2}};
};

TEST_F(ActionPoolTest, gives_prices_system_actions_and_actions_by_step_and_arrival) {
  EXPECT_FALSE(pool_.has_selectable());
  pool_.add(action(1, order(exchange::Tif::Ioc)));
  pool_.add(action(2, order(exchange::Tif::Alo)));
  pool_.add(action(3, exchange::CancelAll{}));
  pool_.add(action(4, exchange::Noop{}));
  pool_.add(action(5, order(exchange::Tif::Alo), 2));
  pool_.add(item(6, exchange::SystemAction(exchange::CreditUsd{})));
  pool_.add(prices(7, 0, 9));
  EXPECT_TRUE(pool_.has_selectable());
  EXPECT_EQ(select(), (std::vector<int>{7, 6, 4, 3, 2, 5, 1}));
}

TEST_F(ActionPoolTest, lets_cancels_have_what_room_there_is) {
  pool_.add(action(1, order(exchange::Tif::Ioc)));
  pool_.add(action(2, exchange::Noop{}));
  pool_.add(action(3, exchange::CancelAll{}));
  EXPECT_EQ(select(104), (std::vector<int>{3}));
  EXPECT_EQ(select(208), (std::vector<int>{2, 3}));
}

TEST_F(ActionPoolTest, leaves_out_what_is_in_flight_and_forgets_what_is_final) {
  const auto one = action(1, exchange::Noop{});
  pool_.add(one);
  pool_.add(action(2, exchange::Noop{}));
  EXPECT_EQ(select(1'000, {one->hash}), (std::vector<int>{2}));
  EXPECT_EQ(commit({one->hash}, block_of({one}, 5)), Dropped{});
  EXPECT_EQ(select(), (std::vector<int>{2}));
  EXPECT_EQ(pool_.size(), 1U);
}

// Only one of them can count: the others would fill blocks for nothing.
TEST_F(ActionPoolTest, takes_one_action_of_a_nonce) {
  const auto first = action(1, exchange::Noop{});
  EXPECT_EQ(pool_.add(first), Outcome::Added);
  EXPECT_EQ(pool_.add(renamed(first, 2)), Outcome::NonceTaken);
  EXPECT_EQ(pool_.add(action(1, exchange::Noop{}, 2)), Outcome::Known) << "by its hash";
  EXPECT_EQ(pool_.add(renamed(action(1, exchange::Noop{}, 2), 3)), Outcome::Added)
      << "another signer's nonce is another";
  // A block brought the other of the two.
  EXPECT_EQ(commit({}, block_of({renamed(first, 2)}, 5)),
            (Dropped{{1, exchange::Error::BadNonce}}));
  EXPECT_EQ(select(), (std::vector<int>{3}));
  EXPECT_EQ(pool_.add(renamed(first, 4)), Outcome::Added) << "what left leaves its nonce free";
}

TEST_F(ActionPoolTest, gives_nothing_of_a_nonce_that_the_state_has_seen) {
  const auto one = action(1, exchange::Noop{});
  pool_.add(one);
  pool_.add(action(2, exchange::Noop{}));
  pool_.add(action(3, exchange::Noop{}, 2));
  state_.nonces.edit(one->action()->signer).push_back(one->action()->action.nonce);
  EXPECT_EQ(select(), (std::vector<int>{2, 3}));
}

// What another block made final would wait for days and make blocks with nothing in them.
TEST_F(ActionPoolTest, takes_back_only_what_is_not_final) {
  const auto final_one = action(1, exchange::Noop{});
  state_.nonces.edit(final_one->action()->signer).push_back(final_one->action()->action.nonce);
  pool_.restore(final_one, state_);
  pool_.restore(prices(2, 0, 9), state_);
  EXPECT_FALSE(pool_.has_selectable());
  pool_.restore(action(3, exchange::Noop{}), state_);
  EXPECT_EQ(select(), (std::vector<int>{3}));
}

TEST_F(ActionPoolTest, is_bounded_by_signer_and_in_all) {
  for (std::uint8_t i = 1; i <= 4; ++i)
    EXPECT_EQ(pool_.add(action(i, exchange::Noop{})), Outcome::Added);
  EXPECT_EQ(pool_.add(action(1, exchange::Noop{})), Outcome::Known);
  EXPECT_EQ(pool_.add(action(5, exchange::Noop{})), Outcome::SignerFull);
  EXPECT_EQ(pool_.add(action(6, exchange::Noop{}, 2)), Outcome::Added);
  EXPECT_EQ(pool_.add(action(7, exchange::Noop{}, 2)), Outcome::Added);
  EXPECT_EQ(pool_.add(action(8, exchange::Noop{}, 3)), Outcome::Full);
  Address signer;
  signer.bytes[0] = 1;
  EXPECT_EQ(pool_.waiting(signer), 4U);
  const auto credit = exchange::SystemAction(exchange::CreditUsd{});
  EXPECT_EQ(pool_.add(item(20, credit)), Outcome::Added);
  EXPECT_EQ(pool_.add(item(21, credit)), Outcome::Added);
  EXPECT_EQ(pool_.add(item(22, credit)), Outcome::Full);
}

TEST_F(ActionPoolTest, keeps_the_newest_prices_of_each_validator) {
  EXPECT_EQ(pool_.add(prices(1, 0, 5)), Outcome::Added);
  EXPECT_EQ(pool_.add(prices(2, 0, 5)), Outcome::Known);
  EXPECT_EQ(pool_.add(prices(3, 0, 6)), Outcome::Added);
  EXPECT_EQ(pool_.add(prices(4, 1, 1)), Outcome::Added);
  EXPECT_EQ(pool_.add(prices(5, 2, 900, 1)), Outcome::Added);
  EXPECT_EQ(select(), (std::vector<int>{3, 4})) << "prices of another epoch wait in vain";
  EXPECT_EQ(pool_.add(prices(6, 2, 7)), Outcome::Added) << "and keep nobody out";
  EXPECT_EQ(pool_.add(prices(7, 2, 901, 1)), Outcome::Known);
  EXPECT_EQ(select(), (std::vector<int>{3, 4, 6}));
  state_.submissions.edit({2, exchange::AssetId(0)}).round = 7;
  EXPECT_FALSE(pool_.has_selectable()) << "prices alone make no block";
  state_.submissions.edit({1, exchange::AssetId(0)}).round = 1;
  EXPECT_EQ(select(), (std::vector<int>{3}));
}

TEST_F(ActionPoolTest, tells_which_prices_others_told_and_since_when_they_wait) {
  using Told = std::vector<std::array<std::uint64_t, 3>>;
  const auto heard = [&] {
    Told out;
    for (const HeardPrices& one : pool_.heard_prices(primitives::Epoch(2), state_))
      out.push_back({one.validator, one.round, one.heard_ms});
    return out;
  };
  pool_.add(prices(1, 0, 5));
  pool_.add(prices(2, 1, 6), 70);
  pool_.add(prices(3, 2, 7), 80);
  pool_.add(prices(4, 3, 8, 1), 90);
  EXPECT_EQ(heard(), (Told{{1, 6, 70}, {2, 7, 80}})) << "neither its own nor another epoch's";
  pool_.add(prices(5, 1, 6), 99);
  EXPECT_EQ(heard(), (Told{{1, 6, 70}, {2, 7, 80}})) << "told again, they wait no shorter";
  pool_.add(prices(6, 1, 9), 100);
  state_.submissions.edit({2, exchange::AssetId(0)}).round = 7;
  EXPECT_EQ(heard(), (Told{{1, 9, 100}}));
}

TEST_F(ActionPoolTest, drops_what_expired_or_is_too_old) {
  pool_.add(action(1, exchange::Noop{}, 1, 1'000'000'500));
  pool_.add(action(2, exchange::Noop{}));
  EXPECT_EQ(commit({}, block_of({}, 1'000'000'500)), Dropped{});
  EXPECT_EQ(pool_.size(), 2U);
  EXPECT_EQ(commit({}, block_of({}, 1'000'010'000)), (Dropped{{1, exchange::Error::Expired}}));
  EXPECT_EQ(select(), (std::vector<int>{2}));
  EXPECT_EQ(commit({}, block_of({}, 1'000'000'002 + params_.nonce_past_ms)),
            (Dropped{{2, exchange::Error::BadNonce}}));
  EXPECT_EQ(pool_.size(), 0U);
  EXPECT_FALSE(pool_.has_selectable());
}

TEST(ItemCache, forgets_the_oldest_beyond_its_bounds) {
  ItemCache cache(2, 250);
  cache.put(action(1, exchange::Noop{}));
  cache.put(action(2, exchange::Noop{}));
  const auto third = action(3, exchange::Noop{});
  cache.put(third);
  EXPECT_EQ(cache.find(action(1, exchange::Noop{})->hash), nullptr);
  EXPECT_EQ(cache.find(third->hash), third);
  cache.put(item(4, exchange::SystemAction(exchange::CreditUsd{}), 200));
  EXPECT_EQ(cache.find(third->hash), nullptr) << "by bytes";
}

}  // namespace
}  // namespace ol::node
