#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/state/diff.hpp>
#include <ol/storage/error.hpp>
#include <ol/storage/options.hpp>
#include <ol/storage/snapshot.hpp>

namespace ol::storage {

class KvBatch;

/// What a database belongs to; checked before anything in it is touched.
struct ChainIdentity {
  primitives::ChainDomain domain;
  Hash256 genesis_hash;
};

/// What a block left behind of the exchange, as storage sees it. Borrows its bytes for the call.
struct ExchangeChanges {
  /// What the block's child commits to; kept by height.
  Bytes roots;
  /// Records to put, or to delete where there is no value. Keys are not empty.
  std::vector<std::pair<ByteView, std::optional<ByteView>>> records;
};

/// One final block with all that executing it left. Borrows everything for the call.
struct CommittedBlock {
  const primitives::Block& block;
  /// The certificate of this very block, for peers that fetch it.
  const primitives::QuorumCertificate& certificate;
  const primitives::EvmHeader& evm_header;
  /// One per transaction: the payload's items before those of the exchange.
  std::span<const primitives::Receipt> receipts;
  /// From the state after the parent to the state after this block, `trie` filled.
  const state::StateDiff& diff;
  /// Null on a chain without an exchange.
  const ExchangeChanges* exchange = nullptr;
};

/// The chain and its state on disk. Formats: docs/protocol/storage.md.
///
/// `commit` and `sync` belong to one thread; everything else may be called from any.
///
/// Invariants, checked when it opens and by `commit`:
///  1. The heights from 0 to the head are all there, each block the child of the one below.
///  2. A block, its certificate, receipts, indexes, Ethereum header and state are written together
///     or not at all.
///  3. The root node of the account trie hashes to the head's state root.
class Database {
 public:
  /// Opens the database, or makes an empty one in a directory that has none. Takes an exclusive
  /// lock on the directory. Everything is inspected before the first byte is written, so every
  /// error leaves the directory as it was: Locked, WrongGenesis, WrongFormat, Corrupted, Io.
  [[nodiscard]] static StorageResult<std::unique_ptr<Database>> open(const DatabaseOptions& options,
                                                                     const ChainIdentity& identity);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Nothing before genesis is committed.
  [[nodiscard]] std::optional<Head> head() const;
  /// Writes `blocks` in one atomic batch. The first is the child of the head (genesis, height 0,
  /// when there is none), each other one the child of the one before. Once it has returned, the
  /// death of the process loses nothing; for power cuts see DatabaseOptions::sync_commits.
  /// StorageErrorKind::NotConsecutive or Mismatch, with nothing written, if the blocks do not
  /// follow the head or the parts of one do not belong together; Io or Corrupted if the disk
  /// failed, after which the node must stop.
  [[nodiscard]] StorageResult<void> commit(std::span<const CommittedBlock> blocks);
  [[nodiscard]] StorageResult<void> commit(const CommittedBlock& block) {
    return commit(std::span(&block, 1));
  }
  /// The chain and state as of the last commit. Cheap: no data is copied.
  [[nodiscard]] StorageResult<std::unique_ptr<Snapshot>> snapshot() const;
  /// Makes every commit so far survive a power cut.
  [[nodiscard]] StorageResult<void> sync();
  /// Reads every file in full against its checksums.
  [[nodiscard]] StorageResult<void> verify_checksums() const;
  [[nodiscard]] DatabaseStats stats() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::storage
