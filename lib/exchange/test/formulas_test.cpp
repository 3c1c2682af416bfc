// The formulas of dex.md with the vectors of section 21, to the unit.
#include <array>

#include <gtest/gtest.h>

#include <ol/exchange/fees.hpp>
#include <ol/exchange/margin_table.hpp>
#include <ol/exchange/position.hpp>
#include <ol/exchange/price.hpp>

#include "liquidation_math.hpp"

namespace ol::exchange {
namespace {

constexpr std::int64_t kMillionUsd = 1'000'000 * kUsdPerDollar;

MarginTable table(std::initializer_list<MarginTier> tiers) {
  return *MarginTable::make(std::span(tiers.begin(), tiers.size()));
}

const MarginTable kA0 = table({{0, 40}, {150 * kMillionUsd, 20}});
const MarginTable kA1 = table({{0, 25}, {100 * kMillionUsd, 15}});
const MarginTable kA2 = table({{0, 3}});

TEST(Dex8Table, vector_21_1_rates_and_deductions) {
  EXPECT_EQ(kA0.rows()[0].rate_ppb, 12'500'000);
  EXPECT_EQ(kA0.rows()[1].rate_ppb, 25'000'000);
  EXPECT_EQ(kA0.rows()[1].deduction, 1'875'000'000'000);
  EXPECT_EQ(kA1.rows()[0].rate_ppb, 20'000'000);
  EXPECT_EQ(kA1.rows()[1].rate_ppb, 33'333'334);
  EXPECT_EQ(kA1.rows()[1].deduction, 1'333'333'400'000);
  EXPECT_EQ(kA2.rows()[0].rate_ppb, 166'666'667);
}

TEST(Dex8Table, vector_21_1_margins) {
  EXPECT_EQ(kA2.maintenance(1000 * kUsdPerDollar), 166'666'667);
  EXPECT_EQ(kA2.initial(1000 * kUsdPerDollar, 3), 333'333'334);
  EXPECT_EQ(kA0.maintenance(200 * kMillionUsd), 3'125'000'000'000);
  EXPECT_EQ(kA0.initial(200 * kMillionUsd, 40), 6'250'000'000'000);
  EXPECT_EQ(kA0.maintenance(150 * kMillionUsd - 1), 1'875'000'000'000);
  EXPECT_EQ(kA0.maintenance(150 * kMillionUsd), 1'875'000'000'000);
  EXPECT_EQ(kA0.maintenance(0), 0);
}

TEST(Dex8Table, initial_margin_is_at_least_twice_maintenance) {
  EXPECT_EQ(kA0.initial(1'000'000, 40), 25'000);
  EXPECT_EQ(kA0.initial(1'000'000, 1), 1'000'000);
  // In the second tier 1/40 would be below twice the maintenance margin.
  const std::int64_t ntl = 200 * kMillionUsd;
  EXPECT_GT(kA0.initial(ntl, 40), ceil_div(ntl, 40));
}

TEST(Dex8Table, refuses_tables_that_are_none) {
  const auto refused = [](std::initializer_list<MarginTier> tiers) {
    return MarginTable::make(std::span(tiers.begin(), tiers.size())).error();
  };
  EXPECT_EQ(refused({}), Error::BadLeverage);
  EXPECT_EQ(refused({{1, 40}}), Error::BadLeverage);
  EXPECT_EQ(refused({{0, 0}}), Error::BadLeverage);
  EXPECT_EQ(refused({{0, 101}}), Error::BadLeverage);
  EXPECT_EQ(refused({{0, 40}, {10, 40}}), Error::BadLeverage);
  EXPECT_EQ(refused({{0, 40}, {10, 20}, {10, 10}}), Error::BadLeverage);
  EXPECT_EQ(refused({{0, 40}, {kPositionNtlMax + 1, 20}}), Error::BadLeverage);
  EXPECT_TRUE(MarginTable::make(std::array<MarginTier, 1>{{{0, 100}}}));
}

TEST(Dex8TableDeathTest, stops_outside_the_range_of_notionals) {
  EXPECT_DEATH(static_cast<void>(kA0.maintenance(-1)), "negative notional");
  EXPECT_DEATH(static_cast<void>(kA0.maintenance(Int128{kRawUsdMax} * kRawUsdMax)), "out of range");
  EXPECT_DEATH(static_cast<void>(kA0.initial(1, 0)), "without leverage");
}

TEST(Dex9Fees, vector_21_7) {
  constexpr Int128 kNtl = 12'345'670'000;
  const std::int64_t eff = discounted(450'000, 100'000'000, kReferralDiscountPpb);
  EXPECT_EQ(eff, 388'800);
  const Int128 fee = fee_of(kNtl, eff);
  EXPECT_EQ(fee, 4'799'997);
  const FeeSplit split = split_fee(fee, true, 0);
  EXPECT_EQ(split.referrer, 479'999);
  EXPECT_EQ(split.insurance, 479'999);
  EXPECT_EQ(split.pool, 3'839'999);
  EXPECT_EQ(builder_fee(kNtl, 10), 1'234'567);
  EXPECT_EQ(fee_of(kNtl, -30'000), -370'370);
}

TEST(Dex9Fees, discounts_leave_rebates_alone) {
  EXPECT_EQ(discounted(-30'000, 400'000'000, kReferralDiscountPpb), -30'000);
  EXPECT_EQ(discounted(0, 400'000'000, 0), 0);
}

TEST(Dex9Fees, splits_without_referrer_and_with_deployer) {
  const FeeSplit plain = split_fee(19, false, 0);
  EXPECT_EQ(plain.referrer, 0);
  EXPECT_EQ(plain.insurance, 1);
  EXPECT_EQ(plain.pool, 18);
  const FeeSplit shared = split_fee(1000, true, 500'000'000);
  EXPECT_EQ(shared.deployer, 500);
  EXPECT_EQ(shared.pool, 300);
}

TEST(Dex9Fees, schedule_steps_exactly_at_its_volumes) {
  const auto perp = [](Int128 dollars) {
    return schedule_rates(false, {dollars * kUsdPerDollar, 0, 0});
  };
  EXPECT_EQ(perp(0), (FeeRates{450'000, 150'000}));
  EXPECT_EQ(schedule_rates(false, {Int128{5'000'000} * kUsdPerDollar - 1, 0, 0}),
            (FeeRates{450'000, 150'000}));
  EXPECT_EQ(perp(5'000'000), (FeeRates{400'000, 120'000}));
  EXPECT_EQ(perp(25'000'000), (FeeRates{350'000, 80'000}));
  EXPECT_EQ(perp(100'000'000), (FeeRates{300'000, 40'000}));
  EXPECT_EQ(perp(500'000'000), (FeeRates{280'000, 0}));
  EXPECT_EQ(perp(2'000'000'000), (FeeRates{260'000, 0}));
  EXPECT_EQ(perp(7'000'000'000), (FeeRates{240'000, 0}));
  EXPECT_EQ(schedule_rates(true, {0, 0, 0}), (FeeRates{700'000, 400'000}));
  EXPECT_EQ(schedule_rates(true, {Int128{7'000'000'000} * kUsdPerDollar, 0, 0}),
            (FeeRates{250'000, 0}));
}

TEST(Dex9Fees, maker_share_earns_a_rebate) {
  const auto maker = [](Int128 own, Int128 market) {
    return schedule_rates(false, {0, own, market}).maker;
  };
  EXPECT_EQ(maker(0, 0), 150'000);
  EXPECT_EQ(maker(499, 100'000), 150'000);
  EXPECT_EQ(maker(500, 100'000), -10'000);
  EXPECT_EQ(maker(1'500, 100'000), -20'000);
  EXPECT_EQ(maker(3'000, 100'000), -30'000);
}

TEST(Dex9Fees, stake_discount_steps) {
  EXPECT_EQ(stake_discount_ppb(9), 0);
  EXPECT_EQ(stake_discount_ppb(10), 50'000'000);
  EXPECT_EQ(stake_discount_ppb(999), 100'000'000);
  EXPECT_EQ(stake_discount_ppb(499'999), 300'000'000);
  EXPECT_EQ(stake_discount_ppb(500'000), 400'000'000);
}

TEST(Dex9Fees, schedule_must_cover_its_rebates) {
  const std::int64_t lowest = discounted(240'000, 400'000'000, kReferralDiscountPpb);
  EXPECT_TRUE(covers_rebates(lowest, 30'000, 0));
  EXPECT_TRUE(covers_rebates(100'000, 80'000, 0));
  EXPECT_FALSE(covers_rebates(100'000, 80'001, 0));
  EXPECT_FALSE(covers_rebates(100'000, 80'000, 1));
}

TEST(Dex10Oracle, vector_21_8_weighted_median_and_trimmed_mean) {
  const std::vector<WeightedPx> set = {
      {600'000, 40}, {600'010, 25}, {600'100, 20}, {590'000, 10}, {700'000, 5}};
  EXPECT_EQ(weighted_median(set), 600'000U);
  EXPECT_EQ(trimmed_mean(set, 20), 600'012U);
}

TEST(Dex10Oracle, half_of_the_weight_is_enough_and_less_is_not) {
  EXPECT_EQ(weighted_median({{1, 50}, {2, 50}}), 1U);
  EXPECT_EQ(weighted_median({{1, 49}, {2, 51}}), 2U);
  EXPECT_EQ(weighted_median({}), std::nullopt);
  EXPECT_EQ(weighted_median({{1, 0}}), std::nullopt);
  EXPECT_EQ(trimmed_mean({}, 20), std::nullopt);
}

TEST(Dex10Oracle, moves_at_most_one_step) {
  EXPECT_EQ(clamp_step(100'000, 104'999, 50'000'000), 104'999U);
  EXPECT_EQ(clamp_step(100'000, 106'000, 50'000'000), 105'000U);
  EXPECT_EQ(clamp_step(100'000, 10, 50'000'000), 95'000U);
  // Below 20 units five percent are less than one: a unit at a time.
  EXPECT_EQ(clamp_step(19, 30, 50'000'000), 20U);
  EXPECT_EQ(clamp_step(19, 2, 50'000'000), 18U);
  EXPECT_EQ(clamp_step(1, 30, 50'000'000), 2U);
  EXPECT_EQ(clamp_step(2, 1, 50'000'000), 1U);
  EXPECT_EQ(clamp_step(20, 30, 50'000'000), 21U);
  EXPECT_EQ(clamp_step(40, 30, 50'000'000), 38U);
}

TEST(Dex10Ema, vector_21_8) {
  Ema ema;
  EXPECT_EQ(ema.value(), std::nullopt);
  constexpr std::array<std::array<std::int64_t, 3>, 4> kSteps = {
      {{3, 20, 20}, {3, 26, 23}, {3, -10, 11}, {6, 40, 23}}};
  for (const auto& [seconds, sample, expected] : kSteps) {
    ema.update(kEma150, static_cast<std::uint64_t>(seconds), sample);
    EXPECT_EQ(ema.value(), expected);
  }
  EXPECT_EQ(ema.num, 22'283'611);
  EXPECT_EQ(ema.den, 948'763);
}

TEST(Dex10Ema, starts_anew_after_an_hour_of_silence) {
  Ema ema;
  ema.update(kEma150, 10, 1'000);
  Ema kept = ema;
  kept.update(kEma150, 3600, 5);
  EXPECT_GT(kept.den, Int128{3600} * 65536 - 1);
  ema.update(kEma150, 3601, 5);
  EXPECT_EQ(ema.den, 65536);
  EXPECT_EQ(ema.value(), 5);
}

TEST(Dex10Mark, vector_21_8) {
  EXPECT_EQ(median({600'050, 600'070, 600'060}), 600'060);
  EXPECT_EQ(mark_px({600'000, 600'023, 600'060, 600'100, std::nullopt}, 100'000'000), 600'060U);
  EXPECT_EQ(mark_px({600'000, 600'023, 600'060, std::nullopt, 600'055}, 100'000'000), 600'055U);
}

TEST(Dex10Mark, uses_what_exists_within_the_band) {
  const auto none = std::nullopt;
  EXPECT_EQ(mark_px({600'000, none, none, none, 1}, 100'000'000), 600'000U);
  EXPECT_EQ(mark_px({600'000, 600'500, none, none, 1}, 100'000'000), 600'500U);
  EXPECT_EQ(mark_px({600'000, 600'010, 600'020, none, none}, 100'000'000), 600'015U);
  EXPECT_EQ(mark_px({600'000, 700'000, none, none, none}, 100'000'000), 660'000U);
  EXPECT_EQ(mark_px({600'000, 500'000, none, none, none}, 100'000'000), 540'000U);
  EXPECT_EQ(mark_px({1, -5, none, none, none}, 100'000'000), 1U);
  EXPECT_EQ(median({-3, 0}), -2);
}

TEST(Dex11Funding, vector_21_8_impact_prices) {
  const std::array<DepthLevel, 2> bids = {{{600'000, 20'000}, {599'900, 30'000}}};
  const std::array<DepthLevel, 2> asks = {{{600'100, 10'000}, {600'300, 40'000}}};
  const std::int64_t ntl = 20'000 * kUsdPerDollar;
  EXPECT_EQ(impact_px(bids, Side::Sell, ntl), 599'959U);
  EXPECT_EQ(impact_px(asks, Side::Buy, ntl), 600'240U);
  EXPECT_EQ(impact_px(std::span(bids).first(1), Side::Sell, ntl), std::nullopt);
  EXPECT_EQ(impact_px(std::span(bids).first(1), Side::Sell, 12'000 * kUsdPerDollar), 600'000U);
  EXPECT_EQ(impact_px(bids, Side::Sell, 599'999), std::nullopt);  // not one lot
}

struct FundingCase {
  std::uint64_t oracle;
  std::optional<std::uint64_t> bid, ask;
  std::int64_t premium, rate, szi, pays;
};

TEST(Dex11Funding, vector_21_6) {
  const auto none = std::nullopt;
  const FundingCase cases[] = {
      {100'000, 101'000, none, 10'000'000, 1'187'500, 1'000'000, 118'750'000},
      {100'000, none, none, 0, 12'500, 1'000'000, 1'250'000},
      {100'000, none, 99'800, -2'000'000, -187'500, -1'000'000, 18'750'000},
      {100'003, 150'000, none, 499'955'001, 40'000'000, 7, 28'001},
  };
  for (const FundingCase& c : cases) {
    const std::int64_t premium = premium_ppb(c.oracle, c.bid, c.ask);
    EXPECT_EQ(premium, c.premium);
    const std::int64_t rate = funding_rate_ppb(premium, 1, {});
    EXPECT_EQ(rate, c.rate);
    EXPECT_EQ(funding_payment(c.szi, Int128{static_cast<std::int64_t>(c.oracle)} * rate, 0),
              Int128{c.pays});
  }
  EXPECT_EQ(Int128{100'000} * 1'187'500, 118'750'000'000);
  EXPECT_EQ(Int128{100'003} * 40'000'000, 4'000'120'000'000);
}

TEST(Dex11Funding, vector_21_6_dust_stays_in_the_pool) {
  constexpr Int128 kIndex = 1'234'537'035;
  EXPECT_EQ(funding_payment(7, kIndex, 0), Int128{9});
  EXPECT_EQ(funding_payment(3, kIndex, 0), Int128{4});
  EXPECT_EQ(funding_payment(-10, kIndex, 0), Int128{-12});
  EXPECT_FALSE(funding_payment(std::int64_t{1} << 62, Int128{1} << 100, 0));
}

TEST(Dex11Funding, averages_samples_and_caps_both_ways) {
  EXPECT_EQ(funding_rate_ppb(0, 0, {}), 12'500);
  EXPECT_EQ(funding_rate_ppb(Int128{30'000'000}, 3, {}), 1'187'500);
  EXPECT_EQ(funding_rate_ppb(Int128{-1'000'000'000}, 1, {}), -40'000'000);
}

TEST(Dex2Entry, vector_21_9) {
  const Entry start{300'000, 180'000'000'010};
  const EntryChange first = change_entry(start, Side::Sell, 100'000, 605'000);
  EXPECT_EQ(first.realised, 499'999'997);
  EXPECT_EQ(first.entry, (Entry{200'000, 120'000'000'007}));
  const EntryChange second = change_entry(first.entry, Side::Sell, 250'000, 605'000);
  EXPECT_EQ(second.realised, 999'999'993);
  EXPECT_EQ(second.entry, (Entry{-50'000, -30'250'000'000}));
}

TEST(Dex2Entry, shorts_mirror_longs) {
  const EntryChange opened = change_entry({}, Side::Sell, 10, 100);
  EXPECT_EQ(opened.entry, (Entry{-10, -1000}));
  const EntryChange added = change_entry(opened.entry, Side::Sell, 10, 120);
  EXPECT_EQ(added.entry, (Entry{-20, -2200}));
  EXPECT_EQ(added.realised, 0);
  const EntryChange closed = change_entry(added.entry, Side::Buy, 20, 100);
  EXPECT_EQ(closed.entry, Entry{});
  EXPECT_EQ(closed.realised, 200);
}

TEST(Dex13Vaults, vector_21_10) {
  EXPECT_EQ(shares_for_deposit(1'000'000'000, 0, 0), 1'000'000'000);
  Int128 equity = 1'000'000'000 + 123'456'789;
  EXPECT_EQ(shares_for_deposit(500'000'000, 1'000'000'000, equity), 445'054'945);
  equity = equity + 500'000'000 + 100'000'000;
  EXPECT_EQ(equity, 1'723'456'789);
  const VaultPayout out =
      vault_payout(445'054'945, 1'445'054'945, equity, 500'000'000, 100'000'000);
  EXPECT_EQ(out.gross, 530'798'478);
  EXPECT_EQ(out.profit, 30'798'478);
  EXPECT_EQ(out.leader_cut, 3'079'847);
  EXPECT_EQ(out.net, 527'718'631);
}

TEST(Dex13Vaults, a_worthless_vault_sells_no_shares_and_losses_pay_no_cut) {
  EXPECT_EQ(shares_for_deposit(5, 100, 0), 0);
  EXPECT_EQ(shares_for_deposit(5, 100, -7), 0);
  EXPECT_EQ(shares_for_deposit(1, 1, 1'000), 0);
  const VaultPayout out = vault_payout(50, 100, 80, 60, 100'000'000);
  EXPECT_EQ(out.gross, 40);
  EXPECT_EQ(out.leader_cut, 0);
  EXPECT_EQ(vault_payout(50, 100, -80, 60, 100'000'000).gross, 0);
}

TEST(Dex1Units, spot_vector_21_11) {
  const Int128 quote = notional(7'654'321, 12'345);
  EXPECT_EQ(quote, 94'492'592'745);
  const Int128 base = Int128{12'345} * 1'000'000;  // 10^(w - d), w = 8, d = 2
  EXPECT_EQ(base, 12'345'000'000);
  EXPECT_EQ(fee_of(base, 700'000), 8'641'500);
  EXPECT_EQ(fee_of(quote, 400'000), 37'797'038);
}

TEST(Dex12Formulas, vector_21_4_bankruptcy_prices) {
  EXPECT_EQ(bankruptcy_px(300'000, 543'000, 1'819'000'000), 536'937);
  EXPECT_EQ(bankruptcy_px(240'000, 542'000, 1'504'366'000), 535'732);
  // What is left of the position's value is never less than nothing, for a buyer back as well.
  EXPECT_EQ(bankruptcy_px(-300'000, 543'000, 1'819'000'000), 549'063);
}

TEST(Dex12Formulas, vector_21_5_scores) {
  const auto score = [](std::int64_t szi, std::int64_t entry_px, Int128 av) {
    return adl_score(szi, Int128{szi} * entry_px, 530'000, av);
  };
  EXPECT_EQ(score(-200'000, 600'000, 20'000'000'000),
            (AdlScore{true, 1'132'075'471, 5'300'000'000}));
  EXPECT_EQ(score(-500'000, 550'000, 50'000'000'000),
            (AdlScore{true, 1'037'735'849, 5'300'000'000}));
  EXPECT_EQ(score(-100'000, 520'000, 9'000'000'000), (AdlScore{false, 981'132'075, 5'888'888'888}));
  EXPECT_EQ(score(200'000, 500'000, 20'000'000'000),
            (AdlScore{true, 1'060'000'000, 5'300'000'000}));
}

TEST(Dex112, a_premium_beyond_measure_is_a_thousand_times_the_oracle) {
  EXPECT_EQ(premium_ppb(1, 10'000'000'000, std::nullopt), 1'000'000'000'000);
  EXPECT_EQ(premium_ppb(1, 1'001, std::nullopt), 1'000'000'000'000);
  EXPECT_EQ(premium_ppb(1, 1'000, std::nullopt), 999'000'000'000);
}

}  // namespace
}  // namespace ol::exchange
