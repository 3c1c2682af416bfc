// Walls of small orders before a liquidation (dex.md 12.3, ADR 42), and what its makers are paid.
#include "margin.hpp"
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

constexpr std::uint32_t kFills = 5;
const Address kLong = user(5);
const Address kDeep = user(6);

Params few_fills() {
  Params out;
  out.fills_per_order_max = kFills;
  return out;
}

class Dex12Walls : public testing::Test {
 protected:
  void SetUp() override {
    chain.deposit(kA, 10'000'000);
    chain.deposit(kDeep, 10'000'000);
    chain.deposit(kLong, 1'650);  // for 0.5 BTC at 20x
    chain.system({CreditUsd{kBackstop, 1'000'000 * kDollar}});
    chain.order(kA, order_of(kBtc, Side::Sell, 600'000, kSize, Tif::Alo));
    ASSERT_EQ(chain.order(kLong, order_of(kBtc, Side::Buy, 600'000, kSize, Tif::Ioc)).total_sz,
              kSize);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  void wall(std::size_t orders, std::uint64_t px) {
    PlaceOrders body;
    body.orders.assign(orders, order_of(kBtc, Side::Buy, px, kSmall, Tif::Alo));
    ASSERT_TRUE(chain.act(kA, body).ok);
  }
  [[nodiscard]] std::int64_t held() const { return chain.perp(kLong, kBtc).szi; }
  [[nodiscard]] Bucket bucket() const {
    return cross_bucket(chain.state(), chain.state().find_account(kLong));
  }

  static constexpr std::uint64_t kSize = 50'000;
  static constexpr std::uint64_t kSmall = 20;  // 12 dollars
  Chain chain{few_fills()};
};

TEST_F(Dex12Walls, a_wall_of_small_orders_does_not_send_a_bucket_to_the_vault) {
  wall(3 * kFills, 570'000);
  chain.order(kDeep, order_of(kBtc, Side::Buy, 569'500, kSize, Tif::Alo));
  chain.oracle(kBtc, 569'000);
  ASSERT_GE(bucket().av, 0);
  ASSERT_LT(3 * bucket().av, 2 * bucket().mm) << "the vault would take it";
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 0);
  EXPECT_EQ(held(), static_cast<std::int64_t>(kSize - kFills * kSmall));
  // Block by block through the wall, then into the depth behind it.
  for (std::uint64_t block = 2; block <= 3; ++block) {
    chain.system({});
    EXPECT_EQ(held(), static_cast<std::int64_t>(kSize - block * kFills * kSmall));
  }
  chain.system({});
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, 0);
}

TEST_F(Dex12Walls, one_that_is_built_again_each_block_holds_up_nobody_who_is_bankrupt) {
  wall(kFills + 1, 570'000);
  chain.oracle(kBtc, 569'000);
  std::int64_t before = held();
  for (int block = 0; block < 5; ++block) {
    wall(kFills + 1, 570'000);
    EXPECT_LE(held(), before - std::int64_t{kFills * kSmall}) << "each block brings it forward";
    before = held();
  }
  EXPECT_GT(held(), 0);
  chain.system({CreditUsd{kInsurance, 10'000 * kDollar}});
  wall(4 * kFills, 570'000);
  chain.oracle(kBtc, 560'000);  // worth less than nothing
  EXPECT_EQ(held(), 0);
}

TEST_F(Dex12Walls, without_one_the_ladder_is_as_it_was) {
  wall(kFills - 1, 570'000);
  chain.oracle(kBtc, 569'000);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(chain.perp(kBackstop, kBtc).szi, static_cast<std::int64_t>(kSize - 4 * kSmall));
}

// A liquidation at the bankruptcy price leaves no fee, and makers earn rebates.
class Dex9Rebates : public DexSteps {
 protected:
  void earn_rebates() {
    for (const Side side : {Side::Buy, Side::Sell}) {
      chain.order(kB, order_of(kBtc, opposite(side), 600'000, 30'000, Tif::Alo));
      chain.order(kA, order_of(kBtc, side, 600'000, 30'000, Tif::Ioc));
    }
    chain.system({SetOracle{kBtc, 600'000}}, 86'400'000);
    ASSERT_LT(chain.account(kB).perp_rates.maker, 0);
  }
  // One of 50,000 lots with little beside it.
  void open_long() {
    const Address late = user(5);
    chain.deposit(late, 1'650);
    chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 50'000, Tif::Alo));
    ASSERT_EQ(chain.order(late, order_of(kBtc, Side::Buy, 600'000, 50'000, Tif::Ioc)).total_sz,
              50'000U);
  }
};

TEST_F(Dex9Rebates, of_a_liquidation_come_out_of_its_own_fee) {
  earn_rebates();
  open_long();
  chain.order(kB, order_of(kBtc, Side::Buy, 567'270, 50'000, Tif::Alo));
  const std::int64_t pool = chain.account(kFeePool).raw_usd;
  const std::int64_t maker = chain.account(kB).raw_usd;
  chain.oracle(kBtc, 569'000);
  const auto fills = chain.events_of<FillEvent>();
  ASSERT_EQ(fills.size(), 1U);
  ASSERT_EQ(fills[0].kind, FillKind::Liquidation);
  ASSERT_EQ(fills[0].px, 567'270U);
  EXPECT_LT(fills[0].taker_fee, fee_of(notional(567'270, 50'000), 30'000)) << "nearly nothing";
  EXPECT_LE(-fills[0].maker_fee, fills[0].taker_fee);
  EXPECT_GE(chain.account(kFeePool).raw_usd, pool);
  EXPECT_EQ(Int128{chain.account(kB).raw_usd},
            Int128{maker} - notional(567'270, 50'000) - fills[0].maker_fee);
}

TEST_F(Dex9Rebates, are_whole_where_the_fee_covers_them) {
  earn_rebates();
  open_long();
  chain.order(kB, order_of(kBtc, Side::Buy, 571'000, 50'000, Tif::Alo));
  chain.oracle(kBtc, 571'000);
  const auto fills = chain.events_of<FillEvent>();
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_EQ(fills[0].maker_fee, fee_of(notional(571'000, 50'000), -30'000));
}

}  // namespace
}  // namespace ol::exchange
