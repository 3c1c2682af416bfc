// docs/adr/0040: what makes a record for good costs money.
#include "steps_fixture.hpp"

namespace ol::exchange {
namespace {

using namespace test;

class StatePrice : public DexSteps {
 protected:
  Error code(const Address& signer, ActionBody body) {
    const ActionResult out = chain.act(signer, std::move(body));
    return out.ok ? Error{} : out.error;
  }
  void give_spot(const Address& who, std::uint64_t micro_dollars) {
    chain.system({CreditSpot{who, kUsdToken, micro_dollars * kWeiPerUsd}});
  }
  [[nodiscard]] std::int64_t pool() const {
    return chain.account(kFeePool).raw_usd +
           static_cast<std::int64_t>(chain.balance(kFeePool, kUsdToken).total / kWeiPerUsd);
  }
  [[nodiscard]] bool exists(const Address& who) const {
    return chain.state().find_account(who) != kNobody;
  }

  static constexpr Error kOk{};
  const Address fresh = user(90);
  const Address poor = user(50);
};

TEST_F(StatePrice, opening_an_account_costs_a_dollar_on_top_of_what_is_sent) {
  EXPECT_EQ(code(kA, UsdSend{fresh, 5'000'000}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 100'000 * kDollar - 6'000'000);
  EXPECT_EQ(chain.account(fresh).raw_usd, 5'000'000);
  EXPECT_EQ(chain.account(kFeePool).raw_usd, 1'000'000);
  // It exists now.
  EXPECT_EQ(code(kA, UsdSend{fresh, 5'000'000}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 100'000 * kDollar - 11'000'000);
}

TEST_F(StatePrice, sub_accounts_cost_what_others_do) {
  EXPECT_EQ(code(kA, CreateSubAccount{"one"}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 99'999 * kDollar);
  EXPECT_EQ(chain.account(kFeePool).raw_usd, 1'000'000);
  chain.system({CreditUsd{poor, 999'999}});
  EXPECT_EQ(code(poor, CreateSubAccount{"one"}), Error::OpenAccountFee);
  EXPECT_EQ(chain.account(poor).sub_accounts, 0U);
  EXPECT_FALSE(exists(sub_account_address(poor, 0)));
  EXPECT_EQ(chain.account(poor).raw_usd, 999'999);
}

TEST_F(StatePrice, spot_sends_pay_from_perp_cash_first) {
  give_spot(kA, 10'000'000);
  EXPECT_EQ(code(kA, SpotSend{fresh, kUsdToken, 1'000'000'000}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 99'999 * kDollar);
  EXPECT_EQ(chain.balance(kA, kUsdToken).total, 0U);
  EXPECT_EQ(chain.balance(fresh, kUsdToken).total, 1'000'000'000U);
}

TEST_F(StatePrice, free_spot_dollars_pay_what_cash_is_short_of) {
  chain.system({CreditUsd{poor, 5'400'000}});
  give_spot(poor, 599'999);
  EXPECT_EQ(code(poor, UsdSend{fresh, 5'000'000}), Error::OpenAccountFee);
  EXPECT_FALSE(exists(fresh));
  EXPECT_EQ(chain.account(poor).raw_usd, 5'400'000);
  give_spot(poor, 1);
  EXPECT_EQ(code(poor, UsdSend{fresh, 5'000'000}), kOk);
  EXPECT_EQ(chain.account(poor).raw_usd, 0);
  EXPECT_EQ(chain.balance(poor, kUsdToken).total, 0U);
  EXPECT_EQ(pool(), 1'000'000);
}

TEST_F(StatePrice, a_spot_send_cannot_pay_with_what_it_sends) {
  give_spot(poor, 1'500'000);
  EXPECT_EQ(code(poor, SpotSend{fresh, kUsdToken, 50'000'001}), Error::OpenAccountFee);
  EXPECT_FALSE(exists(fresh));
  EXPECT_EQ(code(poor, SpotSend{fresh, kUsdToken, 50'000'000}), kOk);
  EXPECT_EQ(chain.balance(poor, kUsdToken).total, 0U);
}

TEST_F(StatePrice, dollars_held_by_orders_do_not_pay) {
  chain.system({CreditUsd{poor, 5'000'000}});
  give_spot(poor, 20'000'000);
  // 20 dollars for 20 OPEN at one dollar.
  ASSERT_EQ(chain.order(poor, order_of(kSpot, Side::Buy, 1'000'000, 2'000, Tif::Alo)).kind,
            OrderResult::Kind::Resting);
  ASSERT_EQ(chain.balance(poor, kUsdToken).hold, chain.balance(poor, kUsdToken).total);
  EXPECT_EQ(code(poor, UsdSend{fresh, 5'000'000}), Error::OpenAccountFee);
}

TEST_F(StatePrice, cash_that_a_position_needs_does_not_pay) {
  open(10'000);
  const std::uint64_t most = 100'000 * kDollar;
  EXPECT_EQ(code(kA, UsdSend{fresh, most}), Error::TransferTooLarge);
  chain.system({CreditUsd{poor, 1'000'000}});
  EXPECT_EQ(code(poor, UsdSend{fresh, 1'000'000}), Error::OpenAccountFee);
  EXPECT_EQ(code(poor, UsdSend{fresh, 1}), Error::OpenAccountFee);
  EXPECT_FALSE(exists(fresh));
}

TEST_F(StatePrice, nothing_is_opened_by_a_send_of_nothing) {
  EXPECT_EQ(code(kA, UsdSend{fresh, 0}), Error::BadNumber);
  give_spot(kA, 1);
  EXPECT_EQ(code(kA, SpotSend{fresh, kUsdToken, 0}), Error::BadNumber);
  EXPECT_FALSE(exists(fresh));
  EXPECT_EQ(code(kA, UsdSend{kB, 0}), kOk);
}

TEST_F(StatePrice, credits_from_outside_open_for_nothing) {
  chain.system({CreditUsd{fresh, 1}, CreditSpot{poor, kUsdToken, 1}});
  EXPECT_TRUE(exists(fresh));
  EXPECT_TRUE(exists(poor));
  EXPECT_EQ(pool(), 0);
}

TEST_F(StatePrice, a_chain_may_open_for_nothing) {
  chain.system({SetParams{{{"open_account_usd", 0}}}});
  EXPECT_EQ(code(kA, UsdSend{fresh, 1}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 100'000 * kDollar - 1);
  EXPECT_EQ(code(kA, UsdSend{poor, 0}), Error::BadNumber);
}

TEST_F(StatePrice, a_vault_begins_with_a_hundred_dollars) {
  EXPECT_EQ(code(kA, CreateVault{"v", "", 99'999'999}), Error::VaultDeposit);
  EXPECT_TRUE(chain.state().vaults.items().empty());
  EXPECT_EQ(code(kA, CreateVault{"v", "", 100'000'000}), kOk);
}

TEST_F(StatePrice, an_account_approves_ten_builders_and_takes_back_by_zero) {
  for (std::uint8_t i = 0; i < 10; ++i)
    EXPECT_EQ(code(kA, ApproveBuilderFee{user(static_cast<std::uint8_t>(100 + i)), 10}), kOk);
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(110), 10}), Error::BuilderFee);
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(109), 20}), kOk);  // one of the ten
  EXPECT_EQ(code(kB, ApproveBuilderFee{user(110), 10}), kOk);  // another's
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(100), 0}), kOk);
  EXPECT_FALSE(chain.state().builders.contains({kA, user(100)}));
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(110), 10}), kOk);
  EXPECT_EQ(chain.state().builders.items().size(), 11U);
}

}  // namespace
}  // namespace ol::exchange
