// Triggers, groups and TWAP: dex.md 4, 7.3.
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

using Dex4Triggers = DexSteps;
using Dex4Twap = DexSteps;

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

// One event says what became of the order: of its owner nobody waits for an answer (ADR 43).
struct Refused : DexSteps {
  // The events of the order's end in the block that has that oracle price.
  std::vector<CancelReason> ends_of(const OrderResult& waiting, std::uint64_t oracle) {
    EXPECT_EQ(waiting.kind, OrderResult::Kind::WaitingForTrigger) << name(waiting.error);
    chain.oracle(kBtc, oracle);
    EXPECT_FALSE(chain.state().triggers.contains(waiting.oid));
    EXPECT_EQ(chain.state().orders.find(waiting.oid), kNoSlot);
    std::vector<CancelReason> out;
    for (const CancelEvent& event : chain.events_of<CancelEvent>()) {
      if (event.oid != waiting.oid) continue;
      EXPECT_EQ(event.account, kA);
      EXPECT_EQ(event.asset, kBtc);
      EXPECT_GT(event.left, 0U);
      out.push_back(event.reason);
    }
    return out;
  }
};
using Reasons = std::vector<CancelReason>;

TEST_F(Refused, for_want_of_margin_is_told) {
  const auto waiting =
      chain.order(kA, trigger(Side::Buy, Trigger::StopLimit, 610'000, 610'000, 100 * 100'000));
  EXPECT_EQ(ends_of(waiting, 610'000), Reasons{CancelReason::MarginCanceled});
}

TEST_F(Refused, with_nothing_to_trade_with_is_told) {
  const auto waiting =
      chain.order(kA, trigger(Side::Sell, Trigger::StopMarket, 590'000, 590'000, 1'000));
  EXPECT_EQ(ends_of(waiting, 590'000), Reasons{CancelReason::TriggerRefused});
}

TEST_F(Refused, with_no_position_left_to_reduce_is_told) {
  open(1'000);
  Order stop = trigger(Side::Sell, Trigger::StopLimit, 590'000, 590'000, 1'000);
  stop.reduce_only = true;
  const auto waiting = chain.order(kA, stop);
  chain.order(kB, order_of(kBtc, Side::Buy, 600'000, 1'000));
  chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Ioc));
  ASSERT_EQ(chain.perp(kA, kBtc).szi, 0);
  EXPECT_EQ(ends_of(waiting, 590'000), Reasons{CancelReason::ReduceOnlyCanceled});
}

TEST_F(Refused, past_its_time_is_told) {
  Order stop = trigger(Side::Sell, Trigger::StopLimit, 590'000, 590'000, 1'000);
  stop.good_til = chain.state().global().time + 1'500;
  const auto waiting = chain.order(kA, stop);
  chain.block({}, {}, 3'000);
  EXPECT_EQ(ends_of(waiting, 590'000), Reasons{CancelReason::Expired});
}

TEST_F(Refused, that_matching_ended_is_told_once) {
  chain.order(kA, order_of(kBtc, Side::Buy, 590'000, 1'000));
  Order stop = trigger(Side::Sell, Trigger::StopMarket, 595'000, 590'000, 1'000);
  stop.stp = Stp::CancelTaker;
  const auto waiting = chain.order(kA, stop);
  EXPECT_EQ(ends_of(waiting, 595'000), Reasons{CancelReason::SelfTradeCanceled});
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

class Groups : public Dex4Triggers {
 protected:
  [[nodiscard]] bool none() const { return chain.state().groups.items().empty(); }
  Order closing(Trigger kind, std::uint64_t at) {
    Order out = trigger(Side::Sell, kind, at, at, 10'000);
    out.reduce_only = true;
    return out;
  }
  ActionResult bid_with_stop(Tif tif = Tif::Gtc) {
    ActionResult out = chain.act(kA, PlaceOrders{{order_of(kBtc, Side::Buy, 600'000, 10'000, tif),
                                                  closing(Trigger::StopMarket, 580'000)},
                                                 Grouping::ParentChildren,
                                                 {},
                                                 0});
    EXPECT_EQ(out.orders[1].kind, OrderResult::Kind::WaitingForTrigger);
    return out;
  }
  void cancel(OrderId oid) { EXPECT_TRUE(chain.act(kA, CancelOrders{{{kBtc, oid, {}}}}).ok); }
};

TEST_F(Groups, end_with_the_last_child_that_is_cancelled) {
  open(10'000);
  const ActionResult out = chain.act(kA, PlaceOrders{{closing(Trigger::StopMarket, 590'000),
                                                      closing(Trigger::TakeProfitMarket, 610'000)},
                                                     Grouping::Position,
                                                     {},
                                                     0});
  cancel(out.orders[0].oid);
  EXPECT_FALSE(none());
  cancel(out.orders[1].oid);
  EXPECT_TRUE(none());
}

TEST_F(Groups, end_with_the_last_child_that_fires) {
  open(10'000);
  chain.act(kA, PlaceOrders{{closing(Trigger::StopMarket, 590'000)}, Grouping::Position, {}, 0});
  EXPECT_FALSE(none());
  chain.oracle(kBtc, 590'000);
  EXPECT_TRUE(none());
}

TEST_F(Groups, stay_while_the_parent_rests_and_end_when_it_is_filled) {
  const ActionResult out = bid_with_stop();
  cancel(out.orders[1].oid);
  EXPECT_FALSE(none());
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 4'000, Tif::Ioc));
  EXPECT_FALSE(none());
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 6'000, Tif::Ioc));
  EXPECT_TRUE(none());
}

TEST_F(Groups, of_a_parent_that_was_filled_end_with_their_children) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  const ActionResult out = bid_with_stop(Tif::Ioc);
  EXPECT_FALSE(none());
  cancel(out.orders[1].oid);
  EXPECT_TRUE(none());
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
  // Three shares of two lots, one each, would be three lots.
  chain.system({SetOracle{kBtc, 4'000'000}});
  ASSERT_LT(notional(4'120'000, 2), 10 * kUsdPerDollar);
  ASSERT_GE(notional(4'120'000, 3), 10 * kUsdPerDollar);
  EXPECT_EQ(chain.act(kA, of(2)).error, Error::MinNtl);
  EXPECT_TRUE(chain.act(kA, of(3)).ok);
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

}  // namespace
}  // namespace ol::exchange
