#include <ol/base/hex.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ol {
namespace {

TEST(Hex, writes_lower_case_with_and_without_prefix) {
  const Bytes bytes{0x00, 0x0f, 0xf0, 0xab};
  EXPECT_EQ(to_hex(bytes), "000ff0ab");
  EXPECT_EQ(to_hex_prefixed(bytes), "0x000ff0ab");
  EXPECT_EQ(to_hex_prefixed({}), "0x");
}

TEST(Hex, reads_both_cases_and_both_prefixes) {
  const Bytes expected{0xab, 0xcd};
  for (const char* text : {"abcd", "ABCD", "aBcD", "0xabcd", "0XABCD"}) {
    EXPECT_EQ(from_hex(text), expected) << text;
  }
  EXPECT_EQ(from_hex(""), Bytes{});
  EXPECT_EQ(from_hex("0x"), Bytes{});
}

TEST(Hex, refuses_odd_lengths_and_strange_characters) {
  for (const char* text : {"a", "0xa", "abc", "0xag", "g0", " a", "/0", ":0", "@0", "G0", "`0"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

TEST(Hex, reads_fixed_sizes_exactly) {
  using Two = FixedBytes<2, struct TwoTag>;
  EXPECT_EQ(fixed_from_hex<Two>("0x0102"), (Two{{1, 2}}));
  EXPECT_FALSE(fixed_from_hex<Two>("0x01"));
  EXPECT_FALSE(fixed_from_hex<Two>("0x010203"));
  EXPECT_FALSE(fixed_from_hex<Two>("0x010g"));
}

RC_GTEST_PROP(Hex, reads_back_what_it_wrote, (const Bytes& bytes)) {
  RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
  RC_ASSERT(from_hex(to_hex_prefixed(bytes)) == bytes);
}

}  // namespace
}  // namespace ol
