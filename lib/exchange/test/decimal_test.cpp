#include <ol/exchange/decimal.hpp>

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ol::exchange {
namespace {

TEST(Dex1Decimals, reads_what_the_grammar_allows) {
  EXPECT_EQ(parse_decimal("0", 6), 0);
  EXPECT_EQ(parse_decimal("60000", 1), 600'000);
  EXPECT_EQ(parse_decimal("0.00001", 5), 1);
  EXPECT_EQ(parse_decimal("-0.5", 1), -5);
  EXPECT_EQ(parse_decimal("-12.25", 2), -1225);
  EXPECT_EQ(parse_decimal("7", 0), 7);
  EXPECT_EQ(parse_decimal("9223372036854775807", 0), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_decimal("-9223372036854775808", 0), std::numeric_limits<std::int64_t>::min());
}

TEST(Dex1Decimals, refuses_every_other_spelling) {
  for (const char* text :
       {"",    "-",     ".",  ".5", "5.",  "+1",  "01",  "-0",  "1.0", "1.50", "0.0",
        "1e3", "1.2.3", " 1", "1 ", "--1", "0x1", "1,5", "-.5", "00",  "1.-5"}) {
    EXPECT_EQ(parse_decimal(text, 6).error(), Error::BadNumber) << text;
  }
}

TEST(Dex1Decimals, never_rounds_decimals_away) {
  EXPECT_EQ(parse_decimal("1.23", 2), 123);
  EXPECT_EQ(parse_decimal("1.234", 2).error(), Error::BadNumber);
  EXPECT_EQ(parse_decimal("1.5", 0).error(), Error::BadNumber);
}

TEST(Dex1Decimals, says_overflow_past_64_bits) {
  EXPECT_EQ(parse_decimal("9223372036854775808", 0).error(), Error::Overflow);
  EXPECT_EQ(parse_decimal("-9223372036854775809", 0).error(), Error::Overflow);
  EXPECT_EQ(parse_decimal("92233720368547758.08", 2).error(), Error::Overflow);
  EXPECT_EQ(parse_decimal("92233720368547758.07", 2), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_decimal("100000000000000000000000000000000000000000", 0).error(),
            Error::Overflow);
}

RC_GTEST_PROP(Dex1Decimals, writes_what_it_reads, (std::int64_t value)) {
  const auto decimals = *rc::gen::inRange(0U, 9U);
  RC_ASSERT(parse_decimal(format_decimal(value, decimals), decimals).value() == value);
}

}  // namespace
}  // namespace ol::exchange
