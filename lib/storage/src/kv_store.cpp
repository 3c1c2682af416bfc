#include "kv_store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>
#include <rocksdb/write_batch.h>

#include <vector>

#include <ol/base/check.hpp>

#include "kv_options.hpp"

namespace ol::storage {
namespace {

rocksdb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes bytes_of(const rocksdb::Slice& slice) {
  return to_bytes(as_bytes({slice.data(), slice.size()}));
}

std::size_t index_of(Column column) {
  return static_cast<std::size_t>(column);
}

// Whether a failed open means that something that must be there is not, or is not itself: the
// directory was complete when `create` renamed it into place.
bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
         status.IsInvalidArgument() || status.IsNotSupported();
}

StorageError damaged(const std::filesystem::path& path, const rocksdb::Status& status) {
  return {StorageErrorKind::Corrupted,
          "the database " + path.string() + " is damaged (" + status.ToString() +
              "): restore it from a backup, or move this directory away and keep the safety "
              "record beside it; the node then fetches the chain from its peers"};
}

StorageError refused(const std::filesystem::path& path, const rocksdb::Status& status) {
  return {StorageErrorKind::Io, "the database " + path.string() + " cannot be used (" +
                                    status.ToString() +
                                    "): check free space, permissions and the device"};
}

StorageError error_of(const std::filesystem::path& path, const rocksdb::Status& status) {
  return status.IsCorruption() ? damaged(path, status) : refused(path, status);
}

class RocksSnapshot final : public KvSnapshot {
 public:
  explicit RocksSnapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  ~RocksSnapshot() override { db_.ReleaseSnapshot(snapshot_); }

  [[nodiscard]] const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
};

rocksdb::ReadOptions read_options(const KvSnapshot* at) {
  rocksdb::ReadOptions out;
  out.verify_checksums = true;
  if (at != nullptr) out.snapshot = static_cast<const RocksSnapshot*>(at)->get();
  return out;
}

class RocksCursor final : public KvCursor {
 public:
  RocksCursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* column, Bytes end,
              rocksdb::ReadOptions options, const std::filesystem::path& path)
      : end_(std::move(end)), bound_(slice(end_)), path_(path) {
    options.iterate_upper_bound = &bound_;
    iterator_.reset(db.NewIterator(options, column));
  }
  // The iterator points at the bound.
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;
  ~RocksCursor() override = default;

  void seek(ByteView key) override { iterator_->Seek(slice(key)); }
  void next() override { iterator_->Next(); }
  [[nodiscard]] std::optional<ByteView> key() const override {
    if (!iterator_->Valid()) return std::nullopt;
    return as_bytes({iterator_->key().data(), iterator_->key().size()});
  }
  [[nodiscard]] StorageResult<void> status() const override {
    if (iterator_->status().ok()) return {};
    return fail(error_of(path_, iterator_->status()));
  }

 private:
  Bytes end_;
  rocksdb::Slice bound_;
  const std::filesystem::path& path_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

// Batches name columns by number and are bound to handles only when written, so that one can be
// filled before the store is known.
struct KvBatch::Impl {
  enum class Kind : std::uint8_t { Put, Erase, EraseRange };
  struct Change {
    Column column;
    Kind kind;
    Bytes key;
    Bytes value;  // for EraseRange: the end
  };
  std::vector<Change> changes;
  std::size_t size_bytes = 0;

  void add(Column column, Kind kind, ByteView key, ByteView value) {
    changes.push_back({column, kind, to_bytes(key), to_bytes(value)});
    size_bytes += key.size() + value.size();
  }
};

KvBatch::KvBatch() : impl_(std::make_unique<Impl>()) {}
KvBatch::~KvBatch() = default;

void KvBatch::put(Column column, ByteView key, ByteView value) {
  impl_->add(column, Impl::Kind::Put, key, value);
}

void KvBatch::erase(Column column, ByteView key) {
  impl_->add(column, Impl::Kind::Erase, key, {});
}

void KvBatch::erase_range(Column column, ByteView begin, ByteView end) {
  impl_->add(column, Impl::Kind::EraseRange, begin, end);
}

std::size_t KvBatch::size_bytes() const {
  return impl_->size_bytes;
}

struct KvStore::Impl {
  std::filesystem::path path;
  Access access = Access::Inspect;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::Statistics> statistics;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;

  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle(Column column) const {
    return handles[index_of(column)];
  }
};

KvStore::KvStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KvStore::~KvStore() {
  if (!impl_->db) return;
  // A clean stop loses nothing even if the power goes right after. If it fails, the batches are
  // no worse off than after a crash.
  if (impl_->access == Access::ReadWrite) impl_->db->SyncWAL().PermitUncheckedError();
  for (auto* handle : impl_->handles)
    impl_->db->DestroyColumnFamilyHandle(handle);
  impl_->db->Close().PermitUncheckedError();
}

StorageResult<std::unique_ptr<KvStore>> KvStore::create(const std::filesystem::path& path,
                                                        const DatabaseOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->access = Access::ReadWrite;
  impl->cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  rocksdb::DBOptions db_options = make_db_options(options, Access::ReadWrite);
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  db_options.error_if_exists = true;
  impl->statistics = db_options.statistics;
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(db_options, path.string(), make_columns(impl->cache), &impl->handles, &db);
  impl->db.reset(db);
  if (!status.ok()) return fail(refused(path, status));
  return std::unique_ptr<KvStore>(new KvStore(std::move(impl)));
}

StorageResult<std::unique_ptr<KvStore>> KvStore::open(const std::filesystem::path& path,
                                                      const DatabaseOptions& options,
                                                      Access access) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->access = access;
  impl->cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  const rocksdb::DBOptions db_options = make_db_options(options, access);
  impl->statistics = db_options.statistics;
  rocksdb::DB* db = nullptr;
  const auto columns = make_columns(impl->cache);
  const auto status =
      access == Access::Inspect
          ? rocksdb::DB::OpenForReadOnly(db_options, path.string(), columns, &impl->handles, &db)
          : rocksdb::DB::Open(db_options, path.string(), columns, &impl->handles, &db);
  impl->db.reset(db);
  if (is_damage(status)) return fail(damaged(path, status));
  if (!status.ok()) return fail(refused(path, status));
  return std::unique_ptr<KvStore>(new KvStore(std::move(impl)));
}

StorageResult<std::optional<Bytes>> KvStore::get(Column column, ByteView key,
                                                 const KvSnapshot* at) const {
  rocksdb::PinnableSlice value;
  const auto status = impl_->db->Get(read_options(at), impl_->handle(column), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return fail(error_of(impl_->path, status));
  return bytes_of(value);
}

StorageResult<std::optional<KvStore::Pair>> KvStore::seek(Column column, ByteView key,
                                                          const KvSnapshot* at) const {
  const std::unique_ptr<rocksdb::Iterator> it(
      impl_->db->NewIterator(read_options(at), impl_->handle(column)));
  it->Seek(slice(key));
  if (!it->status().ok()) return fail(error_of(impl_->path, it->status()));
  if (!it->Valid()) return std::nullopt;
  return Pair{bytes_of(it->key()), bytes_of(it->value())};
}

StorageResult<void> KvStore::scan(Column column, ByteView begin, ByteView end, const KvSnapshot* at,
                                  const Visit& visit) const {
  const rocksdb::Slice bound = slice(end);
  rocksdb::ReadOptions options = read_options(at);
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> it(
      impl_->db->NewIterator(options, impl_->handle(column)));
  for (it->Seek(slice(begin)); it->Valid(); it->Next()) {
    const auto key = as_bytes({it->key().data(), it->key().size()});
    if (!visit(key, as_bytes({it->value().data(), it->value().size()}))) break;
  }
  if (!it->status().ok()) return fail(error_of(impl_->path, it->status()));
  return {};
}

std::unique_ptr<KvCursor> KvStore::cursor(Column column, Bytes end, const KvSnapshot* at) const {
  return std::make_unique<RocksCursor>(*impl_->db, impl_->handle(column), std::move(end),
                                       read_options(at), impl_->path);
}

std::unique_ptr<KvSnapshot> KvStore::snapshot() const {
  return std::make_unique<RocksSnapshot>(*impl_->db);
}

namespace {

template <typename Change>
rocksdb::Status append(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* handle,
                       const Change& change) {
  using Kind = std::remove_cvref_t<decltype(change.kind)>;
  switch (change.kind) {
    case Kind::Put:
      return out.Put(handle, slice(change.key), slice(change.value));
    case Kind::Erase:
      return out.Delete(handle, slice(change.key));
    case Kind::EraseRange:
      return out.DeleteRange(handle, slice(change.key), slice(change.value));
  }
  OL_CHECK(false, "every kind of change is listed");
}

}  // namespace

StorageResult<void> KvStore::write(KvBatch& batch, Durability durability) {
  OL_CHECK(impl_->access == Access::ReadWrite, "an inspected store is not written");
  rocksdb::WriteBatch out(batch.size_bytes() + 32 * batch.impl_->changes.size());
  for (const auto& change : batch.impl_->changes) {
    const auto status = append(out, impl_->handle(change.column), change);
    if (!status.ok()) return fail(refused(impl_->path, status));
  }
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Device;
  const auto status = impl_->db->Write(options, &out);
  if (!status.ok()) return fail(error_of(impl_->path, status));
  return {};
}

StorageResult<void> KvStore::sync() {
  const auto status = impl_->db->SyncWAL();
  if (!status.ok()) return fail(error_of(impl_->path, status));
  return {};
}

StorageResult<void> KvStore::verify_checksums() const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto status = impl_->db->VerifyChecksum(options);
  if (!status.ok()) return fail(error_of(impl_->path, status));
  return {};
}

const std::filesystem::path& KvStore::path() const {
  return impl_->path;
}

DatabaseStats KvStore::stats() const {
  const auto property = [&](const std::string& name) {
    std::uint64_t value = 0;
    return impl_->db->GetAggregatedIntProperty(name, &value) ? value : 0;
  };
  const auto ticker = [&](std::uint32_t kind) { return impl_->statistics->getTickerCount(kind); };
  DatabaseStats out;
  out.table_bytes = property(rocksdb::DB::Properties::kTotalSstFilesSize);
  out.write_buffer_bytes = property(rocksdb::DB::Properties::kCurSizeAllMemTables);
  out.compaction_pending_bytes = property(rocksdb::DB::Properties::kEstimatePendingCompactionBytes);
  out.block_cache_bytes = impl_->cache->GetUsage();
  out.block_cache_hits = ticker(rocksdb::BLOCK_CACHE_HIT);
  out.block_cache_misses = ticker(rocksdb::BLOCK_CACHE_MISS);
  out.written_bytes = ticker(rocksdb::BYTES_WRITTEN);
  out.log_bytes = ticker(rocksdb::WAL_FILE_BYTES);
  out.log_syncs = ticker(rocksdb::WAL_FILE_SYNCED);
  out.write_stall_us = ticker(rocksdb::STALL_MICROS);
  return out;
}

}  // namespace ol::storage
