// Instructions on state: prices, refunds, static calls. Each test runs on both interpreters.
#include <gtest/gtest.h>

#include "run_code.hpp"

namespace ol::evm::test {
namespace {

class StateOperations : public testing::TestWithParam<Engine> {
 protected:
  [[nodiscard]] RunResult run(const Code& code, const Accounts& accounts = {},
                              const RunOptions& options = {}) const {
    return run_on(GetParam(), accounts, code.bytes(), options);
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, StateOperations,
                         testing::Values(Engine::Fast, Engine::Stoppable, Engine::Reference),
                         [](const auto& test) { return engine_name(test.param); });

/// CALL-like: pushes everything but value for the given kind and calls.
Code call(Opcode kind, const Address& to, std::uint64_t gas, const U256& value = {}) {
  Code code;
  code.push(0).push(0).push(0).push(0);
  if (kind == Opcode::Call || kind == Opcode::Callcode) code.push(value);
  return code.push(to).push(gas).op(kind);
}

// EIP-2929: 2,100 for a cold slot, 100 for a warm one.
TEST_P(StateOperations, sload_is_cold_once) {
  const Code once = Code{}.push(1).op(Opcode::Sload);
  EXPECT_EQ(run(once).gas_used, 3 + 2100);
  EXPECT_EQ(run(Code{}.push(1).op(Opcode::Sload).push(1).op(Opcode::Sload)).gas_used,
            3 + 2100 + 3 + 100);
  EXPECT_EQ(run(once, {}, {.revision = Revision::Istanbul}).gas_used, 3 + 800);
  EXPECT_EQ(run(once, {}, {.revision = Revision::Frontier}).gas_used, 3 + 50);
}

// EIP-2200 with EIP-2929's prices, "Test Cases": value before, then writes, then gas.
TEST_P(StateOperations, sstore_is_priced_against_the_value_at_the_start) {
  struct Case {
    std::uint64_t original;
    std::vector<std::uint64_t> writes;
    std::int64_t gas;
  };
  for (const Case& c : {Case{0, {0}, 2200}, Case{0, {1}, 22100}, Case{1, {0}, 5000},
                        Case{1, {2}, 5000}, Case{1, {1}, 2200}, Case{0, {1, 0}, 22200},
                        Case{0, {1, 2}, 22200}, Case{1, {0, 1}, 5100}, Case{1, {2, 2}, 5100}}) {
    Accounts accounts;
    if (c.original != 0) accounts.slot(kContract, 5, c.original);
    Code code;
    for (const std::uint64_t value : c.writes)
      code.push(value).push(5).op(Opcode::Sstore);
    const auto pushes = static_cast<std::int64_t>(6 * c.writes.size());
    EXPECT_EQ(run(code, accounts).gas_used, c.gas + pushes);
  }
}

TEST_P(StateOperations, sstore_needs_more_than_the_stipend) {
  const Code code = Code{}.push(0).push(0).op(Opcode::Sstore);
  EXPECT_EQ(run(code, {}, {.gas = 2300 + 6}).outcome.status, Status::OutOfGas);
  EXPECT_EQ(run(code, {}, {.gas = 2301 + 6}).outcome.status, Status::Success);
}

TEST_P(StateOperations, transient_storage_lasts_the_transaction_and_no_longer) {
  Code code;
  code.push(9).push(3).op(Opcode::Tstore).push(3).op(Opcode::Tload).return_top();
  const RunResult result = run(code);
  EXPECT_EQ(result.word(), U256{9});
  EXPECT_TRUE(result.diff.storage.empty());
}

TEST_P(StateOperations, a_static_call_cannot_change_anything) {
  for (const Code& callee :
       {Code{}.push(1).push(1).op(Opcode::Sstore), Code{}.push(1).push(1).op(Opcode::Tstore),
        Code{}.push(0).push(0).op(Opcode::Log0), Code{}.push(0).op(Opcode::Selfdestruct),
        Code{}.push(0).push(0).push(0).op(Opcode::Create), call(Opcode::Call, kCaller, 0, 1)}) {
    Accounts accounts;
    accounts.account(kOther, 10, callee.bytes(), 1);
    const Code code = call(Opcode::Staticcall, kOther, 500'000).return_top();
    EXPECT_EQ(run(code, accounts).word(), U256{0});
    const Code allowed = call(Opcode::Call, kOther, 500'000).return_top();
    EXPECT_EQ(run(allowed, accounts).word(), U256{1});
  }
}

TEST_P(StateOperations, a_call_without_value_in_a_static_call_is_fine) {
  Accounts accounts;
  accounts.account(kOther, 10, call(Opcode::Call, kCaller, 0).bytes(), 1);
  EXPECT_EQ(run(call(Opcode::Staticcall, kOther, 50'000).return_top(), accounts).word(), U256{1});
}

TEST_P(StateOperations, a_callee_gets_all_but_a_64th) {
  Accounts accounts;
  accounts.account(kOther, 0, Code{}.op(Opcode::Invalid).bytes(), 1);
  const Code code = call(Opcode::Call, kOther, 1'000'000'000);
  const RunResult result = run(code, accounts, {.gas = 100'000});
  const std::int64_t before = 100'000 - 7 * 3 - 2600;
  EXPECT_EQ(result.outcome.gas_left, before / 64);
}

TEST_P(StateOperations, frontier_insists_on_the_gas_asked_for) {
  Accounts accounts;
  accounts.account(kOther, 0, Code{}.op(Opcode::Stop).bytes(), 1);
  const auto with = [&](std::uint64_t gas) {
    return run(call(Opcode::Call, kOther, gas), accounts,
               {.revision = Revision::Frontier, .gas = 1000})
        .outcome.status;
  };
  EXPECT_EQ(with(1000 - 21 - 40), Status::Success);
  EXPECT_EQ(with(1000 - 21 - 40 + 1), Status::OutOfGas);
}

TEST_P(StateOperations, value_costs_9000_and_a_new_account_25000_more) {
  const Code code = call(Opcode::Call, kOther, 0, 1);
  // The stipend comes back unspent.
  EXPECT_EQ(run(code).gas_used, 7 * 3 + 2600 + 9000 + 25000 - 2300);
  Accounts accounts;
  accounts.account(kOther, 1);
  EXPECT_EQ(run(code, accounts).gas_used, 7 * 3 + 2600 + 9000 - 2300);
}

TEST_P(StateOperations, a_call_that_cannot_be_paid_does_not_happen) {
  const RunResult result = run(call(Opcode::Call, kOther, 0, 1001).return_top());
  EXPECT_EQ(result.word(), U256{0});
  EXPECT_FALSE(result.diff.accounts.contains(kOther));
}

TEST_P(StateOperations, delegatecall_keeps_caller_value_and_storage) {
  Code callee;
  callee.op(Opcode::Caller)
      .push(0)
      .op(Opcode::Sstore)
      .op(Opcode::Callvalue)
      .push(1)
      .op(Opcode::Sstore);
  Accounts accounts;
  accounts.account(kOther, 0, callee.bytes(), 1);
  const RunResult result =
      run(call(Opcode::Delegatecall, kOther, 500'000), accounts, {.value = 77});
  const auto slot = [&](std::uint64_t key) {
    return result.diff.storage.at({kContract, U256{key}.to_fixed<Hash256>()});
  };
  EXPECT_EQ(slot(0), to_word(kCaller));
  EXPECT_EQ(slot(1), U256{77});
}

TEST_P(StateOperations, return_data_is_the_last_callees) {
  Accounts accounts;
  accounts.account(kOther, 0, Code{}.push(0xabcd).return_top().bytes(), 1);
  Code code = call(Opcode::Call, kOther, 50'000);
  code.op(Opcode::Returndatasize).push(0).push(0).op(Opcode::Returndatacopy);
  EXPECT_EQ(run(Code(code).push(0).op(Opcode::Mload).return_top(), accounts).word(), U256{0xabcd});
  // EIP-211: one byte past the end fails.
  Code past = call(Opcode::Call, kOther, 50'000).push(1).push(32).push(0);
  EXPECT_EQ(run(past.op(Opcode::Returndatacopy), accounts).outcome.status,
            Status::ReturnDataBounds);
}

TEST_P(StateOperations, calls_go_1024_deep) {
  // Each level adds one to a counter in its own storage and calls itself with all its gas.
  Code code;
  code.push(0).op(Opcode::Sload).push(1).op(Opcode::Add).push(0).op(Opcode::Sstore);
  code.push(0).push(0).push(0).push(0).push(0).op(Opcode::Address).op(Opcode::Gas).op(Opcode::Call);
  const RunResult result = run(code, {}, {.gas = std::int64_t{1} << 50});
  EXPECT_EQ(result.outcome.status, Status::Success);
  EXPECT_EQ(result.diff.storage.at({kContract, Hash256{}}), U256{1025});
}

TEST_P(StateOperations, create_addresses_follow_the_nonce_and_the_salt) {
  // Init code: returns nothing.
  const RunResult plain = run(Code{}.push(0).push(0).push(0).op(Opcode::Create).return_top());
  // Yellow Paper eq. 87: keccak(rlp([c0de00.., 1]))[12:].
  EXPECT_FALSE(plain.word().is_zero());
  const RunResult salted =
      run(Code{}.push(5).push(0).push(0).push(0).op(Opcode::Create2).return_top());
  EXPECT_FALSE(salted.word().is_zero());
  EXPECT_NE(plain.word(), salted.word());
  EXPECT_EQ(salted.diff.accounts.at(kContract)->nonce, 2U);
  EXPECT_EQ(salted.diff.accounts.at(to_address(salted.word()))->nonce, 1U);
}

TEST_P(StateOperations, a_second_creation_at_the_same_address_collides_and_takes_the_gas) {
  Code code;
  code.push(5).push(0).push(0).push(0).op(Opcode::Create2).op(Opcode::Pop);
  code.push(5).push(0).push(0).push(0).op(Opcode::Create2).return_top();
  const RunResult result = run(code, {}, {.gas = 200'000});
  EXPECT_EQ(result.word(), U256{0});
  EXPECT_LT(result.outcome.gas_left, 200'000 / 60);
}

TEST_P(StateOperations, oversized_init_code_fails_from_shanghai_on) {
  const auto code = [](std::uint64_t size) {
    return Code{}.push(size).push(0).push(0).op(Opcode::Create).return_top();
  };
  EXPECT_NE(run(code(49152), {}).word(), U256{0});
  EXPECT_EQ(run(code(49153), {}).outcome.status, Status::InitCodeTooLarge);
  EXPECT_EQ(run(code(49153), {}, {.revision = Revision::London}).outcome.status, Status::Success);
}

TEST_P(StateOperations, deployed_code_must_not_begin_with_ef) {
  // PUSH1 b PUSH1 0 MSTORE8 PUSH1 1 PUSH1 0 RETURN, stored from its end.
  const auto deploy = [&](std::uint8_t first, Revision revision) {
    Code init;
    init.push(first).push(0).op(Opcode::Mstore8).push(1).push(0).op(Opcode::Return);
    Code code;
    code.push(U256::from_big_endian(init.bytes()).value()).push(0).op(Opcode::Mstore);
    code.push(init.size()).push(32 - init.size()).push(0).op(Opcode::Create).return_top();
    return run(code, {}, {.revision = revision}).word();
  };
  EXPECT_EQ(deploy(0xef, Revision::London), U256{0});
  EXPECT_NE(deploy(0xee, Revision::London), U256{0});
  EXPECT_NE(deploy(0xef, Revision::Berlin), U256{0});
}

// EIP-6780.
TEST_P(StateOperations, selfdestruct_deletes_only_what_this_transaction_created) {
  const Code code = Code{}.push(kOther).op(Opcode::Selfdestruct);
  const RunResult cancun = run(code);
  EXPECT_EQ(cancun.diff.accounts.at(kOther)->balance, U256{1000});
  EXPECT_TRUE(cancun.diff.accounts.at(kContract)->balance.is_zero());
  const RunResult shanghai = run(code, {}, {.revision = Revision::Shanghai});
  EXPECT_FALSE(shanghai.diff.accounts.at(kContract).has_value());
}

TEST_P(StateOperations, selfdestruct_to_itself_keeps_ether_from_cancun_on) {
  const Code code = Code{}.op(Opcode::Address).op(Opcode::Selfdestruct);
  EXPECT_FALSE(run(code).diff.accounts.contains(kContract));
  EXPECT_FALSE(
      run(code, {}, {.revision = Revision::Shanghai}).diff.accounts.at(kContract).has_value());
}

TEST_P(StateOperations, precompiles_are_warm_and_run) {
  const Address identity{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}};
  Code code;
  code.push(0x77).push(0).op(Opcode::Mstore);
  code.push(32).push(32).push(32).push(0).push(0).push(identity).push(1000).op(Opcode::Call);
  code.op(Opcode::Pop).push(32).op(Opcode::Mload).return_top();
  EXPECT_EQ(run(code).word(), U256{0x77});
}

TEST_P(StateOperations, logs_carry_topics_and_data_unless_reverted) {
  Code code;
  code.push(0xabcd).push(0).op(Opcode::Mstore);
  code.push(4).push(3).push(2).push(1).push(2).push(30).op(Opcode::Log4);
  const RunResult result = run(code);
  ASSERT_EQ(result.outcome.logs.size(), 1U);
  const primitives::Log& log = result.outcome.logs[0];
  EXPECT_EQ(log.address, kContract);
  EXPECT_EQ(log.data, (Bytes{0xab, 0xcd}));
  ASSERT_EQ(log.topics.size(), 4U);
  EXPECT_EQ(log.topics[0], U256{1}.to_fixed<Hash256>());
  EXPECT_EQ(log.topics[3], U256{4}.to_fixed<Hash256>());
  EXPECT_TRUE(run(Code(code).push(0).push(0).op(Opcode::Revert)).outcome.logs.empty());
}

// EIP-7702: what an account delegates to runs in the account's own place, one hop only.
TEST_P(StateOperations, calls_follow_a_delegation_one_hop) {
  const Address delegating{{0xde, 0x1e}};
  const Address loop{{0x10, 0x0b}};
  Bytes designator = from_hex("ef0100").value();
  append(designator, kOther.view());
  Bytes self = from_hex("ef0100").value();
  append(self, loop.view());
  Accounts accounts;
  accounts.account(kOther, 0, Code{}.op(Opcode::Address).return_top().bytes(), 1);
  accounts.account(delegating, 0, designator, 1);
  accounts.account(loop, 0, self, 1);
  const auto first_word = [](Code code) {
    return code.op(Opcode::Pop)
        .op(Opcode::Returndatasize)
        .push(0)
        .push(0)
        .op(Opcode::Returndatacopy)
        .push(0)
        .op(Opcode::Mload)
        .return_top();
  };
  EXPECT_EQ(run(first_word(call(Opcode::Call, delegating, 50'000)), accounts).word(),
            to_word(delegating));
  EXPECT_EQ(run(call(Opcode::Call, loop, 50'000).return_top(), accounts).word(), U256{0});
  EXPECT_EQ(run(Code{}.push(delegating).op(Opcode::Extcodesize).return_top(), accounts).word(),
            U256{23});
}

}  // namespace
}  // namespace ol::evm::test
