// Resting reduce-only orders never add up to more than the position: dex.md 4.6, ADR 42.
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

class Dex46ReduceOnly : public DexSteps {
 protected:
  void SetUp() override {
    DexSteps::SetUp();
    open(10'000);  // A is long, B short
  }
  static Order closing(std::uint64_t px, std::uint64_t sz, Tif tif = Tif::Alo) {
    Order out = order_of(kBtc, Side::Sell, px, sz, tif);
    out.reduce_only = true;
    return out;
  }
  // Sizes of A's resting orders, oldest first.
  [[nodiscard]] std::vector<std::uint64_t> resting() const {
    std::vector<std::uint64_t> out;
    const State& s = chain.state();
    for (const OrderId oid : s.orders.orders_of(s.find_account(kA)))
      out.push_back(s.orders[s.orders.find(oid)].sz);
    return out;
  }
  [[nodiscard]] std::vector<CancelReason> reasons() const {
    std::vector<CancelReason> out;
    for (const CancelEvent& event : chain.events_of<CancelEvent>())
      out.push_back(event.reason);
    return out;
  }
  // A trades with B, who bids and offers at 600,000.
  void trade(Side side, std::uint64_t sz) {
    chain.order(kB, order_of(kBtc, opposite(side), 600'000, sz, Tif::Alo));
    ASSERT_EQ(chain.order(kA, order_of(kBtc, side, 600'000, sz, Tif::Ioc)).total_sz, sz);
  }

  using Sizes = std::vector<std::uint64_t>;
};

TEST_F(Dex46ReduceOnly, orders_rest_with_what_the_position_has_left_for_them) {
  EXPECT_EQ(chain.order(kA, closing(610'000, 6'000)).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(chain.order(kA, closing(620'000, 6'000)).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(resting(), (Sizes{6'000, 4'000}));
  EXPECT_EQ(chain.order(kA, closing(630'000, 6'000)).error, Error::ReduceOnly);
  EXPECT_EQ(chain.order(kA, closing(630'000, 6'000, Tif::Gtc)).error, Error::ReduceOnly);
  EXPECT_EQ(chain.order(kA, order_of(kBtc, Side::Sell, 630'000, 6'000)).kind,
            OrderResult::Kind::Resting)
      << "one with margin of its own";
}

TEST_F(Dex46ReduceOnly, a_position_that_shrinks_takes_the_newest_along) {
  for (const std::uint64_t px : {610'000U, 620'000U, 630'000U})
    ASSERT_EQ(chain.order(kA, closing(px, 3'000)).kind, OrderResult::Kind::Resting);
  trade(Side::Sell, 1'000);
  EXPECT_EQ(resting(), (Sizes{3'000, 3'000, 3'000}));
  trade(Side::Sell, 4'000);
  EXPECT_EQ(resting(), (Sizes{3'000, 2'000}));
  EXPECT_EQ(reasons(), (std::vector{CancelReason::ReduceOnlyCanceled}));
  trade(Side::Sell, 5'000);
  EXPECT_EQ(resting(), Sizes{});
}

TEST_F(Dex46ReduceOnly, one_cut_short_keeps_its_place) {
  ASSERT_EQ(chain.order(kA, closing(610'000, 10'000)).kind, OrderResult::Kind::Resting);
  chain.order(kB, order_of(kBtc, Side::Sell, 610'000, 500, Tif::Alo));
  trade(Side::Sell, 4'000);
  EXPECT_EQ(resting(), (Sizes{6'000}));
  chain.deposit(user(3), 100'000);
  ASSERT_EQ(chain.order(user(3), order_of(kBtc, Side::Buy, 610'000, 1'000, Tif::Ioc)).total_sz,
            1'000U);
  EXPECT_EQ(resting(), (Sizes{5'000}));
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 5'000);
}

TEST_F(Dex46ReduceOnly, a_position_that_turns_leaves_none) {
  ASSERT_EQ(chain.order(kA, closing(610'000, 3'000)).kind, OrderResult::Kind::Resting);
  trade(Side::Sell, 15'000);
  ASSERT_EQ(chain.perp(kA, kBtc).szi, -5'000);
  EXPECT_EQ(resting(), Sizes{});
  EXPECT_EQ(reasons(), (std::vector{CancelReason::ReduceOnlyCanceled}));
}

TEST_F(Dex46ReduceOnly, a_maker_s_fill_shrinks_the_position_too) {
  ASSERT_EQ(chain.order(kA, closing(620'000, 10'000)).kind, OrderResult::Kind::Resting);
  ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Sell, 610'000, 4'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  ASSERT_EQ(chain.order(kB, order_of(kBtc, Side::Buy, 610'000, 4'000, Tif::Ioc)).total_sz, 4'000U);
  EXPECT_EQ(resting(), (Sizes{6'000}));
}

TEST_F(Dex46ReduceOnly, whoever_is_covered_may_still_take) {
  ASSERT_EQ(chain.order(kA, closing(620'000, 10'000)).kind, OrderResult::Kind::Resting);
  chain.order(kB, order_of(kBtc, Side::Buy, 600'000, 4'000, Tif::Alo));
  const OrderResult out = chain.order(kA, closing(600'000, 9'000, Tif::Gtc));
  EXPECT_EQ(out.kind, OrderResult::Kind::Filled);
  EXPECT_EQ(out.total_sz, 4'000U);
  EXPECT_EQ(resting(), (Sizes{6'000}));
  EXPECT_EQ(reasons(), (std::vector{CancelReason::ReduceOnlyCanceled}));
}

TEST_F(Dex46ReduceOnly, orders_that_could_not_trade_are_no_price) {
  // A small position and bids and offers for a thousand times of it.
  chain.order(kA, closing(600'010, 10'000'000));
  Order bid = order_of(kBtc, Side::Buy, 599'990, 10'000'000, Tif::Alo);
  bid.reduce_only = true;
  chain.order(kB, bid);
  const Book& book = chain.state().orders.book(chain.state().find_market(kBtc));
  EXPECT_EQ(book.level(Side::Sell, 60'001)->total_sz, 10'000U);
  EXPECT_EQ(book.level(Side::Buy, 59'999)->total_sz, 10'000U);
  trade(Side::Sell, 10'000);
  EXPECT_FALSE(book.best_tick(Side::Sell));
  EXPECT_FALSE(book.best_tick(Side::Buy)) << "B's position is gone as well";
}

TEST_F(Dex46ReduceOnly, a_restart_and_a_block_undone_know_them) {
  ASSERT_EQ(chain.order(kA, closing(610'000, 8'000)).kind, OrderResult::Kind::Resting);
  chain.restart();
  ASSERT_EQ(chain.order(kA, closing(620'000, 8'000)).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(resting(), (Sizes{8'000, 2'000}));
  chain.keep_blocks_open();
  trade(Side::Sell, 9'000);
  EXPECT_EQ(resting(), (Sizes{1'000}));
  chain.engine().undo_block();
  EXPECT_EQ(resting(), (Sizes{8'000, 2'000}));
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

TEST_F(Dex46ReduceOnly, a_position_that_the_backstop_vault_takes_over_counts_at_once) {
  chain.system({CreditUsd{kBackstop, 100'000 * kDollar}, CreditUsd{kInsurance, 10'000 * kDollar}});
  const auto trades = [&](const Address& who, std::int64_t dollars, Side side, std::uint64_t px,
                          std::uint64_t sz) {
    chain.deposit(who, dollars);
    chain.order(kB, order_of(kBtc, opposite(side), px, sz, Tif::Alo));
    ASSERT_EQ(chain.order(who, order_of(kBtc, side, px, sz, Tif::Ioc)).total_sz, sz);
  };
  trades(user(4), 700, Side::Buy, 600'000, 20'000);
  chain.oracle(kBtc, 567'000);
  ASSERT_EQ(chain.perp(kBackstop, kBtc).szi, 20'000);
  ASSERT_EQ(chain.perp(kBackstop, kBtc).reduce_lots, -20'000) << "its offer";
  trades(user(5), 1'050, Side::Sell, 566'990, 30'000);
  chain.oracle(kBtc, 640'000);  // beyond the band of that offer
  ASSERT_EQ(chain.perp(kBackstop, kBtc).szi, -10'000);
  const auto cancels = chain.events_of<CancelEvent>();
  ASSERT_EQ(cancels.size(), 1U);
  EXPECT_EQ(cancels[0].account, kBackstop);
  EXPECT_EQ(cancels[0].reason, CancelReason::ReduceOnlyCanceled);
}

}  // namespace
}  // namespace ol::exchange
