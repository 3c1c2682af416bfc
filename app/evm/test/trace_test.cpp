// `openliquid evm trace`: lines as EIP-3155 has them, in the order and with the words of geth.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "command.hpp"
#include "evm/run.hpp"
#include "evm/step_log.hpp"
#include "printed.hpp"

namespace ol::app {
namespace {

using Lines = std::vector<std::string>;

std::string trace_text(const std::string& line) {
  return test::printed_by(add_evm_trace, "trace " + line);
}

Lines trace(const std::string& line) {
  std::istringstream text(trace_text(line));
  Lines out;
  for (std::string one; std::getline(text, one);)
    out.push_back(one);
  return out;
}

/// The value of `key` in a line, as it is written.
std::string field(const std::string& line, const std::string& key) {
  const std::size_t at = line.find('"' + key + "\":");
  if (at == std::string::npos) return "";
  const std::size_t from = at + key.size() + 3;
  return line.substr(from, line.find_first_of(",}", from) - from);
}

/// Depth, name and cost of each step, and "end" for the summary.
Lines steps(const Lines& lines) {
  Lines out;
  for (const std::string& line : lines) {
    const bool is_step = line.starts_with(R"({"pc":)");
    out.push_back(is_step ? field(line, "depth") + ' ' + field(line, "opName") + ' ' +
                                field(line, "gasCost")
                          : "end");
  }
  return out;
}

// An account whose code is PUSH1 1, POP.
constexpr const char* kCallee = R"({"alloc":{
  "0xca11e40000000000000000000000000000000000": {"balance": "1000"},
  "0x074e120000000000000000000000000000000000": {"balance": "0", "nonce": "1", "code": "0x600150"}
}})";
const std::string kCallsIt = "5f5f5f5f5f73074e1200000000000000000000000000000000006103e8f1";

TEST(EvmTrace, prints_a_line_for_each_step_and_a_summary) {
  EXPECT_EQ(trace_text("--gas 100 6001600201"),
            R"({"pc":0,"op":96,"gas":"0x64","gasCost":"0x3","memSize":0,"stack":[],"depth":1,)"
            R"("returnData":"0x","refund":"0x0","opName":"PUSH1"})"
            "\n"
            R"({"pc":2,"op":96,"gas":"0x61","gasCost":"0x3","memSize":0,"stack":["0x1"],"depth":1,)"
            R"("returnData":"0x","refund":"0x0","opName":"PUSH1"})"
            "\n"
            R"({"pc":4,"op":1,"gas":"0x5e","gasCost":"0x3","memSize":0,"stack":["0x1","0x2"],)"
            R"("depth":1,"returnData":"0x","refund":"0x0","opName":"ADD"})"
            "\n"
            R"({"pc":5,"op":0,"gas":"0x5b","gasCost":"0x0","memSize":0,"stack":["0x3"],"depth":1,)"
            R"("returnData":"0x","refund":"0x0","opName":"STOP"})"
            "\n"
            R"({"output":"","gasUsed":"0x9"})"
            "\n");
}

TEST(EvmTrace, shows_what_is_returned) {
  // MSTORE8 of 0xab at 0, one byte returned.
  EXPECT_EQ(trace("60ab5f5360015ff3").back(), R"({"output":"ab","gasUsed":"0x10"})");
}

TEST(EvmTrace, an_account_without_code_has_no_steps) {
  EXPECT_EQ(trace_text("0x"), "{\"output\":\"\",\"gasUsed\":\"0x0\"}\n");
}

/// As geth has it: a call comes before what it calls, with the gas for it in its cost.
TEST(EvmTrace, lines_come_in_the_order_of_execution) {
  const test::TextFile file(kCallee);
  const Lines lines = trace("--prestate " + file.path() + " " + kCallsIt);
  EXPECT_EQ(steps(lines),
            (Lines{R"(1 "PUSH0" "0x2")", R"(1 "PUSH0" "0x2")", R"(1 "PUSH0" "0x2")",
                   R"(1 "PUSH0" "0x2")", R"(1 "PUSH0" "0x2")", R"(1 "PUSH20" "0x3")",
                   R"(1 "PUSH2" "0x3")", R"(1 "CALL" "0xe10")", R"(2 "PUSH1" "0x3")",
                   R"(2 "POP" "0x2")", R"(2 "STOP" "0x0")", R"(1 "STOP" "0x0")", "end"}));
}

/// The gas of a creation is no part of its cost.
TEST(EvmTrace, a_creation_costs_what_it_takes_itself) {
  // MSTORE8 of 0x50 at 0, which is the init code: POP.
  const Lines lines = steps(trace("60505f5360015f5ff0"));
  EXPECT_EQ(Lines(lines.end() - 4, lines.end()),
            (Lines{R"(1 "CREATE" "0x7d02")", R"(2 "POP" "0x0")", R"(1 "STOP" "0x0")", "end"}));
}

TEST(EvmTrace, a_refused_call_is_shown_once) {
  // Value 1, which the code does not hold.
  const Lines lines = steps(trace("5f5f5f5f600130620186a0f1"));
  EXPECT_EQ(Lines(lines.end() - 3, lines.end()),
            (Lines{R"(1 "CALL" "0x1aa2c")", R"(1 "STOP" "0x0")", "end"}));
}

TEST(EvmTrace, failures_have_geths_words) {
  const auto errors = [](const std::string& line) {
    const Lines lines = trace(line);
    return Lines{field(lines[lines.size() - 2], "error"), field(lines.back(), "error")};
  };
  const auto both = [](const std::string& words) {
    return Lines{'"' + words + '"', '"' + words + '"'};
  };
  EXPECT_EQ(errors("--gas 2 6001"), both("out of gas"));
  EXPECT_EQ(errors("600101"), both("stack underflow (1 <=> 2)"));
  EXPECT_EQ(errors("0c"), both("invalid opcode: opcode 0xc not defined"));
  EXPECT_EQ(errors("fe"), both("invalid opcode: INVALID"));
  EXPECT_EQ(errors("5f56"), both("invalid jump destination"));
  // A revert is no fault of its instruction.
  EXPECT_EQ(errors("5f5ffd"), (Lines{"", R"("execution reverted")"}));
  EXPECT_EQ(errors("--fork London 5f"), both("invalid opcode: PUSH0"));
  // What a callee did wrong is no failure of its caller.
  const test::TextFile file(kCallee);
  const Lines lines = trace("--prestate " + file.path() +
                            " 5f5f5f5f5f73074e1200000000000000000000000000000000006004f1");
  EXPECT_EQ(field(lines[lines.size() - 3], "error"), R"("out of gas")");
  EXPECT_EQ(field(lines.back(), "error"), "");
}

TEST(EvmTrace, creates) {
  // Init code that returns one byte of zero, which costs 200.
  const Lines lines = trace("--create 60015ff3");
  EXPECT_EQ(steps(lines),
            (Lines{R"(1 "PUSH1" "0x3")", R"(1 "PUSH0" "0x2")", R"(1 "RETURN" "0x3")", "end"}));
  EXPECT_EQ(lines.back(), R"({"output":"00","gasUsed":"0xd0"})");
}

TEST(EvmTrace, knows_geths_tracers_by_name) {
  EXPECT_TRUE(trace_text("--tracer structLogger 00").contains(R"("structLogs":[{"pc":0)"));
  EXPECT_TRUE(trace_text("--tracer callTracer 00").contains(R"("type":"CALL")"));
  EXPECT_TRUE(trace_text("--tracer prestateTracer 00").contains(R"("code":"0x00")"));
  EXPECT_TRUE(trace_text("--tracer diff 00").contains(R"("post":{)"));
  EXPECT_EQ(trace_text("--tracer 4byteTracer --input 12345678 00"), "{\"0x12345678-0\":1}\n");
  EXPECT_THROW(trace_text("--tracer nobody 00"), CommandError);
}

/// However much runs inside a call, no more than one line waits.
TEST(StepLog, writes_a_line_as_soon_as_its_cost_is_known) {
  std::ostringstream out;
  StepLog log(out);
  const auto lines = [&] { return std::ranges::count(out.view(), '\n'); };
  const auto step = [&](int depth) {
    evm::TraceStep one;
    one.depth = depth;
    log.on_step(one);
  };
  step(0);
  EXPECT_EQ(lines(), 0);
  evm::TraceEnter enter;
  enter.depth = 1;
  enter.caller_cost = 60;
  log.on_enter(enter);
  EXPECT_EQ(lines(), 1) << "the call's, before its callee runs";
  step(1);
  log.on_step_end(1, 3, evm::Status::Success);
  EXPECT_EQ(lines(), 2) << "the callee's, before the call is over";
  step(1);
  log.on_step_end(1, 3, evm::Status::OutOfGas);
  log.on_exit(1, evm::Status::OutOfGas, 50, {});
  log.on_step_end(0, 60, evm::Status::Success);
  EXPECT_EQ(lines(), 3) << "the call's is not repeated";
  log.on_exit(0, evm::Status::Success, 60, {});
  EXPECT_EQ(lines(), 4);
  EXPECT_TRUE(out.view().contains(R"("gasCost":"0x3c")"));
}

}  // namespace
}  // namespace ol::app
