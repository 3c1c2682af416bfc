// What both interpreters must do, clause by clause. Each test runs on both.
#include <gtest/gtest.h>

#include "run_code.hpp"

namespace ol::evm::test {
namespace {

class Interpreter : public testing::TestWithParam<Engine> {
 protected:
  [[nodiscard]] RunResult run(const Code& code, const RunOptions& options = {}) const {
    return run_on(GetParam(), {}, code.bytes(), options);
  }
  [[nodiscard]] RunResult run(const Code& code, const Accounts& accounts,
                              const RunOptions& options = {}) const {
    return run_on(GetParam(), accounts, code.bytes(), options);
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, Interpreter,
                         testing::Values(Engine::Fast, Engine::Stoppable, Engine::Reference),
                         [](const auto& test) { return engine_name(test.param); });

// JUMPDEST PUSH0 JUMP: without a stop sign, 11 gas a round until all of it is used.
const Code kEndless = Code{}.repeat(1, "5b5f56");

TEST(StopSign, ends_an_endless_loop_at_the_third_look) {
  int looks = 0;
  const RunResult result = run_on(Engine::Stoppable, {}, kEndless.bytes(),
                                  {.gas = 1'000'000'000, .stop = [&] { return ++looks >= 3; }});
  EXPECT_EQ(result.outcome.status, Status::OutOfGas);
  EXPECT_EQ(looks, 3);
}

// Every frame of a tree of calls ends, not only the innermost: CALLs itself with all its gas, and
// again if that failed.
TEST(StopSign, ends_every_frame) {
  const Code calls_itself = Code{}.repeat(1, "5b5f5f5f5f5f305af1505f56");
  int looks = 0;
  const RunResult result = run_on(Engine::Stoppable, {}, calls_itself.bytes(),
                                  {.gas = 1'000'000'000, .stop = [&] { return ++looks >= 2; }});
  EXPECT_EQ(result.outcome.status, Status::OutOfGas);
  EXPECT_LE(looks, 1 + 2 * 1024) << "once more for each frame that was open";
}

TEST(StopSign, that_never_stops_changes_nothing) {
  const auto run = [](Engine engine, StopSign stop) {
    return run_on(engine, {}, kEndless.bytes(), {.gas = 5'000'000, .stop = std::move(stop)});
  };
  const RunResult fast = run(Engine::Fast, {});
  const RunResult watched = run(Engine::Stoppable, [] { return false; });
  EXPECT_EQ(fast.outcome.status, watched.outcome.status);
  EXPECT_EQ(fast.gas_used, watched.gas_used);
}

TEST_P(Interpreter, empty_code_and_the_end_of_code_succeed_without_output) {
  EXPECT_EQ(run(Code{}).outcome.status, Status::Success);
  const RunResult result = run(Code{}.push(1));
  EXPECT_EQ(result.outcome.status, Status::Success);
  EXPECT_EQ(result.gas_used, 3);
  EXPECT_TRUE(result.outcome.output.empty());
}

TEST_P(Interpreter, push_past_the_end_of_code_reads_zeros) {
  const RunResult result = run(Code{}.byte(0x61).byte(0xff));
  EXPECT_EQ(result.outcome.status, Status::Success);
}

TEST_P(Interpreter, operands_come_from_the_top) {
  struct Case {
    Opcode op;
    U256 top, below, expected;
  };
  const U256 minus_one = U256::max();
  for (const Case& c : {Case{Opcode::Sub, 10, 3, 7},
                        Case{Opcode::Div, 10, 3, 3},
                        Case{Opcode::Mod, 10, 4, 2},
                        Case{Opcode::Sdiv, minus_one, 1, minus_one},
                        Case{Opcode::Lt, 1, 2, 1},
                        Case{Opcode::Lt, 2, 2, 0},
                        Case{Opcode::Gt, 2, 1, 1},
                        Case{Opcode::Gt, 2, 2, 0},
                        Case{Opcode::Slt, minus_one, 0, 1},
                        Case{Opcode::Sgt, 0, minus_one, 1},
                        Case{Opcode::Shl, 4, 1, 16},
                        Case{Opcode::Shr, 4, 16, 1},
                        Case{Opcode::Shl, 256, 1, 0},
                        Case{Opcode::Shr, 255, minus_one, 1},
                        Case{Opcode::Sar, 255, minus_one, minus_one},
                        Case{Opcode::Exp, 3, 4, 81},
                        Case{Opcode::Byte, 31, 0x1234, 0x34},
                        Case{Opcode::Signextend, 0, 0xff, minus_one},
                        Case{Opcode::Div, 1, 0, 0},
                        Case{Opcode::Mod, 1, 0, 0}}) {
    // Once as constants, which the translator may compute, once by way of memory.
    const RunResult constants = run(Code{}.push(c.below).push(c.top).op(c.op).return_top());
    EXPECT_EQ(constants.word(), c.expected) << opcode_name(static_cast<std::uint8_t>(c.op));
    Code code;
    code.push(c.below).push(0).op(Opcode::Mstore).push(c.top).push(32).op(Opcode::Mstore);
    code.push(0).op(Opcode::Mload).push(32).op(Opcode::Mload).op(c.op).return_top();
    EXPECT_EQ(run(code).word(), c.expected) << opcode_name(static_cast<std::uint8_t>(c.op));
  }
}

// Powers of two, 2^256 - 1, short operands and others each have a way of their own.
TEST_P(Interpreter, division_and_mulmod_agree_with_their_definitions_for_every_kind_of_operand) {
  const auto power = [](unsigned bits) { return U256{1} << bits; };
  const std::array moduli{U256{},     U256{1},     U256{3},    U256{0xf3688},
                          power(64),  power(96),   power(127), power(128),
                          power(255), U256::max(), ~U256{1},   power(200) + U256{7},
                          power(192)};
  const std::array operands{U256{},    U256{1},     U256{0xbb8},           power(64) - U256{1},
                            power(64), power(96),   power(128) - U256{1},  power(128),
                            ~U256{1},  U256::max(), power(250) + power(90)};
  for (const U256& m : moduli) {
    for (const U256& a : operands) {
      EXPECT_EQ(run(Code{}.push(m).push(a).op(Opcode::Div).return_top()).word(), div(a, m));
      for (const U256& b : operands) {
        const Code code = Code{}.push(m).push(b).push(a).op(Opcode::Mulmod).return_top();
        EXPECT_EQ(run(code).word(), mulmod(a, b, m))
            << a.to_hex() << ' ' << b.to_hex() << ' ' << m.to_hex();
      }
    }
  }
}

TEST_P(Interpreter, every_dup_and_swap_reaches_its_word) {
  for (std::uint8_t n = 1; n <= 16; ++n) {
    Code dup;
    for (std::uint64_t i = 20; i > 0; --i)
      dup.push(i);
    EXPECT_EQ(run(dup.byte(static_cast<std::uint8_t>(0x7f + n)).return_top()).word(), U256{n});
    Code swap;
    for (std::uint64_t i = 20; i > 0; --i)
      swap.push(i);
    swap.byte(static_cast<std::uint8_t>(0x8f + n));
    for (std::uint8_t i = 0; i < n; ++i)
      swap.op(Opcode::Pop);
    EXPECT_EQ(run(swap.return_top()).word(), U256{1}) << "what was on top lies " << n << " deeper";
  }
}

TEST_P(Interpreter, underflow_fails_and_takes_all_gas) {
  for (const Code& code :
       {Code{}.op(Opcode::Pop), Code{}.push(1).op(Opcode::Add), Code{}.push(1).byte(0x90),
        Code{}.byte(0x80), Code{}.push(1).push(2).op(Opcode::Add).op(Opcode::Mul)}) {
    const RunResult result = run(code);
    EXPECT_EQ(result.outcome.status, Status::StackUnderflow);
    EXPECT_EQ(result.outcome.gas_left, 0);
  }
}

TEST_P(Interpreter, a_stack_of_1024_words_is_full) {
  EXPECT_EQ(run(Code{}.repeat(1024, "6001")).outcome.status, Status::Success);
  EXPECT_EQ(run(Code{}.repeat(1025, "6001")).outcome.status, Status::StackOverflow);
  EXPECT_EQ(run(Code{}.repeat(1024, "6001").byte(0x80)).outcome.status, Status::StackOverflow);
  EXPECT_EQ(run(Code{}.repeat(1024, "6001").byte(0x90)).outcome.status, Status::Success);
  // The same one word at a time, in a loop whose blocks know nothing of the height.
  const Code loop = Code{}.op(Opcode::Jumpdest).push(0).push(0).op(Opcode::Jump);
  EXPECT_EQ(run(loop).outcome.status, Status::StackOverflow);
}

TEST_P(Interpreter, static_gas_must_be_there_to_the_last_unit) {
  const Code code = Code{}.push(1).push(2).op(Opcode::Add).op(Opcode::Pop);
  EXPECT_EQ(run(code, {.gas = 11}).outcome.status, Status::Success);
  EXPECT_EQ(run(code, {.gas = 11}).outcome.gas_left, 0);
  EXPECT_EQ(run(code, {.gas = 10}).outcome.status, Status::OutOfGas);
}

TEST_P(Interpreter, gas_tells_what_is_left_behind_itself) {
  const Code code = Code{}.push(1).op(Opcode::Pop).op(Opcode::Gas).return_top();
  EXPECT_EQ(run(code, {.gas = 1000}).word(), U256{1000 - 3 - 2 - 2});
}

TEST_P(Interpreter, jumps_go_to_jumpdests_only) {
  // PUSH1 4 JUMP INVALID JUMPDEST
  EXPECT_EQ(
      run(Code{}.push(4).op(Opcode::Jump).op(Opcode::Invalid).op(Opcode::Jumpdest)).outcome.status,
      Status::Success);
  EXPECT_EQ(
      run(Code{}.push(3).op(Opcode::Jump).op(Opcode::Invalid).op(Opcode::Jumpdest)).outcome.status,
      Status::BadJump);
  // The byte 0x5b as data of a PUSH.
  EXPECT_EQ(run(Code{}.push(4).op(Opcode::Jump).byte(0x60).byte(0x5b)).outcome.status,
            Status::BadJump);
  EXPECT_EQ(run(Code{}.push(5).op(Opcode::Jump)).outcome.status, Status::BadJump);
  EXPECT_EQ(run(Code{}.push(U256{1} << 64).op(Opcode::Jump).op(Opcode::Jumpdest)).outcome.status,
            Status::BadJump);
}

TEST_P(Interpreter, a_bad_destination_matters_only_if_the_jump_is_taken) {
  const auto code = [](std::uint64_t condition) {
    return Code{}.push(condition).push(99).op(Opcode::Jumpi);
  };
  EXPECT_EQ(run(code(0)).outcome.status, Status::Success);
  EXPECT_EQ(run(code(1)).outcome.status, Status::BadJump);
}

TEST_P(Interpreter, a_computed_destination_works_like_a_pushed_one) {
  // CALLDATASIZE gives the destination; the translator cannot know it.
  const Code code = Code{}
                        .op(Opcode::Calldatasize)
                        .op(Opcode::Jump)
                        .op(Opcode::Invalid)
                        .op(Opcode::Jumpdest)
                        .push(7)
                        .return_top();
  EXPECT_EQ(run(code, {.input = Bytes(3)}).word(), U256{7});
  EXPECT_EQ(run(code, {.input = Bytes(4)}).outcome.status, Status::BadJump);
}

TEST_P(Interpreter, functions_return_to_the_places_pushed_before_the_calls) {
  // square(5) + square(3). A call: PUSH1 place to return to, PUSH1 argument, PUSH1 0x19, JUMP.
  const Code calls = Code{}
                         .repeat(1, "60076005601956")    // 0x00
                         .repeat(1, "5b600f6003601956")  // 0x07
                         .repeat(1, "5b01")              // 0x0f
                         .return_top()                   // 0x11
                         .repeat(1, "5b80029056");       // 0x19: JUMPDEST DUP1 MUL SWAP1 JUMP
  const RunResult result = run(calls);
  EXPECT_EQ(result.word(), U256{34});
  EXPECT_EQ(run(calls, {.gas = result.gas_used}).outcome.gas_left, 0);
  EXPECT_EQ(run(calls, {.gas = result.gas_used - 1}).outcome.status, Status::OutOfGas);
}

TEST_P(Interpreter, jumps_follow_the_stack_and_not_the_order_of_the_pushes) {
  // PUSH1 0x09, PUSH1 0x14, two instructions, JUMP; at 0x09 it returns 1, at 0x14 2.
  const auto code = [](std::string_view instructions) {
    return Code{}
        .repeat(1, "60096014")
        .repeat(1, instructions)
        .repeat(1, "56")
        .repeat(1, std::string(2 * (9 - 5) - instructions.size(), 'f'))
        .repeat(1, "5b6001")
        .return_top()
        .repeat(1, "5b6002")
        .return_top();
  };
  EXPECT_EQ(run(code("")).word(), U256{2});
  EXPECT_EQ(run(code("90")).word(), U256{1}) << "SWAP1";
  EXPECT_EQ(run(code("9090")).word(), U256{2}) << "SWAP1 SWAP1";
  EXPECT_EQ(run(code("50")).word(), U256{1}) << "POP";
  EXPECT_EQ(run(code("81")).word(), U256{1}) << "DUP2";
  EXPECT_EQ(run(code("8190")).word(), U256{2}) << "DUP2 SWAP1";
  EXPECT_EQ(run(code("608018")).outcome.status, Status::BadJump) << "PUSH1 0x80 XOR";
}

TEST_P(Interpreter, a_loop_of_jumps_alone_ends_out_of_gas) {
  // JUMPDEST, PUSH1 0, JUMP; then two that jump to each other.
  EXPECT_EQ(run(Code{}.repeat(1, "5b600056")).outcome.status, Status::OutOfGas);
  EXPECT_EQ(run(Code{}.repeat(1,
                              "5b600456"
                              "5b600056"))
                .outcome.status,
            Status::OutOfGas);
}

TEST_P(Interpreter, what_is_simplified_stays_what_it_was) {
  const auto word = [&](const Code& code) { return run(Code(code).return_top()).word(); };
  // The operands come from call data of no length, so the translator does not know them.
  const Code two = Code{}.op(Opcode::Calldatasize).push(2).op(Opcode::Add);
  const Code two_three = Code(two).op(Opcode::Calldatasize).push(3).op(Opcode::Add);
  const auto after_swap = [&](Opcode op) { return word(Code(two_three).op(Opcode::Swap1).op(op)); };
  EXPECT_EQ(after_swap(Opcode::Lt), U256{1});
  EXPECT_EQ(after_swap(Opcode::Gt), U256{0});
  EXPECT_EQ(after_swap(Opcode::Slt), U256{1});
  EXPECT_EQ(after_swap(Opcode::Sgt), U256{0});
  EXPECT_EQ(after_swap(Opcode::Sub), U256::max());
  EXPECT_EQ(after_swap(Opcode::Mul), U256{6});
  EXPECT_EQ(after_swap(Opcode::Eq), U256{0});
  EXPECT_EQ(word(Code{}.push(5).op(Opcode::Not)), ~U256{5});
  EXPECT_EQ(word(Code{}.push(5).op(Opcode::Iszero)), U256{0});
  EXPECT_EQ(word(Code{}.push(0).op(Opcode::Iszero)), U256{1});
  EXPECT_EQ(word(Code(two).push(9).op(Opcode::Pop)), U256{2});
  EXPECT_EQ(word(Code(two).op(Opcode::Dup1).op(Opcode::Pop)), U256{2});
  // Two ISZEROs before a jump: CALLDATASIZE ISZERO ISZERO PUSH1 7 JUMPI INVALID JUMPDEST.
  const Code jump = Code{}.repeat(1,
                                  "3615156007"
                                  "57"
                                  "fe"
                                  "5b");
  EXPECT_EQ(run(jump, {.input = Bytes(3)}).outcome.status, Status::Success);
  EXPECT_EQ(run(jump).outcome.status, Status::InvalidOpcode);
}

TEST_P(Interpreter, runs_of_jumpdests_cost_one_each_wherever_entered) {
  const auto code = [](std::uint64_t to) {
    return Code{}.push(to).op(Opcode::Jump).repeat(5, "5b");
  };
  for (std::uint64_t i = 0; i < 5; ++i)
    EXPECT_EQ(run(code(3 + i)).gas_used, static_cast<std::int64_t>(3 + 8 + 5 - i));
}

TEST_P(Interpreter, a_loop_costs_each_round) {
  // PUSH1 n; JUMPDEST; PUSH1 1; SWAP1; SUB; DUP1; PUSH1 2; JUMPI
  const auto loop = [](std::uint64_t n) {
    return Code{}
        .push(n)
        .op(Opcode::Jumpdest)
        .push(1)
        .byte(0x90)
        .op(Opcode::Sub)
        .byte(0x80)
        .push(2)
        .op(Opcode::Jumpi);
  };
  const std::int64_t round = 1 + 3 + 3 + 3 + 3 + 3 + 10;
  EXPECT_EQ(run(loop(1)).gas_used, 3 + round);
  EXPECT_EQ(run(loop(200)).gas_used, 3 + 200 * round);
  EXPECT_EQ(run(loop(200), {.gas = 3 + 200 * round - 1}).outcome.status, Status::OutOfGas);
}

TEST_P(Interpreter, pc_codesize_and_msize_tell_their_place) {
  EXPECT_EQ(run(Code{}.push(1).op(Opcode::Pop).op(Opcode::Pc).return_top()).word(), U256{3});
  EXPECT_EQ(run(Code{}.op(Opcode::Codesize).return_top()).word(), U256{9});
  EXPECT_EQ(run(Code{}.op(Opcode::Msize).return_top()).word(), U256{0});
  EXPECT_EQ(
      run(Code{}.push(33).op(Opcode::Mload).op(Opcode::Pop).op(Opcode::Msize).return_top()).word(),
      U256{96});
}

TEST_P(Interpreter, memory_is_zero_at_first_and_priced_by_its_words) {
  EXPECT_EQ(run(Code{}.push(1000).op(Opcode::Mload).return_top()).word(), U256{0});
  // 724 words: 3 * 724 + 724^2 / 512 = 2172 + 1023.
  const RunResult result = run(Code{}.push(723 * 32).op(Opcode::Mload).op(Opcode::Pop));
  EXPECT_EQ(result.gas_used, 3 + 3 + 2 + 2172 + 1023);
  EXPECT_EQ(
      run(Code{}.push(723 * 32).op(Opcode::Mload).op(Opcode::Pop), {.gas = 3202}).outcome.status,
      Status::OutOfGas);
}

TEST_P(Interpreter, unpayable_offsets_are_out_of_gas) {
  for (const U256& offset : {U256{1} << 32, U256{1} << 63, U256::max() >> 192, U256{1} << 64,
                             U256{1} << 255, U256::max()}) {
    EXPECT_EQ(run(Code{}.push(offset).op(Opcode::Mload)).outcome.status, Status::OutOfGas);
    EXPECT_EQ(run(Code{}.push(1).push(offset).op(Opcode::Mstore)).outcome.status, Status::OutOfGas);
    EXPECT_EQ(run(Code{}.push(1).push(offset).op(Opcode::Mstore8)).outcome.status,
              Status::OutOfGas);
    EXPECT_EQ(run(Code{}.push(1).push(offset).op(Opcode::Keccak256)).outcome.status,
              Status::OutOfGas);
    // Nothing of anywhere is nothing.
    EXPECT_EQ(run(Code{}.push(0).push(offset).op(Opcode::Keccak256)).outcome.status,
              Status::Success);
  }
}

TEST_P(Interpreter, memory_larger_than_a_chunk_keeps_its_contents) {
  Code code;
  code.push(0x1234).push(0).op(Opcode::Mstore);
  code.push(3'000'000).op(Opcode::Mload).op(Opcode::Pop);
  code.push(0).op(Opcode::Mload).return_top();
  EXPECT_EQ(run(code, {.gas = 30'000'000}).word(), U256{0x1234});
}

TEST_P(Interpreter, mcopy_copies_as_if_by_way_of_a_buffer) {
  Code code;
  code.push(U256::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
                .value())
      .push(0)
      .op(Opcode::Mstore);
  code.push(31).push(0).push(1).op(Opcode::Mcopy).push(0).op(Opcode::Mload).return_top();
  EXPECT_EQ(run(code).outcome.output,
            from_hex("00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e").value());
  EXPECT_EQ(run(code, {.revision = Revision::Shanghai}).outcome.status, Status::InvalidOpcode);
}

TEST_P(Interpreter, call_data_past_its_end_is_zero) {
  const Bytes input{0xaa, 0xbb};
  EXPECT_EQ(run(Code{}.push(1).op(Opcode::Calldataload).return_top(), {.input = input}).word(),
            U256{0xbb} << 248);
  EXPECT_EQ(
      run(Code{}.push(U256::max()).op(Opcode::Calldataload).return_top(), {.input = input}).word(),
      U256{0});
  Code copy;
  copy.push(4).push(1).push(0).op(Opcode::Calldatacopy).push(0).op(Opcode::Mload).return_top();
  EXPECT_EQ(run(copy, {.input = input}).word(), U256{0xbb} << 248);
}

TEST_P(Interpreter, opcodes_exist_from_their_revision_on) {
  struct Case {
    Opcode op;
    Revision since;
    int operands;
  };
  for (const Case& c :
       {Case{Opcode::Delegatecall, Revision::Homestead, 6},
        Case{Opcode::Returndatasize, Revision::Byzantium, 0},
        Case{Opcode::Shl, Revision::Constantinople, 2},
        Case{Opcode::Extcodehash, Revision::Constantinople, 1},
        Case{Opcode::Chainid, Revision::Istanbul, 0}, Case{Opcode::Basefee, Revision::London, 0},
        Case{Opcode::Push0, Revision::Shanghai, 0}, Case{Opcode::Tload, Revision::Cancun, 1},
        Case{Opcode::Blobbasefee, Revision::Cancun, 0}, Case{Opcode::Clz, Revision::Osaka, 1}}) {
    Code code;
    for (int i = 0; i < c.operands; ++i)
      code.push(0);
    code.op(c.op);
    const auto before = static_cast<Revision>(static_cast<int>(c.since) - 1);
    EXPECT_EQ(run(code, {.revision = c.since}).outcome.status, Status::Success)
        << opcode_name(static_cast<std::uint8_t>(c.op));
    EXPECT_EQ(run(code, {.revision = before}).outcome.status, Status::InvalidOpcode)
        << opcode_name(static_cast<std::uint8_t>(c.op));
  }
  EXPECT_EQ(run(Code{}.byte(0x0c)).outcome.status, Status::InvalidOpcode);
  EXPECT_EQ(run(Code{}.op(Opcode::Invalid)).outcome.status, Status::InvalidOpcode);
}

TEST_P(Interpreter, revert_returns_data_and_gas_but_no_changes) {
  Code code;
  code.push(1).push(1).op(Opcode::Sstore).push(0xee).push(0).op(Opcode::Mstore8);
  code.push(1).push(0).op(Opcode::Revert);
  const RunResult result = run(code);
  EXPECT_EQ(result.outcome.status, Status::Revert);
  EXPECT_EQ(result.outcome.output, Bytes{0xee});
  EXPECT_GT(result.outcome.gas_left, 0);
  EXPECT_TRUE(result.diff.storage.empty());
}

}  // namespace
}  // namespace ol::evm::test
