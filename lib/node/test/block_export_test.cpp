// The block log as lines of JSON: docs/protocol/block-log.md.
#include <ol/node/block_export.hpp>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/primitives/block.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

namespace json = boost::json;
using exchange::Side;
using exchange::Tif;

constexpr std::uint32_t kNodes = 4;

class BlockLog : public testing::Test {
 protected:
  BlockLog() : cluster_(kNodes) {
    cluster_.add_exchange();
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      const auto error = cluster_.start(i);
      EXPECT_FALSE(error) << error->message;
    }
  }
  /// @return Its hash, once it is final at node 1.
  std::string submit(std::uint32_t account, exchange::ActionBody body) {
    const std::uint64_t nonce = cluster_.genesis().time.value() + ++nonces_;
    const std::string action = cluster_.action(account, std::move(body), nonce);
    const auto answer = cluster_.call(1, "ol_exchangeSubmit", "[\"" + action + "\"]");
    EXPECT_TRUE(answer.is_string()) << json::serialize(answer);
    const std::string hash(answer.as_string());
    EXPECT_TRUE(Cluster::eventually(
        [&] { return cluster_.call(1, "ol_exchangeResult", "[\"" + hash + "\"]").is_object(); }));
    return hash;
  }
  static exchange::PlaceOrders order(Side side, std::uint64_t sz, Tif tif) {
    exchange::Order order;
    order.side = side;
    order.px = 650'000;
    order.sz = sz;
    order.tif = tif;
    return {{order}, exchange::Grouping::None, {}, 0};
  }
  BlockExport what(std::uint32_t node) const {
    return {.genesis = cluster_.genesis(), .data_dir = cluster_.parts(node).config.data_dir};
  }
  static std::vector<json::object> records(const BlockExport& what) {
    std::vector<json::object> out;
    const auto given = export_blocks(what, [&](std::string_view text) {
      EXPECT_EQ(text.find('\n'), std::string_view::npos);
      out.push_back(json::parse(std::string(text)).as_object());
      return true;
    });
    EXPECT_TRUE(given) << given.error().message;
    if (given) EXPECT_EQ(*given, out.size());
    return out;
  }
  /// The record of the action with that hash, in whichever block.
  static const json::object* action_of(const std::vector<json::object>& blocks,
                                       const std::string& hash) {
    for (const json::object& block : blocks) {
      for (const json::value& action : block.at("core").at("actions").as_array()) {
        if (action.at("hash").as_string() == hash) return &action.as_object();
      }
    }
    return nullptr;
  }

  Cluster cluster_;
  std::uint64_t nonces_ = 0;
};

TEST_F(BlockLog, tells_every_block_with_actions_results_and_transactions) {
  const std::string ask = submit(0, order(Side::Sell, 5'000, Tif::Gtc));
  const std::string bid = submit(1, order(Side::Buy, 3'000, Tif::Ioc));
  const std::string miss = submit(1, exchange::UpdateLeverage{exchange::AssetId(0), true, 4'000});
  const auto sent = cluster_.call(1, "eth_sendRawTransaction",
                                  "[\"" + cluster_.transfer(0, 0, 1, cluster_.account(1)) + "\"]");
  ASSERT_TRUE(sent.is_string()) << json::serialize(sent);
  ASSERT_TRUE(Cluster::eventually([&] {
    return cluster_.call(1, "eth_getTransactionReceipt", json::serialize(json::array{sent}))
        .is_object();
  }));
  const std::uint64_t reached = cluster_.height(1);
  const auto roots = cluster_.call(1, "ol_exchangeRoots", "[\"0x3\"]");

  // Beside the node that runs.
  const auto blocks = records(what(1));
  ASSERT_GE(blocks.size(), reached + 1);
  std::string parent;
  bool has_transfer = false;
  bool has_prices = false;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const json::object& block = blocks[i];
    ASSERT_EQ(block.at("height").to_number<std::uint64_t>(), i);
    if (i > 0) EXPECT_EQ(block.at("parent").as_string(), parent);
    parent = std::string(block.at("hash").as_string());
    EXPECT_LT(block.at("proposer").to_number<std::uint64_t>(), kNodes);
    for (const json::value& hash : block.at("evm").at("transactions").as_array())
      has_transfer = has_transfer || hash == sent;
    for (const json::value& step : block.at("core").at("system").as_array())
      has_prices =
          has_prices || (step.at("type").as_string() == "OracleSubmit" && step.at("ok").as_bool());
  }
  EXPECT_EQ(blocks.at(3).at("core").at("stateRoot"), roots.at("state"));
  EXPECT_EQ(blocks.at(3).at("core").at("resultRoot"), roots.at("results"));
  EXPECT_TRUE(has_transfer);
  EXPECT_TRUE(has_prices);

  const json::object* resting = action_of(blocks, ask);
  const json::object* filled = action_of(blocks, bid);
  const json::object* refused = action_of(blocks, miss);
  ASSERT_TRUE(resting != nullptr && filled != nullptr && refused != nullptr);
  EXPECT_EQ(resting->at("signer").as_string(), to_hex_prefixed(cluster_.account(0).view()));
  EXPECT_EQ(resting->at("nonce").to_number<std::uint64_t>(), cluster_.genesis().time.value() + 1);
  EXPECT_EQ(resting->at("type").as_string(), "PlaceOrders");
  EXPECT_EQ(resting->at("action").at("orders").at(0).at("sz").as_string(), "5000");
  const json::value& result = resting->at("result");
  EXPECT_EQ(result.at("code").to_number<int>(), 0);
  EXPECT_EQ(result.at("statuses").at(0).at("resting").at("oid").to_number<int>(), 1);
  const json::value& fill = filled->at("result").at("statuses").at(0).at("filled");
  EXPECT_EQ(fill.at("totalSz").as_string(), "3000");
  EXPECT_EQ(fill.at("avgPx").as_string(), "650000");
  EXPECT_EQ(refused->at("result").at("status").as_string(), "err");
  EXPECT_EQ(refused->at("result").at("code").to_number<int>(), 30);
  EXPECT_EQ(refused->at("result").at("name").as_string(), "BadLeverage");

  // A node that is stopped tells the same.
  cluster_.stop(1);
  const auto stopped = records(what(1));
  ASSERT_GE(stopped.size(), blocks.size());
  EXPECT_TRUE(std::equal(blocks.begin(), blocks.end(), stopped.begin()));

  // A part of it, which is what that part of the whole is; and with the blocks themselves.
  BlockExport part = what(1);
  part.first = 2;
  part.last = 4;
  part.raw = true;
  auto some = records(part);
  ASSERT_EQ(some.size(), 3U);
  for (std::size_t i = 0; i < some.size(); ++i) {
    const auto bytes = from_hex(std::string_view(some[i].at("block").as_string()));
    const auto block = primitives::decode_block(cluster_.genesis().domain, *bytes);
    ASSERT_TRUE(block);
    EXPECT_EQ(some[i].at("hash").as_string(), to_hex_prefixed(block->hash.view()));
    some[i].erase("block");
    EXPECT_EQ(some[i], stopped[2 + i]);
  }

  // Without results nothing is executed.
  BlockExport plain = what(1);
  plain.results = false;
  const auto unexecuted = records(plain);
  ASSERT_EQ(unexecuted.size(), stopped.size());
  EXPECT_FALSE(action_of(unexecuted, ask)->contains("result"));
  EXPECT_EQ(action_of(unexecuted, ask)->at("action"), resting->at("action"));
}

TEST_F(BlockLog, says_what_it_cannot_export) {
  submit(0, exchange::Noop{});
  const auto error_of = [](const BlockExport& what) {
    const auto given = export_blocks(what, [](std::string_view) { return true; });
    return given ? std::string() : given.error().message;
  };
  BlockExport beyond = what(1);
  beyond.last = 1'000'000;
  EXPECT_NE(error_of(beyond).find("the last final block here is "), std::string::npos);
  BlockExport reversed = what(1);
  reversed.first = 2;
  reversed.last = 1;
  EXPECT_NE(error_of(reversed).find("above the last one, 1"), std::string::npos);
  BlockExport nowhere = what(1);
  nowhere.data_dir /= "none";
  EXPECT_NE(error_of(nowhere).find("there is no database in "), std::string::npos);
  // Ends where its reader has had enough.
  const auto given = export_blocks(what(1), [](std::string_view) { return false; });
  EXPECT_EQ(given.value_or(0), 1U);
}

}  // namespace
}  // namespace ol::node::test
