#include <ol/p2p/protobuf.hpp>

#include <gtest/gtest.h>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using testing::hex;

bool parses(std::string_view text) {
  const Bytes bytes = hex(text);
  ProtoReader reader(bytes);
  while (reader.next()) {
  }
  return reader.ok();
}

TEST(ProtoReader, reads_each_kind_of_field) {
  const Bytes bytes =
      hex("08ac02"
          "1203616263"
          "1d01000000"
          "210200000000000000");
  ProtoReader reader(bytes);
  const auto varint = reader.next();
  ASSERT_TRUE(varint);
  EXPECT_EQ(varint->number, 1U);
  EXPECT_EQ(varint->value, 300U);
  const auto text = reader.next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text->kind, ProtoField::Kind::Bytes);
  EXPECT_EQ(as_text(text->bytes), "abc");
  const auto fixed32 = reader.next();
  ASSERT_TRUE(fixed32);
  EXPECT_EQ(fixed32->kind, ProtoField::Kind::Fixed32);
  EXPECT_EQ(fixed32->value, 1U);
  const auto fixed64 = reader.next();
  ASSERT_TRUE(fixed64);
  EXPECT_EQ(fixed64->kind, ProtoField::Kind::Fixed64);
  EXPECT_EQ(fixed64->value, 2U);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtoReader, takes_the_largest_varint_and_refuses_one_bit_more) {
  EXPECT_TRUE(parses("08ffffffffffffffffff01"));
  EXPECT_FALSE(parses("08ffffffffffffffffff02"));
  EXPECT_FALSE(parses("08ffffffffffffffffffff01"));
}

TEST(ProtoReader, refuses_padded_varints) {
  EXPECT_TRUE(parses("0800"));
  EXPECT_FALSE(parses("088000"));
  EXPECT_FALSE(parses("08818000"));
  EXPECT_FALSE(parses("880001"));
}

TEST(ProtoReader, refuses_groups_field_zero_and_huge_field_numbers) {
  EXPECT_FALSE(parses("0b"));
  EXPECT_FALSE(parses("0c"));
  EXPECT_FALSE(parses("0e"));
  EXPECT_FALSE(parses("0001"));
  EXPECT_TRUE(parses("f8ffffff0f01"));
  EXPECT_FALSE(parses("808080801001"));
}

TEST(ProtoReader, refuses_a_length_beyond_the_input) {
  EXPECT_TRUE(parses("1203616263"));
  EXPECT_FALSE(parses("1204616263"));
  EXPECT_FALSE(parses("12ffffffffffffffffff01"));
  EXPECT_FALSE(parses("12"));
  EXPECT_FALSE(parses("1d010203"));
  EXPECT_FALSE(parses("2101020304050607"));
}

TEST(ProtoReader, yields_nothing_after_a_failure) {
  const Bytes bytes = hex("0b0801");
  ProtoReader reader(bytes);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ok());
}

TEST(ProtoWriter, writes_minimal_varints) {
  Bytes out;
  append_varint(out, 0);
  append_varint(out, 127);
  append_varint(out, 128);
  append_varint(out, UINT64_MAX);
  EXPECT_EQ(to_hex(out), "007f8001ffffffffffffffffff01");
}

}  // namespace
}  // namespace ol::p2p
