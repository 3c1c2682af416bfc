#include "../src/inlet.hpp"

#include <gtest/gtest.h>

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kGrace{60};

struct Reading {
  /// How many messages end in `bytes`.
  std::size_t take(ByteView bytes) {
    std::size_t out = 0;
    while (true) {
      const auto message = inlet.next(bytes);
      EXPECT_TRUE(message);
      if (!message || !*message) return out;
      out += 1;
    }
  }
  bool is_late_after(Duration time) {
    inlet.pass(time);
    return inlet.is_late(kGrace);
  }

  Inlet inlet{1, false, std::size_t{16} << 20};
};

Bytes message(std::size_t size) {
  Bytes out;
  append_delimited(out, Bytes(size, 7));
  return out;
}

TEST(Inlet, between_messages_nothing_is_late) {
  Reading r;
  EXPECT_FALSE(r.is_late_after(seconds(1000)));
  EXPECT_EQ(r.take(message(100)), 1U);
  EXPECT_FALSE(r.is_late_after(seconds(1000)));
  EXPECT_EQ(r.inlet.unfinished_bytes(), 0U);
}

TEST(Inlet, a_message_that_does_not_end_is_late_after_the_grace) {
  Reading r;
  EXPECT_EQ(r.take(ByteView(message(100)).first(50)), 0U);
  EXPECT_EQ(r.inlet.unfinished_bytes(), 50U);
  EXPECT_FALSE(r.is_late_after(seconds(60)));
  EXPECT_TRUE(r.is_late_after(milliseconds(1)));
}

TEST(Inlet, dripping_bytes_buy_no_time) {
  Reading r;
  const Bytes whole = message(std::size_t{1} << 20);
  for (std::size_t i = 0; i < 61; ++i) {
    EXPECT_EQ(r.take(ByteView(whole).subspan(i, 1)), 0U);
    r.inlet.pass(seconds(1));
  }
  EXPECT_TRUE(r.inlet.is_late(kGrace));
}

// 32 KiB a second are enough.
TEST(Inlet, a_long_message_on_a_slow_line_is_not_late) {
  Reading r;
  const Bytes whole = message(std::size_t{16} << 20);
  ByteView rest = whole;
  while (!rest.empty()) {
    const std::size_t piece = std::min(rest.size(), kMessageBytesPerSecond);
    r.take(rest.first(piece));
    rest = rest.subspan(piece);
    EXPECT_FALSE(r.is_late_after(seconds(1)));
  }
}

TEST(Inlet, each_message_has_its_own_time) {
  Reading r;
  const Bytes whole = message(100);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(r.take(ByteView(whole).first(50)), 0U);
    EXPECT_FALSE(r.is_late_after(seconds(50)));
    // The next begins in the same piece.
    Bytes end(whole.begin() + 50, whole.end());
    append(end, ByteView(whole).first(50));
    EXPECT_EQ(r.take(end), 1U);
    EXPECT_FALSE(r.is_late_after(seconds(50)));
    EXPECT_EQ(r.take(ByteView(whole).subspan(50)), 1U);
  }
}

}  // namespace
}  // namespace ol::p2p
