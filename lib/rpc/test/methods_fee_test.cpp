#include "fee_history.hpp"
#include "fee_oracle.hpp"
#include "rpc_fixture.hpp"

namespace ol::rpc::test {
namespace {

constexpr const char* kTo = R"("to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8")";
constexpr const char* kFrom = R"("from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")";

class FeeTest : public RpcTest {
 protected:
  std::string estimate(const std::string& fields) {
    return result("eth_estimateGas", "[{" + fields + "}]");
  }
  std::string with(const std::string& fields) {
    return estimate(std::string(kFrom) + "," + kTo + fields);
  }
};

TEST_F(FeeTest, suggests_what_recent_blocks_paid) {
  // Tips: floor for blocks 0 and 3; 1.125 gwei; 1500 wei and 3.23 gwei. The 60th percentile of
  // five.
  EXPECT_EQ(result("eth_maxPriorityFeePerGas"), "\"0x5dc\"");
  // Base fee of the next block, 586568129, and the tip.
  EXPECT_EQ(result("eth_gasPrice"), "\"0x22f6579d\"");
  EXPECT_EQ(result("eth_gasPrice", "[1]"), "error -32602: too many arguments, want at most 0");
}

TEST_F(FeeTest, suggests_the_floor_when_blocks_are_empty) {
  for (int i = 0; i < 20; ++i)
    backend.add_block({});
  EXPECT_EQ(FeeOracle(backend).suggest_priority_fee(), U256(1'000));
}

TEST_F(FeeTest, follows_the_head_and_ignores_tips_of_the_proposer_and_of_nothing) {
  FeeOracle oracle(backend);
  EXPECT_EQ(oracle.suggest_priority_fee(), U256(1'500));
  const auto tip = [&](std::uint64_t nonce, std::uint64_t wei) {
    return FakeBackend::signed_transfer({.nonce = nonce,
                                         .tip = wei,
                                         .fee_cap = 2'000'000'000,
                                         .value = 1,
                                         .access_list = {},
                                         .data = {}});
  };
  for (std::uint64_t i = 0; i < 20; ++i) {
    backend.add_block({tip(4 * i, 9'000), tip(4 * i + 1, 7'000), tip(4 * i + 2, 8'000),
                       tip(4 * i + 3, 1), tip(4 * i + 4, 99'000)});
  }
  // Of each block 7000, 8000 and 9000; the tip of 1 wei is ignored, that of 99000 is not among the
  // three lowest.
  EXPECT_EQ(oracle.suggest_priority_fee(), U256(8'000));
  auto own = std::make_shared<BlockRecord>(*backend.blocks.back());
  own->header.coinbase = FakeBackend::alice();
  for (auto& block : backend.blocks)
    block = own;
  EXPECT_EQ(FeeOracle(backend).suggest_priority_fee(), U256(1'000));
}

TEST_F(FeeTest, caps_its_suggestion_at_500_gwei) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    backend.add_block({FakeBackend::signed_transfer({.nonce = i,
                                                     .tip = 900'000'000'000,
                                                     .fee_cap = 2'000'000'000'000,
                                                     .value = 1,
                                                     .access_list = {},
                                                     .data = {}})});
  }
  EXPECT_EQ(FeeOracle(backend).suggest_priority_fee(), U256(500'000'000'000));
}

TEST_F(FeeTest, shows_fee_history_with_one_more_price_than_blocks) {
  EXPECT_EQ(json("eth_feeHistory", R"(["0x2","0x2",[0,50,100]])"), boost::json::parse(R"({
      "oldestBlock":"0x1",
      "reward":[["0x430e2340","0x430e2340","0x430e2340"],["0x5dc","0xc0c64f33","0xc0c64f33"]],
      "baseFeePerGas":["0x342770c0","0x2da4d8cd","0x27f4efb7"],
      "gasUsedRatio":[0.0007,0.0016073333333333332],
      "baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0,0]})"));
}

TEST_F(FeeTest, leaves_rewards_out_when_not_asked_for_and_zero_in_empty_blocks) {
  EXPECT_EQ(json("eth_feeHistory", R"([1,"latest",[]])"),
            boost::json::parse(R"({"oldestBlock":"0x3","baseFeePerGas":["0x27f4efb7","0x22f651c1"],
      "gasUsedRatio":[0],"baseFeePerBlobGas":["0x1","0x1"],"blobGasUsedRatio":[0]})"));
  EXPECT_EQ(json("eth_feeHistory", R"(["1","latest",[5]])").at("reward"),
            boost::json::parse(R"([["0x0"]])"));
}

TEST_F(FeeTest, bounds_fee_history_by_genesis_and_treats_pending_as_unpriced) {
  EXPECT_EQ(json("eth_feeHistory", R"([1000000,"latest"])").at("oldestBlock"), "0x0");
  EXPECT_EQ(json("eth_feeHistory", R"([2,"pending"])").at("oldestBlock"), "0x3");
  EXPECT_EQ(json("eth_feeHistory", R"([1,"earliest"])").at("oldestBlock"), "0x0");
  EXPECT_EQ(result("eth_feeHistory", R"([0,"latest"])"),
            R"({"oldestBlock":"0x0","gasUsedRatio":null})");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"pending"])"),
            R"({"oldestBlock":"0x0","gasUsedRatio":null})");
}

TEST_F(FeeTest, refuses_fee_history_it_cannot_answer) {
  EXPECT_EQ(result("eth_feeHistory", R"([1,"0x4"])"),
            "error -32000: request beyond head block: requested 4, head 3");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"latest",[101]])"),
            "error -32000: invalid reward percentile: 101.000000");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"latest",[-1]])"),
            "error -32000: invalid reward percentile: -1.000000");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"latest",[50,50]])"),
            "error -32000: invalid reward percentile: #0:50.000000 >= #1:50.000000");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"latest",["50"]])"),
            "error -32602: invalid argument 2: want an array of numbers");
  EXPECT_EQ(result("eth_feeHistory", R"([1,"latest",50])"),
            "error -32602: invalid argument 2: want an array of numbers");
  EXPECT_EQ(result("eth_feeHistory", R"(["x","latest"])"),
            "error -32602: invalid argument 0: invalid number");
  EXPECT_EQ(result("eth_feeHistory", R"([{},"latest"])"),
            "error -32602: invalid argument 0: want a number, found an object");
  EXPECT_EQ(result("eth_feeHistory", R"([-1,"latest"])"),
            "error -32602: invalid argument 0: invalid number");
  backend.blocks[1] = nullptr;
  EXPECT_EQ(result("eth_feeHistory", R"([4,"latest"])"), "error -32000: block 1 is not available");
}

TEST_F(FeeTest, takes_up_to_100_percentiles) {
  std::vector<double> percentiles;
  for (int i = 0; i < 100; ++i)
    percentiles.push_back(i);
  EXPECT_TRUE(check_percentiles(percentiles).has_value());
  percentiles.push_back(100);
  EXPECT_EQ(check_percentiles(percentiles).error().message, "over the query limit 100");
}

TEST_F(FeeTest, estimates_transfers_exactly) {
  EXPECT_EQ(with(""), "\"0x5208\"");
  EXPECT_EQ(with(R"(,"value":"0x1","gas":"0x5208","nonce":"0x0","chainId":"0x1e61")"),
            "\"0x5208\"");
  // One byte: 16 or 4 of gas, and a floor of 40 or 10 (EIP-7623).
  EXPECT_EQ(with(R"(,"data":"0xff")"), "\"0x5230\"");
  EXPECT_EQ(with(R"(,"input":"0x00")"), "\"0x5212\"");
  EXPECT_EQ(with(R"(,"input":"0x00ff","data":"0x00FF")"), "\"0x523a\"");
  // 2400 for the address and 1900 for the key outweigh the floor.
  EXPECT_EQ(with(R"(,"accessList":[{"address":"0x00000000000000000000000000000000000000aa",
                     "storageKeys":["0x00000000000000000000000000000000000000000000000000000000000000aa"]}])"),
            "\"0x62d4\"");
  EXPECT_EQ(with(R"(,"accessList":[{"address":"0x00000000000000000000000000000000000000aa"}])"),
            "\"0x5b68\"");
}

TEST_F(FeeTest, refuses_estimates_the_sender_cannot_pay) {
  EXPECT_EQ(with(R"(,"value":"0x56bc75e2d63100000")"), "\"0x5208\"");
  EXPECT_EQ(with(R"(,"value":"0x56bc75e2d63100001")"),
            "error -32000: failed with 21000 gas: insufficient funds for gas * price + value");
  EXPECT_EQ(with(R"(,"value":"0x56bc75e2d63100001","gasPrice":"0x1")"),
            "error -32000: insufficient funds for transfer");
  EXPECT_EQ(estimate(std::string(kTo) + R"(,"value":"0x1")"),
            "error -32000: failed with 21000 gas: insufficient funds for gas * price + value");
  // As geth has it, less gas than any transaction needs is no limit.
  EXPECT_EQ(with(R"(,"gas":"0x5207")"), "\"0x5208\"");
  EXPECT_EQ(with(R"(,"value":"0x56bc75e2d630fffff","gasPrice":"0x1")"),
            "error -32000: gas required exceeds allowance (1)");
  // 100 ether at 100 ether / 21000 a gas: 21000 exactly.
  EXPECT_EQ(with(R"(,"maxFeePerGas":"0x10eaed59c99e79","maxPriorityFeePerGas":"0x1")"),
            "\"0x5208\"");
  EXPECT_EQ(with(R"(,"maxFeePerGas":"0x10eaed59c99e7a")"),
            "error -32000: gas required exceeds allowance (20999)");
}

TEST_F(FeeTest, calls_accounts_without_code_for_nothing) {
  EXPECT_EQ(result("eth_call", "[{" + std::string(kTo) + R"(,"data":"0x12345678"},"latest"])"),
            "\"0x\"");
  EXPECT_EQ(result("eth_call", "[{" + std::string(kTo) + "}]"), "\"0x\"");
  EXPECT_EQ(result("eth_call", "[{" + std::string(kTo) + R"(},"0x9"])"),
            "error -32000: header not found");
}

TEST_F(FeeTest, refuses_malformed_transaction_objects) {
  const std::string start = "error -32602: invalid argument 0: ";
  EXPECT_EQ(result("eth_estimateGas", R"(["0x"])"), start + "want a transaction object");
  EXPECT_EQ(with(R"(,"gas":5)"), start + "gas: want hex, found a number");
  EXPECT_EQ(with(R"(,"value":"0x00")"), start + "value: hex number with leading zero digits");
  EXPECT_EQ(with(R"(,"value":"0x1)" + std::string(64, '0') + "\""),
            start + "value: hex number > 256 bits");
  EXPECT_EQ(estimate(R"("to":"0x12")"),
            start + "to: hex string has length 2, want 40 for an address");
  EXPECT_EQ(with(R"(,"data":"0x00","input":"0x01")"),
            start + "both \"data\" and \"input\" are set and not equal");
  EXPECT_EQ(with(R"(,"gasPrice":"0x1","maxFeePerGas":"0x1")"),
            start + "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
  EXPECT_EQ(with(R"(,"accessList":{})"), start + "accessList is not an array");
  EXPECT_EQ(with(R"(,"accessList":[1])"), start + "accessList: an entry is not an object");
  EXPECT_EQ(with(R"(,"accessList":[{}])"), start + "accessList: an entry has no address");
  const std::string entry =
      R"(,"accessList":[{"address":"0x00000000000000000000000000000000000000aa","storageKeys":)";
  EXPECT_EQ(with(entry + "{}}]"), start + "accessList: storageKeys is not an array");
  EXPECT_EQ(with(entry + "[\"0x1\"]}]"), start + "accessList: hex string of odd length");
}

}  // namespace
}  // namespace ol::rpc::test
