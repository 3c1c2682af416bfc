// What RPC says of transactions that wait in the pool.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

TEST(Pending, shows_the_block_a_node_would_build_from_its_pool) {
  // One of four makes no blocks, so what waits stays waiting.
  Cluster cluster(4);
  const auto error = cluster.start(0);
  ASSERT_FALSE(error) << error->message;
  const auto head = cluster.call(0, "eth_getBlockByNumber", R"(["latest",false])");
  const std::string sender = to_hex_prefixed(cluster.account(7).view());

  auto block = cluster.call(0, "eth_getBlockByNumber", R"(["pending",false])");
  ASSERT_TRUE(block.is_object()) << boost::json::serialize(block);
  EXPECT_EQ(block.at("number").as_string(), "0x1");
  EXPECT_EQ(block.at("parentHash"), head.at("hash"));
  EXPECT_EQ(block.at("stateRoot"), head.at("stateRoot"));
  EXPECT_TRUE(block.at("transactions").as_array().empty());
  for (const char* unknown : {"hash", "nonce", "miner"})
    EXPECT_TRUE(block.at(unknown).is_null()) << unknown;

  // Nonce 3 waits behind a gap.
  std::vector<std::string> hashes;
  for (const std::uint64_t nonce : {0U, 1U, 3U}) {
    const auto sent =
        cluster.call(0, "eth_sendRawTransaction",
                     "[\"" + cluster.transfer(7, nonce, 5, cluster.account(8)) + "\"]");
    ASSERT_TRUE(sent.is_string()) << boost::json::serialize(sent);
    hashes.emplace_back(sent.as_string());
  }
  ASSERT_TRUE(Cluster::eventually([&] {
    block = cluster.call(0, "eth_getBlockByNumber", R"(["pending",true])");
    return block.at("transactions").as_array().size() == 2;
  }));
  EXPECT_EQ(block.at("gasUsed").as_string(), "0xa410");
  EXPECT_NE(block.at("stateRoot"), head.at("stateRoot"));
  const auto& second = block.at("transactions").at(1);
  EXPECT_EQ(second.at("hash").as_string(), hashes[1]);
  EXPECT_EQ(second.at("from").as_string(), sender);
  EXPECT_TRUE(second.at("blockHash").is_null());

  EXPECT_EQ(cluster.call(0, "eth_getBlockTransactionCountByNumber", R"(["pending"])"), "0x2");
  const auto nonce = [&](const std::string& tag) {
    return cluster.call(0, "eth_getTransactionCount", "[\"" + sender + "\",\"" + tag + "\"]");
  };
  EXPECT_EQ(nonce("pending"), "0x2");
  EXPECT_EQ(nonce("latest"), "0x0");
}

}  // namespace
}  // namespace ol::node::test
