// Amounts at the ends of their ranges (dex.md 1.1, 1.6): whatever prices do, the chain goes on.
#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kB = user(2);
constexpr std::uint64_t kTop = kPxEnd - 1;

class Dex1Extremes : public testing::Test {
 protected:
  void SetUp() override {
    for (const Address& who : {kA, kB})
      chain.deposit(who, 20'000'000'000);
  }
  void TearDown() override { EXPECT_EQ(broken_conservation(chain.state()), ""); }

  Chain chain;
};

// dex.md 10.6: what the book was above the oracle's price, added to one near the end, is beyond it
// and still within the mark's band.
TEST_F(Dex1Extremes, a_mark_is_a_price_whatever_its_band_allows) {
  chain.system({SetOracle{kBtc, 900'000'000'000}});
  chain.order(kA, order_of(kBtc, Side::Buy, 940'000'000'000, 1, Tif::Alo));
  chain.order(kB, order_of(kBtc, Side::Sell, 960'000'000'000, 1, Tif::Alo));
  chain.system({SetOracle{kBtc, 900'000'000'000}}, 2'000);
  ASSERT_EQ(chain.market(kBtc).mark, 950'000'000'000U);
  EXPECT_TRUE(chain.act(kA, CancelAll{kBtc, CancelSide::Both}).ok);
  EXPECT_TRUE(chain.act(kB, CancelAll{kBtc, CancelSide::Both}).ok);
  chain.system({SetOracle{kBtc, 990'000'000'000}});
  EXPECT_EQ(chain.market(kBtc).mark, kTop);
}

// dex.md 12: a bucket so far below zero that no price of its other position makes up for it, nor
// any amount of another account. Its markets are halted (1.1), and nobody has lost anything.
TEST_F(Dex1Extremes, a_bucket_below_every_amount_halts_its_markets) {
  constexpr std::uint64_t kLots = 900'000'000'000'000;
  chain.system({SetOracle{kBtc, 10}});
  chain.order(kB, order_of(kBtc, Side::Buy, 10, kLots, Tif::Alo));
  chain.order(kA, order_of(kBtc, Side::Sell, 10, kLots, Tif::Ioc));
  chain.order(kB, order_of(kEth, Side::Sell, 300'000, 100, Tif::Alo));
  chain.order(kA, order_of(kEth, Side::Buy, 300'000, 100, Tif::Ioc));
  ASSERT_EQ(chain.perp(kA, kBtc).szi, -static_cast<std::int64_t>(kLots));
  ASSERT_EQ(chain.perp(kA, kEth).szi, 100);
  const std::int64_t before = chain.account(kB).raw_usd;
  chain.system({SetOracle{kBtc, kTop}});
  EXPECT_EQ(chain.market(kBtc).status, MarketStatus::Halted);
  EXPECT_EQ(chain.market(kEth).status, MarketStatus::Halted);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, -static_cast<std::int64_t>(kLots));
  EXPECT_EQ(chain.perp(kA, kEth).szi, 100);
  EXPECT_EQ(chain.account(kB).raw_usd, before);
  // Once the price is back and the markets are open, everything is as it was.
  chain.system({SetOracle{kBtc, 10}, SetMarketStatus{kBtc, MarketStatus::Active},
                SetMarketStatus{kEth, MarketStatus::Active}});
  EXPECT_EQ(chain.market(kBtc).status, MarketStatus::Active);
  EXPECT_EQ(chain.account(kB).raw_usd, before);
}

// dex.md 8.1, 8.2: the position limit holds for what orders may lead to when they are placed; after
// a reduce-only fill they lead to twice as much, and at a high price to more than a table takes.
TEST_F(Dex1Extremes, orders_let_in_at_a_low_price_have_margin_at_a_high_one) {
  constexpr AssetId kTiny{2};
  constexpr std::uint64_t kLots = 990'000'000'000'000;
  MarketConfig config = btc();
  config.asset = kTiny;
  config.name = "TINY";
  config.tick_px = 1;
  chain.system({ListMarket{config}, SetOracle{kTiny, 1}});
  const auto hundred = [&](const Address& who, Side side, Tif tif, bool reduce_only) {
    Order order = order_of(kTiny, side, 1, kLots, tif);
    order.reduce_only = reduce_only;
    const ActionResult out =
        chain.act(who, PlaceOrders{std::vector<Order>(100, order), Grouping::None, {}, 0});
    for (const OrderResult& one : out.orders)
      EXPECT_NE(one.kind, OrderResult::Kind::Error) << name(one.error);
  };
  hundred(kB, Side::Buy, Tif::Alo, false);
  hundred(kA, Side::Sell, Tif::Ioc, false);
  hundred(kA, Side::Buy, Tif::Alo, true);  // first in the queue
  hundred(kA, Side::Buy, Tif::Alo, false);
  hundred(kA, Side::Buy, Tif::Alo, false);
  hundred(kB, Side::Sell, Tif::Ioc, false);
  ASSERT_EQ(chain.perp(kA, kTiny).szi, 0);
  ASSERT_GT(Int128{chain.perp(kA, kTiny).buy_lots} * kTop, MarginTable::kNtlMost);
  chain.system({SetOracle{kTiny, kTop}});
  EXPECT_EQ(chain.act(kA, UsdSend{kB, 1}).error, Error::TransferTooLarge);
  EXPECT_TRUE(chain.act(kA, CancelAll{kTiny, CancelSide::Both}).ok);
  EXPECT_TRUE(chain.act(kA, UsdSend{kB, 1}).ok);
}

}  // namespace
}  // namespace ol::exchange
