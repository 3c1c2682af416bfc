#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/state/state_view.hpp>
#include <ol/state/trie.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

class KvStore;
class KvSnapshot;

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
      const KvStore& store, const primitives::ChainDomain& domain);
  ~Snapshot() override;

  /// Nothing before genesis is committed.
  [[nodiscard]] const std::optional<Head>& head() const { return head_; }

  [[nodiscard]] Found<primitives::Height> height_of(const primitives::BlockHash& hash) const;
  [[nodiscard]] Found<primitives::Height> height_of(const primitives::EvmHash& hash) const;
  [[nodiscard]] Found<primitives::Header> header(primitives::Height height) const;
  [[nodiscard]] Found<primitives::Block> block(primitives::Height height) const;
  /// The encoding of the block, to be sent on as it is.
  [[nodiscard]] Found<Bytes> block_bytes(primitives::Height height) const;
  /// The certificate that certifies the block at `height`.
  [[nodiscard]] Found<primitives::QuorumCertificate> certificate(primitives::Height height) const;
  [[nodiscard]] Found<primitives::EvmHeader> evm_header(primitives::Height height) const;
  /// In the order of the block's transactions.
  [[nodiscard]] Found<std::vector<primitives::Receipt>> receipts(primitives::Height height) const;
  [[nodiscard]] Found<TxnLocation> txn_location(const primitives::TxnHash& hash) const;

  /// The account after the block at `height`; inside nothing if there was none.
  /// StorageErrorKind::Pruned below `history_floor()`, Missing above the head. Only accounts have
  /// a history: storage slots and trie nodes exist for the head alone.
  [[nodiscard]] Found<state::Account> account_at(const Address& address,
                                                 primitives::Height height) const;
  /// The lowest height that account_at answers for.
  [[nodiscard]] primitives::Height history_floor() const { return history_floor_; }

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
  Snapshot(const KvStore& store, const primitives::ChainDomain& domain,
           std::unique_ptr<KvSnapshot> moment);
  state::StateError record_failure(StorageError error, state::StateError as) const;
  /// Whether the height is on the chain, so that bytes left above a damaged head never show.
  [[nodiscard]] bool has(primitives::Height height) const;

  const KvStore& store_;
  primitives::ChainDomain domain_;
  std::unique_ptr<KvSnapshot> moment_;
  std::optional<Head> head_;
  primitives::Height history_floor_;
  mutable Mutex mutex_;
  mutable std::optional<StorageError> failure_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::storage
