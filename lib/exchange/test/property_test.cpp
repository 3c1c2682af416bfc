// The invariants of dex.md 20 over random actions, prices, restarts and undone blocks.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "invariants.hpp"
#include "margin.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

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
  const Tally& tally = traders.tally();
  tally.print(std::cout);
  for (const FillKind kind :
       {FillKind::Trade, FillKind::Liquidation, FillKind::Backstop, FillKind::Adl})
    EXPECT_GT(tally.fills(kind), 0U) << static_cast<int>(kind);
  for (const CancelReason reason : {CancelReason::MarginCanceled, CancelReason::ReduceOnlyCanceled,
                                    CancelReason::SelfTradeCanceled})
    EXPECT_GT(tally.cancels(reason), 0U) << name(reason);
  EXPECT_GT(tally.liquidations(LiquidationEvent::Method::Adl), 0U);
  EXPECT_GT(tally.fundings(), 0U);
  EXPECT_GT(tally.succeeded(), 0U);
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
