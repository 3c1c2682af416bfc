// What nodes tell each other on the topics of transactions and of the exchange's items.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/codec.hpp>
#include <ol/base/hex.hpp>
#include <ol/execution/exchange_items.hpp>
#include <ol/p2p/stack_network.hpp>

#include "../src/gossip_batch.hpp"
#include "cluster.hpp"

namespace ol::node::test {
namespace {

/// Of four nodes two run: nothing becomes final, so that what a pool holds can only come from its
/// own clients or from gossip.
class NodeGossip : public testing::Test {
 protected:
  NodeGossip() : cluster_(4) {
    cluster_.add_exchange();
    for (std::uint32_t i = 0; i < 2; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
  }

  std::string next_action() {
    return cluster_.action(0, exchange::Noop{}, cluster_.genesis().time.value() + ++nonces_);
  }
  std::string submit(std::uint32_t node, const std::string& action) {
    return boost::json::serialize(cluster_.call(node, "ol_exchangeSubmit", "[\"" + action + "\"]"));
  }
  /// Asked once for each action: to be asked is to learn of it.
  bool knew(std::uint32_t node, const std::string& action) {
    return submit(node, action).find("this action waits already") != std::string::npos;
  }
  std::uint64_t metric(std::uint32_t node, const std::string& name) {
    const std::string text = cluster_.get(node, "/metrics");
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }

  Cluster cluster_;
  std::uint64_t nonces_ = 0;
};

TEST_F(NodeGossip, a_transaction_reaches_the_pool_of_another_node) {
  std::uint64_t nonce = 0;
  std::vector<std::string> sent;
  // What is published before the streams of gossip are open reaches nobody.
  EXPECT_TRUE(Cluster::eventually([&] {
    const auto hash =
        cluster_.call(0, "eth_sendRawTransaction",
                      "[\"" + cluster_.transfer(1, nonce++, 1, cluster_.account(2)) + "\"]");
    if (hash.is_string()) sent.emplace_back(hash.as_string());
    return std::any_of(sent.begin(), sent.end(), [&](const std::string& txn) {
      return cluster_.call(1, "eth_getTransactionByHash", "[\"" + txn + "\"]").is_object();
    });
  }));
}

TEST_F(NodeGossip, an_action_of_the_exchange_reaches_the_pool_of_another_node) {
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t before = metric(1, "openliquid_gossip_received_total");
    const std::string action = next_action();
    EXPECT_EQ(submit(0, action).find("error"), std::string::npos);
    static_cast<void>(
        Cluster::eventually([&] { return metric(1, "openliquid_gossip_received_total") > before; },
                            std::chrono::seconds(1)));
    return knew(1, action);
  }));
}

/// A peer without a place in the set.
class Stranger final : public p2p::NetworkHandler {
 public:
  explicit Stranger(const primitives::Genesis& genesis, const PeerConfig& target)
      : topics(topics_of(genesis.domain.chain_id)) {
    p2p::NetworkConfig config;
    config.listen_host = "127.0.0.1";
    Writer hello;
    hello.u16(1).strong(genesis.domain.chain_id).fixed(primitives::genesis_hash(genesis));
    config.hello = hello.take();
    config.peers = {{*p2p::PeerId::from_text(target.id), target.host, target.port}};
    config.topics = {{.name = topics.items, .join = false}};
    network =
        p2p::make_stack_network(std::move(config), crypto::Ed25519SecretKey::generate(), *this);
    EXPECT_TRUE(network->start());
    thread = std::thread([this] { network->run(); });
  }
  ~Stranger() override {
    network->stop();
    thread.join();
  }
  void publish(std::vector<Bytes> items) {
    EXPECT_TRUE(network->publish(topics.items, p2p::share(encode_gossip_batch(items))));
  }

  Topics topics;
  std::unique_ptr<p2p::Network> network;
  std::thread thread;

 private:
  std::optional<std::string> check_hello(const p2p::PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const p2p::PeerId&, p2p::Direction) override {}
  void on_peer_disconnected(const p2p::PeerId&, const p2p::CloseReason&) override {}
  p2p::Flow on_message(const p2p::PeerId&, p2p::Channel, Bytes) override {
    return p2p::Flow::Continue;
  }
  void on_link_failed(const p2p::LinkFailure&) override {}
};

TEST_F(NodeGossip, prices_far_ahead_of_the_clock_make_no_leader_propose_what_nobody_votes_for) {
  const NodeParts parts = cluster_.parts(1);
  Stranger stranger(cluster_.genesis(), parts.config.peers.front());
  const exchange::OracleSubmit ahead{1, 1'000'000'000'000, {{exchange::AssetId(0), 650'000, 0}}};
  const primitives::Epoch epoch;
  const auto digest = execution::prices_digest(cluster_.genesis().domain, epoch, ahead);
  const Bytes item = execution::prices_item(epoch, ahead, parts.validator->key.sign(digest.view()));
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t before = metric(0, "openliquid_gossip_received_total");
    stranger.publish({item});
    return Cluster::eventually(
        [&] { return metric(0, "openliquid_gossip_received_total") > before; },
        std::chrono::seconds(1));
  }));
  for (std::uint32_t i = 2; i < 4; ++i)
    ASSERT_FALSE(cluster_.start(i));
  EXPECT_TRUE(Cluster::eventually([&] { return cluster_.height(0) >= 12; }));
}

TEST_F(NodeGossip, a_validator_is_unhealthy_until_it_is_linked_to_a_quorum) {
  EXPECT_NE(cluster_.get(0, "/healthz").find("which is no quorum"), std::string::npos);
  ASSERT_FALSE(cluster_.start(2));
  EXPECT_TRUE(Cluster::eventually(
      [&] { return cluster_.get(0, "/healthz").find(R"({"status":"ok"})") != std::string::npos; }));
}

TEST_F(NodeGossip, anybodys_good_action_is_taken_and_what_no_honest_node_publishes_is_rejected) {
  const NodeParts parts = cluster_.parts(1);
  PeerConfig target;
  for (const PeerConfig& peer : parts.config.peers) {
    if (peer.id == p2p::PeerId(cluster_.genesis().validators[0].network_key).text()) target = peer;
  }
  Stranger stranger(cluster_.genesis(), target);
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t before = metric(0, "openliquid_gossip_received_total");
    const std::string action = next_action();
    Bytes item{static_cast<std::uint8_t>(primitives::ItemTag::Action)};
    append(item, *from_hex(action));
    stranger.publish({item});
    static_cast<void>(
        Cluster::eventually([&] { return metric(0, "openliquid_gossip_received_total") > before; },
                            std::chrono::seconds(1)));
    return knew(0, action);
  }));
  const auto rejected = [&] { return metric(0, "openliquid_gossip_rejected_total"); };
  const std::uint64_t before = rejected();
  // A credit out of nothing is no transaction and nobody's to gossip.
  stranger.publish({execution::system_item(1, exchange::CreditUsd{cluster_.account(0), 1})});
  EXPECT_TRUE(Cluster::eventually([&] { return rejected() == before + 1; }));
  std::string forged = next_action();
  forged.resize(forged.size() - 2);
  Bytes item{static_cast<std::uint8_t>(primitives::ItemTag::Action)};
  append(item, *from_hex(forged + "00"));
  stranger.publish({item});
  EXPECT_TRUE(Cluster::eventually([&] { return rejected() == before + 2; }));
}

}  // namespace
}  // namespace ol::node::test
