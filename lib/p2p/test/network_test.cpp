// Networks on the loopback interface: that they find, keep and use each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ol/p2p/local_ports.hpp>
#include "../../storage/test/temp_directory.hpp"

#include "network_harness.hpp"
#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::pattern;
using testing::peer_id;
using testing::Record;
using testing::TestNode;

NetworkConfig allowing(std::initializer_list<std::uint8_t> keys) {
  NetworkConfig config;
  for (const std::uint8_t key : keys)
    config.allowed.push_back(peer_id(key));
  return config;
}

NetworkConfig dialling(std::initializer_list<PeerEndpoint> peers) {
  NetworkConfig config;
  config.peers = peers;
  return config;
}

/// A consensus message that says who sent it and the how many-th it is.
Bytes numbered(std::uint32_t number, std::size_t size = 200) {
  Bytes out = pattern(size, number);
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

std::uint32_t number_of(const Bytes& payload) {
  std::uint32_t number = 0;
  std::memcpy(&number, payload.data(), sizeof number);
  return number;
}

TEST(Network, carries_ten_thousand_messages_each_way_in_order) {
  constexpr std::uint32_t kMessages = 10'000;
  TestNode a(1, allowing({2}));
  TestNode b(2, dialling({a.endpoint()}));
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(b.wait_connected(a.id()));
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(a.network().send(b.id(), Channel::Consensus, share(numbered(i))));
    ASSERT_TRUE(b.network().send(a.id(), Channel::Gossip, share(numbered(i))));
  }
  for (TestNode* node : {&a, &b}) {
    ASSERT_TRUE(node->wait([&] { return node->messages.size() == kMessages; }));
  }
  // Only now: stopping one end gives up what it has not sent yet.
  for (TestNode* node : {&a, &b}) {
    node->stop();
    for (std::uint32_t i = 0; i < kMessages; ++i) {
      ASSERT_EQ(number_of(node->messages[i].payload), i);
      ASSERT_EQ(node->messages[i].payload, numbered(i));
    }
  }
}

TEST(Network, broadcasts_among_four_nodes_that_all_dial_each_other) {
  constexpr std::uint32_t kMessages = 2'500;
  std::vector<std::unique_ptr<TestNode>> nodes;
  for (std::uint8_t key = 1; key <= 4; ++key)
    nodes.push_back(std::make_unique<TestNode>(key));
  std::vector<PeerEndpoint> everybody;
  for (const auto& node : nodes)
    everybody.push_back(node->endpoint());
  for (const auto& node : nodes)
    node->network().set_peers(everybody);
  for (const auto& node : nodes)
    ASSERT_TRUE(node->wait([&] { return node->connected.size() == 3; }));
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    for (const auto& node : nodes)
      ASSERT_TRUE(node->network().broadcast(Channel::Consensus, share(numbered(i))));
  }
  for (const auto& node : nodes)
    EXPECT_TRUE(node->wait([&] { return node->messages.size() == 3 * kMessages; }));
  for (const auto& node : nodes) {
    node->stop();
    std::map<PeerId, std::uint32_t> seen;
    for (const TestNode::Message& message : node->messages)
      ASSERT_EQ(number_of(message.payload), seen[message.peer]++);
    EXPECT_EQ(seen.size(), 3U);
  }
}

TEST(Network, shows_each_side_the_others_hello_and_counts_what_flows) {
  NetworkConfig config = allowing({2});
  config.hello = testing::hex("6161");
  TestNode a(1, std::move(config));
  config = dialling({a.endpoint()});
  config.hello = testing::hex("6262");
  TestNode b(2, std::move(config));
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(b.wait_connected(a.id()));
  EXPECT_TRUE(a.wait([&] { return a.hellos[b.id()] == "bb"; }));
  EXPECT_TRUE(b.wait([&] { return b.hellos[a.id()] == "aa"; }));
  ASSERT_TRUE(b.network().send(a.id(), Channel::Request, share(pattern(1000))));
  ASSERT_TRUE(a.wait([&] {
    const auto counters = a.peer_counters(b.id());
    return counters && counters->channels[2].messages_in == 1 && counters->rtt.has_value();
  }));
  const NetworkCounters totals = a.network().counters();
  EXPECT_EQ(totals.channels[2].bytes_in, 1000U);
  EXPECT_GT(totals.wire_bytes_in, 1000U);
  EXPECT_GT(totals.wire_bytes_out, 200U);
  EXPECT_EQ(totals.accepted, 1U);
  EXPECT_EQ(totals.connections, 1U);
  const auto of_b = a.peer_counters(b.id());
  EXPECT_TRUE(of_b->connected);
  EXPECT_EQ(of_b->direction, Direction::Inbound);
  EXPECT_EQ(of_b->connects, 1U);
  EXPECT_LT(*of_b->rtt, testing::kDeadline);
}

TEST(Network, refuses_to_send_what_no_peer_may_receive) {
  NetworkConfig config;
  config.limits.inbox_bytes_max = std::size_t{40} << 20;
  TestNode a(1, std::move(config));
  EXPECT_EQ(a.network().send(peer_id(2), Channel::Control, share({})).error(),
            SendError::BadChannel);
  const std::size_t max = message_bytes_max(Channel::Gossip);
  EXPECT_TRUE(a.network().broadcast(Channel::Gossip, share(Bytes(max))));
  EXPECT_EQ(a.network().broadcast(Channel::Gossip, share(Bytes(max + 1))).error(),
            SendError::TooLarge);
  EXPECT_TRUE(a.network().send(peer_id(2), Channel::Gossip, share({})));
  EXPECT_TRUE(a.wait([&] { return a.network().counters().undeliverable == 1; }));
}

TEST(Network, bounds_what_is_handed_over_while_its_thread_is_busy) {
  NetworkConfig config;
  config.limits.inbox_bytes_max = 1'000;
  TestNode a(1, std::move(config));
  std::mutex busy;
  std::unique_lock hold(busy);
  std::atomic<bool> entered = false;
  a.network().post([&] {
    entered = true;
    const std::scoped_lock wait(busy);
  });
  ASSERT_TRUE(a.wait([&] { return entered.load(); }));
  const SharedBytes message = share(Bytes(400));
  EXPECT_TRUE(a.network().broadcast(Channel::Gossip, message));
  EXPECT_TRUE(a.network().broadcast(Channel::Gossip, message));
  EXPECT_EQ(a.network().broadcast(Channel::Gossip, message).error(), SendError::InboxFull);
  hold.unlock();
  EXPECT_TRUE(a.wait([&] { return a.network().broadcast(Channel::Gossip, message).has_value(); }));
}

TEST(Network, lets_a_vote_overtake_a_block_that_waits_for_a_slow_reader) {
  TestNode a(1, allowing({2}));
  TestNode b(2, dialling({a.endpoint()}));
  b.set_flow([](const TestNode::Message& m) {
    return m.channel == Channel::Gossip ? Flow::Pause : Flow::Continue;
  });
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(a.network().send(b.id(), Channel::Gossip, share({})));
  ASSERT_TRUE(b.wait([&] { return b.messages.size() == 1; }));
  // More than the kernel's buffers hold: part of the block stays with us.
  const std::size_t size = message_bytes_max(Channel::Bulk);
  ASSERT_TRUE(a.network().send(b.id(), Channel::Bulk, share(pattern(size))));
  ASSERT_TRUE(a.wait([&] {
    const NetworkCounters counters = a.network().counters();
    return counters.wire_bytes_out > 100'000;
  }));
  ASSERT_TRUE(a.network().send(b.id(), Channel::Consensus, share(numbered(7))));
  b.network().resume_reading(a.id());
  ASSERT_TRUE(b.wait([&] { return b.messages.size() == 3; }));
  EXPECT_EQ(b.seen().messages[1].channel, Channel::Consensus);
  EXPECT_EQ(b.seen().messages[2].payload, pattern(size));
}

TEST(Network, slows_only_the_peer_whose_messages_are_not_wanted_yet) {
  TestNode a(1, allowing({2, 3}));
  TestNode b(2, dialling({a.endpoint()}));
  TestNode c(3, dialling({a.endpoint()}));
  a.set_flow(
      [&](const TestNode::Message& m) { return m.peer == b.id() ? Flow::Pause : Flow::Continue; });
  ASSERT_TRUE(b.wait_connected(a.id()));
  ASSERT_TRUE(c.wait_connected(a.id()));
  for (std::uint32_t i = 0; i < 3; ++i)
    ASSERT_TRUE(b.network().send(a.id(), Channel::Request, share(numbered(i))));
  const auto from = [&](const TestNode& node) {
    return std::count_if(a.messages.begin(), a.messages.end(),
                         [&](const auto& m) { return m.peer == node.id(); });
  };
  for (std::int64_t round = 1; round <= 3; ++round) {
    ASSERT_TRUE(a.wait([&] { return from(b) == round; }));
    for (std::uint32_t i = 0; i < 100; ++i)
      ASSERT_TRUE(c.network().send(a.id(), Channel::Gossip, share(numbered(i))));
    ASSERT_TRUE(a.wait([&] { return from(c) == 100 * round; }));
    ASSERT_TRUE(a.wait([&] { return from(b) == round; }));
    a.network().resume_reading(b.id());
  }
}

TEST(Network, keeps_a_bounded_queue_for_a_slow_reader_and_drops_gossip_first) {
  NetworkConfig config = allowing({2});
  const std::size_t bound = std::size_t{20} << 20;
  config.limits.peer_queue_bytes_max = bound;
  TestNode a(1, std::move(config));
  TestNode b(2, dialling({a.endpoint()}));
  b.set_flow([](const TestNode::Message&) { return Flow::Pause; });
  ASSERT_TRUE(a.wait_connected(b.id()));
  ASSERT_TRUE(a.network().send(b.id(), Channel::Request, share({})));
  ASSERT_TRUE(b.wait([&] { return b.messages.size() == 1; }));
  const SharedBytes transactions = share(pattern(std::size_t{1} << 20));
  ASSERT_TRUE(a.wait([&] {
    static_cast<void>(a.network().send(b.id(), Channel::Gossip, transactions));
    return a.peer_counters(b.id())->channels[channel_index(Channel::Gossip)].dropped > 10;
  }));
  EXPECT_LE(a.peer_counters(b.id())->queue_bytes, bound);
  // Votes that find no room left by gossip end the link: this peer is too slow.
  const SharedBytes votes = share(pattern(std::size_t{1} << 20));
  ASSERT_TRUE(a.wait([&] {
    static_cast<void>(a.network().send(b.id(), Channel::Consensus, votes));
    return !a.disconnects.empty();
  }));
  EXPECT_EQ(a.seen().disconnects[0].second.code, CloseCode::SlowPeer);
  EXPECT_LE(b.seen().messages.size(), 2U);
}

TEST(Network, connects_again_when_a_peer_comes_back) {
  NetworkConfig first = allowing({1});
  first.listen_port = free_local_ports(1).at(0);
  auto b = std::make_unique<TestNode>(2, std::move(first));
  const PeerEndpoint endpoint = b->endpoint();
  TestNode a(1, dialling({endpoint}));
  ASSERT_TRUE(a.wait_connected(endpoint.id));
  for (std::size_t round = 1; round <= 3; ++round) {
    b.reset();
    ASSERT_TRUE(a.wait([&] { return a.disconnects.size() == round; }));
    EXPECT_EQ(a.seen().disconnects.back().second.code, CloseCode::Stopped);
    EXPECT_EQ(a.seen().disconnects.back().second.text, "the peer says: this node is stopping");
    NetworkConfig config = allowing({1});
    config.listen_port = endpoint.port;
    b = std::make_unique<TestNode>(2, std::move(config));
    ASSERT_TRUE(a.wait_connected(endpoint.id));
    ASSERT_TRUE(b->wait_connected(a.id()));
    ASSERT_TRUE(a.network().send(endpoint.id, Channel::Consensus, share(numbered(1))));
    ASSERT_TRUE(b->wait([&] { return b->messages.size() == 1; }));
  }
  EXPECT_EQ(a.seen().connects.size(), 4U);
}

TEST(Network, keeps_dialling_a_peer_that_is_not_there_yet) {
  NetworkConfig first = allowing({1});
  first.listen_port = free_local_ports(1).at(0);
  std::optional<TestNode> b(std::in_place, std::uint8_t{2}, std::move(first));
  const PeerEndpoint endpoint = b->endpoint();
  b.reset();
  TestNode a(1, dialling({endpoint}));
  ASSERT_TRUE(a.wait([&] { return a.failures.size() >= 3; }));
  EXPECT_EQ(a.seen().failures[0].reason.code, CloseCode::ConnectFailed);
  EXPECT_EQ(a.seen().failures[0].peer, endpoint.id);
  EXPECT_EQ(a.seen().failures[0].direction, Direction::Outbound);
  EXPECT_EQ(a.seen().failures[0].address, "127.0.0.1:" + std::to_string(endpoint.port));
  NetworkConfig config = allowing({1});
  config.listen_port = endpoint.port;
  b.emplace(std::uint8_t{2}, std::move(config));
  EXPECT_TRUE(a.wait_connected(endpoint.id));
}

TEST(Network, dials_a_host_by_name_and_reports_a_name_that_does_not_exist) {
  TestNode a(1, allowing({2}));
  PeerEndpoint by_name = a.endpoint();
  by_name.host = "localhost";
  TestNode b(2, dialling({by_name, {peer_id(3), "does-not-exist.invalid", 1}}));
  EXPECT_TRUE(b.wait([&] {
    return std::any_of(b.failures.begin(), b.failures.end(), [](const LinkFailure& f) {
      return f.peer == peer_id(3) && f.reason.text.starts_with("name lookup");
    });
  }));
  // localhost may resolve to ::1 first, where nobody listens; then this is a refused dial.
  EXPECT_TRUE(b.wait([&] {
    return b.connected.contains(a.id()) ||
           std::any_of(b.failures.begin(), b.failures.end(),
                       [&](const LinkFailure& f) { return f.peer == a.id(); });
  }));
}

TEST(Network, ends_with_one_link_when_both_sides_dial_at_once) {
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE(round);
    // Whoever is dialled before it hears of its peer lets it in, too.
    TestNode a(1, allowing({2}));
    TestNode b(2, allowing({1}));
    std::thread other([&] { b.network().set_peers({a.endpoint()}); });
    a.network().set_peers({b.endpoint()});
    other.join();
    ASSERT_TRUE(a.wait_connected(b.id()));
    ASSERT_TRUE(b.wait_connected(a.id()));
    // Whatever else was under way has been settled when nothing but the link is left.
    ASSERT_TRUE(a.wait([&] { return a.network().counters().connections == 1; }));
    ASSERT_TRUE(b.wait([&] { return b.network().counters().connections == 1; }));
    for (TestNode* node : {&a, &b}) {
      TestNode& peer = node == &a ? b : a;
      ASSERT_TRUE(node->network().send(peer.id(), Channel::Consensus, share(numbered(1))));
      ASSERT_TRUE(peer.wait([&] { return peer.messages.size() == 1; }));
    }
    ASSERT_TRUE(a.wait([&] { return a.disconnects.empty() && a.connects.size() == 1; }));
    ASSERT_TRUE(b.wait([&] { return b.disconnects.empty() && b.connects.size() == 1; }));
    EXPECT_NE(a.seen().connected[b.id()], b.seen().connected[a.id()]);
    EXPECT_TRUE(a.seen().failures.empty()) << testing::describe(a);
    EXPECT_TRUE(b.seen().failures.empty()) << testing::describe(b);
  }
}

TEST(Network, gossips_both_ways_after_both_sides_have_dialled_at_once) {
  const std::string topic = "/test/gossip";
  NetworkConfig config = allowing({1, 2});
  config.topics = {{.name = topic}};
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE(round);
    TestNode a(1, config);
    TestNode b(2, config);
    for (TestNode* node : {&a, &b})
      node->set_verdict([](ByteView) { return GossipVerdict::Accept; });
    std::thread other([&] { b.network().set_peers({a.endpoint()}); });
    a.network().set_peers({b.endpoint()});
    other.join();
    ASSERT_TRUE(a.wait([&] { return a.network().counters().connections == 1; }));
    ASSERT_TRUE(b.wait([&] { return b.network().counters().connections == 1; }));
    for (TestNode* node : {&a, &b}) {
      TestNode& hearer = node == &a ? b : a;
      int tries = 0;
      ASSERT_TRUE(hearer.wait([&] {
        const std::string text = node->id().text() + std::to_string(++tries);
        static_cast<void>(node->network().publish(topic, share(to_bytes(as_bytes(text)))));
        return !hearer.gossip.empty();
      })) << testing::describe(a)
          << testing::describe(b);
    }
  }
}

// Its goodbye takes a moment, in which it must not be part of anything.
TEST(Network, whoever_is_refused_hears_no_gossip) {
  const std::string topic = "/test/gossip";
  NetworkConfig config = allowing({2});
  config.topics = {{.name = topic}};
  TestNode a(1, config);
  config = dialling({a.endpoint()});
  config.topics = {{.name = topic}};
  TestNode friendly(2, config);
  friendly.set_verdict([](ByteView) { return GossipVerdict::Accept; });
  TestNode stranger(3, config);
  int tries = 0;
  ASSERT_TRUE(friendly.wait([&] {
    const std::string text = "message " + std::to_string(++tries);
    static_cast<void>(a.network().publish(topic, share(to_bytes(as_bytes(text)))));
    return friendly.gossip.size() >= 20;
  }));
  ASSERT_TRUE(stranger.wait([&] { return stranger.failures.size() >= 2; }));
  EXPECT_EQ(stranger.seen().failures[0].reason.code, CloseCode::NotAllowed);
  EXPECT_TRUE(stranger.seen().gossip.empty());
}

TEST(Network, finds_the_others_through_one_address_and_remembers_them) {
  const storage::TempDirectory directory;
  const auto store = directory / "peer-store";
  TestNode a(1, allowing({2, 3}));
  TestNode b(2, [&] {
    NetworkConfig config = allowing({1, 3});
    config.peers = {a.endpoint()};
    return config;
  }());
  ASSERT_TRUE(b.wait_connected(a.id()));
  NetworkConfig config = allowing({1, 2});
  config.peers = {a.endpoint()};
  config.peer_store = store;
  std::optional<TestNode> c(std::in_place, std::uint8_t{3}, config);
  // Nobody told c where b is, or b where c is.
  ASSERT_TRUE(c->wait_connected(b.id())) << testing::describe(*c) << testing::describe(b);
  ASSERT_TRUE(b.wait_connected(c->id()));
  c.reset();
  a.stop();
  config.peers.clear();
  c.emplace(std::uint8_t{3}, config);
  EXPECT_TRUE(c->wait_connected(b.id()));
}

// docs/protocol/p2p.md, "Discovery": as after a change of the set of validators. Nobody has the
// newcomer's address but a node that all know, and who is not allowed may not come.
TEST(Network, finds_and_dials_who_is_allowed_later) {
  NetworkConfig open;
  open.limits.unknown_peers_max = 4;
  TestNode bootstrap(1, std::move(open));
  const auto start = [&](std::uint8_t key) {
    NetworkConfig config;
    config.peers = {bootstrap.endpoint()};
    return std::make_unique<TestNode>(key, std::move(config));
  };
  const auto validator = start(2);
  const auto newcomer = start(3);
  for (const auto* const node : {&validator, &newcomer})
    ASSERT_TRUE((*node)->wait_connected(bootstrap.id()));
  ASSERT_TRUE(validator->wait([&] { return validator->network().counters().known_peers > 0; }));
  EXPECT_FALSE(validator->seen().connected.contains(newcomer->id()));
  const auto allowed_at = std::chrono::steady_clock::now();
  const std::vector<PeerId> set{validator->id(), newcomer->id()};
  for (const auto* const node : {&validator, &newcomer})
    (*node)->network().set_allowed(set, set);
  ASSERT_TRUE(validator->wait_connected(newcomer->id())) << testing::describe(*validator);
  ASSERT_TRUE(newcomer->wait_connected(validator->id()));
  EXPECT_LT(std::chrono::steady_clock::now() - allowed_at, std::chrono::seconds(20));
}

TEST(Network, passes_gossip_on_only_after_a_good_verdict) {
  const std::string topic = "/test/gossip";
  NetworkConfig config = allowing({2, 3});
  config.topics = {{.name = topic}};
  TestNode middle(1, config);
  config = dialling({middle.endpoint()});
  config.topics = {{.name = topic}};
  TestNode left(2, config);
  TestNode right(3, config);
  ASSERT_TRUE(left.wait_connected(middle.id()));
  ASSERT_TRUE(right.wait_connected(middle.id()));
  left.set_verdict([](ByteView) { return GossipVerdict::Accept; });
  right.set_verdict([](ByteView) { return GossipVerdict::Accept; });
  std::string held;
  middle.set_verdict([](ByteView payload) -> std::optional<GossipVerdict> {
    if (as_text(payload) == "later") return std::nullopt;
    return as_text(payload) == "bad" ? GossipVerdict::Reject : GossipVerdict::Accept;
  });
  const auto has = [](const Record& node, std::string_view text) {
    return std::any_of(node.gossip.begin(), node.gossip.end(),
                       [&](const auto& one) { return one.text == text; });
  };
  // Subscriptions travel too: what is published before them reaches nobody.
  int tries = 0;
  ASSERT_TRUE(right.wait([&] {
    const std::string text = "good " + std::to_string(++tries);
    static_cast<void>(left.network().publish(topic, share(to_bytes(as_bytes(text)))));
    return !right.gossip.empty();
  }));
  for (const char* const text : {"bad", "later", "last"})
    ASSERT_TRUE(left.network().publish(topic, share(to_bytes(as_bytes(text)))));
  ASSERT_TRUE(right.wait([&] { return has(right, "last"); }));
  ASSERT_TRUE(middle.wait([&] { return has(middle, "later"); }));
  for (const Record::Gossip& one : middle.seen().gossip) {
    if (one.text == "later") held = one.id;
  }
  EXPECT_FALSE(has(right.seen(), "later"));
  middle.network().judge(held, GossipVerdict::Accept);
  ASSERT_TRUE(right.wait([&] { return has(right, "later"); }));
  EXPECT_FALSE(has(right.seen(), "bad"));
  EXPECT_EQ(right.seen().gossip.back().from, middle.id());
}

// A block goes out before the certificate that names it, whether it was heard or is published.
TEST(Network, what_is_accepted_and_published_goes_out_in_that_order) {
  const std::string topic = "/test/gossip";
  NetworkConfig config = allowing({2, 3});
  config.topics = {{.name = topic}};
  TestNode middle(1, config);
  config = dialling({middle.endpoint()});
  config.topics = {{.name = topic}};
  TestNode left(2, config);
  TestNode right(3, config);
  left.set_verdict([](ByteView) { return GossipVerdict::Accept; });
  right.set_verdict([](ByteView) { return GossipVerdict::Accept; });
  middle.set_verdict([](ByteView payload) -> std::optional<GossipVerdict> {
    if (as_text(payload).starts_with("held")) return std::nullopt;
    return GossipVerdict::Accept;
  });
  const auto say = [&](TestNode& node, const std::string& text) {
    return node.network().publish(topic, share(to_bytes(as_bytes(text)))).has_value();
  };
  int tries = 0;
  ASSERT_TRUE(right.wait(
      [&] { return say(left, "good " + std::to_string(++tries)) && !right.gossip.empty(); }));
  const std::size_t before = right.seen().gossip.size();
  std::vector<std::string> wanted;
  for (int i = 0; i < 100; ++i) {
    const std::string held = "held " + std::to_string(i);
    const std::string after = "after " + std::to_string(i);
    ASSERT_TRUE(say(left, held));
    std::string id;
    ASSERT_TRUE(middle.wait([&] {
      for (const auto& one : middle.gossip) {
        if (one.text == held) id = one.id;
      }
      return !id.empty();
    }));
    // Something is on its way to the network's thread already.
    ASSERT_TRUE(say(middle, "before " + std::to_string(i)));
    // Odd ones by a verdict, even ones by publishing what waits for it.
    if (i % 2 == 1) {
      middle.network().judge(id, GossipVerdict::Accept);
    } else {
      ASSERT_TRUE(say(middle, held));
    }
    ASSERT_TRUE(say(middle, after));
    wanted.insert(wanted.end(), {"before " + std::to_string(i), held, after});
  }
  ASSERT_TRUE(right.wait([&] { return right.gossip.back().text == wanted.back(); }));
  std::vector<std::string> heard;
  const auto all = right.seen().gossip;
  for (std::size_t i = before; i < all.size(); ++i) {
    if (!all[i].text.starts_with("good")) heard.push_back(all[i].text);
  }
  EXPECT_EQ(heard, wanted);
}

TEST(Network, answers_to_a_port_in_use_and_a_bad_address_with_a_sentence) {
  TestNode a(1);
  class Silent : public NetworkHandler {
    std::optional<std::string> check_hello(const PeerId&, ByteView) override { return {}; }
    void on_peer_connected(const PeerId&, Direction) override {}
    void on_peer_disconnected(const PeerId&, const CloseReason&) override {}
    Flow on_message(const PeerId&, Channel, Bytes) override { return Flow::Continue; }
    void on_link_failed(const LinkFailure&) override {}
  } handler;
  NetworkConfig config;
  config.listen_host = "127.0.0.1";
  config.listen_port = a.endpoint().port;
  const auto taken =
      make_stack_network(config, IdentityKey(testing::identity_key(2)), handler)->start();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().text, "cannot listen on 127.0.0.1:" + std::to_string(config.listen_port) +
                                    ": Address already in use");
  config.listen_host = "localhost";
  const auto named =
      make_stack_network(config, IdentityKey(testing::identity_key(2)), handler)->start();
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().text, ::testing::HasSubstr("not a literal IP address"));
}

}  // namespace
}  // namespace ol::p2p
