// Issue 6, within one process: a thousand accounts at the edge of liquidation (dex.md 12), ten
// thousand orders at one level (6.1), storms of cancels (15.4) and batches of a megabyte (15.1).
#include <algorithm>

#include <ol/exchange/action_codec.hpp>
#include <ol/exchange/commitment.hpp>

#include "exchange_fixture.hpp"
#include "invariants.hpp"
#include "solvency_reference.hpp"

namespace ol::exchange {
namespace {

using namespace test;

constexpr std::size_t kAccounts = 1'000;
constexpr std::size_t kOrdersEach = 10;

Address trader(std::size_t number) {
  Address out;
  out.bytes[0] = 0xbb;
  out.bytes[18] = static_cast<std::uint8_t>(number >> 8);
  out.bytes[19] = static_cast<std::uint8_t>(number);
  return out;
}

const Address kMaker = user(1);

class HostileLoad : public testing::Test {
 protected:
  void fund(std::int64_t dollars) {
    std::vector<SystemAction> credits = {CreditUsd{kMaker, 100'000'000 * kDollar}};
    for (std::size_t i = 0; i < kAccounts; ++i)
      credits.push_back(CreditUsd{trader(i), dollars * kDollar});
    chain.system(std::move(credits));
  }
  // One action of each account in one block.
  BlockResult all_act(const ActionBody& body, std::vector<SystemAction> system = {}) {
    std::vector<VerifiedAction> actions;
    for (std::size_t i = 0; i < kAccounts; ++i)
      actions.push_back(chain.action(trader(i), body));
    return chain.block(std::move(system), std::move(actions));
  }
  // Longs of 0.02 BTC at 600,000 with 66 dollars: 1,200 of notional, 15 of maintenance margin.
  void bring_to_the_edge() {
    fund(66);
    chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 2'000 * kAccounts, Tif::Alo));
    all_act(place(order_of(kBtc, Side::Buy, 600'000, 2'000, Tif::Ioc)));
    ASSERT_EQ(open_positions(), kAccounts);
  }
  std::size_t open_positions() const {
    std::size_t out = 0;
    for (std::size_t i = 0; i < kAccounts; ++i)
      out += chain.perp(trader(i), kBtc).szi != 0 ? 1 : 0;
    return out;
  }
  // The block and the same again, undone in between; invariants hold.
  BlockResult fall_to(std::uint64_t px) {
    SolvencyReference solvency(chain.state(), Params{});
    chain.keep_blocks_open();
    const BlockResult out = chain.block({SetOracle{kBtc, px}}, {});
    const BlockInput again = chain.last_block();
    const Hash256 root = state_root(chain.engine().records());
    chain.engine().undo_block();
    const BlockResult same = chain.engine().execute(again);
    EXPECT_EQ(state_root(chain.engine().records()), root);
    EXPECT_EQ(event_root(same.events), event_root(out.events));
    EXPECT_EQ(broken_invariant(chain.state()), "");
    EXPECT_EQ(solvency.follow(again, out, chain.state()), "");
    return out;
  }
  static std::size_t fills(const BlockResult& out, FillKind kind) {
    return static_cast<std::size_t>(std::ranges::count_if(out.events, [&](const Event& event) {
      const auto* fill = std::get_if<FillEvent>(&event);
      return fill != nullptr && fill->kind == kind;
    }));
  }
  // Bids of a thousand lots at one level, ten of each account.
  void rest_bids() {
    fund(10'000);
    const std::vector<Order> bids(kOrdersEach, order_of(kBtc, Side::Buy, 590'000, 1'000, Tif::Alo));
    all_act(PlaceOrders{bids, Grouping::None, {}, 0});
  }
  Chain chain;
};

TEST_F(HostileLoad, a_thousand_accounts_are_liquidated_in_one_block_where_somebody_bids) {
  bring_to_the_edge();
  chain.order(kMaker, order_of(kBtc, Side::Buy, 575'000, 2'000 * kAccounts, Tif::Alo));
  const BlockResult out = fall_to(574'000);
  EXPECT_EQ(open_positions(), 0U);
  EXPECT_EQ(fills(out, FillKind::Liquidation), kAccounts);
  for (std::size_t i = 0; i < kAccounts; ++i)
    ASSERT_GE(chain.account(trader(i)).raw_usd, 0) << i;
}

TEST_F(HostileLoad, a_thousand_bankrupt_accounts_are_deleveraged_in_one_block_where_nobody_bids) {
  bring_to_the_edge();
  const BlockResult out = fall_to(540'000);
  EXPECT_EQ(open_positions(), 0U);
  EXPECT_EQ(fills(out, FillKind::Adl), kAccounts);
  EXPECT_EQ(chain.perp(kMaker, kBtc).szi, 0);
  for (std::size_t i = 0; i < kAccounts; ++i)
    ASSERT_EQ(chain.account(trader(i)).raw_usd, 0) << i;
}

TEST_F(HostileLoad, ten_thousand_orders_at_one_level_fill_in_turn_and_go_in_one_storm) {
  fund(10'000);
  std::vector<Order> orders(kOrdersEach, order_of(kBtc, Side::Buy, 590'000, 1'000, Tif::Alo));
  all_act(PlaceOrders{orders, Grouping::None, {}, 0});
  ASSERT_EQ(
      chain.state().orders.book(chain.state().find_market(kBtc)).level(Side::Buy, 59'000)->count,
      kAccounts * kOrdersEach);
  // A taker meets at most 1,000 of them (6.2), the oldest first: those of the first hundred.
  const OrderResult taken =
      chain.order(kMaker, order_of(kBtc, Side::Sell, 590'000, 5'000'000, Tif::Ioc));
  EXPECT_EQ(taken.total_sz, 1'000U * 1'000U);
  EXPECT_EQ(chain.perp(trader(99), kBtc).szi, 10'000);
  EXPECT_EQ(chain.perp(trader(100), kBtc).szi, 0);
  // All cancel, twenty times over, and place again meanwhile.
  for (int round = 0; round < 20; ++round) {
    const BlockResult out = all_act(CancelAll{kAllAssets, CancelSide::Both});
    ASSERT_TRUE(std::ranges::all_of(out.results, &ActionResult::ok)) << round;
    if (round % 5 == 0) all_act(PlaceOrders{orders, Grouping::None, {}, 0});
  }
  for (std::size_t i = 0; i < kAccounts; ++i)
    ASSERT_EQ(chain.state().orders.count_of(chain.state().find_account(trader(i))), 0U);
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

TEST_F(HostileLoad, a_batch_of_a_megabyte_is_refused_whole_and_a_block_of_one_is_run) {
  fund(10'000);
  PlaceOrders batch;
  batch.orders.assign(20'000, order_of(kBtc, Side::Buy, 590'000, 1'000, Tif::Alo));
  const VerifiedAction huge = chain.action(trader(0), batch);
  const Bytes encoded = encode_signed_action({huge.action, {}});
  EXPECT_GT(encoded.size(), 1'000'000U);
  EXPECT_FALSE(decode_signed_action(encoded).has_value());  // what peers and clients meet
  const std::uint64_t credits = chain.account(trader(0)).credits_used;
  const BlockResult refused = chain.block({}, {huge});
  EXPECT_FALSE(refused.results.at(0).ok);
  EXPECT_TRUE(refused.results.at(0).orders.empty());
  EXPECT_EQ(chain.account(trader(0)).credits_used, credits + 1);  // dex.md 5.4
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(trader(0))), 0U);

  // 200 accounts with 100 orders each, all that a batch may hold: more than a megabyte in one
  // block.
  batch.orders.resize(kBatchMax);
  std::vector<VerifiedAction> actions;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    actions.push_back(chain.action(trader(i), batch));
    bytes += encode_signed_action({actions.back().action, {}}).size();
  }
  EXPECT_GT(bytes, 1'000'000U);
  const BlockResult out = chain.block({}, std::move(actions));
  std::size_t resting = 0;
  for (const ActionResult& result : out.results)
    resting += static_cast<std::size_t>(
        std::ranges::count(result.orders, OrderResult::Kind::Resting, &OrderResult::kind));
  EXPECT_EQ(resting, 20'000U);
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

// ADR 40. Orders that fill whole or not at all and cannot: each looks at no more than it could
// meet, takes nothing from the block's matching and costs its sender credits.
TEST_F(HostileLoad, floods_of_all_or_nothing_orders_leave_others_their_matching) {
  rest_bids();
  PlaceOrders flood;
  flood.orders.assign(kBatchMax, order_of(kBtc, Side::Sell, 590'000, 5'000'000, Tif::Fok));
  std::vector<VerifiedAction> actions;
  std::vector<Address> senders;
  for (std::uint8_t i = 0; i < 11; ++i) {
    senders.push_back(user(static_cast<std::uint8_t>(100 + i)));
    chain.deposit(senders.back(), 1'000'000);
    actions.push_back(chain.action(senders.back(), flood));
  }
  const Order honest = order_of(kBtc, Side::Sell, 590'000, 100'000, Tif::Ioc);
  actions.push_back(chain.action(kMaker, place(honest)));
  const BlockResult out = chain.block({}, std::move(actions));
  for (std::size_t i = 0; i < senders.size(); ++i) {
    EXPECT_TRUE(std::ranges::all_of(out.results[i].orders, [](const OrderResult& result) {
      return result.kind == OrderResult::Kind::Error && result.error == Error::FokCancel;
    }));
    // A thousand makers are a family's part, ten thousand the block's.
    EXPECT_EQ(chain.account(senders[i]).credits_used, i < 10 ? 110U : 100U) << i;
  }
  EXPECT_EQ(out.results.back().orders.at(0).total_sz, 100'000U);
  // What can fill, fills.
  EXPECT_EQ(chain.order(kMaker, order_of(kBtc, Side::Sell, 590'000, 900'000, Tif::Fok)).total_sz,
            900'000U);
}

// What looks as if it could fill, but for a maker that may not.
TEST_F(HostileLoad, matching_that_is_taken_back_is_not_the_block_s) {
  const Address poor = user(31);
  const Address idle = user(32);
  chain.deposit(kMaker, 1'000'000);
  chain.deposit(idle, 1'000'000);
  chain.deposit(poor, 320);
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  for (int i = 0; i < 3; ++i)
    chain.order(idle, order_of(kEth, Side::Buy, 299'000, 1'000, Tif::Alo));
  chain.order(poor, order_of(kEth, Side::Buy, 299'000, 400, Tif::Alo));
  ASSERT_EQ(chain.order(poor, order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc)).total_sz,
            10'000U);
  chain.system({SetOracle{kBtc, 597'000}, SetParams{{{"fills_per_block_max", 5}}}});
  const Order all = order_of(kEth, Side::Sell, 299'000, 3'400, Tif::Fok);
  const Order honest = order_of(kEth, Side::Sell, 299'000, 3'000, Tif::Ioc);
  const BlockResult out =
      chain.block({}, {chain.action(kMaker, place(all)), chain.action(kMaker, place(all)),
                       chain.action(kMaker, place(all)), chain.action(kMaker, place(honest))});
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(out.results[i].orders.at(0).error, Error::FokCancel) << i;
  EXPECT_EQ(out.results[3].orders.at(0).total_sz, 3'000U);
}

TEST_F(HostileLoad, parents_that_fill_nothing_do_not_use_up_the_matching) {
  const Address other = user(32);
  chain.deposit(kMaker, 1'000'000);
  chain.deposit(other, 1'000'000);
  for (int i = 0; i < 4; ++i)
    chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  Order child = order_of(kBtc, Side::Sell, 590'000, 1'000);
  child.trigger = Trigger::StopMarket;
  child.trigger_px = 590'000;
  child.reduce_only = true;
  const PlaceOrders family{{order_of(kBtc, Side::Buy, 600'000, 1'000, Tif::Ioc), child},
                           Grouping::ParentChildren,
                           {},
                           0};
  chain.system({SetParams{{{"fills_per_block_max", 8}}}});
  const Order honest = order_of(kBtc, Side::Buy, 600'000, 4'000, Tif::Ioc);
  const BlockResult out =
      chain.block({}, {chain.action(kMaker, family), chain.action(kMaker, family),
                       chain.action(kMaker, family), chain.action(other, place(honest))});
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(out.results[i].orders.at(0).error, Error::IocCancel) << i;
  EXPECT_EQ(out.results[3].orders.at(0).total_sz, 4'000U);
}

// ADR 41: a withdrawal that cancels, sells and fails in the end.
TEST_F(HostileLoad, withdrawals_that_fail_leave_others_their_matching) {
  Params unlocked;
  unlocked.vault_lock_ms = 0;
  Chain own(unlocked);
  const Address leader = user(40);
  const Address leaver = user(41);
  const Address vault = vault_address(leader, 0);
  for (const Address& who : {kMaker, leader, leaver})
    own.deposit(who, 10'000);
  own.system({CreditSpot{kMaker, kOpenToken, 1'000'000'000'000},
              CreditSpot{kMaker, kUsdToken, 100'000'000'000'000}, SetOracle{kSpot, 1'000'000}});
  ASSERT_TRUE(own.act(leader, CreateVault{"v", "", 1'000'000'000}).ok);
  const VaultTransfer leave{vault, false, 1'000'000'000};
  ASSERT_TRUE(own.act(leaver, VaultTransfer{vault, true, 1'000'000'000}).ok);
  ASSERT_TRUE(own.act(leader, UsdClassTransfer{2'000'000'000, false}, vault).ok);
  own.order(kMaker, order_of(kSpot, Side::Sell, 1'000'000, 200'000, Tif::Alo));
  ASSERT_TRUE(
      own.act(leader, place(order_of(kSpot, Side::Buy, 1'000'000, 200'000, Tif::Ioc)), vault).ok);
  const std::vector<Order> asks(75, order_of(kSpot, Side::Sell, 1'100'000, 1'000, Tif::Alo));
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(own.act(leader, PlaceOrders{asks, Grouping::None, {}, 0}, vault).ok);
  for (int i = 0; i < 3; ++i)
    own.order(kMaker, order_of(kSpot, Side::Buy, 980'000, 1'100, Tif::Alo));
  own.system(
      {CreditSpot{user(50), kOpenToken, 100'000'000'000}, SetParams{{{"fills_per_block_max", 5}}}});
  const std::uint64_t credits = own.account(leaver).credits_used;
  const Order honest = order_of(kSpot, Side::Sell, 980'000, 3'300, Tif::Ioc);
  const BlockResult out = own.block({}, {own.action(leaver, leave), own.action(leaver, leave),
                                         own.action(user(50), place(honest))});
  EXPECT_EQ(out.results[0].error, Error::TransferTooLarge);
  EXPECT_EQ(out.results[1].error, Error::RateLimited);
  EXPECT_EQ(own.account(leaver).credits_used, credits + 3) << "150 orders were gone through once";
  EXPECT_EQ(out.results[2].orders.at(0).total_sz, 3'300U);
  EXPECT_EQ(own.state().orders.count_of(own.state().find_account(vault)), 150U);
}

}  // namespace
}  // namespace ol::exchange
