// The scripted trading day: conservation after every block, and the same report as ever.
#include "trading_day.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace ol::exchange::test {
namespace {

// A change of what the exchange does shows here; `exchange_trading_day > trading_day.txt` then
// takes it over, on purpose.
TEST(TradingDay, goes_as_the_report_in_the_tree_says) {
  std::ifstream in(std::string(OL_SOURCE_DIR) + "/lib/exchange/test/trading_day.txt");
  std::ostringstream expected;
  expected << in.rdbuf();
  const std::string report = trading_day_report();
  EXPECT_FALSE(report.starts_with("BROKEN")) << report.substr(0, 200);
  EXPECT_EQ(report, expected.str());
  // A day that liquidates nobody tests nothing.
  for (const char* what : {"sold in the market", "backstop vault, worth", "paid for by insurance",
                           "closed against", "circuit breaker"})
    EXPECT_NE(report.find(what), std::string::npos) << what;
}

}  // namespace
}  // namespace ol::exchange::test
