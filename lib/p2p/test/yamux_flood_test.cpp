// Streams that a session refuses or resets, and what is still under way of them.
#include <ol/p2p/yamux.hpp>

#include <gtest/gtest.h>

#include "attacker.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::kData;
using testing::kSyn;
using testing::kWindowUpdate;
using testing::yamux_header;

/// A session that is fed at times, and whose output is always taken.
struct Flooded {
  explicit Flooded(const YamuxLimits& limits) : session(YamuxRole::Server, limits) {}

  void feed(ByteView bytes) {
    session.feed(bytes, now);
    while (true) {
      const auto event = session.next_event();
      if (!event) error = event.error();
      if (!event || !*event) break;
      opened += std::holds_alternative<YamuxOpened>(**event) ? 1 : 0;
    }
    Bytes out;
    while (session.has_output())
      session.fill(out, 65519);
  }
  void open(unsigned count) {
    Bytes in;
    for (unsigned i = 0; i < count; ++i, next_id += 2)
      append(in, yamux_header(kWindowUpdate, kSyn, next_id, 0));
    feed(in);
  }

  TimePoint now{std::chrono::hours{1}};
  StreamId next_id = 1;
  YamuxSession session;
  std::size_t opened = 0;
  std::optional<YamuxError> error;
};

YamuxLimits ten_a_second() {
  YamuxLimits out;
  out.opens_per_second = 10;
  return out;
}

TEST(YamuxFlood, streams_beyond_the_rate_are_refused) {
  Flooded f(ten_a_second());
  f.open(80);
  EXPECT_EQ(f.opened, 10U);
  f.now += std::chrono::seconds{1};
  f.open(80);
  EXPECT_EQ(f.opened, 20U);
  EXPECT_EQ(f.error, std::nullopt);
}

TEST(YamuxFlood, eight_times_the_rate_in_three_seconds_on_end_is_a_flood) {
  Flooded f(ten_a_second());
  // However often nearly as many come, or more in one second.
  for (int second = 0; second < 10; ++second, f.now += std::chrono::seconds{1})
    f.open(second % 3 == 0 ? 80 : 200);
  EXPECT_EQ(f.error, std::nullopt);
  Flooded g(ten_a_second());
  for (int second = 0; second < 2; ++second, g.now += std::chrono::seconds{1})
    g.open(81);
  g.open(80);
  EXPECT_EQ(g.error, std::nullopt);
  g.open(1);
  EXPECT_EQ(g.error, YamuxError::OpenFlood);
}

TEST(YamuxFlood, bursts_with_calm_between_them_are_no_flood) {
  Flooded f(ten_a_second());
  for (int burst = 0; burst < 10; ++burst, f.now += std::chrono::seconds{2})
    f.open(200);
  EXPECT_EQ(f.error, std::nullopt);
}

// 16 KiB at a time until the window is full, and a few frames more.
TEST(YamuxFlood, what_was_under_way_when_a_stream_was_reset_is_no_stray) {
  YamuxLimits limits;
  limits.inbound_streams = 1;
  limits.stray_frames_per_second = 1;
  Flooded f(limits);
  f.open(3);
  EXPECT_EQ(f.opened, 1U);
  f.session.reset(1);
  for (const StreamId id : {1U, 3U, 5U}) {
    for (int i = 0; i < 16 + 4; ++i)
      f.feed(yamux_header(kData, 0, id, 0));
  }
  f.feed(yamux_header(kData, 0, 5, 0));
  EXPECT_EQ(f.error, std::nullopt);
  f.feed(yamux_header(kData, 0, 5, 0));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

TEST(YamuxFlood, so_many_resets_are_remembered) {
  YamuxLimits limits;
  limits.inbound_streams = 1;
  limits.stray_frames_per_second = 1;
  limits.remembered_resets = 4;
  Flooded f(limits);
  f.open(1 + 5);
  for (const StreamId id : {5U, 7U, 9U, 11U, 3U})
    f.feed(yamux_header(kData, 0, id, 0));
  EXPECT_EQ(f.error, std::nullopt);
  f.feed(yamux_header(kData, 0, 3, 0));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

}  // namespace
}  // namespace ol::p2p
