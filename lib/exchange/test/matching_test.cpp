// Orders, matching and the block: dex.md 3 to 7, 21.11 to 21.13.
#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kT = user(1);
const Address kX = user(2);
const Address kY = user(3);

/// A spot pair with tick 1 and lot 1, so that prices and sizes are those of 21.12.
class Dex6Matching : public testing::Test {
 protected:
  void SetUp() override {
    for (const Address& who : {kT, kX, kY}) {
      chain.system({CreditSpot{who, kUsdToken, 1'000'000'000'000'000},
                    CreditSpot{who, kOpenToken, 1'000'000'000'000'000}});
    }
    MarketConfig plain = spot_pair();
    plain.asset = AssetId(10'001);
    plain.min_ntl = 0;
    chain.system({ListMarket{plain}});
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  Order limit(Side side, std::uint64_t px, std::uint64_t sz, Tif tif = Tif::Gtc) {
    return order_of(AssetId(10'001), side, px, sz, tif);
  }
  struct Trade {
    OrderId maker;
    std::uint64_t px;
    std::uint64_t sz;
    bool operator==(const Trade&) const = default;
  };
  std::vector<Trade> trades() {
    std::vector<Trade> out;
    for (const FillEvent& fill : chain.events_of<FillEvent>())
      out.push_back({fill.maker_oid, fill.px, fill.sz});
    return out;
  }

  Chain chain;
};

TEST_F(Dex6Matching, vector_21_12) {
  const OrderId x1 = chain.order(kX, limit(Side::Sell, 101, 100)).oid;
  const OrderId x2 = chain.order(kX, limit(Side::Sell, 101, 100)).oid;
  const OrderId x3 = chain.order(kX, limit(Side::Sell, 102, 50)).oid;
  const OrderResult first = chain.order(kT, limit(Side::Buy, 102, 150, Tif::Ioc));
  EXPECT_EQ(first.kind, OrderResult::Kind::Filled);
  EXPECT_EQ(first.total_sz, 150U);
  EXPECT_EQ(first.avg_px, 101U);
  EXPECT_EQ(trades(), (std::vector<Trade>{{x1, 101, 100}, {x2, 101, 50}}));

  const OrderId own = chain.order(kT, limit(Side::Sell, 101, 30)).oid;
  chain.order(kT, limit(Side::Buy, 102, 60, Tif::Ioc));
  EXPECT_EQ(trades(), (std::vector<Trade>{{x2, 101, 50}, {x3, 102, 10}}));
  const auto cancels = chain.events_of<CancelEvent>();
  ASSERT_EQ(cancels.size(), 1U);
  EXPECT_EQ(cancels[0].oid, own);
  EXPECT_EQ(cancels[0].reason, CancelReason::SelfTradeCanceled);

  const OrderResult alo = chain.order(kT, limit(Side::Buy, 102, 5, Tif::Alo));
  EXPECT_EQ(alo.error, Error::BadAloPx);
  EXPECT_EQ(alo.px, 102U);
  EXPECT_EQ(chain.order(kT, limit(Side::Buy, 102, 41, Tif::Fok)).error, Error::FokCancel);
  EXPECT_EQ(chain.order(kT, limit(Side::Buy, 102, 40, Tif::Fok)).kind, OrderResult::Kind::Filled);
  EXPECT_EQ(trades(), (std::vector<Trade>{{x3, 102, 40}}));
}

TEST_F(Dex6Matching, vector_21_12_shrinking_in_place_keeps_priority) {
  const OrderId b1 = chain.order(kX, limit(Side::Buy, 99, 10)).oid;
  const OrderId b2 = chain.order(kY, limit(Side::Buy, 99, 10)).oid;
  const ActionResult modified = chain.act(kX, ModifyOrders{{{b1, {}, limit(Side::Buy, 99, 4)}}});
  ASSERT_TRUE(modified.ok);
  EXPECT_EQ(modified.orders[0].oid, b1);
  chain.order(kT, limit(Side::Sell, 99, 6, Tif::Ioc));
  EXPECT_EQ(trades(), (std::vector<Trade>{{b1, 99, 4}, {b2, 99, 2}}));
}

TEST_F(Dex6Matching, growing_loses_priority_and_the_old_order_stays_if_the_new_is_invalid) {
  const OrderId b1 = chain.order(kX, limit(Side::Buy, 99, 10)).oid;
  const OrderId b2 = chain.order(kY, limit(Side::Buy, 99, 10)).oid;
  const ActionResult bad = chain.act(kX, ModifyOrders{{{b1, {}, limit(Side::Buy, 0, 10)}}});
  EXPECT_EQ(bad.orders[0].error, Error::BadTick);
  const ActionResult grown = chain.act(kX, ModifyOrders{{{b1, {}, limit(Side::Buy, 99, 11)}}});
  EXPECT_NE(grown.orders[0].oid, b1);
  chain.order(kT, limit(Side::Sell, 99, 12, Tif::Ioc));
  EXPECT_EQ(trades(), (std::vector<Trade>{{b2, 99, 10}, {grown.orders[0].oid, 99, 2}}));
  EXPECT_EQ(chain.act(kT, ModifyOrders{{{b2, {}, limit(Side::Buy, 99, 1)}}}).orders[0].error,
            Error::MissingOrder);
}

TEST_F(Dex6Matching, a_modify_counts_what_was_filled_in_the_same_block) {
  const OrderId b1 = chain.order(kX, limit(Side::Buy, 99, 10)).oid;
  const auto take = chain.action(kT, place(limit(Side::Sell, 99, 4, Tif::Ioc)));
  const auto shrink = chain.action(kX, ModifyOrders{{{b1, {}, limit(Side::Buy, 99, 7)}}});
  const auto gone = chain.action(kX, ModifyOrders{{{b1, {}, limit(Side::Buy, 99, 4)}}});
  const BlockResult out = chain.block({}, {take, shrink, gone});
  EXPECT_EQ(out.results[1].orders[0].oid, b1);
  EXPECT_EQ(chain.state().orders[chain.state().orders.find(b1)].sz, 3U);
  EXPECT_EQ(out.results[2].orders[0].error, Error::MissingOrder);
}

TEST_F(Dex6Matching, self_trade_rules) {
  const auto resting = [&](std::uint64_t sz) {
    return chain.order(kT, limit(Side::Sell, 101, sz)).oid;
  };
  Order taker = limit(Side::Buy, 101, 10, Tif::Gtc);
  const OrderId maker = resting(6);
  taker.stp = Stp::CancelTaker;
  EXPECT_EQ(chain.order(kT, taker).error, Error::IocCancel);
  EXPECT_NE(chain.state().orders.find(maker), kNoSlot);
  taker.stp = Stp::CancelBoth;
  EXPECT_EQ(chain.order(kT, taker).error, Error::IocCancel);
  EXPECT_EQ(chain.state().orders.find(maker), kNoSlot);
  const OrderId second = resting(16);
  taker.stp = Stp::Decrement;
  EXPECT_EQ(chain.order(kT, taker).error, Error::IocCancel);
  EXPECT_EQ(chain.state().orders[chain.state().orders.find(second)].sz, 6U);
  EXPECT_TRUE(trades().empty());
}

TEST_F(Dex6Matching, a_fok_order_that_decrements_its_own_maker_is_not_filled) {
  const OrderId own = chain.order(kT, limit(Side::Sell, 101, 4)).oid;
  chain.order(kX, limit(Side::Sell, 101, 6));
  Order fok = limit(Side::Buy, 101, 10, Tif::Fok);
  fok.stp = Stp::Decrement;
  EXPECT_EQ(chain.order(kT, fok).error, Error::FokCancel);
  EXPECT_EQ(chain.state().orders[chain.state().orders.find(own)].sz, 4U);
  EXPECT_TRUE(trades().empty());
}

TEST_F(Dex6Matching, expired_makers_are_no_makers) {
  Order ask = limit(Side::Sell, 101, 10);
  ask.good_til = chain.state().global().time + 250;
  const OrderId oid = chain.order(kX, ask).oid;
  ASSERT_NE(oid.value(), 0U);
  chain.system({});
  EXPECT_NE(chain.state().orders.find(oid), kNoSlot);
  chain.system({});
  EXPECT_EQ(chain.state().orders.find(oid), kNoSlot);
  ask.good_til = chain.state().global().time + 100;
  EXPECT_EQ(chain.order(kX, ask).error, Error::Expired);
}

TEST_F(Dex6Matching, vector_21_11_spot) {
  Chain fresh;
  fresh.system({CreditSpot{kT, kUsdToken, 1'000'000'000'000},
                CreditSpot{kX, kOpenToken, 1'000'000'000'000}});
  fresh.order(kX, order_of(kSpot, Side::Sell, 7'654'321, 12'345));
  EXPECT_EQ(fresh.balance(kX, kOpenToken).hold, 12'345'000'000U);
  fresh.order(kT, order_of(kSpot, Side::Buy, 7'654'321, 12'345, Tif::Ioc));
  EXPECT_EQ(fresh.balance(kT, kUsdToken).total, 1'000'000'000'000U - 94'492'592'745U);
  EXPECT_EQ(fresh.balance(kT, kOpenToken).total, 12'345'000'000U - 8'641'500U);
  EXPECT_EQ(fresh.balance(kX, kUsdToken).total, 94'492'592'745U - 37'797'038U);
  EXPECT_EQ(fresh.balance(kX, kOpenToken).hold, 0U);
  EXPECT_EQ(broken_invariant(fresh.state()), "");
}

TEST_F(Dex6Matching, spot_orders_need_their_funds) {
  const Address poor = user(9);
  chain.system({CreditSpot{poor, kUsdToken, 1'000}});
  EXPECT_EQ(chain.order(poor, limit(Side::Buy, 100, 11)).error, Error::InsufficientSpot);
  EXPECT_EQ(chain.order(poor, limit(Side::Sell, 100, 1)).error, Error::InsufficientSpot);
  const OrderResult rests = chain.order(poor, limit(Side::Buy, 100, 10));
  EXPECT_EQ(rests.kind, OrderResult::Kind::Resting);
  EXPECT_EQ(chain.balance(poor, kUsdToken).hold, 1'000U);
  EXPECT_EQ(chain.act(poor, SpotSend{kT, kUsdToken, 1}).error, Error::InsufficientSpot);
  ASSERT_TRUE(chain.act(poor, CancelOrders{{{AssetId(10'001), rests.oid, {}}}}).ok);
  EXPECT_EQ(chain.balance(poor, kUsdToken).hold, 0U);
}

TEST_F(Dex6Matching, orders_stop_at_the_fill_limit) {
  Params params;
  params.fills_per_order_max = 2;
  Chain limited(params);
  limited.system({CreditSpot{kT, kUsdToken, 1'000'000'000'000'000},
                  CreditSpot{kX, kOpenToken, 1'000'000'000'000'000}});
  for (int i = 0; i < 3; ++i)
    limited.order(kX, order_of(kSpot, Side::Sell, 10'000'000, 1'000));
  const OrderResult out = limited.order(kT, order_of(kSpot, Side::Buy, 10'000'000, 3'000));
  EXPECT_EQ(out.kind, OrderResult::Kind::Filled);
  EXPECT_EQ(out.total_sz, 2'000U);
  EXPECT_EQ(limited.events_of<CancelEvent>().at(0).reason, CancelReason::MatchLimit);
}

TEST_F(Dex6Matching, cloids_name_one_open_order) {
  Order order = limit(Side::Buy, 50, 1);
  order.cloid.bytes[3] = 7;
  ASSERT_EQ(chain.order(kX, order).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(chain.order(kX, order).error, Error::DuplicateCloid);
  EXPECT_EQ(chain.order(kY, order).kind, OrderResult::Kind::Resting);
  const CancelRequest by_cloid{AssetId(10'001), OrderId(0), order.cloid};
  EXPECT_EQ(chain.act(kX, CancelOrders{{by_cloid}}).orders[0].kind, OrderResult::Kind::Done);
  EXPECT_EQ(chain.act(kX, CancelOrders{{by_cloid}}).orders[0].error, Error::MissingOrder);
  EXPECT_EQ(chain.order(kX, order).kind, OrderResult::Kind::Resting);
}

TEST_F(Dex6Matching, every_check_of_an_order_has_its_code) {
  const auto code = [&](Order order) { return chain.order(kT, order).error; };
  Order order = limit(Side::Buy, 100, 1);
  order.asset = AssetId(77);
  EXPECT_EQ(code(order), Error::BadAsset);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 600'005, 1'000)), Error::BadTick);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 600'000, 0)), Error::BadLot);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 600'000, kSzEnd)), Error::Overflow);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, kPxEnd, 1)), Error::Overflow);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 600'000, 16)), Error::MinNtl);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 29'990, 100'000)), Error::PxTooFar);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 12'000'010, 100'000)), Error::PxTooFar);
  EXPECT_EQ(code(order_of(kBtc, Side::Buy, 600'000, 17)), Error::InsufficientMargin);
  Order reduce = order_of(kBtc, Side::Buy, 600'000, 100'000);
  reduce.reduce_only = true;
  EXPECT_EQ(code(reduce), Error::ReduceOnly);
  Order odd = limit(Side::Buy, 100, 1);
  odd.tif = static_cast<Tif>(9);
  EXPECT_EQ(code(odd), Error::BadNumber);
}

TEST_F(Dex6Matching, market_status_decides_what_is_admitted) {
  const AssetId asset(10'001);
  const auto code = [&](Tif tif) {
    const OrderResult out = chain.order(kT, limit(Side::Buy, 50, 1, tif));
    return out.kind == OrderResult::Kind::Error ? name(out.error) : "ok";
  };
  chain.system({SetMarketStatus{asset, MarketStatus::PostOnly}});
  EXPECT_STREQ(code(Tif::Gtc), "PostOnlyPeriod");
  EXPECT_STREQ(code(Tif::Alo), "ok");
  chain.system({SetMarketStatus{asset, MarketStatus::ReduceOnly}});
  EXPECT_STREQ(code(Tif::Gtc), "ReduceOnlyMarket");
  chain.system({SetMarketStatus{asset, MarketStatus::Halted}});
  EXPECT_STREQ(code(Tif::Alo), "MarketHalted");
}

TEST_F(Dex6Matching, open_orders_are_limited) {
  Params params;
  params.open_orders = 2;
  Chain limited(params);
  limited.system({CreditSpot{kT, kUsdToken, 1'000'000'000'000'000}});
  const Order bid = order_of(kSpot, Side::Buy, 1'000'000, 1'000);
  EXPECT_EQ(limited.order(kT, bid).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(limited.order(kT, bid).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(limited.order(kT, bid).error, Error::TooManyOrders);
  EXPECT_EQ(limited.order(kT, order_of(kSpot, Side::Buy, 1'000'000, 1'000, Tif::Ioc)).error,
            Error::IocCancel);
}

// dex.md 4.7: one more for every so many dollars traded, up to the most there may be, and none of
// those may be reduce-only or a trigger.
TEST_F(Dex6Matching, who_traded_much_may_have_more_open_orders_but_no_special_ones) {
  Params params;
  params.open_orders = 2;
  params.open_orders_max = 4;
  params.usd_per_extra_order = 1'000 * kDollar;
  Chain limited(params);
  limited.system({CreditSpot{kT, kUsdToken, 1'000'000'000'000'000}});
  limited.deposit(kT, 1'000'000);
  limited.deposit(kX, 1'000'000);
  const auto code = [&](const Order& order) {
    const OrderResult out = limited.order(kT, order);
    return out.kind == OrderResult::Kind::Error ? name(out.error) : "ok";
  };
  const auto trade = [&](std::uint64_t lots) {
    limited.order(kX, order_of(kBtc, Side::Sell, 600'000, lots));
    EXPECT_STREQ(code(order_of(kBtc, Side::Buy, 600'000, lots, Tif::Ioc)), "ok");
  };
  const Order bid = order_of(kSpot, Side::Buy, 1'000'000, 1'000);
  Order trigger = order_of(kBtc, Side::Sell, 500'000, 1'000);
  trigger.trigger = Trigger::StopLimit;
  trigger.trigger_px = 500'000;
  Order reduce = order_of(kBtc, Side::Sell, 650'000, 1'000);
  reduce.reduce_only = true;

  trade(1'600);  // $960
  EXPECT_STREQ(code(bid), "ok");
  EXPECT_STREQ(code(bid), "ok");
  EXPECT_STREQ(code(bid), "TooManyOrders");
  trade(400);  // $240 more: one
  EXPECT_STREQ(code(trigger), "TooManyOrders");
  EXPECT_STREQ(code(reduce), "TooManyOrders");
  EXPECT_STREQ(code(bid), "ok");
  EXPECT_STREQ(code(bid), "TooManyOrders");
  trade(20'000);  // $12,000: twelve, but four are the most
  EXPECT_STREQ(code(bid), "ok");
  EXPECT_STREQ(code(bid), "TooManyOrders");
}

TEST_F(Dex6Matching, cancel_all_takes_one_side_or_both) {
  chain.order(kX, limit(Side::Buy, 50, 1));
  chain.order(kX, limit(Side::Sell, 150, 1));
  chain.order(kX, order_of(kSpot, Side::Buy, 1'000'000, 1'000));
  const AccountIndex x = chain.state().find_account(kX);
  EXPECT_TRUE(chain.act(kX, CancelAll{AssetId(10'001), CancelSide::Sells}).ok);
  EXPECT_EQ(chain.state().orders.count_of(x), 2U);
  EXPECT_TRUE(chain.act(kX, CancelAll{kAllAssets, CancelSide::Both}).ok);
  EXPECT_EQ(chain.state().orders.count_of(x), 0U);
  EXPECT_EQ(chain.act(kX, CancelAll{AssetId(77), CancelSide::Both}).error, Error::BadAsset);
}

TEST_F(Dex6Matching, a_scheduled_cancel_comes_due) {
  chain.order(kX, limit(Side::Buy, 50, 1));
  const TimeMs now = chain.state().global().time;
  EXPECT_EQ(chain.act(kX, ScheduleCancel{now}).error, Error::Expired);
  EXPECT_TRUE(chain.act(kX, ScheduleCancel{now + 1'000}).ok);
  chain.system({}, 700);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kX)), 1U);
  chain.system({}, 100);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kX)), 0U);
}

TEST_F(Dex6Matching, a_scheduled_cancel_can_be_taken_back) {
  chain.order(kX, limit(Side::Buy, 50, 1));
  EXPECT_TRUE(chain.act(kX, ScheduleCancel{chain.state().global().time + 1'000}).ok);
  EXPECT_TRUE(chain.act(kX, ScheduleCancel{0}).ok);
  chain.system({}, 2'000);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kX)), 1U);
}

TEST_F(Dex6Matching, fills_stay_inside_the_execution_band) {
  const Address maker = user(20);
  chain.deposit(maker, 1'000'000);
  chain.deposit(kT, 1'000'000);
  chain.order(maker, order_of(kBtc, Side::Sell, 660'010, 1'000));
  EXPECT_EQ(chain.order(kT, order_of(kBtc, Side::Buy, 700'000, 1'000, Tif::Ioc)).error,
            Error::IocCancel);
  EXPECT_EQ(chain.events_of<CancelEvent>().at(0).reason, CancelReason::BandCanceled);
  chain.order(maker, order_of(kBtc, Side::Sell, 660'000, 1'000));
  EXPECT_EQ(chain.order(kT, order_of(kBtc, Side::Buy, 700'000, 1'000, Tif::Ioc)).kind,
            OrderResult::Kind::Filled);
}

TEST_F(Dex6Matching, a_remainder_that_would_cross_never_rests) {
  const Address maker = user(20);
  chain.deposit(maker, 1'000'000);
  chain.deposit(kT, 1'000'000);
  chain.order(maker, order_of(kBtc, Side::Sell, 660'010, 1'000));
  chain.order(kT, order_of(kBtc, Side::Buy, 700'000, 1'000, Tif::Gtc));
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kT)), 0U);
}

TEST_F(Dex6Matching, reduce_only_makers_are_clipped_and_removed) {
  const Address maker = user(20);
  chain.deposit(maker, 1'000'000);
  chain.deposit(kT, 1'000'000);
  chain.order(maker, order_of(kBtc, Side::Sell, 600'000, 1'000));
  chain.order(kT, order_of(kBtc, Side::Buy, 600'000, 1'000));
  Order close = order_of(kBtc, Side::Sell, 601'000, 5'000);
  close.reduce_only = true;
  const OrderId oid = chain.order(kT, close).oid;
  EXPECT_EQ(chain.order(maker, order_of(kBtc, Side::Buy, 601'000, 5'000, Tif::Ioc)).total_sz,
            1'000U);
  EXPECT_EQ(chain.perp(kT, kBtc).szi, 0);
  EXPECT_EQ(chain.state().orders.find(oid), kNoSlot);
}

class Dex5Block : public Dex6Matching {};

TEST_F(Dex5Block, vector_21_13_a_cancel_beats_a_taker) {
  const OrderId ask = chain.order(kX, limit(Side::Sell, 100, 10)).oid;
  const auto cancel = chain.action(kX, CancelOrders{{{AssetId(10'001), ask, {}}}});
  const auto take = chain.action(kT, place(limit(Side::Buy, 100, 10, Tif::Ioc)));
  const BlockResult out = chain.block({}, {cancel, take});
  EXPECT_EQ(out.results[0].orders[0].kind, OrderResult::Kind::Done);
  EXPECT_EQ(out.results[1].orders[0].error, Error::IocCancel);
  BlockInput wrong = chain.last_block();
  ++wrong.height;
  ++wrong.time;
  std::swap(wrong.actions[0], wrong.actions[1]);
  EXPECT_EQ(chain.engine().check(wrong).error(), BlockError::StepOrder);
}

TEST_F(Dex5Block, height_time_and_hash_order_are_checked) {
  BlockInput next = chain.last_block();
  EXPECT_EQ(chain.engine().check(next).error(), BlockError::BadHeight);
  ++next.height;
  EXPECT_EQ(chain.engine().check(next).error(), BlockError::BadTime);
  ++next.time;
  EXPECT_TRUE(chain.engine().check(next));
  next.order_mode = OrderMode::HashOrder;
  next.actions = {chain.action(kT, Noop{}), chain.action(kX, Noop{})};
  const bool first = chain.engine().check(next).has_value();
  std::swap(next.actions[0], next.actions[1]);
  const auto second = chain.engine().check(next);
  EXPECT_NE(first, second.has_value());
}

TEST_F(Dex5Block, equal_priced_post_only_orders_keep_list_order) {
  const auto y = chain.action(kY, place(limit(Side::Sell, 100, 1, Tif::Alo)));
  const auto x = chain.action(kX, place(limit(Side::Sell, 100, 1, Tif::Alo)));
  const BlockResult out = chain.block({}, {y, x});
  chain.order(kT, limit(Side::Buy, 100, 1, Tif::Ioc));
  EXPECT_EQ(trades().at(0).maker, out.results[0].orders[0].oid);
}

TEST_F(Dex5Block, undoing_restores_every_record) {
  chain.order(kX, limit(Side::Sell, 101, 100));
  chain.order(kY, limit(Side::Sell, 101, 50));
  chain.keep_blocks_open();
  const StateRecords before = chain.engine().records();
  chain.order(kT, limit(Side::Buy, 105, 120));
  chain.act(kT, CreateSubAccount{"s"});
  chain.act(kY, CancelAll{kAllAssets, CancelSide::Both});
  ASSERT_NE(chain.engine().records(), before);
  EXPECT_EQ(chain.engine().open_blocks(), 3U);
  for (int i = 0; i < 3; ++i)
    chain.engine().undo_block();
  EXPECT_EQ(chain.engine().records(), before);
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

TEST_F(Dex5Block, the_diff_turns_the_old_records_into_the_new) {
  StateRecords records = chain.engine().records();
  chain.order(kX, limit(Side::Sell, 101, 100));
  records = chain.engine().records();
  const BlockResult out =
      chain.block({}, {chain.action(kT, place(limit(Side::Buy, 101, 100, Tif::Ioc)))});
  apply_diff(records, out.diff);
  EXPECT_EQ(records, chain.engine().records());
}

}  // namespace
}  // namespace ol::exchange
