#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <ol/primitives/transaction.hpp>
#include <ol/primitives/txn_rules.hpp>

namespace ol::mempool {

/// Shared by the pool, the node's cache of verified transactions and the blocks that name them;
/// immutable.
using TxnPtr = std::shared_ptr<const primitives::VerifiedTxn>;

/// One waiting transaction.
struct Entry {
  TxnPtr txn;
  /// gas_limit * max_fee + value, in wei.
  U256 cost;
  /// Order of arrival, which breaks ties between equal tips.
  std::uint64_t sequence = 0;
};

/// What an entry is worth to a proposer; a smaller one is evicted earlier. Queued entries are worth
/// less than pending ones, those below the base fee less than those above.
struct Price {
  bool pending = false;
  bool pays_base_fee = false;
  U256 tip;
  U256 max_fee;

  friend auto operator<=>(const Price&, const Price&) = default;
};

/// The effective tip at `base_fee` and the rest of what an entry is worth.
[[nodiscard]] Price price_of(const primitives::Transaction& txn, const U256& base_fee,
                             bool pending);

/// One sender's transactions by nonce, and how many of them are ready. Invariant: the ready ones
/// are the longest run of nonces from the account's on whose costs together fit the balance.
class SenderQueue {
 public:
  explicit SenderQueue(const primitives::AccountTerms& account) : account_(account) {}

  /// @pre The nonce is free and not below the account's.
  void insert(Entry entry);
  /// The entry, or nothing if there is none of that nonce.
  [[nodiscard]] std::optional<Entry> erase(std::uint64_t nonce);
  /// Follows the account. Returns what left: first those whose nonce was used, then those the
  /// balance cannot pay even alone or the sender's new code forbids.
  struct Left {
    std::vector<Entry> used;
    std::vector<Entry> unpayable;
  };
  [[nodiscard]] Left set_account(const primitives::AccountTerms& account);

  [[nodiscard]] const Entry* find(std::uint64_t nonce) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const std::map<std::uint64_t, Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry& tail() const { return entries_.rbegin()->second; }
  [[nodiscard]] const primitives::AccountTerms& account() const { return account_; }
  /// The first nonce that is not ready.
  [[nodiscard]] std::uint64_t ready_end() const { return account_.nonce + ready_count_; }
  [[nodiscard]] std::uint64_t ready_count() const { return ready_count_; }
  [[nodiscard]] bool is_ready(std::uint64_t nonce) const { return nonce < ready_end(); }
  /// The costs of all entries together. Saturates.
  [[nodiscard]] const U256& total_cost() const { return total_cost_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void take(std::map<std::uint64_t, Entry>::iterator entry, std::vector<Entry>& out);
  void recount();
  void extend_ready();

  primitives::AccountTerms account_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t ready_count_ = 0;
  U256 ready_cost_;
  U256 total_cost_;
  std::size_t bytes_ = 0;
};

}  // namespace ol::mempool
