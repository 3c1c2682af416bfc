#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_root.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

class KvStore;
class KvSnapshot;
class StateCache;

/// The newest committed block.
struct Head {
  primitives::Height height;
  primitives::View view;
  primitives::BlockHash hash;
  primitives::EvmHash evm_hash;
  /// After this block.
  Hash256 state_root;
  friend bool operator==(const Head&, const Head&) = default;
};

/// Where a committed transaction is.
struct TxnLocation {
  primitives::Height height;
  std::uint32_t index = 0;
  friend bool operator==(const TxnLocation&, const TxnLocation&) = default;
};

/// Which logs are looked for. An empty list matches everything, another one any of its items.
struct LogQuery {
  std::vector<Address> addresses;
  /// By place; a log with fewer topics than there are lists that are not empty does not match.
  std::vector<std::vector<Hash256>> topics;
};

/// Everything committed at one moment: the chain up to `head()` and the state after it. Later
/// commits do not show. Holds old data on disk while it lives, so drop it after the request or the
/// block it serves. Made by Database::snapshot and must go before the Database. Any thread.
///
/// Reads by height or hash give nothing when the chain does not have it. Errors:
/// StorageErrorKind::Corrupted and Io; the node stops on either.
class Snapshot final : public state::StateView, public state::TrieNodeReader {
 public:
  template <typename T>
  using Found = StorageResult<std::optional<T>>;

  /// For the Database, which hands snapshots out.
  [[nodiscard]] static StorageResult<std::unique_ptr<Snapshot>> take(
      const KvStore& store, const primitives::ChainDomain& domain, StateCache* cache = nullptr);
  ~Snapshot() override;

  /// Nothing before genesis is committed.
  [[nodiscard]] const std::optional<Head>& head() const { return head_; }

  [[nodiscard]] Found<primitives::Height> height_of(const primitives::BlockHash& hash) const;
  [[nodiscard]] Found<primitives::Height> height_of(const primitives::EvmHash& hash) const;
  [[nodiscard]] Found<primitives::Header> header(primitives::Height height) const;
  [[nodiscard]] Found<primitives::Block> block(primitives::Height height) const;
  /// The encoding of the block, to be sent on as it is.
  [[nodiscard]] Found<Bytes> block_bytes(primitives::Height height) const;
  /// The certificate that certifies the block at `height`: that in the block after it where it
  /// lists its signers, else the one that this node saw first.
  [[nodiscard]] Found<primitives::QuorumCertificate> certificate(primitives::Height height) const;
  [[nodiscard]] Found<primitives::EvmHeader> evm_header(primitives::Height height) const;
  /// In the order of the block's transactions.
  [[nodiscard]] Found<std::vector<primitives::Receipt>> receipts(primitives::Height height) const;
  /// Calls `visit` with every record of the exchange's state after the head, ascending by key,
  /// until it returns false. The views are valid for the call alone.
  [[nodiscard]] StorageResult<void> visit_exchange(
      const std::function<bool(ByteView key, ByteView value)>& visit) const;
  /// What the block at `height` left of the exchange: ExchangeChanges::roots.
  [[nodiscard]] Found<Bytes> exchange_roots(primitives::Height height) const;
  [[nodiscard]] Found<TxnLocation> txn_location(const primitives::TxnHash& hash) const;

  /// The account after the block at `height`; inside nothing if there was none.
  /// StorageErrorKind::Pruned below `history_floor()`, Missing above the head.
  [[nodiscard]] Found<state::Account> account_at(const Address& address,
                                                 primitives::Height height) const;
  /// The slot after the block at `height`; zero where nothing was stored. Errors as account_at.
  [[nodiscard]] StorageResult<U256> storage_at(const Address& address, const Hash256& slot,
                                               primitives::Height height) const;
  /// The lowest height that has a past: account_at, storage_at and rewind answer from there on.
  [[nodiscard]] primitives::Height history_floor() const { return history_floor_; }
  /// The way back: what an Overlay on this snapshot needs to be the state after the block at
  /// `height`, trie nodes included, so that proofs can be made of it. Checked against that block's
  /// state root. Costs a trie update over everything that changed since; single values are
  /// cheaper through StateAt. Errors as account_at.
  [[nodiscard]] StorageResult<state::StateDiff> rewind(primitives::Height height) const;
  /// What changed between that block and the head. Errors as account_at.
  [[nodiscard]] StorageResult<state::Touched> touched_since(primitives::Height height) const;

  /// Calls `visit` with the heights from `first` to `last`, ascending, of blocks that may have logs
  /// that match, until it returns false: every block that has some is among them, and an exact
  /// match is up to the caller. Costs as much as the rarest of what the query asks for.
  [[nodiscard]] StorageResult<void> visit_log_heights(
      const LogQuery& query, primitives::Height first, primitives::Height last,
      const std::function<bool(primitives::Height)>& visit) const;

  // state::StateView and state::TrieNodeReader: the state after the head.
  [[nodiscard]] Result<std::optional<state::Account>, state::StateError> account(
      const Address& address) const override;
  [[nodiscard]] Result<U256, state::StateError> storage(const Address& address,
                                                        const Hash256& slot) const override;
  [[nodiscard]] Result<state::Code, state::StateError> code(
      const Hash256& code_hash) const override;
  [[nodiscard]] Result<std::optional<Bytes>, state::StateError> trie_node(
      const state::TrieNodeKey& key) const override;
  /// The sentence behind the first StateError this snapshot gave.
  [[nodiscard]] std::optional<StorageError> failure() const;

 private:
  Snapshot(const KvStore& store, const primitives::ChainDomain& domain, StateCache* cache,
           std::unique_ptr<KvSnapshot> moment);
  state::StateError record_failure(StorageError error, state::StateError as) const;
  /// Whether the state after `height` can be told.
  [[nodiscard]] StorageResult<void> check_past(primitives::Height height) const;
  /// Whether the height is on the chain, so that bytes left above a damaged head never show.
  [[nodiscard]] bool has(primitives::Height height) const;

  const KvStore& store_;
  primitives::ChainDomain domain_;
  StateCache* cache_;  // null for none
  std::unique_ptr<KvSnapshot> moment_;
  std::optional<Head> head_;
  primitives::Height history_floor_;
  mutable Mutex mutex_;
  mutable std::optional<StorageError> failure_ OL_GUARDED_BY(mutex_);
};

/// The state after an earlier block of a snapshot, which it borrows. Any thread.
class StateAt final : public state::StateView {
 public:
  /// @pre `height` is from `snapshot.history_floor()` to its head; other heights answer every
  ///      question with StateError::ReadFailed.
  StateAt(const Snapshot& snapshot, primitives::Height height)
      : snapshot_(snapshot), height_(height) {}

  [[nodiscard]] Result<std::optional<state::Account>, state::StateError> account(
      const Address& address) const override;
  [[nodiscard]] Result<U256, state::StateError> storage(const Address& address,
                                                        const Hash256& slot) const override;
  [[nodiscard]] Result<state::Code, state::StateError> code(
      const Hash256& code_hash) const override;

 private:
  const Snapshot& snapshot_;
  primitives::Height height_;
};

}  // namespace ol::storage
