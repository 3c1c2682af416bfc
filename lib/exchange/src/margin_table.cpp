#include <ol/exchange/margin_table.hpp>

#include <ol/exchange/types.hpp>

namespace ol::exchange {

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

}  // namespace ol::exchange
