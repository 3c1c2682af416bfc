#include <ol/p2p/gossip_router.hpp>

#include <gtest/gtest.h>

#include <functional>

#include <ol/p2p/envelope.hpp>
#include <ol/p2p/protobuf.hpp>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::pattern;

const std::string kTopic = "blocks";
const IdentityKey& own_key() {
  static const IdentityKey key(testing::identity_key(200));
  return key;
}

GossipParameters parameters() {
  GossipParameters out;
  out.topics = {kTopic, "other"};
  return out;
}

/// What a router wants to tell one peer, read from its RPCs.
struct Heard {
  std::vector<std::pair<bool, std::string>> subscriptions;
  std::vector<Bytes> messages;
  std::vector<std::string> grafts;
  std::vector<std::pair<std::string, std::uint64_t>> prunes;
  std::vector<MessageId> ihave;
  std::vector<MessageId> iwant;
  std::vector<MessageId> idontwant;
};

/// A router that has joined kTopic, and peers played by the test.
struct Fixture {
  explicit Fixture(GossipParameters p = parameters()) : router(std::move(p), own_key(), 42) {
    router.join(kTopic, now);
    router.heartbeat(now);
  }

  PeerId add(std::uint8_t number, bool outbound = false,
             GossipVersion version = GossipVersion::V12) {
    const PeerId id = testing::peer_id(number);
    router.add_peer(id, {version, outbound, "ip" + std::to_string(number)}, now);
    Bytes rpc;
    append_subscription(rpc, true, kTopic);
    receive(id, rpc);
    return id;
  }

  void receive(const PeerId& id, ByteView rpc) { ASSERT_TRUE(router.on_rpc(id, rpc, now)); }

  void control(const PeerId& id, const std::function<void(ControlBuilder&)>& add) {
    ControlBuilder builder;
    add(builder);
    Bytes rpc;
    builder.append_to(rpc);
    receive(id, rpc);
  }
  void graft(const PeerId& id) {
    control(id, [](ControlBuilder& c) { c.graft(kTopic); });
  }

  /// A message of `size` bytes that begins with `tag`, from `id`.
  MessageId send(const PeerId& id, std::uint8_t tag, std::size_t size = 10) {
    const auto message =
        make_message(kTopic, Bytes(size, tag), GossipSigning::StrictNoSign, own_key(), 0);
    receive(id, message->rpc_field);
    return message->id;
  }

  Heard heard(const PeerId& id) {
    Heard out;
    while (true) {
      const auto pieces = router.take_rpc(id, now);
      if (pieces.empty()) return out;
      Bytes all;
      for (const SharedBytes& piece : pieces)
        append(all, *piece);
      ByteView rest = all;
      take_uvarint_of(rest);
      const auto rpc = parse_gossip_rpc(rest);
      EXPECT_TRUE(rpc);
      note(*rpc, out);
    }
  }

  std::vector<GossipEvent> events() {
    std::vector<GossipEvent> out;
    while (auto event = router.next_event())
      out.push_back(*std::move(event));
    return out;
  }
  /// Judges everything that waits.
  std::size_t judge(GossipVerdict verdict) {
    std::size_t count = 0;
    for (const GossipEvent& event : events()) {
      if (const auto* received = std::get_if<GossipReceived>(&event)) {
        router.judge(received->message->id, verdict, now);
        count += 1;
      }
    }
    return count;
  }
  void beat(int times = 1) {
    for (int i = 0; i < times; ++i) {
      now += milliseconds(700);
      router.heartbeat(now);
    }
  }

  static void take_uvarint_of(ByteView& rest) {
    while ((rest[0] & 0x80) != 0)
      rest = rest.subspan(1);
    rest = rest.subspan(1);
  }
  static void note(const GossipRpc& rpc, Heard& out) {
    for (const auto& s : rpc.subscriptions)
      out.subscriptions.emplace_back(s.subscribe, s.topic);
    for (const auto& m : rpc.messages)
      out.messages.push_back(to_bytes(*m.data));
    for (const auto topic : rpc.graft)
      out.grafts.emplace_back(topic);
    for (const auto& p : rpc.prune)
      out.prunes.emplace_back(p.topic, p.backoff_s.value_or(0));
    for (const auto& entry : rpc.ihave) {
      for (const ByteView id : entry.ids)
        out.ihave.emplace_back(as_text(id));
    }
    for (const ByteView id : rpc.iwant)
      out.iwant.emplace_back(as_text(id));
    for (const ByteView id : rpc.idontwant)
      out.idontwant.emplace_back(as_text(id));
  }

  TimePoint now{std::chrono::hours{1}};
  GossipRouter router;
};

TEST(GossipRouter, checks_its_parameters) {
  EXPECT_TRUE(is_valid(parameters()));
  GossipParameters p = parameters();
  p.d_out = p.d / 2 + 1;
  EXPECT_FALSE(is_valid(p));
  p = parameters();
  p.droppable_topics = {"unknown"};
  EXPECT_FALSE(is_valid(p));
  p = parameters();
  p.cache.gossip_windows = p.cache.windows + 1;
  EXPECT_FALSE(is_valid(p));
}

// "First RPC carries all our subscriptions."
TEST(GossipRouter, tells_new_peers_its_topics_and_grafts_them) {
  Fixture f;
  const PeerId peer = f.add(1);
  EXPECT_EQ(f.heard(peer).subscriptions,
            (std::vector<std::pair<bool, std::string>>{{true, kTopic}}));
  f.beat();
  EXPECT_EQ(f.heard(peer).grafts, std::vector<std::string>{kTopic});
  EXPECT_TRUE(f.router.mesh(kTopic).contains(peer));
}

TEST(GossipRouter, fills_the_mesh_to_d_and_trims_it_above_d_high) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 20; ++i)
    f.add(i);
  f.beat();
  EXPECT_EQ(f.router.mesh(kTopic).size(), 8U);
  for (std::uint8_t i = 21; i <= 30; ++i)
    f.graft(f.add(i, true));  // outbound peers are let in above d_high
  EXPECT_GT(f.router.mesh(kTopic).size(), 12U);
  f.beat();
  EXPECT_EQ(f.router.mesh(kTopic).size(), 8U);
}

// "Make sure that at least D_out are outbound."
TEST(GossipRouter, keeps_outbound_peers_in_the_mesh) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 10; ++i)
    f.add(i);
  f.beat();
  EXPECT_EQ(f.router.mesh(kTopic).size(), 8U);
  const PeerId first = f.add(101, true);
  const PeerId second = f.add(102, true);
  f.beat();
  EXPECT_TRUE(f.router.mesh(kTopic).contains(first));
  EXPECT_TRUE(f.router.mesh(kTopic).contains(second));
}

TEST(GossipRouter, passes_accepted_messages_on_but_not_back) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const PeerId c = f.add(3);
  f.beat();
  f.send(a, 7);
  f.send(b, 7);  // a second sender before the verdict
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 1U);
  EXPECT_TRUE(f.heard(a).messages.empty());
  EXPECT_TRUE(f.heard(b).messages.empty());
  EXPECT_EQ(f.heard(c).messages, std::vector<Bytes>{Bytes(10, 7)});
  EXPECT_GT(f.router.score(a, f.now), f.router.score(b, f.now));
  f.send(c, 7);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 0U);
  EXPECT_EQ(f.router.counters().duplicates, 2U);
}

TEST(GossipRouter, punishes_everyone_who_sent_a_rejected_message) {
  Fixture f;
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const PeerId c = f.add(3);
  f.beat();
  f.send(a, 7);
  f.send(b, 7);
  f.judge(GossipVerdict::Reject);
  f.send(c, 7);
  for (const PeerId& id : {a, b, c}) {
    EXPECT_LT(f.router.score(id, f.now), -19);
    EXPECT_TRUE(f.heard(id).messages.empty());
  }
  f.beat();
  EXPECT_TRUE(f.router.mesh(kTopic).empty());
}

TEST(GossipRouter, ignores_without_blame_and_forgets_what_came_too_early) {
  Fixture f;
  const PeerId a = f.add(1);
  f.send(a, 1);
  EXPECT_EQ(f.judge(GossipVerdict::Ignore), 1U);
  f.send(a, 1);
  EXPECT_EQ(f.judge(GossipVerdict::Ignore), 0U);
  f.send(a, 2);
  EXPECT_EQ(f.judge(GossipVerdict::TooEarly), 1U);
  f.send(a, 2);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 1U);
  EXPECT_GE(f.router.score(a, f.now), 0);
}

// Step 1: "Score below graylist: drop the RPC unread."
TEST(GossipRouter, does_not_read_what_graylisted_peers_send) {
  Fixture f;
  const PeerId a = f.add(1);
  f.router.set_application_score(a, -81);
  f.send(a, 1);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 0U);
  EXPECT_EQ(f.router.counters().graylisted_rpcs, 1U);
  EXPECT_TRUE(f.router.on_rpc(a, testing::hex("12ff"), f.now));
}

// GHSA-4f8r-922h-2vgv: unbounded topics per peer.
TEST(GossipRouter, keeps_no_topics_that_do_not_exist) {
  Fixture f;
  const PeerId a = f.add(1);
  const std::size_t before = f.router.table_entries();
  for (int i = 0; i < 50; ++i) {
    Bytes rpc;
    for (int j = 0; j < 100; ++j)
      append_subscription(rpc, true, "topic" + std::to_string(100 * i + j));
    f.receive(a, rpc);
  }
  f.control(a, [](ControlBuilder& c) {
    for (int i = 0; i < 60; ++i)
      c.prune("topic" + std::to_string(i), 60);
  });
  EXPECT_EQ(f.router.table_entries(), before);
}

TEST(GossipRouter, answers_grafts_by_the_rules) {
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
TEST(GossipRouter, punishes_grafts_during_the_backoff) {
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

TEST(GossipRouter, refuses_inbound_grafts_into_a_full_mesh) {
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
TEST(GossipRouter, survives_any_backoff_and_caps_it) {
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

TEST(GossipRouter, asks_for_what_is_announced_and_punishes_broken_promises) {
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

TEST(GossipRouter, a_promise_is_kept_by_whoever_brings_the_message) {
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

// "IHAVE: at most 10 per heartbeat and peer, at most 5000 ids."
TEST(GossipRouter, bounds_floods_of_announcements) {
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

TEST(GossipRouter, answers_requests_three_times_and_within_a_budget) {
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
TEST(GossipRouter, tells_its_mesh_not_to_send_large_messages_again) {
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

TEST(GossipRouter, does_not_send_what_a_peer_does_not_want) {
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

TEST(GossipRouter, bounds_what_a_peer_says_it_does_not_want) {
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

TEST(GossipRouter, announces_recent_messages_to_peers_outside_the_mesh) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 20; ++i)
    f.add(i);
  f.beat();
  const auto published = f.router.publish(kTopic, Bytes(20000), f.now);  // to the mesh only
  ASSERT_TRUE(published);
  EXPECT_EQ(published->recipients, 8U);
  f.beat();
  std::size_t told = 0;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const PeerId id = testing::peer_id(i);
    const Heard heard = f.heard(id);
    const bool in_mesh = f.router.mesh(kTopic).contains(id);
    EXPECT_FALSE(in_mesh && !heard.ihave.empty());
    if (!heard.ihave.empty()) told += 1;
  }
  EXPECT_EQ(told, 6U);
}

TEST(GossipRouter, publishes_small_messages_to_everyone_who_is_not_disliked) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 20; ++i)
    f.add(i);
  f.beat();
  f.router.set_application_score(testing::peer_id(1), -51);
  f.beat();
  EXPECT_EQ(f.router.publish(kTopic, Bytes(100), f.now)->recipients, 19U);
  EXPECT_EQ(f.router.publish(kTopic, Bytes(100), f.now).error(), GossipPublishError::Duplicate);
  EXPECT_EQ(f.router.publish("unknown", Bytes(100), f.now).error(),
            GossipPublishError::UnknownTopic);
}

TEST(GossipRouter, publishes_to_a_fanout_where_it_has_not_joined) {
  Fixture f;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const PeerId id = f.add(i);
    Bytes rpc;
    append_subscription(rpc, true, "other");
    f.receive(id, rpc);
  }
  EXPECT_EQ(f.router.publish("other", Bytes(20000), f.now)->recipients, 8U);
  f.router.join("other", f.now);
  EXPECT_EQ(f.router.mesh("other").size(), 8U);
  f.router.leave("other", f.now);
  EXPECT_TRUE(f.router.mesh("other").empty());
}

TEST(GossipRouter, leaving_prunes_with_a_short_backoff) {
  Fixture f;
  const PeerId a = f.add(1);
  f.beat();
  static_cast<void>(f.heard(a));
  f.router.leave(kTopic, f.now);
  const Heard heard = f.heard(a);
  EXPECT_EQ(heard.prunes.at(0), std::pair(kTopic, std::uint64_t{10}));
  EXPECT_EQ(heard.subscriptions.at(0), std::pair(false, kTopic));
}

TEST(GossipRouter, direct_peers_get_everything_and_are_never_in_the_mesh) {
  GossipParameters p = parameters();
  p.direct = {testing::peer_id(1)};
  Fixture f(p);
  const PeerId direct = f.add(1);
  const PeerId a = f.add(2);
  f.graft(direct);
  f.beat();
  EXPECT_FALSE(f.router.mesh(kTopic).contains(direct));
  EXPECT_EQ(f.heard(direct).prunes.size(), 1U);
  f.send(a, 1, 30000);
  f.judge(GossipVerdict::Accept);
  EXPECT_EQ(f.heard(direct).messages.size(), 1U);
  for (int i = 0; i < 5; ++i)
    f.send(direct, static_cast<std::uint8_t>(10 + i));
  f.judge(GossipVerdict::Reject);
  EXPECT_EQ(f.router.score(direct, f.now), 0);
}

// "Validation queue: bounded per peer, overflow = Ignore."
TEST(GossipRouter, bounds_what_waits_for_validation) {
  GossipParameters p = parameters();
  p.validations_per_peer = 3;
  Fixture f(p);
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  for (std::uint8_t tag = 0; tag < 10; ++tag)
    f.send(a, tag);
  f.send(b, 9);
  EXPECT_EQ(f.router.counters().overflowed, 7U);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 4U);
  f.send(a, 20);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 1U);
}

TEST(GossipRouter, reports_own_messages_that_do_not_fit_and_peers_that_stay_full) {
  GossipParameters p = parameters();
  p.queue.bytes = 30000;
  Fixture f(p);
  const PeerId a = f.add(1);
  f.beat();
  static_cast<void>(f.router.publish(kTopic, Bytes(15000, 1), f.now));
  EXPECT_TRUE(f.events().empty());
  static_cast<void>(f.router.publish(kTopic, Bytes(15000, 2), f.now));
  const auto lost = f.events();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(std::get<GossipUndelivered>(lost[0]).peer, a);
  f.beat(14);
  EXPECT_TRUE(f.events().empty());
  f.beat(2);
  const auto slow = f.events();
  ASSERT_EQ(slow.size(), 1U);
  EXPECT_EQ(std::get<GossipSlowPeer>(slow[0]).peer, a);
}

TEST(GossipRouter, under_strict_sign_nobody_can_take_the_id_of_anothers_message) {
  GossipParameters p = parameters();
  p.signing = GossipSigning::StrictSign;
  Fixture f(p);
  const PeerId a = f.add(1);
  const PeerId b = f.add(2);
  const IdentityKey author(testing::identity_key(150));
  const auto good = make_message(kTopic, Bytes(10, 1), GossipSigning::StrictSign, author, 7);
  const GossipRpc read = *parse_gossip_rpc(good->rpc_field);
  RpcMessage forged = read.messages[0];
  const Bytes other(10, 2);
  forged.data = other;
  Bytes rpc;
  append_message(rpc, forged);
  f.receive(a, rpc);
  EXPECT_LT(f.router.score(a, f.now), 0);
  f.receive(b, good->rpc_field);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 1U);
  // Our own message that we did not send.
  const auto ours = make_message(kTopic, Bytes(10, 3), GossipSigning::StrictSign, own_key(), 1);
  const double before = f.router.score(b, f.now);
  f.receive(b, ours->rpc_field);
  EXPECT_LT(f.router.score(b, f.now), before);
}

TEST(GossipRouter, believes_exchanged_peers_only_with_their_signature_and_from_good_peers) {
  Fixture f;
  const PeerId a = f.add(1);
  f.beat();
  const IdentityKey third(testing::identity_key(160));
  const PeerId third_id(third.public_key());
  const Bytes record =
      sign_peer_record(third, {third_id, 1, {*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5")}});
  const auto pruned_with = [&](ByteView signed_record) {
    Bytes peer;
    append_proto_bytes(peer, 1, third_id.bytes());
    append_proto_bytes(peer, 2, signed_record);
    Bytes prune;
    append_proto_bytes(prune, 1, as_bytes(kTopic));
    append_proto_bytes(prune, 2, peer);
    Bytes control;
    append_proto_bytes(control, 4, prune);
    Bytes rpc;
    append_proto_bytes(rpc, 3, control);
    f.receive(a, rpc);
    return f.events().size();
  };
  EXPECT_EQ(pruned_with(record), 0U);
  f.router.set_application_score(a, 10);
  EXPECT_EQ(pruned_with(record), 1U);
  EXPECT_EQ(pruned_with({}), 0U);
}

/// Routers in a line, whole RPCs carried at once.
TEST(GossipRouter, carries_a_message_along_a_line) {
  constexpr std::size_t kCount = 6;
  TimePoint now{std::chrono::hours{1}};
  std::vector<IdentityKey> keys;
  std::vector<PeerId> ids;
  for (std::size_t i = 0; i < kCount; ++i) {
    keys.emplace_back(testing::identity_key(static_cast<std::uint8_t>(i + 1)));
    ids.emplace_back(keys[i].public_key());
  }
  std::vector<std::unique_ptr<GossipRouter>> routers;
  for (std::size_t i = 0; i < kCount; ++i) {
    routers.push_back(std::make_unique<GossipRouter>(parameters(), keys[i], i));
    routers[i]->join(kTopic, now);
  }
  std::vector<std::size_t> delivered(kCount);
  const auto run = [&] {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t i = 0; i < kCount; ++i) {
        while (auto event = routers[i]->next_event()) {
          const auto& received = std::get<GossipReceived>(*event);
          delivered[i] += 1;
          routers[i]->judge(received.message->id, GossipVerdict::Accept, now);
        }
        for (std::size_t j = 0; j < kCount; ++j) {
          while (true) {
            const auto pieces = routers[i]->take_rpc(ids[j], now);
            if (pieces.empty()) break;
            busy = true;
            Bytes all;
            for (const SharedBytes& piece : pieces)
              append(all, *piece);
            ByteView rest = all;
            Fixture::take_uvarint_of(rest);
            ASSERT_TRUE(routers[j]->on_rpc(ids[i], rest, now));
          }
        }
      }
    }
  };
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    routers[i]->add_peer(ids[i + 1], {}, now);
    routers[i + 1]->add_peer(ids[i], {}, now);
  }
  run();
  for (const auto& router : routers)
    router->heartbeat(now);
  run();
  ASSERT_TRUE(routers[0]->publish(kTopic, pattern(5000), now));
  run();
  EXPECT_EQ(delivered, (std::vector<std::size_t>{0, 1, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace ol::p2p
