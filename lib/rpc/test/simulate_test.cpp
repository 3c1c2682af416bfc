// eth_simulateV1: how it is asked and answered. What simulated blocks do is the backend's.
#include <gmock/gmock.h>

#include "rpc_fixture.hpp"

namespace ol::rpc::test {
namespace {

using ::testing::HasSubstr;

class SimulateTest : public RpcTest {
 protected:
  std::string simulate(const std::string& blocks, const std::string& more = "") {
    return result("eth_simulateV1", "[{\"blockStateCalls\":[" + blocks + "]" + more + "}]");
  }
};

const std::string kCall = R"({"to":"0xc0de00000000000000000000000000000000c0de","gas":"0x5208"})";

TEST_F(SimulateTest, numbers_blocks_and_fills_gaps) {
  const auto answer = boost::json::parse(
      simulate(R"({"calls":[)" + kCall + R"(]},{"blockOverrides":{"number":"0x7"}})"));
  // The head is block 3.
  const auto& request = backend.simulate_request;
  EXPECT_EQ(request.number, 3U);
  EXPECT_EQ(request.gas_max, 50'000'000U);
  EXPECT_FALSE(request.validation);
  EXPECT_FALSE(request.trace_transfers);
  ASSERT_EQ(request.blocks.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(request.blocks[i].block.number, 4 + i);
    EXPECT_EQ(request.blocks[i].block.time, backend.head()->header.timestamp + 1 + i);
  }
  EXPECT_EQ(request.blocks[0].calls.size(), 1U);
  EXPECT_EQ(request.blocks[0].calls[0].gas, 21'000U);
  ASSERT_EQ(answer.as_array().size(), 4U);
  EXPECT_EQ(answer.at(0).at("number").as_string(), "0x4");
  EXPECT_EQ(answer.at(0).at("calls").as_array().size(), 1U);
  EXPECT_EQ(answer.at(3).at("calls").as_array().size(), 0U);
}

TEST_F(SimulateTest, reads_what_is_asked_for) {
  const std::string block =
      R"({"stateOverrides":{"0x00000000000000000000000000000000000000aa":{"balance":"0x5"}},)"
      R"("blockOverrides":{"time":"0xffffffffff","gasLimit":"0x9"},)"
      R"("calls":[{"nonce":"0x7","gasPrice":"0x1"}]})";
  const auto answer = boost::json::parse(
      simulate(block, R"(,"validation":true,"traceTransfers":true,"returnFullTransactions":true)"));
  const auto& request = backend.simulate_request;
  EXPECT_TRUE(request.validation);
  EXPECT_TRUE(request.trace_transfers);
  ASSERT_EQ(request.blocks.size(), 1U);
  EXPECT_EQ(request.blocks[0].block.gas_limit, 9U);
  EXPECT_EQ(request.blocks[0].block.time, 0xffffffffffU);
  EXPECT_EQ(request.blocks[0].state.size(), 1U);
  EXPECT_EQ(request.blocks[0].calls[0].nonce, 7U);
  EXPECT_TRUE(request.blocks[0].calls[0].has_gas_price);
  EXPECT_TRUE(answer.at(0).at("transactions").at(0).is_object()) << "whole transactions";
}

TEST_F(SimulateTest, tells_how_calls_ended) {
  SimulatedCallResult good;
  good.result.success = true;
  good.result.output = {0x12};
  good.result.gas_used = 100;
  good.gas_used_max = 120;
  good.logs.resize(2);
  SimulatedCallResult reverted;
  reverted.result.reverted = true;
  reverted.result.error = "execution reverted";
  reverted.result.reason = "no";
  reverted.result.output = {0x34};
  SimulatedCallResult failed;
  failed.result.error = "out of gas";
  SimulatedCallResult last = good;
  backend.simulated = {good, reverted, failed, last};
  const auto answer = boost::json::parse(
      simulate(R"({"calls":[)" + kCall + "," + kCall + "," + kCall + "," + kCall + "]}"));
  const auto& block = answer.at(0);
  EXPECT_TRUE(block.at("transactions").at(0).is_string()) << "hashes";
  const auto& calls = block.at("calls");
  EXPECT_EQ(calls.at(0).at("returnData"), "0x12");
  EXPECT_EQ(calls.at(0).at("status"), "0x1");
  EXPECT_EQ(calls.at(0).at("gasUsed"), "0x64");
  EXPECT_EQ(calls.at(0).at("maxUsedGas"), "0x78");
  EXPECT_EQ(calls.at(0).at("logs").at(1).at("logIndex"), "0x1");
  EXPECT_EQ(calls.at(0).at("logs").at(1).at("blockHash"), block.at("hash"));
  EXPECT_EQ(calls.at(0).at("logs").at(1).at("transactionHash"), block.at("transactions").at(0));
  EXPECT_FALSE(calls.at(0).as_object().contains("error"));
  EXPECT_EQ(boost::json::serialize(calls.at(1).at("error")),
            R"({"code":3,"message":"execution reverted: no","data":"0x34"})");
  EXPECT_EQ(calls.at(1).at("returnData"), "0x");
  EXPECT_EQ(calls.at(1).at("status"), "0x0");
  EXPECT_EQ(boost::json::serialize(calls.at(2).at("error")),
            R"({"code":-32015,"message":"out of gas"})");
  EXPECT_EQ(calls.at(3).at("logs").at(0).at("logIndex"), "0x2") << "counted in the block";
}

TEST_F(SimulateTest, refuses_what_cannot_be) {
  EXPECT_EQ(result("eth_simulateV1", "[{}]"),
            "error -32602: invalid argument 0: blockStateCalls: want an array");
  EXPECT_EQ(simulate(""), "error -32602: empty input");
  EXPECT_EQ(simulate("1"), "error -32602: invalid argument 0: blockStateCalls: want objects");
  EXPECT_EQ(simulate(R"({"calls":[1]})"), "error -32602: invalid argument 0: calls: want objects");
  EXPECT_EQ(simulate(R"({"calls":{}})"), "error -32602: invalid argument 0: calls: want an array");
  EXPECT_EQ(simulate(R"({"blockOverrides":{"number":"0x3"}})"),
            "error -38020: block numbers must be in order: 3 <= 3");
  EXPECT_THAT(simulate(R"({"blockOverrides":{"time":"0x1"}})"),
              HasSubstr("error -38021: block timestamps must be in order: 1 <= "));
  EXPECT_THAT(simulate(R"({"blockOverrides":{"number":"0x103"}})"), HasSubstr("\"0x103\""))
      << "block 259 is the last";
  EXPECT_EQ(simulate(R"({"blockOverrides":{"number":"0x104"}})"), "error -38026: too many blocks");
  EXPECT_THAT(result("eth_simulateV1", R"([{"blockStateCalls":[{}]},"0x9"])"),
              HasSubstr("header not found"));
}

}  // namespace
}  // namespace ol::rpc::test
