// The invariants of dex.md 20 over random actions, prices, restarts and undone blocks.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "exchange_fixture.hpp"
#include "invariants.hpp"
#include "margin.hpp"

namespace ol::exchange {
namespace {

using namespace test;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t n) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<std::uint64_t>((Uint128{z ^ (z >> 31)} * n) >> 64);
  }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// Traders who do anything at all, valid or not, around prices that move.
class Traders {
 public:
  explicit Traders(std::uint64_t seed) : random_(seed) {
    for (std::uint8_t i = 1; i <= kUsers; ++i) {
      chain_.system({CreditUsd{user(i), 5'000 * kDollar},
                     CreditSpot{user(i), kUsdToken, 1'000'000'000'000},
                     CreditSpot{user(i), kOpenToken, 1'000'000'000'000}});
    }
    chain_.system({CreditUsd{kBackstop, 2'000 * kDollar}, CreditUsd{kInsurance, 50 * kDollar}});
  }

  /// One block of random actions; the number of actions.
  std::size_t step() {
    std::vector<SystemAction> system;
    if (random_.chance(60)) system.push_back(SetOracle{kBtc, move(btc_, 10)});
    if (random_.chance(60)) system.push_back(SetOracle{kEth, move(eth_, 10)});
    std::array<std::vector<VerifiedAction>, 5> by_step;
    const std::size_t count = 1 + random_.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      VerifiedAction action = chain_.action(any_user(), any_body());
      by_step[static_cast<std::size_t>(step_of(action.action.body))].push_back(action);
    }
    std::vector<VerifiedAction> actions;
    for (const auto& list : by_step)
      actions.insert(actions.end(), list.begin(), list.end());
    const TimeMs after = random_.chance(5) ? 3'000'000 : 100 + random_.below(3'000);
    check_fills(chain_.block(std::move(system), std::move(actions), after));
    return count;
  }

  /// One block with one order of one user.
  std::pair<Address, Order> single(BlockResult& out) {
    const Address who = any_user();
    Order order = any_order();
    order.trigger = Trigger::None;
    out = chain_.block({}, {chain_.action(who, place(order))}, 50);
    return {who, order};
  }
  void new_prices() {
    chain_.system({SetOracle{kBtc, move(btc_, 10)}, SetOracle{kEth, move(eth_, 10)}});
  }
  [[nodiscard]] std::vector<Address> users() const {
    std::vector<Address> out;
    for (std::uint8_t i = 1; i <= kUsers; ++i)
      out.push_back(user(i));
    return out;
  }

  Chain& chain() { return chain_; }
  /// How often what happened, so that a run that tests nothing is seen.
  [[nodiscard]] const std::map<std::string, std::size_t>& counts() const { return counts_; }

 private:
  static constexpr std::uint8_t kUsers = 9;

  // Mostly small steps, at times a crash or a jump that breaks leveraged accounts.
  std::uint64_t move(std::uint64_t& px, std::uint64_t tick) {
    const std::uint64_t span = random_.chance(4) ? px / 4 : px / 300;
    px = px - span + random_.below(2 * span + 1);
    px = std::clamp<std::uint64_t>(px - px % tick, 50'000, 5'000'000);
    return px;
  }
  Address any_user() { return user(static_cast<std::uint8_t>(1 + random_.below(kUsers))); }
  AssetId any_asset() {
    const std::uint64_t pick = random_.below(10);
    return pick < 5 ? kBtc : (pick < 8 ? kEth : kSpot);
  }
  Side any_side() { return random_.chance(50) ? Side::Buy : Side::Sell; }

  Order any_order() {
    Order order;
    order.asset = any_asset();
    order.side = any_side();
    const std::uint64_t middle =
        order.asset == kBtc ? btc_ : (order.asset == kEth ? eth_ : 1'000'000);
    const std::uint64_t span = middle / 50;
    order.px = middle - span + random_.below(2 * span);
    if (order.asset != kSpot || random_.chance(2)) order.px -= order.px % 10;
    order.sz = random_.chance(2) ? random_.below(10) : 100 + random_.below(60'000);
    order.reduce_only = random_.chance(15);
    order.tif = static_cast<Tif>(1 + random_.below(4));
    order.stp = static_cast<Stp>(random_.below(4));
    if (random_.chance(10)) order.cloid.bytes[0] = static_cast<std::uint8_t>(random_.below(4));
    if (random_.chance(10)) {
      order.good_til = chain_.state().global().time + random_.below(20'000);
    }
    if (random_.chance(8)) {
      order.trigger = static_cast<Trigger>(1 + random_.below(4));
      order.trigger_px = order.px;
    }
    return order;
  }

  ActionBody any_orders() {
    PlaceOrders out;
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i)
      out.orders.push_back(any_order());
    if (random_.chance(5)) {
      Order child = out.orders.front();
      child.trigger = Trigger::StopMarket;
      child.side = opposite(child.side);
      child.reduce_only = true;
      child.trigger_px = child.px;
      out.orders.front().trigger = Trigger::None;
      out.orders.front().reduce_only = false;
      out.orders.resize(1);
      out.orders.push_back(child);
      child.trigger = Trigger::TakeProfitMarket;
      out.orders.push_back(child);
      out.grouping = Grouping::ParentChildren;
    }
    return out;
  }

  OrderId any_oid() { return OrderId(1 + random_.below(chain_.state().global().next_oid)); }

  // One of the user's own orders if there is one.
  OrderId recent_oid() {
    const std::uint64_t next = chain_.state().global().next_oid;
    return OrderId(next - std::min(next - 1, 1 + random_.below(30)));
  }

  ActionBody any_body() {
    switch (random_.below(24)) {
      case 0:
        return CancelOrders{{{any_asset(), recent_oid(), {}}, {any_asset(), any_oid(), {}}}};
      case 1:
        return CancelAll{random_.chance(50) ? kAllAssets : any_asset(),
                         static_cast<CancelSide>(random_.below(3))};
      case 2:
      case 3:
        return ModifyOrders{{{recent_oid(), {}, any_order()}}};
      case 4:
        return UpdateLeverage{any_asset(), random_.chance(50),
                              static_cast<std::uint32_t>(1 + random_.below(41))};
      case 5:
        return UsdClassTransfer{random_.below(3'000 * kDollar), random_.chance(50)};
      case 6:
        return UsdSend{any_user(), random_.below(1'000 * kDollar)};
      case 7:
        return SpotSend{any_user(), random_.chance(50) ? kUsdToken : kOpenToken,
                        random_.below(100'000'000'000)};
      case 8:
        return UpdateIsolatedMargin{
            random_.chance(50) ? kBtc : kEth,
            static_cast<std::int64_t>(random_.below(400'000'000)) - 200'000'000};
      case 9:
        return TwapOrder{any_asset(),        any_side(), 1'000 * (1 + random_.below(50)),
                         random_.chance(20), 5,          random_.chance(50)};
      case 10:
        return ScheduleCancel{chain_.state().global().time + random_.below(30'000)};
      case 11:
        return VaultTransfer{kBackstop, random_.chance(70), random_.below(500 * kDollar)};
      case 12:
        return ClaimRewards{};
      default:
        return any_orders();
    }
  }

  // dex.md 20.9 for what a block's events tell.
  void check_fills(const BlockResult& out) {
    for (const ActionResult& result : out.results) {
      ++counts_[result.ok ? "ok" : name(result.error)];
      for (const OrderResult& order : result.orders) {
        if (order.kind == OrderResult::Kind::Error) ++counts_[name(order.error)];
      }
    }
    for (const Event& event : out.events) {
      if (const auto* cancel = std::get_if<CancelEvent>(&event)) ++counts_[name(cancel->reason)];
      if (const auto* step = std::get_if<LiquidationEvent>(&event)) {
        ++counts_["liquidation " + std::to_string(static_cast<int>(step->method))];
        if (step->method == LiquidationEvent::Method::Adl && step->usd > 0) ++counts_["bad debt"];
      }
      if (std::holds_alternative<FundingEvent>(event)) ++counts_["funding"];
      if (const auto* fill = std::get_if<FillEvent>(&event)) {
        ++counts_["fill " + std::to_string(static_cast<int>(fill->kind))];
        EXPECT_NE(fill->taker, fill->maker) << "20.9 self-trade";
        EXPECT_GT(fill->sz, 0U);
      }
      if (const auto* alert = std::get_if<AlertEvent>(&event)) {
        EXPECT_NE(alert->kind, AlertEvent::Kind::MarketHalted);
      }
    }
  }

  Chain chain_;
  Random random_;
  std::map<std::string, std::size_t> counts_;
  std::uint64_t btc_ = 600'000;
  std::uint64_t eth_ = 300'000;
};

/// Blocks from the environment for longer runs: OL_EXCHANGE_BLOCKS, OL_EXCHANGE_SEED.
std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Dex20Invariants, hold_after_every_block_of_random_actions) {
  const std::uint64_t seed = from_environment("OL_EXCHANGE_SEED", 1);
  const std::uint64_t blocks = from_environment("OL_EXCHANGE_BLOCKS", 3'000);
  std::size_t actions = 0;
  Traders traders(seed);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    actions += traders.step();
    const std::string bad = broken_invariant(traders.chain().state());
    ASSERT_EQ(bad, "") << "seed " << seed << ", block " << i;
    if (i % 200 == 199) traders.chain().restart();
    ASSERT_EQ(broken_invariant(traders.chain().state()), "") << "after the restart at block " << i;
  }
  std::cout << actions << " actions in " << blocks << " blocks, seed " << seed << "\n";
  for (const auto& [what, count] : traders.counts())
    std::cout << "  " << what << ": " << count << "\n";
  for (const char* what : {"fill 0", "fill 1", "fill 2", "fill 3", "liquidation 4", "funding",
                           "marginCanceled", "reduceOnlyCanceled", "selfTradeCanceled", "ok"}) {
    EXPECT_TRUE(traders.counts().contains(what)) << what << " never happened";
  }
}

// dex.md 20.13: restore plus replay against the straight run.
TEST(Dex20Invariants, a_restarted_engine_goes_on_exactly_as_one_that_ran_through) {
  Traders straight(7);
  Traders restarted(7);
  for (int i = 0; i < 300; ++i) {
    straight.step();
    restarted.step();
    if (i % 7 == 0) restarted.chain().restart();
    if (i % 20 != 0) continue;
    ASSERT_EQ(straight.chain().engine().records(), restarted.chain().engine().records()) << i;
  }
}

TEST(Dex20Invariants, an_undone_block_leaves_no_trace) {
  Traders traders(11);
  traders.chain().keep_blocks_open();
  for (int i = 0; i < 150; ++i) {
    traders.step();
    const StateRecords before = traders.chain().engine().records();
    const BlockInput base = traders.chain().last_block();
    traders.step();
    const StateRecords after = traders.chain().engine().records();
    const BlockInput again = traders.chain().last_block();
    traders.chain().engine().undo_block();
    ASSERT_EQ(traders.chain().engine().records(), before) << "block " << base.height;
    static_cast<void>(traders.chain().engine().execute(again));
    ASSERT_EQ(traders.chain().engine().records(), after) << "block " << again.height;
    if (i % 3 == 0) traders.chain().engine().commit_block();
  }
}

// What an account is worth and holds in one market.
struct Standing {
  Bucket bucket;
  Int128 free = 0;
  PerpState perp;
};

Standing standing(const State& state, const Address& address, AssetId asset) {
  const AccountIndex account = state.find_account(address);
  const MarketIndex market = state.find_market(asset);
  return {bucket_of(state, account, market), free_margin(state, account),
          state.perp_or_default(account, market)};
}

// dex.md 20.9 to 20.11, order by order at prices that stand still.
TEST(Dex20Invariants, no_order_breaks_margin_or_its_own_terms) {
  Traders traders(from_environment("OL_EXCHANGE_SEED", 17));
  const std::uint64_t orders = from_environment("OL_EXCHANGE_ORDERS", 4'000);
  std::size_t raised = 0;
  std::size_t reduced = 0;
  for (std::uint64_t i = 0; i < orders; ++i) {
    if (i % 40 == 0) traders.new_prices();
    const State& state = traders.chain().state();
    std::map<std::pair<Address, AssetId>, Standing> before;
    for (const Address& who : traders.users()) {
      before[{who, kBtc}] = standing(state, who, kBtc);
      before[{who, kEth}] = standing(state, who, kEth);
    }
    const auto marks =
        std::pair(traders.chain().market(kBtc).mark, traders.chain().market(kEth).mark);
    BlockResult out;
    const auto [who, order] = traders.single(out);
    const bool liquidated = std::ranges::any_of(out.events, [](const Event& event) {
      return std::holds_alternative<LiquidationEvent>(event) ||
             std::holds_alternative<FundingEvent>(event);
    });
    const bool same_marks =
        marks == std::pair(traders.chain().market(kBtc).mark, traders.chain().market(kEth).mark);
    if (liquidated || !same_marks || order.asset == kSpot) continue;
    const OrderResult& result = out.results.at(0).orders.at(0);
    const Standing& then = before[{who, order.asset}];
    const Standing now = standing(state, who, order.asset);
    // A fill that makes the position smaller follows 8.8 b, even where the account's resting orders
    // then expose it more.
    const bool grew = abs128(now.perp.szi) > abs128(then.perp.szi) ||
                      now.perp.buy_lots > then.perp.buy_lots ||
                      now.perp.sell_lots > then.perp.sell_lots;
    if (grew && exposure(now.perp) > exposure(then.perp)) {
      EXPECT_GE(now.free, 0) << "20.10, order " << i;
      ++raised;
    }
    if (order.reduce_only) {
      EXPECT_LE(abs128(now.perp.szi), abs128(then.perp.szi)) << "20.9 reduce-only, order " << i;
      reduced += now.perp.szi != then.perp.szi ? 1 : 0;
    }
    if (order.tif == Tif::Alo) EXPECT_EQ(result.total_sz, 0U) << "20.9 ALO, order " << i;
    if (order.tif == Tif::Fok && result.kind != OrderResult::Kind::Error) {
      EXPECT_EQ(result.total_sz, order.sz) << "20.9 FOK, order " << i;
    }
    const bool never_rests = order.tif == Tif::Ioc || order.tif == Tif::Fok;
    if (never_rests) EXPECT_NE(result.kind, OrderResult::Kind::Resting) << "20.9, order " << i;
    for (const Event& event : out.events) {
      const auto* fill = std::get_if<FillEvent>(&event);
      if (fill == nullptr) continue;
      for (const Address& party : {fill->taker, fill->maker}) {
        const Standing& was = before[{party, fill->asset}];
        const Standing is = standing(state, party, fill->asset);
        if (was.bucket.av >= 0) EXPECT_GE(is.bucket.av, 0) << "20.11, order " << i;
      }
    }
  }
  EXPECT_GT(raised, 200U);
  EXPECT_GT(reduced, 10U);
}

// The diffs alone rebuild the state.
TEST(Dex20Invariants, diffs_add_up_to_the_state) {
  Traders traders(13);
  StateRecords records = traders.chain().engine().records();
  traders.chain().keep_blocks_open();
  for (int i = 0; i < 150; ++i) {
    traders.step();
    const BlockInput block = traders.chain().last_block();
    traders.chain().engine().undo_block();
    const BlockResult out = traders.chain().engine().execute(block);
    apply_diff(records, out.diff);
    ASSERT_EQ(records, traders.chain().engine().records()) << "block " << i;
  }
}

}  // namespace
}  // namespace ol::exchange
