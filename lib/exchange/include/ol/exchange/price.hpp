#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// Decay per second of an average over 150 s and over 30 s, 32 fractional bits (dex.md 10.5).
constexpr std::uint64_t kEma150 = 4'266'429'412;
constexpr std::uint64_t kEma30 = 4'154'161'519;

/// A gap after which an average starts anew (dex.md 10.5).
constexpr std::uint64_t kEmaResetSeconds = 3600;

/// An exponential average in fixed point, 16 fractional bits (dex.md 10.5). A plain value.
struct Ema {
  Int128 num = 0;
  Int128 den = 0;

  /// Adds sample `x`, `seconds` >= 1 after the one before. A gap above 3600 s discards the past;
  /// the sample then weighs as one second, so that it does not outweigh the next hour.
  void update(std::uint64_t decay, std::uint64_t seconds, std::int64_t x);
  /// The average rounded down, or nothing before the first sample.
  [[nodiscard]] std::optional<std::int64_t> value() const;

  friend bool operator==(const Ema&, const Ema&) = default;
};

/// A price with the stake behind it.
struct WeightedPx {
  std::uint64_t px = 0;
  std::uint64_t weight = 0;
};

/// The first price, ascending, whose cumulated weight is half of the total (dex.md 10.2, mode 0).
/// Nothing without weight.
[[nodiscard]] std::optional<std::uint64_t> weighted_median(std::vector<WeightedPx> prices);

/// The mean after dropping floor_div(total * trim_percent, 100) of weight at each end, entries at
/// the boundary split (dex.md 10.2, mode 1). Nothing without weight. @pre trim_percent < 50.
[[nodiscard]] std::optional<std::uint64_t> trimmed_mean(std::vector<WeightedPx> prices,
                                                        std::uint32_t trim_percent);

/// The median; of an even count floor_div of the middle two's sum (dex.md 10.6). @pre Not empty.
[[nodiscard]] std::int64_t median(std::vector<std::int64_t> values);

/// What the mark price is made of (dex.md 10.6).
struct MarkInputs {
  std::uint64_t oracle = 0;
  std::optional<std::int64_t> oracle_plus_ema;  // a: oracle + EMA150(mid - oracle)
  std::optional<std::int64_t> book;             // b: median(best bid, best ask, last trade)
  std::optional<std::int64_t> validators;       // c: aggregate of the validators' perp prices
  std::optional<std::int64_t> book_ema;         // d: EMA30 of b
};

/// The mark price: the median of the inputs that exist, within `band_ppb` of the oracle; the
/// oracle where none exists (dex.md 10.6). At least 1. @pre oracle > 0.
[[nodiscard]] std::uint64_t mark_px(const MarkInputs& inputs, std::int64_t band_ppb);

/// `value` moved at most `step_ppb` of `old` away from `old` (dex.md 10.2, step clamp).
[[nodiscard]] std::uint64_t clamp_step(std::uint64_t old, std::uint64_t value,
                                       std::int64_t step_ppb);

/// One price level, best first where levels are listed.
struct DepthLevel {
  std::uint64_t px = 0;
  std::uint64_t sz = 0;
};

/// Price of trading `ntl` micro-dollars into the levels, the last one in part: quote / base
/// rounded down for selling into bids, up for buying from asks. Nothing where the levels hold less
/// (dex.md 11.1).
[[nodiscard]] std::optional<std::uint64_t> impact_px(std::span<const DepthLevel> levels, Side taker,
                                                     std::int64_t ntl);

/// The premium in ppb of the oracle price; a missing impact price makes its side's term zero
/// (dex.md 11.1). @pre oracle > 0.
[[nodiscard]] std::int64_t premium_ppb(std::uint64_t oracle,
                                       std::optional<std::uint64_t> impact_bid,
                                       std::optional<std::uint64_t> impact_ask);

/// Parameters of hourly funding, in ppb (dex.md 11.2).
struct FundingParams {
  std::int64_t interest8 = 100'000;
  std::int64_t clamp = 500'000;
  std::int64_t cap = 40'000'000;
};

/// The hour's rate in ppb from the sum and count of premium samples (dex.md 11.2). Without a
/// sample the premium is zero.
[[nodiscard]] std::int64_t funding_rate_ppb(Int128 premium_sum, std::uint32_t samples,
                                            const FundingParams& params);

/// What a position pays for the index having moved, rounded up; negative is received
/// (dex.md 11.3). Nothing where 128 bits do not hold the product.
[[nodiscard]] std::optional<Int128> funding_payment(std::int64_t szi, Int128 index, Int128 paid_to);

}  // namespace ol::exchange
