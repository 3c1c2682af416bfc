// Margin, fills and the liquidation ladder: dex.md 8 and 12 with the vectors of 21.2 to 21.5.
#include "margin.hpp"

#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kMaker = user(2);

Bucket cross_of(Chain& chain, const Address& address) {
  return cross_bucket(chain.state(), chain.state().find_account(address));
}

class Dex8Margin : public testing::Test {
 protected:
  void SetUp() override { chain.deposit(kMaker, 10'000'000); }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  void leverage(const Address& who, AssetId asset, std::uint32_t value, bool cross = true) {
    ASSERT_TRUE(chain.act(who, UpdateLeverage{asset, cross, value}).ok);
  }
  // `taker` trades with the maker at px.
  OrderResult trade(const Address& taker, AssetId asset, Side side, std::uint64_t sz,
                    std::uint64_t px) {
    const OrderResult rests =
        chain.order(kMaker, order_of(asset, opposite(side), px, sz, Tif::Alo));
    EXPECT_EQ(rests.kind, OrderResult::Kind::Resting) << name(rests.error);
    const OrderResult out = chain.order(taker, order_of(asset, side, px, sz, Tif::Ioc));
    if (out.kind == OrderResult::Kind::Error || out.total_sz < sz) {
      chain.act(kMaker, CancelAll{asset, CancelSide::Both});
    }
    return out;
  }

  Chain chain;
};

TEST_F(Dex8Margin, vector_21_2_cross) {
  chain.deposit(kA, 10'000);
  leverage(kA, kBtc, 10);
  EXPECT_EQ(trade(kA, kBtc, Side::Buy, 100'000, 600'000).kind, OrderResult::Kind::Filled);
  EXPECT_EQ(chain.account(kA).raw_usd, -50'027'000'000);
  const Bucket bucket = cross_of(chain, kA);
  EXPECT_EQ(bucket.av, 9'973'000'000);
  EXPECT_EQ(bucket.im, 6'000'000'000);
  EXPECT_EQ(bucket.mm, 750'000'000);
  const AccountIndex a = chain.state().find_account(kA);
  EXPECT_EQ(free_margin(chain.state(), a), 3'973'000'000);
  EXPECT_EQ(withdrawable(chain.state(), a), 3'973'000'000);
}

TEST_F(Dex8Margin, vector_21_2_liquidatable_at_506602_and_not_before) {
  chain.deposit(kA, 10'000);
  leverage(kA, kBtc, 10);
  trade(kA, kBtc, Side::Buy, 100'000, 600'000);
  chain.oracle(kBtc, 506'603);
  EXPECT_EQ(cross_of(chain, kA).av, 633'300'000);
  EXPECT_EQ(cross_of(chain, kA).mm, 633'253'750);
  EXPECT_TRUE(chain.events_of<LiquidationEvent>().empty());
  chain.oracle(kBtc, 506'602);
  EXPECT_EQ(cross_of(chain, kA).av, 633'200'000);
  EXPECT_EQ(cross_of(chain, kA).mm, 633'252'500);
  EXPECT_FALSE(chain.events_of<LiquidationEvent>().empty());
}

class Dex8FillAdmission : public Dex8Margin {
 protected:
  void SetUp() override {
    Dex8Margin::SetUp();
    chain.deposit(kA, 2'000);
    leverage(kA, kBtc, 40);
    ASSERT_EQ(trade(kA, kBtc, Side::Buy, 100'000, 600'000).kind, OrderResult::Kind::Filled);
    ASSERT_EQ(chain.account(kA).raw_usd, -58'027'000'000);
    ASSERT_EQ(cross_of(chain, kA).av, 1'973'000'000);
  }
};

TEST_F(Dex8FillAdmission, vector_21_2b_sale_at_585000_is_admitted) {
  EXPECT_EQ(trade(kA, kBtc, Side::Sell, 100'000, 585'000).kind, OrderResult::Kind::Filled);
  EXPECT_EQ(chain.account(kA).raw_usd, 446'675'000);
}

TEST_F(Dex8FillAdmission, vector_21_2b_sale_at_580000_is_refused) {
  const OrderResult out = trade(kA, kBtc, Side::Sell, 100'000, 580'000);
  EXPECT_EQ(out.error, Error::IocCancel);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 100'000);
}

TEST_F(Dex8FillAdmission, vector_21_2b_half_at_585000_is_admitted) {
  EXPECT_EQ(trade(kA, kBtc, Side::Sell, 50'000, 585'000).kind, OrderResult::Kind::Filled);
  EXPECT_EQ(cross_of(chain, kA).av, 1'209'837'500);
  EXPECT_EQ(cross_of(chain, kA).mm, 375'000'000);
}

TEST_F(Dex8FillAdmission, binds_makers_too) {
  // A rests a sale below mark; the taker is honest, the fill is not admitted for A.
  const OrderResult rests = chain.order(kA, order_of(kBtc, Side::Sell, 580'000, 100'000));
  ASSERT_EQ(rests.kind, OrderResult::Kind::Resting);
  const OrderResult out =
      chain.order(kMaker, order_of(kBtc, Side::Buy, 580'000, 100'000, Tif::Ioc));
  EXPECT_EQ(out.error, Error::IocCancel);
  const auto cancels = chain.events_of<CancelEvent>();
  ASSERT_FALSE(cancels.empty());
  EXPECT_EQ(cancels.front().reason, CancelReason::MarginCanceled);
  EXPECT_EQ(cancels.front().oid, rests.oid);
}

TEST_F(Dex8FillAdmission, enlarging_needs_free_margin) {
  EXPECT_EQ(trade(kA, kBtc, Side::Buy, 40'000, 600'000).error, Error::InsufficientMargin);
  EXPECT_EQ(trade(kA, kBtc, Side::Buy, 20'000, 600'000).kind, OrderResult::Kind::Filled);
}

TEST_F(Dex8Margin, vector_21_3_isolated) {
  chain.deposit(kA, 10'000);
  leverage(kA, kEth, 5, false);
  EXPECT_EQ(trade(kA, kEth, Side::Sell, 100'000, 300'000).kind, OrderResult::Kind::Filled);
  PerpState perp = chain.perp(kA, kEth);
  EXPECT_EQ(perp.iso_raw, 36'000'000'000);
  EXPECT_EQ(chain.account(kA).raw_usd, 10'000'000'000 - 6'000'000'000 - 13'500'000);
  Bucket bucket = isolated_bucket(chain.state(), perp);
  EXPECT_EQ(bucket.av, 6'000'000'000);
  EXPECT_EQ(bucket.mm, 600'000'000);
  chain.oracle(kEth, 352'941);
  EXPECT_TRUE(chain.events_of<LiquidationEvent>().empty());
  chain.oracle(kEth, 352'942);
  bucket = isolated_bucket(chain.state(), chain.perp(kA, kEth));
  EXPECT_EQ(bucket.av, 705'800'000);
  EXPECT_EQ(bucket.mm, 705'884'000);
  EXPECT_FALSE(chain.events_of<LiquidationEvent>().empty());
}

TEST_F(Dex8Margin, closing_an_isolated_position_returns_its_cash) {
  chain.deposit(kA, 10'000);
  leverage(kA, kEth, 5, false);
  trade(kA, kEth, Side::Sell, 100'000, 300'000);
  EXPECT_EQ(trade(kA, kEth, Side::Buy, 100'000, 300'000).kind, OrderResult::Kind::Filled);
  EXPECT_EQ(chain.perp(kA, kEth).iso_raw, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, 10'000'000'000 - 2 * 13'500'000);
}

TEST_F(Dex8Margin, resting_opening_orders_of_an_isolated_asset_reserve_margin) {
  chain.deposit(kA, 10'000);
  leverage(kA, kEth, 5, false);
  ASSERT_EQ(chain.order(kA, order_of(kEth, Side::Buy, 290'000, 100'000)).kind,
            OrderResult::Kind::Resting);
  const AccountIndex a = chain.state().find_account(kA);
  EXPECT_EQ(free_margin(chain.state(), a), 10'000'000'000 - 29'000'000'000 / 5);
  EXPECT_EQ(chain.order(kA, order_of(kEth, Side::Buy, 290'000, 100'000)).error,
            Error::InsufficientMargin);
}

// dex.md 8.3: margin of 6,000 dollars and 27 of fees, 0.045 % of 60,000; in a bucket of its own
// 5,800 and 13.05.
TEST_F(Dex8Margin, an_order_needs_its_worst_fee_on_top_of_its_margin) {
  const auto outcome = [&](std::uint8_t who, std::int64_t dollars, bool cross) {
    const Address account = user(who);
    chain.deposit(account, dollars);
    const AssetId asset = cross ? kBtc : kEth;
    leverage(account, asset, cross ? 10 : 5, cross);
    return chain.order(account, order_of(asset, Side::Buy, cross ? 600'000 : 290'000, 100'000));
  };
  EXPECT_EQ(outcome(11, 6'026, true).error, Error::InsufficientMargin);
  EXPECT_EQ(outcome(12, 6'027, true).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(outcome(13, 5'813, false).error, Error::InsufficientMargin);
  EXPECT_EQ(outcome(14, 5'814, false).kind, OrderResult::Kind::Resting);
}

TEST_F(Dex8Margin, at_the_cap_of_open_interest_nobody_adds_exposure) {
  MarketConfig capped = eth();
  capped.asset = AssetId(2);
  capped.name = "CAPPED";
  capped.oi_cap_ntl = 30'000 * kDollar;
  chain.system({ListMarket{capped}, SetOracle{capped.asset, 300'000}});
  chain.deposit(kA, 1'000'000);
  ASSERT_EQ(trade(kA, capped.asset, Side::Buy, 100'000, 300'000).kind, OrderResult::Kind::Filled);
  for (const bool cross : {true, false}) {
    const Address newcomer = user(cross ? 11 : 12);
    chain.deposit(newcomer, 1'000'000);
    leverage(newcomer, capped.asset, 5, cross);
    EXPECT_EQ(chain.order(newcomer, order_of(capped.asset, Side::Buy, 300'000, 1'000)).error,
              Error::OiCap)
        << cross;
  }
  // What closes is let in.
  EXPECT_EQ(chain.order(kA, order_of(capped.asset, Side::Sell, 300'000, 1'000)).kind,
            OrderResult::Kind::Resting);
}

// dex.md 1.6: a position of 10^17 micro-dollars at the mark of 3,000, though the order, far below,
// is worth a twentieth of that.
TEST_F(Dex8Margin, an_order_cannot_lead_to_a_position_out_of_range) {
  constexpr std::uint64_t kMostLots = kPositionNtlMax / 300'000;
  for (const bool cross : {true, false}) {
    const Address whale = user(cross ? 11 : 12);
    chain.deposit(whale, 30'000'000'000);
    leverage(whale, kEth, 5, cross);
    const auto buy = [&](std::uint64_t lots) {
      return chain.order(whale, order_of(kEth, Side::Buy, 15'000, lots));
    };
    EXPECT_EQ(buy(kMostLots + 1).error, Error::Overflow) << cross;
    EXPECT_EQ(buy(kMostLots).kind, OrderResult::Kind::Resting) << cross;
    EXPECT_EQ(buy(1'000).error, Error::Overflow) << cross;
  }
}

TEST_F(Dex8Margin, exposure_counts_the_larger_side_once) {
  chain.deposit(kA, 1'000);
  leverage(kA, kBtc, 10);
  // 8,999 dollars each way; both sides together need no more than one.
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 590'000, 15'000)).kind,
            OrderResult::Kind::Resting);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Sell, 610'000, 15'000)).kind,
            OrderResult::Kind::Resting);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 590'000, 15'000)).error,
            Error::InsufficientMargin);
}

TEST_F(Dex8Margin, leverage_is_bounded_and_modes_change_only_when_flat) {
  chain.deposit(kA, 10'000);
  const auto set = [&](std::uint32_t value, bool cross) {
    return chain.act(kA, UpdateLeverage{kBtc, cross, value});
  };
  EXPECT_EQ(set(0, true).error, Error::BadLeverage);
  EXPECT_EQ(set(41, true).error, Error::BadLeverage);
  EXPECT_TRUE(set(40, true).ok);
  trade(kA, kBtc, Side::Buy, 100'000, 600'000);
  EXPECT_EQ(set(40, false).error, Error::HasPosition);
  EXPECT_EQ(set(5, true).error, Error::InsufficientMargin);
  EXPECT_TRUE(set(10, true).ok);
  EXPECT_EQ(chain.act(kA, UpdateLeverage{kSpot, true, 1}).error, Error::BadAsset);
}

TEST_F(Dex8Margin, isolated_margin_moves_within_withdrawable) {
  chain.deposit(kA, 10'000);
  leverage(kA, kEth, 5, false);
  EXPECT_EQ(chain.act(kA, UpdateIsolatedMargin{kEth, 1}).error, Error::TransferTooLarge);
  trade(kA, kEth, Side::Sell, 100'000, 300'000);
  // AV equals IM: nothing to take out.
  EXPECT_EQ(chain.act(kA, UpdateIsolatedMargin{kEth, -1}).error, Error::TransferTooLarge);
  EXPECT_TRUE(chain.act(kA, UpdateIsolatedMargin{kEth, 1'000'000'000}).ok);
  EXPECT_EQ(chain.perp(kA, kEth).iso_raw, 37'000'000'000);
  EXPECT_TRUE(chain.act(kA, UpdateIsolatedMargin{kEth, -1'000'000'000}).ok);
  EXPECT_EQ(chain.act(kA, UpdateIsolatedMargin{kEth, 5'000'000'000}).error,
            Error::TransferTooLarge);
}

TEST_F(Dex8Margin, a_remainder_rests_only_if_the_fills_left_margin_for_it) {
  // Short 0.1, then a buy of 0.3 at 2 % above the mark: the first 0.1 closes at a loss of 120
  // dollars, and what is left does not carry the 0.2 that would rest.
  chain.deposit(kA, 720);
  leverage(kA, kBtc, 20);
  ASSERT_EQ(trade(kA, kBtc, Side::Sell, 10'000, 600'000).kind, OrderResult::Kind::Filled);
  chain.order(kMaker, order_of(kBtc, Side::Sell, 612'000, 10'000, Tif::Alo));
  const OrderResult out = chain.order(kA, order_of(kBtc, Side::Buy, 612'000, 30'000));
  EXPECT_EQ(out.kind, OrderResult::Kind::Filled) << name(out.error);
  EXPECT_EQ(out.total_sz, 10'000U);
  ASSERT_EQ(chain.events_of<CancelEvent>().size(), 1U);
  EXPECT_EQ(chain.events_of<CancelEvent>()[0].reason, CancelReason::MarginCanceled);
  EXPECT_EQ(chain.events_of<CancelEvent>()[0].left, 20'000U);
}

class Dex12Ladder : public Dex8Margin {
 protected:
  void SetUp() override {
    Dex8Margin::SetUp();
    chain.deposit(kA, 19'000);
  }
  void open_long() {
    ASSERT_EQ(trade(kA, kBtc, Side::Buy, 300'000, 600'000).kind, OrderResult::Kind::Filled);
    ASSERT_EQ(chain.account(kA).raw_usd, -161'081'000'000);
    ASSERT_EQ(cross_of(chain, kA).av, 18'919'000'000);
  }
  void partial() {
    ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 542'000, 60'000)).kind,
              OrderResult::Kind::Resting);
    chain.oracle(kBtc, 543'000);
    ASSERT_EQ(chain.perp(kA, kBtc).szi, 240'000);
  }
};

TEST_F(Dex12Ladder, vector_21_4_partial_liquidation_at_the_market) {
  open_long();
  partial();
  EXPECT_EQ(chain.account(kA).raw_usd, -128'575'634'000);
  EXPECT_EQ(cross_of(chain, kA).av, 1'744'366'000);
  EXPECT_EQ(cross_of(chain, kA).mm, 1'629'000'000);
  const auto fills = chain.events_of<FillEvent>();
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_EQ(fills[0].kind, FillKind::Liquidation);
  EXPECT_EQ(fills[0].sz, 60'000U);
  EXPECT_EQ(fills[0].taker_fee, 14'634'000);
}

TEST_F(Dex12Ladder, vector_21_4_never_sells_below_the_bankruptcy_price) {
  open_long();
  // 536930 is one tick below the limit 536940 (bankruptcy 536937), 536940 is at it.
  ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 536'930, 60'000)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 543'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 300'000);
}

TEST_F(Dex12Ladder, vector_21_4_sells_at_the_bankruptcy_price) {
  open_long();
  ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 536'940, 60'000)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 543'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 240'000);
  EXPECT_GE(cross_of(chain, kA).av, 0);
}

TEST_F(Dex12Ladder, vector_21_4_all_goes_within_30_seconds_and_the_vault_takes_the_gap) {
  open_long();
  partial();
  chain.system({CreditUsd{kBackstop, 10'000 * kDollar}});
  chain.oracle(kBtc, 542'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 240'000);  // no bids, value still above two thirds of MM
  EXPECT_EQ(cross_of(chain, kA).av, 1'504'366'000);
  EXPECT_EQ(cross_of(chain, kA).mm, 1'626'000'000);
  chain.oracle(kBtc, 539'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, 0);
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 240'000);
  EXPECT_EQ(chain.account(kBackstop).raw_usd, 10'000'000'000 - 128'575'634'000);
  const auto steps = chain.events_of<LiquidationEvent>();
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().method, LiquidationEvent::Method::Backstop);
  EXPECT_EQ(steps.back().usd, 784'366'000);
}

TEST_F(Dex12Ladder, a_second_order_within_30_seconds_is_for_all) {
  open_long();
  partial();
  ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 541'000, 1'000'000)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 542'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_GE(chain.account(kA).raw_usd, 0);
}

TEST_F(Dex12Ladder, dex_12_3_the_fee_of_one_fill_leaves_what_the_next_at_the_limit_costs) {
  open_long();
  partial();
  // Value 1504.366 over 240,000 lots: bankrupt at 535,732, so the limit is 535,740. The sale costs
  // 738 and 751.2 dollars against the mark; 15.166 are left of the 28.94 that the first fill's fee
  // would be, and nothing for the second.
  chain.order(kMaker, order_of(kBtc, Side::Buy, 535'850, 120'000));
  ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 535'740, 120'000)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 542'000);
  const auto fills = chain.events_of<FillEvent>();
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_EQ(fills[0].taker_fee, 15'166'000);
  EXPECT_EQ(fills[1].taker_fee, 0);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, 0);
  EXPECT_EQ(chain.account(kA).bad_debt, 0);
}

TEST_F(Dex12Ladder, dex_12_3_a_short_that_is_bankrupt_below_the_first_tick_buys_nothing) {
  // A dollar a tick and a dollar's price, so that the exec band reaches the first tick; the loss on
  // the long makes the whole account worth less than nothing.
  chain.oracle(kEth, 10);
  ASSERT_EQ(trade(kA, kEth, Side::Sell, 2'000'000, 10).kind, OrderResult::Kind::Filled);
  ASSERT_EQ(trade(kA, kBtc, Side::Buy, 300'000, 600'000).kind, OrderResult::Kind::Filled);
  ASSERT_EQ(chain.order(kMaker, order_of(kEth, Side::Sell, 10, 2'000'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 400'000);
  for (const FillEvent& fill : chain.events_of<FillEvent>())
    EXPECT_NE(fill.kind, FillKind::Liquidation) << fill.px;
}

TEST_F(Dex12Ladder, after_30_seconds_it_is_a_fifth_again) {
  open_long();
  partial();
  ASSERT_EQ(chain.order(kMaker, order_of(kBtc, Side::Buy, 541'000, 1'000'000)).kind,
            OrderResult::Kind::Resting);
  chain.oracle(kBtc, 542'000, 30'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 240'000 - 48'000);
}

// Shorts C1, C2, C3 of 21.5 opened against the maker, then the ladder down to 530000.
TEST_F(Dex12Ladder, vector_21_5_insurance_and_adl) {
  const Address c1 = user(11);
  const Address c2 = user(12);
  const Address c3 = user(13);
  const auto open_short = [&](const Address& who, std::int64_t usd, std::uint64_t sz,
                              std::uint64_t px) {
    const std::int64_t fee = must_i64(fee_of(notional(px, sz), 450'000));
    chain.system({CreditUsd{who, usd + fee}, SetOracle{kBtc, px}});
    ASSERT_EQ(trade(who, kBtc, Side::Sell, sz, px).kind, OrderResult::Kind::Filled);
  };
  open_short(c3, 10'000'000'000, 100'000, 520'000);
  open_short(c2, 40'000'000'000, 500'000, 550'000);
  open_short(c1, 6'000'000'000, 200'000, 600'000);
  open_long();
  partial();
  const std::int64_t insurance = chain.account(kInsurance).raw_usd;
  chain.system({CreditUsd{kInsurance, 1'000'000'000 - insurance}});
  const auto av = [&](const Address& who) { return cross_of(chain, who).av; };
  const Address bystander = user(14);  // without positions, it loses nothing (dex.md 12.7)
  chain.deposit(bystander, 1'000);
  chain.keep_blocks_open();
  const std::int64_t maker_cash = chain.account(kMaker).raw_usd;
  chain.oracle(kBtc, 530'000);
  EXPECT_EQ(chain.account(bystander).raw_usd, 1'000 * kDollar);
  // The value of -1,375,634,000 is what insurance pays and what C1 and C2 do.
  const auto steps = chain.events_of<LiquidationEvent>();
  const auto paid =
      std::ranges::find(steps, LiquidationEvent::Method::Insurance, &LiquidationEvent::method);
  ASSERT_NE(paid, steps.end());
  EXPECT_EQ(paid->usd, 1'375'634'000 - 375'634'000);
  EXPECT_EQ(chain.account(kInsurance).raw_usd, 0);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, 0);
  EXPECT_EQ(chain.account(kA).bad_debt, 0);
  EXPECT_EQ(chain.perp(c1, kBtc).szi, 0);
  EXPECT_EQ(chain.account(c1).raw_usd, 126'000'000'000 - 106'313'028'334);
  EXPECT_EQ(chain.perp(c2, kBtc).szi, -460'000);
  EXPECT_EQ(chain.account(c2).raw_usd, 315'000'000'000 - 21'262'605'666);
  EXPECT_EQ(av(c3), 9'000'000'000);
  EXPECT_EQ(chain.perp(c3, kBtc).szi, -100'000);
  EXPECT_EQ(chain.account(kMaker).raw_usd, maker_cash);
  // Undone, the candidates are exactly those of the vector.
  chain.engine().undo_block();
  EXPECT_EQ(chain.account(kA).raw_usd, -128'575'634'000);
  EXPECT_EQ(chain.perp(c1, kBtc).entry_ntl, -120'000'000'000);
}

// A's only counterparty S gains on BTC what it loses on ETH, so it cannot pay all that A owes.
class Dex12BadDebt : public Dex8Margin {
 protected:
  static constexpr std::uint8_t kShort = 31;
  void SetUp() override {
    Dex8Margin::SetUp();
    chain.deposit(kA, 1'600);
    chain.deposit(user(kShort), 10'000);
    leverage(kA, kBtc, 40);
    ASSERT_EQ(trade(user(kShort), kEth, Side::Buy, 100'000, 300'000).kind,
              OrderResult::Kind::Filled);
    chain.order(user(kShort), order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
    chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 100'000, Tif::Ioc));
    ASSERT_EQ(chain.perp(user(kShort), kBtc).szi, -100'000);
  }
  void crash() {
    // A: 1573 - 6000 dollars. S: 9977.5 + 6000 - 15000, its fees paid.
    a_before = -(cross_of(chain, kA).av - 6'000'000'000);
    s_before = cross_of(chain, user(kShort)).av + 6'000'000'000 - 15'000'000'000;
    insurance = chain.account(kInsurance).raw_usd;
    chain.system({SetOracle{kEth, 150'000}, SetOracle{kBtc, 540'000}});
  }
  Int128 a_before = 0;
  Int128 s_before = 0;
  Int128 insurance = 0;
};

TEST_F(Dex12BadDebt, is_exactly_what_insurance_and_the_other_side_could_not_pay) {
  crash();
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, 0);
  EXPECT_EQ(Int128{chain.account(kA).bad_debt}, a_before - insurance - s_before);
  EXPECT_GT(chain.account(kA).bad_debt, 3'000'000'000);
  EXPECT_EQ(chain.account(kInsurance).raw_usd, 0);
  EXPECT_EQ(chain.perp(user(kShort), kBtc).szi, 0);
}

TEST_F(Dex12BadDebt, is_repaid_first_by_insurance_income_and_survives_a_restart) {
  crash();
  chain.restart();
  const std::int64_t debt = chain.account(kA).bad_debt;
  const Address rich = user(33);
  chain.deposit(rich, 100'000);
  ASSERT_EQ(trade(rich, kBtc, Side::Buy, 100'000, 540'000).kind, OrderResult::Kind::Filled);
  // A tenth of the taker's 24.3 and of the maker's 8.1 dollars.
  EXPECT_EQ(chain.account(kA).bad_debt, debt - 2'430'000 - 810'000);
  EXPECT_EQ(chain.account(kInsurance).raw_usd, 0);
  // The debtor's own new money is its own.
  chain.deposit(kA, 50);
  EXPECT_EQ(chain.account(kA).raw_usd, 50'000'000);
  EXPECT_EQ(chain.account(kA).bad_debt, debt - 2'430'000 - 810'000);
}

TEST_F(Dex12Ladder, isolated_losses_stay_in_their_bucket) {
  leverage(kA, kEth, 25, false);
  ASSERT_EQ(trade(kA, kEth, Side::Buy, 50'000, 300'000).kind, OrderResult::Kind::Filled);
  const std::int64_t cash = chain.account(kA).raw_usd;
  chain.oracle(kEth, 200'000);
  EXPECT_EQ(chain.perp(kA, kEth).szi, 0);
  EXPECT_EQ(chain.account(kA).raw_usd, cash);
}

}  // namespace
}  // namespace ol::exchange
