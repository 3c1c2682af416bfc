#include "state_cache.hpp"

#include <random>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

Hash256 slot(std::uint64_t n) {
  return U256(n).to_fixed<Hash256>();
}

using Table = NewestValues<Address, U256>;

TEST(NewestValues, answer_from_their_block_up_to_the_newest) {
  Table table(64, 1);
  table.reset(5);
  EXPECT_FALSE(table.find(test_address(1), 5));
  table.keep(test_address(1), U256(7), 5);
  EXPECT_EQ(table.find(test_address(1), 5), U256(7));
  EXPECT_FALSE(table.find(test_address(1), 4));  // who knows what it was then
  EXPECT_FALSE(table.find(test_address(1), 6));  // nobody said what block 6 did
  table.follow(std::map<Address, U256>{{test_address(2), U256(8)}}, 6);
  EXPECT_EQ(table.find(test_address(1), 5), U256(7));
  EXPECT_EQ(table.find(test_address(1), 6), U256(7));
  EXPECT_EQ(table.find(test_address(2), 6), U256(8));
  EXPECT_FALSE(table.find(test_address(2), 5));
}

TEST(NewestValues, take_nothing_that_was_read_before_the_newest_block) {
  Table table(64, 1);
  table.reset(5);
  table.follow(std::map<Address, U256>{{test_address(1), U256(9)}}, 6);
  table.keep(test_address(1), U256(1), 5);
  table.keep(test_address(2), U256(2), 5);
  EXPECT_EQ(table.find(test_address(1), 6), U256(9));
  EXPECT_FALSE(table.find(test_address(2), 6));
  table.reset(6);
  EXPECT_FALSE(table.find(test_address(1), 6));
}

TEST(NewestValues, forget_instead_of_growing) {
  Table table(64, 1);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    table.keep(test_address(i), U256(i), 0);
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const auto found = table.find(test_address(i), 0);
    if (!found) continue;
    EXPECT_EQ(*found, U256(i));
    ++known;
  }
  EXPECT_GE(known, 32U);
  EXPECT_LE(known, 64U);
}

// Snapshots of several moments, read in random order between commits, against what they must say.
TEST(StateCache, never_changes_an_answer) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  std::mt19937_64 random(11);
  std::vector<std::unique_ptr<Snapshot>> moments;
  std::vector<std::map<Address, U256>> balances(1);
  std::vector<std::map<state::StorageKey, U256>> slots(1);
  for (int block = 0; block < 60; ++block) {
    const auto now = database->snapshot().value();
    state::StateDiff diff;
    const Address who = test_address(random() % 8);
    auto account = (*now->account(who)).value_or(state::Account{});
    account.balance = U256(random() % 100 + 1);
    diff.accounts[who] = account;
    diff.storage[{who, slot(random() % 3)}] = U256(random() % 3);
    ASSERT_TRUE(database->commit(make_block(now->head(), *now, *now, diff, 0).committed()));
    balances.push_back(balances.back());
    balances.back()[who] = account.balance;
    slots.push_back(slots.back());
    for (const auto& [key, value] : diff.storage)
      slots.back()[key] = value;
    moments.push_back(database->snapshot().value());
    for (int read = 0; read < 40; ++read) {
      const std::size_t at = random() % moments.size();
      const Address address = test_address(random() % 9);
      const auto found = *moments[at]->account(address);
      ASSERT_EQ(found.value_or(state::Account{}).balance, balances[at + 1][address]) << at;
      const Hash256 key = slot(random() % 4);
      ASSERT_EQ(moments[at]->storage(address, key), (slots[at + 1][{address, key}])) << at;
    }
  }
}

}  // namespace
}  // namespace ol::storage
