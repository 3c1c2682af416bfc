// Vaults against those who lead them and those who are in them: dex.md 13.2, ADR 41.
#include <ol/exchange/position.hpp>
#include <ol/exchange/spot_value.hpp>

#include "exchange_fixture.hpp"
#include "invariants.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

const Address kLeader = user(1);
const Address kA = user(2);
const Address kB = user(3);
const Address kMaker = user(4);
const Address kVault = vault_address(kLeader, 0);
constexpr std::uint64_t kThousand = 1'000'000'000;  // dollars, in micro-dollars

Params unlocked() {
  Params out;
  out.vault_lock_ms = 0;
  return out;
}

class Dex13Vault : public testing::Test {
 protected:
  void SetUp() override {
    for (const Address& who : {kLeader, kA, kB, kMaker})
      chain.deposit(who, 1'000'000);
    chain.system({CreditSpot{kMaker, kOpenToken, 1'000'000'000'000},
                  CreditSpot{kMaker, kUsdToken, 100'000'000'000'000}, SetOracle{kSpot, 1'000'000}});
    ASSERT_EQ(code(kLeader, CreateVault{"v", "", kThousand}), kOk);
    ASSERT_EQ(code(kA, VaultTransfer{kVault, true, kThousand}), kOk);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  Error code(const Address& signer, ActionBody body, const Address& account = {}) {
    const ActionResult out = chain.act(signer, std::move(body), account);
    return out.ok ? Error{} : out.error;
  }
  OrderResult lead(const Order& order) {
    return chain.act(kLeader, place(order), kVault).orders.at(0);
  }
  void fresh() {
    chain.system({SetOracle{kBtc, 600'000}, SetOracle{kEth, 300'000}, SetOracle{kSpot, 1'000'000}});
  }
  // What shares are of, by dex.md 13.2 and nothing of the engine.
  [[nodiscard]] Int128 equity() const {
    const State& s = chain.state();
    const AccountIndex vault = s.find_account(kVault);
    Int128 out = s.accounts[vault].raw_usd;
    for (const AssetId asset : {kBtc, kEth}) {
      const PerpState perp = chain.perp(kVault, asset);
      out += perp.iso_raw + Int128{perp.szi} * chain.market(asset).mark;
    }
    out += chain.balance(kVault, kUsdToken).total / 100;
    const std::uint64_t lots = chain.balance(kVault, kOpenToken).total / 1'000'000;
    return out + Int128{lots} * chain.market(kSpot).oracle / 100;
  }
  [[nodiscard]] Int128 total_shares() const {
    return chain.state().vaults.find(kVault)->total_shares;
  }
  [[nodiscard]] Int128 shares_of(const Address& who) const {
    const VaultShare* share = chain.state().vault_shares.find({kVault, who});
    return share == nullptr ? Int128{0} : share->shares;
  }
  [[nodiscard]] std::int64_t cash(const Address& who) const { return chain.account(who).raw_usd; }

  static constexpr Error kOk{};
  Chain chain{unlocked()};
};

TEST_F(Dex13Vault, a_withdrawal_takes_the_leader_s_orders_away_if_it_must) {
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 590'000, 30'000)).kind, OrderResult::Kind::Resting);
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 580'000, 30'000)).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 100'000'000}), kOk);
  EXPECT_EQ(chain.events_of<CancelEvent>().size(), 0U) << "there was enough";
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 900'000'000}), kOk);
  ASSERT_EQ(chain.events_of<CancelEvent>().size(), 2U);
  EXPECT_EQ(chain.events_of<CancelEvent>()[0].reason, CancelReason::VaultWithdrawal);
  EXPECT_EQ(cash(kA), 1'000'000 * kDollar);
}

TEST_F(Dex13Vault, spot_dollars_are_paid_out_as_far_as_needed) {
  ASSERT_EQ(code(kLeader, UsdClassTransfer{1'900'000'000, false}, kVault), kOk);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), kOk);
  EXPECT_EQ(cash(kA), 1'000'000 * kDollar);
  EXPECT_EQ(cash(kVault), 0);
  EXPECT_EQ(chain.balance(kVault, kUsdToken).total, 100'000'000'000U);
}

TEST_F(Dex13Vault, spot_dollars_go_before_positions) {
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 10'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 600'000, 10'000, Tif::Ioc)).total_sz, 10'000U);
  ASSERT_EQ(code(kLeader, UsdClassTransfer{1'300'000'000, false}, kVault), kOk);
  chain.order(kMaker, order_of(kBtc, Side::Buy, 599'000, 10'000, Tif::Alo));
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 900'000'000}), kOk);
  EXPECT_EQ(chain.perp(kVault, kBtc).szi, 10'000);
}

TEST_F(Dex13Vault, spot_dollars_held_by_orders_are_freed_first) {
  ASSERT_EQ(code(kLeader, UsdClassTransfer{2'000'000'000, false}, kVault), kOk);
  ASSERT_EQ(lead(order_of(kSpot, Side::Buy, 900'000, 200'000)).kind, OrderResult::Kind::Resting);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), kOk);
  EXPECT_EQ(chain.balance(kVault, kUsdToken).hold, 0U);
  EXPECT_EQ(cash(kA), 1'000'000 * kDollar);
}

TEST_F(Dex13Vault, tokens_are_sold_for_whoever_leaves_and_the_loss_is_theirs) {
  ASSERT_EQ(code(kLeader, UsdClassTransfer{2'000'000'000, false}, kVault), kOk);
  chain.order(kMaker, order_of(kSpot, Side::Sell, 1'000'000, 200'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kSpot, Side::Buy, 1'000'000, 200'000, Tif::Ioc)).total_sz, 200'000U);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), Error::TransferTooLarge)
      << "nobody bids";
  chain.order(kMaker, order_of(kSpot, Side::Buy, 969'999, 200'000, Tif::Alo));
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), Error::TransferTooLarge)
      << "too far from the oracle price";
  chain.order(kMaker, order_of(kSpot, Side::Buy, 980'000, 200'000, Tif::Alo));
  const Int128 before = equity();
  const Int128 all = total_shares();
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 500'000'000}), kOk);
  const Int128 paid = cash(kA) - 999'000 * kDollar;
  EXPECT_LT(paid, 490'000'000);
  EXPECT_GT(paid, 485'000'000);
  EXPECT_GE(equity() * all, before * total_shares()) << "what stays is worth what it was";
}

TEST_F(Dex13Vault, a_leader_trades_only_pairs_that_the_equity_knows_the_value_of) {
  MarketConfig other = spot_pair();
  other.asset = AssetId{10'001};
  other.name = "TK/USD";
  other.base = TokenId{2};
  MarketConfig swaps = spot_pair();
  swaps.asset = AssetId{10'002};
  swaps.name = "OPEN/TK";
  swaps.quote = TokenId{2};
  chain.system({ListToken{TokenId{2}, "TK", 2, 8}, ListMarket{other}, ListMarket{swaps},
                SetOracle{swaps.asset, 1'000'000},
                CreditSpot{kVault, TokenId{2}, 100'000'000'000}});
  ASSERT_EQ(code(kLeader, UsdClassTransfer{1'000'000'000, false}, kVault), kOk);
  const Order buy = order_of(other.asset, Side::Buy, 1'000'000, 10'000);
  EXPECT_EQ(lead(buy).error, Error::StaleOracle);
  EXPECT_EQ(lead(order_of(other.asset, Side::Sell, 1, 10'000'000)).error, Error::StaleOracle);
  EXPECT_EQ(chain.order(kMaker, buy).kind, OrderResult::Kind::Resting) << "anybody else may";
  EXPECT_EQ(lead(order_of(swaps.asset, Side::Buy, 1'000'000, 10'000)).error, Error::StaleOracle);
  EXPECT_EQ(lead(order_of(kSpot, Side::Buy, 990'000, 10'000)).kind, OrderResult::Kind::Resting);
  chain.system({SetOracle{other.asset, 1'000'000}});
  EXPECT_EQ(lead(buy).kind, OrderResult::Kind::Resting);
  chain.system({}, 60'001);
  EXPECT_EQ(lead(order_of(kSpot, Side::Buy, 990'000, 10'000)).error, Error::StaleOracle);
}

TEST_F(Dex13Vault, tokens_are_worth_their_oracle_price_whatever_the_last_trade_was) {
  chain.system({CreditSpot{kVault, kOpenToken, 1'000'000'000}});  // 1,000 lots
  const Int128 worth = Int128{1'000} * 1'000'000 / 100;
  const auto counted = [&] { return spot_value(chain.state(), chain.balance(kVault, kOpenToken)); };
  EXPECT_EQ(counted(), worth);
  chain.system({CreditSpot{kB, kUsdToken, 1'000'000'000'000}});
  chain.order(kMaker, order_of(kSpot, Side::Sell, 1'200'000, 1'000, Tif::Alo));
  ASSERT_EQ(chain.order(kB, order_of(kSpot, Side::Buy, 1'200'000, 1'000, Tif::Ioc)).total_sz,
            1'000U);
  ASSERT_EQ(chain.market(kSpot).last_px, 1'200'000U);
  EXPECT_EQ(counted(), worth);
  MarketConfig other = spot_pair();
  other.asset = AssetId{10'001};
  other.base = TokenId{2};
  chain.system({ListToken{TokenId{2}, "TK", 2, 8}, ListMarket{other},
                CreditSpot{kMaker, TokenId{2}, 1'000'000'000}});
  chain.order(kMaker, order_of(other.asset, Side::Sell, 1'000'000, 1'000, Tif::Alo));
  ASSERT_EQ(chain.order(kB, order_of(other.asset, Side::Buy, 1'000'000, 1'000, Tif::Ioc)).total_sz,
            1'000U);
  EXPECT_EQ(spot_value(chain.state(), chain.balance(kB, TokenId{2})), 0);
}

// Else whoever knows better than the last price gains what the others lose (ADR 41).
TEST_F(Dex13Vault, shares_are_not_priced_by_what_nobody_tells_any_more) {
  const VaultTransfer in{kVault, true, 100'000'000};
  const VaultTransfer out{kVault, false, 100'000'000};
  const TimeMs stale = unlocked().oracle_stale_ms + 1;
  chain.system({}, stale);
  EXPECT_EQ(code(kA, out), kOk) << "it holds dollars alone";
  fresh();
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 1'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 600'000, 1'000, Tif::Ioc)).kind,
            OrderResult::Kind::Filled);
  chain.system({SetOracle{kEth, 300'000}, SetOracle{kSpot, 1'000'000}}, stale);
  EXPECT_EQ(code(kA, out), Error::StaleOracle);
  EXPECT_EQ(code(kB, in), Error::StaleOracle);
  fresh();
  EXPECT_EQ(code(kA, out), kOk);
  EXPECT_EQ(code(kB, in), kOk);
}

TEST_F(Dex13Vault, tokens_without_a_price_hold_up_from_a_thousandth_of_the_equity) {
  const VaultTransfer out{kVault, false, 10'000'000};
  chain.system({CreditSpot{kVault, kOpenToken, 200'000'000}});
  chain.system({}, unlocked().oracle_stale_ms + 1);
  EXPECT_EQ(code(kA, out), kOk) << "2 dollars of 2,002";
  chain.system({CreditSpot{kVault, kOpenToken, 1'000'000}});
  EXPECT_EQ(code(kA, out), Error::StaleOracle);
  EXPECT_EQ(code(kB, VaultTransfer{kVault, true, 100'000'000}), Error::StaleOracle);
}

TEST_F(Dex13Vault, deposits_have_a_least_value) {
  EXPECT_EQ(code(kB, VaultTransfer{kVault, true, 9'999'999}), Error::VaultDeposit);
  EXPECT_EQ(code(kB, VaultTransfer{kVault, true, 10'000'000}), kOk);
}

TEST_F(Dex13Vault, whoever_leaves_leaves_no_few_shares_behind) {
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 998'999'999}), kOk);
  EXPECT_EQ(shares_of(kA), 1'000'001);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 2}), kOk);
  EXPECT_EQ(shares_of(kA), 0) << "999,999 would have stayed";
  EXPECT_EQ(cash(kA), 1'000'000 * kDollar);
}

TEST_F(Dex13Vault, a_leader_keeps_enough_shares_as_long_as_others_are_in) {
  ASSERT_EQ(code(kA, VaultTransfer{kVault, false, 990'000'000}), kOk);
  EXPECT_EQ(code(kLeader, VaultTransfer{kVault, false, 999'000'001}), Error::LeaderShare);
  EXPECT_EQ(code(kLeader, VaultTransfer{kVault, false, 999'000'000}), kOk);
  EXPECT_EQ(shares_of(kLeader), 1'000'000);
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), kOk) << "nobody is kept in";
  EXPECT_EQ(code(kLeader, VaultTransfer{kVault, false, 1}), kOk);
  EXPECT_EQ(total_shares(), 0);
  EXPECT_EQ(equity(), 0);
}

// A share that is worth dollars would swallow what a deposit has beyond a whole number of them.
TEST_F(Dex13Vault, no_deposit_buys_few_shares_however_dear_they_are) {
  ASSERT_EQ(code(kA, VaultTransfer{kVault, false, kThousand}), kOk);
  ASSERT_EQ(code(kLeader, VaultTransfer{kVault, false, 999'000'000}), kOk);
  ASSERT_EQ(total_shares(), 1'000'000);
  chain.system({CreditUsd{kVault, 99 * kDollar}});
  EXPECT_EQ(code(kB, VaultTransfer{kVault, true, 99'999'999}), Error::VaultDeposit);
  ASSERT_EQ(code(kB, VaultTransfer{kVault, true, 100'000'050}), kOk);
  EXPECT_EQ(shares_of(kB), 1'000'000);
  EXPECT_EQ(code(kB, VaultTransfer{kVault, true, 50'000'000}), kOk) << "of one who is in";
}

TEST_F(Dex13Vault, withdrawals_come_after_cancels) {
  const VaultTransfer out{kVault, false, 900'000'000};
  EXPECT_EQ(step_of(ActionBody{out}), Step::P4);
  EXPECT_EQ(step_of(ActionBody{VaultTransfer{kVault, true, 1}}), Step::P1);
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 30'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 600'000, 30'000, Tif::Ioc)).total_sz, 30'000U);
  const OrderResult bid = chain.order(kMaker, order_of(kBtc, Side::Buy, 599'000, 30'000, Tif::Alo));
  const BlockResult block = chain.block(
      {}, {chain.action(kMaker, CancelOrders{{{kBtc, bid.oid, {}}}}), chain.action(kA, out)});
  EXPECT_TRUE(block.results.at(0).ok);
  EXPECT_EQ(block.results.at(1).error, Error::TransferTooLarge) << "the bid was gone";
}

TEST_F(Dex13Vault, a_leader_at_the_edge_of_its_margin_keeps_nobody_in) {
  ASSERT_EQ(code(kLeader, UpdateLeverage{kBtc, true, 10}, kVault), kOk);
  chain.order(kMaker, order_of(kBtc, Side::Sell, 600'000, 33'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kBtc, Side::Buy, 600'000, 33'000, Tif::Ioc)).total_sz, 33'000U);
  chain.oracle(kBtc, 594'000);  // below what the leverage asks for
  chain.order(kMaker, order_of(kBtc, Side::Buy, 593'000, 33'000, Tif::Alo));
  const Int128 price = equity() * 1'000'000 / total_shares();
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 100'000'000}), kOk);
  EXPECT_GE(equity() * 1'000'000 / total_shares(), price) << "who leaves pays for leaving";
  EXPECT_LT(chain.perp(kVault, kBtc).szi, 33'000);
  EXPECT_GT(chain.perp(kVault, kBtc).szi, 20'000);
}

TEST_F(Dex13Vault, isolated_margin_is_no_hiding_place) {
  ASSERT_EQ(code(kLeader, UpdateLeverage{kEth, false, 2}, kVault), kOk);
  chain.order(kMaker, order_of(kEth, Side::Sell, 300'000, 13'000, Tif::Alo));
  ASSERT_EQ(lead(order_of(kEth, Side::Buy, 300'000, 13'000, Tif::Ioc)).total_sz, 13'000U);
  ASSERT_LT(cash(kVault), 60 * kDollar);
  chain.order(kMaker, order_of(kEth, Side::Buy, 299'000, 13'000, Tif::Alo));
  EXPECT_EQ(code(kA, VaultTransfer{kVault, false, 500'000'000}), kOk);
  EXPECT_GT(cash(kA), 999'485 * kDollar);
}

// Any actions of leader and depositors: a deposit or withdrawal never lowers what a share of the
// others is worth, and nobody takes more than a share.
TEST_F(Dex13Vault, nobody_takes_more_than_a_share_whatever_the_order_of_actions) {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t costly = 0;
  std::size_t gainful = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    chain = Chain(unlocked());
    ASSERT_NO_FATAL_FAILURE(Dex13Vault::SetUp());
    chain.system({CreditUsd{kMaker, 100'000'000 * kDollar}});
    Random random(seed);
    for (int round = 0; round < 300; ++round) {
      const auto near = [&](std::uint64_t px) {
        return px / 100 * (99 + random.below(3)) / 10 * 10;
      };
      const Side side = random.chance(50) ? Side::Buy : Side::Sell;
      const AssetId asset = random.chance(50) ? kBtc : (random.chance(50) ? kEth : kSpot);
      // Up to eight times what the vault is worth.
      const auto lots = [&](std::uint64_t px) {
        const auto dollars = static_cast<std::uint64_t>(max128(1, equity()));
        return 1 + 8 * dollars / (asset == kSpot ? px / 100 : px);
      };
      const std::uint64_t mid = asset == kBtc ? 600'000 : (asset == kEth ? 300'000 : 1'000'000);
      switch (random.below(8)) {
        case 0:
          chain.system({SetOracle{kBtc, near(600'000)}, SetOracle{kEth, near(300'000)},
                        SetOracle{kSpot, near(1'000'000)}});
          break;
        case 1:
          chain.act(kMaker,
                    place(order_of(asset, side, near(mid), 1'000 + random.below(lots(mid)))));
          break;
        case 2:
        case 3:
          lead(order_of(asset, side, near(mid), 1'000 + random.below(lots(mid)),
                        random.chance(50) ? Tif::Gtc : Tif::Ioc));
          break;
        case 4:
          chain.act(kLeader, UsdClassTransfer{random.below(kThousand), random.chance(50)}, kVault);
          break;
        default: {
          const Address who = std::array{kA, kB, kLeader}[random.below(3)];
          const VaultTransfer body{kVault, random.chance(50), random.below(kThousand)};
          chain.system({SetOracle{kBtc, chain.market(kBtc).oracle},
                        SetOracle{kEth, chain.market(kEth).oracle},
                        SetOracle{kSpot, chain.market(kSpot).oracle}});
          const Int128 worth = equity();
          const Int128 all = total_shares();
          const Int128 own = shares_of(who);
          const std::int64_t had = cash(who);
          const std::int64_t leader_had = cash(kLeader);
          const bool ok = chain.act(who, body).ok;
          if (!ok) {
            ASSERT_EQ(equity(), worth);
            ASSERT_EQ(total_shares(), all);
            break;
          }
          ASSERT_GE(equity() * all, worth * total_shares()) << seed << " " << round;
          if (body.is_deposit) {
            ++in;
            ASSERT_EQ(equity() - worth, body.usd);
            break;
          }
          ++out;
          const Int128 paid =
              Int128{cash(who)} - had + (who == kLeader ? 0 : Int128{cash(kLeader)} - leader_had);
          ASSERT_LE(paid * all, (own - shares_of(who)) * worth) << seed << " " << round;
          gainful += paid > worth - equity() ? 1 : 0;
          costly += paid < worth - equity() ? 1 : 0;
        }
      }
      ASSERT_EQ(broken_invariant(chain.state()), "") << seed << " " << round;
    }
  }
  EXPECT_GT(in, 100U);
  EXPECT_GT(out, 100U);
  EXPECT_GT(costly, 20U);
  EXPECT_GT(gainful, 5U);
}

}  // namespace
}  // namespace ol::exchange
