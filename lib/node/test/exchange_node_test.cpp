#include <map>

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

using exchange::AssetId;
using exchange::Side;
using exchange::State;
using exchange::Tif;

constexpr std::uint32_t kNodes = 4;

std::string in_list(const std::string& text) {
  return "[\"" + text + "\"]";
}

exchange::ActionBody order(Side side, std::uint64_t px, std::uint64_t sz, Tif tif) {
  exchange::Order order;
  order.side = side;
  order.px = px;
  order.sz = sz;
  order.tif = tif;
  return exchange::PlaceOrders{{order}, exchange::Grouping::None, {}, 0};
}

class ExchangeNode : public testing::Test {
 protected:
  ExchangeNode() : cluster_(kNodes) {
    cluster_.add_exchange();
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
  }

  std::string submit(std::uint32_t node, std::uint32_t account, exchange::ActionBody body) {
    const std::uint64_t nonce = cluster_.genesis().time.value() + ++nonces_;
    const auto answer = cluster_.call(node, "ol_exchangeSubmit",
                                      in_list(cluster_.action(account, std::move(body), nonce)));
    EXPECT_TRUE(answer.is_string()) << boost::json::serialize(answer);
    return answer.is_string() ? std::string(answer.as_string()) : std::string();
  }
  /// The result of an action as node `i` tells it once it is final there.
  boost::json::object result(std::uint32_t node, const std::string& action) {
    boost::json::value out;
    EXPECT_TRUE(Cluster::eventually([&] {
      out = cluster_.call(node, "ol_exchangeResult", in_list(action));
      return out.is_object();
    }));
    return out.is_object() ? out.as_object() : boost::json::object();
  }
  std::int64_t position(std::uint32_t node, std::uint32_t account) {
    std::int64_t out = 0;
    cluster_.exchange(node).read([&](const State& state) {
      const auto* perp = state.find_perp(state.find_account(cluster_.account(account)),
                                         state.find_market(AssetId(0)));
      out = perp == nullptr ? 0 : perp->szi;
    });
    return out;
  }
  boost::json::value roots(std::uint32_t node, std::uint64_t height) {
    boost::json::value out;
    EXPECT_TRUE(Cluster::eventually([&] {
      out = cluster_.call(node, "ol_exchangeRoots", "[\"0x" + hex(height) + "\"]");
      return out.is_object() && !out.as_object().contains("error");
    }));
    return out;
  }
  static std::string hex(std::uint64_t number) {
    char text[20];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(number));
    return text;
  }
  void expect_same_roots(std::uint64_t height) {
    for (std::uint64_t h = 0; h <= height; ++h) {
      for (std::uint32_t i = 1; i < kNodes; ++i)
        ASSERT_EQ(roots(0, h), roots(i, h)) << "height " << h << ", node " << i;
    }
  }

  Cluster cluster_;
  std::uint64_t nonces_ = 0;
};

TEST_F(ExchangeNode, a_trade_is_the_same_on_every_node_after_a_restart_and_in_a_replay) {
  const std::string ask = submit(0, 0, order(Side::Sell, 650'000, 5'000, Tif::Gtc));
  EXPECT_TRUE(result(0, ask).at("orders").at(0).as_object().contains("resting"));

  // One node is away when the other side comes, and finds the fill as it returns.
  cluster_.stop(3);
  const std::string bid = submit(1, 1, order(Side::Buy, 650'000, 3'000, Tif::Ioc));
  const auto filled = result(2, bid);
  EXPECT_EQ(filled.at("orders").at(0).at("filled").at("totalSz").to_number<int>(), 3'000);
  ASSERT_FALSE(cluster_.start(3));
  EXPECT_EQ(result(3, bid), filled);
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    EXPECT_TRUE(Cluster::eventually([&] { return position(i, 1) == 3'000; })) << i;
    EXPECT_EQ(position(i, 0), -3'000) << i;
  }
  const auto height = filled.at("height").to_number<std::uint64_t>();
  expect_same_roots(height);

  // A node that has lost everything but its safety record executes the chain from genesis.
  cluster_.wipe(2);
  ASSERT_FALSE(cluster_.start(2));
  EXPECT_EQ(result(2, bid), filled);
  expect_same_roots(height);
  EXPECT_EQ(position(2, 1), 3'000);
}

// dex.md 5.2: validators vote for blocks in that order alone, so these become final in no other.
TEST(ExchangeOrder, by_hash_is_what_proposers_make_of_what_came_together) {
  Cluster cluster(kNodes);
  cluster.add_exchange();
  cluster.order_by_hash();
  for (std::uint32_t i = 0; i < kNodes; ++i)
    ASSERT_FALSE(cluster.start(i));
  std::uint64_t nonce = cluster.genesis().time.value();
  std::vector<std::string> sent;
  for (int i = 0; i < 40; ++i) {
    const auto reply = cluster.call(
        0, "ol_exchangeSubmit",
        in_list(cluster.action(1, order(Side::Buy, 600'000, 1'000, Tif::Gtc), ++nonce)));
    ASSERT_TRUE(reply.is_string()) << boost::json::serialize(reply);
    sent.emplace_back(reply.as_string());
  }
  std::map<std::uint64_t, std::size_t> together;
  for (const std::string& action : sent) {
    boost::json::value result;
    ASSERT_TRUE(Cluster::eventually([&] {
      result = cluster.call(2, "ol_exchangeResult", in_list(action));
      return result.is_object();
    }));
    ++together[result.as_object().at("height").to_number<std::uint64_t>()];
  }
  EXPECT_LT(together.size(), sent.size()) << "no block had two of them";
}

// dex.md 7.3: from the upgrade height of genesis on, for 50 blocks, on nodes that run.
TEST(ExchangeUpgrade, height_of_genesis_makes_running_nodes_post_only_for_50_blocks) {
  constexpr std::uint64_t kUpgrade = 30;
  Cluster cluster(kNodes);
  cluster.add_exchange();
  cluster.upgrade_exchange_at(kUpgrade);
  cluster.pace_empty_blocks(120);
  for (std::uint32_t i = 0; i < kNodes; ++i)
    ASSERT_FALSE(cluster.start(i));
  std::uint64_t nonce = cluster.genesis().time.value();
  // Takers that nobody meets, one after the other, and what became of them at which height.
  std::map<std::uint64_t, std::string> outcomes;
  while (outcomes.empty() || outcomes.rbegin()->first < kUpgrade + 60) {
    const auto sent = cluster.call(
        0, "ol_exchangeSubmit",
        in_list(cluster.action(1, order(Side::Buy, 640'000, 1'000, Tif::Ioc), ++nonce)));
    ASSERT_TRUE(sent.is_string()) << boost::json::serialize(sent);
    boost::json::value result;
    ASSERT_TRUE(Cluster::eventually([&] {
      result =
          cluster.call(nonce % kNodes, "ol_exchangeResult", in_list(std::string(sent.as_string())));
      return result.is_object();
    }));
    outcomes[result.as_object().at("height").to_number<std::uint64_t>()] =
        boost::json::serialize(result.as_object().at("orders"));
  }
  std::size_t paused = 0;
  for (const auto& [height, outcome] : outcomes) {
    const bool post_only = height >= kUpgrade && height < kUpgrade + 50;
    EXPECT_EQ(outcome.find("PostOnlyPeriod") != std::string::npos, post_only)
        << height << ": " << outcome;
    paused += post_only ? 1 : 0;
  }
  EXPECT_GT(paused, 5U);
  EXPECT_LT(outcomes.begin()->first, kUpgrade);
}

TEST_F(ExchangeNode, what_cannot_be_in_a_block_is_refused_with_a_code_and_a_sentence) {
  const auto refusal = [&](std::uint32_t account, std::uint64_t nonce) {
    const auto answer = cluster_.call(0, "ol_exchangeSubmit",
                                      in_list(cluster_.action(account, exchange::Noop{}, nonce)));
    return boost::json::serialize(answer);
  };
  const std::string stranger = refusal(50, cluster_.genesis().time.value());
  EXPECT_NE(stranger.find("UnknownAccount: "), std::string::npos) << stranger;
  EXPECT_NE(stranger.find(to_hex_prefixed(cluster_.account(50).view())), std::string::npos)
      << stranger;
  const std::string chain =
      "chain id " + std::to_string(cluster_.genesis().domain.chain_id.value());
  EXPECT_NE(stranger.find(chain), std::string::npos) << stranger;
  const std::string stale = refusal(0, 5);
  EXPECT_NE(stale.find("BadNonce: nonce 5 was used"), std::string::npos) << stale;
  EXPECT_NE(stale.find("use milliseconds unused so far from "), std::string::npos) << stale;
  std::string forged = cluster_.action(0, exchange::Noop{}, cluster_.genesis().time.value());
  forged.resize(forged.size() - 2);
  forged += "00";
  EXPECT_NE(boost::json::serialize(cluster_.call(0, "ol_exchangeSubmit", in_list(forged)))
                .find("BadSignature: the signature is of no key"),
            std::string::npos);
  EXPECT_NE(boost::json::serialize(cluster_.call(0, "ol_exchangeSubmit", in_list("0x7f")))
                .find("BadNumber: "),
            std::string::npos);
}

TEST_F(ExchangeNode, validators_prices_move_the_oracle_and_development_credits_arrive) {
  ASSERT_TRUE(cluster_.exchange(1)
                  .submit_system(exchange::CreditUsd{cluster_.account(60), 77})
                  .has_value());
  EXPECT_FALSE(cluster_.exchange(1).submit_system(exchange::SetStake{}).has_value());
  EXPECT_TRUE(Cluster::eventually([&] {
    bool credited = false;
    bool priced = false;
    cluster_.exchange(2).read([&](const State& state) {
      const auto account = state.find_account(cluster_.account(60));
      credited = account != exchange::kNobody && state.accounts[account].raw_usd == 77;
      // More than two thirds of the validators, each under its own signature.
      priced =
          state.submissions.items().size() >= 3 &&
          state.markets[state.find_market(AssetId(0))].oracle_at > cluster_.genesis().time.value();
    });
    return credited && priced;
  }));
}

}  // namespace
}  // namespace ol::node::test
