// dex.md 7.3: the first 50 blocks after an upgrade height are post-only.
#include "exchange_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

constexpr std::uint64_t kUpgrade = 40;

class Dex73Upgrade : public testing::Test {
 protected:
  Dex73Upgrade() : chain(upgrades()) {
    for (std::uint8_t i = 1; i <= 2; ++i)
      chain.deposit(user(i), 100'000);
    chain.system({CreditSpot{user(1), kUsdToken, 1'000'000'000'000}});
  }
  static Params upgrades() {
    Params out;
    out.upgrade_heights = {kUpgrade, 200};
    return out;
  }
  // The next block is the one at `height`; prices stay fresh.
  void advance_to(std::uint64_t height) {
    while (chain.state().global().height + 1 < height)
      chain.system({SetOracle{kBtc, 600'000}});
  }
  Error error(Side side, Tif tif, AssetId asset = kBtc, std::uint64_t px = 600'000) {
    const OrderResult out = chain.order(user(1), order_of(asset, side, px, 1'000, tif));
    return out.kind == OrderResult::Kind::Error ? out.error : Error{};
  }
  Chain chain;
};

TEST_F(Dex73Upgrade, takers_are_refused_from_its_height_for_50_blocks_in_every_market) {
  for (const std::uint64_t first : {kUpgrade, std::uint64_t{200}}) {
    advance_to(first - 1);
    EXPECT_EQ(error(Side::Buy, Tif::Ioc), Error::IocCancel);
    ASSERT_EQ(chain.state().global().height, first - 1);
    EXPECT_EQ(error(Side::Buy, Tif::Ioc), Error::PostOnlyPeriod);
    EXPECT_EQ(error(Side::Buy, Tif::Gtc), Error::PostOnlyPeriod);
    EXPECT_EQ(error(Side::Buy, Tif::Fok), Error::PostOnlyPeriod);
    EXPECT_EQ(error(Side::Buy, Tif::Gtc, kSpot, 1'000'000), Error::PostOnlyPeriod);
    advance_to(first + 49);
    EXPECT_EQ(error(Side::Buy, Tif::Ioc), Error::PostOnlyPeriod);
    ASSERT_EQ(chain.state().global().height, first + 49);
    EXPECT_EQ(error(Side::Buy, Tif::Ioc), Error::IocCancel);
  }
}

TEST_F(Dex73Upgrade, admits_cancels_alo_and_reduce_only_ioc) {
  chain.order(user(2), order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  chain.order(user(1), order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc));
  advance_to(kUpgrade);
  const OrderResult bid =
      chain.order(user(2), order_of(kBtc, Side::Buy, 599'000, 10'000, Tif::Alo));
  EXPECT_EQ(bid.kind, OrderResult::Kind::Resting);
  Order reduce = order_of(kBtc, Side::Sell, 599'000, 4'000, Tif::Ioc);
  reduce.reduce_only = true;
  EXPECT_EQ(chain.order(user(1), reduce).total_sz, 4'000U);
  const ActionResult cancel = chain.act(user(2), CancelOrders{{{kBtc, bid.oid, {}}}});
  EXPECT_NE(cancel.orders.at(0).kind, OrderResult::Kind::Error);
}

TEST_F(Dex73Upgrade, chain_without_upgrade_heights_never_pauses) {
  const Params plain;
  for (std::uint64_t height = 0; height < 200; ++height)
    EXPECT_FALSE(plain.follows_upgrade(height));
}

}  // namespace
}  // namespace ol::exchange
