// Every method against the chain in memory. Hashes and signatures below were checked with ethers:
// it recomputes the block hash from the fields and recovers the senders.
#include <ol/base/hex.hpp>

#include "rpc_fixture.hpp"

namespace ol::rpc::test {
namespace {

const std::string kAlice = "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"";
const std::string kBob = "\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\"";
const std::string kContract = "\"0xc0de00000000000000000000000000000000c0de\"";
const std::string kStranger = "\"0x00000000000000000000000000000000000000aa\"";
const std::string kBlock2 =
    "\"0xf38c0aa081ba5d3e421da9c80d0853b749dd5112a5c5381c3805c0ba0dfdad03\"";
const std::string kTypeOne =
    "\"0x1818a8133a98afaf9bf2dc2c9f7831d8c9863a9603c8c04f15b70e6ca4cb9af5\"";
const std::string kTypeTwo =
    "\"0x07d06d3cb3ec9e5ba27de4749a3f904ea671e847dcc57de0a3da19d93bbd8422\"";
const std::string kNoHash =
    "\"0x00000000000000000000000000000000000000000000000000000000000000aa\"";
const std::string kBloom = "0x" + std::string(512, '0');

std::string repeat(const char* byte) {
  std::string out = "0x";
  for (int i = 0; i < 32; ++i)
    out += byte;
  return out;
}

boost::json::object type_two_json() {
  return boost::json::parse(R"({"blockHash":)" + kBlock2 +
                            R"(,"blockNumber":"0x2","transactionIndex":"0x1",
      "from":)" + kAlice + R"(,"gas":"0xc350","gasPrice":"0x2da4dea9","maxFeePerGas":"0xb2d05e00",
      "maxPriorityFeePerGas":"0x5dc","hash":)" +
                            kTypeTwo + R"(,"input":"0x00ff","nonce":"0x2",
      "to":)" + kBob + R"(,"value":"0x1bc16d674ec80000","type":"0x2","accessList":[],
      "chainId":"0x1e61","v":"0x1","yParity":"0x1",
      "r":"0x207d43acddd24262b8c8e668c4bc566ab7e54f416b32da2c54f5c8ae50ce97ce",
      "s":"0x4156fbd070e530729053a0e014d3ac9a2b67e2b070a8d6662bb9796de28071e9"})")
      .as_object();
}

boost::json::object block_two_json() {
  return boost::json::parse(R"({"number":"0x2","hash":)" + kBlock2 + R"(,
      "parentHash":"0x90095b85de9d0cc287b249475d5e5dea05430ae3c1f9401aee0840c22ae0fcff",
      "nonce":"0x0000000000000000","mixHash":")" +
                            repeat("0a") + R"(",
      "sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
      "logsBloom":")" + kBloom +
                            R"(","stateRoot":")" + repeat("51") + R"(",
      "miner":"0x00000000000000000000000000000000000000c0","difficulty":"0x0",
      "extraData":")" + repeat("ee") +
                            R"(","gasLimit":"0x1c9c380","gasUsed":"0xbc5c",
      "timestamp":"0x6553f102","transactionsRoot":")" +
                            repeat("71") + R"(",
      "receiptsRoot":")" + repeat("4e") +
                            R"(","baseFeePerGas":"0x2da4d8cd",
      "withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
      "blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":")" +
                            repeat("00") + R"(",
      "requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "size":"0x3cd","uncles":[],"withdrawals":[],
      "transactions":[)" + kTypeOne +
                            "," + kTypeTwo + "]}")
      .as_object();
}

TEST_F(RpcTest, describes_the_node) {
  EXPECT_EQ(result("web3_clientVersion"), "\"openliquid/fake\"");
  EXPECT_EQ(result("net_version"), "\"7777\"");
  EXPECT_EQ(result("net_listening"), "true");
  EXPECT_EQ(result("net_peerCount"), "\"0x3\"");
  EXPECT_EQ(result("eth_chainId"), "\"0x1e61\"");
  EXPECT_EQ(result("eth_blockNumber"), "\"0x3\"");
  EXPECT_EQ(result("eth_accounts"), "[]");
  EXPECT_EQ(result("eth_chainId", "[1]"), "error -32602: too many arguments, want at most 0");
}

TEST_F(RpcTest, hashes_with_keccak) {
  EXPECT_EQ(result("web3_sha3", R"(["0x68656c6c6f20776f726c64"])"),
            "\"0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad\"");
  EXPECT_EQ(result("web3_sha3", R"(["0x"])"),
            "\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"");
}

TEST_F(RpcTest, says_whether_it_syncs) {
  EXPECT_EQ(result("eth_syncing"), "false");
  backend.sync = SyncStatus{1, 2, 300};
  EXPECT_EQ(result("eth_syncing"),
            R"({"startingBlock":"0x1","currentBlock":"0x2","highestBlock":"0x12c"})");
}

TEST_F(RpcTest, shows_consensus_in_ol_status) {
  const auto expected = boost::json::parse(
      R"({"chainId":7777,"chainName":"fake","profile":"openliquid","version":"openliquid/fake",
      "height":3,"blockHash":")" +
      repeat("b1") + R"(",
      "evmBlockHash":"0x3fbe1d864fd603465eac325e2a70bb0fb0e14b30f7848f7a059b04089c59a1d5",
      "committedTimeMs":1700000003000,"finalityMs":250,"epoch":0,"view":12,"leader":2,"validator":1,"syncing":false,
      "peers":[{"id":"12D3KooWfake","address":"10.0.0.2:9000","direction":"inbound","validator":2},
               {"id":"12D3KooWseed","address":"seed:1","direction":"outbound","validator":null}],
      "validators":[{"index":0,"name":"node0","weight":1,"feeRecipient":)" +
      kBob + R"(}],
      "budgets":{"totalWeight":4,"quorumWeight":3,"byzantineWeight":1,"crashWeight":1}})");
  EXPECT_EQ(json("ol_status"), expected);
}

TEST_F(RpcTest, reads_balances_at_every_way_to_name_a_block) {
  for (const std::string block :
       {"\"latest\"", "\"safe\"", "\"finalized\"", "\"pending\"", "\"earliest\"", "\"0x0\"",
        "\"0x3\"", R"({"blockNumber":"0x1"})", R"({"blockNumber":"latest"})", R"({"blockHash":)",
        R"({"requireCanonical":true,"blockHash":)", ""}) {
    std::string ref = block.empty() ? kBlock2 : block;
    if (ref.ends_with(':')) ref += kBlock2 + "}";
    EXPECT_EQ(result("eth_getBalance", "[" + kAlice + "," + ref + "]"), "\"0x56bc75e2d63100000\"")
        << ref;
  }
  EXPECT_EQ(result("eth_getBalance", "[" + kStranger + R"(,"latest"])"), "\"0x0\"");
}

TEST_F(RpcTest, refuses_blocks_it_cannot_read_or_does_not_have) {
  const auto balance = [&](const std::string& ref) {
    return result("eth_getBalance", "[" + kAlice + ref + "]");
  };
  EXPECT_EQ(balance(""), "error -32602: missing value for required argument 1");
  EXPECT_EQ(balance(",\"0x4\""), "error -32000: header not found");
  EXPECT_EQ(balance("," + kNoHash), "error -32000: header for hash not found");
  EXPECT_EQ(balance(",\"newest\""),
            "error -32602: invalid argument 1: hex string without 0x prefix");
  EXPECT_EQ(balance(",\"0x8000000000000000\""),
            "error -32602: invalid argument 1: block number larger than int64");
  EXPECT_EQ(balance(",3"),
            "error -32602: invalid argument 1: want a block number, tag, hash or object, found a "
            "number");
  EXPECT_EQ(
      balance(",{}"),
      "error -32602: invalid argument 1: invalid arguments; neither block nor hash specified");
  EXPECT_EQ(balance(R"(,{"blockNumber":"0x1","blockHash":)" + kBlock2 + "}"),
            "error -32602: invalid argument 1: cannot specify both BlockHash and BlockNumber, "
            "choose one or the other");
  EXPECT_EQ(balance(R"(,{"blockNumber":"0x1","requireCanonical":1})"),
            "error -32602: invalid argument 1: requireCanonical is not a boolean");
  EXPECT_EQ(balance(R"(,{"blockHash":"0x12"})"),
            "error -32602: invalid argument 1: hex string has length 2, want 64 for block hash");
  backend.oldest_state = 2;
  EXPECT_EQ(balance(",\"0x1\""), "error -32000: historical state of block 1 is not available");
  EXPECT_EQ(balance(",\"0x2\""), "\"0x56bc75e2d63100000\"");
}

TEST_F(RpcTest, counts_the_pool_in_the_pending_nonce_only) {
  EXPECT_EQ(result("eth_getTransactionCount", "[" + kAlice + R"(,"latest"])"), "\"0x3\"");
  EXPECT_EQ(result("eth_getTransactionCount", "[" + kAlice + R"(,"0x1"])"), "\"0x1\"");
  EXPECT_EQ(result("eth_getTransactionCount", "[" + kAlice + R"(,"pending"])"), "\"0x4\"");
}

TEST_F(RpcTest, reads_code_and_storage) {
  EXPECT_EQ(result("eth_getCode", "[" + kAlice + R"(,"latest"])"), "\"0x\"");
  EXPECT_EQ(result("eth_getCode", "[" + kContract + R"(,"latest"])"), "\"0x6000\"");
  const auto storage = [&](const std::string& who, const std::string& slot,
                           const std::string& block = "latest") {
    return result("eth_getStorageAt", "[" + who + ",\"" + slot + "\",\"" + block + "\"]");
  };
  EXPECT_EQ(storage(kBob, "0x0"), '"' + repeat("00") + '"');
  EXPECT_EQ(storage(kContract, "0xabc"),
            "\"0x0000000000000000000000000000000000000000000000000000000000000abc\"");
  EXPECT_EQ(storage(kContract, "0x"), '"' + repeat("00") + '"');
  EXPECT_EQ(storage(kContract, repeat("ff")), '"' + repeat("ff") + '"');
  EXPECT_EQ(storage(kBob, "12"), "error -32602: invalid argument 1: hex string without 0x prefix");
  EXPECT_EQ(storage(kBob, "0xg"), "error -32602: invalid argument 1: invalid hex string");
  EXPECT_EQ(storage(kBob, "0x0x1"), "error -32602: invalid argument 1: invalid hex string");
  EXPECT_EQ(storage(kBob, repeat("ff") + "0"),
            "error -32602: invalid argument 1: storage key longer than 32 bytes");
  EXPECT_EQ(storage(kBob, "0x0", "0x9"), "error -32000: header not found");
  backend.oldest_state = 3;
  EXPECT_EQ(storage(kBob, "0x0", "0x1"),
            "error -32000: historical state of block 1 is not available");
}

TEST_F(RpcTest, shows_a_block_with_every_field_geth_prints) {
  EXPECT_EQ(json("eth_getBlockByNumber", R"(["0x2",false])"), block_two_json());
  EXPECT_EQ(json("eth_getBlockByHash", "[" + kBlock2 + ",false]"), block_two_json());
}

TEST_F(RpcTest, shows_whole_transactions_on_request) {
  const auto block = json("eth_getBlockByNumber", R"(["0x2",true])").as_object();
  const auto& txns = block.at("transactions").as_array();
  ASSERT_EQ(txns.size(), 2U);
  EXPECT_EQ(txns[1], type_two_json());
  EXPECT_EQ(txns[0].at("accessList").as_array()[0].at("storageKeys").as_array()[1],
            boost::json::value(repeat("02")));
}

TEST_F(RpcTest, finds_blocks_by_tag) {
  for (const char* tag : {"latest", "safe", "finalized"}) {
    EXPECT_EQ(json("eth_getBlockByNumber", "[\"" + std::string(tag) + "\",false]").at("number"),
              "0x3");
  }
  EXPECT_EQ(json("eth_getBlockByNumber", R"(["earliest",false])").at("number"), "0x0");
}

TEST_F(RpcTest, shows_the_pending_block_without_what_is_not_known_yet) {
  const auto block = json("eth_getBlockByNumber", R"(["pending",true])").as_object();
  EXPECT_EQ(block.at("number"), "0x4");
  for (const char* unknown : {"hash", "nonce", "miner"})
    EXPECT_TRUE(block.at(unknown).is_null());
  const auto& txn = block.at("transactions").as_array().at(0);
  EXPECT_TRUE(txn.at("blockHash").is_null());
  EXPECT_TRUE(txn.at("transactionIndex").is_null());
  EXPECT_EQ(txn.at("gasPrice"), "0x3b9aca00");
  backend.builds_pending = false;
  EXPECT_EQ(result("eth_getBlockByNumber", R"(["pending",true])"), "null");
}

TEST_F(RpcTest, answers_null_for_blocks_it_does_not_have) {
  EXPECT_EQ(result("eth_getBlockByNumber", R"(["0x4",false])"), "null");
  EXPECT_EQ(result("eth_getBlockByHash", "[" + kNoHash + ",false]"), "null");
  EXPECT_EQ(result("eth_getBlockTransactionCountByNumber", R"(["0x4"])"), "null");
  EXPECT_EQ(result("eth_getBlockTransactionCountByHash", "[" + kNoHash + "]"), "null");
  EXPECT_EQ(result("eth_getUncleCountByBlockNumber", R"(["0x4"])"), "null");
  EXPECT_EQ(result("eth_getUncleCountByBlockHash", "[" + kNoHash + "]"), "null");
  EXPECT_EQ(result("eth_getBlockReceipts", R"(["0x4"])"), "null");
  EXPECT_EQ(result("eth_getBlockReceipts", R"(["pending"])"), "null");
}

TEST_F(RpcTest, needs_both_arguments_of_a_block) {
  EXPECT_EQ(result("eth_getBlockByNumber", R"(["0x2"])"),
            "error -32602: missing value for required argument 1");
  EXPECT_EQ(result("eth_getBlockByNumber", R"(["0x2","yes"])"),
            "error -32602: invalid argument 1: want a boolean, found a string");
}

TEST_F(RpcTest, counts_transactions_and_uncles) {
  EXPECT_EQ(result("eth_getBlockTransactionCountByNumber", R"(["0x2"])"), "\"0x2\"");
  EXPECT_EQ(result("eth_getBlockTransactionCountByHash", "[" + kBlock2 + "]"), "\"0x2\"");
  EXPECT_EQ(result("eth_getBlockTransactionCountByNumber", R"(["pending"])"), "\"0x1\"");
  EXPECT_EQ(result("eth_getUncleCountByBlockNumber", R"(["0x2"])"), "\"0x0\"");
  EXPECT_EQ(result("eth_getUncleCountByBlockHash", "[" + kBlock2 + "]"), "\"0x0\"");
}

TEST_F(RpcTest, finds_transactions_by_hash_and_by_place) {
  EXPECT_EQ(json("eth_getTransactionByHash", "[" + kTypeTwo + "]"), type_two_json());
  EXPECT_EQ(json("eth_getTransactionByBlockNumberAndIndex", R"(["0x2","0x1"])"), type_two_json());
  EXPECT_EQ(json("eth_getTransactionByBlockHashAndIndex", "[" + kBlock2 + R"(,"0x1"])"),
            type_two_json());
  EXPECT_EQ(result("eth_getTransactionByHash", "[" + kNoHash + "]"), "null");
  EXPECT_EQ(result("eth_getTransactionByBlockNumberAndIndex", R"(["0x2","0x2"])"), "null");
  EXPECT_EQ(result("eth_getTransactionByBlockHashAndIndex", "[" + kNoHash + R"(,"0x0"])"), "null");
}

TEST_F(RpcTest, gives_legacy_transactions_an_eip155_v_and_no_typed_fields) {
  const auto txn = json("eth_getTransactionByBlockNumberAndIndex", R"(["0x1","0x0"])").as_object();
  EXPECT_EQ(txn.at("type"), "0x0");
  EXPECT_EQ(txn.at("gasPrice"), "0x77359400");
  const std::string v(txn.at("v").as_string());
  EXPECT_TRUE(v == "0x3ce5" || v == "0x3ce6") << v;  // 35 + 2 * 7777 + parity
  for (const char* field : {"yParity", "accessList", "maxFeePerGas", "maxPriorityFeePerGas"}) {
    EXPECT_FALSE(txn.contains(field)) << field;
  }
}

TEST_F(RpcTest, gives_transactions_from_before_eip155_a_v_of_27_or_28_and_no_chain) {
  TxnRecord record = FakeBackend::signed_transfer({.type = primitives::TxnType::Legacy,
                                                   .nonce = 3,
                                                   .tip = 1,
                                                   .fee_cap = 1,
                                                   .value = 1,
                                                   .access_list = {},
                                                   .data = {}});
  record.txn.chain_id.reset();
  record.txn.y_parity = 1;
  backend.add_block({record});
  const auto txn = json("eth_getTransactionByBlockNumberAndIndex", R"(["0x4","0x0"])").as_object();
  EXPECT_EQ(txn.at("v"), "0x1c");
  EXPECT_FALSE(txn.contains("chainId"));
}

TEST_F(RpcTest, shows_pool_transactions_with_their_highest_price) {
  const std::string hash = "\"" + to_hex_prefixed(backend.pending[0]->hash.view()) + "\"";
  const auto txn = json("eth_getTransactionByHash", "[" + hash + "]").as_object();
  EXPECT_TRUE(txn.at("blockNumber").is_null());
  EXPECT_EQ(txn.at("gasPrice"), "0x3b9aca00");
  EXPECT_EQ(json("eth_getTransactionByBlockNumberAndIndex", R"(["pending","0x0"])"), txn);
  EXPECT_EQ(result("eth_getRawTransactionByHash", "[" + hash + "]"),
            "\"" + to_hex_prefixed(backend.pending[0]->envelope) + "\"");
  EXPECT_EQ(result("eth_getTransactionReceipt", "[" + hash + "]"), "null");
}

TEST_F(RpcTest, returns_envelopes_as_they_came) {
  EXPECT_EQ(result("eth_getRawTransactionByHash", "[" + kTypeTwo + "]"),
            "\"" + to_hex_prefixed(backend.blocks[2]->txns[1].envelope) + "\"");
  EXPECT_EQ(result("eth_getRawTransactionByHash", "[" + kNoHash + "]"), "null");
}

boost::json::value type_two_receipt() {
  return boost::json::parse(R"({"blockHash":)" + kBlock2 +
                            R"(,"blockNumber":"0x2","transactionHash":)" + kTypeTwo + R"(,
      "transactionIndex":"0x1","from":)" +
                            kAlice + R"(,"to":)" + kBob + R"(,"gasUsed":"0x521c",
      "cumulativeGasUsed":"0xbc5c","contractAddress":null,"logs":[],"logsBloom":")" +
                            kBloom + R"(",
      "type":"0x2","effectiveGasPrice":"0x2da4dea9","status":"0x1"})");
}

TEST_F(RpcTest, shows_receipts_alone_and_by_block) {
  EXPECT_EQ(json("eth_getTransactionReceipt", "[" + kTypeTwo + "]"), type_two_receipt());
  for (const std::string& ref : {std::string("\"0x2\""), kBlock2}) {
    const auto receipts = json("eth_getBlockReceipts", "[" + ref + "]").as_array();
    ASSERT_EQ(receipts.size(), 2U);
    EXPECT_EQ(receipts[1], type_two_receipt());
  }
  EXPECT_EQ(result("eth_getBlockReceipts", R"(["latest"])"), "[]");
  EXPECT_EQ(result("eth_getTransactionReceipt", "[" + kNoHash + "]"), "null");
}

TEST_F(RpcTest, numbers_logs_through_the_block_and_names_created_contracts) {
  auto block = std::make_shared<BlockRecord>(*backend.blocks[2]);
  block->receipts[0].logs = {{FakeBackend::bob(), {}, {}}, {FakeBackend::bob(), {}, {}}};
  block->receipts[1].logs = {{FakeBackend::contract(), {Hash256{}}, {0x01}}};
  block->receipts[1].success = false;
  block->txns[1].txn.to.reset();
  block->txns[1].txn.nonce = 0;
  backend.blocks[2] = block;
  const auto receipt = json("eth_getTransactionReceipt", "[" + kTypeTwo + "]").as_object();
  EXPECT_EQ(receipt.at("status"), "0x0");
  EXPECT_TRUE(receipt.at("to").is_null());
  // The first contract that Foundry's and Hardhat's first account creates.
  EXPECT_EQ(receipt.at("contractAddress"), "0x5fbdb2315678afecb367f032d93f642f64180aa3");
  const auto expected = boost::json::parse(
      R"([{"address":)" + kContract + R"(,"topics":[")" + repeat("00") + R"("],"data":"0x01",
      "blockNumber":"0x2","transactionHash":)" +
      kTypeTwo + R"(,"transactionIndex":"0x1",
      "blockHash":)" +
      kBlock2 + R"(,"blockTimestamp":"0x6553f102","logIndex":"0x2","removed":false}])");
  EXPECT_EQ(receipt.at("logs"), expected);
  EXPECT_EQ(json("eth_getBlockReceipts", R"(["0x2"])").as_array()[1], receipt);
}

TEST_F(RpcTest, admits_a_raw_transaction_and_finds_it_in_the_pool) {
  const TxnRecord record = FakeBackend::signed_transfer(
      {.nonce = 4, .tip = 1, .fee_cap = 2'000'000'000, .value = 5, .access_list = {}, .data = {}});
  const std::string hash = "\"" + to_hex_prefixed(record.hash.view()) + "\"";
  EXPECT_EQ(result("eth_sendRawTransaction", "[\"" + to_hex_prefixed(record.envelope) + "\"]"),
            hash);
  EXPECT_EQ(json("eth_getTransactionByHash", "[" + hash + "]").at("nonce"), "0x4");
}

TEST_F(RpcTest, passes_on_why_a_transaction_was_not_admitted) {
  backend.submit_error = SubmitError{-32000, "nonce too low: next nonce 3, tx nonce 0"};
  EXPECT_EQ(result("eth_sendRawTransaction", R"(["0x02"])"),
            "error -32000: nonce too low: next nonce 3, tx nonce 0");
  EXPECT_EQ(result("eth_sendRawTransaction", R"(["02"])"),
            "error -32602: invalid argument 0: hex string without 0x prefix");
  EXPECT_EQ(result("eth_sendRawTransaction"),
            "error -32602: missing value for required argument 0");
}

TEST_F(RpcTest, shows_the_pool) {
  EXPECT_EQ(result("txpool_status"), R"({"pending":"0x1","queued":"0x1"})");
  const auto content = json("txpool_content").as_object();
  const std::string alice = kAlice.substr(1, kAlice.size() - 2);
  EXPECT_EQ(content.at("pending").at(alice).at("3").at("value"), "0x1");
  EXPECT_EQ(content.at("queued").at(alice).at("9").at("value"), "0x2");
  EXPECT_EQ(json("txpool_inspect").at("pending").at(alice).at("3"),
            "0x70997970c51812dc3a010c7d01b50e0d17dc79c8: 1 wei + 50000 gas × 1000000000 wei");
  EXPECT_EQ(json("txpool_contentFrom", "[" + kAlice + "]").at("queued").at("9").at("nonce"), "0x9");
  EXPECT_EQ(result("txpool_contentFrom", "[" + kBob + "]"), R"({"pending":{},"queued":{}})");
}

}  // namespace
}  // namespace ol::rpc::test
