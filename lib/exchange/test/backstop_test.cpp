// What the backstop vault does with what it took over: dex.md 13.3.
#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kMaker = user(2);
const Address kTaker = user(3);

class Dex13Backstop : public testing::Test {
 protected:
  void SetUp() override {
    for (const Address& who : {kBackstop, kMaker, kTaker})
      chain.deposit(who, 1'000'000);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  // As if it had taken the position over: it trades with the maker at the mark.
  void hold(AssetId asset, Side side, std::uint64_t sz) {
    const std::uint64_t px = mark(asset);
    ASSERT_EQ(chain.order(kMaker, order_of(asset, opposite(side), px, sz, Tif::Alo)).kind,
              OrderResult::Kind::Resting);
    ASSERT_EQ(chain.order(kBackstop, order_of(asset, side, px, sz, Tif::Ioc)).total_sz, sz);
  }
  [[nodiscard]] std::uint64_t mark(AssetId asset) const {
    return chain.state().markets[chain.state().find_market(asset)].mark;
  }
  // Its orders, oldest first.
  [[nodiscard]] std::vector<OrderNode> quotes() const {
    std::vector<OrderNode> out;
    for (const OrderId oid : chain.state().orders.orders_of(kBackstopIndex))
      out.push_back(chain.state().orders[chain.state().orders.find(oid)]);
    return out;
  }
  void expect_quote(Side side, std::uint64_t px, std::uint64_t sz) {
    ASSERT_EQ(quotes().size(), 1U);
    const OrderNode quote = quotes()[0];
    EXPECT_EQ(quote.side, side);
    EXPECT_EQ(quote.tick * 10, px);
    EXPECT_EQ(quote.sz, sz);
    EXPECT_TRUE(quote.reduce_only);
  }

  Chain chain;
};

TEST_F(Dex13Backstop, a_long_is_offered_at_the_mark_ten_thousand_dollars_at_a_time) {
  hold(kBtc, Side::Buy, 100'000);  // 60,000 dollars
  chain.system({});
  expect_quote(Side::Sell, 600'000, 16'666);  // 10,000 / 60,000 of 100,000 lots
  const std::uint64_t oid = quotes()[0].oid;
  chain.system({});
  EXPECT_EQ(quotes()[0].oid, oid) << "what is as it should be keeps its place";
}

TEST_F(Dex13Backstop, a_short_is_bid_for_at_the_mark) {
  hold(kBtc, Side::Sell, 100'000);
  chain.system({});
  expect_quote(Side::Buy, 600'000, 16'666);
}

TEST_F(Dex13Backstop, quotes_follow_the_mark) {
  hold(kBtc, Side::Buy, 100'000);
  for (const std::uint64_t oracle : {601'005U, 599'995U}) {
    chain.oracle(kBtc, oracle);
    const std::uint64_t at = mark(kBtc);
    EXPECT_NE(at % 10, 0U);
    expect_quote(Side::Sell, (at + 9) / 10 * 10, 10'000'000'000 / at);
  }
}

TEST_F(Dex13Backstop, quotes_never_take_but_stand_before_a_better_price) {
  const auto rests = [&](AssetId asset, Side side, std::uint64_t px) {
    EXPECT_EQ(chain.order(kTaker, order_of(asset, side, px, 1'000, Tif::Alo)).kind,
              OrderResult::Kind::Resting);
  };
  rests(kBtc, Side::Buy, 599'990);
  rests(kEth, Side::Sell, 300'010);
  hold(kBtc, Side::Buy, 100'000);
  chain.oracle(kBtc, 599'000);
  EXPECT_LT(mark(kBtc), 599'990U);
  expect_quote(Side::Sell, 600'000, 10'000'000'000 / mark(kBtc));
  hold(kEth, Side::Sell, 100'000);
  chain.oracle(kEth, 302'000);
  EXPECT_GT(mark(kEth), 300'010U);
  ASSERT_EQ(quotes().size(), 2U);
  EXPECT_EQ(quotes()[1].side, Side::Buy);
  EXPECT_EQ(quotes()[1].tick * 10, 300'000U);
}

TEST_F(Dex13Backstop, what_would_be_left_is_taken_along_and_the_end_is_flat) {
  hold(kBtc, Side::Buy, 50'000);  // 30,000 dollars: one quote of 10,000, then one of 20,000
  chain.system({});
  expect_quote(Side::Sell, 600'000, 16'666);
  const auto buy = [&](std::uint64_t sz) {
    return chain.order(kTaker, order_of(kBtc, Side::Buy, 600'000, sz, Tif::Ioc)).total_sz;
  };
  EXPECT_EQ(buy(50'000), 16'666U);
  chain.system({});
  expect_quote(Side::Sell, 600'000, 16'666);  // 33,334 lots are 20,000.4 dollars
  EXPECT_EQ(buy(100), 100U);
  chain.act(kBackstop, CancelAll{kBtc, CancelSide::Both});
  chain.system({});
  expect_quote(Side::Sell, 600'000, 33'234);
  EXPECT_EQ(buy(50'000), 33'234U);
  chain.system({});
  EXPECT_TRUE(quotes().empty());
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 0);
}

TEST_F(Dex13Backstop, a_halted_market_is_tried_again) {
  hold(kBtc, Side::Buy, 100'000);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}});
  chain.act(kBackstop, CancelAll{kBtc, CancelSide::Both});
  EXPECT_TRUE(quotes().empty());
  chain.system({SetMarketStatus{kBtc, MarketStatus::Active}});
  expect_quote(Side::Sell, 600'000, 16'666);
}

TEST_F(Dex13Backstop, a_market_that_is_post_only_has_quotes) {
  chain.system({SetMarketStatus{kBtc, MarketStatus::PostOnly}});
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
  chain.system({SetMarketStatus{kBtc, MarketStatus::Active}});
  chain.order(kBackstop, order_of(kBtc, Side::Buy, 600'000, 100'000, Tif::Ioc));
  chain.system({SetMarketStatus{kBtc, MarketStatus::PostOnly}});
  expect_quote(Side::Sell, 600'000, 16'666);
}

TEST_F(Dex13Backstop, no_other_order_of_the_vault_stands_in_a_market_it_quotes) {
  hold(kBtc, Side::Buy, 100'000);
  chain.system({});
  const std::uint64_t oid = quotes()[0].oid;
  Order twin = order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo);
  twin.reduce_only = true;
  ASSERT_EQ(chain.order(kBackstop, twin).kind, OrderResult::Kind::Resting);
  chain.system({});
  expect_quote(Side::Sell, 600'000, 16'666);
  EXPECT_EQ(quotes()[0].oid, oid);
  // Turned over, its position is quoted on the other side.
  chain.order(kMaker, order_of(kBtc, Side::Buy, 599'990, 200'000, Tif::Alo));
  chain.order(kBackstop, order_of(kBtc, Side::Sell, 599'990, 200'000, Tif::Ioc));
  ASSERT_EQ(chain.perp(kBackstop, kBtc).szi, -100'000);
  chain.system({});
  ASSERT_EQ(quotes().size(), 1U);
  EXPECT_EQ(quotes()[0].side, Side::Buy);
}

TEST_F(Dex13Backstop, a_lot_dearer_than_a_quote_is_offered_alone) {
  MarketConfig gold = eth();
  gold.asset = AssetId(2);
  gold.name = "GOLD";
  gold.sz_decimals = 0;
  const std::uint64_t px = 20'000 * kUsdPerDollar;  // of one lot
  chain.system({ListMarket{gold}, SetOracle{AssetId(2), px}});
  hold(AssetId(2), Side::Buy, 3);
  chain.system({});
  expect_quote(Side::Sell, px, 1);
}

}  // namespace
}  // namespace ol::exchange
