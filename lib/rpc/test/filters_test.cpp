// eth_getLogs and the filters that clients poll.
#include <gmock/gmock.h>

#include <ol/base/hex.hpp>

#include "filter_table.hpp"
#include "rpc_fixture.hpp"

namespace ol::rpc::test {
namespace {

using ::testing::HasSubstr;

Hash256 topic(std::uint8_t byte) {
  Hash256 out;
  out.bytes.fill(byte);
  return out;
}

std::string text_of(const Hash256& word) {
  return "\"" + to_hex_prefixed(word.view()) + "\"";
}

const std::string kBob = "\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\"";
const std::string kContract = "\"0xc0de00000000000000000000000000000000c0de\"";

FilterTable::Clock::time_point test_time{};

class FiltersTest : public RpcTest {
 protected:
  FiltersTest() {
    log_in(1, {{FakeBackend::bob(), {topic(1)}, {0x01}}});
    log_in(2, {{FakeBackend::contract(), {topic(1), topic(2)}, {}}, {FakeBackend::bob(), {}, {}}});
  }

  /// Gives the first transaction of the block these logs.
  void log_in(std::size_t number, std::vector<primitives::Log> logs) {
    auto block = std::make_shared<BlockRecord>(*backend.blocks[number]);
    block->receipts[0].logs = std::move(logs);
    backend.blocks[number] = block;
  }
  void add_block_with_log() {
    const TxnRecord txn = FakeBackend::signed_transfer(
        {.nonce = 5, .tip = 1, .fee_cap = 1, .value = 1, .access_list = {}, .data = {}});
    backend.add_block({txn});
    log_in(backend.blocks.size() - 1, {{FakeBackend::contract(), {topic(9)}, {}}});
  }
  /// "block:index" of each log found.
  std::string places(const std::string& text) {
    if (text.starts_with("error")) return text;
    std::string out;
    for (const auto& log : boost::json::parse(text).as_array()) {
      out += std::string(log.at("blockNumber").as_string()) + ":" +
             std::string(log.at("logIndex").as_string()) + " ";
    }
    return out;
  }
  std::string logs(const std::string& filter) {
    return places(result("eth_getLogs", "[{" + filter + "}]"));
  }
};

TEST_F(FiltersTest, find_logs_in_a_range) {
  EXPECT_EQ(logs(R"("fromBlock":"0x0","toBlock":"latest")"), "0x1:0x0 0x2:0x0 0x2:0x1 ");
  EXPECT_EQ(logs(R"("fromBlock":"earliest","toBlock":"0x1")"), "0x1:0x0 ");
  EXPECT_EQ(logs(R"("fromBlock":"0x2","toBlock":"0xffff")"), "0x2:0x0 0x2:0x1 ");
  EXPECT_EQ(logs(""), "") << "latest only";
  EXPECT_EQ(logs(R"("fromBlock":"0x9999")"), "");
  EXPECT_EQ(logs(R"("fromBlock":"0x2","toBlock":"0x1")"),
            "error -32602: invalid block range params");
}

TEST_F(FiltersTest, find_logs_of_a_block_by_hash) {
  const std::string hash = "\"" + to_hex_prefixed(backend.blocks[2]->hash.view()) + "\"";
  EXPECT_EQ(logs("\"blockHash\":" + hash), "0x2:0x0 0x2:0x1 ");
  EXPECT_EQ(logs("\"blockHash\":" + text_of(topic(7))), "error -32000: unknown block");
  EXPECT_THAT(logs("\"fromBlock\":\"0x1\",\"blockHash\":" + hash),
              HasSubstr("cannot specify both BlockHash and FromBlock/ToBlock"));
}

TEST_F(FiltersTest, find_logs_by_address_and_topics) {
  const std::string all = R"("fromBlock":"0x0",)";
  EXPECT_EQ(logs(all + "\"address\":" + kBob), "0x1:0x0 0x2:0x1 ");
  EXPECT_EQ(logs(all + "\"address\":[" + kBob + "," + kContract + "]"), "0x1:0x0 0x2:0x0 0x2:0x1 ");
  EXPECT_EQ(logs(all + R"("address":null,"topics":null)"), "0x1:0x0 0x2:0x0 0x2:0x1 ");
  EXPECT_EQ(logs(all + "\"topics\":[" + text_of(topic(1)) + "]"), "0x1:0x0 0x2:0x0 ");
  EXPECT_EQ(logs(all + "\"topics\":[null," + text_of(topic(2)) + "]"), "0x2:0x0 ");
  EXPECT_EQ(logs(all + "\"topics\":[[" + text_of(topic(3)) + "," + text_of(topic(1)) + "]]"),
            "0x1:0x0 0x2:0x0 ");
  EXPECT_EQ(logs(all + "\"topics\":[[null]]"), "0x1:0x0 0x2:0x0 ") << "any first topic";
  EXPECT_EQ(logs(all + "\"topics\":[[],null]"), "0x2:0x0 ") << "two topics or more";
}

TEST_F(FiltersTest, refuse_what_no_filter_is) {
  EXPECT_THAT(logs(R"("topics":[null,null,null,null,null])"), HasSubstr("exceed max topics"));
  EXPECT_THAT(logs(R"("topics":7)"), HasSubstr("topics: want an array"));
  EXPECT_THAT(logs(R"("topics":["0x12"])"), HasSubstr("topics: hex string has length 2"));
  EXPECT_THAT(logs(R"("address":["0x12"])"), HasSubstr("address: hex string has length 2"));
  EXPECT_THAT(logs(R"("fromBlock":"pending")"), HasSubstr("pending logs are not supported"));
  EXPECT_THAT(logs(R"("toBlock":7)"), HasSubstr("want a block number or tag"));
  EXPECT_THAT(result("eth_getLogs", "[7]"), HasSubstr("want a filter object"));
  std::string many = kBob;
  for (int i = 0; i < 1'000; ++i)
    many += "," + kBob;
  EXPECT_THAT(logs("\"address\":[" + many + "]"), HasSubstr("exceed max addresses"));
}

TEST_F(FiltersTest, say_when_logs_are_too_many_or_gone) {
  log_in(1, std::vector<primitives::Log>(20'001, {FakeBackend::bob(), {}, {}}));
  EXPECT_EQ(logs(R"("fromBlock":"0x1","toBlock":"0x1")"),
            "error -32005: query returned more than 20000 results");
  backend.oldest_state = 2;
  EXPECT_EQ(logs(R"("fromBlock":"0x1")"), "error -32000: logs are not available");
}

TEST_F(FiltersTest, tell_what_is_new_since_the_last_poll) {
  const std::string log_filter = result("eth_newFilter", "[{\"address\":" + kContract + "}]");
  const std::string block_filter = result("eth_newBlockFilter");
  EXPECT_EQ(log_filter.size(), 36U) << "16 bytes of hex";
  EXPECT_NE(log_filter, block_filter);
  EXPECT_EQ(result("eth_getFilterChanges", "[" + log_filter + "]"), "[]");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + block_filter + "]"), "[]");
  add_block_with_log();
  backend.add_block({});
  EXPECT_EQ(places(result("eth_getFilterChanges", "[" + log_filter + "]")), "0x4:0x0 ");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + log_filter + "]"), "[]");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + block_filter + "]"),
            "[\"" + to_hex_prefixed(backend.blocks[4]->hash.view()) + "\",\"" +
                to_hex_prefixed(backend.blocks[5]->hash.view()) + "\"]");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + block_filter + "]"), "[]");
  EXPECT_EQ(result("eth_getFilterLogs", "[" + block_filter + "]"),
            "error -32000: filter not found");
  EXPECT_EQ(result("eth_uninstallFilter", "[" + log_filter + "]"), "true");
  EXPECT_EQ(result("eth_uninstallFilter", "[" + log_filter + "]"), "false");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + log_filter + "]"),
            "error -32000: filter not found");
}

TEST_F(FiltersTest, answer_all_logs_of_a_filter) {
  const std::string id = result("eth_newFilter", R"([{"fromBlock":"0x1","toBlock":"0x2"}])");
  EXPECT_EQ(places(result("eth_getFilterLogs", "[" + id + "]")), "0x1:0x0 0x2:0x0 0x2:0x1 ");
  add_block_with_log();
  EXPECT_EQ(result("eth_getFilterChanges", "[" + id + "]"), "[]") << "beyond its range";
  EXPECT_THAT(result("eth_newFilter", R"([{"fromBlock":"0x2","toBlock":"0x1"}])"),
              HasSubstr("invalid block range"));
}

TEST_F(FiltersTest, tell_what_entered_the_pool) {
  FilterTable table(backend);
  const std::string hashes = *table.add(FilterTable::Kind::PendingHashes);
  const std::string txns = *table.add(FilterTable::Kind::PendingTxns);
  const auto unquoted = [](const std::string& id) { return id.substr(1, id.size() - 2); };
  const primitives::TxnHash hash = backend.pending[0]->hash;
  table.on_pending(hash);
  table.on_pending(retag<primitives::TxnHash>(topic(1)));
  EXPECT_EQ(*table.changes(unquoted(hashes)),
            "[\"" + to_hex_prefixed(hash.view()) + "\"," + text_of(topic(1)) + "]");
  EXPECT_EQ(*table.changes(unquoted(hashes)), "[]");
  const auto whole = boost::json::parse(*table.changes(unquoted(txns))).as_array();
  ASSERT_EQ(whole.size(), 1U) << "one has left the pool";
  EXPECT_EQ(whole[0].at("nonce"), "0x3");
}

TEST_F(FiltersTest, forget_the_oldest_of_the_pool) {
  FilterTable table(backend);
  const std::string quoted = *table.add(FilterTable::Kind::PendingHashes);
  const std::string id = quoted.substr(1, quoted.size() - 2);
  for (std::size_t i = 0; i < FilterTable::kPendingMax + 5; ++i)
    table.on_pending(retag<primitives::TxnHash>(U256{i}.to_fixed<Hash256>()));
  const auto first = boost::json::parse(*table.changes(id)).as_array();
  ASSERT_EQ(first.size(), FilterTable::kHashesMax);
  EXPECT_EQ(first[0].as_string(), to_hex_prefixed(U256{5}.to_fixed<Hash256>().view()));
  const auto second = boost::json::parse(*table.changes(id)).as_array();
  EXPECT_EQ(second[0].as_string(),
            to_hex_prefixed(U256{5 + FilterTable::kHashesMax}.to_fixed<Hash256>().view()));
}

TEST_F(FiltersTest, die_when_nobody_asks_and_are_bounded) {
  FilterTable table(backend, [] { return test_time; });
  const std::string quoted = *table.add(FilterTable::Kind::Blocks);
  const std::string id = quoted.substr(1, quoted.size() - 2);
  test_time += std::chrono::minutes(4);
  EXPECT_TRUE(table.changes(id).has_value());
  test_time += std::chrono::minutes(4);
  EXPECT_TRUE(table.changes(id).has_value());
  test_time += std::chrono::minutes(5);
  EXPECT_FALSE(table.changes(id).has_value());
  EXPECT_EQ(table.size(), 0U);
  for (std::size_t i = 0; i < FilterTable::kFiltersMax; ++i)
    EXPECT_TRUE(table.add(FilterTable::Kind::Blocks).has_value());
  EXPECT_EQ(table.add(FilterTable::Kind::Blocks).error().message, "too many filters");
}

TEST_F(FiltersTest, pending_filters_are_methods_too) {
  const std::string id = result("eth_newPendingTransactionFilter", "[true]");
  EXPECT_EQ(result("eth_getFilterChanges", "[" + id + "]"), "[]");
  EXPECT_EQ(result("eth_newPendingTransactionFilter").size(), 36U);
  EXPECT_THAT(result("eth_newPendingTransactionFilter", "[1]"), HasSubstr("want a boolean"));
}

}  // namespace
}  // namespace ol::rpc::test
