#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/exchange/arith.hpp>
#include <ol/exchange/error.hpp>

namespace ol::exchange {

/// Leverage above that no table allows; keeps rates above zero.
constexpr std::uint32_t kLeverageMax = 100;

/// One tier as governance gives it: from `lower_ntl` micro-dollars on, at most `max_leverage`.
struct MarginTier {
  std::int64_t lower_ntl = 0;
  std::uint32_t max_leverage = 1;
};

/// Maintenance and initial margin by notional (dex.md 8.1). Immutable; any thread.
class MarginTable {
 public:
  struct Row {
    std::int64_t lower_ntl = 0;
    std::uint32_t max_leverage = 1;
    std::int64_t rate_ppb = 0;   // ceil_div(10^9, 2 * max_leverage)
    std::int64_t deduction = 0;  // micro-dollars; makes MM continuous at the tier's lower bound
  };

  /// Tiers from notional zero, bounds strictly rising, leverage strictly falling, 1 to 100.
  /// Error::BadLeverage otherwise.
  [[nodiscard]] static Result<MarginTable, Error> make(std::span<const MarginTier> tiers);

  /// The largest notional a table takes: no position within dex.md 1.6, at most 10^17 lots, reaches
  /// it at any price below 10^12; and times the highest rate, 5 * 10^8 ppb, it fits 128 bits.
  static constexpr Int128 kNtlMost = Int128{1'000'000'000'000'000} * 100'000'000'000'000;

  /// MM(ntl) in micro-dollars, rounded up. @pre 0 <= ntl <= kNtlMost, or the process stops.
  [[nodiscard]] Int128 maintenance(Int128 ntl) const {
    OL_CHECK(ntl >= 0, "margin of a negative notional");
    OL_CHECK(ntl <= kNtlMost, "margin of a notional out of range");
    const Row& row = row_of(ntl);
    return ceil_div(ntl * row.rate_ppb, 1'000'000'000) - row.deduction;
  }
  /// IM(ntl, leverage) = max(ceil_div(ntl, leverage), 2 * MM(ntl)). @pre As above, leverage >= 1.
  [[nodiscard]] Int128 initial(Int128 ntl, std::uint32_t leverage) const {
    OL_CHECK(leverage >= 1, "margin without leverage");
    return max128(ceil_div(ntl, leverage), 2 * maintenance(ntl));
  }
  [[nodiscard]] std::uint32_t max_leverage() const { return rows_.front().max_leverage; }
  [[nodiscard]] const Row& row_of(Int128 ntl) const {
    std::size_t i = rows_.size() - 1;
    while (i > 0 && ntl < rows_[i].lower_ntl)
      --i;
    return rows_[i];
  }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  explicit MarginTable(std::vector<Row> rows) : rows_(std::move(rows)) {}

  std::vector<Row> rows_;  // never empty
};

}  // namespace ol::exchange
