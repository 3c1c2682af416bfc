#include <ol/storage/reader.hpp>

#include "kv_store.hpp"
#include "records.hpp"
#include "verify.hpp"

namespace ol::storage {
namespace {

// A node that writes meanwhile takes files away that a reader has just read the names of. It does
// so every few seconds at most, so that a few attempts meet a quiet moment.
constexpr int kAttempts = 8;

bool may_pass(StorageErrorKind kind) {
  return kind == StorageErrorKind::Io || kind == StorageErrorKind::Corrupted;
}

struct Opened {
  std::unique_ptr<KvStore> store;
  std::unique_ptr<Snapshot> snapshot;
};

StorageResult<Opened> try_open(const std::filesystem::path& place, const DatabaseOptions& options,
                               const ChainIdentity& identity) {
  Opened out;
  OL_TRY(out.store, KvStore::open(place, options, KvStore::Access::Inspect));
  OL_TRY_VOID(check_identity(*out.store, place, identity));
  if (options.verify_all) OL_TRY_VOID(out.store->verify_checksums());
  OL_TRY(out.snapshot, checked_snapshot(*out.store, place, identity));
  return out;
}

}  // namespace

DatabaseReader::DatabaseReader(std::unique_ptr<KvStore> store, std::unique_ptr<Snapshot> snapshot)
    : store_(std::move(store)), snapshot_(std::move(snapshot)) {}

DatabaseReader::~DatabaseReader() = default;

StorageResult<std::unique_ptr<DatabaseReader>> DatabaseReader::open(const DatabaseOptions& options,
                                                                    const ChainIdentity& identity) {
  const std::filesystem::path place = options.path / kStoreName;
  std::error_code error;
  if (!std::filesystem::exists(place, error)) {
    return fail(StorageError{StorageErrorKind::Missing,
                             "there is no database in " + options.path.string() +
                                 ": name the home directory of a node that has run"});
  }
  // Open from the beginning, so that files which the writer deletes later can still be read.
  DatabaseOptions every_file = options;
  every_file.open_files_max = -1;
  auto opened = try_open(place, every_file, identity);
  for (int attempt = 1; attempt < kAttempts && !opened && may_pass(opened.error().kind); ++attempt)
    opened = try_open(place, every_file, identity);
  if (!opened) return fail(std::move(opened).error());
  return std::unique_ptr<DatabaseReader>(
      new DatabaseReader(std::move(opened->store), std::move(opened->snapshot)));
}

}  // namespace ol::storage
