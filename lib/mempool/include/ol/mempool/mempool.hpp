#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <variant>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/mempool/sender_queue.hpp>
#include <ol/primitives/txn_rules.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>

namespace ol::mempool {

/// Bounds of the pool. Everything an outsider can grow is counted here.
struct Limits {
  std::size_t txns_max = 50'000;
  std::size_t bytes_max = 64 * 1024 * 1024;
  std::size_t sender_txns_max = 1'024;
  std::size_t sender_bytes_max = 4 * 1024 * 1024;
  /// A replacement pays at least this much more, of both fees.
  std::uint64_t replacement_bump_percent = 10;
  /// Least priority fee per gas, in wei.
  U256 tip_min{1};
};

/// Where an admitted transaction stands.
enum class Place : std::uint8_t {
  Pending,  // ready: every earlier nonce is there and all of them are paid for
  Queued,   // waits behind a gap
};

/// A transaction the pool did not have. Whoever gets this gossips it; nobody else does, so a
/// transaction crosses each link once (trap T11).
struct NewlyAdmitted {
  Place place = Place::Pending;
  /// The one with the same sender and nonce that it replaced; null if none.
  TxnPtr replaced;
  /// Cheaper ones that made room.
  std::vector<TxnPtr> evicted;
};

/// A broken rule, or a state that cannot be read (then the node stops).
using AddError = std::variant<primitives::TxnRefusal, state::StateError>;

/// What `select` may return at most.
struct SelectLimits {
  std::size_t txns_max = 0;
  /// Sum of envelope sizes.
  std::size_t bytes_max = 0;
  /// Sum of gas limits.
  std::uint64_t gas_max = 0;
};

/// The pool by sender, each in order of nonce.
struct Content {
  std::map<Address, std::vector<TxnPtr>> pending;
  std::map<Address, std::vector<TxnPtr>> queued;
};

/// Sizes now and counts since the start, for metrics.
struct Stats {
  std::size_t txns = 0;
  std::size_t pending = 0;
  std::size_t bytes = 0;
  std::size_t senders = 0;
  std::uint64_t admitted = 0;
  std::uint64_t replaced = 0;
  std::uint64_t evicted = 0;
  std::uint64_t committed = 0;  // left because a block used their nonce
  std::uint64_t dropped = 0;    // left because the head changed and their rules no longer hold
  std::uint64_t refused = 0;
  /// By TxnRule.
  std::map<primitives::TxnRule, std::uint64_t> refused_by_rule;
};

/// Transactions waiting for a block, keyed by (sender, nonce). It follows the committed head:
/// senders' nonces and balances are those after it. Pure and deterministic: the same calls give the
/// same pool. One thread at a time.
///
/// Invariants: 1) no two entries share sender and nonce; 2) the limits hold after every call;
/// 3) every entry could pay for itself alone at the last head; 4) an entry is pending iff all
/// nonces from the account's up to it are present and their costs together fit the balance;
/// 5) eviction takes a sender's highest nonce first, so it never makes a gap.
///
/// Of an account that delegates (EIP-7702), or that a waiting transaction makes delegate, at most
/// one transaction is admitted, for others may empty it at any time and make the rest worthless.
/// Contracts may do as much to no other account.
class Mempool {
 public:
  Mempool(const Limits& limits, const primitives::BlockTerms& next_block);

  /// Admits `txn`. `head` is the state after the committed head and is read only for accounts the
  /// pool does not hold. A fee cap below today's base fee is no reason to refuse; such a
  /// transaction waits for a lower one and is the first to be evicted.
  [[nodiscard]] Result<NewlyAdmitted, AddError> add(TxnPtr txn, const state::StateView& head);

  /// Follows a commit: `next_block` is what the next block sets, `head` the new state, `diff` what
  /// the committed block changed. Re-validates exactly the senders it touched.
  [[nodiscard]] Result<void, state::StateError> commit(const primitives::BlockTerms& next_block,
                                                       const state::StateView& head,
                                                       const state::StateDiff& diff);
  /// The same with nothing known about what changed: reads every sender.
  [[nodiscard]] Result<void, state::StateError> reset(const primitives::BlockTerms& next_block,
                                                      const state::StateView& head);

  /// Takes back transactions of a block that lost against another, without gossiping them. Those
  /// that no longer hold are passed over. The number taken back.
  [[nodiscard]] Result<std::size_t, state::StateError> restore(std::span<const TxnPtr> txns,
                                                               const state::StateView& head);

  /// Removes one; later nonces of its sender are queued then. False if it is not there.
  bool remove(const primitives::TxnHash& hash);

  /// Best first: by effective tip at the next block's base fee, then by arrival; within a sender by
  /// nonce. Only what is pending and pays the base fee.
  /// @param next_nonces  Senders with transactions in blocks not committed yet: their next nonce.
  [[nodiscard]] std::vector<TxnPtr> select(
      const SelectLimits& limits, const std::map<Address, std::uint64_t>& next_nonces = {}) const;

  [[nodiscard]] TxnPtr find(const primitives::TxnHash& hash) const;
  [[nodiscard]] bool contains(const primitives::TxnHash& hash) const {
    return by_hash_.contains(hash);
  }
  /// The nonce after the sender's pending transactions; nothing if the pool holds none of it.
  [[nodiscard]] std::optional<std::uint64_t> next_nonce(const Address& sender) const;
  [[nodiscard]] Content content() const;
  [[nodiscard]] Stats stats() const;
  [[nodiscard]] const primitives::BlockTerms& next_block() const { return next_block_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }

 private:
  struct Location {
    Address sender;
    std::uint64_t nonce = 0;
  };
  /// A sender's highest nonce, the only one of its entries that may be evicted; cheapest first.
  struct Tail {
    Price price;
    Address sender;
    friend auto operator<=>(const Tail&, const Tail&) = default;
  };

  /// An entry taken out, with what is needed to put it back.
  struct Removed {
    Entry entry;
    primitives::AccountTerms account;
  };
  /// What a newcomer changes beside being added.
  struct Plan {
    primitives::AccountTerms account;
    U256 cost;
    bool replaces = false;
    /// Its sender's own highest nonces, which give way for an earlier one.
    std::vector<std::uint64_t> own_victims;
    /// Entries and bytes that leave with the replaced one and the own victims.
    std::size_t leaving_txns = 0;
    std::size_t leaving_bytes = 0;
  };

  [[nodiscard]] Result<NewlyAdmitted, AddError> try_add(const TxnPtr& txn,
                                                        const state::StateView& head);
  [[nodiscard]] Result<primitives::AccountTerms, AddError> sender_terms(
      const Address& sender, const state::StateView& head) const;
  [[nodiscard]] Result<void, AddError> check_rules(const primitives::VerifiedTxn& txn,
                                                   const primitives::AccountTerms& sender) const;
  [[nodiscard]] Result<void, primitives::TxnRefusal> check_delegations(
      const primitives::VerifiedTxn& txn, const primitives::AccountTerms& sender) const;
  [[nodiscard]] Result<Plan, primitives::TxnRefusal> plan_for(
      const primitives::VerifiedTxn& txn, const primitives::AccountTerms& account) const;
  [[nodiscard]] Result<void, primitives::TxnRefusal> plan_share(const SenderQueue& queue,
                                                                const primitives::VerifiedTxn& txn,
                                                                Plan& plan) const;
  [[nodiscard]] Result<std::vector<TxnPtr>, primitives::TxnRefusal> make_room(
      const primitives::VerifiedTxn& txn, const Plan& plan);
  [[nodiscard]] std::optional<Address> cheapest_other(const Address& sender, const Price& below);

  Place insert(Entry entry, const primitives::AccountTerms& account);
  Removed erase(const Address& sender, std::uint64_t nonce);
  void index_entry(const primitives::VerifiedTxn& txn);
  void unindex_entry(const primitives::VerifiedTxn& txn);
  [[nodiscard]] Result<void, state::StateError> follow(const Address& sender,
                                                       const state::StateView& head);
  void set_next_block(const primitives::BlockTerms& next_block);
  [[nodiscard]] Price tail_price(const SenderQueue& queue) const;
  void unindex_tail(const Address& sender, const SenderQueue& queue);
  void index_tail(const Address& sender, const SenderQueue& queue);
  void require_tails();

  Limits limits_;
  primitives::BlockTerms next_block_;
  std::map<Address, SenderQueue> senders_;
  std::map<primitives::TxnHash, Location> by_hash_;
  /// How many waiting authorisations each account has signed (EIP-7702).
  std::map<Address, std::size_t> authorities_;
  // Kept only from the first time the pool is full until the base fee changes: ranking every sender
  // again at each block would cost more than all else.
  std::set<Tail> tails_;
  bool tails_valid_ = false;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 0;
  Stats counters_;
};

}  // namespace ol::mempool
