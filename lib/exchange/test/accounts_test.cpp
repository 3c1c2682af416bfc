// Accounts, agents, nonces, budgets, fees, vaults, seals: dex.md 9, 13, 14, 15, 19.2.
#include "accounts.hpp"

#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kA = user(1);
const Address kB = user(2);
const Address kAgent = user(30);

class DexAccounts : public testing::Test {
 protected:
  void SetUp() override {
    for (const Address& who : {kA, kB}) {
      chain.deposit(who, 10'000);
      chain.system({CreditSpot{who, kUsdToken, 1'000'000'000'000}});
    }
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  Error code(const Address& signer, ActionBody body, const Address& account = {}) {
    const ActionResult out = chain.act(signer, std::move(body), account);
    return out.ok ? Error{} : out.error;
  }
  // The two trade `dollars` at 60,000 without a lasting position.
  void trade_volume(Chain& on, std::uint64_t lots) {
    for (const Side side : {Side::Buy, Side::Sell}) {
      on.order(kB, order_of(kBtc, opposite(side), 600'000, lots, Tif::Alo));
      on.order(kA, order_of(kBtc, side, 600'000, lots, Tif::Ioc));
    }
  }

  static constexpr Error kOk{};
  Chain chain;
};

using Dex1Class = DexAccounts;
using Dex8Transfers = DexAccounts;
using Dex13Subs = DexAccounts;
using Dex13Agents = DexAccounts;
using Dex13VaultActions = DexAccounts;
using Dex14Nonces = DexAccounts;
using Dex15Budget = DexAccounts;
using Dex9Referrals = DexAccounts;
using Dex9Builders = DexAccounts;
using Dex19Seals = DexAccounts;

TEST_F(Dex1Class, transfers_are_exact_both_ways) {
  EXPECT_EQ(code(kA, UsdClassTransfer{2'500'000'000, false}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 7'500'000'000);
  EXPECT_EQ(chain.balance(kA, kUsdToken).total, 1'250'000'000'000U);
  EXPECT_EQ(code(kA, UsdClassTransfer{2'500'000'000, true}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd, 10'000'000'000);
  EXPECT_EQ(code(kA, UsdClassTransfer{10'000'000'001, true}), Error::InsufficientSpot);
  EXPECT_EQ(code(kA, UsdClassTransfer{10'000'000'000, true}), kOk);
  EXPECT_EQ(code(kA, UsdClassTransfer{20'000'000'001, false}), Error::TransferTooLarge);
  EXPECT_EQ(code(kA, UsdClassTransfer{~std::uint64_t{0}, true}), Error::Overflow);
}

TEST_F(Dex8Transfers, sends_reach_new_accounts_but_no_system_account) {
  EXPECT_EQ(code(kA, UsdSend{user(9), 1'000'000}), kOk);
  EXPECT_EQ(chain.account(user(9)).raw_usd, 1'000'000);
  EXPECT_EQ(code(kA, UsdSend{kA, 1}), Error::SelfTransfer);
  EXPECT_EQ(code(kA, UsdSend{kInsurance, 1}), Error::NotAuthorized);
  EXPECT_EQ(code(kA, UsdSend{{}, 1}), Error::NotAuthorized);
  EXPECT_EQ(code(kA, UsdSend{user(10), 10'000'000'000}), Error::TransferTooLarge);
  EXPECT_EQ(chain.state().find_account(user(10)), kNobody);
  EXPECT_EQ(code(kA, SpotSend{user(11), kUsdToken, 5}), kOk);
  EXPECT_EQ(chain.balance(user(11), kUsdToken).total, 5U);
  EXPECT_EQ(code(kA, SpotSend{kA, kUsdToken, 5}), Error::SelfTransfer);
  EXPECT_EQ(code(kA, SpotSend{kB, TokenId(9), 5}), Error::BadAsset);
  EXPECT_EQ(code(kA, SpotSend{kB, kOpenToken, 5}), Error::InsufficientSpot);
}

TEST_F(Dex13Subs, trade_for_themselves_and_exchange_money_with_their_master_only) {
  EXPECT_EQ(code(kA, CreateSubAccount{"one"}), kOk);
  EXPECT_EQ(code(kA, CreateSubAccount{"one"}), Error::SubAccountLimit);
  const Address sub = sub_account_address(kA, 0);
  EXPECT_EQ(chain.account(sub).kind, AccountKind::SubAccount);
  EXPECT_EQ(code(kA, SubAccountTransfer{sub, true, true, {}, 1'000'000'000}), kOk);
  EXPECT_EQ(code(kA, SubAccountTransfer{sub, true, false, kUsdToken, 77}), kOk);
  EXPECT_EQ(chain.account(sub).raw_usd, 1'000'000'000);
  EXPECT_EQ(chain.balance(sub, kUsdToken).total, 77U);
  EXPECT_EQ(code(kA, SubAccountTransfer{sub, false, true, {}, 1'000'000'000}), kOk);
  EXPECT_EQ(code(kB, SubAccountTransfer{sub, false, true, {}, 1}), Error::NotAuthorized);
  EXPECT_EQ(code(kA, Noop{}, sub), kOk);
  EXPECT_EQ(code(kB, Noop{}, sub), Error::NotAuthorized);
  for (int i = 1; i < 10; ++i)
    EXPECT_EQ(code(kA, CreateSubAccount{std::to_string(i)}), kOk);
  EXPECT_EQ(code(kA, CreateSubAccount{"eleventh"}), Error::SubAccountLimit);
  EXPECT_EQ(code(kA, CreateSubAccount{"of a sub"}, sub), Error::NotAuthorized);
}

TEST_F(Dex13Subs, and_vaults_that_were_made_are_told_by_their_address) {
  EXPECT_EQ(chain.act(kA, CreateSubAccount{"one"}).made, sub_account_address(kA, 0));
  const ActionResult again = chain.act(kA, CreateSubAccount{"one"});
  EXPECT_FALSE(again.ok);
  EXPECT_TRUE(again.made.is_zero());
  EXPECT_EQ(chain.act(kA, CreateSubAccount{"two"}).made, sub_account_address(kA, 1));
  EXPECT_EQ(chain.act(kA, CreateVault{"v", "", 1'000'000'000}).made, vault_address(kA, 0));
  EXPECT_EQ(chain.act(kA, CreateVault{"v", "", 1'000'000'000}).made, vault_address(kA, 1));
  EXPECT_TRUE(chain.act(kA, Noop{}).made.is_zero());
}

TEST_F(Dex13Subs, pay_nobody_but_their_master_and_are_paid_by_nobody_else) {
  ASSERT_EQ(code(kA, CreateSubAccount{"one"}), kOk);
  ASSERT_EQ(code(kA, CreateSubAccount{"two"}), kOk);
  const Address sub = sub_account_address(kA, 0);
  EXPECT_EQ(code(kA, UsdSend{sub, 1'000}), kOk);
  EXPECT_EQ(code(kA, SpotSend{sub, kUsdToken, 1'000}), kOk);
  for (const Address& stranger : {kB, user(40), sub_account_address(kA, 1)}) {
    EXPECT_EQ(code(kA, UsdSend{stranger, 1}, sub), Error::NotAuthorized);
    EXPECT_EQ(code(kA, SpotSend{stranger, kUsdToken, 1}, sub), Error::NotAuthorized);
  }
  EXPECT_EQ(code(kB, UsdSend{sub, 1}), Error::NotAuthorized);
  EXPECT_EQ(chain.account(sub).raw_usd, 1'000);
  EXPECT_EQ(code(kA, UsdSend{kA, 1'000}, sub), kOk);
  EXPECT_EQ(code(kA, SpotSend{kA, kUsdToken, 1'000}, sub), kOk);
  EXPECT_EQ(chain.balance(sub, kUsdToken).total, 0U);
}

TEST_F(Dex13Agents, sign_everything_but_what_needs_the_user_key) {
  EXPECT_EQ(code(kA, ApproveAgent{kAgent, "mm-1", 0}), kOk);
  EXPECT_EQ(code(kAgent, Noop{}), kOk);
  EXPECT_EQ(chain.order(kAgent, order_of(kBtc, Side::Buy, 590'000, 1'000)).kind,
            OrderResult::Kind::Resting);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(kA)), 1U);
  EXPECT_EQ(code(kAgent, UsdSend{kB, 1}), Error::NotAuthorized);
  EXPECT_EQ(code(kAgent, ApproveAgent{user(31), "x", 0}), Error::NotAuthorized);
}

TEST_F(Dex13Agents, are_tombstones_once_replaced_or_expired) {
  const TimeMs soon = chain.state().global().time + 1'000;
  EXPECT_EQ(code(kA, ApproveAgent{kAgent, "mm", 0}), kOk);
  EXPECT_EQ(code(kA, ApproveAgent{user(31), "mm", soon}), kOk);
  EXPECT_EQ(code(kAgent, Noop{}), Error::AgentRevoked);
  EXPECT_EQ(code(kA, ApproveAgent{kAgent, "again", 0}), Error::AgentRevoked);
  EXPECT_EQ(code(user(31), Noop{}), kOk);
  chain.system({}, 2'000);
  EXPECT_EQ(code(user(31), Noop{}), Error::AgentRevoked);
  EXPECT_EQ(code(kA, ApproveAgent{user(32), "late", soon}), Error::Expired);
  EXPECT_EQ(code(kA, ApproveAgent{user(33), "off", 0}), kOk);
  EXPECT_EQ(code(kA, ApproveAgent{{}, "off", 0}), kOk);
  EXPECT_EQ(code(user(33), Noop{}), Error::AgentRevoked);
}

TEST_F(Dex13Agents, are_one_unnamed_and_three_named_and_two_per_sub) {
  EXPECT_EQ(code(kA, ApproveAgent{user(40), "", 0}), kOk);
  for (std::uint8_t i = 1; i <= 3; ++i)
    EXPECT_EQ(code(kA, ApproveAgent{user(static_cast<std::uint8_t>(40 + i)), std::to_string(i), 0}),
              kOk);
  EXPECT_EQ(code(kA, ApproveAgent{user(50), "4", 0}), Error::NotAuthorized);
  EXPECT_EQ(code(kA, ApproveAgent{kB, "1", 0}), Error::NotAuthorized);  // an account of its own
  ASSERT_EQ(code(kA, CreateSubAccount{"s"}), kOk);
  const Address sub = sub_account_address(kA, 0);
  EXPECT_EQ(code(kA, ApproveAgent{user(51), "a", 0}, sub), kOk);
  EXPECT_EQ(code(kA, ApproveAgent{user(52), "b", 0}, sub), kOk);
  EXPECT_EQ(code(kA, ApproveAgent{user(53), "c", 0}, sub), Error::NotAuthorized);
  EXPECT_EQ(code(user(51), Noop{}), kOk);
}

TEST_F(Dex14Nonces, are_used_once_within_their_window) {
  const TimeMs day = 86'400'000;
  const auto with = [&](std::uint64_t nonce) {
    VerifiedAction action = chain.action(kA, Noop{});
    action.action.nonce = nonce;
    const ActionResult out = chain.block({}, {action}).results.at(0);
    return out.ok ? Error{} : out.error;
  };
  const TimeMs now = chain.state().global().time;
  EXPECT_EQ(with(now), kOk);
  EXPECT_EQ(with(now), Error::BadNonce);
  EXPECT_EQ(with(now - 1), kOk);  // unordered by design
  // The next block's time is now + 100 per block run so far.
  EXPECT_EQ(with(chain.state().global().time + 100 - 2 * day), Error::BadNonce);
  EXPECT_EQ(with(chain.state().global().time + 101 - 2 * day), kOk);
  EXPECT_EQ(with(chain.state().global().time + 100 + day), Error::BadNonce);
  EXPECT_EQ(with(chain.state().global().time + 99 + day), kOk);
  EXPECT_EQ(with(~std::uint64_t{0}), Error::BadNonce);
  EXPECT_EQ(with(0), Error::BadNonce);
}

TEST_F(Dex14Nonces, below_the_smallest_of_a_hundred_are_gone) {
  const TimeMs base = chain.state().global().time;
  std::vector<VerifiedAction> actions;
  for (std::uint64_t i = 0; i < 100; ++i) {
    actions.push_back(chain.action(kA, Noop{}));
    actions.back().action.nonce = base + 10 + i;
  }
  for (const ActionResult& result : chain.block({}, actions).results)
    EXPECT_TRUE(result.ok);
  VerifiedAction low = chain.action(kA, Noop{});
  low.action.nonce = base + 9;
  EXPECT_EQ(chain.block({}, {low}).results[0].error, Error::BadNonce);
  VerifiedAction high = chain.action(kA, Noop{});
  high.action.nonce = base + 200;
  EXPECT_TRUE(chain.block({}, {high}).results[0].ok);
  low.action.nonce = base + 10;  // pushed out by the one above, and below what is kept now
  EXPECT_EQ(chain.block({}, {low}).results[0].error, Error::BadNonce);
}

TEST_F(Dex14Nonces, a_failed_action_uses_its_nonce_and_an_expired_one_fails) {
  VerifiedAction action = chain.action(kA, UsdSend{kA, 1});
  EXPECT_EQ(chain.block({}, {action}).results[0].error, Error::SelfTransfer);
  EXPECT_EQ(chain.block({}, {action}).results[0].error, Error::BadNonce);
  VerifiedAction late = chain.action(kA, Noop{});
  late.action.expires_after = chain.state().global().time + 100;
  EXPECT_TRUE(chain.block({}, {late}).results[0].ok);
  late = chain.action(kA, Noop{});
  late.action.expires_after = chain.state().global().time + 99;
  EXPECT_EQ(chain.block({}, {late}).results[0].error, Error::Expired);
  EXPECT_EQ(code(user(99), Noop{}), Error::UnknownAccount);
}

TEST_F(Dex15Budget, runs_out_and_comes_back_one_action_every_ten_seconds) {
  Params params;
  params.budget_actions = 3;
  Chain small(params);
  small.deposit(kA, 1'000);
  const auto act = [&](ActionBody body, TimeMs after) {
    const ActionResult out =
        small.block({}, {small.action(kA, std::move(body))}, after).results.at(0);
    return out.ok ? Error{} : out.error;
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(act(Noop{}, 100), kOk);
  EXPECT_EQ(act(Noop{}, 100), kOk);  // the first beyond the budget
  EXPECT_EQ(act(Noop{}, 9'999), Error::RateLimited);
  EXPECT_EQ(act(Noop{}, 1), kOk);
  EXPECT_EQ(act(CancelAll{kAllAssets, CancelSide::Both}, 1), Error::RateLimited);
}

TEST_F(Dex15Budget, cancels_have_twice_the_room_and_batches_count_whole) {
  Params params;
  params.budget_actions = 10;
  Chain small(params);
  small.deposit(kA, 1'000);
  const std::vector<CancelRequest> four(4);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(small.act(kA, CancelOrders{four}).ok) << i;
  EXPECT_EQ(small.account(kA).credits_used, 20U);
  EXPECT_EQ(small.act(kA, CancelOrders{four}).error, Error::RateLimited);
}

TEST_F(Dex15Budget, trading_earns_credits) {
  Params params;
  params.budget_actions = 5;
  Chain small(params);
  small.deposit(kA, 10'000);
  small.deposit(kB, 10'000);
  trade_volume(small, 1'000);  // 1,200 dollars traded in all
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(small.act(kA, Noop{}).ok);
}

TEST_F(Dex15Budget, batches_have_limits) {
  EXPECT_EQ(code(kA, CancelOrders{std::vector<CancelRequest>(101)}), Error::BatchTooLarge);
  EXPECT_EQ(code(kA, CancelOrders{std::vector<CancelRequest>(100)}), kOk);
  EXPECT_EQ(code(kA, CancelOrders{}), Error::BatchTooLarge);
  EXPECT_EQ(code(kA, PlaceOrders{}), Error::BatchTooLarge);
  EXPECT_EQ(code(kA, ModifyOrders{}), Error::BatchTooLarge);
  EXPECT_EQ(code(kA, CreateSubAccount{std::string(4097, 'x')}), Error::BatchTooLarge);
}

TEST_F(Dex9Referrals, pay_the_referrer_a_tenth_and_save_the_referee_a_little) {
  trade_volume(chain, 30'000);  // B needs 10,000 dollars of volume for a code
  EXPECT_FALSE(chain.block({RegisterReferral{kB, "bad code"}}, {}).system_ok[0]);
  EXPECT_FALSE(chain.block({RegisterReferral{user(9), "CODE"}}, {}).system_ok[0]);
  chain.system({RegisterReferral{kB, "CODE1"}});
  EXPECT_FALSE(chain.block({RegisterReferral{kB, "CODE1"}}, {}).system_ok[0]);
  EXPECT_EQ(code(kA, SetReferrer{"CODE1"}), Error::BadReferral);  // above 10,000 already
  const Address fresh = user(20);
  chain.deposit(fresh, 10'000);
  EXPECT_EQ(code(fresh, SetReferrer{"NONE"}), Error::BadReferral);
  EXPECT_EQ(code(fresh, SetReferrer{"CODE1"}), kOk);
  EXPECT_EQ(code(fresh, SetReferrer{"CODE1"}), Error::BadReferral);
  chain.order(kA, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  chain.order(fresh, order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc));
  const auto fill = chain.events_of<FillEvent>().at(0);
  EXPECT_EQ(fill.taker_fee, fee_of(6'000'000'000, 432'000));
  const std::int64_t before = chain.account(kB).raw_usd;
  EXPECT_EQ(code(kB, ClaimRewards{}), kOk);
  EXPECT_EQ(Int128{chain.account(kB).raw_usd - before}, floor_div(fill.taker_fee, 10));
  EXPECT_EQ(code(kB, ClaimRewards{}), kOk);
  EXPECT_EQ(Int128{chain.account(kB).raw_usd - before}, floor_div(fill.taker_fee, 10));
}

TEST_F(Dex9Referrals, codes_are_registered_by_who_traded_10_000_dollars) {
  const auto trade = [&](std::uint64_t lots) {
    chain.order(kB, order_of(kBtc, Side::Sell, 625'000, lots, Tif::Alo));
    chain.order(kA, order_of(kBtc, Side::Buy, 625'000, lots, Tif::Ioc));
  };
  trade(15'900);
  EXPECT_EQ(chain.account(kB).volume, 9'937'500'000U);
  EXPECT_EQ(code(kB, RegisterReferralCode{"BOB"}), Error::BadReferral);
  EXPECT_FALSE(chain.block({RegisterReferral{kB, "BOB"}}, {}).system_ok[0]);
  trade(100);
  EXPECT_EQ(chain.account(kB).volume, 10'000'000'000U);
  EXPECT_EQ(code(kB, RegisterReferralCode{"BOB"}), kOk);
  EXPECT_EQ(*chain.state().referral_codes.find("BOB"), kB);
  const Address fresh = user(20);
  chain.deposit(fresh, 10'000);
  EXPECT_EQ(code(fresh, SetReferrer{"BOB"}), kOk);
  EXPECT_EQ(chain.account(fresh).referrer, kB);
}

TEST_F(Dex9Referrals, codes_have_1_to_20_capitals_and_digits) {
  trade_volume(chain, 30'000);
  const std::string longest(20, 'Z');
  for (const std::string& bad :
       {std::string(), longest + "Z", std::string("bob"), std::string("B B"), std::string("B-1"),
        std::string("@"), std::string("["), std::string("/"), std::string(":"),
        std::string("B\0", 2)}) {
    EXPECT_EQ(code(kB, RegisterReferralCode{bad}), Error::BadReferral) << bad;
    EXPECT_FALSE(chain.block({RegisterReferral{kB, bad}}, {}).system_ok[0]) << bad;
  }
  EXPECT_EQ(code(kB, RegisterReferralCode{longest}), kOk);
  EXPECT_EQ(code(kA, RegisterReferralCode{"AZ09"}), kOk);
}

TEST_F(Dex9Referrals, a_code_is_one_account_s_and_an_account_has_one) {
  trade_volume(chain, 30'000);
  EXPECT_EQ(code(kB, RegisterReferralCode{"BOB"}), kOk);
  EXPECT_EQ(code(kA, RegisterReferralCode{"BOB"}), Error::BadReferral);
  EXPECT_EQ(*chain.state().referral_codes.find("BOB"), kB);
  EXPECT_EQ(code(kB, RegisterReferralCode{"BOB2"}), Error::BadReferral);
  chain.restart();
  EXPECT_EQ(code(kB, RegisterReferralCode{"BOB2"}), Error::BadReferral);
  EXPECT_FALSE(chain.block({RegisterReferral{kB, "BOB2"}}, {}).system_ok[0]);
  EXPECT_EQ(code(kA, RegisterReferralCode{"ALICE"}), kOk);
  EXPECT_EQ(chain.state().referral_codes.items().size(), 2U);
}

TEST_F(Dex9Referrals, a_refused_code_costs_one_credit_and_leaves_no_trace) {
  const std::uint64_t before = chain.account(kA).credits_used;
  EXPECT_EQ(code(kA, RegisterReferralCode{"A"}), Error::BadReferral);
  EXPECT_EQ(chain.account(kA).credits_used, before + 1);
  EXPECT_FALSE(chain.account(kA).has_code);
  EXPECT_TRUE(chain.state().referral_codes.items().empty());
  EXPECT_EQ(code(user(9), RegisterReferralCode{"A"}), Error::UnknownAccount);
}

// Either would let its owner refer itself.
TEST_F(Dex9Referrals, sub_accounts_and_vaults_have_no_codes) {
  EXPECT_EQ(code(kB, CreateSubAccount{"s"}), kOk);
  EXPECT_EQ(code(kB, CreateVault{"v", "", 200'000'000}), kOk);
  const Address sub = sub_account_address(kB, 0);
  EXPECT_EQ(code(kB, SubAccountTransfer{sub, true, true, kUsdToken, 5'000'000'000}), kOk);
  chain.order(kA, order_of(kBtc, Side::Buy, 600'000, 30'000, Tif::Alo));
  EXPECT_TRUE(chain.act(kB, place(order_of(kBtc, Side::Sell, 600'000, 30'000, Tif::Ioc)), sub).ok);
  ASSERT_GE(chain.account(sub).volume, 10'000'000'000U);
  EXPECT_EQ(code(kB, RegisterReferralCode{"SUB"}, sub), Error::NotAuthorized);
  EXPECT_EQ(code(kB, RegisterReferralCode{"VAULT"}, vault_address(kB, 0)), Error::NotAuthorized);
  EXPECT_TRUE(chain.state().referral_codes.items().empty());
}

TEST_F(Dex9Builders, earn_what_was_approved_and_no_more) {
  const auto with = [&](std::uint32_t fee) {
    return PlaceOrders{
        {order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc)}, Grouping::None, user(20), fee};
  };
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  EXPECT_EQ(code(kA, with(10)), Error::BuilderFee);  // no such account
  chain.deposit(user(20), 1);
  EXPECT_EQ(code(kA, with(10)), Error::BuilderFee);  // not approved
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(20), 1001}), Error::BuilderFee);
  EXPECT_EQ(code(kA, ApproveBuilderFee{{}, 10}), Error::BuilderFee);
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(20), 10}), kOk);
  EXPECT_EQ(code(kA, with(11)), Error::BuilderFee);
  EXPECT_EQ(code(kA, with(10)), kOk);
  EXPECT_EQ(Int128{chain.account(user(20)).raw_usd}, kDollar + builder_fee(6'000'000'000, 10));
  const FillEvent paid = chain.events_of<FillEvent>().at(0);
  EXPECT_EQ(paid.taker_builder_fee, builder_fee(6'000'000'000, 10));
  EXPECT_EQ(paid.maker_builder_fee, 0);
  PlaceOrders rests = with(10);
  rests.orders[0].tif = Tif::Alo;
  EXPECT_EQ(code(kA, rests), kOk);
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Ioc));
  EXPECT_EQ(chain.events_of<FillEvent>().at(0).maker_builder_fee, builder_fee(6'000'000'000, 10));
  EXPECT_EQ(code(kA, ApproveBuilderFee{user(20), 200}), kOk);
  const ActionResult above = chain.act(kA, with(101));
  EXPECT_EQ(above.orders.at(0).error, Error::BuilderFee);  // the perp limit
}

TEST_F(Dex9Referrals, volume_tiers_change_at_midnight_from_complete_days) {
  const Account& a = chain.account(kA);
  EXPECT_EQ(a.perp_rates, (FeeRates{450'000, 150'000}));
  trade_volume(chain, 30'000);
  chain.system({SetOracle{kBtc, 600'000}}, 86'400'000);
  // All maker volume is B's, which is more than 3 % of the market's.
  EXPECT_EQ(chain.account(kB).perp_rates, (FeeRates{450'000, -30'000}));
  EXPECT_EQ(chain.account(kA).perp_rates, (FeeRates{450'000, 150'000}));
  chain.system({}, 15ULL * 86'400'000);
  EXPECT_EQ(chain.account(kB).perp_rates, (FeeRates{450'000, 150'000}));
}

TEST_F(Dex9Referrals, makers_with_a_share_get_a_rebate) {
  trade_volume(chain, 30'000);
  chain.system({SetOracle{kBtc, 600'000}}, 86'400'000);
  const std::int64_t before = chain.account(kB).raw_usd;
  trade_volume(chain, 1'000);
  EXPECT_EQ(chain.account(kB).raw_usd, before + 2 * 18'000);  // 0.3 bp of 600 dollars, twice
}

TEST_F(Dex13VaultActions, vector_21_10_through_the_engine) {
  const Address leader = user(21);
  chain.deposit(leader, 1'000);
  EXPECT_EQ(code(leader, CreateVault{"v", "about", 1'000'000'000}), kOk);
  const Address vault = vault_address(leader, 0);
  EXPECT_EQ(chain.state().vaults.find(vault)->total_shares, 1'000'000'000);
  chain.system({CreditUsd{vault, 123'456'789}});
  EXPECT_EQ(code(kA, VaultTransfer{vault, true, 500'000'000}), kOk);
  EXPECT_EQ(chain.state().vault_shares.find({vault, kA})->shares, 445'054'945);
  chain.system({CreditUsd{vault, 100'000'000}});
  EXPECT_EQ(code(kA, VaultTransfer{vault, false, 1'000'000'000}), Error::VaultLocked);
  chain.system({}, 86'400'000);
  const std::int64_t before = chain.account(kA).raw_usd;
  EXPECT_EQ(code(kA, VaultTransfer{vault, false, 1'000'000'000}), kOk);
  EXPECT_EQ(chain.account(kA).raw_usd - before, 527'718'631);
  EXPECT_EQ(chain.account(leader).raw_usd, 3'079'847);
  EXPECT_EQ(chain.state().vault_shares.find({vault, kA}), nullptr);
}

TEST_F(Dex13VaultActions, leaders_keep_five_percent_and_trade_for_the_vault) {
  const Address leader = user(21);
  chain.deposit(leader, 1'000);
  ASSERT_EQ(code(leader, CreateVault{"v", "", 100'000'000}), kOk);
  const Address vault = vault_address(leader, 0);
  EXPECT_EQ(code(kA, VaultTransfer{vault, true, 1'900'000'001}), Error::LeaderShare);
  EXPECT_EQ(code(kA, VaultTransfer{vault, true, 1'900'000'000}), kOk);
  EXPECT_EQ(code(leader, VaultTransfer{vault, false, 1}), Error::VaultLocked);
  chain.system({SetOracle{kBtc, 600'000}}, 86'400'000);
  EXPECT_EQ(code(leader, VaultTransfer{vault, false, 1'000'000}), Error::LeaderShare);
  EXPECT_EQ(code(leader, place(order_of(kBtc, Side::Buy, 590'000, 1'000)), vault), kOk);
  EXPECT_EQ(chain.state().orders.count_of(chain.state().find_account(vault)), 1U);
  EXPECT_EQ(code(kA, VaultTransfer{vault, true, 0}), Error::VaultDeposit);
  EXPECT_EQ(code(kA, VaultTransfer{kB, true, 1}), Error::UnknownAccount);
  EXPECT_EQ(code(kB, VaultTransfer{vault, false, 1}), Error::TransferTooLarge);
  EXPECT_EQ(code(kA, UsdSend{vault, 1}), Error::NotAuthorized);
}

TEST_F(Dex13VaultActions, leaders_take_nothing_out_but_by_shares) {
  const Address leader = user(21);
  chain.deposit(leader, 1'000);
  ASSERT_EQ(code(leader, CreateVault{"v", "", 500'000'000}), kOk);
  ASSERT_EQ(code(leader, CreateVault{"w", "", 100'000'000}), kOk);
  const Address vault = vault_address(leader, 0);
  ASSERT_EQ(code(leader, UsdClassTransfer{50'000'000, false}, vault), kOk);  // within the vault
  EXPECT_EQ(code(leader, UsdSend{leader, 1}, vault), Error::NotAuthorized);
  EXPECT_EQ(code(leader, UsdSend{user(40), 1}, vault), Error::NotAuthorized);
  EXPECT_EQ(code(leader, SpotSend{leader, kUsdToken, 1}, vault), Error::NotAuthorized);
  EXPECT_EQ(code(leader, VaultTransfer{vault_address(leader, 1), true, 20'000'000}, vault),
            Error::NotAuthorized);
  EXPECT_EQ(code(leader, ApproveBuilderFee{leader, 10}, vault), Error::NotAuthorized);
  EXPECT_EQ(chain.account(vault).raw_usd, 450'000'000);
}

TEST_F(Dex13VaultActions, withdrawing_from_a_busy_vault_reduces_its_positions_first) {
  const Address leader = user(21);
  chain.deposit(leader, 1'000);
  ASSERT_EQ(code(leader, CreateVault{"v", "", 1'000'000'000}), kOk);
  const Address vault = vault_address(leader, 0);
  ASSERT_EQ(code(kA, VaultTransfer{vault, true, 1'000'000'000}), kOk);
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 30'000, Tif::Alo));
  ASSERT_EQ(code(leader, place(order_of(kBtc, Side::Buy, 600'000, 30'000, Tif::Ioc)), vault), kOk);
  chain.system({SetOracle{kBtc, 600'000}}, 86'400'000);
  ASSERT_EQ(chain.perp(vault, kBtc).szi, 30'000);
  // Equity is about 2,000 dollars, but a tenth of 18,000 is held by the position.
  EXPECT_EQ(code(kA, VaultTransfer{vault, false, 2'000'000'000}), Error::TransferTooLarge);
  EXPECT_EQ(chain.perp(vault, kBtc).szi, 30'000);
  chain.order(kB, order_of(kBtc, Side::Buy, 599'000, 30'000, Tif::Alo));
  EXPECT_EQ(code(kA, VaultTransfer{vault, false, 900'000'000}), kOk);
  EXPECT_LT(chain.perp(vault, kBtc).szi, 30'000);
}

TEST_F(Dex19Seals, are_revealed_within_five_blocks_and_pay_their_bond_back) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  const Order secret = order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc);
  Hash256 salt;
  salt.bytes.fill(0x22);
  const Hash256 commitment = seal_commitment(secret, salt, kA);
  EXPECT_EQ(code(kA, RevealOrder{commitment, secret, salt}), Error::SealUnknown);
  const std::uint64_t used = chain.account(kA).credits_used;
  EXPECT_EQ(code(kA, SealOrder{commitment}), kOk);
  EXPECT_EQ(chain.account(kA).credits_used, used + 11);
  EXPECT_EQ(code(kA, SealOrder{commitment}), Error::SealMismatch);
  Order other = secret;
  other.sz += 1;
  EXPECT_EQ(code(kA, RevealOrder{commitment, other, salt}), Error::SealMismatch);
  EXPECT_EQ(code(kB, RevealOrder{commitment, secret, salt}), Error::SealUnknown);
  EXPECT_EQ(code(kA, RevealOrder{commitment, secret, salt}), kOk);
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 10'000);
  EXPECT_EQ(code(kA, RevealOrder{commitment, secret, salt}), Error::SealUnknown);
}

TEST_F(Dex19Seals, forfeit_their_bond_after_the_window) {
  const Order secret = order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc);
  const Hash256 commitment = seal_commitment(secret, {}, kA);
  for (const int wait : {4, 5}) {
    ASSERT_EQ(code(kA, SealOrder{commitment}), kOk);
    const std::uint64_t used = chain.account(kA).credits_used;
    for (int i = 0; i < wait; ++i)
      chain.system({});
    const Error revealed = code(kA, RevealOrder{commitment, secret, {}});
    EXPECT_EQ(revealed, wait == 4 ? kOk : Error::SealUnknown);
    EXPECT_EQ(chain.account(kA).credits_used, wait == 4 ? used + 1 - 10 : used + 1);
  }
}

TEST_F(Dex19Seals, reveals_lead_p4_whatever_the_list_says) {
  chain.order(kB, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  const Order secret = order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc);
  const Hash256 commitment = seal_commitment(secret, {}, kA);
  ASSERT_EQ(code(kA, SealOrder{commitment}), kOk);
  const Address rival = user(22);
  chain.deposit(rival, 10'000);
  chain.block({}, {chain.action(rival, place(secret)),
                   chain.action(kA, RevealOrder{commitment, secret, {}})});
  EXPECT_EQ(chain.perp(kA, kBtc).szi, 10'000);
  EXPECT_EQ(chain.perp(rival, kBtc).szi, 0);
}

TEST_F(DexAccounts, flags_are_kept) {
  EXPECT_EQ(code(kA, EvmUserModify{true}), kOk);
  EXPECT_TRUE(chain.account(kA).big_blocks);
  chain.restart();
  EXPECT_TRUE(chain.account(kA).big_blocks);
}

}  // namespace
}  // namespace ol::exchange
