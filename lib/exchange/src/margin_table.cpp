#include <ol/exchange/margin_table.hpp>

#include <ol/exchange/types.hpp>

namespace ol::exchange {
namespace {

// 10^29; times the highest rate, 5 * 10^8 ppb, it still fits 128 bits.
constexpr Int128 kNtlEnd = Int128{1'000'000'000'000'000} * 100'000'000'000'000;

}  // namespace

Result<MarginTable, Error> MarginTable::make(std::span<const MarginTier> tiers) {
  std::vector<Row> rows;
  for (const MarginTier& tier : tiers) {
    const bool fits = tier.max_leverage >= 1 && tier.max_leverage <= kLeverageMax;
    if (!fits) return fail(Error::BadLeverage);
    if (rows.empty() ? tier.lower_ntl != 0
                     : tier.lower_ntl <= rows.back().lower_ntl ||
                           tier.max_leverage >= rows.back().max_leverage ||
                           tier.lower_ntl > kPositionNtlMax) {
      return fail(Error::BadLeverage);
    }
    Row row{tier.lower_ntl, tier.max_leverage,
            must_i64(ceil_div(kPpb, Int128{2} * tier.max_leverage)), 0};
    if (!rows.empty()) {
      const Int128 step = Int128{row.lower_ntl} * (row.rate_ppb - rows.back().rate_ppb);
      row.deduction = must_i64(rows.back().deduction + floor_div(step, kPpb));
    }
    rows.push_back(row);
  }
  if (rows.empty()) return fail(Error::BadLeverage);
  return MarginTable(std::move(rows));
}

const MarginTable::Row& MarginTable::row_of(Int128 ntl) const {
  std::size_t i = rows_.size() - 1;
  while (i > 0 && ntl < rows_[i].lower_ntl)
    --i;
  return rows_[i];
}

Int128 MarginTable::maintenance(Int128 ntl) const {
  OL_CHECK(ntl >= 0, "margin of a negative notional");
  OL_CHECK(ntl <= kNtlEnd, "margin of a notional out of range");
  const Row& row = row_of(ntl);
  return ceil_div(ntl * row.rate_ppb, kPpb) - row.deduction;
}

Int128 MarginTable::initial(Int128 ntl, std::uint32_t leverage) const {
  OL_CHECK(leverage >= 1, "margin without leverage");
  return max128(ceil_div(ntl, leverage), 2 * maintenance(ntl));
}

}  // namespace ol::exchange
