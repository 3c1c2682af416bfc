// Calls, traces, proofs and logs, asked of a node by RPC. Contracts come as state overrides; what
// the chain does with deployed ones is e2e.contracts' to check.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

const std::string kThere = "\"0x00000000000000000000000000000000000000aa\"";
const std::string kCall = "{\"to\":" + kThere + "}";
const std::string kSlotZero = "\"0x" + std::string(64, '0') + "\"";
const std::string kFortyTwo = "\"0x" + std::string(62, '0') + "2a\"";

/// One node of four makes no blocks, so its chain is genesis.
class Calls : public ::testing::Test {
 protected:
  // Nothing here depends on how fast the machine is.
  Calls() {
    cluster_.change_config = [](NodeConfig& config) { config.rpc_call_timeout_ms = 600'000; };
  }
  void SetUp() override {
    const auto error = cluster_.start(0);
    ASSERT_FALSE(error) << error->message;
  }
  std::string ask(const std::string& method, const std::string& params) {
    return boost::json::serialize(cluster_.call(0, method, "[" + params + "]"));
  }
  /// Of code at kThere whose slot 0 holds 42.
  static std::string overrides(const std::string& code) {
    return "{" + kThere + R"(:{"code":"0x)" + code + R"(","stateDiff":{)" + kSlotZero + ":" +
           kFortyTwo + "}}}";
  }
  std::string call_code(const std::string& code) {
    return ask("eth_call", kCall + ",\"latest\"," + overrides(code));
  }
  Cluster cluster_{4};
};

TEST_F(Calls, run_with_overrides) {
  EXPECT_EQ(call_code("5f545f5260205ff3"), kFortyTwo) << "slot 0";
  EXPECT_EQ(ask("eth_call",
                kCall + ",\"latest\"," + overrides("435f5260205ff3") + R"(,{"number":"0x2a"})"),
            kFortyTwo)
      << "NUMBER";
  EXPECT_EQ(ask("eth_call", R"({"to":)" + kThere + R"(,"data":"0x1234"},"latest",)" +
                                R"({"0x0000000000000000000000000000000000000004":)" +
                                R"({"movePrecompileToAddress":)" + kThere + "}}"),
            "\"0x1234\"");
  EXPECT_EQ(ask("eth_estimateGas", kCall + ",\"latest\"," + overrides("5f545f5260205ff3")),
            "\"0x5a4b\"")
      << "21,000, a cold slot and 15 for the rest";
}

TEST_F(Calls, fail_in_geths_words) {
  EXPECT_NE(call_code("5f5ffd").find("execution reverted"), std::string::npos);
  EXPECT_NE(call_code("fe").find("invalid opcode: INVALID"), std::string::npos);
  EXPECT_NE(call_code("50").find("stack underflow (0 <=> 1)"), std::string::npos);
  EXPECT_NE(call_code("5b5f56").find("out of gas"), std::string::npos);
  EXPECT_NE(ask("eth_call", R"({"to":)" + kThere + R"(,"gas":"0x5000"},"latest")")
                .find("intrinsic gas too low"),
            std::string::npos);
  EXPECT_NE(ask("eth_call", kCall + R"(,"latest",{)" + kThere + R"(:{"movePrecompileToAddress":)" +
                                kThere + "}}")
                .find("is not a precompile"),
            std::string::npos);
  EXPECT_NE(ask("eth_call", kCall + ",\"0x9\"").find("header not found"), std::string::npos);
  // Init code that returns 1,024 bytes, which cost 204,800.
  EXPECT_NE(ask("eth_call", R"({"data":"0x6104005ff3","gas":"0x186a0"},"latest")")
                .find("contract creation code storage out of gas"),
            std::string::npos);
}

TEST_F(Calls, are_traced_and_listed) {
  const std::string code = R"({"stateOverrides":)" + overrides("5f545f5260205ff3");
  const std::string start = kCall + ",\"latest\"," + code;
  EXPECT_NE(ask("debug_traceCall", start + "}").find(R"("op":"SLOAD")"), std::string::npos);
  EXPECT_NE(ask("debug_traceCall", start + R"(,"tracer":"callTracer"})").find(kFortyTwo),
            std::string::npos);
  EXPECT_NE(ask("debug_traceCall", start + R"(,"tracer":"prestateTracer"})").find(kFortyTwo),
            std::string::npos);
  EXPECT_EQ(ask("debug_traceCall", start + R"(,"tracer":"4byteTracer"})"), "{}");
  EXPECT_EQ(ask("debug_traceCall", start + R"(,"tracer":"noopTracer"})"), "{}");
  const std::string both = ask(
      "debug_traceCall", start + R"(,"tracer":"muxTracer","tracerConfig":{"4byteTracer":null,)" +
                             R"("prestateTracer":{"disableCode":true}}})");
  EXPECT_NE(both.find(R"("4byteTracer":{})"), std::string::npos) << both;
  EXPECT_NE(both.find(kFortyTwo), std::string::npos) << both;
  EXPECT_EQ(both.find(R"("code")"), std::string::npos) << both;
  EXPECT_NE(
      ask("debug_traceCall", start + R"(,"txIndex":"0x0"})").find("no transaction in genesis"),
      std::string::npos);
  EXPECT_NE(ask("debug_traceCall", kCall + R"(,"latest",{"timeout":"0s","stateOverrides":)" +
                                       overrides("5b5f56") + "}")
                .find("execution timeout"),
            std::string::npos);
  EXPECT_NE(ask("eth_createAccessList", kCall + ",\"latest\"," + overrides("5f545f5260205ff3"))
                .find(R"("storageKeys":[)" + kSlotZero + "]"),
            std::string::npos);
}

TEST_F(Calls, run_in_simulated_blocks) {
  // Adds one to slot 0 and returns it.
  const std::string adder = overrides("5f546001018060005560005260205ff3");
  const std::string calls = R"("calls":[)" + kCall + "," + kCall + "]";
  const std::string answer =
      ask("eth_simulateV1", R"({"blockStateCalls":[{"stateOverrides":)" + adder + "," + calls +
                                "},{" + calls + R"(}]},"latest")");
  for (const char* last : {"2b", "2c", "2d", "2e"}) {
    EXPECT_NE(answer.find(R"("returnData":"0x)" + std::string(62, '0') + last + '"'),
              std::string::npos)
        << answer;
  }
  EXPECT_NE(answer.find(R"("number":"0x2")"), std::string::npos) << answer;
  EXPECT_NE(ask("eth_simulateV1",
                R"({"blockStateCalls":[{"calls":[)" + kCall + R"(]}],"validation":true},"latest")")
                .find("max fee per gas less than block base fee"),
            std::string::npos);
  EXPECT_EQ(ask("eth_getStorageAt", kThere + ",\"0x0\",\"latest\""), kSlotZero)
      << "nothing is kept";
}

class BoundedCalls : public Calls {
 protected:
  // Nobody hashes 50 million gas' worth in a millisecond.
  BoundedCalls() {
    cluster_.change_config = [](NodeConfig& config) { config.rpc_call_timeout_ms = 1; };
  }
};

TEST_F(BoundedCalls, end_when_their_time_is_over) {
  const std::string endless = kCall + ",\"latest\"," + overrides("5b5f5f20505f56");
  for (const char* method : {"eth_call", "eth_estimateGas", "eth_createAccessList"}) {
    EXPECT_NE(ask(method, endless).find("execution aborted (timeout = 1ms)"), std::string::npos)
        << method;
  }
}

TEST_F(Calls, have_proofs_and_logs_beside_them) {
  const std::string account = "\"" + to_hex_prefixed(cluster_.account(7).view()) + "\"";
  const std::string proof = ask("eth_getProof", account + ",[\"0x0\"],\"latest\"");
  EXPECT_NE(proof.find(R"("accountProof":["0xf)"), std::string::npos) << proof;
  EXPECT_NE(proof.find(R"("key":"0x0","value":"0x0","proof":[])"), std::string::npos) << proof;
  EXPECT_EQ(ask("eth_getLogs", R"({"fromBlock":"0x0"})"), "[]");
  EXPECT_EQ(ask("eth_getStorageAt", account + ",\"0x0\",\"latest\""), kSlotZero);
  EXPECT_NE(ask("eth_getStorageAt", account + ",\"0x0\",\"0x9\"").find("header not found"),
            std::string::npos);
}

}  // namespace
}  // namespace ol::node::test
