#include <ol/evm/revert_reason.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

namespace ol::evm::test {
namespace {

std::string word(std::uint64_t value) {
  const std::string digits =
      to_hex(Bytes{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
  return std::string(60, '0') + digits;
}

std::optional<std::string> reason(const std::string& hex) {
  return revert_reason(from_hex(hex).value());
}

TEST(RevertReason, is_the_text_of_an_error) {
  EXPECT_EQ(reason("08c379a0" + word(32) + word(5) + "68656c6c6f" + std::string(54, '0')), "hello");
  EXPECT_EQ(reason("08c379a0" + word(32) + word(0)), "");
}

TEST(RevertReason, is_the_meaning_of_a_panic_code) {
  EXPECT_EQ(reason("4e487b71" + word(0x00)), "generic panic");
  EXPECT_EQ(reason("4e487b71" + word(0x01)), "assert(false)");
  EXPECT_EQ(reason("4e487b71" + word(0x11)), "arithmetic underflow or overflow");
  EXPECT_EQ(reason("4e487b71" + word(0x12)), "division or modulo by zero");
  EXPECT_EQ(reason("4e487b71" + word(0x21)), "enum overflow");
  EXPECT_EQ(reason("4e487b71" + word(0x22)), "invalid encoded storage byte array accessed");
  EXPECT_EQ(reason("4e487b71" + word(0x31)),
            "out-of-bounds array access; popping on an empty array");
  EXPECT_EQ(reason("4e487b71" + word(0x32)), "out-of-bounds access of an array or bytesN");
  EXPECT_EQ(reason("4e487b71" + word(0x41)), "out of memory");
  EXPECT_EQ(reason("4e487b71" + word(0x51)), "uninitialized function");
  EXPECT_EQ(reason("4e487b71" + word(0x99)), "unknown panic code: 0x99");
}

TEST(RevertReason, is_not_in_custom_errors_and_damaged_data) {
  EXPECT_EQ(reason(""), std::nullopt);
  EXPECT_EQ(reason("08c379"), std::nullopt);
  EXPECT_EQ(reason("cf479181" + word(1) + word(2)), std::nullopt);
  EXPECT_EQ(reason("4e487b71"), std::nullopt);
  EXPECT_EQ(reason("08c379a0"), std::nullopt);
  EXPECT_EQ(reason("08c379a0" + word(32)), std::nullopt);
  EXPECT_EQ(reason("08c379a0" + word(33) + word(0)), std::nullopt) << "the length is cut off";
  EXPECT_EQ(reason("08c379a0" + word(0xffff) + word(0)), std::nullopt);
  EXPECT_EQ(reason("08c379a0" + std::string(64, 'f') + word(0)), std::nullopt);
  EXPECT_EQ(reason("08c379a0" + word(32) + word(6) + "68656c6c6f"), std::nullopt);
  EXPECT_EQ(reason("08c379a0" + word(32) + std::string(64, 'f')), std::nullopt);
}

TEST(RepairedUtf8, keeps_what_is_valid) {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf";
  EXPECT_EQ(repaired_utf8(text), text);
}

TEST(RepairedUtf8, replaces_each_byte_that_is_not) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(repaired_utf8("a\xff"
                          "b"),
            "a" + mark + "b");
  EXPECT_EQ(repaired_utf8("\x80"), mark);
  EXPECT_EQ(repaired_utf8("\xc0\x80"), mark + mark) << "too long for its value";
  EXPECT_EQ(repaired_utf8("\xe0\x80\x80"), mark + mark + mark);
  EXPECT_EQ(repaired_utf8("\xf0\x80\x80\x80"), mark + mark + mark + mark);
  EXPECT_EQ(repaired_utf8("\xed\xa0\x80"), mark + mark + mark) << "a surrogate";
  EXPECT_EQ(repaired_utf8("\xf4\x90\x80\x80"), mark + mark + mark + mark) << "above U+10FFFF";
  EXPECT_EQ(repaired_utf8("\xe2\x82"), mark + mark) << "cut off";
  EXPECT_EQ(repaired_utf8("\xe2\x82z"), mark + mark + "z");
}

}  // namespace
}  // namespace ol::evm::test
