#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/storage/error.hpp>
#include <ol/storage/options.hpp>

namespace ol::storage {

/// The column families, one per kind of data. Formats: docs/protocol/storage.md.
enum class Column : std::uint8_t {
  Meta,
  Headers,
  Blocks,
  HeightByHash,
  HeightByEvmHash,
  Certificates,
  Receipts,
  Txns,
  EvmHeaders,
  Accounts,
  Slots,
  Codes,
  TrieNodes,
  History,
  HistoryIndex,
  SlotHistory,
  SlotHistoryIndex,
  LogIndex,
  Exchange,
  ExchangeRoots,
};
inline constexpr std::size_t kColumns = 20;

/// Changes that become visible and survive a crash together or not at all.
class KvBatch {
 public:
  KvBatch();
  KvBatch(const KvBatch&) = delete;
  KvBatch& operator=(const KvBatch&) = delete;
  ~KvBatch();

  void put(Column column, ByteView key, ByteView value);
  void erase(Column column, ByteView key);
  /// Erases every key from `begin` up to but not including `end`, those put earlier in this batch
  /// too.
  void erase_range(Column column, ByteView begin, ByteView end);
  [[nodiscard]] std::size_t size_bytes() const;

 private:
  friend class KvStore;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One moment of the store. Must go before its store.
class KvSnapshot {
 public:
  virtual ~KvSnapshot() = default;
};

/// Steps through the keys of one column in order. Must go before its store and its snapshot.
class KvCursor {
 public:
  virtual ~KvCursor() = default;
  /// Goes to the first key not below `key`.
  virtual void seek(ByteView key) = 0;
  /// Goes to the next key. @pre It stands at one.
  virtual void next() = 0;
  /// The key it stands at, valid until it moves; nothing behind the last.
  [[nodiscard]] virtual std::optional<ByteView> key() const = 0;
  /// What went wrong, where it stands at no key.
  [[nodiscard]] virtual StorageResult<void> status() const = 0;
};

/// Ordered keys in column families with atomic batches: the one place that knows RocksDB. Reads
/// may come from any thread, writes from one at a time.
class KvStore {
 public:
  using Pair = std::pair<Bytes, Bytes>;
  enum class Access : std::uint8_t {
    /// Writes nothing at all, and refuses damage in the log that is not a cut-off tail.
    Inspect,
    /// Replays the log up to the last whole batch.
    ReadWrite,
  };
  enum class Durability : std::uint8_t { Process, Device };

  /// Makes an empty store in a directory that does not exist yet.
  [[nodiscard]] static StorageResult<std::unique_ptr<KvStore>> create(
      const std::filesystem::path& path, const DatabaseOptions& options);
  /// Opens a store that exists; `path` must be one that `create` made.
  [[nodiscard]] static StorageResult<std::unique_ptr<KvStore>> open(
      const std::filesystem::path& path, const DatabaseOptions& options, Access access);
  KvStore(const KvStore&) = delete;
  KvStore& operator=(const KvStore&) = delete;
  /// Makes the log durable, then closes.
  ~KvStore();

  [[nodiscard]] StorageResult<std::optional<Bytes>> get(Column column, ByteView key,
                                                        const KvSnapshot* at) const;
  /// The first pair whose key is not below `key`.
  [[nodiscard]] StorageResult<std::optional<Pair>> seek(Column column, ByteView key,
                                                        const KvSnapshot* at) const;
  /// Calls `visit` with every pair from `begin` up to but not including `end`, in order, until it
  /// returns false. Both are valid for the call alone.
  using Visit = std::function<bool(ByteView key, ByteView value)>;
  [[nodiscard]] StorageResult<void> scan(Column column, ByteView begin, ByteView end,
                                         const KvSnapshot* at, const Visit& visit) const;
  /// A cursor over the keys below `end`. It stands nowhere until it seeks.
  [[nodiscard]] std::unique_ptr<KvCursor> cursor(Column column, Bytes end,
                                                 const KvSnapshot* at) const;
  [[nodiscard]] std::unique_ptr<KvSnapshot> snapshot() const;
  [[nodiscard]] StorageResult<void> write(KvBatch& batch, Durability durability);
  /// Makes every batch written so far survive a power cut.
  [[nodiscard]] StorageResult<void> sync();
  /// Reads every file in full against its checksums.
  [[nodiscard]] StorageResult<void> verify_checksums() const;
  [[nodiscard]] DatabaseStats stats() const;
  [[nodiscard]] const std::filesystem::path& path() const;

 private:
  struct Impl;
  explicit KvStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::storage
