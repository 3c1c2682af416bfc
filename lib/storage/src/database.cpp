#include <ol/storage/database.hpp>

#include <fcntl.h>

#include <random>

#include <ol/base/check.hpp>

#include "commit.hpp"
#include "file.hpp"
#include "kv_store.hpp"
#include "records.hpp"
#include "state_cache.hpp"
#include "verify.hpp"

namespace ol::storage {
namespace {

// The store is built beside its place and moved there whole: a directory under the final name is
// always complete, so that anything missing from it is damage and never a fresh start.
StorageResult<void> create_store(const std::filesystem::path& place, const DatabaseOptions& options,
                                 const ChainIdentity& identity) {
  std::filesystem::path temporary = place;
  temporary += ".new";
  std::error_code error;
  std::filesystem::remove_all(temporary, error);
  {
    OL_TRY(const auto store, KvStore::create(temporary, options));
    KvBatch batch;
    batch.put(Column::Meta, as_bytes(kIdentityKey), encode_identity(identity));
    OL_TRY_VOID(store->write(batch, KvStore::Durability::Device));
  }
  OL_TRY_VOID(sync_directory(temporary));
  std::filesystem::rename(temporary, place, error);
  if (error) {
    return fail(StorageError{StorageErrorKind::Io,
                             "cannot create " + place.string() + ": " + error.message()});
  }
  return sync_directory(directory_of(place));
}

StorageResult<Descriptor> lock_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return fail(StorageError{StorageErrorKind::Io, "cannot create the directory " + path.string() +
                                                       ": " + error.message()});
  }
  const std::filesystem::path file = path / "lock";
  Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail(errno_error("open", file));
  OL_TRY_VOID(lock_exclusively(fd.get(), file));
  return fd;
}

// Strangers choose addresses and slots; nobody may know which share a place in the cache.
std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

struct Database::Impl {
  DatabaseOptions options;
  ChainIdentity identity;
  Descriptor lock;
  std::unique_ptr<KvStore> store;
  std::unique_ptr<StateCache> cache;
  std::optional<ManifestWatch> manifest;  // of the committing thread
  mutable Mutex mutex;
  Standing standing OL_GUARDED_BY(mutex);

  Standing read_standing() const {
    const MutexLock hold(mutex);
    return standing;
  }
  void set_standing(const Standing& now) {
    const MutexLock hold(mutex);
    standing = now;
  }
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() = default;

StorageResult<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options,
                                                        const ChainIdentity& identity) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->identity = identity;
  OL_TRY(impl->lock, lock_directory(options.path));
  const std::filesystem::path place = options.path / kStoreName;
  std::error_code error;
  const bool exists = std::filesystem::exists(place, error);
  if (error) {
    return fail(StorageError{StorageErrorKind::Io,
                             "cannot read " + place.string() + ": " + error.message()});
  }
  if (!exists) OL_TRY_VOID(create_store(place, options, identity));
  {
    OL_TRY(const auto inspected, KvStore::open(place, options, KvStore::Access::Inspect));
    OL_TRY_VOID(check_identity(*inspected, place, identity));
    if (options.verify_all) OL_TRY_VOID(inspected->verify_checksums());
    OL_TRY(const auto checked, checked_snapshot(*inspected, place, identity));
  }
  OL_TRY(impl->store, KvStore::open(place, options, KvStore::Access::ReadWrite));
  impl->manifest.emplace(place);
  // Once more on what will be used: opening for writing may stop earlier in the log.
  OL_TRY(const auto snapshot, checked_snapshot(*impl->store, place, identity));
  impl->set_standing({snapshot->head(), snapshot->history_floor()});
  impl->cache = std::make_unique<StateCache>(options.state_cache_bytes, random_seed());
  if (snapshot->head()) impl->cache->reset(snapshot->head()->height);
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

std::optional<Head> Database::head() const {
  return impl_->read_standing().head;
}

StorageResult<void> Database::commit(std::span<const CommittedBlock> blocks) {
  if (blocks.empty()) return {};
  CommitBuilder builder(*impl_->store, *impl_->manifest, impl_->identity, impl_->read_standing(),
                        impl_->options.history_window);
  OL_TRY_VOID(builder.add(blocks));
  OL_TRY_VOID(impl_->store->write(builder.batch(), impl_->options.sync_commits
                                                       ? KvStore::Durability::Device
                                                       : KvStore::Durability::Process));
  std::vector<const state::StateDiff*> diffs;
  for (const CommittedBlock& block : blocks)
    diffs.push_back(&block.diff);
  impl_->cache->follow(builder.after().head->height, diffs);
  impl_->set_standing(builder.after());
  return {};
}

StorageResult<std::unique_ptr<Snapshot>> Database::snapshot() const {
  return Snapshot::take(*impl_->store, impl_->identity.domain, impl_->cache.get());
}

StorageResult<void> Database::sync() {
  return impl_->store->sync();
}

StorageResult<void> Database::verify_checksums() const {
  return impl_->store->verify_checksums();
}

DatabaseStats Database::stats() const {
  return impl_->store->stats();
}

}  // namespace ol::storage
