// Messages of no use: a peer may send so many, what goes beyond is dropped before it is looked at,
// and who goes on is cut off. What is of use costs nothing.
#include <ol/p2p/gossip_router.hpp>

#include <gtest/gtest.h>

#include "gossip_fixture.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::kTopic;
using testing::own_key;
using testing::parameters;
using testing::pattern;

GossipParameters with_droppable(std::size_t validations) {
  GossipParameters out = parameters();
  out.validations_per_peer = validations;
  out.droppable_topics = {"other"};
  return out;
}

struct Waste : testing::GossipFixture {
  explicit Waste(std::size_t validations = 256) : GossipFixture(with_droppable(validations)) {
    router.join("other", now);
    a = add(1);
    b = add(2);
  }

  /// A message that never came before, from `id`. What waits for its verdict is judged.
  void say(const PeerId& id, GossipVerdict verdict, std::size_t size = 10,
           const std::string& topic = kTopic) {
    say_again(id, verdict, pattern(size, ++number), topic);
  }
  void say_again(const PeerId& id, GossipVerdict verdict, ByteView data,
                 const std::string& topic = kTopic) {
    receive(id, make_message(topic, data, GossipSigning::StrictNoSign, own_key(), 0)->rpc_field);
    judged += judge(verdict);
  }
  /// How many of `count` messages are looked at.
  std::size_t flood(std::size_t count, GossipVerdict verdict, std::size_t size = 10,
                    const std::string& topic = kTopic) {
    const std::size_t before = judged;
    for (std::size_t i = 0; i < count; ++i)
      say(a, verdict, size, topic);
    return judged - before;
  }
  [[nodiscard]] double counted() const {
    return router.counters().offences[static_cast<std::size_t>(GossipOffence::Waste)];
  }

  PeerId a;
  PeerId b;
  std::uint32_t number = 0;
  std::size_t judged = 0;
};

// The bucket of 4000 and the one that empties it.
TEST(GossipWaste, what_is_ignored_or_too_early_is_looked_at_so_often_and_then_dropped) {
  for (const GossipVerdict verdict : {GossipVerdict::Ignore, GossipVerdict::TooEarly}) {
    Waste f;
    EXPECT_EQ(f.flood(5000, verdict), 4001U);
    EXPECT_EQ(f.router.counters().dropped, 999U);
    EXPECT_EQ(f.router.counters().useless, 4001U);
    f.say(f.b, verdict);
    EXPECT_EQ(f.judged, 4002U) << "others do not pay for it";
    f.now += seconds(1);
    EXPECT_EQ(f.flood(5000, verdict), 1000U) << "1000 a second";
  }
}

TEST(GossipWaste, bytes_count_too) {
  Waste f;
  EXPECT_EQ(f.flood(80, GossipVerdict::Ignore, std::size_t{1} << 20), 65U);
  f.now += seconds(1);
  EXPECT_EQ(f.flood(80, GossipVerdict::Ignore, std::size_t{1} << 20), 16U);
}

TEST(GossipWaste, what_is_dropped_is_not_remembered) {
  Waste f;
  f.flood(4001, GossipVerdict::Ignore);
  const Bytes data = pattern(10, 1'000'000);
  f.say_again(f.a, GossipVerdict::Accept, data);
  EXPECT_EQ(f.judged, 4001U);
  f.say_again(f.b, GossipVerdict::Accept, data);
  EXPECT_EQ(f.judged, 4002U);
}

// The rate of the benchmark of small messages.
TEST(GossipWaste, accepted_messages_cost_nothing) {
  Waste f;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(f.flood(300, GossipVerdict::Accept), 300U);
    f.now += milliseconds(10);
  }
  EXPECT_EQ(f.router.counters().dropped, 0U);
}

TEST(GossipWaste, each_accepted_message_pays_for_one_in_vain) {
  Waste f;
  for (int i = 0; i < 15'000; ++i) {
    EXPECT_EQ(f.flood(1, GossipVerdict::Accept, 5000), 1U);
    EXPECT_EQ(f.flood(1, GossipVerdict::Ignore, 5000), 1U);
  }
  EXPECT_EQ(f.flood(5000, GossipVerdict::Ignore), 4000U) << "and no more is saved up";
}

TEST(GossipWaste, whoever_is_busy_holds_it_against_nobody) {
  Waste f;
  EXPECT_EQ(f.flood(10'000, GossipVerdict::Busy), 10'000U);
  const Bytes data = pattern(10, 2'000'000);
  f.say_again(f.a, GossipVerdict::Busy, data);
  f.say_again(f.a, GossipVerdict::Accept, data);
  EXPECT_EQ(f.judged, 10'002U) << "it can come again";
}

TEST(GossipWaste, classes_of_topics_are_counted_apart) {
  Waste f;
  EXPECT_EQ(f.flood(5000, GossipVerdict::Ignore), 4001U);
  EXPECT_EQ(f.flood(9000, GossipVerdict::Ignore, 10, "other"), 8001U);
}

TEST(GossipWaste, repetitions_and_copies_of_what_was_ignored_are_charged) {
  Waste f;
  const Bytes good = pattern(10, 3'000'000);
  const Bytes idle = pattern(10, 3'000'001);
  f.say_again(f.a, GossipVerdict::Accept, good);
  f.say_again(f.a, GossipVerdict::Ignore, idle);
  EXPECT_EQ(f.router.counters().useless, 1U);
  f.say_again(f.b, GossipVerdict::Accept, good);
  EXPECT_EQ(f.router.counters().useless, 1U) << "everybody in the mesh sends it";
  f.say_again(f.b, GossipVerdict::Accept, idle);
  EXPECT_EQ(f.router.counters().useless, 2U);
  f.say_again(f.b, GossipVerdict::Accept, good);
  EXPECT_EQ(f.router.counters().useless, 3U);
}

TEST(GossipWaste, all_who_sent_it_meanwhile_are_charged) {
  Waste f;
  for (const PeerId& id : {f.a, f.b})
    f.receive(
        id,
        make_message(kTopic, pattern(10, 1), GossipSigning::StrictNoSign, own_key(), 0)->rpc_field);
  f.judge(GossipVerdict::Ignore);
  EXPECT_EQ(f.router.counters().useless, 2U);
}

TEST(GossipWaste, what_breaks_the_rules_or_is_of_no_topic_of_ours_is_charged) {
  Waste f;
  f.router.set_direct({f.a}, f.now);  // not scored, so that it is read
  RpcMessage stray;
  stray.topic = "nobody's";
  stray.data = ByteView(as_bytes(std::string_view("1")));
  Bytes rpc;
  append_message(rpc, stray);
  f.receive(f.a, rpc);
  EXPECT_EQ(f.router.counters().useless, 1U);
  RpcMessage signed_one = stray;
  signed_one.topic = kTopic;
  signed_one.seqno = signed_one.data;
  rpc.clear();
  append_message(rpc, signed_one);
  f.receive(f.a, rpc);
  EXPECT_EQ(f.router.counters().useless, 2U);
  f.say(f.a, GossipVerdict::Reject);
  EXPECT_EQ(f.router.counters().useless, 3U);
}

// What is in validation when the bucket is empty is charged later: no more than a bucket.
TEST(GossipWaste, debts_are_bounded) {
  Waste f(50'000);
  for (int i = 0; i < 50'000; ++i)
    f.receive(f.a, make_message(kTopic, pattern(10, ++f.number), GossipSigning::StrictNoSign,
                                own_key(), 0)
                       ->rpc_field);
  EXPECT_EQ(f.judge(GossipVerdict::Ignore), 50'000U);
  f.now += milliseconds(3999);
  EXPECT_EQ(f.flood(1, GossipVerdict::Ignore), 0U);
  f.now += milliseconds(2);
  EXPECT_EQ(f.flood(1, GossipVerdict::Ignore), 1U);
}

// A validator that never answers must not silence whoever sent to it.
TEST(GossipWaste, what_nobody_judges_gives_its_place_back) {
  Waste f(2);
  const auto message = [&](std::uint8_t tag) {
    return make_message(kTopic, Bytes(10, tag), GossipSigning::StrictNoSign, own_key(), 0);
  };
  for (std::uint8_t tag = 1; tag <= 3; ++tag)
    f.receive(f.a, message(tag)->rpc_field);
  EXPECT_EQ(f.events().size(), 2U);
  f.now += seconds(59);
  f.router.heartbeat(f.now);
  f.receive(f.a, message(4)->rpc_field);
  EXPECT_EQ(f.events().size(), 0U);
  f.now += seconds(1);
  f.router.heartbeat(f.now);
  EXPECT_EQ(f.router.counters().unjudged, 2U);
  EXPECT_EQ(f.router.counters().useless, 0U);
  f.receive(f.a, message(1)->rpc_field);
  f.receive(f.a, message(4)->rpc_field);
  EXPECT_EQ(f.events().size(), 2U);
  // The answer that comes after all counts for what has come again.
  f.router.judge(message(1)->id, GossipVerdict::Accept, f.now);
  f.receive(f.a, message(5)->rpc_field);
  EXPECT_EQ(f.events().size(), 1U);
}

TEST(GossipWaste, own_messages_that_a_peer_did_not_get_are_counted) {
  Waste f;
  const auto publish = [&](std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_TRUE(f.router.publish(kTopic, pattern(size, ++f.number), f.now));
  };
  publish(1, 10);
  static_cast<void>(f.heard(f.a));
  static_cast<void>(f.heard(f.b));
  EXPECT_EQ(f.router.counters().own_undelivered, 0U);
  // No room: 300 of 16 KiB are more than 4 MiB.
  publish(300, 16 << 10);
  const std::uint64_t refused = f.router.counters().own_undelivered;
  EXPECT_GT(refused, 0U);
  EXPECT_EQ(refused, f.router.counters().undelivered);
  // Too late for one, gone with the other.
  f.now += seconds(6);
  static_cast<void>(f.heard(f.a));
  EXPECT_EQ(f.router.counters().own_undelivered, 300U + refused / 2);
  f.router.remove_peer(f.b, f.now);
  EXPECT_EQ(f.router.counters().own_undelivered, 600U);
}

/// Floods `per_beat` messages before each heartbeat until the peer is cut off.
std::optional<GossipGraylisted> flood_until_the_end(Waste& f, std::size_t per_beat, int beats) {
  for (int i = 0; i < beats; ++i) {
    f.flood(per_beat, GossipVerdict::TooEarly);
    f.now += milliseconds(700);
    f.router.heartbeat(f.now);
    for (const GossipEvent& event : f.events()) {
      if (const auto* cut = std::get_if<GossipGraylisted>(&event)) return *cut;
    }
  }
  return std::nullopt;
}

TEST(GossipWaste, what_is_dropped_counts_against_the_peer) {
  Waste f;
  f.flood(4001 + 1000, GossipVerdict::TooEarly);
  EXPECT_EQ(f.counted(), 0);
  f.flood(1, GossipVerdict::TooEarly);
  EXPECT_EQ(f.counted(), 1);
  f.flood(8000, GossipVerdict::TooEarly);
  EXPECT_EQ(f.counted(), 9);
  EXPECT_LT(f.router.score(f.a, f.now), -80);
}

TEST(GossipWaste, who_goes_on_for_ten_seconds_is_cut_off) {
  // Fast enough to be graylisted, and so slowly that nothing is scored.
  for (const std::size_t per_beat : {1900U, 1000U}) {
    Waste f;
    const auto end = flood_until_the_end(f, per_beat, 60);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->peer, f.a);
    EXPECT_EQ(end->offence, GossipOffence::Waste);
  }
}

TEST(GossipWaste, who_stays_within_its_rate_or_is_direct_is_not_cut_off) {
  Waste slow;
  EXPECT_FALSE(flood_until_the_end(slow, 700, 100));
  EXPECT_EQ(slow.router.counters().dropped, 0U);
  Waste direct;
  direct.router.set_direct({direct.a}, direct.now);
  EXPECT_FALSE(flood_until_the_end(direct, 3000, 60));
  EXPECT_GT(direct.router.counters().dropped, 100'000U) << "and is bounded all the same";
}

TEST(GossipWaste, who_stops_in_time_starts_anew) {
  Waste f;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(flood_until_the_end(f, 1000, 20)) << "dropped from the 13th on";
    EXPECT_FALSE(flood_until_the_end(f, 0, 20));
  }
}

TEST(GossipWaste, dropped_bytes_count_towards_the_end) {
  Waste f;
  f.flood(65, GossipVerdict::Ignore, std::size_t{1} << 20);
  f.flood(4, GossipVerdict::Ignore, std::size_t{1} << 20);
  EXPECT_EQ(f.counted(), 1) << "257 each";
}

}  // namespace
}  // namespace ol::p2p
