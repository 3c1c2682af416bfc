// Oracle, mark, funding, settlement: dex.md 3, 10, 11.
#include "steps.hpp"

#include "margin.hpp"
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

constexpr TimeMs kHour = 3'600'000;

using Dex10Prices = DexSteps;
using Dex11Engine = DexSteps;
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
