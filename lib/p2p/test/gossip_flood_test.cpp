// Floods within the limits of one RPC: what a router does for one peer between two heartbeats is
// bounded, and what goes beyond counts against the peer.
#include <ol/p2p/gossip_router.hpp>

#include <gtest/gtest.h>

#include <ol/p2p/envelope.hpp>
#include <ol/p2p/protobuf.hpp>

#include "gossip_fixture.hpp"

namespace ol::p2p {
namespace {

using std::chrono::seconds;
using testing::kTopic;
using testing::own_key;
using testing::parameters;
using testing::pattern;

struct Flood : testing::GossipFixture {
  Flood() {
    a = add(1);
    router.set_application_score(a, -1);  // in no mesh, so that nothing comes unasked
    static_cast<void>(heard(a));
  }

  /// Ids that nobody has, never the same twice.
  std::vector<Bytes> fresh(std::size_t count) {
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i)
      out.push_back(pattern(20, ++number));
    return out;
  }
  std::size_t ask(const std::vector<Bytes>& ids) {
    control(a, [&](ControlBuilder& c) { c.iwant({ids.begin(), ids.end()}); });
    return heard(a).messages.size();
  }
  void ask_for_unknown(std::size_t count) { EXPECT_EQ(ask(fresh(count)), 0U); }
  Bytes publish(std::size_t size = 10) {
    const auto published = router.publish("other", pattern(size, ++number), now);
    EXPECT_TRUE(published);
    return to_bytes(as_bytes(published->id));
  }
  [[nodiscard]] double counted(GossipOffence offence) const {
    return router.counters().offences[static_cast<std::size_t>(offence)];
  }

  PeerId a;
  std::uint32_t number = 0;
};

TEST(GossipFlood, asking_in_vain_is_free_up_to_the_limit_and_counts_beyond) {
  Flood f;
  f.ask_for_unknown(1000);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 0);
  f.ask_for_unknown(1);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1);
  f.ask_for_unknown(999);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1);
  f.ask_for_unknown(3001);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 5);
  EXPECT_GE(f.router.score(f.a, f.now), -1);
  f.ask_for_unknown(4000);
  EXPECT_LT(f.router.score(f.a, f.now), -80) << "9 above a threshold of 6: -10 * 3 * 3";
}

TEST(GossipFlood, who_asked_in_vain_too_often_is_not_answered_until_the_next_heartbeat) {
  Flood f;
  const Bytes id = f.publish();
  f.ask_for_unknown(999);
  EXPECT_EQ(f.ask({id}), 1U);
  f.ask_for_unknown(1);
  EXPECT_EQ(f.ask({id}), 0U);
  f.beat();
  EXPECT_EQ(f.ask({id}), 1U);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1) << "what was not looked at counts too";
}

TEST(GossipFlood, asking_for_the_same_more_than_three_times_is_asking_in_vain) {
  Flood f;
  const Bytes id = f.publish();
  EXPECT_EQ(f.ask(std::vector<Bytes>(1003, id)), 3U);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 0);
  EXPECT_EQ(f.ask({id}), 0U);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1);
}

TEST(GossipFlood, asking_for_what_it_did_not_want_is_asking_in_vain) {
  Flood f;
  const Bytes id = f.publish();
  f.control(f.a, [&](ControlBuilder& c) { c.idontwant({id}); });
  EXPECT_EQ(f.ask(std::vector<Bytes>(1001, id)), 0U);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1);
}

TEST(GossipFlood, asking_with_a_score_below_the_threshold_of_gossip_is_asking_in_vain) {
  Flood f;
  const Bytes id = f.publish();
  f.router.set_application_score(f.a, -11);
  EXPECT_EQ(f.ask(std::vector<Bytes>(1001, id)), 0U);
  EXPECT_EQ(f.counted(GossipOffence::UnknownIds), 1);
}

TEST(GossipFlood, asking_for_all_that_is_announced_is_no_flood) {
  Flood f;
  for (int round = 0; round < 20; ++round) {
    std::vector<Bytes> ids;
    for (int i = 0; i < 1500; ++i)
      ids.push_back(f.publish());
    std::size_t answered = 0;
    for (std::size_t i = 0; i < ids.size(); i += 500)
      answered += f.ask({ids.begin() + static_cast<std::ptrdiff_t>(i),
                         ids.begin() + static_cast<std::ptrdiff_t>(i) + 500});
    EXPECT_EQ(answered, 1500U);
    f.beat();
  }
  EXPECT_EQ(f.router.counters().offences, (std::array<double, kGossipOffences>{}));
}

TEST(GossipFlood, ids_that_are_passed_over_count_too) {
  Flood f;
  const Bytes long_id(kGossipIdBytesMax + 1, 1);
  for (std::size_t i = 0; i < 2 * GossipFloodLimits{}.ids / 5000; ++i)
    f.control(f.a, [&](ControlBuilder& c) { c.iwant(std::vector<ByteView>(5000, long_id)); });
  EXPECT_EQ(f.router.counters().too_long, 2 * GossipFloodLimits{}.ids);
  EXPECT_GT(f.router.counters().offences[static_cast<std::size_t>(GossipOffence::Ids)], 0);
}

// IHAVE, IWANT and IDONTWANT have bounds of their own; what is beyond all of them is not read.
TEST(GossipFlood, ids_of_any_kind_count_together) {
  Flood f;
  const Bytes id = f.publish();
  const std::vector<Bytes> ids = f.fresh(4999);
  const std::vector<ByteView> views(ids.begin(), ids.end());
  EXPECT_EQ(f.ask({id}), 1U);
  for (int i = 0; i < 3; ++i)
    f.control(f.a, [&](ControlBuilder& c) { c.ihave(kTopic, views); });
  f.control(f.a,
            [&](ControlBuilder& c) { c.ihave("nobody's", {views.begin(), views.begin() + 4997}); });
  EXPECT_EQ(f.ask({id}), 1U);
  EXPECT_EQ(f.counted(GossipOffence::Ids), 0);
  EXPECT_EQ(f.ask({id}), 0U);
  EXPECT_EQ(f.counted(GossipOffence::Ids), 1);
  const std::size_t entries = f.router.table_entries();
  f.control(f.a, [&](ControlBuilder& c) { c.idontwant(views); });
  EXPECT_EQ(f.router.table_entries(), entries);
  f.beat();
  EXPECT_EQ(f.ask({id}), 1U);
}

TEST(GossipFlood, rpcs_without_a_message_are_counted_and_not_acted_on_beyond_the_limit) {
  Flood f;
  f.router.set_application_score(f.a, 0);
  for (int i = 0; i < 1999; ++i)  // and the one in which it subscribed
    f.receive(f.a, {});
  EXPECT_EQ(f.counted(GossipOffence::ControlRpcs), 0);
  f.graft(f.a);
  EXPECT_EQ(f.counted(GossipOffence::ControlRpcs), 1);
  EXPECT_FALSE(f.router.mesh(kTopic).contains(f.a));
  f.beat(1);
  f.graft(f.a);
  EXPECT_TRUE(f.router.mesh(kTopic).contains(f.a));
}

TEST(GossipFlood, messages_do_not_count_as_rpcs_without_one) {
  Flood f;
  const PeerId b = f.add(2);
  for (std::uint32_t i = 0; i < 2500; ++i) {
    const auto message =
        make_message(kTopic, pattern(10, i), GossipSigning::StrictNoSign, own_key(), 0);
    f.receive(b, message->rpc_field);
    f.judge(GossipVerdict::Accept);
  }
  EXPECT_EQ(f.router.counters().offences, (std::array<double, kGossipOffences>{}));
}

TEST(GossipFlood, a_peer_that_subscribes_and_unsubscribes_in_a_loop_is_not_listened_to) {
  Flood f;
  f.beat();
  for (int i = 0; i < 512; ++i) {
    Bytes rpc;
    append_subscription(rpc, i % 2 == 1, kTopic);
    f.receive(f.a, rpc);
  }
  EXPECT_EQ(f.counted(GossipOffence::Subscriptions), 0);
  Bytes rpc;
  append_subscription(rpc, false, kTopic);
  f.receive(f.a, rpc);
  EXPECT_EQ(f.counted(GossipOffence::Subscriptions), 1);
  EXPECT_EQ(f.router.publish(kTopic, Bytes(1), f.now)->recipients, 1U) << "still subscribed";
}

// A peer that leaves and comes back each heartbeat would be grafted each time.
TEST(GossipFlood, who_unsubscribes_is_grafted_again_10_s_later) {
  Flood f;
  f.router.set_application_score(f.a, 0);
  f.beat();
  ASSERT_TRUE(f.router.mesh(kTopic).contains(f.a));
  static_cast<void>(f.heard(f.a));
  for (int i = 0; i < 14; ++i) {
    Bytes rpc;
    append_subscription(rpc, false, kTopic);
    append_subscription(rpc, true, kTopic);
    f.receive(f.a, rpc);
    f.beat();
    EXPECT_TRUE(f.heard(f.a).grafts.empty()) << i;
  }
  f.beat(3);
  EXPECT_EQ(f.heard(f.a).grafts.size(), 1U);
}

TEST(GossipFlood, grafts_of_topics_nobody_has_are_counted_and_not_acted_on_beyond_the_limit) {
  Flood f;
  f.router.set_application_score(f.a, 0);
  const auto grafts = [&](int count, const std::string& topic) {
    f.control(f.a, [&](ControlBuilder& c) {
      for (int i = 0; i < count; ++i)
        c.graft(topic);
    });
  };
  grafts(64, "nobody's");
  grafts(64, "nobody's");
  EXPECT_EQ(f.counted(GossipOffence::Grafts), 0);
  grafts(1, kTopic);
  EXPECT_EQ(f.counted(GossipOffence::Grafts), 1);
  EXPECT_FALSE(f.router.mesh(kTopic).contains(f.a));
}

TEST(GossipFlood, prunes_are_counted_and_not_acted_on_beyond_the_limit) {
  Flood f;
  f.router.set_application_score(f.a, 0);
  f.beat();
  ASSERT_TRUE(f.router.mesh(kTopic).contains(f.a));
  const auto prunes = [&](int count, const std::string& topic) {
    f.control(f.a, [&](ControlBuilder& c) {
      for (int i = 0; i < count; ++i)
        c.prune(topic, 60);
    });
  };
  prunes(64, "nobody's");
  prunes(64, "nobody's");
  EXPECT_EQ(f.counted(GossipOffence::Prunes), 0);
  prunes(1, kTopic);
  EXPECT_EQ(f.counted(GossipOffence::Prunes), 1);
  EXPECT_TRUE(f.router.mesh(kTopic).contains(f.a));
}

Bytes prune_with(const std::vector<std::pair<PeerId, Bytes>>& peers) {
  Bytes body;
  append_proto_bytes(body, 1, as_bytes(kTopic));
  for (const auto& [id, record] : peers) {
    Bytes entry;
    append_proto_bytes(entry, 1, id.bytes());
    append_proto_bytes(entry, 2, record);
    append_proto_bytes(body, 2, entry);
  }
  Bytes control;
  append_proto_bytes(control, 4, body);
  Bytes rpc;
  append_proto_bytes(rpc, 3, control);
  return rpc;
}

// Each record costs a verification, whether it is good or not.
TEST(GossipFlood, at_most_16_records_of_other_peers_are_opened_per_heartbeat) {
  Flood f;
  f.router.set_application_score(f.a, 20);
  const IdentityKey other(testing::identity_key(9));
  const PeerId named(other.public_key());
  const Bytes good =
      sign_peer_record(other, {named, 1, {*Multiaddr::from_text("/ip4/1.2.3.4/tcp/5")}});
  Bytes bad = good;
  bad.back() ^= 1;
  f.receive(f.a, prune_with(std::vector(15, std::pair(named, bad))));
  f.receive(f.a, prune_with(std::vector(2, std::pair(named, good))));
  EXPECT_EQ(f.events().size(), 1U);
  f.receive(f.a, prune_with({{named, good}}));
  EXPECT_TRUE(f.events().empty());
  f.beat();
  f.receive(f.a, prune_with({{named, good}}));
  EXPECT_EQ(f.events().size(), 1U);
}

TEST(GossipFlood, the_same_message_again_and_again_counts) {
  Flood f;
  f.send(f.a, 1);
  for (int i = 0; i < 1000; ++i)
    f.send(f.a, 1);
  EXPECT_EQ(f.counted(GossipOffence::UselessMessages), 0);
  f.send(f.a, 1);
  EXPECT_EQ(f.counted(GossipOffence::UselessMessages), 1);
}

TEST(GossipFlood, the_first_copy_from_each_peer_does_not_count) {
  Flood f;
  const PeerId b = f.add(2);
  for (std::uint32_t i = 0; i < 1001; ++i) {
    const auto message =
        make_message(kTopic, pattern(10, i), GossipSigning::StrictNoSign, own_key(), 0);
    f.receive(f.a, message->rpc_field);
    f.judge(GossipVerdict::Accept);
    f.receive(b, message->rpc_field);
  }
  EXPECT_EQ(f.counted(GossipOffence::UselessMessages), 0);
}

TEST(GossipFlood, messages_of_topics_we_are_not_on_count) {
  Flood f;
  const auto message = make_message("other", Bytes(10), GossipSigning::StrictNoSign, own_key(), 0);
  for (int i = 0; i < 1000; ++i)
    f.receive(f.a, message->rpc_field);
  EXPECT_EQ(f.counted(GossipOffence::UselessMessages), 0);
  f.receive(f.a, message->rpc_field);
  EXPECT_EQ(f.counted(GossipOffence::UselessMessages), 1);
}

TEST(GossipFlood, who_goes_on_below_the_graylist_threshold_is_cut_off_at_once_and_once) {
  Flood f;
  f.ask_for_unknown(4999);
  f.ask_for_unknown(4999);
  ASSERT_LT(f.router.score(f.a, f.now), -80);
  for (int i = 0; i < 2000; ++i)
    f.receive(f.a, {});
  EXPECT_TRUE(f.events().empty());
  for (int i = 0; i < 3000; ++i)
    f.receive(f.a, {});
  const auto events = f.events();
  ASSERT_EQ(events.size(), 1U);
  const auto& cut = std::get<GossipGraylisted>(events[0]);
  EXPECT_EQ(cut.peer, f.a);
  EXPECT_EQ(cut.offence, GossipOffence::UnknownIds);
}

// Direct peers are not scored, but what is done for them is bounded all the same.
TEST(GossipFlood, direct_peers_are_bounded_and_stay) {
  Flood f;
  f.router.set_direct({f.a}, f.now);
  const Bytes id = f.publish();
  static_cast<void>(f.heard(f.a));
  for (int i = 0; i < 3; ++i)
    f.ask_for_unknown(4000);
  EXPECT_EQ(f.ask({id}), 0U);
  f.beat(30);
  EXPECT_TRUE(f.events().empty());
  EXPECT_EQ(f.router.score(f.a, f.now), 0);
}

}  // namespace
}  // namespace ol::p2p
