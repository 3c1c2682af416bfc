// Isolated positions whose proceeds do not cover what ends them: dex.md 8.5, 8.8 and 20.5.
#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

class Dex85 : public testing::Test {
 protected:
  Dex85() {
    chain.deposit(user(1), 10'000);
    chain.deposit(user(2), 1'000'000);
    chain.act(user(1), UpdateLeverage{kBtc, false, 40});
    chain.order(user(2), order_of(kBtc, Side::Sell, 600'000, 100'000, Tif::Alo));
    chain.order(user(1), order_of(kBtc, Side::Buy, 600'000, 100'000, Tif::Ioc));
    // All else leaves the account.
    const auto rest = static_cast<std::uint64_t>(chain.account(user(1)).raw_usd);
    EXPECT_TRUE(chain.act(user(1), UsdClassTransfer{rest, false}).ok);
  }
  // What the bucket is worth per lot below the mark, so that a sale there leaves `left`.
  std::uint64_t px_leaving(std::int64_t left) {
    const Int128 raw = chain.perp(user(1), kBtc).iso_raw;
    return must_u64(ceil_div(left - raw, Int128{100'000} * 10) * 10);
  }
  OrderResult sell(std::uint64_t px, std::uint64_t sz) {
    chain.order(user(2), order_of(kBtc, Side::Buy, px, sz, Tif::Alo));
    return chain.order(user(1), order_of(kBtc, Side::Sell, px, sz, Tif::Ioc));
  }
  Chain chain;
};

TEST_F(Dex85, a_closing_fill_must_leave_its_fee) {
  const std::uint64_t px = px_leaving(1);
  const OrderResult refused = sell(px, 100'000);
  EXPECT_EQ(refused.total_sz, 0U);
  EXPECT_GE(chain.account(user(1)).raw_usd, 0);
  EXPECT_EQ(broken_invariant(chain.state()), "");
  // 0.045 % of 58,500 dollars are 26.33.
  EXPECT_EQ(sell(px_leaving(30 * kDollar), 100'000).total_sz, 100'000U);
  EXPECT_GE(chain.account(user(1)).raw_usd, 0);
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

TEST_F(Dex85, a_fill_that_turns_the_position_must_pay_its_margin) {
  sell(px_leaving(300 * kDollar), 190'000);
  EXPECT_GE(chain.account(user(1)).raw_usd, 0);
  EXPECT_EQ(broken_invariant(chain.state()), "");
}

}  // namespace
}  // namespace ol::exchange
