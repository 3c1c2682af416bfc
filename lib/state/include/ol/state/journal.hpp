#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/strong.hpp>
#include <ol/base/u256.hpp>
#include <ol/state/account.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>

namespace ol::state {

/// A point a Journal can return to.
using Snapshot = Strong<std::uint64_t, struct SnapshotTag>;

/// The state while a block executes: reads through to a view, keeps changes in memory and can undo
/// them back to any snapshot of the current transaction. Every read may fail as the view may; after
/// a failure drop the journal. One thread at a time; borrows the view.
///
/// Per transaction: change, maybe `revert_to`, then `end_transaction`. At the end of the block,
/// `take_diff`.
class Journal {
 public:
  explicit Journal(const StateView& view) : view_(view) {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The account as it is now, or nothing.
  [[nodiscard]] Result<std::optional<Account>, StateError> account(const Address& address);
  /// Zero where there is no account.
  [[nodiscard]] Result<U256, StateError> balance(const Address& address);
  [[nodiscard]] Result<std::uint64_t, StateError> nonce(const Address& address);
  [[nodiscard]] Result<Code, StateError> code(const Address& address);
  [[nodiscard]] Result<U256, StateError> storage(const Address& address, const Hash256& slot);

  /// Adds wei, creating the account if need be. Even of zero wei it touches the account, so that an
  /// empty one is deleted (EIP-161). The sum fits: all balances together are the chain's supply,
  /// which genesis bounds; otherwise the process stops.
  [[nodiscard]] Result<void, StateError> add_balance(const Address& address, const U256& wei);
  /// @pre The balance suffices, or the process stops: callers check first.
  [[nodiscard]] Result<void, StateError> subtract_balance(const Address& address, const U256& wei);
  /// @pre The nonce is below 2^64 - 1 (EIP-2681), or the process stops.
  [[nodiscard]] Result<void, StateError> increment_nonce(const Address& address);
  [[nodiscard]] Result<void, StateError> set_code(const Address& address, Bytes code);
  [[nodiscard]] Result<void, StateError> set_storage(const Address& address, const Hash256& slot,
                                                     const U256& value);

  [[nodiscard]] Snapshot snapshot() const { return Snapshot(undo_.size()); }
  /// Undoes all changes made since. @pre `snapshot` was taken in this transaction and not undone.
  void revert_to(Snapshot snapshot);

  /// Deletes touched accounts that are empty (EIP-161) and forgets the snapshots.
  void end_transaction();

  /// What differs from the view now; the journal is as new afterwards. @pre No transaction is open:
  /// nothing changed since `end_transaction`.
  [[nodiscard]] StateDiff take_diff();

 private:
  struct AccountEntry {
    std::optional<Account> original;
    std::optional<Account> current;
    bool storage_cleared = false;  // deleted at some time, so the view's slots are gone
  };
  struct SlotEntry {
    U256 original;
    U256 current;
  };
  struct UndoAccount {
    Address address;
    std::optional<Account> before;
    bool was_touched = false;
  };
  struct UndoSlot {
    StorageKey key;
    U256 before;
  };
  using Undo = std::variant<UndoAccount, UndoSlot>;

  [[nodiscard]] Result<AccountEntry*, StateError> load(const Address& address);
  [[nodiscard]] Result<SlotEntry*, StateError> load(const StorageKey& key);
  /// Records the entry for undoing, touches it and returns it for changing, created if absent.
  [[nodiscard]] Result<Account*, StateError> change(const Address& address);
  void undo(const UndoAccount& entry);
  void undo(const UndoSlot& entry);
  void remove_account(const Address& address);
  static void add_account_changes(const Address& address, const AccountEntry& entry,
                                  StateDiff& diff);

  const StateView& view_;
  std::map<Address, AccountEntry> accounts_;
  std::map<StorageKey, SlotEntry> slots_;
  std::map<Hash256, Code> new_code_;
  std::set<Address> touched_;
  std::vector<Undo> undo_;
};

}  // namespace ol::state
