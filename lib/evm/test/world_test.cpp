#include <ol/evm/world.hpp>

#include <gtest/gtest.h>

#include "run_code.hpp"

namespace ol::evm::test {
namespace {

class WorldTest : public testing::Test {
 protected:
  WorldTest() {
    Accounts().account(kOther, 100, Bytes{1, 2}, 3).slot(kOther, 1, 11).fill(state_);
    world_.begin_transaction();
  }

  state::MemoryState state_;
  World world_{state_, 42};
  const Schedule& rules_ = schedule(Revision::Prague);
};

TEST_F(WorldTest, reads_through_to_the_view) {
  WorldAccount& account = world_.account(kOther);
  EXPECT_TRUE(account.exists);
  EXPECT_EQ(account.balance, U256{100});
  EXPECT_EQ(account.nonce, 3U);
  EXPECT_EQ(*world_.code(account), (Bytes{1, 2}));
  EXPECT_EQ(world_.slot(account, 1).current, U256{11});
  EXPECT_TRUE(world_.slot(account, 2).current.is_zero());
  EXPECT_FALSE(world_.account(kContract).exists);
  EXPECT_TRUE(world_.code(world_.account(kContract))->empty());
}

TEST_F(WorldTest, undoes_every_kind_of_change) {
  WorldAccount& account = world_.account(kOther);
  WorldAccount& fresh = world_.account(kContract);
  WorldSlot& slot = world_.slot(account, 1);
  const World::Snapshot before = world_.snapshot();
  world_.add_balance(account, 5);
  world_.subtract_balance(account, 50);
  world_.set_nonce(account, 9);
  world_.set_code(account, Bytes{7});
  world_.set_storage(slot, 12);
  world_.set_transient(account, 1, 13);
  world_.add_balance(fresh, 1);
  world_.mark_created(fresh);
  EXPECT_TRUE(world_.mark_destroyed(fresh));
  EXPECT_FALSE(world_.mark_destroyed(fresh));
  EXPECT_TRUE(world_.warm(account));
  EXPECT_FALSE(world_.warm(account));
  EXPECT_TRUE(world_.warm(slot));
  world_.add_refund(100);
  world_.add_log({});
  world_.revert_to(before);

  EXPECT_EQ(account.balance, U256{100});
  EXPECT_EQ(account.nonce, 3U);
  EXPECT_EQ(*world_.code(account), (Bytes{1, 2}));
  EXPECT_EQ(slot.current, U256{11});
  EXPECT_TRUE(world_.transient(account, 1).is_zero());
  EXPECT_FALSE(fresh.exists);
  EXPECT_FALSE(world_.is_created(fresh));
  EXPECT_TRUE(world_.warm(account)) << "cold again";
  EXPECT_TRUE(world_.warm(slot));
  EXPECT_EQ(world_.refund(), 0);
  EXPECT_TRUE(world_.end_transaction(rules_).empty());
  EXPECT_TRUE(world_.take_diff().empty());
}

TEST_F(WorldTest, a_later_transaction_starts_cold_from_what_the_last_one_left) {
  WorldAccount& account = world_.account(kOther);
  WorldSlot& slot = world_.slot(account, 1);
  world_.warm(account);
  world_.warm(slot);
  world_.set_storage(slot, 12);
  world_.set_transient(account, 1, 13);
  EXPECT_EQ(world_.original(slot), U256{11});
  EXPECT_TRUE(world_.end_transaction(rules_).empty());
  world_.begin_transaction();
  EXPECT_EQ(world_.original(slot), U256{12});
  EXPECT_TRUE(world_.transient(account, 1).is_zero());
  EXPECT_TRUE(world_.warm(account));
  EXPECT_TRUE(world_.warm(slot));
}

TEST_F(WorldTest, a_touched_empty_account_is_deleted_with_state_clearing_only) {
  world_.add_balance(world_.account(kContract), {});
  (void)world_.end_transaction(schedule(Revision::Homestead));
  EXPECT_TRUE(world_.take_diff().accounts.contains(kContract));
  world_.begin_transaction();
  world_.add_balance(world_.account(kContract), {});
  (void)world_.end_transaction(rules_);
  EXPECT_TRUE(world_.take_diff().empty());
}

TEST_F(WorldTest, a_destroyed_account_loses_its_storage) {
  WorldAccount& account = world_.account(kOther);
  WorldSlot& slot = world_.slot(account, 1);
  world_.set_storage(slot, 12);
  world_.mark_destroyed(account);
  (void)world_.end_transaction(rules_);
  EXPECT_TRUE(slot.current.is_zero());
  world_.begin_transaction();
  EXPECT_TRUE(world_.slot(account, 2).current.is_zero());
  world_.add_balance(account, 1);
  (void)world_.end_transaction(rules_);
  const state::StateDiff diff = world_.take_diff();
  EXPECT_EQ(diff.accounts.at(kOther)->nonce, 0U);
  EXPECT_EQ(diff.accounts.at(kOther)->code_hash, state::kEmptyCodeHash);
  EXPECT_TRUE(diff.storage.empty());
}

TEST_F(WorldTest, the_diff_holds_what_differs_and_nothing_else) {
  WorldAccount& account = world_.account(kOther);
  world_.set_storage(world_.slot(account, 1), 12);
  world_.set_storage(world_.slot(account, 1), 11);
  world_.set_storage(world_.slot(account, 2), 22);
  world_.add_balance(account, 1);
  world_.subtract_balance(account, 1);
  (void)world_.end_transaction(rules_);
  const state::StateDiff diff = world_.take_diff();
  EXPECT_TRUE(diff.accounts.empty());
  EXPECT_TRUE(diff.code.empty());
  ASSERT_EQ(diff.storage.size(), 1U);
  EXPECT_EQ(diff.storage.begin()->second, U256{22});
}

TEST_F(WorldTest, results_do_not_depend_on_the_seed) {
  const auto fill = [&](std::uint64_t seed) {
    World world(state_, seed);
    world.begin_transaction();
    for (std::uint64_t i = 0; i < 1000; ++i) {
      WorldAccount& account = world.account(to_address(U256{i * 7919}));
      world.add_balance(account, i + 1);
      world.set_storage(world.slot(account, U256{i} << 200), i + 1);
    }
    (void)world.end_transaction(rules_);
    return world.take_diff();
  };
  EXPECT_EQ(fill(0), fill(0x123456789abcdef));
}

TEST(Words, addresses_are_the_low_160_bits) {
  const Address address = to_address(U256::max());
  EXPECT_EQ(to_word(address), U256::max() >> 96);
  EXPECT_EQ(to_address(to_word(kOther)), kOther);
}

}  // namespace
}  // namespace ol::evm::test
