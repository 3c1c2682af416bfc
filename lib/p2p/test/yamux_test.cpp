#include <ol/p2p/yamux.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::hex;
using testing::pattern;
using testing::vector_text;

constexpr TimePoint kStart{};

Bytes frame(std::uint8_t type, std::uint16_t flags, std::uint32_t id, std::uint32_t length,
            ByteView body = {}) {
  Bytes out{0, type, static_cast<std::uint8_t>(flags >> 8), static_cast<std::uint8_t>(flags)};
  for (const std::uint32_t word : {id, length}) {
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      out.push_back(static_cast<std::uint8_t>(word >> shift));
  }
  append(out, body);
  return out;
}

constexpr std::uint16_t kSyn = 1;
constexpr std::uint16_t kAck = 2;
constexpr std::uint16_t kFin = 4;
constexpr std::uint16_t kRst = 8;

Bytes data(std::uint16_t flags, StreamId id, ByteView body) {
  return frame(0, flags, id, static_cast<std::uint32_t>(body.size()), body);
}
Bytes window(std::uint16_t flags, StreamId id, std::uint32_t credit = 0) {
  return frame(1, flags, id, credit);
}

Bytes output(YamuxSession& session) {
  Bytes out;
  while (session.has_output())
    session.fill(out, 65519);
  return out;
}

/// A session's events as text, data joined per stream, so that two ways of cutting compare equal.
struct Log {
  std::vector<std::string> events;
  std::map<StreamId, Bytes> data;
  std::optional<YamuxError> error;

  friend bool operator==(const Log&, const Log&) = default;
};

void drain(YamuxSession& session, Log& log, bool consume) {
  while (true) {
    const auto event = session.next_event();
    if (!event) {
      log.error = event.error();
      return;
    }
    if (!*event) return;
    if (const auto* d = std::get_if<YamuxData>(&**event)) {
      append(log.data[d->id], d->bytes);
      if (consume) session.consume(d->id, d->bytes.size(), kStart);
    } else if (const auto* o = std::get_if<YamuxOpened>(&**event)) {
      log.events.push_back("opened " + std::to_string(o->id));
    } else if (const auto* e = std::get_if<YamuxEnded>(&**event)) {
      log.events.push_back("ended " + std::to_string(e->id) + " after " +
                           std::to_string(log.data[e->id].size()));
    } else if (const auto* r = std::get_if<YamuxReset>(&**event)) {
      log.events.push_back("reset " + std::to_string(r->id));
    } else if (const auto* w = std::get_if<YamuxWritable>(&**event)) {
      log.events.push_back("writable " + std::to_string(w->id));
    } else if (std::holds_alternative<YamuxRoundTrip>(**event)) {
      log.events.emplace_back("round trip");
    } else if (const auto* g = std::get_if<YamuxGoAway>(&**event)) {
      log.events.push_back("go away " + std::to_string(g->code));
    }
  }
}

Log feed(YamuxSession& session, ByteView bytes, std::size_t piece = SIZE_MAX, bool consume = true) {
  Log log;
  while (!bytes.empty() && !log.error) {
    const ByteView part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    session.feed(part, kStart);
    drain(session, log, consume);
  }
  return log;
}

YamuxSession server(const YamuxLimits& limits = {}) {
  return YamuxSession(YamuxRole::Server, limits);
}

std::optional<YamuxError> error_of(ByteView bytes, const YamuxLimits& limits = {}) {
  YamuxSession session = server(limits);
  return feed(session, bytes).error;
}

TEST(Yamux, writes_the_vectors) {
  YamuxSession client(YamuxRole::Client);
  EXPECT_EQ(client.open(StreamPriority::Normal), 1U);
  EXPECT_EQ(to_hex(output(client)), vector_text("yamux", "openStream1_windowUpdateSyn"));
  ASSERT_TRUE(client.write(1, as_bytes("hello")));
  EXPECT_EQ(to_hex(output(client)), vector_text("yamux", "data5bytesStream1") + "68656c6c6f");
  client.close_write(1);
  EXPECT_EQ(to_hex(output(client)), vector_text("yamux", "finStream1"));
  client.reset(1);
  EXPECT_EQ(to_hex(output(client)), vector_text("yamux", "rstStream1"));
  client.go_away(YamuxGoAwayCode::Normal);
  EXPECT_EQ(to_hex(output(client)), vector_text("yamux", "goAwayNormal"));

  YamuxSession other = server();
  feed(other, hex(vector_text("yamux", "openStream1_windowUpdateSyn")));
  EXPECT_EQ(to_hex(output(other)), vector_text("yamux", "ackStream1_windowUpdateAck"));
  feed(other, hex(vector_text("yamux", "pingSyn_id7")));
  EXPECT_EQ(to_hex(output(other)), vector_text("yamux", "pingAck_id7"));
  const Log log = feed(other, hex("00ff00000000000000000000"));
  EXPECT_EQ(log.error, YamuxError::BadType);
  EXPECT_EQ(to_hex(output(other)), vector_text("yamux", "goAwayProtocolError"));
}

// yamux spec, "StreamID": client odd, server even, rising.
TEST(Yamux, gives_odd_ids_to_the_client_and_even_ones_to_the_server) {
  YamuxSession client(YamuxRole::Client);
  YamuxSession other = server();
  EXPECT_EQ(client.open(StreamPriority::Normal), 1U);
  EXPECT_EQ(client.open(StreamPriority::Normal), 3U);
  EXPECT_EQ(other.open(StreamPriority::Normal), 2U);
  EXPECT_EQ(other.open(StreamPriority::Normal), 4U);
}

// "Open": SYN with credit, with data, with FIN; payload before FIN; the ACK at once.
TEST(Yamux, accepts_a_stream_that_opens_with_credit_data_or_its_end) {
  YamuxSession session = server();
  Bytes in = window(kSyn, 1, 1000);
  append(in, data(kSyn, 3, as_bytes("abc")));
  append(in, data(kSyn | kFin, 5, as_bytes("defg")));
  append(in, window(kSyn | kFin, 7));
  const Log log = feed(session, in);
  EXPECT_FALSE(log.error);
  EXPECT_EQ(log.events,
            (std::vector<std::string>{"opened 1", "opened 3", "opened 5", "ended 5 after 4",
                                      "opened 7", "ended 7 after 0"}));
  EXPECT_EQ(as_text(log.data.at(3)), "abc");
  Bytes acks;
  for (const StreamId id : {1U, 3U, 5U, 7U})
    append(acks, window(kAck, id));
  EXPECT_EQ(output(session), acks);
}

TEST(Yamux, ends_a_stream_after_both_halves) {
  YamuxSession session = server();
  feed(session, data(kSyn | kFin, 1, as_bytes("x")));
  EXPECT_TRUE(session.exists(1));
  ASSERT_TRUE(session.write(1, as_bytes("y")));
  session.close_write(1);
  EXPECT_FALSE(session.write(1, as_bytes("z")));
  Bytes expected = window(kAck, 1);
  append(expected, data(0, 1, as_bytes("y")));
  append(expected, window(kFin, 1));  // alone, on an empty frame
  EXPECT_EQ(output(session), expected);
  EXPECT_FALSE(session.exists(1));
  EXPECT_EQ(session.inbound_count(), 0U);
}

TEST(Yamux, a_reset_frees_the_stream_and_its_length_is_no_credit) {
  YamuxSession session = server();
  feed(session, window(kSyn, 1));
  const Log log = feed(session, frame(1, kRst, 1, 0xffffffff));
  EXPECT_FALSE(log.error);
  EXPECT_EQ(log.events, std::vector<std::string>{"reset 1"});
  EXPECT_FALSE(session.exists(1));
  EXPECT_FALSE(session.write(1, as_bytes("x")));
}

// Data for an unknown stream crossed our reset: its body is thrown away, what follows is read.
TEST(Yamux, throws_away_frames_of_streams_that_are_gone) {
  YamuxSession session = server();
  feed(session, window(kSyn, 1));
  session.reset(1);
  Bytes in = data(0, 1, pattern(1000));
  append(in, data(kFin, 1, pattern(10)));
  append(in, window(0, 1, 5));
  append(in, window(kRst, 1));
  append(in, data(kSyn, 3, as_bytes("abc")));
  const Log log = feed(session, in, 100);
  EXPECT_FALSE(log.error);
  EXPECT_EQ(log.events, std::vector<std::string>{"opened 3"});
  EXPECT_EQ(as_text(log.data.at(3)), "abc");
}

TEST(Yamux, names_every_violation) {
  const auto with_stream = [](ByteView more) {
    Bytes out = window(kSyn, 1);
    append(out, more);
    return out;
  };
  EXPECT_EQ(error_of(hex("010000000000000000000000")), YamuxError::BadVersion);
  EXPECT_EQ(error_of(frame(4, 0, 0, 0)), YamuxError::BadType);
  EXPECT_EQ(error_of(frame(1, 16, 1, 0)), YamuxError::BadFlags);
  EXPECT_EQ(error_of(frame(2, kSyn | kAck, 0, 0)), YamuxError::BadFlags);
  EXPECT_EQ(error_of(window(kSyn, 2)), YamuxError::WrongParity);
  EXPECT_EQ(error_of(window(kSyn, 0)), YamuxError::BadSessionFrame);
  EXPECT_EQ(error_of(with_stream(window(kSyn, 1))), YamuxError::StreamExists);
  EXPECT_EQ(error_of(frame(2, kSyn, 1, 0)), YamuxError::BadSessionFrame);
  EXPECT_EQ(error_of(frame(3, 0, 1, 0)), YamuxError::BadSessionFrame);
  EXPECT_EQ(error_of(frame(2, kAck, 0, 0)), YamuxError::PongUnasked);
  // Our window is 256 KiB: the last byte of credit passes, one more does not.
  EXPECT_EQ(error_of(with_stream(frame(0, 0, 1, kYamuxInitialWindow))), std::nullopt);
  EXPECT_EQ(error_of(with_stream(frame(0, 0, 1, kYamuxInitialWindow + 1))),
            YamuxError::WindowViolation);
  // CVE-2026-32314: a SYN with a body above the window.
  EXPECT_EQ(error_of(frame(0, kSyn, 1, kYamuxInitialWindow + 1)), YamuxError::WindowViolation);
  // CVE-2026-31814: credit above 32 bits.
  EXPECT_EQ(error_of(with_stream(window(0, 1, UINT32_MAX - kYamuxInitialWindow))), std::nullopt);
  EXPECT_EQ(error_of(with_stream(window(0, 1, UINT32_MAX - kYamuxInitialWindow + 1))),
            YamuxError::WindowOverflow);
  EXPECT_EQ(error_of(frame(0, 0, 9, (16 << 20) + 1)), YamuxError::WindowViolation);
}

TEST(Yamux, ends_floods) {
  const auto repeated = [](int count, auto&& make) {
    Bytes out;
    for (int i = 0; i < count; ++i)
      append(out, make(static_cast<StreamId>(2 * i + 1)));
    return out;
  };
  const auto ping = [](StreamId id) { return frame(2, kSyn, 0, id); };
  EXPECT_EQ(error_of(repeated(32, ping)), std::nullopt);
  EXPECT_EQ(error_of(repeated(33, ping)), YamuxError::PingFlood);
  const auto stray = [](StreamId id) { return window(0, id, 1); };
  EXPECT_EQ(error_of(repeated(4096, stray)), std::nullopt);
  EXPECT_EQ(error_of(repeated(4097, stray)), YamuxError::StrayFlood);
  const auto open = [](StreamId id) { return window(kSyn, id); };
  EXPECT_EQ(error_of(repeated(256 + 16384, open)), std::nullopt);
  EXPECT_EQ(error_of(repeated(256 + 16385, open)), YamuxError::ResetFlood);
  const auto open_and_reset = [](StreamId id) {
    Bytes out = window(kSyn, id);
    append(out, window(kRst, id));
    return out;
  };
  // With the writer stalled, what waits for it is bounded too.
  EXPECT_EQ(error_of(repeated(20000, open_and_reset)), YamuxError::ResetFlood);
}

// Streams over the limit are reset, and the connection lives.
TEST(Yamux, refuses_streams_over_the_limit) {
  YamuxLimits limits;
  limits.inbound_streams = 2;
  YamuxSession session = server(limits);
  Bytes in;
  for (const StreamId id : {1U, 3U, 5U})
    append(in, data(kSyn, id, as_bytes("abc")));
  const Log log = feed(session, in);
  EXPECT_FALSE(log.error);
  EXPECT_EQ(log.events, (std::vector<std::string>{"opened 1", "opened 3"}));
  EXPECT_EQ(session.inbound_count(), 2U);
  Bytes expected = window(kRst, 5);
  append(expected, window(kAck, 1));
  append(expected, window(kAck, 3));
  EXPECT_EQ(output(session), expected);
  feed(session, window(kRst, 1));
  EXPECT_EQ(feed(session, window(kSyn, 7)).events, std::vector<std::string>{"opened 7"});
}

TEST(Yamux, keeps_few_streams_waiting_for_their_ack) {
  YamuxLimits limits;
  limits.unacked_streams = 2;
  YamuxSession client(YamuxRole::Client, limits);
  EXPECT_TRUE(client.open(StreamPriority::Normal));
  EXPECT_TRUE(client.open(StreamPriority::Normal));
  EXPECT_FALSE(client.open(StreamPriority::Normal));
  feed(client, window(kAck, 1));
  EXPECT_TRUE(client.open(StreamPriority::Normal));
  EXPECT_FALSE(client.open(StreamPriority::Normal));
  client.reset(3);
  EXPECT_TRUE(client.open(StreamPriority::Normal));
}

// "Flow control": we send no more than the credit, and go on when more comes.
TEST(Yamux, sends_within_its_credit) {
  YamuxSession client(YamuxRole::Client);
  const StreamId id = *client.open(StreamPriority::Normal);
  const Bytes body = pattern(kYamuxInitialWindow + 1000);
  ASSERT_TRUE(client.write(id, body));
  YamuxSession other = server();
  Log log = feed(other, output(client), SIZE_MAX, false);
  EXPECT_FALSE(log.error);
  EXPECT_EQ(log.data.at(id).size(), kYamuxInitialWindow);
  EXPECT_EQ(client.queued_bytes(id), 1000U);
  feed(client, window(0, id, 600));
  log = feed(other, {}, SIZE_MAX, false);
  EXPECT_EQ(output(client).size(), kYamuxHeaderBytes + 600);
  EXPECT_EQ(client.queued_bytes(id), 400U);
}

// "Update when the application has consumed at least half the window, not when bytes arrive."
TEST(Yamux, grants_credit_for_what_was_consumed) {
  YamuxSession session = server();
  feed(session, window(kSyn, 1));
  static_cast<void>(output(session));
  const Bytes body = pattern(kYamuxInitialWindow);
  feed(session, data(0, 1, body), 1000, false);
  EXPECT_FALSE(session.has_output());
  session.consume(1, kYamuxInitialWindow / 2 - 1, kStart);
  EXPECT_FALSE(session.has_output());
  session.consume(1, 1, kStart);
  EXPECT_EQ(output(session), window(0, 1, kYamuxInitialWindow / 2));
  EXPECT_EQ(feed(session, frame(0, 0, 1, kYamuxInitialWindow / 2 + 1)).error,
            YamuxError::WindowViolation);
}

/// Lets a round trip of `time` be measured.
void measure(YamuxSession& session, Duration time) {
  session.ping(kStart);
  const Bytes ping = output(session);
  Bytes pong = ping;
  pong[3] = kAck;
  session.feed(pong, kStart + time);
  Log log;
  drain(session, log, true);
  ASSERT_EQ(log.events, std::vector<std::string>{"round trip"});
}

/// Receives half a window over `arrival` and consumes it `idle` later.
void use_half_a_window(YamuxSession& session, TimePoint& now, Duration arrival, Duration idle) {
  const std::uint32_t half = session.receive_window(1) / 2;
  Log log;
  const Bytes first = data(0, 1, Bytes(1));
  session.feed(first, now);
  drain(session, log, false);
  now += arrival;
  const Bytes rest = data(0, 1, Bytes(half - 1));
  session.feed(rest, now);
  drain(session, log, false);
  ASSERT_FALSE(log.error);
  now += idle;
  session.consume(1, half, now);
  static_cast<void>(output(session));
}

// A window used up within 4 round trips plus the time its bytes took to arrive doubles, up to
// 16 MiB; plain "4 round trips" stalls (go-yamux issue 136).
TEST(Yamux, tunes_its_windows) {
  YamuxSession session = server();
  feed(session, window(kSyn, 1));
  measure(session, milliseconds(10));
  TimePoint now = kStart;
  use_half_a_window(session, now, milliseconds(0), milliseconds(39));
  EXPECT_EQ(session.receive_window(1), 2 * kYamuxInitialWindow);
  use_half_a_window(session, now, milliseconds(0), milliseconds(41));
  EXPECT_EQ(session.receive_window(1), 2 * kYamuxInitialWindow);
  use_half_a_window(session, now, milliseconds(500), milliseconds(39));
  EXPECT_EQ(session.receive_window(1), 4 * kYamuxInitialWindow);
  for (int i = 0; i < 10; ++i)
    use_half_a_window(session, now, milliseconds(0), milliseconds(1));
  EXPECT_EQ(session.receive_window(1), 16U << 20);
}

TEST(Yamux, bounds_the_growth_of_all_windows_together) {
  YamuxLimits limits;
  limits.window_growth_max = 3 * kYamuxInitialWindow;
  YamuxSession session = server(limits);
  feed(session, window(kSyn, 1));
  measure(session, milliseconds(10));
  TimePoint now = kStart;
  for (int i = 0; i < 5; ++i)
    use_half_a_window(session, now, milliseconds(0), milliseconds(1));
  EXPECT_EQ(session.receive_window(1), 4 * kYamuxInitialWindow);
  feed(session, window(kRst, 1));
  feed(session, window(kSyn, 1));
  EXPECT_EQ(session.receive_window(1), kYamuxInitialWindow);
  for (int i = 0; i < 5; ++i)
    use_half_a_window(session, now, milliseconds(0), milliseconds(1));
  EXPECT_EQ(session.receive_window(1), 4 * kYamuxInitialWindow);
}

std::vector<std::pair<StreamId, std::uint32_t>> data_frames(ByteView bytes) {
  std::vector<std::pair<StreamId, std::uint32_t>> out;
  while (!bytes.empty()) {
    const auto word = [&](std::size_t at) {
      return static_cast<std::uint32_t>(bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
                                        bytes[at + 3]);
    };
    const bool is_data = bytes[1] == 0;
    const std::size_t body = is_data ? word(8) : 0;
    if (is_data) out.emplace_back(word(4), word(8));
    bytes = bytes.subspan(kYamuxHeaderBytes + body);
  }
  return out;
}

// "At most 16 KiB per data frame, round-robin between streams, control first, priority classes."
TEST(Yamux, takes_turns_within_a_class_and_serves_urgent_streams_first) {
  YamuxSession client(YamuxRole::Client);
  const StreamId bulk_a = *client.open(StreamPriority::Bulk);
  const StreamId bulk_b = *client.open(StreamPriority::Bulk);
  const StreamId urgent = *client.open(StreamPriority::Urgent);
  ASSERT_TRUE(client.write(bulk_a, Bytes(2 * kYamuxDataBytesMax)));
  ASSERT_TRUE(client.write(bulk_b, Bytes(kYamuxDataBytesMax)));
  ASSERT_TRUE(client.write(urgent, Bytes(10)));
  const auto frames = data_frames(output(client));
  const std::vector<std::pair<StreamId, std::uint32_t>> expected{{urgent, 10},
                                                                 {bulk_a, kYamuxDataBytesMax},
                                                                 {bulk_b, kYamuxDataBytesMax},
                                                                 {bulk_a, kYamuxDataBytesMax}};
  EXPECT_EQ(frames, expected);
}

TEST(Yamux, refuses_what_does_not_fit_the_send_buffer_and_reports_when_there_is_room) {
  YamuxLimits limits;
  limits.send_buffer_max = 1000;
  limits.send_low_water = 400;
  YamuxSession client(YamuxRole::Client, limits);
  const StreamId id = *client.open(StreamPriority::Normal);
  EXPECT_TRUE(client.write(id, Bytes(300)));
  Log log;
  static_cast<void>(output(client));
  drain(client, log, true);
  EXPECT_TRUE(log.events.empty());
  EXPECT_TRUE(client.write(id, Bytes(1000)));
  EXPECT_FALSE(client.write(id, Bytes(1)));
  static_cast<void>(output(client));
  drain(client, log, true);
  EXPECT_EQ(log.events, std::vector<std::string>{"writable 1"});
}

TEST(Yamux, after_go_away_opens_nothing_and_refuses_new_streams) {
  YamuxSession session = server();
  const Log log = feed(session, frame(3, 0, 0, 0));
  EXPECT_EQ(log.events, std::vector<std::string>{"go away 0"});
  EXPECT_FALSE(session.open(StreamPriority::Normal));
  feed(session, window(kSyn, 1));
  EXPECT_EQ(output(session), window(kRst, 1));
}

TEST(Yamux, an_id_used_again_does_not_meet_its_past) {
  YamuxSession session = server();
  feed(session, window(kSyn, 1));
  ASSERT_TRUE(session.write(1, as_bytes("old")));
  feed(session, window(kRst, 1));
  feed(session, window(kSyn, 1));
  EXPECT_EQ(output(session), window(kAck, 1));
}

/// A script of valid and invalid frames, seeded.
Bytes random_script(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes out;
  for (int i = 0; i < 60; ++i) {
    const auto id = static_cast<StreamId>(random() % 6 * 2 + 1);
    const auto flags = static_cast<std::uint16_t>(random() % 10 == 0 ? random() % 16 : 0);
    switch (random() % 5) {
      case 0:
        append(out, window(kSyn, id));
        break;
      case 1:
        append(out, window(flags, id, static_cast<std::uint32_t>(random() % 5000)));
        break;
      case 2:
        append(out, frame(2, kSyn, 0, 7));
        break;
      default:
        append(out, data(flags, id, pattern(random() % 300, static_cast<std::uint32_t>(i))));
    }
  }
  return out;
}

// libp2p.md section 12.3: byte by byte and in one segment give the same events and answers.
TEST(Yamux, does_not_care_how_bytes_are_cut) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Bytes script = random_script(seed);
    YamuxSession whole = server();
    const Log expected = feed(whole, script);
    const Bytes answers = output(whole);
    for (const std::size_t piece : {1UL, 5UL, 13UL}) {
      YamuxSession cut = server();
      EXPECT_EQ(feed(cut, script, piece), expected) << "seed " << seed;
      EXPECT_EQ(output(cut), answers) << "seed " << seed;
    }
  }
}

TEST(Yamux, describes_every_error) {
  std::set<std::string> texts;
  for (int error = 0; error <= static_cast<int>(YamuxError::OpenFlood); ++error)
    texts.insert(describe(static_cast<YamuxError>(error)));
  EXPECT_EQ(texts.size(), 13U);
}

}  // namespace
}  // namespace ol::p2p
