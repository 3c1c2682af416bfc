#pragma once

#include <compare>
#include <map>
#include <optional>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/state/account.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>

namespace ol::state {

/// A storage slot of an account. Ordered by address, so that an account's slots lie side by side.
struct StorageKey {
  Address address;
  Hash256 slot;  // as the contract names it, not hashed

  friend bool operator==(const StorageKey&, const StorageKey&) = default;
  friend std::strong_ordering operator<=>(const StorageKey&, const StorageKey&) = default;
};

/// What a block, or several, changed: everything the store writes to go from one version of the
/// state to a later one. Lives in memory only; it is not encoded anywhere.
///
/// Applied in this order: `storage_cleared`, then the others, which are independent.
struct StateDiff {
  /// New value, or nothing for a deleted account.
  std::map<Address, std::optional<Account>> accounts;
  /// Accounts whose earlier storage is gone, slots and trie nodes alike, with the owner of their
  /// storage trie. `storage` and `trie` may hold what was written after that.
  std::map<Address, Hash256> storage_cleared;
  /// New value; zero deletes the slot.
  std::map<StorageKey, U256> storage;
  /// Code that may not be in the store yet, by hash. Never deleted: others may share it.
  std::map<Hash256, Code> code;
  /// Stored trie nodes; filled by `update_state_root`.
  TrieNodeChanges trie;

  [[nodiscard]] bool empty() const {
    return accounts.empty() && storage_cleared.empty() && storage.empty() && code.empty() &&
           trie.empty();
  }

  /// Appends `later`: afterwards this diff does what both did, one after the other.
  void merge(const StateDiff& later);

  friend bool operator==(const StateDiff& a, const StateDiff& b);
};

/// The owner of an account's storage trie, which is also its key in the account trie.
[[nodiscard]] Hash256 trie_owner(const Address& address);

}  // namespace ol::state
