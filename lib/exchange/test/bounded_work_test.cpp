// docs/adr/0040: a block does so much of each thing, and no step goes through what is not due.
#include "fill.hpp"
#include "steps_fixture.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

// The indexes name what they should and no more.
std::string broken_index(const State& s) {
  std::size_t agents = 0;
  for (const auto& [address, agent] : s.agents.items()) {
    if (agent.revoked || agent.valid_until == 0) continue;
    ++agents;
    if (!s.agent_ends.contains({agent.valid_until, address})) return "agent";
  }
  if (agents != s.agent_ends.items().size()) return "agents";
  for (const auto& [account, time] : s.scheduled_cancels.items()) {
    if (!s.cancels_due.contains({time, account})) return "scheduled cancel";
  }
  if (s.cancels_due.items().size() != s.scheduled_cancels.items().size()) return "cancels";
  for (const auto& [key, seal] : s.seals.items()) {
    if (!s.seals_by_height.contains({seal.height, key})) return "seal";
  }
  if (s.seals_by_height.items().size() != s.seals.items().size()) return "seals";
  if (s.slices_due.items().size() != s.twaps.items().size()) return "slices";
  for (const auto& [oid, at] : s.due_triggers.items()) {
    const Order& order = s.triggers.find(oid)->order;
    if (!s.due_line.contains(due_key(oid, order, at))) return "line";
    if (s.trigger_index.contains(trigger_key(oid, order))) return "trigger in both";
  }
  if (s.due_line.items().size() != s.due_triggers.items().size()) return "lines";
  std::vector<std::uint32_t> in_line(s.accounts.size());
  for (const auto& [oid, at] : s.due_triggers.items())
    ++in_line[s.find_account(s.triggers.find(oid)->account)];
  std::size_t traders = 0;
  std::size_t holders = 0;
  for (AccountIndex i = 0; i < s.accounts.size(); ++i) {
    traders += s.stats[i].idle() ? 0U : 1U;
    if (s.stats[i].idle() == s.traded_lately.contains(i)) return "volume";
    if (s.accounts[i].in_line != in_line[i]) return "count in line";
    bool holds = false;
    for (const State::Place& place : s.perps_of(i))
      holds = holds || s.perps[place.index].szi != 0;
    holders += holds ? 1U : 0U;
    if (holds != s.in_positions.contains(i)) return "position";
  }
  if (s.traded_lately.members().size() != traders) return "volumes";
  return s.in_positions.members().size() == holders ? "" : "positions";
}

class BoundedWork : public DexSteps {
 protected:
  void set(std::string name, std::int64_t value) {
    chain.system({SetParams{{{std::move(name), value}}}});
  }
  OrderId waiting(const Address& who, Side side, std::uint64_t at, std::uint64_t sz = 1'000,
                  bool reduce_only = false, Trigger kind = Trigger::StopMarket) {
    Order order = trigger(side, kind, at, at, sz);
    order.reduce_only = reduce_only;
    const OrderResult out = chain.order(who, order);
    EXPECT_EQ(out.kind, OrderResult::Kind::WaitingForTrigger) << name(out.error);
    return out.oid;
  }
  OrderId waiting_eth() {
    Order order = order_of(kEth, Side::Buy, 310'000, 1'000);
    order.trigger = Trigger::StopMarket;
    order.trigger_px = 310'000;
    return chain.order(kA, order).oid;
  }
  [[nodiscard]] bool waits(OrderId oid) const { return chain.state().triggers.contains(oid); }
  [[nodiscard]] bool in_line(OrderId oid) const { return chain.state().due_triggers.contains(oid); }
  // Three, of which the last is over first, each within 5 seconds.
  std::vector<OrderId> rest_ending_orders() {
    std::vector<OrderId> ids;
    for (std::uint64_t i = 0; i < 3; ++i) {
      Order order = order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo);
      order.good_til = chain.state().global().time + 5'000 - 300 * i;
      ids.push_back(chain.order(kB, order).oid);
    }
    return ids;
  }
  // Orders that two stops to buy above 610,000 meet.
  void rest_offers() {
    for (int i = 0; i < 5; ++i)
      chain.order(kB, order_of(kBtc, Side::Sell, 610'000, 1'000, Tif::Alo));
  }
};

TEST_F(BoundedWork, makers_removed_on_the_way_count_toward_an_orders_limit) {
  set("fills_per_order_max", 3);
  for (int i = 0; i < 3; ++i)
    chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  const OrderResult out = chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 1'000));
  EXPECT_EQ(out.error, Error::IocCancel);
  EXPECT_EQ(chain.events_of<CancelEvent>().size(), 4U);
  EXPECT_EQ(chain.events_of<CancelEvent>().back().reason, CancelReason::MatchLimit);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 1'000)).total_sz, 1'000U);
}

TEST_F(BoundedWork, orders_stop_where_the_blocks_matching_is_used_up) {
  set("fills_per_block_max", 2);
  for (int i = 0; i < 5; ++i)
    chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  const Order buys = order_of(kBtc, Side::Buy, 600'000, 1'000);
  const Order more = order_of(kBtc, Side::Buy, 600'000, 2'000);
  const Order away = order_of(kBtc, Side::Buy, 590'000, 1'000);
  const BlockResult out =
      chain.block({}, {chain.action(kA, place(buys)), chain.action(kA, place(more)),
                       chain.action(kA, place(buys)), chain.action(kA, place(away))});
  EXPECT_EQ(out.results[0].orders[0].total_sz, 1'000U);
  EXPECT_EQ(out.results[1].orders[0].total_sz, 1'000U);
  EXPECT_EQ(out.results[2].orders[0].error, Error::IocCancel);
  EXPECT_EQ(out.results[3].orders[0].kind, OrderResult::Kind::Resting) << "it meets nothing";
  for (const CancelEvent& cancel : events_in<CancelEvent>(out))
    EXPECT_EQ(cancel.reason, CancelReason::MatchLimit);
  EXPECT_EQ(chain.order(kA, more).total_sz, 2'000U);
}

TEST_F(BoundedWork, what_runs_by_itself_waits_but_is_not_cut_short) {
  rest_offers();
  const OrderId first = waiting(kA, Side::Buy, 610'000, 3'000);
  const OrderId second = waiting(kA, Side::Buy, 610'000, 1'000);
  ASSERT_TRUE(chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false}).ok);
  set("fills_per_block_max", 1);
  chain.oracle(kBtc, 610'000, 30'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 3'000);
  EXPECT_FALSE(waits(first));
  EXPECT_TRUE(in_line(second));
  // The mark is back, and the second fires nevertheless; then the slice.
  chain.oracle(kBtc, 609'990);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 4'000);
  EXPECT_TRUE(chain.state().due_triggers.items().empty());
  chain.oracle(kBtc, 609'990);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 5'000);
}

TEST_F(BoundedWork, liquidations_wait_for_the_next_block) {
  const Address poor[] = {user(31), user(32)};
  for (const Address& who : poor) {
    chain.deposit(who, 320);
    chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
    ASSERT_EQ(chain.order(who, order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc)).total_sz,
              10'000U);
  }
  chain.order(kB, order_of(kBtc, Side::Buy, 575'000, 50'000, Tif::Alo));
  set("fills_per_block_max", 1);
  chain.oracle(kBtc, 575'000);
  const bool first_only =
      (chain.perp(poor[0], kBtc).szi == 0) != (chain.perp(poor[1], kBtc).szi == 0);
  EXPECT_TRUE(first_only);
  chain.oracle(kBtc, 575'000);
  EXPECT_EQ(chain.perp(poor[0], kBtc).szi, 0);
  EXPECT_EQ(chain.perp(poor[1], kBtc).szi, 0);
}

TEST_F(BoundedWork, orders_expire_over_blocks_and_never_trade_meanwhile) {
  set("expiries_per_block_max", 1);
  const std::vector<OrderId> ids = rest_ending_orders();
  const BlockResult first = chain.block({}, {}, 6'000);
  ASSERT_EQ(events_in<CancelEvent>(first).size(), 1U);
  EXPECT_EQ(events_in<CancelEvent>(first)[0].oid, ids[2]) << "the first to be over";
  EXPECT_EQ(events_in<CancelEvent>(chain.block({}, {}))[0].oid, ids[1]);
  EXPECT_NE(chain.state().orders.find(ids[0]), kNoSlot);
  set("expiries_per_block_max", 1);
  EXPECT_EQ(chain.state().orders.find(ids[0]), kNoSlot);
}

TEST_F(BoundedWork, an_order_that_is_over_is_not_met_before_its_turn) {
  set("expiries_per_block_max", 1);
  const std::vector<OrderId> ids = rest_ending_orders();
  chain.block({}, {}, 6'000);
  // The second goes by itself, the third because somebody would take it.
  const OrderResult taker = chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 500, Tif::Ioc));
  EXPECT_EQ(taker.kind, OrderResult::Kind::Error);
  EXPECT_TRUE(chain.events_of<FillEvent>().empty());
  const auto cancels = chain.events_of<CancelEvent>();
  ASSERT_EQ(cancels.size(), 2U);
  EXPECT_EQ(cancels[1].oid, ids[0]);
  EXPECT_EQ(cancels[1].reason, CancelReason::Expired);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 0);
}

TEST_F(BoundedWork, scheduled_cancels_go_on_in_the_order_of_their_times) {
  set("scheduled_cancels_per_block_max", 1);
  const TimeMs now = chain.state().global().time;
  ASSERT_TRUE(chain.act(kA, ScheduleCancel{now + 5'000}).ok);
  ASSERT_TRUE(chain.act(kB, ScheduleCancel{now + 4'000}).ok);
  chain.order(kA, order_of(kBtc, Side::Buy, 590'000, 1'000));
  chain.order(kB, order_of(kBtc, Side::Buy, 590'000, 1'000));
  chain.block({}, {}, 6'000);
  const State& state = chain.state();
  EXPECT_EQ(state.orders.count_of(state.find_account(kB)), 0U);
  EXPECT_EQ(state.orders.count_of(state.find_account(kA)), 1U);
  EXPECT_TRUE(state.scheduled_cancels.contains(kA));
  chain.block({}, {});
  EXPECT_EQ(state.orders.count_of(state.find_account(kA)), 0U);
  EXPECT_TRUE(state.scheduled_cancels.items().empty());
}

TEST_F(BoundedWork, a_trigger_in_line_fires_whatever_the_mark_is_then) {
  rest_offers();
  set("triggers_per_block_max", 1);
  const OrderId first = waiting(kA, Side::Buy, 609'000);
  const OrderId second = waiting(kA, Side::Buy, 608'000);
  const OrderId third = waiting(kA, Side::Buy, 607'000);
  set("triggers_per_block_max", 1);
  chain.order(kB, order_of(kBtc, Side::Sell, 607'000, 9'000, Tif::Alo));
  chain.oracle(kBtc, 610'000);
  EXPECT_FALSE(waits(first));
  EXPECT_TRUE(in_line(second));
  EXPECT_TRUE(in_line(third));
  // The line is state: a node that starts again has it.
  chain.restart();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  chain.oracle(kBtc, 600'000);
  EXPECT_FALSE(waits(second));
  EXPECT_TRUE(in_line(third));
  chain.oracle(kBtc, 600'000);
  EXPECT_FALSE(waits(third));
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 3'000);
  EXPECT_TRUE(chain.state().due_line.items().empty());
}

TEST_F(BoundedWork, so_many_triggers_get_in_line_in_a_block_those_crossed_first_before_others) {
  set("triggers_per_block_max", 1);
  set("triggers_crossed_per_block_max", 2);
  const OrderId late = waiting(kA, Side::Buy, 610'000);
  const OrderId early = waiting(kA, Side::Buy, 608'000);
  const OrderId between = waiting(kB, Side::Buy, 609'000);
  chain.oracle(kBtc, 610'000);
  EXPECT_FALSE(waits(early));
  EXPECT_TRUE(in_line(between));
  EXPECT_TRUE(waits(late) && !in_line(late));
  // It is looked at in the next block, at the mark of that.
  chain.oracle(kBtc, 609'500);
  EXPECT_FALSE(waits(between));
  EXPECT_TRUE(waits(late) && !in_line(late));
  chain.oracle(kBtc, 610'000);
  EXPECT_FALSE(waits(late));
}

TEST_F(BoundedWork, of_stops_below_those_at_the_higher_prices_come_first) {
  set("triggers_crossed_per_block_max", 1);
  const OrderId late = waiting(kA, Side::Sell, 590'000);
  const OrderId early = waiting(kA, Side::Sell, 592'000);
  chain.oracle(kBtc, 590'000);
  EXPECT_FALSE(waits(early));
  EXPECT_TRUE(waits(late) && !in_line(late));
  chain.oracle(kBtc, 590'000);
  EXPECT_FALSE(waits(late));
}

// What all markets let in together.
TEST_F(BoundedWork, markets_share_what_gets_in_line) {
  set("triggers_crossed_per_block_max", 1);
  const OrderId btc = waiting(kA, Side::Buy, 610'000);
  const OrderId eth = waiting_eth();
  chain.block({SetOracle{kEth, 310'000}, SetOracle{kBtc, 610'000}}, {});
  EXPECT_NE(waits(btc), waits(eth));
}

TEST_F(BoundedWork, who_fired_first_goes_first) {
  set("triggers_per_block_max", 1);
  const OrderId late = waiting(kA, Side::Buy, 615'000);
  const OrderId filler = waiting(kA, Side::Buy, 610'000);
  const OrderId early = waiting(kA, Side::Buy, 610'000);
  chain.oracle(kBtc, 610'000);
  EXPECT_FALSE(waits(filler));
  EXPECT_TRUE(in_line(early));
  chain.oracle(kBtc, 615'000);
  EXPECT_FALSE(waits(early)) << "before one of a lower number that fired later";
  EXPECT_TRUE(in_line(late));
}

// Else whoever has a thousand that fire would keep all others waiting.
TEST_F(BoundedWork, who_has_many_in_line_delays_its_own) {
  set("triggers_per_block_max", 1);
  const OrderId first = waiting(kA, Side::Buy, 610'000);
  const OrderId second = waiting(kA, Side::Buy, 610'000);
  const OrderId third = waiting(kA, Side::Buy, 610'000);
  const OrderId other = waiting(kB, Side::Buy, 610'000);
  const OrderId later = waiting(kB, Side::Buy, 611'000);
  chain.oracle(kBtc, 610'000);
  EXPECT_FALSE(waits(first));
  EXPECT_TRUE(in_line(other));
  // One that fires now is behind it, and before those that A fired with others in line.
  chain.oracle(kBtc, 611'000);
  EXPECT_FALSE(waits(other));
  ASSERT_TRUE(in_line(later));
  // Firing later, one of an account that has some in line is behind them.
  EXPECT_GT(*chain.state().due_triggers.find(third), *chain.state().due_triggers.find(second));
  const OrderId last = waiting(kA, Side::Buy, 611'000);
  EXPECT_TRUE(in_line(last) && in_line(third));
  EXPECT_GT(*chain.state().due_triggers.find(last), *chain.state().due_triggers.find(third));
}

TEST_F(BoundedWork, those_that_all_run_do_so_in_the_order_of_their_numbers) {
  const Address other = user(60);
  chain.system({CreditUsd{other, 100'000'000'000}});
  chain.order(kB, order_of(kBtc, Side::Sell, 610'000, 2'000, Tif::Alo));
  waiting(kA, Side::Buy, 610'000);
  waiting(kA, Side::Buy, 610'000);
  waiting(other, Side::Buy, 610'000);
  chain.oracle(kBtc, 610'000);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 2'000);
  EXPECT_EQ(chain.account(other).triggers, 0U);
  EXPECT_EQ(
      chain.state().find_perp(chain.state().find_account(other), chain.state().find_market(kBtc)),
      nullptr);
}

TEST_F(BoundedWork, a_trigger_in_line_can_be_cancelled) {
  set("triggers_per_block_max", 1);
  waiting(kA, Side::Buy, 610'000);
  const OrderId second = waiting(kA, Side::Buy, 610'000);
  chain.oracle(kBtc, 610'000);
  ASSERT_TRUE(in_line(second));
  ASSERT_EQ(chain.act(kA, CancelOrders{{{kBtc, second, {}}}}).orders[0].error, Error{});
  EXPECT_FALSE(waits(second));
  EXPECT_TRUE(chain.state().due_triggers.items().empty());
  EXPECT_TRUE(chain.state().due_line.items().empty());
  EXPECT_EQ(chain.account(kA).triggers, 0U);
}

TEST_F(BoundedWork, a_trigger_waits_while_its_market_is_halted) {
  rest_offers();
  const OrderId oid = waiting(kA, Side::Buy, 610'000);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}});
  chain.oracle(kBtc, 610'000);
  EXPECT_TRUE(in_line(oid));
  chain.oracle(kBtc, 609'000);
  EXPECT_TRUE(in_line(oid));
  chain.system({SetMarketStatus{kBtc, MarketStatus::Active}});
  EXPECT_FALSE(waits(oid));
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 1'000);
}

TEST_F(BoundedWork, a_trigger_waits_only_for_what_its_own_order_may_not) {
  open(10'000);
  chain.order(kB, order_of(kBtc, Side::Buy, 590'000, 90'000, Tif::Alo));
  const OrderId stop = waiting(kA, Side::Sell, 590'000, 1'000, true);
  const OrderId limit = waiting(kA, Side::Sell, 590'000, 1'000, true, Trigger::StopLimit);
  const OrderId opens = waiting(kA, Side::Sell, 590'000, 1'000, false);
  chain.system({SetMarketStatus{kBtc, MarketStatus::PostOnly}});
  chain.oracle(kBtc, 590'000);
  EXPECT_FALSE(waits(stop)) << "reduce-only and immediate";
  EXPECT_TRUE(in_line(limit));
  EXPECT_TRUE(in_line(opens));
  chain.system({SetMarketStatus{kBtc, MarketStatus::ReduceOnly}});
  EXPECT_FALSE(waits(limit));
  EXPECT_TRUE(in_line(opens));
  chain.system({SetMarketStatus{kBtc, MarketStatus::Active}});
  EXPECT_FALSE(waits(opens));
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 7'000);
}

TEST_F(BoundedWork, those_that_wait_for_a_market_hold_nobody_up) {
  set("triggers_per_block_max", 1);
  const OrderId halted = waiting(kA, Side::Buy, 610'000);
  chain.system({SetMarketStatus{kBtc, MarketStatus::Halted}, SetOracle{kBtc, 610'000}});
  ASSERT_TRUE(in_line(halted));
  const OrderId other = waiting_eth();
  chain.oracle(kEth, 310'000);
  EXPECT_FALSE(waits(other));
  EXPECT_TRUE(in_line(halted));
}

TEST_F(BoundedWork, a_child_that_grows_keeps_its_place_in_line) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 4'000, Tif::Alo));
  waiting_eth();
  Order stop = trigger(Side::Sell, Trigger::StopMarket, 590'000, 590'000, 10'000);
  stop.reduce_only = true;
  const ActionResult out = chain.act(
      kA, PlaceOrders{
              {order_of(kBtc, Side::Buy, 600'000, 10'000), stop}, Grouping::ParentChildren, {}, 0});
  const OrderId child = out.orders[1].oid;
  set("triggers_per_block_max", 1);
  const Order sells = order_of(kBtc, Side::Sell, 600'000, 2'000, Tif::Ioc);
  chain.block({SetOracle{kEth, 310'000}, SetOracle{kBtc, 590'000}},
              {chain.action(kB, place(sells))});
  ASSERT_TRUE(in_line(child));
  EXPECT_EQ(chain.state().triggers.find(child)->active_sz, 6'000U);
  EXPECT_EQ(broken_index(chain.state()), "");
}

TEST_F(BoundedWork, slices_go_on_in_the_next_block) {
  for (const Address& who : {kA, kB})
    ASSERT_TRUE(chain.act(who, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false}).ok);
  set("slices_per_block_max", 1);
  const auto done = [&](std::uint64_t id) { return chain.state().twaps.find(TwapId(id))->done; };
  chain.oracle(kBtc, 600'000, 30'000);
  EXPECT_EQ(done(1), 1U);
  EXPECT_EQ(done(2), 0U);
  chain.oracle(kBtc, 600'000);
  EXPECT_EQ(done(2), 1U);
}

TEST_F(BoundedWork, slices_follow_their_period_and_a_restart) {
  ASSERT_TRUE(chain.act(kA, TwapOrder{kBtc, Side::Buy, 10'000, false, 5, false}).ok);
  set("twap_period_ms", 10'000);
  chain.oracle(kBtc, 600'000, 10'000);
  EXPECT_EQ(chain.state().twaps.find(TwapId(1))->done, 1U);
  chain.restart();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  chain.oracle(kBtc, 600'000, 10'000);
  EXPECT_EQ(chain.state().twaps.find(TwapId(1))->done, 2U);
}

TEST_F(BoundedWork, going_through_ones_orders_costs_a_credit_a_hundred) {
  PlaceOrders batch;
  for (int i = 0; i < 100; ++i)
    batch.orders.push_back(order_of(kBtc, Side::Buy, 500'000, 1'000));
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(chain.act(kB, batch).ok);
  const auto cost = [&](ActionBody body) {
    const std::uint64_t before = chain.account(kB).credits_used;
    static_cast<void>(chain.act(kB, std::move(body)));
    return chain.account(kB).credits_used - before;
  };
  EXPECT_EQ(cost(UpdateLeverage{kEth, true, 5}), 1U) << "no mode changes";
  EXPECT_EQ(cost(UpdateLeverage{kEth, false, 5}), 3U);
  EXPECT_EQ(cost(UpdateLeverage{kBtc, false, 5}), 3U) << "refused";
  EXPECT_EQ(cost(CancelAll{kEth, CancelSide::Both}), 3U);
  EXPECT_EQ(cost(CancelAll{kBtc, CancelSide::Both}), 3U);
  EXPECT_EQ(cost(CancelAll{kBtc, CancelSide::Both}), 1U);
}

TEST_F(BoundedWork, fills_of_a_block_have_different_ids) {
  Globals globals;
  globals.height = 7;
  globals.fills_in_block = (1U << 24) - 1;
  EXPECT_EQ(next_tid(globals), (8U << 24) - 1);
  EXPECT_DEATH(static_cast<void>(next_tid(globals)), "more fills than a block can number");
}

// Over random blocks, undone ones and restarts.
TEST(BoundedWorkIndexes, name_what_they_should_whatever_happens) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Traders::Options options;
    options.everything = true;
    options.development = seed % 2 == 0;
    options.params.triggers_per_block_max = 1;
    options.params.slices_per_block_max = 1;
    Traders traders(seed, options);
    for (int block = 0; block < 600; ++block) {
      if (block % 50 == 40) traders.chain().keep_blocks_open();
      static_cast<void>(traders.step());
      ASSERT_EQ(broken_index(traders.chain().state()), "") << seed << ", " << block;
      Engine& engine = traders.chain().engine();
      if (block % 50 == 45) {
        for (int undone = 0; undone < 3; ++undone) {
          engine.undo_block();
          ASSERT_EQ(broken_index(engine.state()), "") << "undone " << seed << ", " << block;
        }
      }
      if (block % 50 != 47) continue;
      traders.chain().restart();
      ASSERT_EQ(broken_index(traders.chain().state()), "") << "restarted " << seed << ", " << block;
    }
  }
}

}  // namespace
}  // namespace ol::exchange
