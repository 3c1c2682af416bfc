// Rows OL-MP-* are those of the requirements, subsystem M.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pool_fixture.hpp"

namespace ol::mempool {
namespace {

using primitives::TxnRule;
using test::address;
using test::cost;
using test::make;
using test::Spec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Admission : public test::PoolTest {};

// OL-MP-1: a mempool manages pending transactions. OL-MP-2: add inserts after validation.
TEST_F(Admission, keeps_a_valid_transaction) {
  const TxnPtr txn = make({});
  const NewlyAdmitted out = admit(txn);
  EXPECT_EQ(out.place, Place::Pending);
  EXPECT_EQ(out.replaced, nullptr);
  EXPECT_THAT(out.evicted, IsEmpty());
  EXPECT_TRUE(pool_->contains(txn->hash()));
  EXPECT_EQ(pool_->find(txn->hash()), txn);
  EXPECT_EQ(pool_->find(make({.nonce = 1})->hash()), nullptr);
  const Stats stats = pool_->stats();
  EXPECT_EQ(stats.txns, 1U);
  EXPECT_EQ(stats.pending, 1U);
  EXPECT_EQ(stats.bytes, txn->envelope().size());
  EXPECT_EQ(stats.senders, 1U);
  EXPECT_EQ(stats.admitted, 1U);
}

// Trap T11: only a first admission is gossiped; the second time it is a refusal.
TEST_F(Admission, of_a_known_transaction_is_refused) {
  admit(Spec{});
  EXPECT_EQ(refusal_of(Spec{}), "already known");
  EXPECT_EQ(pool_->stats().refused_by_rule[TxnRule::AlreadyKnown], 1U);
}

// OL-MP-5: validate_transaction checks before admission.
TEST_F(Admission, refuses_every_broken_rule) {
  set_account(1, 5, U256(kRich));
  EXPECT_EQ(refusal_of({.sender = 1, .nonce = 4}), "nonce too low: next nonce 5, tx nonce 4");
  EXPECT_THAT(refusal_of({.tip = 2'000}),
              StartsWith("max priority fee per gas higher than max fee per gas"));
  EXPECT_EQ(refusal_of({.tip = 0}), "transaction underpriced: gas tip cap 0, minimum needed 1");
  set_account(2, 0, cost({}) - U256(1));
  EXPECT_THAT(refusal_of({.sender = 2}),
              StartsWith("insufficient funds for gas * price + value: balance"));
  set_account(2, 0, cost({}));
  EXPECT_EQ(refusal_of({.sender = 2}), "");
  terms_.gas_limit = 20'999;
  restart({});
  EXPECT_EQ(refusal_of(Spec{}), "exceeds block gas limit: gas 21000, block limit 20999");
  terms_.chain_id = primitives::ChainId(1);
  restart({});
  EXPECT_EQ(refusal_of(Spec{}), "invalid chain id for signer: have 7777 want 1");
  EXPECT_EQ(pool_->stats().txns, 0U);
}

TEST_F(Admission, takes_calls_to_contracts_and_refuses_those_from_them) {
  set_code(address(0), {0xfe});
  EXPECT_EQ(refusal_of(Spec{.sender = 0}), "sender not an eoa");
  set_code(Address{{0xdd}}, {0xfe});
  EXPECT_EQ(refusal_of(Spec{.sender = 1}), "");
}

// OL-MP-14: the pool reads nonces and balances of the committed tip while validating.
TEST_F(Admission, reads_the_state_it_is_given_and_says_when_it_cannot) {
  class Unreadable final : public state::StateView {
    Result<std::optional<state::Account>, state::StateError> account(
        const Address&) const override {
      return fail(state::StateError::ReadFailed);
    }
    Result<U256, state::StateError> storage(const Address&, const Hash256&) const override {
      return fail(state::StateError::ReadFailed);
    }
    Result<state::Code, state::StateError> code(const Hash256&) const override {
      return fail(state::StateError::ReadFailed);
    }
  };
  const Unreadable unreadable;
  const auto unknown = pool_->add(make({}), unreadable);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(std::get<state::StateError>(unknown.error()), state::StateError::ReadFailed);
  admit(Spec{});
  // The sender is known now and nobody else matters; another has to be read.
  EXPECT_TRUE(pool_->add(make({.nonce = 1}), unreadable));
  EXPECT_FALSE(pool_->restore(std::vector<TxnPtr>{make({.sender = 1})}, unreadable));
  EXPECT_FALSE(pool_->reset(terms_, unreadable));
  state::StateDiff diff;
  diff.accounts[address(0)].reset();
  EXPECT_FALSE(pool_->commit(terms_, unreadable, diff));
  EXPECT_EQ(pool_->stats().txns, 2U);
}

// OL-MP-6, trap T11: the same nonce of two senders is two transactions.
TEST_F(Admission, keeps_two_senders_with_the_same_nonce) {
  const TxnPtr a = make({.sender = 0});
  const TxnPtr b = make({.sender = 1});
  admit(a);
  admit(b);
  EXPECT_THAT(select_all(), ElementsAre(a, b));
}

// OL-MP-8: a gap queues what is behind it until it is closed.
TEST_F(Admission, queues_behind_a_gap_and_promotes_when_it_closes) {
  const TxnPtr zero = make({.nonce = 0});
  const TxnPtr one = make({.nonce = 1});
  const TxnPtr two = make({.nonce = 2});
  const TxnPtr four = make({.nonce = 4});
  EXPECT_EQ(admit(two).place, Place::Queued);
  EXPECT_EQ(admit(four).place, Place::Queued);
  EXPECT_EQ(admit(zero).place, Place::Pending);
  EXPECT_EQ(pool_->next_nonce(address(0)), 1U);
  EXPECT_EQ(pool_->stats().pending, 1U);
  EXPECT_EQ(admit(one).place, Place::Pending);
  EXPECT_EQ(pool_->next_nonce(address(0)), 3U);
  EXPECT_THAT(select_all(), ElementsAre(zero, one, two));
  const Content content = pool_->content();
  EXPECT_THAT(content.pending.at(address(0)), ElementsAre(zero, one, two));
  EXPECT_THAT(content.queued.at(address(0)), ElementsAre(four));
}

TEST_F(Admission, reports_the_next_nonce_only_of_senders_it_holds) {
  set_account(3, 7, U256(kRich));
  EXPECT_EQ(pool_->next_nonce(address(3)), std::nullopt);
  admit(Spec{.sender = 3, .nonce = 9});
  EXPECT_EQ(pool_->next_nonce(address(3)), 7U);
  admit(Spec{.sender = 3, .nonce = 7});
  EXPECT_EQ(pool_->next_nonce(address(3)), 8U);
}

// OL-MP-5: what waits is paid for together, not each with the same coins.
TEST_F(Admission, refuses_what_the_sender_cannot_pay_together) {
  set_account(0, 0, cost({}) + cost({}) - U256(1));
  admit(Spec{});
  EXPECT_THAT(refusal_of({.nonce = 1}),
              HasSubstr("insufficient funds for gas * price + value: balance 42000001, queued cost "
                        "21000001, tx cost 21000001"));
  // A replacement frees what the old one would have cost.
  EXPECT_EQ(refusal_of({.tip = 11, .fee_cap = 1'100}), "");
}

// OL-MP-10: a replacement pays 10 % more of both fees.
TEST_F(Admission, replaces_only_for_ten_percent_more_of_both_fees) {
  const TxnPtr old = make({.tip = 100, .fee_cap = 1'000});
  admit(old);
  EXPECT_EQ(refusal_of({.tip = 110, .fee_cap = 1'099}), "replacement transaction underpriced");
  EXPECT_EQ(refusal_of({.tip = 109, .fee_cap = 1'100}), "replacement transaction underpriced");
  EXPECT_EQ(refusal_of({.tip = 100, .fee_cap = 1'000, .value = 2}),
            "replacement transaction underpriced");
  const TxnPtr better = make({.tip = 110, .fee_cap = 1'100});
  EXPECT_EQ(admit(better).replaced, old);
  EXPECT_FALSE(pool_->contains(old->hash()));
  EXPECT_THAT(select_all(), ElementsAre(better));
  EXPECT_EQ(pool_->stats().replaced, 1U);
  EXPECT_EQ(pool_->stats().txns, 1U);
}

TEST_F(Admission, replaces_in_the_middle_without_a_gap) {
  const TxnPtr zero = make({.nonce = 0});
  const TxnPtr two = make({.nonce = 2});
  admit(zero);
  admit(Spec{.nonce = 1});
  admit(two);
  const TxnPtr better = make({.nonce = 1, .tip = 11, .fee_cap = 1'100});
  EXPECT_EQ(admit(better).place, Place::Pending);
  EXPECT_THAT(select_all(), ElementsAre(zero, better, two));
}

TEST_F(Admission, rounds_the_ten_percent_up_and_wants_more_than_nothing) {
  admit(Spec{.tip = 1, .fee_cap = 1'001});
  EXPECT_EQ(refusal_of({.tip = 1, .fee_cap = 1'102}), "replacement transaction underpriced");
  EXPECT_EQ(refusal_of({.tip = 2, .fee_cap = 1'101}), "replacement transaction underpriced");
  EXPECT_EQ(refusal_of({.tip = 2, .fee_cap = 1'102}), "");
}

// OL-MP-11: the pool is bounded, the cheapest gives way.
TEST_F(Admission, evicts_the_cheapest_when_full) {
  restart({.txns_max = 3});
  const TxnPtr cheap = make({.sender = 0, .tip = 5});
  admit(make({.sender = 1, .tip = 7}));
  admit(cheap);
  admit(make({.sender = 2, .tip = 9}));
  EXPECT_THAT(refusal_of({.sender = 3, .tip = 5}), StartsWith("transaction underpriced"));
  EXPECT_THAT(admit(Spec{.sender = 3, .tip = 6}).evicted, ElementsAre(cheap));
  EXPECT_EQ(pool_->stats().txns, 3U);
  EXPECT_EQ(pool_->stats().evicted, 1U);
  EXPECT_FALSE(pool_->contains(cheap->hash()));
}

// OL-MP-11: eviction takes the tail of a sender, so that nothing is left behind a gap.
TEST_F(Admission, evicts_from_the_tail_even_if_the_middle_is_cheaper) {
  restart({.txns_max = 4});
  const TxnPtr tail = make({.sender = 0, .nonce = 2, .tip = 50});
  admit(Spec{.sender = 0, .nonce = 0, .tip = 50});
  admit(Spec{.sender = 0, .nonce = 1, .tip = 1});
  admit(tail);
  admit(Spec{.sender = 1, .tip = 60});
  EXPECT_THAT(admit(Spec{.sender = 2, .tip = 55}).evicted, ElementsAre(tail));
  EXPECT_EQ(pool_->next_nonce(address(0)), 2U);
  EXPECT_THAT(pool_->content().queued, IsEmpty());
}

TEST_F(Admission, evicts_queued_before_pending_and_below_base_fee_before_above) {
  restart({.txns_max = 3});
  const TxnPtr queued = make({.sender = 0, .nonce = 3, .tip = 900});
  const TxnPtr below = make({.sender = 1, .tip = 90, .fee_cap = 99});
  admit(make({.sender = 2, .tip = 1}));
  admit(queued);
  admit(below);
  EXPECT_THAT(admit(Spec{.sender = 3, .tip = 2}).evicted, ElementsAre(queued));
  EXPECT_THAT(admit(Spec{.sender = 4, .tip = 2}).evicted, ElementsAre(below));
  // A newcomer behind a gap is worth less than anything that is ready.
  EXPECT_THAT(refusal_of({.sender = 5, .nonce = 1, .tip = 999}),
              StartsWith("transaction underpriced"));
}

TEST_F(Admission, never_evicts_the_senders_own_transactions_for_a_later_one) {
  restart({.txns_max = 2});
  admit(Spec{.sender = 0, .nonce = 0, .tip = 1});
  admit(Spec{.sender = 0, .nonce = 1, .tip = 1});
  EXPECT_THAT(refusal_of({.sender = 0, .nonce = 2, .tip = 500}),
              StartsWith("transaction underpriced"));
  EXPECT_EQ(pool_->stats().pending, 2U);
}

TEST_F(Admission, is_bounded_in_bytes_and_all_or_nothing) {
  const TxnPtr small = make({.sender = 0, .tip = 1});
  const TxnPtr other = make({.sender = 1, .tip = 20});
  restart({.bytes_max = small->envelope().size() + other->envelope().size() + 10});
  admit(small);
  admit(other);
  // It needs the room of both but outbids only one of them: nothing changes.
  const Spec large{.sender = 2, .tip = 10, .fee_cap = 5'000, .data_bytes = 200};
  EXPECT_THAT(refusal_of(large), StartsWith("transaction underpriced"));
  EXPECT_TRUE(pool_->contains(small->hash()));
  EXPECT_THAT(select_all(), ElementsAre(other, small));
  EXPECT_EQ(pool_->stats().evicted, 0U);
}

// OL-MP-11: per-sender cap.
TEST_F(Admission, bounds_what_one_sender_has) {
  restart({.sender_txns_max = 2});
  admit(Spec{.nonce = 1});
  admit(Spec{.nonce = 3});
  EXPECT_THAT(refusal_of({.nonce = 4}), StartsWith("txpool is full: the sender has 2"));
  // An earlier nonce is worth more: the sender's own last one gives way.
  const NewlyAdmitted out = admit(Spec{.nonce = 0});
  ASSERT_EQ(out.evicted.size(), 1U);
  EXPECT_EQ(out.evicted[0]->txn().nonce, 3U);
  EXPECT_EQ(out.place, Place::Pending);
  EXPECT_EQ(pool_->stats().pending, 2U);
  EXPECT_EQ(refusal_of({.sender = 1}), "");
  // A replacement needs no place of its own.
  EXPECT_EQ(refusal_of({.nonce = 1, .tip = 11, .fee_cap = 1'100}), "");
}

TEST_F(Admission, bounds_the_bytes_of_one_sender) {
  const std::size_t one = make({.data_bytes = 100})->envelope().size();
  restart({.sender_bytes_max = 2 * one});
  admit(Spec{.nonce = 0, .data_bytes = 100});
  admit(Spec{.nonce = 1, .data_bytes = 100});
  EXPECT_THAT(refusal_of({.nonce = 2}), StartsWith("txpool is full"));
  EXPECT_THAT(refusal_of({.nonce = 1, .tip = 11, .fee_cap = 1'100, .data_bytes = 300}),
              StartsWith("txpool is full"));
}

}  // namespace
}  // namespace ol::mempool
