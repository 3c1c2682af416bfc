#include <ol/execution/execute.hpp>

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ol/state/memory_state.hpp>
#include <ol/state/overlay.hpp>
#include <ol/state/state_root.hpp>

#include "txns.hpp"

namespace ol::execution {
namespace {

using primitives::Transaction;
using primitives::TxnRule;
using primitives::TxnType;
using test::address;
using test::kChain;
using test::sign;
using test::transfer;
using testing::HasSubstr;

constexpr std::uint64_t kRich = 1'000'000'000;
const Address kCoinbase = *fixed_from_hex<Address>("c014ba5e00000000000000000000000000000000");
const Address kStranger = *fixed_from_hex<Address>("5752414e47455200000000000000000000000000");

/// Accounts 0 to 2 are rich, 3 has a contract, and the base fee stays at 10 in the next block.
class ExecuteBlock : public testing::Test {
 protected:
  ExecuteBlock() {
    state::StateDiff diff;
    for (std::uint8_t i = 0; i < 3; ++i)
      diff.accounts[address(i)] = account_with(U256(kRich));
    state::Account contract = account_with(U256(kRich));
    contract.code_hash = crypto::keccak256(Bytes{0xfe});
    diff.code[contract.code_hash] = std::make_shared<const Bytes>(Bytes{0xfe});
    diff.accounts[address(3)] = contract;
    const auto root = state::update_state_root(parent_, parent_, state::kEmptyTrieRoot, diff);
    parent_.apply(diff);
    parent_.apply(diff.trie);
    header_.state_root = *root;
    header_.gas_limit = 100'000;
    header_.gas_used = 50'000;
    header_.base_fee = U256(10);
    header_.number = 41;
    header_.extra_data = Bytes(32, 0xee);
    context_ = next_block_context(kChain, header_, primitives::TimeMs(1'700'000'000'999), kCoinbase,
                                  primitives::BlockHash{{0xbb}});
  }

  static state::Account account_with(const U256& balance) {
    state::Account out;
    out.balance = balance;
    return out;
  }

  Result<ExecutedBlock, ExecutionError> run(const std::vector<TxnPtr>& txns) {
    return execute_block(engine_, parent_, parent_, context_, txns);
  }

  /// What `execute_block` says of a block with one transfer changed so.
  std::string verdict(const std::function<void(Transaction&)>& change, std::uint8_t sender = 0) {
    Transaction txn = transfer(0, kStranger);
    change(txn);
    const auto out = run({sign(txn, sender)});
    return out ? "" : describe(out.error());
  }

  static U256 balance_after(const ExecutedBlock& block, const Address& who) {
    const auto found = block.diff.accounts.find(who);
    if (found == block.diff.accounts.end() || !found->second) return U256(0);
    return found->second->balance;
  }

  Engine engine_{primitives::Revision::Prague, 1};
  state::MemoryState parent_;
  primitives::EvmHeader header_;
  BlockContext context_;
};

TEST_F(ExecuteBlock, moves_value_and_fees_and_burns_the_base_fee) {
  const auto out = run({sign(transfer(0, kStranger), 0)});
  ASSERT_TRUE(out);
  const U256 fee = U256(21'000) * U256(12);  // base fee 10, tip 2
  EXPECT_EQ(balance_after(*out, address(0)), U256(kRich) - U256(1'000) - fee);
  EXPECT_EQ(balance_after(*out, kStranger), U256(1'000));
  EXPECT_EQ(balance_after(*out, kCoinbase), U256(42'000));
  EXPECT_EQ(out->diff.accounts.at(address(0))->nonce, 1U);
  EXPECT_EQ(out->diff.accounts.size(), 3U);
  EXPECT_EQ(out->gas_used, 21'000U);
  ASSERT_EQ(out->receipts.size(), 1U);
  const auto& receipt = out->receipts[0];
  EXPECT_TRUE(receipt.success);
  EXPECT_EQ(receipt.type, TxnType::DynamicFee);
  EXPECT_EQ(receipt.gas_used, 21'000U);
  EXPECT_EQ(receipt.effective_gas_price, U256(12));
}

TEST_F(ExecuteBlock, keeps_the_supply_but_for_the_burnt_base_fee) {
  std::vector<TxnPtr> txns;
  for (std::uint64_t nonce = 0; nonce < 2; ++nonce) {
    txns.push_back(sign(transfer(nonce, address(1)), 0));
    txns.push_back(sign(transfer(nonce, address(0)), 1));
  }
  const auto out = run(txns);
  ASSERT_TRUE(out);
  U256 total;
  for (const auto& [who, account] : out->diff.accounts)
    total += account->balance;
  EXPECT_EQ(total, U256(2 * kRich) - U256(4 * 21'000) * U256(10));
}

TEST_F(ExecuteBlock, makes_the_ethereum_header) {
  const TxnPtr txn = sign(transfer(0, kStranger), 0);
  const auto out = run({txn});
  ASSERT_TRUE(out);
  const auto& header = out->header;
  EXPECT_EQ(header.parent_hash, primitives::evm_header_hash(header_));
  EXPECT_EQ(header.coinbase, kCoinbase);
  EXPECT_EQ(header.number, 42U);
  EXPECT_EQ(header.gas_limit, 100'000U);
  EXPECT_EQ(header.gas_used, 21'000U);
  EXPECT_EQ(header.timestamp, 1'700'000'000U);
  EXPECT_EQ(header.base_fee, U256(10));
  EXPECT_EQ(header.extra_data, to_bytes(context_.consensus_hash.view()));
  EXPECT_EQ(header.prev_randao, (Hash256::from(header_.extra_data)));
  EXPECT_EQ(header.transactions_root, state::ordered_root(std::vector<Bytes>{txn->envelope()}));
  EXPECT_EQ(header.receipts_root,
            state::ordered_root(std::vector<Bytes>{primitives::encode_receipt(out->receipts[0])}));
  EXPECT_TRUE(header.logs_bloom.is_zero());
  EXPECT_EQ(out->evm_hash, primitives::evm_header_hash(header));
}

TEST_F(ExecuteBlock, root_is_that_of_the_accounts_built_from_scratch) {
  const auto out = run({sign(transfer(0, kStranger), 0), sign(transfer(0, address(0)), 1)});
  ASSERT_TRUE(out);
  parent_.apply(out->diff);
  state::StateDiff everything;
  for (const auto& [who, account] : parent_.accounts())
    everything.accounts[who] = account;
  const state::MemoryState nothing;
  EXPECT_EQ(*state::update_state_root(nothing, nothing, state::kEmptyTrieRoot, everything),
            out->header.state_root);
}

TEST_F(ExecuteBlock, without_transactions_keeps_the_state) {
  const auto out = run({});
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->diff.empty());
  EXPECT_EQ(out->header.state_root, header_.state_root);
  EXPECT_EQ(out->header.transactions_root, primitives::kEmptyTrieRoot);
  EXPECT_EQ(out->header.receipts_root, primitives::kEmptyTrieRoot);
  EXPECT_EQ(out->gas_used, 0U);
}

TEST_F(ExecuteBlock, executes_all_three_types) {
  Transaction legacy = transfer(0, kStranger);
  legacy.type = TxnType::Legacy;
  legacy.max_fee_per_gas = legacy.max_priority_fee_per_gas = U256(15);
  Transaction with_list = transfer(1, kStranger);
  with_list.type = TxnType::AccessList;
  with_list.max_fee_per_gas = with_list.max_priority_fee_per_gas = U256(16);
  with_list.access_list = {{.address = kStranger, .storage_keys = {Hash256{}}}};
  with_list.gas_limit = 30'000;
  const auto out = run({sign(legacy, 0), sign(with_list, 0), sign(transfer(2, kStranger), 0)});
  ASSERT_TRUE(out) << describe(out.error());
  EXPECT_EQ(out->receipts[0].effective_gas_price, U256(15));
  EXPECT_EQ(out->receipts[1].effective_gas_price, U256(16));
  EXPECT_EQ(out->receipts[1].gas_used, 25'300U);
  EXPECT_EQ(out->receipts[1].cumulative_gas_used, 46'300U);
  EXPECT_EQ(out->receipts[2].effective_gas_price, U256(12));
  EXPECT_EQ(balance_after(*out, kStranger), U256(3'000));
}

TEST_F(ExecuteBlock, accepts_what_was_signed_before_eip155) {
  EXPECT_EQ(verdict([](Transaction& txn) {
              txn.type = TxnType::Legacy;
              txn.chain_id.reset();
              txn.max_priority_fee_per_gas = txn.max_fee_per_gas;
            }),
            "");
}

// EIP-7623: calldata costs at least the floor, whatever the gas limit says.
TEST_F(ExecuteBlock, charges_the_calldata_floor) {
  Transaction txn = transfer(0, kStranger);
  txn.data.assign(100, 7);
  txn.gas_limit = 50'000;
  const auto out = run({sign(txn, 0)});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->gas_used, 25'000U);
  EXPECT_EQ(balance_after(*out, address(0)), U256(kRich) - U256(1'000) - U256(25'000 * 12));
}

TEST_F(ExecuteBlock, gives_the_proposer_what_is_left_above_the_base_fee) {
  Transaction txn = transfer(0, kStranger);
  txn.max_fee_per_gas = U256(11);
  const auto out = run({sign(txn, 0)});
  ASSERT_TRUE(out);
  EXPECT_EQ(balance_after(*out, kCoinbase), U256(21'000));
  EXPECT_EQ(out->receipts[0].effective_gas_price, U256(11));
}

// EIP-161: touched and empty means deleted, and nothing is created for zero wei.
TEST_F(ExecuteBlock, leaves_no_empty_accounts_behind) {
  Transaction txn = transfer(0, kStranger);
  txn.value = U256(0);
  txn.max_priority_fee_per_gas = U256(0);
  const auto out = run({sign(txn, 0)});
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->diff.accounts.contains(kStranger));
  EXPECT_FALSE(out->diff.accounts.contains(kCoinbase));
  EXPECT_EQ(out->diff.accounts.size(), 1U);
}

TEST_F(ExecuteBlock, handles_sender_target_and_coinbase_being_one_account) {
  context_.coinbase = address(0);
  const auto out = run({sign(transfer(0, address(0)), 0)});
  ASSERT_TRUE(out);
  EXPECT_EQ(balance_after(*out, address(0)), U256(kRich) - U256(21'000 * 10));
}

TEST_F(ExecuteBlock, spends_what_an_earlier_transaction_brought) {
  Transaction gift = transfer(0, address(5));
  gift.value = U256(21'000 * 100 + 1'000);
  const auto out = run({sign(gift, 0), sign(transfer(0, kStranger), 5)});
  EXPECT_TRUE(out);
  const auto reversed = run({sign(transfer(0, kStranger), 5), sign(gift, 0)});
  ASSERT_FALSE(reversed);
  EXPECT_THAT(describe(reversed.error()), HasSubstr("insufficient funds for gas * price + value"));
}

TEST_F(ExecuteBlock, names_index_and_rule_of_the_first_transaction_that_must_not_be_there) {
  const TxnPtr bad = sign(transfer(0, kStranger), 0);
  const auto out = run({sign(transfer(0, kStranger), 0), bad});
  ASSERT_FALSE(out);
  const auto& invalid = std::get<InvalidTxn>(out.error());
  EXPECT_EQ(invalid.index, 1U);
  EXPECT_EQ(invalid.hash, bad->hash());
  EXPECT_EQ(invalid.refusal.rule, TxnRule::NonceTooLow);
  EXPECT_EQ(describe(out.error()), "transaction 1 (" + to_hex_prefixed(bad->hash().view()) +
                                       "): nonce too low: next nonce 1, tx nonce 0");
}

TEST_F(ExecuteBlock, refuses_every_broken_rule) {
  EXPECT_THAT(verdict([](auto& t) { t.nonce = 1; }), HasSubstr("nonce too high"));
  EXPECT_THAT(verdict([](auto& t) { t.chain_id = 1; }), HasSubstr("invalid chain id for signer"));
  EXPECT_THAT(verdict([](auto& t) { t.gas_limit = 20'999; }), HasSubstr("intrinsic gas too low"));
  EXPECT_THAT(verdict([](auto& t) { t.gas_limit = 100'001; }),
              HasSubstr("exceeds block gas limit"));
  EXPECT_THAT(verdict([](auto& t) {
                t.max_fee_per_gas = U256(9);
                t.max_priority_fee_per_gas = U256(9);
              }),
              HasSubstr("max fee per gas less than block base fee"));
  EXPECT_THAT(verdict([](auto& t) { t.max_priority_fee_per_gas = U256(101); }),
              HasSubstr("max priority fee per gas higher than max fee per gas"));
  EXPECT_THAT(verdict([](auto& t) { t.value = U256(kRich); }), HasSubstr("insufficient funds"));
  EXPECT_THAT(verdict([](auto&) {}, 6), HasSubstr("insufficient funds"));
  EXPECT_THAT(verdict([](auto&) {}, 3), HasSubstr("sender not an eoa"));
}

// The pool and the chain must agree on who may pay: a refusal names the values compared.
TEST_F(ExecuteBlock, refuses_blobs) {
  EXPECT_THAT(verdict([](auto& t) {
                t.type = TxnType::Blob;
                t.blob_hashes = {Hash256{{1}}};
              }),
              HasSubstr("transaction type not supported"));
}

TEST_F(ExecuteBlock, counts_gas_limits_against_the_block) {
  std::vector<TxnPtr> txns;
  for (std::uint64_t nonce = 0; nonce < 4; ++nonce) {
    txns.push_back(sign(transfer(nonce, kStranger), 0));
  }
  EXPECT_TRUE(run(txns));  // 84,000 of 100,000
  txns.push_back(sign(transfer(4, kStranger), 0));
  const auto out = run(txns);
  ASSERT_FALSE(out);
  EXPECT_THAT(describe(out.error()), HasSubstr("gas limit reached: gas 21000, left in the block "
                                               "16000"));
}

TEST_F(ExecuteBlock, runs_on_an_overlay_as_on_the_state_it_stands_for) {
  const auto first = run({sign(transfer(0, kStranger), 0)});
  ASSERT_TRUE(first);
  const state::Overlay overlay(parent_, parent_, first->diff);
  const auto context = next_block_context(kChain, first->header, context_.time, kCoinbase,
                                          primitives::BlockHash{{0xcc}});
  const std::vector<TxnPtr> txns = {sign(transfer(1, kStranger), 0)};
  const auto speculative = execute_block(engine_, overlay, overlay, context, txns);
  parent_.apply(first->diff);
  parent_.apply(first->diff.trie);
  const auto committed = execute_block(engine_, parent_, parent_, context, txns);
  ASSERT_TRUE(speculative);
  ASSERT_TRUE(committed);
  EXPECT_EQ(speculative->evm_hash, committed->evm_hash);
  EXPECT_EQ(speculative->diff, committed->diff);
}

/// Fails every read after the first `reads`.
class FailingState final : public state::StateView {
 public:
  FailingState(const state::StateView& state, int reads) : state_(state), reads_(reads) {}
  Result<std::optional<state::Account>, state::StateError> account(
      const Address& who) const override {
    if (reads_-- <= 0) return fail(state::StateError::ReadFailed);
    return state_.account(who);
  }
  Result<U256, state::StateError> storage(const Address& who, const Hash256& slot) const override {
    return state_.storage(who, slot);
  }
  Result<state::Code, state::StateError> code(const Hash256& hash) const override {
    return state_.code(hash);
  }

 private:
  const state::StateView& state_;
  mutable int reads_;
};

TEST_F(ExecuteBlock, says_nothing_about_a_block_when_the_state_cannot_be_read) {
  const std::vector<TxnPtr> txns = {sign(transfer(0, kStranger), 0)};
  for (int reads = 0; reads < 4; ++reads) {
    const FailingState failing(parent_, reads);
    const auto out = execute_block(engine_, failing, parent_, context_, txns);
    ASSERT_FALSE(out) << reads;
    EXPECT_EQ(std::get<state::StateError>(out.error()), state::StateError::ReadFailed);
    EXPECT_THAT(describe(out.error()), HasSubstr("the parent's state cannot be read"));
  }
  const state::MemoryState no_nodes;
  const auto out = execute_block(engine_, parent_, no_nodes, context_, txns);
  ASSERT_FALSE(out);
  EXPECT_EQ(std::get<state::StateError>(out.error()), state::StateError::Corrupt);
}

TEST(NextBlockContext, follows_from_the_parent) {
  primitives::EvmHeader parent;
  parent.number = 7;
  parent.gas_limit = 30'000'000;
  parent.gas_used = 30'000'000;
  parent.base_fee = U256(1'000'000'000);
  const auto context = next_block_context(kChain, parent, primitives::TimeMs(5), kCoinbase, {});
  EXPECT_EQ(context.height, primitives::Height(8));
  EXPECT_EQ(context.base_fee, U256(1'125'000'000));
  EXPECT_EQ(context.gas_limit, 30'000'000U);
  EXPECT_TRUE(context.prev_randao.is_zero());
  EXPECT_EQ(context.chain_id, kChain);
  primitives::Genesis genesis;
  genesis.domain.chain_id = kChain;
  const auto terms = next_block_terms(genesis, parent);
  EXPECT_EQ(terms.base_fee, context.base_fee);
  EXPECT_EQ(terms.gas_limit, context.gas_limit);
  EXPECT_EQ(terms.txn_gas_max, ~std::uint64_t{0});
  genesis.revision = primitives::Revision::Osaka;
  EXPECT_EQ(next_block_terms(genesis, parent).txn_gas_max, 16'777'216U);  // EIP-7825
}

}  // namespace
}  // namespace ol::execution
