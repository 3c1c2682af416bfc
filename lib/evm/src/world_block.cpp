// World between transactions: what ends one, and what a block leaves behind.
#include <ol/evm/world.hpp>

#include <utility>

#include <ol/base/check.hpp>

#include "program.hpp"

namespace ol::evm {

void World::begin_transaction() {
  OL_CHECK(undo_.empty(), "the last transaction was ended");
  ++txn_;
  OL_CHECK(txn_ != 0, "a block has fewer than 2^32 transactions");
}

void World::remove(WorldAccount& account) {
  account.exists = false;
  account.nonce = 0;
  account.balance = {};
  account.code_hash = state::kEmptyCodeHash;
  account.code.reset();
  account.program.reset();
  account.storage_cleared = true;
  for (std::uint32_t i = account.first_slot; i != IndexTable::kAbsent; i = slots_[i].next) {
    slots_[i].current = {};
    slots_[i].in_view = {};
  }
}

std::vector<primitives::Log> World::end_transaction(const Schedule& schedule) {
  for (const std::uint32_t i : destroyed_)
    remove(accounts_[i]);
  if (schedule.state_clearing) {
    for (const std::uint32_t i : touched_) {
      WorldAccount& account = accounts_[i];
      if (account.exists && account.is_empty()) remove(account);
    }
  }
  destroyed_.clear();
  touched_.clear();
  undo_.clear();
  old_codes_.clear();
  transient_.clear();
  transient_index_.clear();
  refund_ = 0;
  logs_before_ += logs_.size();
  return std::exchange(logs_, {});
}

void World::add_account_changes(const WorldAccount& account, state::StateDiff& diff) const {
  if (account.storage_cleared && account.original &&
      account.original->storage_root != state::kEmptyTrieRoot) {
    diff.storage_cleared.emplace(account.address, state::trie_owner(account.address));
  }
  if (!account.exists) {
    if (account.original) diff.accounts.emplace(account.address, std::nullopt);
    return;
  }
  state::Account now;
  if (account.original) now = *account.original;
  now.nonce = account.nonce;
  now.balance = account.balance;
  now.code_hash = account.code_hash;
  if (account.storage_cleared) now.storage_root = state::kEmptyTrieRoot;
  if (account.original == now) return;
  diff.accounts.emplace(account.address, now);
  const bool code_is_new = !account.original || account.original->code_hash != now.code_hash;
  if (code_is_new && account.has_code()) diff.code.emplace(account.code_hash, account.code);
}

state::StateDiff World::take_diff() {
  OL_CHECK(undo_.empty(), "the last transaction was ended");
  state::StateDiff diff;
  for (std::uint32_t i = 0; i < accounts_.size(); ++i)
    add_account_changes(accounts_[i], diff);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    const WorldSlot& slot = slots_[i];
    if (slot.current == slot.in_view) continue;
    diff.storage.emplace(
        state::StorageKey{accounts_[slot.account].address, slot.key.to_fixed<Hash256>()},
        slot.current);
  }
  accounts_.clear();
  slots_.clear();
  account_index_.clear();
  slot_index_.clear();
  txn_ = 1;
  logs_before_ = 0;
  return diff;
}

}  // namespace ol::evm
