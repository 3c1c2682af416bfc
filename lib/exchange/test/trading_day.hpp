#pragma once

#include <string>

namespace ol::exchange::test {

/// A day of trading by script: two perps and a spot pair, makers, takers and leveraged accounts, a
/// fall of 30 % after midday that empties the book for a while, funding every hour. Every block is
/// checked against the invariants of dex.md 20 and the margin reference; dollars and tokens are
/// conserved to the last unit. The same text every time.
/// @return What happened, for people; begins with "BROKEN" and says where if a check failed.
[[nodiscard]] std::string trading_day_report();

}  // namespace ol::exchange::test
