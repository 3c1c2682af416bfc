#include <map>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
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

// Blocks keep coming while it is away, in the middle of them and again.
TEST_F(ExchangeNode, a_node_that_restarts_among_blocks_with_actions_has_the_roots_of_the_others) {
  std::string last;
  const auto trade = [&](int times) {
    for (int i = 0; i < times; ++i) {
      static_cast<void>(submit(0, 0, order(Side::Sell, 650'000, 1'000, Tif::Gtc)));
      last = submit(1, 1, order(Side::Buy, 650'000, 1'000, Tif::Ioc));
    }
  };
  trade(5);
  for (int round = 0; round < 2; ++round) {
    cluster_.stop(3);
    trade(10);
    ASSERT_FALSE(cluster_.start(3));
    trade(5);
  }
  const auto settled = result(3, last);
  EXPECT_EQ(settled, result(0, last));
  const auto height = settled.at("height").to_number<std::uint64_t>();
  expect_same_roots(height);
  for (std::uint32_t i = 0; i < kNodes; ++i)
    EXPECT_TRUE(Cluster::eventually([&] { return position(i, 1) == position(0, 1); })) << i;
}

// dex.md 17.5, over a restart between the snapshot and the way back, and one after it.
TEST_F(ExchangeNode, a_node_that_restarts_around_a_revert_has_the_roots_of_the_others) {
  const auto height_of = [&](const std::string& action) {
    return result(0, action).at("height").to_number<std::uint64_t>();
  };
  const auto snapshot = [&] {
    std::uint64_t out = 0;
    cluster_.exchange(0).read([&](const State& state) {
      if (!state.snapshots.items().empty()) out = state.snapshots.items().begin()->first;
    });
    return out;
  };
  ASSERT_TRUE(cluster_.exchange(0).submit_system(exchange::TakeSnapshot{}));
  ASSERT_TRUE(Cluster::eventually([&] { return snapshot() != 0; }));
  static_cast<void>(submit(0, 0, order(Side::Sell, 650'000, 5'000, Tif::Gtc)));
  const std::string bid = submit(1, 1, order(Side::Buy, 650'000, 3'000, Tif::Ioc));
  static_cast<void>(result(3, bid));
  EXPECT_TRUE(Cluster::eventually([&] { return position(3, 1) == 3'000; }));
  cluster_.stop(3);
  ASSERT_TRUE(cluster_.exchange(0).submit_system(exchange::RevertTo{snapshot()}));
  ASSERT_TRUE(Cluster::eventually([&] { return position(0, 1) == 0; }));
  ASSERT_FALSE(cluster_.start(3));
  EXPECT_TRUE(Cluster::eventually([&] { return position(3, 1) == 0; }));
  cluster_.stop(3);
  ASSERT_FALSE(cluster_.start(3));
  const std::string later = submit(1, 1, order(Side::Buy, 640'000, 1'000, Tif::Gtc));
  EXPECT_EQ(result(3, later), result(0, later));
  expect_same_roots(height_of(later));
}

// Without a quorum proposals are made and given up: what they held lands once there is one, once.
TEST_F(ExchangeNode, actions_of_blocks_that_were_given_up_land) {
  cluster_.stop(2);
  cluster_.stop(3);
  std::vector<std::string> actions;
  for (int i = 0; i < 4; ++i)
    actions.push_back(submit(0, 1, order(Side::Buy, 600'000, 1'000, Tif::Gtc)));
  // Several leaders' turns pass.
  static_cast<void>(Cluster::eventually([] { return false; }, std::chrono::seconds(6)));
  EXPECT_TRUE(cluster_.call(0, "ol_exchangeResult", in_list(actions[0])).is_null());
  ASSERT_FALSE(cluster_.start(2));
  ASSERT_FALSE(cluster_.start(3));
  std::uint64_t height = 0;
  for (const std::string& action : actions) {
    const auto done = result(3, action);
    EXPECT_TRUE(done.at("ok").as_bool());
    EXPECT_EQ(done, result(0, action));
    height = std::max(height, done.at("height").to_number<std::uint64_t>());
  }
  expect_same_roots(height);
  const auto open = boost::json::parse(cluster_.post(
      0, "/info",
      R"({"type":"openOrders","user":")" + to_hex_prefixed(cluster_.account(1).view()) + "\"}"));
  EXPECT_EQ(open.as_array().size(), actions.size()) << "each of them once";
}

// What waits to become final is shown with the time that blocks have (docs/adr/0031).
TEST_F(ExchangeNode, the_pending_block_is_as_far_ahead_as_the_chain) {
  constexpr std::uint64_t kAhead = 3'600'000;
  ASSERT_TRUE(cluster_.exchange(0).submit_system(exchange::AdvanceTime{kAhead}));
  const auto stamp = [&](const std::string& which) {
    const auto block = cluster_.call(0, "eth_getBlockByNumber", "[\"" + which + "\",false]");
    return std::stoull(std::string(block.at("timestamp").as_string()), nullptr, 16);
  };
  const std::uint64_t before = stamp("latest");
  ASSERT_TRUE(Cluster::eventually([&] { return stamp("latest") >= before + kAhead / 1000; }));
  EXPECT_TRUE(Cluster::eventually([&] { return stamp("pending") >= before + kAhead / 1000; }));
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
  constexpr std::uint64_t kUpgrade = 60;  // after all four nodes have begun
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

TEST_F(ExchangeNode, metrics_tell_of_trades_books_and_prices) {
  const std::string ask = submit(0, 0, order(Side::Sell, 650'000, 5'000, Tif::Gtc));
  result(0, ask);
  const std::string bid = submit(0, 1, order(Side::Buy, 650'000, 3'000, Tif::Ioc));
  result(0, bid);
  result(0, submit(0, 2, order(Side::Buy, 640'000, 1'000, Tif::Gtc)));
  const auto refused = submit(0, 3, order(Side::Buy, 640'005, 1'000, Tif::Gtc));  // off the tick
  result(0, refused);
  // A result is known a moment before its block is counted.
  std::string text;
  EXPECT_TRUE(Cluster::eventually([&] {
    text = cluster_.get(0, "/metrics");
    return text.find("\nopenliquid_exchange_orders_total{outcome=\"refused\"} 1\n") !=
           std::string::npos;
  }));
  for (const char* const line :
       {"orders_total{outcome=\"taken\"} 3", "fills_total{kind=\"trade\"} 1",
        "fills_total{kind=\"adl\"} 0", "market_active{market=\"BTC\"} 1",
        "open_interest{market=\"BTC\"} 0.03", "best_price{market=\"BTC\",side=\"buy\"} 64000",
        "best_price{market=\"BTC\",side=\"sell\"} 65000", "triggers 0", "debtors 0"})
    EXPECT_NE(text.find("\nopenliquid_exchange_" + std::string(line) + "\n"), std::string::npos)
        << line;
  const std::uint64_t oracle =
      cluster_.metric(0, "openliquid_exchange_oracle_price{market=\"BTC\"}");
  EXPECT_GT(oracle, 50'000U);
  EXPECT_LT(oracle, 80'000U);
  EXPECT_GE(cluster_.metric(0, "openliquid_exchange_accounts"), 10U);
  EXPECT_GT(cluster_.metric(0, "openliquid_exchange_height"), 0U);
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
