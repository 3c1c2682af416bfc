// Rows OL-MP-* are those of the requirements, subsystem M.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pool_fixture.hpp"

namespace ol::mempool {
namespace {

using test::address;
using test::cost;
using test::make;
using test::Spec;
using testing::ElementsAre;
using testing::IsEmpty;

class PoolSelection : public test::PoolTest {};
class PoolFollowsHead : public test::PoolTest {};

constexpr SelectLimits kAll{.txns_max = 1'000, .bytes_max = 1'000'000, .gas_max = 1'000'000'000};

// OL-MP-9: the higher price goes first. OL-MP-7: priority is apart from validation.
TEST_F(PoolSelection, takes_the_best_tip_first_and_arrival_breaks_ties) {
  const TxnPtr low = make({.sender = 0, .tip = 5});
  const TxnPtr first = make({.sender = 1, .tip = 7});
  const TxnPtr second = make({.sender = 2, .tip = 7});
  const TxnPtr high = make({.sender = 3, .tip = 9});
  for (const TxnPtr& txn : {low, first, second, high})
    admit(txn);
  EXPECT_THAT(select_all(), ElementsAre(high, first, second, low));
}

// OL-MP-9: within a sender the nonce dominates.
TEST_F(PoolSelection, keeps_nonce_order_within_a_sender) {
  const TxnPtr a0 = make({.sender = 0, .nonce = 0, .tip = 1});
  const TxnPtr a1 = make({.sender = 0, .nonce = 1, .tip = 100});
  const TxnPtr b0 = make({.sender = 1, .nonce = 0, .tip = 50});
  const TxnPtr b1 = make({.sender = 1, .nonce = 1, .tip = 40});
  for (const TxnPtr& txn : {a1, a0, b1, b0})
    admit(txn);
  EXPECT_THAT(select_all(), ElementsAre(b0, b1, a0, a1));
}

TEST_F(PoolSelection, ranks_by_what_is_left_above_the_base_fee) {
  // Base fee 100: a cap of 103 leaves 3 of the promised 50.
  const TxnPtr capped = make({.sender = 0, .tip = 50, .fee_cap = 103});
  const TxnPtr plain = make({.sender = 1, .tip = 4});
  const TxnPtr below = make({.sender = 2, .tip = 90, .fee_cap = 99});
  for (const TxnPtr& txn : {capped, plain, below})
    admit(txn);
  EXPECT_THAT(select_all(), ElementsAre(plain, capped));
  commit({}, 50);
  EXPECT_THAT(select_all(), ElementsAre(capped, below, plain));
}

TEST_F(PoolSelection, ends_a_senders_turn_at_the_first_below_the_base_fee) {
  const TxnPtr zero = make({.nonce = 0});
  admit(zero);
  admit(Spec{.nonce = 1, .tip = 5, .fee_cap = 50});
  admit(Spec{.nonce = 2, .tip = 500});
  EXPECT_THAT(select_all(), ElementsAre(zero));
}

// OL-MP-3: limits in count, bytes and gas.
TEST_F(PoolSelection, obeys_count_bytes_and_gas) {
  std::vector<TxnPtr> txns;
  for (std::uint8_t sender = 0; sender < 3; ++sender) {
    txns.push_back(make({.sender = sender, .tip = 90U - sender}));
    admit(txns.back());
  }
  const auto count = [&](const SelectLimits& limits) { return pool_->select(limits).size(); };
  SelectLimits limits = kAll;
  limits.txns_max = 2;
  EXPECT_THAT(pool_->select(limits), ElementsAre(txns[0], txns[1]));
  limits = kAll;
  limits.gas_max = 2 * 21'000;
  EXPECT_EQ(count(limits), 2U);
  limits.gas_max -= 1;
  EXPECT_EQ(count(limits), 1U);
  limits = kAll;
  limits.bytes_max = txns[0]->envelope().size() + txns[1]->envelope().size();
  EXPECT_EQ(count(limits), 2U);
  limits.bytes_max -= 1;
  EXPECT_EQ(count(limits), 1U);
  EXPECT_EQ(count({}), 0U);
}

TEST_F(PoolSelection, gives_the_room_a_large_one_leaves_to_others_but_not_to_its_sender) {
  admit(Spec{.sender = 0, .nonce = 0, .tip = 90, .data_bytes = 5'000});
  admit(Spec{.sender = 0, .nonce = 1, .tip = 80});
  const TxnPtr other = make({.sender = 1, .tip = 5});
  admit(other);
  SelectLimits limits = kAll;
  limits.gas_max = 50'000;
  EXPECT_THAT(pool_->select(limits), ElementsAre(other));
}

// Blocks in flight: their transactions are still pooled, and are not proposed twice.
TEST_F(PoolSelection, starts_behind_what_blocks_in_flight_hold) {
  const TxnPtr one = make({.sender = 0, .nonce = 1});
  const TxnPtr other = make({.sender = 1});
  admit(Spec{.sender = 0, .nonce = 0});
  admit(one);
  admit(other);
  EXPECT_THAT(pool_->select(kAll, {{address(0), 1}}), ElementsAre(one, other));
  EXPECT_THAT(pool_->select(kAll, {{address(0), 2}}), ElementsAre(other));
  EXPECT_THAT(pool_->select(kAll, {{address(0), 9}, {address(1), 1}}), IsEmpty());
  EXPECT_THAT(pool_->select(kAll, {{address(5), 9}}).size(), 3U);
}

// OL-MP-4: remove one; what is behind it waits.
TEST_F(PoolFollowsHead, removing_makes_later_nonces_wait) {
  const TxnPtr zero = make({.nonce = 0});
  const TxnPtr one = make({.nonce = 1});
  admit(zero);
  admit(one);
  EXPECT_TRUE(pool_->remove(zero->hash()));
  EXPECT_FALSE(pool_->remove(zero->hash()));
  EXPECT_THAT(select_all(), IsEmpty());
  EXPECT_THAT(pool_->content().queued.at(address(0)), ElementsAre(one));
  EXPECT_TRUE(pool_->remove(one->hash()));
  EXPECT_EQ(pool_->stats().senders, 0U);
  EXPECT_EQ(pool_->stats().bytes, 0U);
}

// OL-MP-4: also after commit.
TEST_F(PoolFollowsHead, a_commit_removes_what_it_used) {
  const TxnPtr zero = make({.nonce = 0});
  const TxnPtr one = make({.nonce = 1});
  admit(zero);
  admit(one);
  admit(Spec{.sender = 1});
  commit({zero});
  EXPECT_FALSE(pool_->contains(zero->hash()));
  EXPECT_EQ(pool_->stats().committed, 1U);
  EXPECT_EQ(pool_->next_nonce(address(0)), 2U);
  EXPECT_EQ(select_all().size(), 2U);
  EXPECT_THAT(refusal_of(zero), testing::StartsWith("nonce too low"));
}

TEST_F(PoolFollowsHead, a_commit_of_another_transaction_with_that_nonce_removes_ours) {
  admit(Spec{.nonce = 0, .value = 1});
  const TxnPtr one = make({.nonce = 1});
  admit(one);
  commit({make({.nonce = 0, .value = 2})});
  EXPECT_THAT(select_all(), ElementsAre(one));
}

TEST_F(PoolFollowsHead, drops_what_the_balance_no_longer_pays_and_queues_what_is_behind) {
  const TxnPtr small = make({.nonce = 0});
  const TxnPtr large = make({.nonce = 1, .fee_cap = 9'000});
  const TxnPtr behind = make({.nonce = 2});
  for (const TxnPtr& txn : {small, large, behind})
    admit(txn);
  set_account(0, 0, cost({}) + cost({}) + U256(5));
  ASSERT_TRUE(pool_->reset(terms_, head_));
  EXPECT_FALSE(pool_->contains(large->hash()));
  EXPECT_EQ(pool_->stats().dropped, 1U);
  EXPECT_THAT(select_all(), ElementsAre(small));
  EXPECT_THAT(pool_->content().queued.at(address(0)), ElementsAre(behind));
}

TEST_F(PoolFollowsHead, keeps_only_what_can_be_paid_together_ready) {
  for (std::uint64_t nonce = 0; nonce < 3; ++nonce)
    admit(Spec{.nonce = nonce});
  set_account(0, 0, cost({}) + cost({}));
  ASSERT_TRUE(pool_->reset(terms_, head_));
  EXPECT_EQ(select_all().size(), 2U);
  EXPECT_EQ(pool_->stats().txns, 3U);
  // When the money comes, the third is ready again.
  set_account(0, 0, U256(kRich));
  state::StateDiff diff;
  diff.accounts[address(0)] = **head_.account(address(0));
  ASSERT_TRUE(pool_->commit(terms_, head_, diff));
  EXPECT_EQ(select_all().size(), 3U);
}

TEST_F(PoolFollowsHead, forgets_a_sender_that_became_a_contract_or_vanished) {
  admit(Spec{.sender = 0});
  admit(Spec{.sender = 1});
  set_code(address(0), {0xfe});
  state::StateDiff diff;
  diff.accounts[address(0)] = **head_.account(address(0));
  diff.accounts[address(1)].reset();
  head_.apply(diff);
  ASSERT_TRUE(pool_->commit(terms_, head_, diff));
  EXPECT_EQ(pool_->stats().txns, 0U);
  EXPECT_EQ(pool_->stats().bytes, 0U);
}

TEST_F(PoolFollowsHead, ranks_again_for_eviction_when_the_base_fee_changes) {
  restart({.txns_max = 2});
  const TxnPtr steady = make({.sender = 0, .tip = 20, .fee_cap = 2'000});
  const TxnPtr capped = make({.sender = 1, .tip = 50, .fee_cap = 150});
  admit(steady);
  admit(capped);
  EXPECT_THAT(refusal_of({.sender = 2, .tip = 10}), testing::StartsWith("transaction underpriced"));
  commit({}, 145);  // capped is worth 5 now
  EXPECT_THAT(admit(Spec{.sender = 2, .tip = 10}).evicted, ElementsAre(capped));
  EXPECT_EQ(pool_->next_block().base_fee, U256(145));
}

// OL-MP-4: re-add on fork discard, without counting as news.
TEST_F(PoolFollowsHead, restores_discarded_transactions_that_still_hold) {
  const TxnPtr zero = make({.nonce = 0});
  const TxnPtr one = make({.nonce = 1});
  const TxnPtr used = make({.sender = 1});
  set_account(1, 1, U256(kRich));
  admit(one);
  const std::vector<TxnPtr> discarded = {zero, one, used};
  EXPECT_EQ(pool_->restore(discarded, head_), 1U);
  EXPECT_THAT(select_all(), ElementsAre(zero, one));
  EXPECT_EQ(pool_->stats().admitted, 1U);
  EXPECT_EQ(pool_->limits().replacement_bump_percent, 10U);
}

}  // namespace
}  // namespace ol::mempool
