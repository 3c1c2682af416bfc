#include <ol/base/bytes.hpp>

#include <gtest/gtest.h>

namespace ol {
namespace {

using Four = FixedBytes<4, struct FourTag>;
using OtherFour = FixedBytes<4, struct OtherFourTag>;

TEST(FixedBytes, takes_exactly_its_size) {
  const Bytes bytes{1, 2, 3, 4, 5};
  EXPECT_FALSE(Four::from(ByteView(bytes).first(3)));
  EXPECT_TRUE(Four::from(ByteView(bytes).first(4)));
  EXPECT_FALSE(Four::from(bytes));
}

TEST(FixedBytes, orders_as_its_bytes_do) {
  EXPECT_LT((Four{{0, 0, 0, 255}}), (Four{{0, 0, 1, 0}}));
  EXPECT_EQ((Four{{1, 2, 3, 4}}), (Four{{1, 2, 3, 4}}));
}

TEST(FixedBytes, is_zero_only_when_every_byte_is) {
  EXPECT_TRUE(Four{}.is_zero());
  EXPECT_FALSE((Four{{0, 0, 0, 1}}).is_zero());
  EXPECT_FALSE((Four{{1, 0, 0, 0}}).is_zero());
}

TEST(FixedBytes, changes_its_name_only_by_retag) {
  EXPECT_EQ(retag<OtherFour>(Four{{1, 2, 3, 4}}), (OtherFour{{1, 2, 3, 4}}));
  static_assert(!std::is_convertible_v<Four, OtherFour>);
}

TEST(FixedBytes, hashes_by_its_last_eight_bytes) {
  Hash256 a;
  Hash256 b;
  b.bytes[31] = 1;
  EXPECT_NE(std::hash<Hash256>{}(a), std::hash<Hash256>{}(b));
}

TEST(Bytes, crosses_between_text_and_bytes) {
  EXPECT_EQ(as_text(as_bytes("abc")), "abc");
  Bytes out = to_bytes(as_bytes("ab"));
  append(out, as_bytes("cd"));
  EXPECT_EQ(as_text(out), "abcd");
}

}  // namespace
}  // namespace ol
