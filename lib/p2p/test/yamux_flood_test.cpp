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

Bytes data_frame(StreamId id, std::uint32_t size) {
  Bytes out = yamux_header(kData, 0, id, size);
  out.resize(out.size() + size);
  return out;
}

// One stray is let through.
YamuxLimits strict() {
  YamuxLimits out;
  out.stray_frames_per_second = 1;
  return out;
}

// However small the pieces are, until the credit is used up, and a few frames without data.
TEST(YamuxFlood, what_was_under_way_when_a_stream_was_reset_is_no_stray) {
  YamuxLimits limits = strict();
  limits.inbound_streams = 1;
  Flooded f(limits);
  f.open(3);
  EXPECT_EQ(f.opened, 1U);
  f.session.reset(1);
  for (const StreamId id : {1U, 3U, 5U}) {
    for (int i = 0; i < 1'000; ++i)
      f.feed(data_frame(id, 1));
    f.feed(data_frame(id, kYamuxInitialWindow - 1'000));
    for (int i = 0; i < 4; ++i)
      f.feed(yamux_header(kData, 0, id, 0));
  }
  f.feed(yamux_header(kData, 0, 5, 0));
  EXPECT_EQ(f.error, std::nullopt);
  f.feed(yamux_header(kData, 0, 5, 0));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

TEST(YamuxFlood, what_comes_beyond_the_credit_of_a_reset_stream_is_stray) {
  Flooded f(strict());
  f.open(1);
  f.feed(data_frame(1, 100));
  f.session.reset(1);
  f.feed(data_frame(1, kYamuxInitialWindow - 99));
  EXPECT_EQ(f.error, std::nullopt);
  f.feed(data_frame(1, kYamuxInitialWindow - 99));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

/// A stream on which so many bytes were sent one by one, and which both sides ended.
void end_after_sending(Flooded& f, unsigned bytes) {
  f.open(1);
  for (unsigned i = 0; i < bytes; ++i) {
    ASSERT_TRUE(f.session.write(1, Bytes(1)));
    f.feed({});
  }
  f.session.close_write(1);
  f.feed(yamux_header(kData, testing::kFin, 1, 0));
}

// js-libp2p tells of each data frame that it has read, also when both sides have ended the stream.
TEST(YamuxFlood, credit_for_what_was_sent_before_the_end_is_no_stray) {
  Flooded f(strict());
  end_after_sending(f, 10'000);
  for (int i = 0; i < 10'000 + 4 + 1; ++i)
    f.feed(yamux_header(kWindowUpdate, 0, 1, 1));
  EXPECT_EQ(f.error, std::nullopt);
  f.feed(yamux_header(kWindowUpdate, 0, 1, 1));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

TEST(YamuxFlood, credit_that_came_before_the_end_does_not_come_again) {
  Flooded f(strict());
  f.open(1);
  ASSERT_TRUE(f.session.write(1, Bytes(10)));
  f.feed({});
  for (int i = 0; i < 10; ++i)
    f.feed(yamux_header(kWindowUpdate, 0, 1, 1));
  f.session.close_write(1);
  f.feed(yamux_header(kData, testing::kFin, 1, 0));
  for (int i = 0; i < 4 + 2; ++i)
    f.feed(yamux_header(kWindowUpdate, 0, 1, 1));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

TEST(YamuxFlood, no_data_comes_after_the_end) {
  Flooded f(strict());
  end_after_sending(f, 10);
  for (int i = 0; i < 2; ++i)
    f.feed(data_frame(1, 1));
  EXPECT_EQ(f.error, YamuxError::StrayFlood);
}

TEST(YamuxFlood, so_many_streams_are_remembered) {
  YamuxLimits limits = strict();
  limits.inbound_streams = 1;
  limits.remembered_streams = 4;
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
