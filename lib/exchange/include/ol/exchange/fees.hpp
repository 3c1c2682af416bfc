#pragma once

#include <cstdint>

#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// Rates of one trade's two sides in ppb; a negative maker rate is a rebate (dex.md 9.2).
struct FeeRates {
  std::int64_t taker = 0;
  std::int64_t maker = 0;

  friend bool operator==(const FeeRates&, const FeeRates&) = default;
};

/// Volume of the last 14 complete days, in micro-dollars (dex.md 9.2).
struct FeeVolume {
  Int128 weighted = 0;      // perp + 2 * spot, the account's whole family
  Int128 maker = 0;         // the family's maker volume
  Int128 maker_market = 0;  // everybody's maker volume
};

/// Charged fee, rounded up; a rebate is negative, its amount rounded down (dex.md 9.1).
/// In the unit of `ntl`. @pre ntl >= 0.
[[nodiscard]] Int128 fee_of(Int128 ntl, std::int64_t rate_ppb);

/// A positive rate after the stake and referral discounts; others unchanged (dex.md 9.3).
[[nodiscard]] std::int64_t discounted(std::int64_t rate_ppb, std::int64_t stake_ppb,
                                      std::int64_t referral_ppb);

/// Base rates by volume with the maker-share rebate, perps or spot (dex.md 9.2).
[[nodiscard]] FeeRates schedule_rates(bool spot, const FeeVolume& volume);

/// Discount for staked OPEN, given in whole OPEN (dex.md 9.3).
[[nodiscard]] std::int64_t stake_discount_ppb(std::uint64_t staked_open);

constexpr std::int64_t kReferralDiscountPpb = 40'000'000;                       // 4 %, dex.md 9.3
constexpr Int128 kReferralDiscountVolume = Int128{25'000'000} * kUsdPerDollar;  // dex.md 9.3
constexpr Int128 kReferrerShareVolume = Int128{1'000'000'000} * kUsdPerDollar;  // dex.md 9.4
constexpr Int128 kReferralThreshold = Int128{10'000} * kUsdPerDollar;           // dex.md 9.5
constexpr std::size_t kReferralCodeMax = 20;                                    // dex.md 9.5
constexpr std::int64_t kReferrerSharePpb = 100'000'000;                         // dex.md 9.4
constexpr std::int64_t kInsuranceSharePpb = 100'000'000;                        // dex.md 9.4
constexpr std::uint32_t kBuilderFeePerpMax = 100;   // tenths of a bp, dex.md 9.4
constexpr std::uint32_t kBuilderFeeSpotMax = 1000;  // tenths of a bp, dex.md 9.4

/// Where a charged fee goes (dex.md 9.4).
struct FeeSplit {
  Int128 referrer = 0;
  Int128 insurance = 0;
  Int128 deployer = 0;
  Int128 pool = 0;
};

/// Splits a charged fee; shares round down, the pool takes the rest (dex.md 9.4). @pre fee >= 0.
[[nodiscard]] FeeSplit split_fee(Int128 fee, bool has_referrer, std::int64_t deployer_ppb);

/// What a builder earns on a trade, rounded up; `tenths` of a basis point (dex.md 9.4).
[[nodiscard]] Int128 builder_fee(Int128 ntl, std::uint32_t tenths);

/// Whether the lowest discounted taker rate after the splits covers the largest maker rebate, so
/// that a trade never costs the protocol (dex.md 9.1).
[[nodiscard]] bool covers_rebates(std::int64_t lowest_taker_ppb, std::int64_t largest_rebate_ppb,
                                  std::int64_t deployer_ppb);

}  // namespace ol::exchange
