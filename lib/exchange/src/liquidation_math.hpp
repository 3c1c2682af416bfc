#pragma once

#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// The price at which closing a position leaves its bucket with nothing, rounded so that it is left
/// with no less (dex.md 12.3). @pre szi != 0. `av` in micro-dollars.
[[nodiscard]] inline Int128 bankruptcy_px(std::int64_t szi, Int128 mark, Int128 av) {
  const Int128 lots = abs128(szi);
  if (szi > 0) return ceil_div(mark * lots - av, lots);
  return floor_div(mark * lots + av, lots);
}

/// How a position ranks among those that are reduced when another's bucket is bankrupt
/// (dex.md 12.6): profitable ones first, then by return times leverage, both in parts per 10^9.
struct AdlScore {
  bool profitable = false;
  Int128 r9 = 0;
  Int128 l9 = 0;

  friend bool operator==(const AdlScore&, const AdlScore&) = default;
};

[[nodiscard]] inline AdlScore adl_score(std::int64_t szi, Int128 entry_ntl, Int128 mark,
                                        Int128 av) {
  const Int128 ntl = max128(1, abs128(szi) * mark);
  const Int128 entry = max128(1, abs128(entry_ntl));
  return {szi * mark - entry_ntl > 0,
          szi > 0 ? floor_div(ntl * kPpb, entry) : floor_div(entry * kPpb, ntl),
          floor_div(ntl * kPpb, max128(av, 1))};
}

}  // namespace ol::exchange
