// Blocks with contracts, written by hand: what the virtual machine's own tests do not see.
#include <ol/execution/execute.hpp>
#include <ol/execution/select.hpp>

#include <gtest/gtest.h>

#include "chain.hpp"

namespace ol::execution {
namespace {

using primitives::TxnType;
using test::address;
using test::Chain;
using test::creation;
using test::deployer;
using test::invocation;
using test::kChain;
using test::sign;
using test::transfer;

const Address kFirst = primitives::contract_address(address(0), 0);

TEST(Contracts, are_deployed_and_called) {
  Chain chain;
  const auto deployed = chain.mine({sign(creation(0, deployer(test::kCounter)), 0)});
  ASSERT_EQ(deployed.receipts.size(), 1U);
  EXPECT_TRUE(deployed.receipts[0].success);
  EXPECT_EQ(deployed.receipts[0].contract, kFirst);
  EXPECT_EQ((*chain.state.account(kFirst))->nonce, 1U);
  EXPECT_EQ(**chain.state.code((*chain.state.account(kFirst))->code_hash),
            *from_hex(test::kCounter));

  const auto called = chain.mine({sign(invocation(1, kFirst), 0), sign(invocation(0, kFirst), 1)});
  EXPECT_EQ(chain.slot(kFirst, 0), U256(2));
  ASSERT_EQ(called.receipts.size(), 2U);
  const auto& receipt = called.receipts[1];
  EXPECT_FALSE(receipt.contract);
  EXPECT_EQ(receipt.cumulative_gas_used, called.receipts[0].gas_used + receipt.gas_used);
  EXPECT_EQ(called.gas_used, receipt.cumulative_gas_used);
  ASSERT_EQ(receipt.logs.size(), 1U);
  EXPECT_EQ(receipt.logs[0].address, kFirst);
  EXPECT_EQ(receipt.logs[0].topics, (std::vector{U256(0x77).to_fixed<Hash256>()}));
  EXPECT_EQ(receipt.logs[0].data, test::word(2));
  EXPECT_EQ(receipt.bloom, primitives::logs_bloom(receipt.logs));
  EXPECT_EQ(called.header.logs_bloom, receipt.bloom);
  EXPECT_EQ(chain.root_from_scratch(), chain.head.state_root);
}

// EIP-2200, EIP-2929 and the counter's 16 instructions, added up by hand.
TEST(Contracts, pay_to_the_unit) {
  Chain chain;
  chain.mine({sign(creation(0, deployer(test::kCounter)), 0)});
  const auto called = chain.mine({sign(invocation(1, kFirst), 0)});
  const std::uint64_t sload = 2'100;
  const std::uint64_t sstore = 20'000;
  const std::uint64_t log = 375 + 375 + 8 * 32;
  // PUSH1 x9, ADD, DUP1, MSTORE and its first word of memory.
  const std::uint64_t rest = 9 * 3 + 3 + 3 + 3 + 3;
  EXPECT_EQ(called.receipts[0].gas_used, 21'000 + sload + sstore + log + rest);
}

TEST(Contracts, that_revert_pay_and_change_nothing_else) {
  Chain chain;
  chain.mine({sign(creation(0, deployer(test::kReverts)), 0)});
  auto txn = invocation(1, kFirst);
  txn.value = U256(5);
  const U256 before = (*chain.state.account(address(0)))->balance;
  const auto out = chain.mine({sign(txn, 0)});
  EXPECT_FALSE(out.receipts[0].success);
  EXPECT_TRUE(out.receipts[0].logs.empty());
  EXPECT_LT(out.receipts[0].gas_used, 22'000U);
  const auto sender = *chain.state.account(address(0));
  EXPECT_EQ(sender->nonce, 2U);
  EXPECT_EQ(before - sender->balance,
            U256(out.receipts[0].gas_used) * out.receipts[0].effective_gas_price);
  EXPECT_TRUE((*chain.state.account(kFirst))->balance.is_zero());
}

TEST(Contracts, that_run_out_of_gas_take_all_of_it) {
  Chain chain;
  chain.mine({sign(creation(0, deployer(test::kLoops)), 0)});
  const auto out = chain.mine({sign(invocation(1, kFirst), 0), sign(transfer(0, address(2)), 1)});
  EXPECT_FALSE(out.receipts[0].success);
  EXPECT_EQ(out.receipts[0].gas_used, 300'000U);
  EXPECT_TRUE(out.receipts[1].success);
}

TEST(Contracts, whose_creation_fails_have_an_address_all_the_same) {
  Chain chain;
  const auto out = chain.mine({sign(creation(0, *from_hex(test::kReverts)), 0)});
  EXPECT_FALSE(out.receipts[0].success);
  EXPECT_EQ(out.receipts[0].contract, kFirst);
  EXPECT_FALSE(*chain.state.account(kFirst));
}

// EIP-6780: deleted only in the transaction that creates it; later it keeps its code.
TEST(Contracts, destroy_themselves_only_where_they_were_created) {
  Chain chain;
  constexpr std::string_view kDestroys = "33ff";
  auto at_once = creation(0, *from_hex(kDestroys));
  at_once.value = U256(9);
  const auto born_dead = chain.mine({sign(at_once, 0)});
  EXPECT_TRUE(born_dead.receipts[0].success);
  EXPECT_FALSE(*chain.state.account(kFirst));

  const Address second = primitives::contract_address(address(0), 1);
  auto deploy = creation(1, deployer(kDestroys));
  deploy.value = U256(9);
  chain.mine({sign(deploy, 0)});
  EXPECT_EQ((*chain.state.account(second))->balance, U256(9));
  chain.mine({sign(invocation(2, second), 0)});
  ASSERT_TRUE(*chain.state.account(second));
  EXPECT_TRUE((*chain.state.account(second))->balance.is_zero());
  EXPECT_NE((*chain.state.account(second))->code_hash, state::kEmptyCodeHash);
  EXPECT_EQ(chain.root_from_scratch(), chain.head.state_root);
}

// EIP-1014.
TEST(Contracts, create_others_at_the_address_of_their_code) {
  Chain chain;
  const Bytes init_code = deployer(test::kCounter);
  chain.mine({sign(creation(0, deployer(test::kFactory)), 0)});
  const auto out = chain.mine({sign(invocation(1, kFirst, init_code), 0)});
  ASSERT_TRUE(out.receipts[0].success);
  Bytes preimage = {0xff};
  append(preimage, kFirst.view());
  append(preimage, test::word(5));
  append(preimage, crypto::keccak256(init_code).view());
  const Address child = *Address::from(crypto::keccak256(preimage).view().last(20));
  ASSERT_TRUE(*chain.state.account(child));
  chain.mine({sign(invocation(2, child), 0)});
  EXPECT_EQ(chain.slot(child, 0), U256(1));
}

primitives::Authorization authorize(std::uint8_t signer, const Address& code, std::uint64_t nonce) {
  primitives::Authorization out;
  out.chain_id = U256(kChain.value());
  out.address = code;
  out.nonce = nonce;
  const auto signature = crypto::sign_recoverable(test::key(signer), primitives::signing_hash(out));
  out.y_parity = U256(signature.recovery_id);
  out.r = *U256::from_big_endian(signature.r);
  out.s = *U256::from_big_endian(signature.s);
  return out;
}

// EIP-7702: account 1 runs the counter on its own storage, and can still send transactions.
TEST(Contracts, lend_their_code_to_accounts_that_ask) {
  Chain chain;
  chain.mine({sign(creation(0, deployer(test::kCounter)), 0)});
  auto txn = invocation(1, address(1));
  txn.type = TxnType::SetCode;
  txn.authorizations = {authorize(1, kFirst, 0)};
  const auto out = chain.mine({sign(txn, 0)});
  EXPECT_TRUE(out.receipts[0].success);
  EXPECT_EQ(out.receipts[0].type, TxnType::SetCode);
  EXPECT_EQ(chain.slot(address(1), 0), U256(1));
  EXPECT_EQ(chain.slot(kFirst, 0), U256(0));
  const auto delegated = *chain.state.account(address(1));
  EXPECT_EQ(delegated->nonce, 1U);
  EXPECT_EQ(primitives::delegation(**chain.state.code(delegated->code_hash)), kFirst);
  chain.mine({sign(transfer(1, address(2)), 1)});
  EXPECT_EQ((*chain.state.account(address(1)))->nonce, 2U);
  EXPECT_EQ(chain.root_from_scratch(), chain.head.state_root);
}

// EIP-3607: a contract's own key, found by luck, moves nothing.
TEST(Contracts, send_no_transactions) {
  Chain chain;
  state::StateDiff diff;
  const Bytes code = {0xfe};
  auto account = *chain.state.account(address(0));
  account->code_hash = crypto::keccak256(code);
  diff.accounts[address(0)] = account;
  diff.code[account->code_hash] = std::make_shared<const Bytes>(code);
  chain.state.apply(diff);
  const std::vector<TxnPtr> txns = {sign(transfer(0, address(2)), 0)};
  const auto out = execute_block(chain.engine, chain.state, chain.state, chain.context(), txns);
  ASSERT_FALSE(out);
  EXPECT_EQ(std::get<InvalidTxn>(out.error()).refusal.message, "sender not an eoa");
}

// EIP-2935: block n finds the hash of n - 1 in slot (n - 1) modulo 8191, before its transactions.
TEST(History, holds_the_parents_hash) {
  Chain chain;
  const auto first = chain.mine({});
  EXPECT_EQ(chain.slot(kHistoryContract, 0), U256::from_fixed(*chain.block_hash(0)));
  chain.mine({});
  EXPECT_EQ(chain.slot(kHistoryContract, 1), U256::from_fixed(retag<Hash256>(first.evm_hash)));
  EXPECT_EQ(chain.root_from_scratch(), chain.head.state_root);
  chain.head.number = 8'190;
  chain.mine({});
  EXPECT_EQ(chain.slot(kHistoryContract, 8'190),
            U256::from_fixed(retag<Hash256>(chain.head.parent_hash)));
  chain.mine({});
  EXPECT_EQ(chain.slot(kHistoryContract, 0),
            U256::from_fixed(retag<Hash256>(chain.head.parent_hash)));
}

/// A block in which contracts do a bit of everything.
std::vector<TxnPtr> busy_block() {
  auto set_code = invocation(0, address(3));
  set_code.type = TxnType::SetCode;
  set_code.authorizations = {authorize(3, kFirst, 0)};
  return {sign(creation(0, deployer(test::kCounter)), 0),
          sign(invocation(1, kFirst), 0),
          sign(set_code, 2),
          sign(invocation(0, kFirst), 1),
          sign(creation(1, *from_hex("33ff")), 1),
          sign(creation(2, *from_hex(test::kReverts)), 0)};
}

// The seed scatters hash tables and the engine keeps translated code: neither may show.
TEST(Determinism, has_no_seed_and_no_past) {
  Chain fresh(1);
  const ExecutedBlock expected = fresh.mine(busy_block());
  for (const std::uint64_t seed : {2ULL, 3ULL, ~0ULL}) {
    Chain other(seed);
    static_cast<void>(execute_block(other.engine, other.state, other.state, other.context(),
                                    std::vector{busy_block()[0]}));
    const ExecutedBlock again = other.mine(busy_block());
    EXPECT_EQ(again.evm_hash, expected.evm_hash);
    EXPECT_EQ(again.diff, expected.diff);
    EXPECT_EQ(again.receipts, expected.receipts);
  }
}

TEST(Determinism, of_building_and_executing) {
  Chain chain;
  std::vector<TxnPtr> candidates = busy_block();
  candidates.insert(candidates.begin() + 2, sign(transfer(7, address(2)), 3));
  const auto selection =
      select_txns(chain.engine, chain.state, chain.context(), candidates, SelectionLimits{});
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->skipped.size(), 1U);
  const ExecutedBlock out = chain.mine(selection->txns);
  EXPECT_EQ(out.gas_used, selection->gas_used);
  EXPECT_EQ(out.receipts.size(), busy_block().size());
  EXPECT_EQ(chain.root_from_scratch(), chain.head.state_root);
}

}  // namespace
}  // namespace ol::execution
