#include <ol/base/codec.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

namespace ol {
namespace {

using Id = Strong<std::uint64_t, struct IdTag>;
using Lane = Strong<std::uint8_t, struct LaneTag>;
using Port = Strong<std::uint16_t, struct PortTag>;
using Slot = Strong<std::uint32_t, struct SlotTag>;
using Three = FixedBytes<3, struct ThreeTag>;

TEST(Codec, pins_the_encoding_of_every_field) {
  Writer w;
  w.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f);
  w.fixed(Three{{0xaa, 0xbb, 0xcc}}).blob(as_bytes("hi")).raw(as_bytes("!"));
  w.strong(Lane(9)).strong(Port(8)).strong(Slot(7)).strong(Id(6));
  EXPECT_EQ(to_hex(w.bytes()),
            "01"
            "0203"
            "04050607"
            "08090a0b0c0d0e0f"
            "aabbcc"
            "000000026869"
            "21"
            "09"
            "0008"
            "00000007"
            "0000000000000006");
}

TEST(Codec, reads_back_what_it_wrote) {
  Writer w;
  w.u8(1).u16(2).u32(3).u64(4).fixed(Three{{5, 6, 7}}).blob(as_bytes("xyz"));
  w.strong(Lane(9)).strong(Port(8)).strong(Slot(7)).strong(Id(6)).u32(2);
  const Bytes bytes = w.take();
  Reader r(bytes);
  EXPECT_EQ(r.u8(), 1);
  EXPECT_EQ(r.u16(), 2);
  EXPECT_EQ(r.u32(), 3U);
  EXPECT_EQ(r.u64(), 4U);
  EXPECT_EQ(r.fixed<Three>(), (Three{{5, 6, 7}}));
  EXPECT_EQ(as_text(r.blob(3)), "xyz");
  EXPECT_EQ(r.strong<Lane>(), Lane(9));
  EXPECT_EQ(r.strong<Port>(), Port(8));
  EXPECT_EQ(r.strong<Slot>(), Slot(7));
  EXPECT_EQ(r.strong<Id>(), Id(6));
  EXPECT_EQ(r.count(2), 2U);
  EXPECT_EQ(r.remaining(), 0U);
  EXPECT_TRUE(r.finish());
}

TEST(Codec, a_short_read_yields_zero_and_is_remembered) {
  const Bytes bytes{1, 2, 3};
  Reader r(bytes);
  EXPECT_EQ(r.u32(), 0U);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0) << "nothing is read after a failure";
  EXPECT_EQ(r.fixed<Three>(), Three{});
  EXPECT_EQ(r.finish().error(), DecodeError::Truncated);
}

TEST(Codec, refuses_bytes_left_over) {
  const Bytes bytes{1, 2};
  Reader r(bytes);
  EXPECT_EQ(r.u8(), 1);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.finish().error(), DecodeError::TrailingBytes);
}

TEST(Codec, bounds_lengths_and_counts_from_both_sides) {
  Writer w;
  w.blob(as_bytes("abcd"));
  EXPECT_EQ(Reader(w.bytes()).blob(4).size(), 4U);
  Reader over(w.bytes());
  EXPECT_TRUE(over.blob(3).empty());
  EXPECT_EQ(over.error(), DecodeError::OverLimit);

  Writer c;
  c.u32(5);
  EXPECT_EQ(Reader(c.bytes()).count(5), 5U);
  Reader many(c.bytes());
  EXPECT_EQ(many.count(4), 0U);
  EXPECT_EQ(many.error(), DecodeError::OverLimit);
}

TEST(Codec, a_blob_longer_than_the_input_is_truncated_not_read) {
  Writer w;
  w.u32(0xffffffff);
  Reader r(w.bytes());
  EXPECT_TRUE(r.blob(SIZE_MAX).empty());
  EXPECT_EQ(r.error(), DecodeError::Truncated);
}

TEST(Codec, keeps_the_first_failure) {
  const Bytes bytes{1};
  Reader r(bytes);
  r.reject(DecodeError::BadValue);
  r.reject(DecodeError::NonCanonical);
  EXPECT_EQ(r.u32(), 0U);
  EXPECT_EQ(r.finish().error(), DecodeError::BadValue);
}

TEST(Codec, describes_every_error_differently) {
  EXPECT_STREQ(describe(DecodeError::Truncated), "truncated");
  EXPECT_STREQ(describe(DecodeError::TrailingBytes), "trailing bytes");
  EXPECT_STREQ(describe(DecodeError::OverLimit), "length over the limit");
  EXPECT_STREQ(describe(DecodeError::BadValue), "value not allowed");
  EXPECT_STREQ(describe(DecodeError::NonCanonical), "non-canonical encoding");
}

}  // namespace
}  // namespace ol
