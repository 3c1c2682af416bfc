// eth_call, eth_estimateGas, eth_createAccessList, eth_getProof and debug_trace*: how they are
// asked and answered. What calls do is the backend's.
#include <gmock/gmock.h>

#include <ol/base/hex.hpp>

#include "rpc_fixture.hpp"
#include "trace_options.hpp"

namespace ol::rpc::test {
namespace {

using ::testing::HasSubstr;
const std::string kTarget = R"("to":"0xc0de00000000000000000000000000000000c0de")";
const std::string kWord1 = "\"0x" + std::string(63, '0') + "1\"";
const std::string kWord2 = "\"0x" + std::string(63, '0') + "2\"";

class CallsTest : public RpcTest {
 protected:
  void answer(CallResult result) {
    backend.on_call = [result](const CallRequest&, std::uint64_t) { return result; };
  }
  /// Calls succeed with `needed` gas or more and use `used`.
  void need(std::uint64_t needed, std::uint64_t used) {
    backend.on_call = [=, this](const CallRequest&, std::uint64_t gas) {
      ++runs;
      CallResult result;
      result.success = gas >= needed;
      result.out_of_gas = !result.success;
      result.error = result.success ? "" : "out of gas";
      result.gas_used = used;
      return result;
    };
  }
  std::string estimate(const std::string& fields) {
    return result("eth_estimateGas", "[{" + fields + "}]");
  }
  int runs = 0;
};

TEST_F(CallsTest, answers_what_a_call_returned) {
  CallRequest seen;
  std::uint64_t seen_gas = 0;
  backend.on_call = [&](const CallRequest& request, std::uint64_t gas) {
    seen = request;
    seen_gas = gas;
    CallResult out;
    out.success = true;
    out.output = {0x12, 0x34};
    return out;
  };
  EXPECT_EQ(result("eth_call", "[{" + kTarget + R"(,"data":"0xabcd","value":"0x5"},"latest"])"),
            "\"0x1234\"");
  EXPECT_EQ(seen.to, FakeBackend::contract());
  EXPECT_EQ(seen.data, (Bytes{0xab, 0xcd}));
  EXPECT_EQ(seen.value, U256{5});
  EXPECT_EQ(seen_gas, 50'000'000U) << "all that is allowed";
  EXPECT_EQ(backend.setting.number, 3U);
  EXPECT_EQ(backend.setting.place, CallPlace::InBlock);
  (void)result("eth_call", "[{" + kTarget + R"(,"gas":"0x6000"},"pending"])");
  EXPECT_EQ(seen_gas, 0x6000U);
  EXPECT_EQ(backend.setting.place, CallPlace::AfterBlock);
  (void)result("eth_call", "[{" + kTarget + R"(,"gas":"0xffffffffff"},"0x1"])");
  EXPECT_EQ(seen_gas, 50'000'000U);
  EXPECT_EQ(backend.setting.number, 1U);
}

TEST_F(CallsTest, read_authorizations) {
  std::vector<primitives::Authorization> seen;
  backend.on_call = [&](const CallRequest& request, std::uint64_t) {
    seen = request.authorizations;
    CallResult out;
    out.success = true;
    return out;
  };
  const std::string start = "[{" + kTarget + R"(,"authorizationList":)";
  EXPECT_EQ(result("eth_call", start + R"([{"chainId":"0x1e61","nonce":"0x7","yParity":"0x1",
      "r":"0x2","s":"0x3","address":"0x00000000000000000000000000000000000000aa"}]}])"),
            "\"0x\"");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].chain_id, U256{7777});
  EXPECT_EQ(seen[0].nonce, 7U);
  EXPECT_EQ(seen[0].y_parity, U256{1});
  EXPECT_EQ(seen[0].s, U256{3});
  EXPECT_THAT(result("eth_call", start + "[{}]}]"), HasSubstr("an entry has no address"));
  EXPECT_THAT(result("eth_call", start + "[1]}]"), HasSubstr("an entry is not an object"));
  EXPECT_THAT(result("eth_call", start + "{}}]"), HasSubstr("authorizationList is not an array"));
}

TEST_F(CallsTest, reads_blob_hashes_and_their_price) {
  CallRequest seen;
  backend.on_call = [&](const CallRequest& request, std::uint64_t) {
    seen = request;
    CallResult out;
    out.success = true;
    return out;
  };
  const std::string start = "[{" + kTarget + R"(,"maxFeePerBlobGas":"0x7","blobVersionedHashes":)";
  EXPECT_EQ(result("eth_call", start + "[" + kWord1 + "," + kWord2 + "]}]"), "\"0x\"");
  ASSERT_TRUE(seen.blob_hashes);
  EXPECT_EQ(*seen.blob_hashes,
            (std::vector<Hash256>{U256{1}.to_fixed<Hash256>(), U256{2}.to_fixed<Hash256>()}));
  EXPECT_EQ(seen.max_fee_per_blob_gas, U256{7});
  EXPECT_EQ(result("eth_call", start + "[]}]"), "\"0x\"");
  EXPECT_TRUE(seen.blob_hashes) << "an empty list is one";
  (void)result("eth_call", "[{" + kTarget + "}]");
  EXPECT_FALSE(seen.blob_hashes);
  EXPECT_FALSE(seen.max_fee_per_blob_gas);
  EXPECT_THAT(result("eth_call", start + "1}]"), HasSubstr("blobVersionedHashes is not an array"));
  EXPECT_THAT(result("eth_call", start + "[1]}]"),
              HasSubstr("blobVersionedHashes: want a hash, found a number"));
}

TEST_F(CallsTest, leaves_the_judgement_of_fees_to_the_machine) {
  CallRequest seen;
  backend.on_call = [&](const CallRequest& request, std::uint64_t) {
    seen = request;
    return fail(CallFailure{CallFault::Refused, "its words"});
  };
  const std::string fees = R"(,"maxPriorityFeePerGas":"0x2")";
  EXPECT_EQ(result("eth_call", "[{" + kTarget + fees + R"(,"gas":"0x9","maxFeePerGas":"0x1"}])"),
            "error -32000: err: its words (supplied gas 9)");
  EXPECT_EQ(seen.max_fee_per_gas, U256{1});
  EXPECT_EQ(seen.max_priority_fee_per_gas, U256{2});
  (void)result("eth_call", "[{" + kTarget + fees + "}]");
  EXPECT_EQ(seen.max_fee_per_gas, U256{});
  EXPECT_EQ(seen.max_priority_fee_per_gas, U256{2}) << "a tip without a cap is above it";
}

TEST_F(CallsTest, refuses_another_chain) {
  const std::string words = "error -32000: chainId does not match node's (have=7778, want=7777)";
  const std::string other = "[{" + kTarget + R"(,"chainId":"0x1e62"})";
  EXPECT_EQ(result("eth_call", other + "]"), words);
  EXPECT_EQ(result("eth_estimateGas", other + "]"), words);
  EXPECT_EQ(result("eth_createAccessList", other + "]"), words);
  EXPECT_EQ(result("debug_traceCall", other + ",\"latest\"]"), words);
  EXPECT_EQ(result("eth_simulateV1", R"([{"blockStateCalls":[{"calls":)" + other + "]}]}]"), words);
  EXPECT_EQ(result("eth_call", "[{" + kTarget + R"(,"chainId":"0x1e61"}])"), "\"0x\"");
  EXPECT_EQ(result("eth_call", "[{" + kTarget + R"(,"chainId":1}])"),
            "error -32602: invalid argument 0: chainId: want hex, found a number");
}

TEST_F(CallsTest, refuses_block_overrides_that_mean_nothing_to_a_call) {
  const std::string start = "[{" + kTarget + R"(},"latest")";
  const auto words = [](const std::string& key) {
    return "error -32000: block override \"" + key + "\" is not supported for this RPC method";
  };
  const std::string root = R"({"beaconRoot":)" + kWord1 + "}";
  EXPECT_EQ(result("eth_call", start + ",{}," + root + "]"), words("beaconRoot"));
  EXPECT_EQ(result("eth_call", start + R"(,{},{"withdrawals":[]}])"), words("withdrawals"));
  EXPECT_EQ(result("debug_traceCall", start + R"(,{"blockOverrides":)" + root + "}]"),
            words("beaconRoot"));
  EXPECT_EQ(result("eth_call", start + R"(,{},{"beaconRoot":null}])"), "\"0x\"");
}

TEST_F(CallsTest, tells_the_reason_of_a_revert_and_its_data) {
  CallResult reverted;
  reverted.error = "execution reverted";
  reverted.reverted = true;
  reverted.reason = "not \"mine\"";
  reverted.output = {0x08, 0xc3};
  answer(reverted);
  const std::string expected =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: not \"mine\"",)"
      R"("data":"0x08c3"}})";
  EXPECT_EQ(call("eth_call", "[{" + kTarget + "}]"), expected);
  EXPECT_EQ(call("eth_estimateGas", "[{" + kTarget + "}]"), expected);
  reverted.reason.reset();
  reverted.output.clear();
  answer(reverted);
  EXPECT_THAT(call("eth_call", "[{" + kTarget + "}]"),
              HasSubstr(R"("code":3,"message":"execution reverted","data":"0x"}})"));
}

TEST_F(CallsTest, tells_other_failures) {
  CallResult failed;
  failed.error = "invalid opcode: INVALID";
  answer(failed);
  EXPECT_EQ(result("eth_call", "[{" + kTarget + "}]"), "error -32000: invalid opcode: INVALID");
  backend.on_call = [](const CallRequest&, std::uint64_t) {
    return fail(CallFailure{CallFault::Refused, "nope"});
  };
  EXPECT_EQ(result("eth_call", "[{" + kTarget + R"(,"gas":"0x9"}])"),
            "error -32000: err: nope (supplied gas 9)");
  backend.oldest_state = 3;
  EXPECT_EQ(result("eth_call", "[{" + kTarget + R"(},"0x1"])"),
            "error -32000: historical state of block 1 is not available");
}

TEST_F(CallsTest, reads_state_overrides) {
  const std::string start =
      "[{" + kTarget + R"(},"latest",{)" + R"("0x00000000000000000000000000000000000000aa":)";
  EXPECT_EQ(
      result("eth_call", start + R"({"balance":"0x5","nonce":"0x6","code":"0x6000","state":{)" +
                             kWord1 + ":" + kWord2 + "}}}]"),
      "\"0x\"");
  ASSERT_EQ(backend.setting.state.size(), 1U);
  const AccountOverride& account = backend.setting.state.begin()->second;
  EXPECT_EQ(account.balance, U256{5});
  EXPECT_EQ(account.nonce, 6U);
  EXPECT_EQ(account.code, (Bytes{0x60, 0x00}));
  EXPECT_EQ(account.state->at(U256{1}.to_fixed<Hash256>()), U256{2}.to_fixed<Hash256>());
  EXPECT_FALSE(account.state_diff.has_value());
  (void)result("eth_call",
               start +
                   R"({"movePrecompileToAddress":"0x00000000000000000000000000000000000000bb",)" +
                   R"("stateDiff":{}}}])");
  EXPECT_EQ(backend.setting.state.begin()->second.move_precompile_to->bytes[19], 0xbb);
  EXPECT_THAT(result("eth_call", start + R"({"state":{},"stateDiff":{}}}])"),
              HasSubstr("has both 'state' and 'stateDiff'"));
  EXPECT_THAT(result("eth_call", start + R"({"state":{"0x1":)" + kWord1 + "}}}]"),
              HasSubstr("hex string of odd length"));
  EXPECT_THAT(result("eth_call", start + "1}]"), HasSubstr("invalid argument 2: want an object"));
  EXPECT_THAT(result("eth_call", "[{},\"latest\",{\"0x1\":{}}]"), HasSubstr("invalid argument 2"));
  EXPECT_THAT(result("eth_call", "[{},\"latest\",7]"), HasSubstr("invalid argument 2"));
}

TEST_F(CallsTest, reads_block_overrides_by_new_and_old_names) {
  (void)result("eth_call", "[{" + kTarget + R"(},"latest",{},{"number":"0x10","time":"0x20",
      "gasLimit":"0x30","feeRecipient":"0x00000000000000000000000000000000000000aa",
      "prevRandao":)" + kWord1 +
                               R"(,"baseFeePerGas":"0x40","blobBaseFee":"0x50"}])");
  const BlockOverrides& block = backend.setting.block;
  EXPECT_EQ(block.number, 0x10U);
  EXPECT_EQ(block.time, 0x20U);
  EXPECT_EQ(block.gas_limit, 0x30U);
  EXPECT_EQ(block.fee_recipient->bytes[19], 0xaa);
  EXPECT_EQ(block.prev_randao, (U256{1}.to_fixed<Hash256>()));
  EXPECT_EQ(block.base_fee, U256{0x40});
  EXPECT_EQ(block.blob_base_fee, U256{0x50});
  (void)result("eth_call",
               "[{" + kTarget + R"(},"latest",null,{"baseFee":"0x9","random":)" + kWord2 + "}]");
  EXPECT_EQ(backend.setting.block.base_fee, U256{9});
  EXPECT_TRUE(backend.setting.block.prev_randao.has_value());
  EXPECT_THAT(result("eth_call", R"([{},"latest",null,{"number":5}])"),
              HasSubstr("invalid argument 3: number: want hex, found a number"));
}

TEST_F(CallsTest, estimates_what_is_used_where_that_suffices) {
  need(53'017, 53'017);
  EXPECT_EQ(estimate(kTarget), "\"0xcf19\"");
  EXPECT_EQ(runs, 3) << "a unit less fails";
}

TEST_F(CallsTest, finds_less_than_is_used_where_code_takes_what_it_gets) {
  need(30'000, 53'017);
  EXPECT_EQ(estimate(kTarget), "\"0x7530\"");
}

TEST_F(CallsTest, traces_a_call_within_a_block) {
  (void)result("debug_traceCall", "[{" + kTarget + R"(},"0x2",{"txIndex":"0x1"}])");
  EXPECT_EQ(backend.setting.number, 2U);
  EXPECT_EQ(backend.setting.txns_before, 1U);
  (void)result("debug_traceCall", "[{" + kTarget + R"(},"0x2",{}])");
  EXPECT_FALSE(backend.setting.txns_before.has_value());
  EXPECT_THAT(result("debug_traceCall", "[{" + kTarget + R"(},"0x2",{"txIndex":1}])"),
              HasSubstr("txIndex: want hex"));
  EXPECT_THAT(result("debug_traceCall", "[{" + kTarget + R"(},"pending",{"txIndex":"0x0"}])"),
              HasSubstr("tracing on top of pending is not supported"));
}

TEST_F(CallsTest, searches_the_least_gas_that_suffices) {
  for (const std::uint64_t needed :
       {53'018U, 54'000U, 60'000U, 140'001U, 29'999'999U, 30'000'000U}) {
    runs = 0;
    need(needed, 53'017);
    EXPECT_EQ(estimate(kTarget), "\"" + U256{needed}.to_hex() + "\"");
    EXPECT_LE(runs, 36);
  }
  need(30'000'001, 30'000'000);
  EXPECT_EQ(estimate(kTarget), "error -32000: gas required exceeds allowance (30000000)");
  EXPECT_EQ(estimate(kTarget + R"(,"gas":"0x1c9c381")"), "\"0x1c9c381\"") << "more than a block";
  EXPECT_EQ(estimate(kTarget + R"(,"gas":"0xffffffffff")"), "\"0x1c9c381\"");
}

TEST_F(CallsTest, lists_what_a_call_reaches) {
  const Address other{{0xaa}};
  backend.reached = {{other, {U256{1}.to_fixed<Hash256>()}}};
  EXPECT_EQ(result("eth_createAccessList", "[{" + kTarget + "}]"),
            R"({"accessList":[{"address":"0xaa00000000000000000000000000000000000000",)"
            R"("storageKeys":[)" +
                kWord1 + R"(]}],"gasUsed":"0x62d4"})");
  CallResult failed;
  failed.error = "execution reverted";
  failed.gas_used = 7;
  answer(failed);
  EXPECT_THAT(result("eth_createAccessList", "[{" + kTarget + "}]"),
              HasSubstr(R"("error":"execution reverted","gasUsed":"0x7"})"));
}

TEST_F(CallsTest, proves_accounts_and_slots) {
  const std::string result_text =
      result("eth_getProof", R"(["0xc0de00000000000000000000000000000000c0de",["0x7",)" + kWord2 +
                                 R"(],"latest"])");
  EXPECT_EQ(result_text,
            R"({"address":"0xc0de00000000000000000000000000000000c0de",)"
            R"("accountProof":["0xc0","0xc101"],"balance":"0x0","codeHash":"0x)" +
                std::string(64, 'c') + R"(","nonce":"0x0","storageHash":"0x)" +
                std::string(64, '5') +
                R"(","storageProof":[{"key":"0x7","value":"0x7","proof":["0x80"]},{"key":)" +
                kWord2 + R"(,"value":"0x2","proof":["0x80"]}]})");
  const std::string start = R"(["0xc0de00000000000000000000000000000000c0de",)";
  EXPECT_THAT(result("eth_getProof", start + R"(7,"latest"])"), HasSubstr("want an array"));
  EXPECT_THAT(result("eth_getProof", start + R"(["7"],"latest"])"), HasSubstr("without 0x prefix"));
  EXPECT_EQ(result("eth_getProof", start + R"([],"0x9"])"), "error -32000: header not found");
}

TEST_F(CallsTest, traces_transactions_and_blocks) {
  const std::string txn = "\"" + to_hex_prefixed(backend.blocks[2]->txns[1].hash.view()) + "\"";
  EXPECT_EQ(result("debug_traceTransaction", "[" + txn + "]"), R"({"index":1})");
  EXPECT_EQ(backend.trace_options.kind, TracerKind::StructLogs);
  const std::string block = R"([{"txHash":"0x)" + to_hex(backend.blocks[2]->txns[0].hash.view()) +
                            R"(","result":{"index":0}},{"txHash":)" + txn +
                            R"(,"result":{"index":1}}])";
  EXPECT_EQ(result("debug_traceBlockByNumber", R"(["0x2",{"tracer":"callTracer"}])"), block);
  EXPECT_EQ(backend.trace_options.kind, TracerKind::Calls);
  EXPECT_EQ(result("debug_traceBlockByHash",
                   "[\"" + to_hex_prefixed(backend.blocks[2]->hash.view()) + "\"]"),
            block);
  EXPECT_EQ(result("debug_traceBlockByNumber", R"(["0x0"])"),
            "error -32000: genesis is not traceable");
  EXPECT_EQ(result("debug_traceBlockByNumber", R"(["0x9"])"), "error -32000: block not found");
  EXPECT_THAT(result("debug_traceBlockByNumber", R"(["pending"])"), HasSubstr("not supported"));
  EXPECT_EQ(result("debug_traceTransaction", "[" + kWord1 + "]"),
            "error -32000: transaction not found");
  backend.oldest_state = 3;
  EXPECT_EQ(result("debug_traceTransaction", "[" + txn + "]"),
            "error -32000: historical state of block 2 is not available");
}

TEST_F(CallsTest, traces_calls_with_overrides) {
  EXPECT_EQ(result("debug_traceCall", "[{" + kTarget + R"(,"gas":"0x9c40"},"latest",{
      "tracer":"prestateTracer","tracerConfig":{"diffMode":true,"disableCode":true},
      "stateOverrides":{"0x00000000000000000000000000000000000000aa":{"nonce":"0x1"}},
      "blockOverrides":{"number":"0x99"},"timeout":"1m"}])"),
            R"({"gas":40000})");
  EXPECT_EQ(backend.setting.state.size(), 1U);
  EXPECT_EQ(backend.setting.block.number, 0x99U);
  const TraceOptions& options = backend.trace_options;
  EXPECT_EQ(options.kind, TracerKind::Prestate);
  EXPECT_TRUE(options.diff_mode);
  EXPECT_TRUE(options.disable_code);
  EXPECT_FALSE(options.disable_storage);
  EXPECT_EQ(options.timeout_ms, 30'000U) << "not more than the node allows";
  EXPECT_THAT(result("debug_traceCall", "[{" + kTarget + R"(},"latest",{"blockOverrides":1}])"),
              HasSubstr("invalid argument 2: blockOverrides: want an object"));
}

TEST_F(CallsTest, reads_trace_options) {
  const std::string txn = "\"" + to_hex_prefixed(backend.blocks[2]->txns[1].hash.view()) + "\"";
  const auto trace = [&](const std::string& config) {
    return result("debug_traceTransaction", "[" + txn + ",{" + config + "}]");
  };
  (void)trace(R"("disableStack":true,"enableMemory":true,"disableStorage":true,
                 "enableReturnData":true,"limit":7)");
  EXPECT_TRUE(backend.trace_options.disable_stack);
  EXPECT_TRUE(backend.trace_options.enable_memory);
  EXPECT_TRUE(backend.trace_options.disable_storage);
  EXPECT_TRUE(backend.trace_options.enable_return_data);
  EXPECT_EQ(backend.trace_options.limit, 7U);
  (void)trace(R"("tracer":"callTracer","tracerConfig":{"onlyTopCall":true,"withLog":true})");
  EXPECT_TRUE(backend.trace_options.only_top_call);
  EXPECT_TRUE(backend.trace_options.with_log);
  (void)trace(R"("tracer":"4byteTracer")");
  EXPECT_EQ(backend.trace_options.kind, TracerKind::FourByte);
  (void)trace(R"("tracer":"noopTracer")");
  EXPECT_EQ(backend.trace_options.kind, TracerKind::Noop);
  EXPECT_THAT(trace(R"("tracer":"{result: function() {}}")"), HasSubstr("tracer not found"));
  (void)trace(
      R"("tracer":"muxTracer","tracerConfig":{"callTracer":{"withLog":true},"noopTracer":null})");
  ASSERT_EQ(backend.trace_options.parts.size(), 2U);
  EXPECT_EQ(backend.trace_options.parts[0].name, "callTracer");
  EXPECT_TRUE(backend.trace_options.parts[0].options.with_log);
  EXPECT_EQ(backend.trace_options.parts[1].options.kind, TracerKind::Noop);
  EXPECT_THAT(trace(R"("tracer":"muxTracer","tracerConfig":{"muxTracer":{}})"),
              HasSubstr("one in the other"));
  EXPECT_THAT(trace(R"("tracer":1)"), HasSubstr("tracer: want a tracer's name"));
  EXPECT_THAT(trace(R"("limit":"x")"), HasSubstr("limit: want a number"));
  EXPECT_THAT(trace(R"("timeout":"soon")"), HasSubstr("timeout: invalid duration"));
  EXPECT_THAT(trace(R"("tracerConfig":1)"), HasSubstr("tracerConfig: want an object"));
  EXPECT_THAT(trace(R"("enableMemory":1)"), HasSubstr("enableMemory: want a boolean"));
  EXPECT_THAT(result("debug_traceTransaction", "[" + txn + ",1]"), HasSubstr("want an object"));
}

TEST(Duration, is_read_as_go_writes_it) {
  EXPECT_EQ(read_duration_ms("5s"), 5'000U);
  EXPECT_EQ(read_duration_ms("1m30s"), 90'000U);
  EXPECT_EQ(read_duration_ms("1.5s"), 1'500U);
  EXPECT_EQ(read_duration_ms("250ms"), 250U);
  EXPECT_EQ(read_duration_ms("2h"), 7'200'000U);
  EXPECT_EQ(read_duration_ms("1500us"), 1U);
  EXPECT_EQ(read_duration_ms("3000000ns"), 3U);
  for (const char* const bad : {"", "s", "5", "5 s", "-1s", "5x", "1..2s", "99999999h"})
    EXPECT_EQ(read_duration_ms(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace ol::rpc::test
