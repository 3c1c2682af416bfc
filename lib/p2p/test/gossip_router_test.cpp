#include <ol/p2p/gossip_router.hpp>

#include <gtest/gtest.h>

#include <ol/p2p/envelope.hpp>
#include <ol/p2p/protobuf.hpp>

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
    EXPECT_LT(f.router.score(id, f.now), -4);
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

// Its connection carries consensus too.
TEST(GossipRouter, a_direct_peer_that_stays_full_is_counted_and_stays) {
  GossipParameters p = parameters();
  p.queue.bytes = 30000;
  p.direct = {testing::peer_id(1)};
  Fixture f(p);
  f.add(1);
  static_cast<void>(f.router.publish(kTopic, Bytes(15000, 1), f.now));
  f.beat(17);
  EXPECT_TRUE(f.events().empty());
  EXPECT_EQ(f.router.counters().slow_direct, 1U);
}

TEST(GossipRouter, under_strict_sign_who_passes_on_an_rsa_authors_message_is_not_blamed) {
  GossipParameters p = parameters();
  p.signing = GossipSigning::StrictSign;
  Fixture f(p);
  const PeerId a = f.add(1);
  Bytes key{0x08, 0x00, 0x12, 0x5b};
  key.resize(4 + 0x5b, 7);
  const PeerId author = *PeerId::from_key_message(key);
  const Bytes some(8, 1);
  RpcMessage message;
  message.topic = kTopic;
  message.from = author.bytes();
  message.data = message.seqno = message.signature = some;
  message.key = key;
  Bytes rpc;
  append_message(rpc, message);
  f.receive(a, rpc);
  EXPECT_EQ(f.router.score(a, f.now), 0);
  EXPECT_EQ(f.judge(GossipVerdict::Accept), 0U);
  EXPECT_EQ(f.router.counters().unsupported, 1U);
  EXPECT_EQ(f.router.counters().rejected, 0U);
  EXPECT_EQ(f.router.counters().useless, 1U);
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

// Others may still announce what we have forgotten with our restart.
TEST(GossipRouter, under_strict_sign_who_brings_back_what_we_said_before_a_restart_is_not_blamed) {
  GossipParameters p = parameters();
  p.signing = GossipSigning::StrictSign;
  GossipRouter router(p, own_key(), 42, 1000);
  const TimePoint now{std::chrono::hours{1}};
  router.join(kTopic, now);
  const PeerId a = testing::peer_id(1);
  router.add_peer(a, {GossipVersion::V12, false, "ip"}, now);
  const auto bring = [&](std::uint64_t seqno) {
    const auto message =
        make_message(kTopic, Bytes(10, 1), GossipSigning::StrictSign, own_key(), seqno);
    ASSERT_TRUE(router.on_rpc(a, message->rpc_field, now));
  };
  bring(999);
  EXPECT_EQ(router.score(a, now), 0);
  EXPECT_EQ(router.counters().former, 1U);
  EXPECT_EQ(router.counters().useless, 1U);
  EXPECT_FALSE(router.next_event());
  // Somebody else has our key.
  bring(1000);
  EXPECT_LT(router.score(a, now), 0);
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
