// What nodes tell each other on the topics of transactions and of the exchange's items.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/execution/exchange_items.hpp>

#include "../src/gossip_batch.hpp"
#include "stranger.hpp"

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
    return cluster_.metric(node, name);
  }
  /// Publishes to validator 0 on the topic of the exchange's items.
  Stranger make_stranger() {
    const primitives::Genesis& genesis = cluster_.genesis();
    return Stranger(genesis, address_of(cluster_, 0), topics_of(genesis.domain.chain_id).items);
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

// When it was accepted there was nobody to tell.
TEST_F(NodeGossip, an_action_told_to_nobody_is_told_again_to_who_comes_later) {
  ASSERT_FALSE(cluster_.stop(1));
  std::vector<std::string> actions;
  for (int i = 0; i < 50; ++i) {
    actions.push_back(next_action());
    EXPECT_EQ(submit(0, actions.back()).find("error"), std::string::npos);
  }
  // Until gossip itself has forgotten what it offers to peers.
  static_cast<void>(Cluster::eventually([] { return false; }, std::chrono::seconds(7)));
  ASSERT_FALSE(cluster_.start(1));
  ASSERT_TRUE(Cluster::eventually([&] { return metric(1, "openliquid_peers") > 0; }));
  // To ask for one is to tell of it.
  std::size_t asked = 0;
  EXPECT_TRUE(Cluster::eventually([&] {
    static_cast<void>(Cluster::eventually([] { return false; }, std::chrono::seconds(1)));
    return asked == actions.size() || knew(1, actions[asked++]);
  }));
  EXPECT_LT(asked, actions.size());
}

TEST(GossipVerdicts, of_a_batch_pass_on_what_brought_something) {
  using enum p2p::GossipVerdict;
  EXPECT_EQ(verdict_of_batch(Ignore, Accept), Accept);
  EXPECT_EQ(verdict_of_batch(Ignore, Ignore), Ignore);
  for (const auto again : {TooEarly, Busy}) {
    EXPECT_EQ(verdict_of_batch(Accept, again), Accept);
    EXPECT_EQ(verdict_of_batch(again, Accept), Accept);
    EXPECT_EQ(verdict_of_batch(Ignore, again), again);
    EXPECT_EQ(verdict_of_batch(again, Ignore), again);
  }
  EXPECT_EQ(verdict_of_batch(Busy, TooEarly), Busy);
}

TEST(GossipVerdicts, of_what_a_node_refuses_while_it_lags_lets_it_come_again) {
  EXPECT_EQ(verdict_of_refused(100, 100), p2p::GossipVerdict::Ignore);
  EXPECT_EQ(verdict_of_refused(100, 90), p2p::GossipVerdict::Ignore);
  EXPECT_EQ(verdict_of_refused(100, 100 + kLagBlocks), p2p::GossipVerdict::Ignore);
  EXPECT_EQ(verdict_of_refused(100, 101 + kLagBlocks), p2p::GossipVerdict::Busy);
}

// Well signed, and of an account without anything: no pool takes it, so nobody passes it on.
TEST_F(NodeGossip, what_no_pool_takes_is_not_passed_on) {
  const primitives::Genesis& genesis = cluster_.genesis();
  Stranger stranger(genesis, address_of(cluster_, 0), topics_of(genesis.domain.chain_id).txns);
  const auto received = [&](std::uint32_t node) {
    return metric(node, "openliquid_gossip_received_total");
  };
  const auto publish = [&](std::uint32_t account, std::uint64_t nonce) {
    stranger.publish(encode_gossip_batch(
        {*from_hex(cluster_.transfer(account, nonce, 1, cluster_.account(2)))}));
  };
  const auto is_in_other_pool = [&](std::uint32_t account) {
    const std::string text = to_hex_prefixed(cluster_.account(account).view());
    return cluster_.call(1, "eth_getTransactionCount", "[\"" + text + "\",\"pending\"]") == "0x1";
  };
  // Whether the other node hears of a good one, of another account each time. What is judged before
  // it has been passed on before it.
  std::uint32_t account = 10;
  const auto passes_on_a_good_one = [&] {
    return Cluster::eventually([&] {
      const std::uint32_t tried = account++;
      publish(tried, 0);
      return Cluster::eventually([&] { return is_in_other_pool(tried); }, std::chrono::seconds(2));
    });
  };
  ASSERT_TRUE(passes_on_a_good_one());
  // Prices of the validators come and go besides: a few in that time.
  constexpr std::uint64_t kMany = 100;
  const std::uint64_t here = received(0) + kMany;
  const std::uint64_t there = received(1) + kMany;
  for (std::uint64_t nonce = 0; nonce < kMany; ++nonce)
    publish(200, nonce);
  EXPECT_TRUE(Cluster::eventually([&] { return received(0) >= here; }));
  EXPECT_TRUE(passes_on_a_good_one()) << "it still does otherwise";
  EXPECT_LT(received(1), there);
}

// Prices of rounds gone by are public and well signed: whoever sends them again makes nobody but
// the first node look at them.
TEST_F(NodeGossip, old_prices_are_not_passed_on) {
  const NodeParts parts = cluster_.parts(1);
  Stranger stranger = make_stranger();
  constexpr std::uint64_t kMany = 20;
  const auto received = [&](std::uint32_t node) {
    return metric(node, "openliquid_gossip_received_total");
  };
  // Rounds of the day the chain began, which the nodes' own prices have left behind.
  const auto publish = [&](std::uint64_t first_round) {
    for (std::uint64_t i = 0; i < kMany; ++i) {
      const exchange::OracleSubmit old{1, first_round + i, {{exchange::AssetId(0), 650'000, 0}}};
      const primitives::Epoch epoch;
      const auto digest = execution::prices_digest(cluster_.genesis().domain, epoch, old);
      stranger.publish(encode_gossip_batch(
          {execution::prices_item(epoch, old, parts.validator->key.sign(digest.view()))}));
    }
  };
  // Until the first prices of that validator have come, old ones are the newest.
  std::uint64_t round = 1'000;
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t here = received(0) + kMany;
    const std::uint64_t there = received(1) + kMany;
    publish(round += kMany);
    const auto within = std::chrono::seconds(2);
    return Cluster::eventually([&] { return received(0) >= here; }, within) &&
           !Cluster::eventually([&] { return received(1) >= there; }, within);
  }));
}

TEST_F(NodeGossip, prices_far_ahead_of_the_clock_make_no_leader_propose_what_nobody_votes_for) {
  const NodeParts parts = cluster_.parts(1);
  Stranger stranger = make_stranger();
  const exchange::OracleSubmit ahead{1, 1'000'000'000'000, {{exchange::AssetId(0), 650'000, 0}}};
  const primitives::Epoch epoch;
  const auto digest = execution::prices_digest(cluster_.genesis().domain, epoch, ahead);
  const Bytes item = execution::prices_item(epoch, ahead, parts.validator->key.sign(digest.view()));
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t before = metric(0, "openliquid_gossip_received_total");
    stranger.publish(encode_gossip_batch({item}));
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
  Stranger stranger = make_stranger();
  EXPECT_TRUE(Cluster::eventually([&] {
    const std::uint64_t before = metric(0, "openliquid_gossip_received_total");
    const std::string action = next_action();
    Bytes item{static_cast<std::uint8_t>(primitives::ItemTag::Action)};
    append(item, *from_hex(action));
    stranger.publish(encode_gossip_batch({item}));
    static_cast<void>(
        Cluster::eventually([&] { return metric(0, "openliquid_gossip_received_total") > before; },
                            std::chrono::seconds(1)));
    return knew(0, action);
  }));
  const auto rejected = [&] { return metric(0, "openliquid_gossip_rejected_total"); };
  const std::uint64_t before = rejected();
  // A credit out of nothing is no transaction and nobody's to gossip.
  stranger.publish(encode_gossip_batch(
      {execution::system_item(1, exchange::CreditUsd{cluster_.account(0), 1})}));
  EXPECT_TRUE(Cluster::eventually([&] { return rejected() == before + 1; }));
  std::string forged = next_action();
  forged.resize(forged.size() - 2);
  Bytes item{static_cast<std::uint8_t>(primitives::ItemTag::Action)};
  append(item, *from_hex(forged + "00"));
  stranger.publish(encode_gossip_batch({item}));
  EXPECT_TRUE(Cluster::eventually([&] { return rejected() == before + 2; }));
}

}  // namespace
}  // namespace ol::node::test
