// The ranking of deleveraging (dex.md 12.6), kept up by changes, against one made anew each time.
#include "adl.hpp"

#include <algorithm>

#include "exchange_fixture.hpp"
#include "liquidation_math.hpp"
#include "margin.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

/// Every holder ranked again: what the list must be.
std::vector<AdlCandidate> ranked_anew(Context& ctx, MarketIndex market, bool longs) {
  State& state = ctx.state;
  std::vector<AdlCandidate> out;
  for (const AccountIndex account : state.holders(market)) {
    const PerpState& perp = *state.find_perp(account, market);
    if ((perp.szi > 0) != longs) continue;
    settle_funding(ctx, account);
    const Int128 av = bucket_of(state, account, market).av;
    const AdlScore score = adl_score(perp.szi, perp.entry_ntl, state.markets[market].mark, av);
    out.push_back({account, state.accounts[account].address, score.profitable,
                   saturating_mul(static_cast<Uint128>(score.r9), static_cast<Uint128>(score.l9)),
                   av});
  }
  std::ranges::sort(out, [](const AdlCandidate& a, const AdlCandidate& b) {
    if (a.profitable != b.profitable) return a.profitable;
    if (a.score != b.score) return a.score > b.score;
    return a.address < b.address;
  });
  return out;
}

class Dex12Ranking : public testing::Test {
 protected:
  static constexpr std::uint64_t kHolders = 40;

  Dex12Ranking() {
    for (const MarketConfig& config : {btc(), eth()})
      markets.push_back(*state.list_market(config));
    state.markets.edit(markets[0]).mark = 600'000;
    state.markets.edit(markets[1]).mark = 300'000;
    for (std::uint8_t i = 0; i < kHolders; ++i)
      accounts.push_back(state.open_account(user(i)));
    for (std::uint64_t i = 0; i < 4 * kHolders; ++i)
      change();
  }

  // One record of one account, any way.
  void change() {
    const AccountIndex account = accounts[random.below(kHolders)];
    const MarketIndex market = markets[random.below(2)];
    if (random.chance(40)) {
      state.accounts.edit(account).raw_usd = below(20'000 * kDollar) - 5'000 * kDollar;
      return;
    }
    PerpState& perp = state.edit_perp(account, market);
    perp.szi = random.chance(20) ? 0 : below(100'000) - 50'000;
    // Few prices, so that scores tie and the address decides.
    perp.entry_ntl = Int128{perp.szi} * (500'000 + 100'000 * below(3));
    perp.isolated = perp.szi != 0 && random.chance(20);
    perp.iso_raw = perp.isolated ? below(9'000 * kDollar) : 0;
    perp.fund_idx = state.markets[market].cum_funding;
  }
  void compare() {
    for (const bool longs : {true, false}) {
      for (const MarketIndex market : markets) {
        const AdlRanking::Ranked& kept = rankings.of(market, longs).refresh(ctx);
        const std::vector<AdlCandidate> wanted = ranked_anew(ctx, market, longs);
        ASSERT_EQ(kept.size(), wanted.size());
        ASSERT_TRUE(std::ranges::equal(kept, wanted, [](const auto& a, const auto& b) {
          return a.account == b.account && a.profitable == b.profitable && a.score == b.score &&
                 a.av == b.av;
        }));
      }
    }
  }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
  }

  State state;
  Params params;
  BlockInput block;
  Context ctx{state, params, block, {}};
  Random random{7};
  std::vector<MarketIndex> markets;
  std::vector<AccountIndex> accounts;
  AdlRankings rankings;
};

TEST_F(Dex12Ranking, follows_every_change_of_a_holder) {
  compare();
  for (int round = 0; round < 500; ++round) {
    for (std::uint64_t i = random.below(4); i > 0; --i)
      change();
    ASSERT_NO_FATAL_FAILURE(compare()) << round;
  }
}

TEST_F(Dex12Ranking, is_not_misled_by_what_was_taken_back) {
  compare();
  for (int round = 0; round < 300; ++round) {
    if (random.chance(50)) change();
    const Checkpoint point = checkpoint(ctx);
    for (std::uint64_t i = random.below(4); i > 0; --i)
      change();
    revert(ctx, point);
    if (random.chance(50)) change();
    ASSERT_NO_FATAL_FAILURE(compare()) << round;
  }
}

TEST_F(Dex12Ranking, sees_the_second_change_of_a_record_as_well_as_the_first) {
  state.accounts.edit(accounts[0]).raw_usd = 0;
  PerpState& perp = state.edit_perp(accounts[0], markets[0]);
  perp.szi = 1'000;
  compare();
  state.accounts.edit(accounts[0]).raw_usd = 5;
  compare();
  state.accounts.edit(accounts[0]).raw_usd = 1'000 * kDollar;
  compare();
}

TEST_F(Dex12Ranking, tries_again_to_settle_what_did_not_fit) {
  change();
  PerpState& perp = state.edit_perp(accounts[3], markets[0]);
  perp.szi = 10'000;
  perp.isolated = false;
  state.markets.edit(markets[0]).cum_funding = Int128{1} << 80;  // no account can pay that
  compare();
  EXPECT_TRUE(funding_is_due(state, accounts[3]));
  state.markets.edit(markets[0]).cum_funding = kPpb;
  const AdlRanking::Ranked& kept = rankings.of(markets[0], true).refresh(ctx);
  EXPECT_FALSE(funding_is_due(state, accounts[3]));
  const std::vector<AdlCandidate> wanted = ranked_anew(ctx, markets[0], true);
  EXPECT_TRUE(std::ranges::equal(kept, wanted, {}, &AdlCandidate::account, &AdlCandidate::account));
}

}  // namespace
}  // namespace ol::exchange
