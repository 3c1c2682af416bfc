#include <ol/state/journal.hpp>

#include <limits>
#include <utility>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::state {

Result<Journal::AccountEntry*, StateError> Journal::load(const Address& address) {
  auto found = accounts_.find(address);
  if (found == accounts_.end()) {
    OL_TRY(const auto account, view_.account(address));
    found = accounts_.emplace(address, AccountEntry{account, account}).first;
  }
  return &found->second;
}

Result<Journal::SlotEntry*, StateError> Journal::load(const StorageKey& key) {
  auto found = slots_.find(key);
  if (found == slots_.end()) {
    OL_TRY(const AccountEntry* const account, load(key.address));
    U256 value;
    if (!account->storage_cleared) {
      OL_TRY(value, view_.storage(key.address, key.slot));
    }
    found = slots_.emplace(key, SlotEntry{value, value}).first;
  }
  return &found->second;
}

Result<std::optional<Account>, StateError> Journal::account(const Address& address) {
  OL_TRY(const AccountEntry* const entry, load(address));
  return entry->current;
}

Result<U256, StateError> Journal::balance(const Address& address) {
  OL_TRY(const AccountEntry* const entry, load(address));
  return entry->current ? entry->current->balance : U256{};
}

Result<std::uint64_t, StateError> Journal::nonce(const Address& address) {
  OL_TRY(const AccountEntry* const entry, load(address));
  return entry->current ? entry->current->nonce : 0;
}

Result<Code, StateError> Journal::code(const Address& address) {
  OL_TRY(const AccountEntry* const entry, load(address));
  const Hash256 hash = entry->current ? entry->current->code_hash : kEmptyCodeHash;
  const auto found = new_code_.find(hash);
  if (found != new_code_.end()) return found->second;
  return view_.code(hash);
}

Result<U256, StateError> Journal::storage(const Address& address, const Hash256& slot) {
  OL_TRY(const SlotEntry* const entry, load(StorageKey{address, slot}));
  return entry->current;
}

Result<Account*, StateError> Journal::change(const Address& address) {
  OL_TRY(AccountEntry* const entry, load(address));
  const bool was_touched = !touched_.insert(address).second;
  undo_.push_back(UndoAccount{address, entry->current, was_touched});
  if (!entry->current) entry->current.emplace();
  return &*entry->current;
}

Result<void, StateError> Journal::add_balance(const Address& address, const U256& wei) {
  OL_TRY(Account* const account, change(address));
  const auto sum = checked_add(account->balance, wei);
  OL_CHECK(sum.has_value(), "no balance exceeds the supply");
  account->balance = *sum;
  return {};
}

Result<void, StateError> Journal::subtract_balance(const Address& address, const U256& wei) {
  OL_TRY(Account* const account, change(address));
  const auto rest = checked_sub(account->balance, wei);
  OL_CHECK(rest.has_value(), "the caller checked the balance");
  account->balance = *rest;
  return {};
}

Result<void, StateError> Journal::increment_nonce(const Address& address) {
  OL_TRY(Account* const account, change(address));
  OL_CHECK(account->nonce < std::numeric_limits<std::uint64_t>::max(),
           "the caller checked the nonce (EIP-2681)");
  ++account->nonce;
  return {};
}

Result<void, StateError> Journal::set_code(const Address& address, Bytes code) {
  OL_TRY(Account* const account, change(address));
  account->code_hash = crypto::keccak256(code);
  new_code_.emplace(account->code_hash, std::make_shared<const Bytes>(std::move(code)));
  return {};
}

Result<void, StateError> Journal::set_storage(const Address& address, const Hash256& slot,
                                              const U256& value) {
  const StorageKey key{address, slot};
  OL_TRY(SlotEntry* const entry, load(key));
  undo_.push_back(UndoSlot{key, entry->current});
  entry->current = value;
  return {};
}

void Journal::undo(const UndoAccount& entry) {
  accounts_.at(entry.address).current = entry.before;
  if (!entry.was_touched) touched_.erase(entry.address);
}

void Journal::undo(const UndoSlot& entry) {
  slots_.at(entry.key).current = entry.before;
}

void Journal::revert_to(Snapshot snapshot) {
  OL_CHECK(snapshot.value() <= undo_.size(), "the snapshot is of this transaction");
  while (undo_.size() > snapshot.value()) {
    std::visit([this](const auto& entry) { undo(entry); }, undo_.back());
    undo_.pop_back();
  }
}

void Journal::remove_account(const Address& address) {
  AccountEntry& entry = accounts_.at(address);
  entry.current.reset();
  entry.storage_cleared = true;
  for (auto it = slots_.lower_bound({address, Hash256{}});
       it != slots_.end() && it->first.address == address; ++it) {
    it->second = {};
  }
}

void Journal::end_transaction() {
  for (const Address& address : touched_) {
    const auto& current = accounts_.at(address).current;
    if (current && current->is_empty()) remove_account(address);
  }
  touched_.clear();
  undo_.clear();
}

void Journal::add_account_changes(const Address& address, const AccountEntry& entry,
                                  StateDiff& diff) {
  if (entry.original && entry.storage_cleared && entry.original->storage_root != kEmptyTrieRoot) {
    diff.storage_cleared.emplace(address, trie_owner(address));
  }
  if (entry.current != entry.original) diff.accounts.emplace(address, entry.current);
}

StateDiff Journal::take_diff() {
  OL_CHECK(undo_.empty(), "the last transaction was ended");
  StateDiff diff;
  for (const auto& [address, entry] : accounts_)
    add_account_changes(address, entry, diff);
  for (const auto& [key, entry] : slots_) {
    if (entry.current != entry.original) diff.storage.emplace(key, entry.current);
  }
  for (const auto& [address, account] : diff.accounts) {
    if (!account) continue;
    const auto found = new_code_.find(account->code_hash);
    if (found != new_code_.end()) diff.code.insert(*found);
  }
  accounts_.clear();
  slots_.clear();
  new_code_.clear();
  return diff;
}

}  // namespace ol::state
