#include <ol/primitives/address_text.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

namespace ol::primitives {
namespace {

// The examples of EIP-55.
constexpr const char* kExamples[] = {
    "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};

AddressTextError refusal(std::string_view text) {
  const auto parsed = parse_address(text);
  EXPECT_FALSE(parsed.has_value()) << text;
  return parsed.has_value() ? AddressTextError{} : parsed.error();
}

TEST(AddressText, is_written_as_the_examples_of_eip_55) {
  for (const char* text : kExamples)
    EXPECT_EQ(checksum_text(*fixed_from_hex<Address>(text)), text);
}

TEST(AddressText, is_read_with_its_checksum_or_in_one_case) {
  for (const std::string text : kExamples) {
    const auto expected = fixed_from_hex<Address>(text);
    EXPECT_EQ(parse_address(text).value(), *expected);
    const std::string lower = to_hex_prefixed(expected->view());
    EXPECT_EQ(parse_address(lower).value(), *expected);
    std::string upper = lower;
    for (char& c : upper) {
      if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    EXPECT_EQ(parse_address(upper).value(), *expected);
  }
}

TEST(AddressText, is_refused_where_one_letter_has_the_wrong_case) {
  EXPECT_EQ(refusal("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), AddressTextError::BadChecksum);
  EXPECT_EQ(refusal("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"), AddressTextError::BadChecksum);
}

TEST(AddressText, is_refused_where_it_is_no_address) {
  for (const char* text :
       {"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "0x 5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe"})
    EXPECT_EQ(refusal(text), AddressTextError::Malformed) << text;
}

TEST(AddressText, names_what_is_wrong) {
  EXPECT_STREQ(describe(AddressTextError::Malformed), "must be 0x and 40 hex digits");
  EXPECT_STREQ(describe(AddressTextError::BadChecksum),
               "has a wrong checksum: one of its digits is mistyped");
}

}  // namespace
}  // namespace ol::primitives
