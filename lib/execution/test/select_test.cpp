#include <ol/execution/select.hpp>

#include <gtest/gtest.h>

#include <ol/execution/execute.hpp>
#include <ol/execution/genesis_state.hpp>
#include <ol/state/memory_state.hpp>

#include "txns.hpp"

namespace ol::execution {
namespace {

using primitives::TxnRule;
using test::address;
using test::kChain;
using test::sign;
using test::transfer;

class SelectTxns : public testing::Test {
 protected:
  SelectTxns() {
    primitives::Genesis genesis;
    for (std::uint8_t i = 0; i < 3; ++i)
      genesis.balances[address(i)] = U256(1'000'000'000);
    const GenesisState start = genesis_state(genesis);
    state_.apply(start.diff);
    state_.apply(start.diff.trie);
    primitives::EvmHeader parent;
    parent.state_root = start.root;
    parent.gas_limit = 100'000;
    parent.gas_used = 50'000;
    parent.base_fee = U256(10);
    context_ = next_block_context(kChain, parent, primitives::TimeMs(1), address(15), {});
  }

  Selection select(const std::vector<TxnPtr>& candidates, const SelectionLimits& limits = {}) {
    auto out = select_txns(engine_, state_, context_, candidates, limits);
    EXPECT_TRUE(out);
    // Whatever is selected makes a valid block: that is what selection is for.
    EXPECT_TRUE(execute_block(engine_, state_, state_, context_, out->txns));
    return *std::move(out);
  }

  Engine engine_{primitives::Revision::Prague, 1};
  state::MemoryState state_;
  BlockContext context_;
};

TEST_F(SelectTxns, keeps_the_order_and_skips_what_is_not_includable) {
  const TxnPtr first = sign(transfer(0, address(9)), 0);
  const TxnPtr gap = sign(transfer(5, address(9)), 1);
  const TxnPtr second = sign(transfer(1, address(9)), 0);
  const TxnPtr poor = sign(transfer(0, address(9)), 7);
  const Selection out = select({first, gap, poor, second, first});
  EXPECT_EQ(out.txns, (std::vector<TxnPtr>{first, second}));
  EXPECT_EQ(out.gas_used, 42'000U);
  ASSERT_EQ(out.skipped.size(), 3U);
  EXPECT_EQ(out.skipped[0].txn, gap);
  EXPECT_EQ(out.skipped[0].refusal.rule, TxnRule::NonceTooHigh);
  EXPECT_EQ(out.skipped[1].refusal.rule, TxnRule::InsufficientFunds);
  EXPECT_EQ(out.skipped[2].refusal.rule, TxnRule::NonceTooLow);
}

TEST_F(SelectTxns, stops_at_the_gas_of_the_block) {
  std::vector<TxnPtr> candidates;
  for (std::uint64_t nonce = 0; nonce < 6; ++nonce) {
    candidates.push_back(sign(transfer(nonce, address(9)), 0));
  }
  const Selection out = select(candidates);
  EXPECT_EQ(out.txns.size(), 4U);
  EXPECT_TRUE(out.skipped.empty());
}

TEST_F(SelectTxns, lets_a_smaller_one_use_the_gas_a_larger_one_leaves) {
  auto large = transfer(0, address(9));
  large.gas_limit = 90'000;
  const TxnPtr first = sign(transfer(0, address(9)), 0);
  const TxnPtr small = sign(transfer(0, address(9)), 2);
  const Selection out = select({first, sign(large, 1), small});
  EXPECT_EQ(out.txns, (std::vector<TxnPtr>{first, small}));
  EXPECT_TRUE(out.skipped.empty());
}

TEST_F(SelectTxns, obeys_count_and_bytes) {
  const TxnPtr a = sign(transfer(0, address(9)), 0);
  const TxnPtr b = sign(transfer(0, address(9)), 1);
  EXPECT_EQ(select({a, b}, {.txns_max = 1, .is_over = {}}).txns.size(), 1U);
  EXPECT_EQ(select({a, b}, {.txns_max = 0, .is_over = {}}).txns.size(), 0U);
  const std::size_t both = a->envelope().size() + b->envelope().size() + 8;
  EXPECT_EQ(select({a, b}, {.bytes_max = both, .is_over = {}}).txns.size(), 2U);
  EXPECT_EQ(select({a, b}, {.bytes_max = both - 1, .is_over = {}}).txns.size(), 1U);
}

TEST_F(SelectTxns, passes_over_what_waits_for_one_that_does_not_fit) {
  auto large = transfer(0, address(9));
  large.gas_limit = 90'000;
  const TxnPtr first = sign(transfer(0, address(9)), 0);
  const Selection out = select({first, sign(large, 1), sign(transfer(1, address(9)), 1)});
  EXPECT_EQ(out.txns, std::vector<TxnPtr>{first});
  EXPECT_TRUE(out.skipped.empty());
}

TEST_F(SelectTxns, ends_when_the_time_is_over) {
  std::vector<TxnPtr> candidates;
  for (std::uint64_t nonce = 0; nonce < 4; ++nonce)
    candidates.push_back(sign(transfer(nonce, address(9)), 0));
  int asked = 0;
  SelectionLimits limits;
  limits.is_over = [&] { return ++asked > 2; };
  EXPECT_EQ(select(candidates, limits).txns.size(), 2U);
}

TEST(GenesisState, holds_the_balances_and_their_root) {
  primitives::Genesis genesis;
  genesis.balances[address(0)] = U256(5);
  genesis.balances[address(1)] = U256(0);
  const GenesisState out = genesis_state(genesis);
  ASSERT_EQ(out.diff.accounts.size(), 1U);
  EXPECT_EQ(out.diff.accounts.at(address(0))->balance, U256(5));
  EXPECT_FALSE(out.diff.trie.empty());
  // A trie of one key is one leaf; the same from scratch.
  const auto key = crypto::keccak256(address(0).view());
  const Bytes value = state::encode_account(*out.diff.accounts.at(address(0)));
  const std::vector<state::TrieChange> items = {{.key = key.view(), .value = value}};
  EXPECT_EQ(out.root, state::trie_root(items));
}

TEST(GenesisState, of_no_balances_is_the_empty_trie) {
  const GenesisState out = genesis_state({});
  EXPECT_EQ(out.root, state::kEmptyTrieRoot);
  EXPECT_TRUE(out.diff.accounts.empty());
}

}  // namespace
}  // namespace ol::execution
