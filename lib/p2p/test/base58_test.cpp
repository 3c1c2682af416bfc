#include <ol/p2p/base58.hpp>

#include <gtest/gtest.h>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::hex;

// The examples of draft-msporny-base58-03, section 5.
TEST(Base58, reproduces_the_drafts_examples) {
  EXPECT_EQ(base58_encode(as_bytes("Hello World!")), "2NEpo7TZRRrLZSi2U");
  EXPECT_EQ(base58_encode(as_bytes("The quick brown fox jumps over the lazy dog.")),
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  EXPECT_EQ(base58_encode(hex("0000287fb4cd")), "11233QC4");
  EXPECT_EQ(base58_decode("11233QC4"), hex("0000287fb4cd"));
}

TEST(Base58, keeps_leading_zeros_and_emptiness) {
  EXPECT_EQ(base58_encode({}), "");
  EXPECT_EQ(base58_decode(""), Bytes{});
  EXPECT_EQ(base58_encode(Bytes{0}), "1");
  EXPECT_EQ(base58_decode("111"), (Bytes{0, 0, 0}));
}

TEST(Base58, decodes_what_it_encodes_for_every_length) {
  for (std::size_t size = 0; size <= 60; ++size) {
    const Bytes bytes = testing::pattern(size, static_cast<std::uint32_t>(size));
    EXPECT_EQ(base58_decode(base58_encode(bytes)), bytes) << size;
  }
}

TEST(Base58, refuses_characters_outside_the_alphabet) {
  for (const char c : {'0', 'O', 'I', 'l', ' ', '\0', '\xff', '+'})
    EXPECT_FALSE(base58_decode(std::string("2NE") + c)) << c;
}

TEST(Base58, refuses_text_over_the_limit_and_takes_text_at_it) {
  EXPECT_TRUE(base58_decode(std::string(kBase58TextMax, '2')));
  EXPECT_FALSE(base58_decode(std::string(kBase58TextMax + 1, '2')));
}

}  // namespace
}  // namespace ol::p2p
