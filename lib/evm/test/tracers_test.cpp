// Expected texts follow geth's documentation of its built-in tracers
// (geth.ethereum.org/docs/developers/evm-tracing/built-in-tracers).
#include <ol/evm/tracers.hpp>

#include <gtest/gtest.h>

#include <ol/evm/access_list_tracer.hpp>

#include "run_code.hpp"
#include "sign_authorization.hpp"

namespace ol::evm::test {
namespace {

constexpr Address kMiner{{0x3e}};
const std::string kCallerText = "0xca11e40000000000000000000000000000000000";
const std::string kContractText = "0xc0de000000000000000000000000000000000000";
const std::string kOtherText = "0x074e120000000000000000000000000000000000";

std::string word_text(std::uint8_t last) {
  return "0x" + std::string(62, '0') + to_hex(Bytes{last});
}

/// The member of prestateTracer, with a comma after it.
std::string code_hash_text(const Bytes& code) {
  return R"("codeHash":")" + to_hex_prefixed(crypto::keccak256(code).view()) + R"(",)";
}

struct Scene {
  Accounts accounts;
  std::uint64_t gas = 100'000;
  U256 value;
  Bytes data;
  bool creates = false;
  Revision revision = Revision::Prague;
  std::vector<Authorization> authorizations = {};
};

/// Runs a transaction of kCaller at a gas price of 10 under `tracer`, the next of the block.
TxnOutcome transact(World& world, const Scene& scene, Tracer& tracer) {
  Evm machine(scene.revision);
  machine.trace(&tracer);
  BlockEnv block;
  block.gas_limit = 30'000'000;
  block.coinbase = kMiner;
  block.base_fee = 7;
  TxnRequest txn;
  txn.sender = kCaller;
  txn.nonce = world.account(kCaller).nonce;
  txn.max_fee_per_gas = 10;
  txn.max_priority_fee_per_gas = 10;
  txn.gas_limit = scene.gas;
  if (!scene.creates) txn.to = kContract;
  txn.value = scene.value;
  txn.data = scene.data;
  txn.authorizations = scene.authorizations;
  if (!scene.authorizations.empty()) txn.kind = TxnKind::SetCode;
  return machine.transact(world, block, txn).value();
}

void fill(const Scene& scene, state::MemoryState& state) {
  Accounts accounts = scene.accounts;
  accounts.account(kCaller, 2'000'000);
  accounts.fill(state);
}

TxnOutcome transact(const Scene& scene, Tracer& tracer) {
  state::MemoryState state;
  fill(scene, state);
  World world(state);
  return transact(world, scene, tracer);
}

std::string trace(const Scene& scene, const TraceOptions& options) {
  const auto tracer = make_tracer(options);
  static_cast<void>(transact(scene, *tracer));
  EXPECT_EQ(tracer->ending(), TraceEnding::Whole);
  return tracer->json();
}

Scene scene_of(const Code& code) {
  Scene scene;
  scene.accounts.account(kContract, 0, code.bytes(), 1);
  return scene;
}

Code call_other(Opcode kind, std::uint64_t gas, std::uint64_t value = 0) {
  Code code;
  code.push(0).push(0).push(0).push(0);
  if (kind == Opcode::Call || kind == Opcode::Callcode) code.push(value);
  return code.push(kOther).push(gas).op(kind);
}

TEST(StructLogs, show_instructions_with_stack_and_cost) {
  EXPECT_EQ(trace(scene_of(Code{}.push(1).op(Opcode::Pop)), StructLogOptions{}),
            R"({"gas":21005,"failed":false,"returnValue":"0x","structLogs":[)"
            R"({"pc":0,"op":"PUSH1","gas":79000,"gasCost":3,"depth":1,"stack":[]},)"
            R"({"pc":2,"op":"POP","gas":78997,"gasCost":2,"depth":1,"stack":["0x1"]},)"
            R"({"pc":3,"op":"STOP","gas":78995,"gasCost":0,"depth":1,"stack":[]}]})");
}

TEST(StructLogs, show_memory_and_return_data_when_asked) {
  StructLogOptions options;
  options.stack = false;
  options.memory = true;
  const Code code = Code{}.push(1).push(0).op(Opcode::Mstore).op(Opcode::Stop);
  EXPECT_EQ(trace(scene_of(code), options),
            R"({"gas":21012,"failed":false,"returnValue":"0x","structLogs":[)"
            R"({"pc":0,"op":"PUSH1","gas":79000,"gasCost":3,"depth":1},)"
            R"({"pc":2,"op":"PUSH1","gas":78997,"gasCost":3,"depth":1},)"
            R"({"pc":4,"op":"MSTORE","gas":78994,"gasCost":6,"depth":1},)"
            R"({"pc":5,"op":"STOP","gas":78988,"gasCost":0,"depth":1,"memory":[")" +
                word_text(1).substr(2) + R"("]}]})");

  Scene scene = scene_of(call_other(Opcode::Staticcall, 5'000).op(Opcode::Stop));
  scene.accounts.account(kOther, 0, Code{}.push(0xab).return_top().bytes(), 1);
  options = {.stack = false, .memory = false, .storage = true, .return_data = true, .limit = 0};
  const std::string text = trace(scene, options);
  EXPECT_NE(text.find(R"("op":"STOP","gas":)"), std::string::npos);
  EXPECT_NE(text.find(R"("depth":1,"returnData":")" + word_text(0xab) + R"("}]})"),
            std::string::npos)
      << text;
}

TEST(StructLogs, show_slots_where_storage_is_touched) {
  Scene scene = scene_of(Code{}.push(5).op(Opcode::Sload).push(6).op(Opcode::Sstore));
  scene.accounts.slot(kContract, 5, 9);
  StructLogOptions options;
  const std::string text = trace(scene, options);
  const std::string five = word_text(5).substr(2);
  const std::string six = word_text(6).substr(2);
  const std::string nine = word_text(9).substr(2);
  EXPECT_NE(text.find(R"("op":"SLOAD","gas":78997,"gasCost":2100,"depth":1,"stack":["0x5"],)"
                      R"("storage":{")" +
                      five + R"(":")" + nine + R"("}})"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("storage":{")" + five + R"(":")" + nine + R"(",")" + six + R"(":")" +
                      nine + R"("}})"),
            std::string::npos)
      << text;
  options.storage = false;
  EXPECT_EQ(trace(scene, options).find("storage"), std::string::npos);
}

TEST(StructLogs, end_at_the_limit_and_say_what_failed) {
  EXPECT_EQ(
      trace(scene_of(Code{}.push(1).op(Opcode::Pop).op(Opcode::Pop)), StructLogOptions{.limit = 1}),
      R"({"gas":100000,"failed":true,"returnValue":"0x","structLogs":[)"
      R"({"pc":0,"op":"PUSH1","gas":79000,"gasCost":3,"depth":1,"stack":[]}]})");
  const std::string text = trace(scene_of(Code{}.op(Opcode::Pop)), StructLogOptions{});
  EXPECT_NE(text.find(R"-("depth":1,"error":"stack underflow (0 <=> 1)")-"), std::string::npos)
      << text;
}

TEST(StructLogs, keep_the_data_of_a_revert) {
  const Code code =
      Code{}.push(0xab).push(0).op(Opcode::Mstore).push(32).push(0).op(Opcode::Revert);
  const std::string text = trace(scene_of(code), StructLogOptions{});
  EXPECT_TRUE(text.starts_with(R"({"gas":21018,"failed":true,"returnValue":")" + word_text(0xab)))
      << text;
  EXPECT_EQ(text.find("error"), std::string::npos) << "a revert is no fault of its instruction";
}

TEST(CallTracer, shows_the_tree_of_calls) {
  Scene scene = scene_of(call_other(Opcode::Call, 5'000, 3).op(Opcode::Pop).push(7).return_top());
  scene.accounts.account(
      kContract, 10,
      call_other(Opcode::Call, 5'000, 3).op(Opcode::Pop).push(7).return_top().bytes(), 1);
  scene.accounts.account(kOther, 1, Code{}.op(Opcode::Stop).bytes(), 1);
  scene.value = 2;
  scene.data = {0x12, 0x34};
  EXPECT_EQ(trace(scene, CallTraceOptions{}),
            R"({"from":")" + kCallerText + R"(","gas":"0x186a0","gasUsed":"0x76a5","to":")" +
                kContractText + R"(","input":"0x1234","output":")" + word_text(7) +
                R"(","calls":[{"from":")" + kContractText +
                R"(","gas":"0x1c84","gasUsed":"0x0","to":")" + kOtherText +
                R"(","input":"0x","value":"0x3","type":"CALL"}],"value":"0x2","type":"CALL"})");
  const std::string top = trace(scene, CallTraceOptions{.only_top_call = true});
  EXPECT_EQ(top.find("calls"), std::string::npos);
  EXPECT_NE(top.find(R"("gasUsed":"0x76a5")"), std::string::npos);
}

TEST(CallTracer, names_each_kind_of_call) {
  const auto frame_of = [](Opcode kind) {
    Scene scene = scene_of(call_other(kind, 5'000));
    scene.accounts.account(kOther, 1, Code{}.op(Opcode::Stop).bytes(), 1);
    scene.value = 9;
    const std::string text = trace(scene, CallTraceOptions{});
    const std::size_t from = text.find(R"("calls":[)");
    return text.substr(from + 9, text.find(']', from) - from - 9);
  };
  const std::string parties = R"({"from":")" + kContractText +
                              R"(","gas":"0x1388","gasUsed":"0x0","to":")" + kOtherText +
                              R"(","input":"0x")";
  EXPECT_EQ(frame_of(Opcode::Delegatecall), parties + R"(,"value":"0x9","type":"DELEGATECALL"})");
  EXPECT_EQ(frame_of(Opcode::Staticcall), parties + R"(,"type":"STATICCALL"})");
  EXPECT_EQ(frame_of(Opcode::Callcode), parties + R"(,"value":"0x0","type":"CALLCODE"})");
}

TEST(CallTracer, shows_calls_that_are_refused) {
  Scene scene = scene_of(call_other(Opcode::Call, 5'000, 3));
  EXPECT_NE(trace(scene, CallTraceOptions{})
                .find(R"("gasUsed":"0x0","to":")" + kOtherText +
                      R"(","input":"0x","error":"insufficient balance for transfer",)"
                      R"("value":"0x3","type":"CALL"})"),
            std::string::npos);
  scene = scene_of(Code{}.push(0).push(0).push(5).op(Opcode::Create));
  EXPECT_NE(trace(scene, CallTraceOptions{})
                .find(R"("input":"0x","error":"insufficient balance for transfer",)"
                      R"("value":"0x5","type":"CREATE"})"),
            std::string::npos);
}

/// Reverts with Error("no \"way\"\n").
Code reverting() {
  Code code;
  code.push(*U256::from_hex("08c379a0" + std::string(56, '0'))).push(0).op(Opcode::Mstore);
  code.push(0x20).push(4).op(Opcode::Mstore);
  code.push(9).push(0x24).op(Opcode::Mstore);
  code.push(*U256::from_hex("6e6f20227761790a22" + std::string(46, '0')))
      .push(0x44)
      .op(Opcode::Mstore);
  return code.push(0x64).push(0).op(Opcode::Revert);
}

TEST(CallTracer, tells_the_reason_of_a_revert) {
  const std::string text = trace(scene_of(reverting()), CallTraceOptions{});
  EXPECT_NE(text.find(R"("error":"execution reverted","revertReason":"no \"way\u000a\"")"),
            std::string::npos)
      << text;
}

TEST(CallTracer, tells_which_instruction_was_invalid) {
  EXPECT_NE(trace(scene_of(Code{}.op(Opcode::Invalid)), CallTraceOptions{})
                .find(R"("error":"invalid opcode: INVALID")"),
            std::string::npos);
  EXPECT_NE(trace(scene_of(Code{}.byte(0x0c)), CallTraceOptions{})
                .find(R"("error":"invalid opcode: opcode 0xc not defined")"),
            std::string::npos);
}

TEST(CallTracer, shows_creations_and_their_failure) {
  Scene scene;
  scene.creates = true;
  scene.data = Code{}.push(0xab).return_top().bytes();
  const std::string made = trace(scene, CallTraceOptions{});
  EXPECT_NE(made.find(R"("to":"0x)"), std::string::npos);
  EXPECT_NE(made.find(R"("output":")" + word_text(0xab)), std::string::npos);
  EXPECT_TRUE(made.ends_with(R"("value":"0x0","type":"CREATE"})"));
  scene.data = Code{}.op(Opcode::Invalid).bytes();
  EXPECT_EQ(trace(scene, CallTraceOptions{}).find(R"("to":)"), std::string::npos);
  EXPECT_NE(trace(scene_of(Code{}.push(1).push(0).push(0).push(0).op(Opcode::Create2)),
                  CallTraceOptions{})
                .find(R"("type":"CREATE2")"),
            std::string::npos);
}

TEST(CallTracer, shows_a_selfdestruct_as_a_call) {
  Scene scene;
  scene.accounts.account(kContract, 77, Code{}.push(kOther).op(Opcode::Selfdestruct).bytes(), 1);
  EXPECT_NE(trace(scene, CallTraceOptions{})
                .find(R"("calls":[{"from":")" + kContractText +
                      R"(","gas":"0x0","gasUsed":"0x0","to":")" + kOtherText +
                      R"(","input":"0x","value":"0x4d","type":"SELFDESTRUCT"}])"),
            std::string::npos);
}

TEST(CallTracer, places_logs_between_calls_when_asked) {
  Code code = call_other(Opcode::Call, 5'000);
  code.push(0xee).push(32).push(0).op(Opcode::Log1);
  Scene scene = scene_of(code);
  scene.accounts.account(kOther, 0, Code{}.op(Opcode::Stop).bytes(), 1);
  const std::string text = trace(scene, CallTraceOptions{.with_log = true});
  EXPECT_NE(
      text.find(R"("logs":[{"address":")" + kContractText + R"(","topics":[")" + word_text(0xee) +
                R"("],"data":")" + word_text(0) + R"(","index":"0x0","position":"0x1"}],"value")"),
      std::string::npos)
      << text;
  EXPECT_EQ(trace(scene, CallTraceOptions{}).find("logs"), std::string::npos);
  scene = scene_of(Code{}.push(0).push(0).op(Opcode::Log0).op(Opcode::Invalid));
  EXPECT_EQ(trace(scene, CallTraceOptions{.with_log = true}).find("logs"), std::string::npos)
      << "a failed frame has no logs";
}

TEST(CallTracer, numbers_logs_over_the_block_as_receipts_do) {
  // A log that is undone gives its number back.
  Code code = Code{}.push(0).push(0).op(Opcode::Log0);
  for (const std::uint8_t byte : call_other(Opcode::Call, 5'000).bytes())
    code.byte(byte);
  Scene scene = scene_of(code.push(0).push(0).op(Opcode::Log0));
  scene.accounts.account(kOther, 0,
                         Code{}.push(0).push(0).op(Opcode::Log0).op(Opcode::Invalid).bytes(), 1);
  state::MemoryState state;
  fill(scene, state);
  World world(state);
  const auto indices = [&] {
    const auto tracer = make_tracer(CallTraceOptions{.with_log = true});
    static_cast<void>(transact(world, scene, *tracer));
    const std::string text = tracer->json();
    std::string out;
    for (std::size_t at = 0; (at = text.find(R"("index":")", at)) != std::string::npos;) {
      at += 9;
      out += text.substr(at, text.find('"', at) - at) + ' ';
    }
    return out;
  };
  EXPECT_EQ(indices(), "0x0 0x1 ");
  EXPECT_EQ(indices(), "0x2 0x3 ");
  static_cast<void>(world.take_diff());
  EXPECT_EQ(indices(), "0x0 0x1 ") << "the next block";
}

TEST(PrestateTracer, shows_what_is_read_as_it_was_before) {
  const Code code = Code{}.push(5).op(Opcode::Sload).push(kOther).op(Opcode::Balance);
  Scene scene = scene_of(code);
  scene.accounts.slot(kContract, 5, 9).account(kOther, 4, {}, 2);
  scene.value = 100;
  EXPECT_EQ(trace(scene, PrestateOptions{}),
            R"({")" + kOtherText + R"(":{"balance":"0x4","nonce":2},")" + kContractText +
                R"(":{"balance":"0x0","code":"0x6005547307)" +
                R"(4e12000000000000000000000000000000000031",)" + code_hash_text(code.bytes()) +
                R"("nonce":1,"storage":{")" + word_text(5) + R"(":")" + word_text(9) + R"("}},")" +
                kCallerText + R"(":{"balance":"0x1e8480"}})");
  const std::string bare =
      trace(scene, PrestateOptions{.disable_code = true, .disable_storage = true});
  EXPECT_NE(bare.find(kContractText + R"(":{"balance":"0x0",)" + code_hash_text(code.bytes()) +
                      R"("nonce":1})"),
            std::string::npos)
      << bare;
}

TEST(PrestateTracer, shows_empty_accounts_when_asked) {
  const Scene scene = scene_of(Code{}.op(Opcode::Stop));
  const std::string miner = "0x3e00000000000000000000000000000000000000";
  EXPECT_EQ(trace(scene, PrestateOptions{}).find(miner), std::string::npos);
  EXPECT_NE(trace(scene, PrestateOptions{.include_empty = true})
                .find('"' + miner + R"(":{"balance":"0x0"})"),
            std::string::npos);
}

TEST(PrestateTracer, shows_only_differences_in_diff_mode) {
  Code code;
  code.push(1).push(5).op(Opcode::Sstore);                          // 9 becomes 1
  code.push(0).push(6).op(Opcode::Sstore);                          // 8 becomes 0
  code.push(2).push(7).op(Opcode::Sstore);                          // 0 becomes 2
  code.push(8).op(Opcode::Sload).push(kOther).op(Opcode::Balance);  // not changed
  Scene scene = scene_of(code);
  scene.accounts.slot(kContract, 5, 9).slot(kContract, 6, 8).slot(kContract, 8, 8);
  scene.accounts.account(kOther, 4);
  const std::string text = trace(scene, PrestateOptions{.diff_mode = true, .disable_code = true});
  EXPECT_TRUE(text.starts_with(R"({"post":{)")) << text;
  EXPECT_EQ(text.find(kOtherText), std::string::npos);
  EXPECT_NE(text.find('"' + kContractText + R"(":{"storage":{")" + word_text(5) + R"(":")" +
                      word_text(1) + R"(",")" + word_text(7) + R"(":")" + word_text(2) + R"("}})"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find('"' + kContractText + R"(":{"balance":"0x0",)" + code_hash_text(code.bytes()) +
                R"("nonce":1,"storage":{")" + word_text(5) + R"(":")" + word_text(9) + R"(",")" +
                word_text(6) + R"(":")" + word_text(8) + R"("}})"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find('"' + kCallerText + R"(":{"balance":"0x1e8480"}}})"), std::string::npos);
}

TEST(PrestateTracer, knows_created_and_destroyed_accounts) {
  Scene scene;
  scene.creates = true;
  scene.data = Code{}.push(kOther).op(Opcode::Selfdestruct).bytes();
  scene.value = 6;
  const std::string text = trace(scene, PrestateOptions{.diff_mode = true});
  EXPECT_NE(text.find('"' + kOtherText + R"(":{"balance":"0x6"})"), std::string::npos) << text;
  scene = scene_of(Code{}.push(1).push(0).push(0).push(0).op(Opcode::Create2));
  EXPECT_NE(trace(scene, PrestateOptions{.diff_mode = true}).find(R"(":{"nonce":1}})"),
            std::string::npos)
      << trace(scene, PrestateOptions{.diff_mode = true});
}

std::string difference(const Scene& scene) {
  return trace(scene, PrestateOptions{.diff_mode = true, .disable_code = true});
}

TEST(PrestateTracer, shows_that_what_destroys_itself_survives_since_cancun) {
  Scene scene;
  scene.accounts.account(kContract, 77, Code{}.push(kOther).op(Opcode::Selfdestruct).bytes(), 1);
  const std::string moved = difference(scene);
  EXPECT_NE(moved.find('"' + kContractText + R"(":{"balance":"0x0"})"), std::string::npos) << moved;
  EXPECT_NE(moved.find('"' + kOtherText + R"(":{"balance":"0x4d"})"), std::string::npos) << moved;
  EXPECT_NE(moved.find(R"("pre":{)"), std::string::npos);
  EXPECT_GT(moved.find('"' + kContractText + R"(":{"balance":"0x4d",)"), moved.find("\"pre\""));

  // It keeps what it gives itself, so nothing of it changes.
  scene.accounts.account(kContract, 77, Code{}.push(kContract).op(Opcode::Selfdestruct).bytes(), 1);
  EXPECT_EQ(difference(scene).find(kContractText), std::string::npos) << difference(scene);
  // Nor if it had nothing to give.
  scene.accounts.account(kContract, 0, Code{}.push(kOther).op(Opcode::Selfdestruct).bytes(), 1);
  EXPECT_EQ(difference(scene).find(kContractText), std::string::npos) << difference(scene);
}

TEST(PrestateTracer, shows_what_was_destroyed_before_only) {
  Scene scene;
  scene.revision = Revision::Shanghai;
  scene.accounts.account(kContract, 77, Code{}.push(kContract).op(Opcode::Selfdestruct).bytes(), 1);
  const std::string text = difference(scene);
  const std::size_t place = text.find('"' + kContractText + R"(":{"balance":"0x4d",)");
  ASSERT_NE(place, std::string::npos) << text;
  EXPECT_GT(place, text.find("\"pre\"")) << text;
  EXPECT_EQ(text.find(kContractText), place + 1) << text;

  // A SELFDESTRUCT that is undone destroys nothing.
  scene = scene_of(call_other(Opcode::Call, 30'000).op(Opcode::Invalid));
  scene.revision = Revision::Shanghai;
  scene.accounts.account(kOther, 5, Code{}.push(kOther).op(Opcode::Selfdestruct).bytes(), 1);
  EXPECT_EQ(difference(scene).find(kOtherText), std::string::npos) << difference(scene);
}

TEST(PrestateTracer, shows_money_that_a_destroyed_creation_had_before) {
  const Address made = primitives::contract_address(kCaller, 0);
  Scene scene;
  scene.creates = true;
  scene.data = Code{}.push(kOther).op(Opcode::Selfdestruct).bytes();
  scene.accounts.account(made, 9);
  const std::string text = difference(scene);
  const std::string name = '"' + to_hex_prefixed(made.view()) + '"';
  const std::size_t place = text.find(name + R"(:{"balance":"0x9"})");
  ASSERT_NE(place, std::string::npos) << text;
  EXPECT_GT(place, text.find("\"pre\"")) << text;
  EXPECT_EQ(text.find(name), place) << text;
  EXPECT_NE(text.find('"' + kOtherText + R"(":{"balance":"0x9"})"), std::string::npos) << text;

  // One that had nothing leaves nothing in either half.
  scene.accounts = {};
  EXPECT_EQ(difference(scene).find(name), std::string::npos) << difference(scene);
}

TEST(PrestateTracer, shows_that_a_delegation_was_cleared) {
  const Bytes secret(32, 0x11);
  const auto key = crypto::Secp256k1SecretKey::from_bytes(secret).value();
  Bytes designator = from_hex("ef0100").value();
  append(designator, kOther.view());
  Scene scene = scene_of(Code{}.op(Opcode::Stop));
  scene.accounts.account(key.address(), 1, designator);
  scene.authorizations = {sign_authorization(key, 0, Address{}, 0)};
  const std::string name = '"' + to_hex_prefixed(key.address().view()) + '"';
  const std::string text = trace(scene, PrestateOptions{.diff_mode = true});
  EXPECT_NE(text.find(name + R"(:{"code":"0x",)" + code_hash_text({}) + R"("nonce":1})"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(name + R"(:{"balance":"0x1","code":")" + to_hex_prefixed(designator) +
                      R"(","codeHash":")" + to_hex_prefixed(crypto::keccak256(designator).view()) +
                      R"("})"),
            std::string::npos)
      << text;
}

TEST(FourByteTracer, counts_selectors_of_calls) {
  Code code;
  for (int i = 0; i < 2; ++i) {
    code.push(0).push(0).push(6).push(0).push(0).push(kOther).push(500).op(Opcode::Call);
  }
  // The identity contract does not count.
  code.push(0).push(0).push(6).push(0).push(4).push(500).op(Opcode::Staticcall);
  Scene scene = scene_of(code);
  scene.data = {0xa9, 0x05, 0x9c, 0xbb, 1, 2, 3};
  EXPECT_EQ(trace(scene, FourByteOptions{}), R"({"0x00000000-2":2,"0xa9059cbb-3":1})");
}

TEST(NoopTracer, says_nothing) {
  EXPECT_EQ(trace(scene_of(Code{}.push(1)), NoopOptions{}), "{}");
}

TEST(JsonTracer, ends_when_it_would_grow_too_large) {
  Code loop;
  loop.op(Opcode::Jumpdest).push(0).op(Opcode::Jump);
  const auto tracer = make_tracer(StructLogOptions{}, {.bytes_max = 10'000, .expired = {}});
  const TxnOutcome outcome = transact(scene_of(loop), *tracer);
  EXPECT_EQ(tracer->ending(), TraceEnding::TooLarge);
  EXPECT_EQ(outcome.status, Status::OutOfGas);
}

TEST(JsonTracer, ends_when_time_is_over) {
  Code loop;
  loop.op(Opcode::Jumpdest).push(0).op(Opcode::Jump);
  int looks = 0;
  const auto tracer = make_tracer(NoopOptions{}, {.expired = [&] { return ++looks == 3; }});
  static_cast<void>(transact(scene_of(loop), *tracer));
  EXPECT_EQ(tracer->ending(), TraceEnding::Expired);
  EXPECT_EQ(looks, 3);
}

TEST(LastStepTracer, has_geths_words_for_the_outermost_failure) {
  LastStepTracer tracer;
  Code code = call_other(Opcode::Call, 500);
  Scene scene = scene_of(code.byte(0x0c));
  scene.accounts.account(kOther, 0, Code{}.op(Opcode::Invalid).bytes(), 1);
  const TxnOutcome outcome = transact(scene, tracer);
  EXPECT_EQ(tracer.words(outcome.status), "invalid opcode: opcode 0xc not defined");
}

TEST(AccessListTracer, collects_what_is_reached) {
  Code code;
  code.push(5).op(Opcode::Sload).push(kOther).op(Opcode::Balance);
  code.push(0).push(0).push(6).push(0).push(4).push(500).op(Opcode::Staticcall);
  AccessListTracer tracer({kCaller, kContract});
  static_cast<void>(transact(scene_of(code), tracer));
  const auto list = tracer.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].address, kOther);
  EXPECT_TRUE(list[0].storage_keys.empty());
  EXPECT_EQ(list[1].address, kContract) << "its slots are listed though it is warm itself";
  EXPECT_EQ(list[1].storage_keys, std::vector<Hash256>{U256{5}.to_fixed<Hash256>()});
}

TEST(Precompiles, can_be_moved) {
  state::MemoryState state;
  World world(state);
  Evm machine(Revision::Prague);
  constexpr Address kIdentity{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}};
  machine.move_precompiles({{kOther, kIdentity}, {kIdentity, std::nullopt}});
  const Bytes data{1, 2, 3};
  CallRequest request;
  request.data = data;
  request.gas = 1'000;
  request.to = kOther;
  EXPECT_EQ(machine.call(world, BlockEnv{}, request).value().output, data);
  request.to = kIdentity;
  EXPECT_EQ(machine.call(world, BlockEnv{}, request).value().output, Bytes{});
  machine.move_precompiles({});
  EXPECT_EQ(machine.call(world, BlockEnv{}, request).value().output, data);
}

}  // namespace
}  // namespace ol::evm::test
