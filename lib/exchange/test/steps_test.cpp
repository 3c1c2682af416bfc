// Oracle, mark, funding, triggers, TWAP, settlement: dex.md 3, 4, 7.3, 10, 11.
#include "steps.hpp"

#include "exchange_fixture.hpp"
#include "invariants.hpp"
#include "margin.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kB = user(2);
constexpr TimeMs kHour = 3'600'000;

class DexSteps : public testing::Test {
 protected:
  void SetUp() override {
    chain.deposit(kA, 100'000);
    chain.deposit(kB, 100'000);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  // A buys from B.
  void open(std::uint64_t sz, std::uint64_t px = 600'000) {
    chain.order(kB, order_of(kBtc, Side::Sell, px, sz, Tif::Alo));
    ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, px, sz, Tif::Ioc)).kind,
              OrderResult::Kind::Filled);
  }
  Order trigger(Side side, Trigger kind, std::uint64_t at, std::uint64_t px, std::uint64_t sz) {
    Order out = order_of(kBtc, side, px, sz);
    out.trigger = kind;
    out.trigger_px = at;
    return out;
  }
  template <typename T>
  std::vector<T> events_in(const BlockResult& block) {
    std::vector<T> out;
    for (const Event& event : block.events) {
      if (const T* found = std::get_if<T>(&event)) out.push_back(*found);
    }
    return out;
  }

  Chain chain;
};

using Dex10Prices = DexSteps;
using Dex11Engine = DexSteps;
using Dex4Triggers = DexSteps;
using Dex4Twap = DexSteps;
using Dex3Settlement = DexSteps;

TEST_F(Dex10Prices, submissions_need_two_thirds_of_the_stake) {
  const auto submit = [&](std::uint32_t validator, std::uint64_t round, std::uint64_t px) {
    BlockInput block = chain.last_block();
    ++block.height;
    block.time += 100;
    block.stakes = {40, 26, 34};
    block.actions.clear();
    block.system = {OracleSubmit{validator, round, {{kBtc, px, 0}}}};
    const BlockResult out = chain.engine().execute(block);
    chain.engine().commit_block();
    // The next call builds on this block.
    chain.block({}, {});
    return out.system_ok.at(0);
  };
  EXPECT_TRUE(submit(0, 1, 610'000));
  EXPECT_EQ(chain.market(kBtc).oracle, 600'000U);
  EXPECT_TRUE(submit(1, 1, 612'000));  // 66 of 100
  EXPECT_EQ(chain.market(kBtc).oracle, 600'000U);
  EXPECT_TRUE(submit(2, 1, 611'000));
  EXPECT_EQ(chain.market(kBtc).oracle, 611'000U);
  EXPECT_FALSE(submit(0, 1, 620'000));  // the same round again
  EXPECT_FALSE(submit(3, 1, 620'000));  // no validator
  EXPECT_FALSE(submit(0, 2, 0));
  EXPECT_TRUE(submit(0, 2, 900'000));
  EXPECT_EQ(chain.market(kBtc).oracle, 612'000U);  // the median moved to the other side
}

// One validator's price beside a median of one unit: it is far off, and that is all.
TEST_F(Dex10Prices, a_price_that_is_off_beyond_measure_stops_nobody) {
  chain.system({SetOracle{kBtc, 1}});
  for (std::uint64_t round = 1; round <= 40; ++round) {
    BlockInput block = chain.last_block();
    block.height = chain.state().global().height + 1;
    block.time = chain.state().global().time + 100;
    block.stakes = {40, 40, 20};
    block.actions.clear();
    block.system = {OracleSubmit{0, round, {{kBtc, 1, 0}}}, OracleSubmit{1, round, {{kBtc, 1, 0}}},
                    OracleSubmit{2, round, {{kBtc, kPxEnd - 1, 0}}}};
    static_cast<void>(chain.engine().execute(block));
    chain.engine().commit_block();
  }
  EXPECT_EQ(chain.market(kBtc).oracle, 1U);
}

// dex.md 1.1: prices from one end of their range to the other leave a chain that goes on.
TEST_F(Dex10Prices, oracle_prices_over_the_whole_range_stop_nobody) {
  chain.deposit(kA, 100'000'000);
  chain.deposit(kB, 100'000'000);
  const std::vector<std::uint64_t> ends{kPxEnd - 1,      1,      10'000'000'000, 10,
                                        100'000'000'000, 600'000};
  for (const std::uint64_t px : ends) {
    chain.block({SetOracle{kBtc, px}, SetOracle{kEth, ends[px % ends.size()]}}, {}, 5'000);
    for (const Side side : {Side::Buy, Side::Sell}) {
      for (const Address& trader : {kA, kB}) {
        Order order = order_of(kBtc, side, std::max<std::uint64_t>(px / 10 * 10, 10), 30);
        static_cast<void>(chain.act(trader, place(order)));
        order.asset = kEth;
        static_cast<void>(chain.act(trader, place(order)));
      }
    }
    chain.block({SetMarketStatus{kBtc, MarketStatus::Active}}, {}, 5'000);
    EXPECT_LT(chain.market(kBtc).mark, kPxEnd);
  }
}

TEST_F(Dex10Prices, moves_are_clamped_and_say_so) {
  const auto submit = [&](std::uint64_t round, std::uint64_t px) {
    return chain.block({OracleSubmit{0, round, {{kBtc, px, px}}}}, {});
  };
  const BlockResult far = submit(1, 700'000);
  EXPECT_EQ(chain.market(kBtc).oracle, 630'000U);
  EXPECT_EQ(events_in<AlertEvent>(far).at(0).kind, AlertEvent::Kind::StepClamp);
  EXPECT_TRUE(events_in<AlertEvent>(submit(2, 631'000)).empty());
  EXPECT_EQ(chain.market(kBtc).oracle, 631'000U);
  // The only other input of the mark is the validators' own price.
  EXPECT_EQ(chain.market(kBtc).mark, 631'000U);
}

// dex.md 10.2, docs/adr/0035: five percent of 19 units are none, yet the price gets anywhere.
TEST_F(Dex10Prices, low_prices_move_by_a_unit) {
  chain.system({SetOracle{kBtc, 19}});
  for (std::uint64_t round = 1; round <= 5; ++round)
    chain.system({OracleSubmit{0, round, {{kBtc, 22, 0}}}});
  EXPECT_EQ(chain.market(kBtc).oracle, 22U);
  for (std::uint64_t round = 6; round <= 40; ++round)
    chain.system({OracleSubmit{0, round, {{kBtc, 1, 0}}}});
  EXPECT_EQ(chain.market(kBtc).oracle, 1U);
}

TEST_F(Dex10Prices, a_large_move_within_five_minutes_makes_the_market_post_only) {
  chain.system({SetOracle{kBtc, 600'000}}, 1'000);
  chain.system({SetOracle{kBtc, 690'000}}, 300'000);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 690'000, 1'000, Tif::Ioc)).error,
            Error::PostOnlyPeriod);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 680'000, 1'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  // Two blocks of 100 ms ran since; at the end of the pause only the age of the price is left.
  chain.system({}, 29'600);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 680'000, 1'000)).error,
            Error::PostOnlyPeriod);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 680'000, 1'000)).error, Error::StaleOracle);
}

TEST_F(Dex10Prices, a_smaller_move_does_not) {
  chain.system({SetOracle{kBtc, 600'000}}, 1'000);
  const BlockResult out = chain.system({SetOracle{kBtc, 689'990}}, 300'000);
  EXPECT_TRUE(events_in<AlertEvent>(out).empty());
}

TEST_F(Dex10Prices, stale_prices_admit_alo_and_reduce_only_alone) {
  open(1'000);
  chain.system({}, 10'000);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 1'000)).error, Error::StaleOracle);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 590'000, 1'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  Order close = order_of(kBtc, Side::Sell, 590'000, 1'000, Tif::Ioc);
  close.reduce_only = true;
  EXPECT_EQ(chain.order(kA, close).error, Error::IocCancel);  // admitted, but no bid
}

TEST_F(Dex10Prices, dead_prices_liquidate_nobody) {
  const Address poor = user(5);
  chain.deposit(poor, 3'100);
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
  chain.order(poor, order_of(kBtc, Side::Buy, 600'000, 100'000, Tif::Ioc));
  // The mark falls with the price of the other market's block; BTC itself gets none for a minute.
  chain.system({SetOracle{kBtc, 580'000}});
  ASSERT_EQ(chain.perp(poor, kBtc).szi, 100'000);
  BlockResult out = chain.system({}, 60'100);
  EXPECT_TRUE(events_in<LiquidationEvent>(out).empty());
  out = chain.system({SetOracle{kBtc, 570'000}});
  EXPECT_FALSE(events_in<LiquidationEvent>(out).empty());
}

TEST_F(Dex10Prices, the_mark_follows_the_book_within_its_band) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'700, 1'000, Tif::Alo));
  chain.order(kA, order_of(kBtc, Side::Buy, 600'500, 1'000, Tif::Alo));
  chain.oracle(kBtc, 600'000, 3'000);
  // a: oracle + 600; b: median of bid and ask; d: the average of b.
  EXPECT_EQ(chain.market(kBtc).mark, 600'600U);
}

TEST_F(Dex10Prices, deviating_validators_are_flagged) {
  BlockInput block = chain.last_block();
  std::size_t flags = 0;
  std::uint64_t flagged_round = 0;
  for (std::uint64_t round = 1; round <= 60; ++round) {
    ++block.height;
    block.time += 3'000;
    block.stakes = {90, 10};
    block.system = {OracleSubmit{0, round, {{kBtc, 600'000, 0}}},
                    OracleSubmit{1, round, {{kBtc, 700'000, 0}}}};
    for (const AlertEvent& alert : events_in<AlertEvent>(chain.engine().execute(block))) {
      EXPECT_EQ(alert.kind, AlertEvent::Kind::ValidatorFlagged);
      EXPECT_EQ(alert.validator, 1U);
      flagged_round = round;
      ++flags;
    }
  }
  // 16.7 % off: the average of factor 1/16 passes 5 % in round 6, ten rounds make the flag.
  EXPECT_EQ(flags, 1U);
  EXPECT_EQ(flagged_round, 15U);
}

TEST_F(Dex11Engine, longs_pay_shorts_on_the_hour_to_the_unit) {
  open(100'000);
  const std::int64_t a = chain.account(kA).raw_usd;
  const std::int64_t b = chain.account(kB).raw_usd;
  const TimeMs to_hour = kHour - chain.state().global().time % kHour;
  chain.system({SetOracle{kBtc, 600'000}}, to_hour);
  // No depth: the premium is zero, the rate 12500 ppb of 60,000 dollars.
  EXPECT_EQ(chain.market(kBtc).cum_funding, Int128{600'000} * 12'500);
  EXPECT_EQ(chain.account(kA).raw_usd, a - 750'000);
  EXPECT_EQ(chain.account(kB).raw_usd, b + 750'000);
  EXPECT_EQ(chain.market(kBtc).funding_pool, 0);
}

TEST_F(Dex11Engine, a_bid_above_the_oracle_raises_the_rate) {
  open(100'000);
  chain.order(kA, order_of(kBtc, Side::Buy, 606'000, 60'000, Tif::Alo));
  const TimeMs to_hour = kHour - chain.state().global().time % kHour;
  chain.system({SetOracle{kBtc, 600'000}}, to_hour - 10'000);
  EXPECT_EQ(chain.market(kBtc).premium_samples > 0, true);
  const Int128 average =
      trunc_div(chain.market(kBtc).premium_sum, chain.market(kBtc).premium_samples);
  EXPECT_GT(average, 0);
  const auto told = chain.system({SetOracle{kBtc, 600'000}}, 10'000).funding;
  EXPECT_GT(chain.market(kBtc).cum_funding, Int128{600'000} * 12'500);
  EXPECT_EQ(chain.market(kBtc).premium_samples, 0U);
  // The hour's own sample is one of them: the same bid, and so the same mean.
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].asset, kBtc);
  EXPECT_EQ(Int128{told[0].premium_ppb}, average);
  EXPECT_EQ(Int128{told[0].rate_ppb} * 600'000, chain.market(kBtc).cum_funding);
}

TEST_F(Dex11Engine, isolated_positions_pay_from_their_own_cash) {
  ASSERT_TRUE(chain.act(kA, UpdateLeverage{kBtc, false, 10}).ok);
  open(100'000);
  const std::int64_t cash = chain.account(kA).raw_usd;
  const std::int64_t iso = chain.perp(kA, kBtc).iso_raw;
  const TimeMs to_hour = kHour - chain.state().global().time % kHour;
  chain.system({SetOracle{kBtc, 600'000}}, to_hour);
  EXPECT_EQ(chain.account(kA).raw_usd, cash);
  EXPECT_EQ(chain.perp(kA, kBtc).iso_raw, iso - 750'000);
}

TEST_F(Dex4Triggers, fire_on_their_side_of_the_price) {
  struct Case {
    Side side;
    Trigger kind;
    std::uint64_t waits;
    std::uint64_t fires;
  };
  for (const Case& c : {Case{Side::Sell, Trigger::StopMarket, 590'010, 590'000},
                        Case{Side::Buy, Trigger::StopMarket, 609'990, 610'000},
                        Case{Side::Sell, Trigger::TakeProfitLimit, 609'990, 610'000},
                        Case{Side::Buy, Trigger::TakeProfitLimit, 590'010, 590'000}}) {
    const OrderResult waiting = chain.order(kA, trigger(c.side, c.kind, c.fires, c.fires, 1'000));
    ASSERT_EQ(waiting.kind, OrderResult::Kind::WaitingForTrigger) << name(waiting.error);
    chain.oracle(kBtc, c.waits);
    EXPECT_TRUE(chain.state().triggers.contains(waiting.oid));
    chain.oracle(kBtc, c.fires);
    EXPECT_FALSE(chain.state().triggers.contains(waiting.oid));
    const bool is_limit = c.kind == Trigger::TakeProfitLimit;
    EXPECT_EQ(chain.state().orders.find(waiting.oid) != kNoSlot, is_limit);
    chain.act(kA, CancelAll{kAllAssets, CancelSide::Both});
    chain.oracle(kBtc, 600'000);
  }
}

TEST_F(Dex4Triggers, market_triggers_stay_within_a_tenth_of_their_price) {
  const auto code = [&](Side side, std::uint64_t px) {
    const OrderResult out = chain.order(kA, trigger(side, Trigger::StopMarket, 600'000, px, 1'000));
    return out.kind == OrderResult::Kind::Error ? out.error : Error{};
  };
  EXPECT_EQ(code(Side::Buy, 660'000), Error{});
  EXPECT_EQ(code(Side::Buy, 660'010), Error::BadTriggerPx);
  EXPECT_EQ(code(Side::Buy, 599'990), Error::BadTriggerPx);
  EXPECT_EQ(code(Side::Sell, 540'000), Error{});
  EXPECT_EQ(code(Side::Sell, 539'990), Error::BadTriggerPx);
  EXPECT_EQ(code(Side::Sell, 600'010), Error::BadTriggerPx);
}

TEST_F(Dex4Triggers, children_follow_their_parent) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 4'000, Tif::Alo));
  Order stop = trigger(Side::Sell, Trigger::StopMarket, 580'000, 580'000, 10'000);
  stop.reduce_only = true;
  Order profit = trigger(Side::Sell, Trigger::TakeProfitMarket, 620'000, 620'000, 10'000);
  profit.reduce_only = true;
  const ActionResult out =
      chain.act(kA, PlaceOrders{{order_of(kBtc, Side::Buy, 600'000, 10'000), stop, profit},
                                Grouping::ParentChildren,
                                {},
                                0});
  ASSERT_TRUE(out.ok);
  ASSERT_EQ(out.orders[0].kind, OrderResult::Kind::Resting) << name(out.orders[0].error);
  EXPECT_EQ(out.orders[0].total_sz, 4'000U);
  EXPECT_EQ(chain.state().triggers.find(out.orders[1].oid)->active_sz, 4'000U);
  // The stop sells what was bought; it meets the parent's rest first, which cancels it with the
  // whole group (7.1).
  chain.order(kB, order_of(kBtc, Side::Buy, 580'000, 50'000, Tif::Alo));
  const AccountIndex a = chain.state().find_account(kA);
  chain.oracle(kBtc, 580'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_FALSE(chain.state().triggers.contains(out.orders[2].oid));
  EXPECT_EQ(chain.state().orders.count_of(a), 0U);
  EXPECT_TRUE(chain.state().groups.items().empty());
}

TEST_F(Dex4Triggers, children_die_with_their_parent) {
  Order stop = trigger(Side::Sell, Trigger::StopMarket, 580'000, 580'000, 10'000);
  stop.reduce_only = true;
  const ActionResult out = chain.act(
      kA, PlaceOrders{
              {order_of(kBtc, Side::Buy, 590'000, 10'000), stop}, Grouping::ParentChildren, {}, 0});
  ASSERT_EQ(out.orders[0].kind, OrderResult::Kind::Resting);
  ASSERT_TRUE(chain.state().triggers.contains(out.orders[1].oid));
  chain.act(kA, CancelOrders{{{kBtc, out.orders[0].oid, {}}}});
  EXPECT_FALSE(chain.state().triggers.contains(out.orders[1].oid));
  EXPECT_TRUE(chain.state().groups.items().empty());
}

TEST_F(Dex4Triggers, position_groups_follow_the_size_and_cancel_one_another) {
  open(10'000);
  Order stop = trigger(Side::Sell, Trigger::StopMarket, 590'000, 590'000, 5'000);
  stop.reduce_only = true;
  Order profit = trigger(Side::Sell, Trigger::TakeProfitMarket, 610'000, 610'000, 5'000);
  profit.reduce_only = true;
  const ActionResult out = chain.act(kA, PlaceOrders{{stop, profit}, Grouping::Position, {}, 0});
  ASSERT_EQ(out.orders[1].kind, OrderResult::Kind::WaitingForTrigger);
  chain.order(kB, order_of(kBtc, Side::Buy, 610'000, 50'000, Tif::Alo));
  chain.oracle(kBtc, 610'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_FALSE(chain.state().triggers.contains(out.orders[0].oid));
}

TEST_F(Dex4Twap, trades_its_slices_on_time_and_ends) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
  const ActionResult out = chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false});
  ASSERT_TRUE(out.ok);
  const TwapId id(out.aux);
  chain.oracle(kBtc, 600'000, 29'900);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  chain.oracle(kBtc, 600'000, 100);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 1'000);
  EXPECT_EQ(chain.events_of<FillEvent>().at(0).taker_twap, id);
  // Two periods missed: the third slice catches up to its target.
  chain.oracle(kBtc, 600'000, 90'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 4'000);
  for (int i = 0; i < 6; ++i)
    chain.oracle(kBtc, 600'000, 30'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 10'000);
  EXPECT_FALSE(chain.state().twaps.contains(id));
  EXPECT_EQ(chain.account(kA).triggers, 0U);
}

TEST_F(Dex4Twap, slices_are_at_most_three_shares) {
  const ActionResult out = chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false});
  ASSERT_TRUE(out.ok);
  for (int i = 0; i < 5; ++i)
    chain.oracle(kBtc, 600'000, 30'000);
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
  chain.oracle(kBtc, 600'000, 30'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 3'000);
}

TEST_F(Dex4Twap, randomized_slices_vary_and_the_last_is_whole) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
  ASSERT_TRUE(chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, true}).ok);
  chain.oracle(kBtc, 600'000, 30'000);
  const std::int64_t first = chain.perp(kA, kBtc).szi;
  EXPECT_GE(first, 800);
  EXPECT_LE(first, 1'200);
  for (int i = 0; i < 9; ++i)
    chain.oracle(kBtc, 600'000, 30'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 10'000);
}

TEST_F(Dex4Twap, is_refused_where_no_slice_is_worth_the_least_of_an_order) {
  // 16 lots at the mark plus 3 %, 618,000, are not worth ten dollars; 17 are. Three shares of ten
  // are 18 lots from 51 on and 15 below.
  ASSERT_LT(notional(618'000, 16), 10 * kUsdPerDollar);
  ASSERT_GE(notional(618'000, 17), 10 * kUsdPerDollar);
  const auto of = [](std::uint64_t sz) { return TwapOrder{kBtc, Side::Buy, sz, false, 5, false}; };
  EXPECT_EQ(chain.act(kA, of(50)).error, Error::MinNtl);
  EXPECT_TRUE(chain.state().twaps.items().empty());
  EXPECT_EQ(chain.account(kA).triggers, 0U);
  EXPECT_TRUE(chain.act(kA, of(51)).ok);
  // A sale's price is 3 % below: 18 lots as well. Slices never have more than is left.
  EXPECT_EQ(chain.act(kA, TwapOrder{kBtc, Side::Sell, 50, false, 5, true}).error, Error::MinNtl);
  EXPECT_TRUE(chain.act(kA, TwapOrder{kBtc, Side::Sell, 51, false, 5, true}).ok);
  EXPECT_EQ(chain.act(kA, TwapOrder{kBtc, Side::Buy, 16, false, 1'440, false}).error,
            Error::MinNtl);
}

// dex.md 4.2: shares worth less than an order's least trade when three of them have come together.
TEST_F(Dex4Twap, shares_that_are_too_small_trade_together) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  ASSERT_TRUE(chain.act(kA, TwapOrder{kBtc, Side::Buy, 60, false, 5, false}).ok);
  for (const std::int64_t lots : {0, 0, 18, 18, 18, 36, 36, 36, 54, 54}) {
    chain.oracle(kBtc, 600'000, 30'000);
    EXPECT_EQ(chain.perp(kA, kBtc).szi, lots);
  }
}

TEST_F(Dex4Twap, may_close_a_position_of_less_with_slices_of_less) {
  const TwapOrder closing{kBtc, Side::Sell, 30, true, 5, false};
  EXPECT_EQ(chain.act(kA, closing).error, Error::MinNtl) << "no position";
  open(5'000);
  EXPECT_EQ(chain.act(kA, closing).error, Error::MinNtl) << "no slice closes it";
  chain.order(kB, order_of(kBtc, Side::Buy, 600'000, 4'991, Tif::Alo));
  chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 4'991, Tif::Ioc));
  ASSERT_EQ(chain.perp(kA, kBtc).szi, 9);
  EXPECT_TRUE(chain.act(kA, closing).ok);
  EXPECT_EQ(chain.act(kA, TwapOrder{kBtc, Side::Buy, 30, true, 5, false}).error, Error::MinNtl)
      << "the other way";
}

TEST_F(Dex4Twap, checks_its_form_and_its_owner) {
  const auto code = [&](TwapOrder order) { return chain.act(kA, order).error; };
  EXPECT_EQ(code({kBtc, Side::Buy, 10'000, false, 4, false}), Error::BadNumber);
  EXPECT_EQ(code({kBtc, Side::Buy, 10'000, false, 1441, false}), Error::BadNumber);
  EXPECT_EQ(code({kBtc, Side::Buy, 0, false, 5, false}), Error::BadLot);
  EXPECT_EQ(code({AssetId(7), Side::Buy, 10, false, 5, false}), Error::BadAsset);
  EXPECT_EQ(code({kBtc, Side::Buy, kSzEnd, false, 5, false}), Error::Overflow);
  const ActionResult out = chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false});
  EXPECT_EQ(chain.act(kB, TwapCancel{kBtc, TwapId(out.aux)}).error, Error::MissingOrder);
  EXPECT_TRUE(chain.act(kA, TwapCancel{kBtc, TwapId(out.aux)}).ok);
  EXPECT_TRUE(chain.state().twaps.items().empty());
}

TEST_F(Dex3Settlement, closes_every_position_at_the_mark) {
  open(10'000);
  chain.order(kB, order_of(kBtc, Side::Sell, 620'000, 1'000, Tif::Alo));
  const std::int64_t before = chain.account(kA).raw_usd;
  chain.oracle(kBtc, 610'000);
  const std::uint64_t mark = chain.market(kBtc).mark;
  chain.system({SetMarketStatus{kBtc, MarketStatus::Settling}});
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(chain.perp(kB, kBtc).szi, 0);
  EXPECT_EQ(Int128{chain.account(kA).raw_usd}, before + notional(mark, 10'000));
  EXPECT_EQ(chain.market(kBtc).open_interest, 0);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kB)), 0U);
}

// dex.md 20.5: what a settlement leaves below zero is the insurance fund's, then a debt.
TEST_F(Dex3Settlement, of_a_halted_market_books_what_an_account_cannot_pay) {
  chain.deposit(kInsurance, 100);
  open(1'000'000);
  const std::int64_t cash = chain.account(kA).raw_usd;
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}});
  chain.oracle(kBtc, 300'000);
  const Int128 value = cash + notional(chain.market(kBtc).mark, 1'000'000);
  const std::int64_t insured = chain.account(kInsurance).raw_usd;
  ASSERT_LT(value, -insured);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Settling}});
  EXPECT_EQ(chain.account(kA).raw_usd, 0);
  EXPECT_EQ(chain.account(kInsurance).raw_usd, 0);
  EXPECT_EQ(Int128{chain.account(kA).bad_debt}, -value - insured);
  EXPECT_EQ(test::broken_invariant(chain.state()), "");
}

// An isolated bucket's loss stays its own (dex.md 8.5).
TEST_F(Dex3Settlement, of_a_halted_market_takes_no_more_than_an_isolated_bucket_holds) {
  chain.act(kA, UpdateLeverage{kBtc, false, 20});
  open(100'000);
  const std::int64_t cash = chain.account(kA).raw_usd;
  ASSERT_GT(cash, 0);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}});
  chain.oracle(kBtc, 300'000);
  const Int128 value = chain.perp(kA, kBtc).iso_raw + notional(chain.market(kBtc).mark, 100'000);
  const std::int64_t insured = chain.account(kInsurance).raw_usd;
  ASSERT_LT(value, 0);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Settling}});
  EXPECT_EQ(chain.account(kA).raw_usd, cash);
  EXPECT_EQ(Int128{chain.account(kA).bad_debt}, -value - insured);
  EXPECT_EQ(test::broken_invariant(chain.state()), "");
}

TEST_F(Dex3Settlement, listing_checks_what_it_is_given) {
  const auto listed = [&](SystemAction action) {
    return static_cast<bool>(chain.block({std::move(action)}, {}).system_ok.at(0));
  };
  EXPECT_FALSE(listed(ListMarket{btc()}));  // listed already
  MarketConfig bad = btc();
  bad.asset = AssetId(5);
  bad.tick_px = 0;
  EXPECT_FALSE(listed(ListMarket{bad}));
  bad = btc();
  bad.asset = AssetId(5);
  bad.margin_tiers = {};
  EXPECT_FALSE(listed(ListMarket{bad}));
  bad = spot_pair();
  bad.asset = AssetId(10'005);
  bad.base_wei_per_lot = 10;
  EXPECT_FALSE(listed(ListMarket{bad}));
  EXPECT_FALSE(listed(ListToken{kUsdToken, "again", 2, 8}));
  EXPECT_FALSE(listed(ListToken{TokenId(5), "x", 2, 9}));
  EXPECT_FALSE(listed(CreditSpot{kA, TokenId(77), 1}));
  EXPECT_FALSE(listed(CreditSpot{kA, kOpenToken, kSupplyMax + 1}));
  EXPECT_TRUE(listed(CreditSpot{kA, kOpenToken, kSupplyMax}));
  EXPECT_FALSE(listed(CreditSpot{kA, kOpenToken, 1}));
  EXPECT_FALSE(listed(CreditUsd{kA, 0}));
  EXPECT_FALSE(listed(CreditUsd{kA, kRawUsdMax}));
  EXPECT_FALSE(listed(SetOracle{AssetId(77), 1}));
  EXPECT_FALSE(listed(SetMarketStatus{AssetId(77), MarketStatus::Active}));
  EXPECT_FALSE(listed(SetStake{user(77), 1}));
  EXPECT_TRUE(listed(SetStake{kA, 1'000}));
}

}  // namespace
}  // namespace ol::exchange
