#include <ol/exchange/fees.hpp>

#include <array>

namespace ol::exchange {
namespace {

struct ScheduleRow {
  std::int64_t volume_dollars;
  FeeRates perp;
  FeeRates spot;
};

// dex.md 9.2. Rates in ppb: 4.5 bp is 450000.
constexpr std::array<ScheduleRow, 7> kSchedule{{
    {0, {450'000, 150'000}, {700'000, 400'000}},
    {5'000'000, {400'000, 120'000}, {600'000, 300'000}},
    {25'000'000, {350'000, 80'000}, {500'000, 200'000}},
    {100'000'000, {300'000, 40'000}, {400'000, 100'000}},
    {500'000'000, {280'000, 0}, {350'000, 0}},
    {2'000'000'000, {260'000, 0}, {300'000, 0}},
    {7'000'000'000, {240'000, 0}, {250'000, 0}},
}};

struct MakerShareRow {
  std::int64_t share_per_mille;
  std::int64_t rebate_ppb;
};

// dex.md 9.2, maker-share rebates.
constexpr std::array<MakerShareRow, 3> kMakerShare{{{5, 10'000}, {15, 20'000}, {30, 30'000}}};

struct StakeRow {
  std::uint64_t open;
  std::int64_t discount_ppb;
};

// dex.md 9.3.
constexpr std::array<StakeRow, 6> kStake{{{10, 50'000'000},
                                          {100, 100'000'000},
                                          {1'000, 150'000'000},
                                          {10'000, 200'000'000},
                                          {100'000, 300'000'000},
                                          {500'000, 400'000'000}}};

}  // namespace

Int128 fee_of(Int128 ntl, std::int64_t rate_ppb) {
  OL_CHECK(ntl >= 0, "a fee on a negative notional");
  if (rate_ppb >= 0) return ceil_div(ntl * rate_ppb, kPpb);
  return -floor_div(ntl * -Int128{rate_ppb}, kPpb);
}

std::int64_t discounted(std::int64_t rate_ppb, std::int64_t stake_ppb, std::int64_t referral_ppb) {
  const bool unchanged = rate_ppb <= 0 || (stake_ppb == 0 && referral_ppb == 0);
  if (unchanged) return rate_ppb;
  const Int128 staked = floor_div(Int128{rate_ppb} * (kPpb - stake_ppb), kPpb);
  return must_i64(floor_div(staked * (kPpb - referral_ppb), kPpb));
}

FeeRates schedule_rates(bool spot, const FeeVolume& volume) {
  FeeRates rates;
  for (const ScheduleRow& row : kSchedule) {
    if (volume.weighted >= Int128{row.volume_dollars} * kUsdPerDollar) {
      rates = spot ? row.spot : row.perp;
    }
  }
  std::int64_t rebate = 0;
  for (const MakerShareRow& row : kMakerShare) {
    const bool reached =
        volume.maker_market > 0 && volume.maker * 1000 >= volume.maker_market * row.share_per_mille;
    if (reached) rebate = row.rebate_ppb;
  }
  // The share earns a rate below zero, whatever the volume tier's maker rate is.
  if (rebate > 0) rates.maker = -rebate;
  return rates;
}

std::int64_t stake_discount_ppb(std::uint64_t staked_open) {
  std::int64_t discount = 0;
  for (const StakeRow& row : kStake) {
    if (staked_open >= row.open) discount = row.discount_ppb;
  }
  return discount;
}

FeeSplit split_fee(Int128 fee, bool has_referrer, std::int64_t deployer_ppb) {
  OL_CHECK(fee >= 0, "a rebate is not split");
  FeeSplit out;
  if (has_referrer) out.referrer = floor_div(fee * kReferrerSharePpb, kPpb);
  out.insurance = floor_div(fee * kInsuranceSharePpb, kPpb);
  out.deployer = floor_div(fee * deployer_ppb, kPpb);
  out.pool = fee - out.referrer - out.insurance - out.deployer;
  OL_CHECK(out.pool >= 0, "shares of a fee exceed it");
  return out;
}

Int128 builder_fee(Int128 ntl, std::uint32_t tenths) {
  if (tenths == 0) return 0;
  return ceil_div(ntl * tenths * (kPpbPerBp / 10), kPpb);
}

bool covers_rebates(std::int64_t lowest_taker_ppb, std::int64_t largest_rebate_ppb,
                    std::int64_t deployer_ppb) {
  const Int128 kept = Int128{kPpb} - kReferrerSharePpb - kInsuranceSharePpb - deployer_ppb;
  return Int128{lowest_taker_ppb} * kept >= Int128{largest_rebate_ppb} * kPpb;
}

}  // namespace ol::exchange
