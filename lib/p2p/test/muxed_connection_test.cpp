#include <ol/p2p/muxed_connection.hpp>

#include <gtest/gtest.h>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::pattern;

constexpr TimePoint kStart{};
constexpr std::string_view kEcho = "/echo/1";

NoiseIdentity identity(std::uint8_t byte, bool early_muxer) {
  static constexpr std::string_view kMuxers[] = {kYamuxProtocol};
  const auto muxers = early_muxer ? std::span<const std::string_view>(kMuxers)
                                  : std::span<const std::string_view>();
  return {testing::identity_key(byte), testing::exchange_key(byte), muxers};
}

std::string name_of(const ConnectionEvent& event) {
  if (std::holds_alternative<ConnectionReady>(event)) return "ready";
  if (const auto* e = std::get_if<StreamOpened>(&event)) {
    return (e->inbound ? "in " : "out ") + std::to_string(e->id) + " " + e->protocol;
  }
  if (const auto* e = std::get_if<StreamEnded>(&event)) return "ended " + std::to_string(e->id);
  if (const auto* e = std::get_if<StreamFailed>(&event)) {
    return "failed " + std::to_string(e->id) + ": " + e->why;
  }
  if (const auto* e = std::get_if<ConnectionEnded>(&event)) {
    return std::string(reason_name(e->reason)) + ": " + e->text;
  }
  return "";
}

/// One side with a log of what it reported.
struct Side {
  Side(NoiseRole role, const NoiseIdentity& own, std::optional<PeerId> expected)
      : connection({role, expected, {}, {}}, own, accepted,
                   testing::exchange_key(role == NoiseRole::Initiator ? 50 : 51), kStart) {}

  void drain(TimePoint now) {
    while (const auto event = connection.next_event()) {
      if (const auto* d = std::get_if<StreamData>(&*event)) {
        append(data[d->id], d->bytes);
        connection.consume(d->id, d->bytes.size(), now);
      } else if (const auto name = name_of(*event); !name.empty()) {
        events.push_back(name);
      }
      if (const auto* r = std::get_if<ConnectionReady>(&*event)) peer = r->peer;
    }
  }

  void tick(TimePoint now) {
    connection.tick(now);
    drain(now);
  }

  void receive(ByteView bytes, std::size_t piece, TimePoint now) {
    while (!bytes.empty()) {
      const ByteView part = bytes.first(std::min(piece, bytes.size()));
      bytes = bytes.subspan(part.size());
      connection.feed(part, now);
      drain(now);
    }
  }

  Bytes output(TimePoint now) {
    Bytes out;
    connection.poll_transmit(out, std::size_t{1} << 20, now);
    connection.on_written(now);
    drain(now);
    return out;
  }

  ProtocolSet accepted{std::string(kEcho), "/other/1"};
  MuxedConnection connection;
  std::vector<std::string> events;
  std::map<StreamId, Bytes> data;
  std::optional<PeerId> peer;
};

/// Two sides and the wire between them.
struct Pair {
  explicit Pair(bool early_muxer = true, std::size_t piece_bytes = SIZE_MAX,
                std::optional<PeerId> expected = testing::peer_id(2))
      : alice_identity(identity(1, early_muxer)),
        bob_identity(identity(2, early_muxer)),
        alice(NoiseRole::Initiator, alice_identity, expected),
        bob(NoiseRole::Responder, bob_identity, std::nullopt),
        piece(piece_bytes) {}

  /// Carries bytes until both are silent.
  void run() {
    for (bool busy = true; busy;) {
      const Bytes there = alice.output(now);
      const Bytes back = bob.output(now);
      bob.receive(there, piece, now);
      alice.receive(back, piece, now);
      busy = !there.empty() || !back.empty();
    }
  }

  NoiseIdentity alice_identity;
  NoiseIdentity bob_identity;
  Side alice;
  Side bob;
  std::size_t piece;
  TimePoint now = kStart;
};

void talk(Pair& pair) {
  pair.run();
  const auto eager = pair.alice.connection.open_stream({"/none", std::string(kEcho)},
                                                       StreamPriority::Normal, pair.now);
  const auto lazy = pair.alice.connection.open_stream_lazily(std::string(kEcho),
                                                             StreamPriority::Normal, pair.now);
  ASSERT_TRUE(eager && lazy);
  ASSERT_TRUE(pair.alice.connection.write(*lazy, share(pattern(100))));
  pair.alice.connection.close_write(*lazy);
  pair.run();
  ASSERT_TRUE(pair.alice.connection.write(*eager, share(pattern(300000))));
  pair.alice.connection.close_write(*eager);
  pair.run();
  ASSERT_TRUE(pair.bob.connection.write(*lazy, share(pattern(7))));
  pair.bob.connection.close_write(*lazy);
  pair.run();
}

TEST(MuxedConnection, carries_streams_with_and_without_the_early_muxer) {
  for (const bool early : {true, false}) {
    Pair pair(early);
    talk(pair);
    EXPECT_EQ(pair.alice.peer, testing::peer_id(2));
    EXPECT_EQ(pair.bob.peer, testing::peer_id(1));
    EXPECT_EQ(pair.alice.events, (std::vector<std::string>{"ready", "out 1 /echo/1", "ended 3"}));
    EXPECT_EQ(pair.bob.events, (std::vector<std::string>{"ready", "in 3 /echo/1", "ended 3",
                                                         "in 1 /echo/1", "ended 1"}));
    EXPECT_EQ(pair.bob.data.at(1), pattern(300000));
    EXPECT_EQ(pair.bob.data.at(3), pattern(100));
    EXPECT_EQ(pair.alice.data.at(3), pattern(7));
  }
}

// libp2p.md section 12.3.
TEST(MuxedConnection, does_not_care_how_bytes_are_cut) {
  Pair whole;
  talk(whole);
  for (const std::size_t piece : {1UL, 17UL, 1000UL}) {
    Pair cut(true, piece);
    talk(cut);
    EXPECT_EQ(cut.bob.data, whole.bob.data) << piece;
    EXPECT_EQ(cut.alice.data, whole.alice.data) << piece;
    EXPECT_EQ(cut.alice.events, whole.alice.events) << piece;
  }
}

// libp2p.md section 2: with a trailing /p2p the handshake MUST fail if another key answers.
TEST(MuxedConnection, ends_when_another_peer_answers) {
  Pair pair(true, SIZE_MAX, testing::peer_id(9));
  pair.run();
  EXPECT_EQ(pair.alice.events,
            std::vector<std::string>{"wrong_peer: another peer answered than the one dialled"});
  EXPECT_TRUE(pair.bob.events.empty());
}

TEST(MuxedConnection, one_side_with_an_early_muxer_falls_back_to_multistream) {
  Pair pair;
  const NoiseIdentity without = identity(2, false);
  Side bob(NoiseRole::Responder, without, std::nullopt);
  for (int i = 0; i < 10; ++i) {
    bob.receive(pair.alice.output(kStart), SIZE_MAX, kStart);
    pair.alice.receive(bob.output(kStart), SIZE_MAX, kStart);
  }
  EXPECT_EQ(pair.alice.events, std::vector<std::string>{"ready"});
  EXPECT_EQ(bob.events, std::vector<std::string>{"ready"});
}

TEST(MuxedConnection, names_what_ends_it) {
  const auto outcome = [](const std::string& bytes) {
    Pair pair;
    pair.bob.receive(as_bytes(bytes), SIZE_MAX, kStart);
    return pair.bob.events.empty() ? std::string() : pair.bob.events[0];
  };
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n" + std::string(100, 'x')),
            "negotiation_failed: security: malformed negotiation message");
  const std::string header("\x13/multistream/1.0.0\n\x07/noise\n", 28);
  EXPECT_EQ(outcome(header), "");
  EXPECT_EQ(outcome(header + std::string("\xff\xff", 2)),
            "handshake_failed: handshake message over 2 KiB");
}

TEST(MuxedConnection, garbage_after_the_handshake_ends_it) {
  Pair pair;
  pair.run();
  pair.bob.receive(Bytes(300, 1), SIZE_MAX, kStart);
  ASSERT_FALSE(pair.bob.events.empty());
  EXPECT_EQ(pair.bob.events.back().substr(0, 14), "bad_transport:");
  EXPECT_TRUE(pair.bob.connection.is_ended());
}

// A stream without a common protocol fails alone.
TEST(MuxedConnection, an_unknown_protocol_costs_only_its_stream) {
  for (const bool lazy : {false, true}) {
    Pair pair;
    pair.run();
    const auto id =
        lazy ? pair.alice.connection.open_stream_lazily("/none", StreamPriority::Normal, kStart)
             : pair.alice.connection.open_stream({"/none"}, StreamPriority::Normal, kStart);
    ASSERT_TRUE(id);
    pair.run();
    EXPECT_EQ(pair.alice.events,
              (std::vector<std::string>{"ready", "failed 1: no protocol in common"}));
    EXPECT_EQ(pair.bob.events, std::vector<std::string>{"ready"});
    EXPECT_EQ(pair.alice.connection.stream_count(), 0U);
    EXPECT_EQ(pair.bob.connection.stream_count(), 0U);
    talk(pair);
    EXPECT_EQ(pair.bob.data.at(5), pattern(100));
  }
}

TEST(MuxedConnection, gives_up_on_an_upgrade_that_takes_too_long) {
  Pair pair;
  const Bytes hello = pair.alice.output(kStart);
  pair.bob.receive(ByteView(hello).first(1), 1, kStart);
  pair.bob.tick(kStart + seconds(10) - milliseconds(1));
  EXPECT_TRUE(pair.bob.events.empty());
  pair.bob.tick(kStart + seconds(10));
  EXPECT_EQ(pair.bob.events, std::vector<std::string>{"upgrade_timeout: not ready in time"});
}

TEST(MuxedConnection, gives_up_sooner_on_an_accepted_one_that_says_nothing) {
  Pair pair;
  pair.bob.tick(kStart + seconds(5) - milliseconds(1));
  EXPECT_TRUE(pair.bob.events.empty());
  pair.bob.tick(kStart + seconds(5));
  EXPECT_EQ(pair.bob.events, std::vector<std::string>{"mute: not a byte in time"});
}

// Slow-loris: a peer that sends a byte now and then has no more time than a silent one.
TEST(MuxedConnection, bytes_in_drips_do_not_extend_the_upgrade) {
  Pair pair;
  const Bytes hello = pair.alice.output(kStart);
  for (std::size_t i = 0; i < 12; ++i) {
    const TimePoint now = kStart + seconds(static_cast<std::int64_t>(i));
    pair.bob.receive(ByteView(hello).subspan(i, 1), 1, now);
    pair.bob.tick(now);
  }
  EXPECT_EQ(pair.bob.events, std::vector<std::string>{"upgrade_timeout: not ready in time"});
}

TEST(MuxedConnection, pings_when_it_is_quiet_and_ends_when_nothing_answers) {
  Pair pair;
  pair.run();
  pair.now = kStart + seconds(15);
  pair.alice.connection.tick(pair.now);
  EXPECT_TRUE(pair.alice.connection.has_output());
  pair.run();
  pair.now = kStart + seconds(39);
  pair.alice.connection.tick(pair.now);
  static_cast<void>(pair.alice.output(pair.now));
  pair.alice.drain(pair.now);
  EXPECT_EQ(pair.alice.events, std::vector<std::string>{"ready"});
  pair.alice.tick(kStart + seconds(40));
  EXPECT_EQ(pair.alice.events.back(), "silent: no answer to a ping");
}

TEST(MuxedConnection, ends_when_the_peer_takes_no_bytes) {
  Pair pair;
  pair.run();
  const auto id =
      pair.alice.connection.open_stream({std::string(kEcho)}, StreamPriority::Normal, kStart);
  ASSERT_TRUE(id);
  Bytes never_written;
  pair.alice.connection.poll_transmit(never_written, 1 << 20, kStart);
  pair.alice.tick(kStart + seconds(10));
  EXPECT_EQ(pair.alice.events.back(), "write_stalled: the peer takes no bytes");
}

TEST(MuxedConnection, resets_streams_that_agree_on_nothing_in_time) {
  Pair pair;
  pair.run();
  ASSERT_TRUE(
      pair.alice.connection.open_stream({std::string(kEcho)}, StreamPriority::Normal, kStart));
  // The proposal never arrives.
  static_cast<void>(pair.alice.output(kStart));
  pair.alice.tick(kStart + seconds(10));
  EXPECT_EQ(pair.alice.events.back(), "failed 1: no protocol agreed in time");
}

TEST(MuxedConnection, says_good_bye) {
  Pair pair;
  pair.run();
  pair.alice.connection.close(EndReason::Local, "done");
  pair.alice.drain(kStart);
  EXPECT_EQ(pair.alice.events.back(), "local: done");
  pair.bob.receive(pair.alice.output(kStart), SIZE_MAX, kStart);
  EXPECT_EQ(pair.bob.events.back(), "connection_lost: the peer went away with code 0");
  EXPECT_FALSE(pair.alice.connection.open_stream({"/x"}, StreamPriority::Normal, kStart));
}

}  // namespace
}  // namespace ol::p2p
