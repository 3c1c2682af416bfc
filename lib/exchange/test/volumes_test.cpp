// What families of accounts traded (dex.md 9.3 to 9.5, 13.1), prices that are too old to count
// (10.2, 10.5), the token that is none.
#include <limits>

#include "fill.hpp"
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

class Dex9Families : public DexSteps {
 protected:
  void SetUp() override {
    DexSteps::SetUp();
    ASSERT_TRUE(chain.act(kA, CreateSubAccount{"s"}).ok);
    ASSERT_TRUE(chain.act(kA, SubAccountTransfer{kSub, true, true, {}, 50'000'000'000}).ok);
  }
  // The sub-account trades `dollars` at 60,000.
  void trade(std::uint64_t dollars) {
    chain.order(kB, order_of(kBtc, Side::Sell, 600'000, dollars * 5 / 3, Tif::Alo));
    ASSERT_TRUE(
        chain.act(kA, place(order_of(kBtc, Side::Buy, 600'000, dollars * 5 / 3, Tif::Ioc)), kSub)
            .ok);
  }
  const Address kSub = sub_account_address(kA, 0);
};

TEST_F(Dex9Families, count_for_a_code) {
  trade(9'000);
  EXPECT_EQ(chain.act(kA, RegisterReferralCode{"A"}).error, Error::BadReferral);
  trade(1'200);
  EXPECT_TRUE(chain.act(kA, RegisterReferralCode{"A"}).ok);
  EXPECT_EQ(chain.account(kA).volume, 0U) << "its own";
  EXPECT_EQ(chain.account(kSub).volume, 10'200'000'000U);
}

TEST_F(Dex9Families, count_against_taking_a_referrer) {
  trade(12'000);
  ASSERT_TRUE(chain.act(kB, RegisterReferralCode{"B"}).ok);
  EXPECT_EQ(chain.act(kA, SetReferrer{"B"}).error, Error::BadReferral);
}

TEST_F(Dex9Families, count_against_what_referrals_give) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 30'000, Tif::Alo));
  chain.deposit(user(3), 100'000);
  chain.order(user(3), order_of(kBtc, Side::Buy, 600'000, 30'000, Tif::Ioc));
  ASSERT_TRUE(chain.act(kB, RegisterReferralCode{"B"}).ok);
  ASSERT_TRUE(chain.act(kA, SetReferrer{"B"}).ok);

  // As much as the family may trade at a discount, by its sub-account alone.
  chain.restart();

  const AccountIndex sub = chain.state().find_account(kSub);
  EXPECT_EQ(rate_of(chain.state(), sub, false, true), 432'000);
  State& changed = const_cast<State&>(chain.state());
  changed.stats.edit(chain.state().find_account(kA)).total = 25'000'000ULL * 1'000'000;
  EXPECT_EQ(rate_of(chain.state(), sub, false, true), 450'000);
  EXPECT_EQ(rate_of(chain.state(), chain.state().find_account(kA), false, true), 450'000);
}

TEST_F(Dex9Families, volumes_stop_at_their_end) {
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  State& state = const_cast<State&>(chain.state());
  state.accounts.edit(state.find_account(kSub)).volume = kEnd - 5;
  state.stats.edit(state.find_account(kA)).total = kEnd - 5;
  trade(9'000);
  EXPECT_EQ(chain.account(kSub).volume, kEnd);
  EXPECT_EQ(family_volume(state, state.find_account(kSub)), Int128{kEnd});
}

TEST_F(Dex9Families, are_known_after_a_restart) {
  trade(9'000);
  const StateRecords before = chain.engine().records();
  chain.restart();
  EXPECT_EQ(chain.engine().records(), before);
  trade(1'200);
  EXPECT_TRUE(chain.act(kA, RegisterReferralCode{"A"}).ok);
}

using Dex10Ages = DexSteps;

TEST_F(Dex10Ages, averages_of_a_book_that_has_been_empty_for_an_hour_are_none) {
  const Order bid = order_of(kBtc, Side::Buy, 611'000, 1'000, Tif::Alo);
  const OrderResult low = chain.order(kA, bid);
  const OrderResult high = chain.order(kB, order_of(kBtc, Side::Sell, 613'000, 1'000, Tif::Alo));
  for (int i = 0; i < 300; ++i)
    chain.oracle(kBtc, 600'000, 1'000);
  ASSERT_GT(chain.market(kBtc).mark, 610'000U);
  chain.act(kA, CancelOrders{{{kBtc, low.oid, {}}}});
  chain.act(kB, CancelOrders{{{kBtc, high.oid, {}}}});
  chain.oracle(kBtc, 600'000, 3'590'000);
  EXPECT_GT(chain.market(kBtc).mark, 610'000U);
  chain.oracle(kBtc, 600'000, 20'000);
  EXPECT_EQ(chain.market(kBtc).mark, 600'000U);
}

TEST_F(Dex10Ages, what_validators_said_of_a_perp_is_forgotten) {
  chain.system({OracleSubmit{0, 1, {{kBtc, 600'000, 610'000}}}});
  EXPECT_EQ(chain.market(kBtc).mark, 610'000U);
  chain.oracle(kBtc, 600'000, 9'000);
  EXPECT_EQ(chain.market(kBtc).mark, 610'000U);
  chain.oracle(kBtc, 600'000, 2'000);
  EXPECT_EQ(chain.market(kBtc).mark, 600'000U);
}

TEST_F(Dex10Ages, pairs_have_prices_of_validators_too) {
  chain.system({OracleSubmit{0, 1, {{kSpot, 1'000'000, 0}}}});
  EXPECT_EQ(chain.market(kSpot).oracle, 1'000'000U);
}

TEST_F(Dex10Ages, no_token_has_the_number_that_stands_for_perp_cash) {
  EXPECT_FALSE(chain.block({ListToken{kPerpRewards, "X", 2, 8}}, {}).system_ok.at(0));
  EXPECT_TRUE(chain.block({ListToken{TokenId{0xffff'fffe}, "X", 2, 8}}, {}).system_ok.at(0));
}

}  // namespace
}  // namespace ol::exchange
