// What a block changed: records as the messages that the state tree hashes.
#include <ol/exchange/state_diff.hpp>

#include <string>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>

namespace ol::exchange {
namespace {

std::string text(ByteView bytes) {
  return std::string(as_text(bytes));
}

TEST(StateDiff, gives_back_keys_and_values_of_any_length) {
  StateDiff diff;
  const std::string long_key(40, 'k');
  diff.key("a/", std::uint32_t{7}).value(std::uint16_t{0x0102}, std::string("xy"));
  diff.key("b/");
  diff.key("c/", long_key).value(std::string(2000, 'v'));
  diff.key("d/", long_key);
  diff.key("e/").value();
  ASSERT_EQ(diff.size(), 5U);
  EXPECT_EQ(text(diff[0].key), std::string("a/\0\0\0\7", 6));
  EXPECT_EQ(text(*diff[0].value), std::string("\1\2\0\0\0\2xy", 8));
  EXPECT_EQ(text(diff[1].key), "b/");
  EXPECT_FALSE(diff[1].value.has_value());
  EXPECT_EQ(text(diff[2].key), std::string("c/\0\0\0\x28", 6) + long_key);
  EXPECT_EQ(diff[2].value->size(), 2004U);
  EXPECT_FALSE(diff[3].value.has_value());
  EXPECT_TRUE(diff[4].value->empty());
}

TEST(StateDiff, holds_the_message_of_each_leaf) {
  StateDiff diff;
  // Around the end of a block of 64 bytes, and of the two that every leaf has.
  for (const std::size_t size : {0U, 23U, 24U, 87U, 88U, 89U, 151U, 152U, 153U, 1200U})
    diff.key("short/", static_cast<std::uint32_t>(size)).value(std::string(size, 's'));
  diff.key("long/", std::string(60, 'k')).value(std::string("value"));
  for (std::size_t i = 0; i < diff.size(); ++i) {
    const auto [key, value] = diff[i];
    EXPECT_EQ(diff.place(i), tree_key(key)) << i;
    EXPECT_EQ(diff.message(i).size(), leaf_bytes(value->size())) << i;
    EXPECT_EQ(crypto::blake3(diff.message(i)), leaf_hash(tree_key(key), *value)) << i;
  }
}

TEST(StateDiff, is_the_same_whatever_room_was_reserved) {
  constexpr std::uint32_t kRecords = 40;
  const auto make = [](std::size_t changes, std::size_t bytes) {
    StateDiff diff;
    diff.reserve(changes, bytes);
    for (std::uint32_t i = 0; i < kRecords; ++i)
      diff.key("k/", i).value(std::string(i * 5, 'v'));
    return diff;
  };
  const StateDiff exact = make(0, 0);
  for (const std::size_t bytes :
       {std::size_t{1}, exact.bytes() - 1, exact.bytes(), std::size_t{99'999}}) {
    const StateDiff diff = make(kRecords / 2, bytes);
    ASSERT_EQ(diff.size(), kRecords);
    EXPECT_EQ(diff.bytes(), exact.bytes()) << bytes;
    for (std::size_t i = 0; i < kRecords; ++i)
      EXPECT_EQ(to_bytes(diff.message(i)), to_bytes(exact.message(i))) << bytes << " " << i;
  }
}

TEST(StateDiff, brings_records_up_to_a_block) {
  StateRecords records;
  StateDiff first;
  first.key("a").value(std::uint8_t{1});
  first.key("b").value(std::uint8_t{2});
  apply_diff(records, first);
  StateDiff second;
  second.key("a");
  second.key("b").value(std::uint8_t{3});
  second.key("absent");
  apply_diff(records, second);
  EXPECT_EQ(records, (StateRecords{{to_bytes(as_bytes("b")), {3}}}));
}

}  // namespace
}  // namespace ol::exchange
