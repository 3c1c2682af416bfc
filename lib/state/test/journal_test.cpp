#include <ol/state/journal.hpp>

#include <gtest/gtest.h>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::state {
namespace {

constexpr Address kAlice{{0xa1}};
constexpr Address kBob{{0xb0}};
constexpr Hash256 kSlot{{0x51}};

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    StateDiff genesis;
    genesis.accounts[kAlice] = Account{5, 100, kEmptyCodeHash, kEmptyTrieRoot};
    state_.apply(genesis);
  }

  MemoryState state_;
  Journal journal_{state_};
};

/// Fails every read.
class BrokenView final : public StateView {
 public:
  Result<std::optional<Account>, StateError> account(const Address&) const override {
    return fail(StateError::ReadFailed);
  }
  Result<U256, StateError> storage(const Address&, const Hash256&) const override {
    return fail(StateError::ReadFailed);
  }
  Result<Code, StateError> code(const Hash256&) const override {
    return fail(StateError::ReadFailed);
  }
};

TEST_F(JournalTest, reads_through_to_the_view) {
  EXPECT_EQ(journal_.balance(kAlice), U256{100});
  EXPECT_EQ(journal_.nonce(kAlice), 5U);
  EXPECT_EQ(journal_.balance(kBob), U256{});
  EXPECT_EQ(journal_.nonce(kBob), 0U);
  EXPECT_EQ(journal_.account(kBob).value(), std::nullopt);
  EXPECT_EQ(journal_.storage(kAlice, kSlot), U256{});
  EXPECT_TRUE(journal_.code(kAlice).value()->empty());
  EXPECT_TRUE(journal_.code(kBob).value()->empty());
  EXPECT_TRUE(journal_.take_diff().empty()) << "reading changes nothing";
}

TEST_F(JournalTest, a_transfer_becomes_a_diff) {
  ASSERT_TRUE(journal_.subtract_balance(kAlice, 30));
  ASSERT_TRUE(journal_.add_balance(kBob, 30));
  ASSERT_TRUE(journal_.increment_nonce(kAlice));
  journal_.end_transaction();
  const StateDiff diff = journal_.take_diff();
  ASSERT_EQ(diff.accounts.size(), 2U);
  EXPECT_EQ(diff.accounts.at(kAlice), (Account{6, 70, kEmptyCodeHash, kEmptyTrieRoot}));
  EXPECT_EQ(diff.accounts.at(kBob), (Account{0, 30, kEmptyCodeHash, kEmptyTrieRoot}));
  EXPECT_TRUE(journal_.take_diff().empty()) << "the journal starts anew";
}

TEST_F(JournalTest, reverts_to_nested_snapshots) {
  const Snapshot start = journal_.snapshot();
  ASSERT_TRUE(journal_.add_balance(kBob, 1));
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 7));
  const Snapshot middle = journal_.snapshot();
  ASSERT_TRUE(journal_.add_balance(kBob, 2));
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 8));
  ASSERT_TRUE(journal_.set_code(kBob, {1, 2}));
  ASSERT_TRUE(journal_.increment_nonce(kAlice));

  journal_.revert_to(middle);
  EXPECT_EQ(journal_.balance(kBob), U256{1});
  EXPECT_EQ(journal_.storage(kAlice, kSlot), U256{7});
  EXPECT_EQ(journal_.nonce(kAlice), 5U);
  EXPECT_TRUE(journal_.code(kBob).value()->empty());

  journal_.revert_to(start);
  EXPECT_EQ(journal_.account(kBob).value(), std::nullopt);
  EXPECT_EQ(journal_.storage(kAlice, kSlot), U256{});
  journal_.end_transaction();
  EXPECT_TRUE(journal_.take_diff().empty());
}

TEST_F(JournalTest, changes_that_cancel_out_are_not_in_the_diff) {
  ASSERT_TRUE(journal_.subtract_balance(kAlice, 30));
  ASSERT_TRUE(journal_.add_balance(kAlice, 30));
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 1));
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 0));
  journal_.end_transaction();
  EXPECT_TRUE(journal_.take_diff().empty());
}

// EIP-161.
TEST_F(JournalTest, touched_empty_accounts_are_deleted_at_the_end_of_the_transaction) {
  ASSERT_TRUE(journal_.add_balance(kBob, 0));
  EXPECT_TRUE(journal_.account(kBob).value().has_value()) << "within the transaction it exists";
  journal_.end_transaction();
  EXPECT_EQ(journal_.account(kBob).value(), std::nullopt);
  EXPECT_TRUE(journal_.take_diff().empty()) << "it did not exist before either";
}

TEST_F(JournalTest, an_existing_empty_account_stays_until_it_is_touched) {
  StateDiff old;
  old.accounts[kBob] = Account{};
  state_.apply(old);
  EXPECT_TRUE(journal_.account(kBob).value().has_value());
  journal_.end_transaction();
  EXPECT_TRUE(journal_.account(kBob).value().has_value()) << "reading does not touch";

  const Snapshot before = journal_.snapshot();
  ASSERT_TRUE(journal_.add_balance(kBob, 0));
  journal_.revert_to(before);
  journal_.end_transaction();
  EXPECT_TRUE(journal_.account(kBob).value().has_value()) << "a reverted touch does not count";

  ASSERT_TRUE(journal_.add_balance(kBob, 0));
  journal_.end_transaction();
  const StateDiff diff = journal_.take_diff();
  EXPECT_EQ(diff.accounts.at(kBob), std::nullopt);
  EXPECT_TRUE(diff.storage_cleared.empty()) << "it had no storage";
}

TEST_F(JournalTest, a_deleted_account_comes_back_without_its_storage) {
  StateDiff old;
  old.accounts[kBob] = Account{0, 0, kEmptyCodeHash, Hash256{{9}}};
  old.storage[{kBob, kSlot}] = 7;
  state_.apply(old);
  EXPECT_EQ(journal_.storage(kBob, kSlot), U256{7});
  ASSERT_TRUE(journal_.add_balance(kBob, 0));
  journal_.end_transaction();
  EXPECT_EQ(journal_.storage(kBob, kSlot), U256{});
  EXPECT_EQ(journal_.storage(kBob, Hash256{{0x52}}), U256{});

  ASSERT_TRUE(journal_.add_balance(kBob, 3));
  journal_.end_transaction();
  const StateDiff diff = journal_.take_diff();
  EXPECT_EQ(diff.accounts.at(kBob), (Account{0, 3, kEmptyCodeHash, kEmptyTrieRoot}));
  EXPECT_EQ(diff.storage_cleared.at(kBob), trie_owner(kBob));
  EXPECT_TRUE(diff.storage.empty());
}

TEST_F(JournalTest, code_is_readable_at_once_and_lands_in_the_diff) {
  const Bytes code{0x60, 0x00};
  ASSERT_TRUE(journal_.set_code(kBob, code));
  EXPECT_EQ(*journal_.code(kBob).value(), code);
  journal_.end_transaction();
  const StateDiff diff = journal_.take_diff();
  const Hash256 hash = crypto::keccak256(code);
  EXPECT_EQ(diff.accounts.at(kBob)->code_hash, hash);
  EXPECT_EQ(*diff.code.at(hash), code);
  state_.apply(diff);
  EXPECT_EQ(*Journal(state_).code(kBob).value(), code);
}

TEST_F(JournalTest, storage_changes_land_in_the_diff_and_read_back_from_the_view) {
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 7));
  journal_.end_transaction();
  state_.apply(journal_.take_diff());
  EXPECT_EQ(journal_.storage(kAlice, kSlot), U256{7});
  ASSERT_TRUE(journal_.set_storage(kAlice, kSlot, 0));
  journal_.end_transaction();
  const StateDiff diff = journal_.take_diff();
  EXPECT_EQ(diff.storage.at({kAlice, kSlot}), U256{});
}

TEST_F(JournalTest, stops_on_what_callers_must_have_checked) {
  EXPECT_DEATH(static_cast<void>(journal_.subtract_balance(kAlice, 101)), "checked the balance");
  EXPECT_DEATH(static_cast<void>(journal_.add_balance(kAlice, U256::max())), "exceeds the supply");
  EXPECT_DEATH(journal_.revert_to(Snapshot(1)), "of this transaction");
  EXPECT_DEATH(
      {
        static_cast<void>(journal_.add_balance(kAlice, 1));
        static_cast<void>(journal_.take_diff());
      },
      "last transaction was ended");
  StateDiff spent;
  spent.accounts[kBob] = Account{UINT64_MAX, 0, kEmptyCodeHash, kEmptyTrieRoot};
  state_.apply(spent);
  EXPECT_DEATH(static_cast<void>(journal_.increment_nonce(kBob)), "EIP-2681");
}

TEST(Journal, passes_failures_of_the_view_on) {
  const BrokenView broken;
  Journal journal(broken);
  EXPECT_EQ(journal.account(kAlice).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.balance(kAlice).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.nonce(kAlice).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.code(kAlice).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.storage(kAlice, kSlot).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.add_balance(kAlice, 1).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.subtract_balance(kAlice, 1).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.increment_nonce(kAlice).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.set_code(kAlice, {}).error(), StateError::ReadFailed);
  EXPECT_EQ(journal.set_storage(kAlice, kSlot, 1).error(), StateError::ReadFailed);
}

}  // namespace
}  // namespace ol::state
