#include <ol/evm/trace.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "run_code.hpp"

namespace ol::evm::test {
namespace {

/// Writes down what happens, a line each.
class Recorder final : public Tracer {
 public:
  void on_enter(const TraceEnter& enter) override {
    lines.push_back("enter " + std::to_string(enter.depth) + " gas " + std::to_string(enter.gas) +
                    (enter.depth == 0 ? "" : " for " + std::to_string(enter.caller_cost)));
  }
  void on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) override {
    lines.push_back("exit " + std::to_string(depth) + " " + describe(status) + " used " +
                    std::to_string(gas_used) + " output " + std::to_string(output.size()));
  }
  void on_step(const TraceStep& step) override {
    lines.push_back(std::to_string(step.pc) + " " + opcode_name(step.opcode) + " gas " +
                    std::to_string(step.gas) + " stack " + std::to_string(step.stack.size()));
  }
  void on_step_end(int /*depth*/, std::int64_t cost, Status status) override {
    lines.push_back("cost " + std::to_string(cost) +
                    (status == Status::Success ? "" : std::string(" ") + describe(status)));
  }

  std::vector<std::string> lines;
};

std::vector<std::string> trace(const Accounts& accounts, std::int64_t gas) {
  state::MemoryState state;
  accounts.fill(state);
  World world(state);
  Evm machine(Revision::Prague);
  Recorder recorder;
  machine.trace(&recorder);
  CallRequest request;
  request.caller = kCaller;
  request.to = kContract;
  request.gas = gas;
  EXPECT_TRUE(machine.call(world, BlockEnv{}, request).has_value());
  return recorder.lines;
}

TEST(Trace, shows_each_instruction_with_its_cost) {
  const auto lines =
      trace(Accounts().account(kContract, 0, Code{}.push(1).op(Opcode::Pop).bytes()), 100);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"enter 0 gas 100", "0 PUSH1 gas 100 stack 0", "cost 3",
                                      "2 POP gas 97 stack 1", "cost 2", "3 STOP gas 95 stack 0",
                                      "cost 0", "exit 0 success used 5 output 0"}));
}

/// The Yellow Paper (section 9.4.1) has STOPs behind the end of code; an account without code runs
/// nothing at all.
TEST(Trace, shows_the_stop_behind_the_end_of_code) {
  const auto end_of = [](const Bytes& code) {
    auto lines = trace(Accounts().account(kContract, 1, code), 100);
    return std::vector<std::string>(lines.begin() + 1, lines.end() - 1);
  };
  // The data of a PUSH may reach behind the end too.
  EXPECT_EQ(end_of({0x61, 0xab}), (std::vector<std::string>{"0 PUSH2 gas 100 stack 0", "cost 3",
                                                            "3 STOP gas 97 stack 1", "cost 0"}));
  EXPECT_EQ(end_of({0x00}), (std::vector<std::string>{"0 STOP gas 100 stack 0", "cost 0"}))
      << "a STOP that is there has none behind it";
  EXPECT_EQ(end_of({}), std::vector<std::string>{});
}

TEST(Trace, shows_what_failed) {
  const auto lines = trace(Accounts().account(kContract, 0, Code{}.op(Opcode::Pop).bytes()), 100);
  EXPECT_EQ(lines, (std::vector<std::string>{"enter 0 gas 100", "0 POP gas 100 stack 0",
                                             "cost 0 stack underflow",
                                             "exit 0 stack underflow used 100 output 0"}));
}

/// As geth has it, a call's cost includes the gas its callee is given.
TEST(Trace, a_call_costs_what_it_passes_on) {
  Code code;
  code.push(0).push(0).push(0).push(0).push(kOther).push(500).op(Opcode::Staticcall);
  Accounts accounts;
  accounts.account(kContract, 0, code.bytes());
  accounts.account(kOther, 0, Code{}.op(Opcode::Stop).bytes(), 1);
  const auto lines = trace(accounts, 10'000);
  const std::vector<std::string> end(lines.end() - 9, lines.end());
  EXPECT_EQ(end,
            (std::vector<std::string>{
                "32 STATICCALL gas 9982 stack 6", "enter 1 gas 500 for 3100",
                "0 STOP gas 500 stack 0", "cost 0", "exit 1 success used 0 output 0", "cost 3100",
                "33 STOP gas 7382 stack 1", "cost 0", "exit 0 success used 2618 output 0"}));
}

/// As geth has it, a creation's cost does not include the gas its init code is given.
TEST(Trace, a_creation_costs_what_it_takes_itself) {
  const auto end_of = [](const U256& value) {
    const Bytes code = Code{}.push(0).push(0).push(value).op(Opcode::Create).bytes();
    auto lines = trace(Accounts().account(kContract, 0, code), 32'009 + 6'400);
    return std::vector<std::string>(lines.end() - 6, lines.end() - 3);
  };
  EXPECT_EQ(end_of(0), (std::vector<std::string>{"enter 1 gas 6300 for 32000",
                                                 "exit 1 success used 0 output 0", "cost 32000"}));
  EXPECT_EQ(end_of(1),
            (std::vector<std::string>{"enter 1 gas 6300 for 32000",
                                      "exit 1 insufficient balance for transfer used 0 output 0",
                                      "cost 32000"}));
}

/// That a precompiled contract lacks gas is no fault of its input.
TEST(Trace, tells_why_a_precompiled_contract_failed) {
  const auto exit_of = [](std::uint64_t address, std::uint64_t gas) {
    Code code;
    code.push(0).push(0).push(0).push(0).push(address).push(gas).op(Opcode::Staticcall);
    return trace(Accounts().account(kContract, 0, code.bytes()), 10'000).at(15);
  };
  EXPECT_EQ(exit_of(1, 2'999), "exit 1 out of gas used 2999 output 0");
  EXPECT_EQ(exit_of(1, 3'000), "exit 1 success used 3000 output 0");
  EXPECT_EQ(exit_of(9, 3'000), "exit 1 invalid input length used 3000 output 0");
}

}  // namespace
}  // namespace ol::evm::test
