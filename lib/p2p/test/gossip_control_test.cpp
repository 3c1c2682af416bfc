// What peers may ask of a router: the mesh, announcements and requests.
#include <ol/p2p/gossip_router.hpp>

#include <gtest/gtest.h>

#include <ol/p2p/envelope.hpp>

#include "gossip_fixture.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Fixture = testing::GossipFixture;
using testing::Heard;
using testing::kTopic;
using testing::own_key;
using testing::parameters;
using testing::pattern;

TEST(GossipControl, answers_grafts_by_the_rules) {
  Fixture f;
  const PeerId a = f.add(1);
  static_cast<void>(f.heard(a));
  f.control(a, [](ControlBuilder& c) { c.graft("unknown"); });
  EXPECT_TRUE(f.heard(a).prunes.empty());
  f.graft(a);
  EXPECT_TRUE(f.router.mesh(kTopic).contains(a));
  EXPECT_TRUE(f.heard(a).prunes.empty());
  const PeerId b = f.add(2);
  f.router.set_application_score(b, -1);
  static_cast<void>(f.heard(b));
  f.graft(b);
  EXPECT_FALSE(f.router.mesh(kTopic).contains(b));
  EXPECT_EQ(f.heard(b).prunes.at(0), std::pair(kTopic, std::uint64_t{60}));
}

// "In backoff: P7 +1, +1 more within 10 s of our PRUNE, renew the backoff, PRUNE."
TEST(GossipControl, punishes_grafts_during_the_backoff) {
  Fixture f;
  const PeerId a = f.add(1);
  f.router.set_application_score(a, -1);
  f.graft(a);  // refused, with a backoff of 60 s
  f.router.set_application_score(a, 0);
  for (int i = 0; i < 4; ++i)
    f.graft(a);
  EXPECT_LT(f.router.score(a, f.now), -30);  // 8 above a threshold of 6: -10 * 2 * 2
  EXPECT_FALSE(f.router.mesh(kTopic).contains(a));
}

TEST(GossipControl, refuses_inbound_grafts_into_a_full_mesh) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 12; ++i)
    f.graft(f.add(i));
  EXPECT_EQ(f.router.mesh(kTopic).size(), 12U);
  const PeerId inbound = f.add(50);
  f.graft(inbound);
  EXPECT_FALSE(f.router.mesh(kTopic).contains(inbound));
  const PeerId outbound = f.add(51, true);
  f.graft(outbound);
  EXPECT_TRUE(f.router.mesh(kTopic).contains(outbound));
}

// CVE-2026-33040: a backoff of 2^64 - 1 seconds. It is capped at an hour.
TEST(GossipControl, survives_any_backoff_and_caps_it) {
  Fixture f;
  const PeerId a = f.add(1);
  f.beat();
  ASSERT_TRUE(f.router.mesh(kTopic).contains(a));
  f.control(a, [](ControlBuilder& c) { c.prune(kTopic, UINT64_MAX); });
  EXPECT_FALSE(f.router.mesh(kTopic).contains(a));
  f.now += seconds(3590);
  f.beat();
  EXPECT_FALSE(f.router.mesh(kTopic).contains(a));
  f.now += seconds(20);
  f.beat(2);
  EXPECT_TRUE(f.router.mesh(kTopic).contains(a));
}

TEST(GossipControl, asks_for_what_is_announced_and_punishes_broken_promises) {
  Fixture f;
  const PeerId a = f.add(1);
  const Bytes id(20, 9);
  for (int round = 0; round < 8; ++round) {
    const Bytes fresh(20, static_cast<std::uint8_t>(round));
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {fresh}); });
    const Heard heard = f.heard(a);
    EXPECT_EQ(heard.iwant, std::vector<MessageId>{MessageId(as_text(fresh))});
  }
  f.beat(4);
  EXPECT_GE(f.router.score(a, f.now), 0);
  f.beat(1);
  EXPECT_LT(f.router.score(a, f.now), -20);  // 8 broken, 6 are free
}

TEST(GossipControl, a_promise_is_kept_by_whoever_brings_the_message) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  for (std::uint8_t tag = 1; tag <= 10; ++tag) {
    const auto message =
        make_message(kTopic, Bytes(10, tag), GossipSigning::StrictNoSign, own_key(), 0);
    const Bytes id = to_bytes(as_bytes(message->id));
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {id}); });
    f.send(b, tag);
  }
  f.beat(10);
  EXPECT_GE(f.router.score(a, f.now), 0);
}

/// A router whose topic takes either policy, and what a peer does there that names messages in its
/// own way, as js-libp2p does unless told otherwise.
struct EitherFixture : Fixture {
  EitherFixture() : Fixture(either()) {}
  static GossipParameters either() {
    GossipParameters out = parameters();
    out.either_topics = {kTopic};
    return out;
  }
  void announce(const PeerId& id, std::uint8_t number) {
    control(id, [&](ControlBuilder& c) { c.ihave(kTopic, {Bytes(40, number)}); });
    asked += heard(id).iwant.size();
  }
  double broken() {
    return router.counters().offences[static_cast<std::size_t>(GossipOffence::BrokenPromises)];
  }

  std::size_t asked = 0;
};

TEST(GossipControl, a_promise_is_kept_under_another_name_where_either_policy_goes) {
  EitherFixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  for (std::uint8_t i = 1; i <= 20; ++i) {
    f.announce(a, i);
    // What others have brought before is as good.
    if (i % 2 == 0) f.send(b, i);
    f.send(a, i);
    // Announced again, as long as it is in the peer's cache.
    f.beat();
    f.announce(a, i);
  }
  f.beat(10);
  EXPECT_EQ(f.asked, 20U);
  EXPECT_EQ(f.broken(), 0);
  EXPECT_GE(f.router.score(a, f.now), 0);
}

TEST(GossipControl, one_message_again_and_again_keeps_one_promise) {
  EitherFixture f;
  const PeerId a = f.add(1);
  for (std::uint8_t i = 1; i <= 10; ++i)
    f.announce(a, i);
  for (int i = 0; i < 10; ++i)
    f.send(a, 7);
  f.beat(10);
  EXPECT_EQ(f.broken(), 9);
  EXPECT_LT(f.router.score(a, f.now), -50);
}

TEST(GossipControl, what_a_peer_announces_and_never_sends_is_a_broken_promise_everywhere) {
  EitherFixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  for (std::uint8_t i = 1; i <= 10; ++i) {
    f.announce(a, i);
    f.send(b, i);
  }
  f.beat(10);
  EXPECT_EQ(f.broken(), 10);
}

// The memory of what was asked is bounded and fades.
TEST(GossipControl, of_one_peer_so_much_is_asked_under_its_own_names) {
  EitherFixture f;
  const PeerId a = f.add(1);
  const std::size_t before = f.router.table_entries();
  std::uint32_t number = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<Bytes> ids;
    for (int i = 0; i < 1500; ++i)
      ids.push_back(pattern(40, ++number));
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {ids.begin(), ids.end()}); });
  }
  EXPECT_EQ(f.heard(a).iwant.size(), 2000U);
  f.beat(12);
  EXPECT_LE(f.router.table_entries(), before + 1);
}

// The stream may not be open, or full: nobody has been asked by then.
TEST(GossipControl, nobody_promises_what_it_was_not_asked_for) {
  Fixture f;
  const PeerId a = f.add(1);
  for (std::uint8_t i = 0; i < 9; ++i) {
    const Bytes id(20, i);
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {id}); });
  }
  f.beat(10);
  EXPECT_GE(f.router.score(a, f.now), 0);
  EXPECT_EQ(f.heard(a).iwant.size(), 9U);
  f.beat(5);
  EXPECT_EQ(f.router.counters().offences[static_cast<std::size_t>(GossipOffence::BrokenPromises)],
            1)
      << "one for the one request";
}

// Among them what the queue has no room for.
TEST(GossipControl, what_came_before_the_request_left_is_no_promise) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const auto message =
      make_message(kTopic, Bytes(10, 1), GossipSigning::StrictNoSign, own_key(), 0);
  const Bytes id = to_bytes(as_bytes(message->id));
  f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {id}); });
  f.send(b, 1);
  static_cast<void>(f.heard(a));
  f.beat(10);
  EXPECT_EQ(f.router.counters().offences[static_cast<std::size_t>(GossipOffence::BrokenPromises)],
            0);
}

TEST(GossipControl, whoever_is_gone_breaks_no_promise) {
  Fixture f;
  const PeerId a = f.add(1);
  const Bytes id(20, 1);
  f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {id}); });
  static_cast<void>(f.heard(a));
  f.router.remove_peer(a, f.now);
  f.beat(10);
  EXPECT_EQ(f.router.counters().offences[static_cast<std::size_t>(GossipOffence::BrokenPromises)],
            0);
}

// Many ids, one after the other, each pruned for as long as it may be.
TEST(GossipControl, whoever_fills_the_table_of_backoffs_pushes_out_its_own) {
  GossipParameters p = parameters();
  p.backoffs_max = 50;
  Fixture f(p);
  const PeerId honest = f.add(1);
  f.control(honest, [](ControlBuilder& c) { c.prune(kTopic, 3600); });
  for (std::uint8_t i = 10; i < 110; ++i) {
    f.now += milliseconds(1);
    const PeerId id = f.add(i);
    f.control(id, [](ControlBuilder& c) { c.prune(kTopic, 3600); });
    f.router.remove_peer(id, f.now);
  }
  EXPECT_LT(f.router.table_entries(), 200U);
  f.beat();
  EXPECT_FALSE(f.router.mesh(kTopic).contains(honest)) << "its backoff is remembered";
  // And whoever comes now finds room.
  const PeerId late = f.add(2);
  f.control(late, [](ControlBuilder& c) { c.prune(kTopic, 3600); });
  f.graft(late);
  EXPECT_FALSE(f.router.mesh(kTopic).contains(late));
  EXPECT_EQ(f.heard(late).prunes.size(), 1U);
}

// gossipsub 1.2: before the verdict. What was too early may come again, from whoever has it.
TEST(GossipControl, what_was_not_wanted_and_then_was_too_early_is_asked_for_again) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  f.graft(a);
  f.graft(b);
  static_cast<void>(f.heard(b));
  const MessageId id = f.send(a, 7, 2000);
  EXPECT_EQ(f.heard(b).idontwant, std::vector<MessageId>{id});
  EXPECT_EQ(f.judge(GossipVerdict::TooEarly), 1U);
  const Bytes name = to_bytes(as_bytes(id));
  f.control(b, [&](ControlBuilder& c) { c.ihave(kTopic, {name}); });
  EXPECT_EQ(f.heard(b).iwant, std::vector<MessageId>{id});
  f.send(b, 7, 2000);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 1U);
}

// "IHAVE: at most 10 per heartbeat and peer, at most 5000 ids."
TEST(GossipControl, bounds_floods_of_announcements) {
  Fixture f;
  const PeerId a = f.add(1);
  static_cast<void>(f.heard(a));
  std::size_t asked = 0;
  for (std::uint8_t i = 0; i < 20; ++i) {
    const Bytes id(20, i);
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, {id}); });
    asked += f.heard(a).iwant.size();
  }
  EXPECT_EQ(asked, 10U);
  f.beat();
  std::vector<Bytes> ids;
  ids.reserve(4000);
  for (std::uint32_t i = 0; i < 4000; ++i)
    ids.push_back(pattern(20, i + 1));
  const std::vector<ByteView> views(ids.begin(), ids.end());
  asked = 0;
  for (int i = 0; i < 2; ++i) {
    f.control(a, [&](ControlBuilder& c) { c.ihave(kTopic, views); });
    asked += f.heard(a).iwant.size();
  }
  EXPECT_EQ(asked, 5000U);
}

TEST(GossipControl, answers_requests_three_times_and_within_a_budget) {
  GossipParameters p = parameters();
  p.iwant_bytes_per_heartbeat = 2500;
  Fixture f(p);
  const PeerId a = f.add(1);
  f.router.set_application_score(a, -1);  // never in the mesh
  const auto published = f.router.publish("other", Bytes(10, 1), f.now);
  ASSERT_TRUE(published);
  const Bytes id = to_bytes(as_bytes(published->id));
  const auto ask = [&](ByteView what) {
    f.control(a, [&](ControlBuilder& c) { c.iwant({what}); });
    return f.heard(a).messages.size();
  };
  EXPECT_EQ(ask(id), 1U);
  EXPECT_EQ(ask(id), 1U);
  EXPECT_EQ(ask(id), 1U);
  EXPECT_EQ(ask(id), 0U);
  std::size_t answered = 0;
  for (std::uint8_t tag = 2; tag < 8; ++tag) {
    const auto more = f.router.publish("other", Bytes(1000, tag), f.now);
    answered += ask(as_bytes(more->id));
  }
  EXPECT_EQ(answered, 2U);
  f.router.set_application_score(a, -11);
  f.beat();
  const auto last = f.router.publish("other", Bytes(10, 99), f.now);
  EXPECT_EQ(ask(as_bytes(last->id)), 0U);
}

// gossipsub 1.2: on the first sight of a large message, before validation, not for duplicates.
TEST(GossipControl, tells_its_mesh_not_to_send_large_messages_again) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const PeerId old = f.add(3, false, GossipVersion::V11);
  f.beat();
  for (const PeerId& id : {a, b, old})
    static_cast<void>(f.heard(id));
  const MessageId id = f.send(a, 1, 1024);
  EXPECT_EQ(f.heard(b).idontwant, std::vector<MessageId>{id});
  EXPECT_TRUE(f.heard(a).idontwant.empty());
  EXPECT_TRUE(f.heard(old).idontwant.empty());
  f.send(b, 1, 1024);
  f.send(a, 2, 1023);
  EXPECT_TRUE(f.heard(b).idontwant.empty());
}

TEST(GossipControl, does_not_send_what_a_peer_does_not_want) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const PeerId c = f.add(3);
  f.beat();
  const MessageId id = f.send(a, 1);
  f.control(b, [&](ControlBuilder& builder) { builder.idontwant({as_bytes(id)}); });
  f.judge(GossipVerdict::Accept);
  // c says so while the message waits in its queue.
  f.control(c, [&](ControlBuilder& builder) { builder.idontwant({as_bytes(id)}); });
  EXPECT_TRUE(f.heard(b).messages.empty());
  EXPECT_TRUE(f.heard(c).messages.empty());
  f.control(b, [&](ControlBuilder& builder) { builder.iwant({as_bytes(id)}); });
  EXPECT_TRUE(f.heard(b).messages.empty());
  f.beat(3);
  f.control(b, [&](ControlBuilder& builder) { builder.iwant({as_bytes(id)}); });
  EXPECT_EQ(f.heard(b).messages.size(), 1U);
}

TEST(GossipControl, bounds_what_a_peer_says_it_does_not_want) {
  Fixture f;
  const PeerId a = f.add(1);
  const std::size_t before = f.router.table_entries();
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const Bytes id = pattern(20, i + 1);
    f.control(a, [&](ControlBuilder& c) { c.idontwant({id}); });
  }
  EXPECT_EQ(f.router.table_entries(), before + 1000);
  f.beat(4);
  EXPECT_EQ(f.router.table_entries(), before);
}

}  // namespace
}  // namespace ol::p2p
