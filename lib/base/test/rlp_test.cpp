#include <ol/base/rlp.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ol/base/hex.hpp>

namespace ol {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

RlpError string_error(std::string_view text) {
  const Bytes bytes = hex(text);
  return RlpReader(bytes).string().error();
}

TEST(RlpReader, reads_a_transaction_shaped_list) {
  RlpWriter w;
  w.begin_list()
      .u64(9)
      .u256(U256::max())
      .fixed(Hash256{})
      .string({})
      .begin_list()
      .u64(1)
      .end_list();
  w.end_list();
  const Bytes bytes = w.take();
  RlpReader outer(bytes);
  RlpReader list = outer.list().value();
  EXPECT_EQ(list.u64(), 9U);
  EXPECT_EQ(list.u256(), U256::max());
  EXPECT_EQ(list.fixed<Hash256>(), Hash256{});
  EXPECT_TRUE(list.string().value().empty());
  EXPECT_EQ(list.peek(), RlpKind::List);
  RlpReader inner = list.list().value();
  EXPECT_EQ(inner.u64(), 1U);
  EXPECT_TRUE(inner.finish());
  EXPECT_TRUE(list.finish());
  EXPECT_TRUE(outer.finish());
}

TEST(RlpReader, item_shows_payload_and_encoding) {
  const Bytes bytes = hex("c2010283646f67");
  RlpReader reader(bytes);
  const RlpItem list = reader.item().value();
  EXPECT_EQ(list.kind, RlpKind::List);
  EXPECT_EQ(to_hex(list.payload), "0102");
  EXPECT_EQ(to_hex(list.encoded), "c20102");
  const RlpItem text = reader.item().value();
  EXPECT_EQ(text.kind, RlpKind::String);
  EXPECT_EQ(as_text(text.payload), "dog");
  EXPECT_EQ(to_hex(text.encoded), "83646f67");
  EXPECT_EQ(reader.item().error(), RlpError::Truncated);
}

TEST(RlpReader, refuses_a_prefix_before_a_single_small_byte) {
  EXPECT_EQ(string_error("8100"), RlpError::NonMinimalByte);
  EXPECT_EQ(string_error("817f"), RlpError::NonMinimalByte);
  const Bytes smallest = hex("8180");
  EXPECT_EQ(RlpReader(smallest).string().value().size(), 1U);
}

TEST(RlpReader, refuses_lengths_not_in_their_shortest_form) {
  const std::string fifty_five(110, 'a');
  EXPECT_EQ(string_error("b837" + fifty_five), RlpError::NonMinimalLength);
  const Bytes fifty_six = hex("b838" + fifty_five + "aa");
  EXPECT_EQ(RlpReader(fifty_six).string().value().size(), 56U);
  EXPECT_EQ(string_error("b90038" + fifty_five + "aa"), RlpError::NonMinimalLength);
  EXPECT_EQ(string_error("b800"), RlpError::NonMinimalLength);
  EXPECT_EQ(string_error("f800"), RlpError::NonMinimalLength);
}

TEST(RlpReader, refuses_lengths_past_the_end) {
  for (const char* text : {"", "81", "8261", "b8", "b838aa", "bfffffffffffffffff", "c1", "f838aa",
                           "ffffffffffffffffff", "b9ff"}) {
    EXPECT_EQ(string_error(text), RlpError::Truncated) << text;
  }
}

TEST(RlpReader, a_lists_items_end_where_the_list_ends) {
  const Bytes bytes = hex("c2018361");
  RlpReader outer(bytes);
  RlpReader list = outer.list().value();
  EXPECT_EQ(list.u64(), 1U);
  EXPECT_EQ(list.string().error(), RlpError::Truncated);
}

TEST(RlpReader, refuses_integers_with_leading_zeros_or_too_wide) {
  const auto u64_of = [](std::string_view text) {
    const Bytes bytes = hex(text);
    return RlpReader(bytes).u64();
  };
  const auto u256_of = [](std::string_view text) {
    const Bytes bytes = hex(text);
    return RlpReader(bytes).u256();
  };
  EXPECT_EQ(u64_of("80"), 0U);
  EXPECT_EQ(u64_of("00").error(), RlpError::LeadingZero);
  EXPECT_EQ(u64_of("820001").error(), RlpError::LeadingZero);
  EXPECT_EQ(u64_of("88ffffffffffffffff"), UINT64_MAX);
  EXPECT_EQ(u64_of("89010000000000000000").error(), RlpError::IntegerTooLarge);
  EXPECT_EQ(u256_of("a0" + std::string(64, 'f')), U256::max());
  EXPECT_EQ(u256_of("a101" + std::string(64, '0')).error(), RlpError::IntegerTooLarge);
  EXPECT_EQ(u64_of("c0").error(), RlpError::ExpectedString);
}

TEST(RlpReader, refuses_the_wrong_kind_and_the_wrong_size) {
  const Bytes text = hex("83646f67");
  EXPECT_EQ(RlpReader(text).list().error(), RlpError::ExpectedList);
  EXPECT_EQ(RlpReader(text).fixed<Hash256>().error(), RlpError::WrongSize);
  const Bytes list = hex("c0");
  EXPECT_EQ(RlpReader(list).string().error(), RlpError::ExpectedString);
}

TEST(RlpReader, refuses_items_left_over) {
  const Bytes bytes = hex("0102");
  RlpReader reader(bytes);
  EXPECT_EQ(reader.u64(), 1U);
  EXPECT_EQ(reader.finish().error(), RlpError::TrailingBytes);
}

TEST(RlpCheck, bounds_the_depth_from_both_sides) {
  const Bytes three = hex("c2c1c0");
  EXPECT_TRUE(rlp_check(three, 3));
  EXPECT_EQ(rlp_check(three, 2).error(), RlpError::TooDeep);
  const Bytes deep(100'000, 0xc1);
  EXPECT_FALSE(rlp_check(deep));
}

TEST(RlpCheck, looks_inside_lists) {
  EXPECT_TRUE(rlp_check(hex("c28180")));
  EXPECT_EQ(rlp_check(hex("c28101")).error(), RlpError::NonMinimalByte);
  EXPECT_EQ(rlp_check(hex("c0c0")).error(), RlpError::TrailingBytes);
  EXPECT_EQ(rlp_check({}).error(), RlpError::Truncated);
}

TEST(RlpWriter, writes_headers_at_the_boundaries) {
  for (const std::size_t size : {0U, 1U, 55U, 56U, 255U, 256U, 65535U, 65536U}) {
    const Bytes payload(size, 0xaa);
    const Bytes text = rlp_encode_string(payload);
    EXPECT_EQ(text.size(), rlp_string_size(payload));
    EXPECT_EQ(RlpReader(text).string().value().size(), size);

    RlpWriter w;
    w.begin_list().raw(payload).end_list();
    EXPECT_EQ(w.bytes().size(), rlp_list_size(size));
    Bytes by_hand;
    rlp_append_list_header(by_hand, size);
    append(by_hand, payload);
    EXPECT_EQ(w.bytes(), by_hand);
  }
}

TEST(RlpWriterDeathTest, stops_on_unbalanced_lists) {
  RlpWriter open;
  open.begin_list();
  EXPECT_DEATH(static_cast<void>(open.bytes()), "list is closed");
  EXPECT_DEATH(static_cast<void>(open.take()), "list is closed");
  RlpWriter closed;
  EXPECT_DEATH(closed.end_list(), "list is open");
}

TEST(RlpError, is_described_by_its_name) {
  EXPECT_STREQ(describe(RlpError::Truncated), "rlp: truncated");
  EXPECT_STREQ(describe(RlpError::TrailingBytes), "rlp: trailing bytes");
  EXPECT_STREQ(describe(RlpError::NonMinimalLength), "rlp: length not in its shortest form");
  EXPECT_STREQ(describe(RlpError::NonMinimalByte), "rlp: single byte with a needless prefix");
  EXPECT_STREQ(describe(RlpError::LeadingZero), "rlp: integer with leading zeros");
  EXPECT_STREQ(describe(RlpError::IntegerTooLarge), "rlp: integer too large");
  EXPECT_STREQ(describe(RlpError::WrongSize), "rlp: string of the wrong size");
  EXPECT_STREQ(describe(RlpError::ExpectedString), "rlp: list where a string belongs");
  EXPECT_STREQ(describe(RlpError::ExpectedList), "rlp: string where a list belongs");
  EXPECT_STREQ(describe(RlpError::TooDeep), "rlp: lists nested too deep");
}

/// Decodes and encodes again, item by item.
void copy_items(RlpReader& from, RlpWriter& to) {
  while (!from.empty()) {
    if (from.peek().value() == RlpKind::String) {
      to.string(from.string().value());
      continue;
    }
    RlpReader inside = from.list().value();
    to.begin_list();
    copy_items(inside, to);
    to.end_list();
  }
}

RC_GTEST_PROP(RlpReader, accepts_only_what_the_writer_writes, (const Bytes& bytes)) {
  if (!rlp_check(bytes)) return;
  RlpReader reader(bytes);
  RlpWriter writer;
  copy_items(reader, writer);
  RC_ASSERT(writer.bytes() == bytes);
}

RC_GTEST_PROP(RlpReader, reads_back_what_the_writer_wrote,
              (const std::vector<Bytes>& strings, std::uint64_t number)) {
  RlpWriter w;
  w.begin_list();
  for (const Bytes& s : strings)
    w.string(s);
  w.u64(number).end_list();
  RC_ASSERT(rlp_check(w.bytes()).has_value());
  RlpReader outer(w.bytes());
  RlpReader list = outer.list().value();
  for (const Bytes& s : strings)
    RC_ASSERT(to_bytes(list.string().value()) == s);
  RC_ASSERT(list.u64().value() == number);
  RC_ASSERT(list.finish().has_value());
}

}  // namespace
}  // namespace ol
