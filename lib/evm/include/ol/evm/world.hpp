#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/index_table.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/evm/stable_list.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/state/account.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/error.hpp>
#include <ol/state/state_view.hpp>

namespace ol::evm {

class Program;

/// An account as transactions see it. Read freely; changed through World only, which can undo.
struct WorldAccount {
  Address address;
  std::uint32_t index = 0;
  /// In the state now. Since EIP-161 an empty one counts as absent: see `is_dead`.
  bool exists = false;
  std::uint64_t nonce = 0;
  U256 balance;  // wei
  Hash256 code_hash = state::kEmptyCodeHash;
  /// The code, once asked for, and what the interpreter made of it.
  state::Code code;
  std::shared_ptr<Program> program;

  [[nodiscard]] bool is_empty() const {
    return nonce == 0 && balance.is_zero() && code_hash == state::kEmptyCodeHash;
  }
  [[nodiscard]] bool has_code() const { return code_hash != state::kEmptyCodeHash; }

 private:
  friend class World;
  std::optional<state::Account> original;  // in the view
  bool storage_cleared = false;            // deleted at some time, so the view's slots are gone
  // Marks hold the number of the transaction they were made in; another number means unmarked.
  std::uint32_t warm_in = 0;
  std::uint32_t touched_in = 0;
  std::uint32_t created_in = 0;
  std::uint32_t destroyed_in = 0;
  std::uint32_t first_slot = IndexTable::kAbsent;  // its loaded slots, a chain through `next`
};

/// A storage slot as transactions see it. Changed through World only.
struct WorldSlot {
  U256 key;
  U256 current;

 private:
  friend class World;
  U256 in_view;
  U256 at_start;  // of transaction `started_in`
  std::uint32_t index = 0;
  std::uint32_t account = 0;
  std::uint32_t next = IndexTable::kAbsent;
  std::uint32_t started_in = 0;
  std::uint32_t warm_in = 0;
};

/// The state while the EVM executes a block: reads through to a view, keeps changes in memory, can
/// undo them back to any snapshot of the current transaction, and knows what the EVM asks beside
/// values: warm and cold (EIP-2929), transient storage (EIP-1153), refunds, logs, what was created
/// and destroyed in this transaction (EIP-6780). One thread at a time; borrows the view.
///
/// A failed read of the view is remembered in `error()` and answered with nothing, so that code
/// runs to its end; whoever called must drop the world and everything computed then.
///
/// Per transaction: `begin_transaction`, changes, maybe `revert_to`, `end_transaction`. At the end
/// of the block, `take_diff`.
class World {
 public:
  /// @param seed  Secret and random where strangers choose keys; reaches no result.
  explicit World(const state::StateView& view, std::uint64_t seed = 0);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// The account, loaded if need be; where there is none, one that does not exist. Stays valid, and
  /// in place, until `take_diff`.
  [[nodiscard]] WorldAccount& account(const Address& address);
  /// The code with its bytes, never null.
  [[nodiscard]] const state::Code& code(WorldAccount& account);
  [[nodiscard]] WorldSlot& slot(WorldAccount& account, const U256& key);
  /// The value at the start of this transaction.
  [[nodiscard]] const U256& original(const WorldSlot& slot) const {
    return slot.started_in == txn_ ? slot.at_start : slot.current;
  }
  [[nodiscard]] U256 transient(const WorldAccount& account, const U256& key) const;
  /// Whether the account had storage when the block began (EIP-7610).
  [[nodiscard]] bool has_storage(const WorldAccount& account) const;

  /// Marks as warm; whether it was cold.
  bool warm(WorldAccount& account);
  bool warm(WorldSlot& slot);

  /// Adds wei, creating the account if need be. Even of zero wei it touches the account (EIP-161).
  void add_balance(WorldAccount& account, const U256& wei);
  /// @pre The balance suffices, or the process stops.
  void subtract_balance(WorldAccount& account, const U256& wei);
  void set_nonce(WorldAccount& account, std::uint64_t nonce);
  void set_code(WorldAccount& account, Bytes code);
  void set_storage(WorldSlot& slot, const U256& value);
  void set_transient(const WorldAccount& account, const U256& key, const U256& value);
  /// Marks as created in this transaction.
  void mark_created(WorldAccount& account);
  [[nodiscard]] bool is_created(const WorldAccount& account) const {
    return account.created_in == txn_;
  }
  /// The account is deleted when the transaction ends. Whether it was not marked before.
  bool mark_destroyed(WorldAccount& account);

  void add_refund(std::int64_t gas) { refund_ += gas; }
  [[nodiscard]] std::int64_t refund() const { return refund_; }
  void add_log(primitives::Log log) { logs_.push_back(std::move(log)); }
  /// Those of the current transaction so far.
  [[nodiscard]] const std::vector<primitives::Log>& logs() const { return logs_; }
  /// Of the transactions before it in the block; what failed or was undone left none.
  [[nodiscard]] std::uint64_t logs_before() const { return logs_before_; }

  struct Snapshot {
    std::size_t undo = 0;
    std::size_t logs = 0;
    std::int64_t refund = 0;
  };
  [[nodiscard]] Snapshot snapshot() const { return {undo_.size(), logs_.size(), refund_}; }
  /// Undoes all changes made since. @pre `snapshot` was taken in this transaction and not undone.
  void revert_to(const Snapshot& snapshot);

  void begin_transaction();
  /// Deletes destroyed accounts and, with state clearing, touched empty ones (EIP-161). Returns the
  /// transaction's logs.
  std::vector<primitives::Log> end_transaction(const Schedule& schedule);

  /// What differs from the view now; the world is as new afterwards. @pre No transaction is open.
  [[nodiscard]] state::StateDiff take_diff();

  /// The first failed read of the view.
  [[nodiscard]] std::optional<state::StateError> error() const { return error_; }
  /// Remembers a failed read made on the world's behalf.
  void note(state::StateError error) {
    if (!error_) error_ = error;
  }

 private:
  enum class Kind : std::uint8_t {
    Existence,
    Balance,
    Nonce,
    Code,
    Storage,
    Transient,
    WarmAccount,
    WarmSlot,
    Touched,
    Created,
    Destroyed
  };
  struct Undo {
    Kind kind = Kind::Existence;
    std::uint32_t index = 0;
    U256 before;
  };
  struct TransientSlot {
    U256 key;
    U256 value;
    std::uint32_t account = 0;
  };
  struct OldCode {
    Hash256 hash;
    state::Code code;
    std::shared_ptr<Program> program;
  };

  void load(WorldAccount& account);
  void touch(WorldAccount& account);
  void undo(const Undo& entry);
  void remove(WorldAccount& account);
  [[nodiscard]] std::uint64_t hash_of(const Address& address) const;
  [[nodiscard]] std::uint32_t find_transient(const WorldAccount& account, const U256& key) const;
  [[nodiscard]] std::uint64_t hash_of_slot(std::uint32_t account, const U256& key) const {
    return seeded_hash(seed_, key, account);
  }
  void add_account_changes(const WorldAccount& account, state::StateDiff& diff) const;

  const state::StateView& view_;
  std::uint64_t seed_ = 0;
  std::uint32_t txn_ = 1;
  StableList<WorldAccount> accounts_;
  StableList<WorldSlot> slots_;
  StableList<TransientSlot> transient_;
  IndexTable account_index_;
  IndexTable slot_index_;
  IndexTable transient_index_;
  std::vector<Undo> undo_;
  std::vector<OldCode> old_codes_;
  std::vector<std::uint32_t> touched_;
  std::vector<std::uint32_t> destroyed_;
  std::vector<primitives::Log> logs_;
  std::uint64_t logs_before_ = 0;
  std::int64_t refund_ = 0;
  std::optional<state::StateError> error_;
};

/// The word whose low 160 bits are the address, and back (the upper 96 bits are ignored).
[[nodiscard]] U256 to_word(const Address& address);
[[nodiscard]] Address to_address(const U256& word);

}  // namespace ol::evm
