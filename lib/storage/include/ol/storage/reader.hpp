#pragma once

#include <memory>

#include <ol/storage/database.hpp>
#include <ol/storage/snapshot.hpp>

namespace ol::storage {

class KvStore;

/// A database that this process only reads, as it stood when it was opened. A node may be running
/// on it and goes on writing: nothing of that shows, and nothing in the directory is changed or
/// locked. What is newer than the node's last table files is read into memory, at most
/// DatabaseOptions::log_bytes_max; every table file stays open. Any thread.
class DatabaseReader {
 public:
  /// StorageErrorKind::Missing if there is no database; else as Database::open, without Locked.
  [[nodiscard]] static StorageResult<std::unique_ptr<DatabaseReader>> open(
      const DatabaseOptions& options, const ChainIdentity& identity);
  DatabaseReader(const DatabaseReader&) = delete;
  DatabaseReader& operator=(const DatabaseReader&) = delete;
  ~DatabaseReader();

  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }

 private:
  DatabaseReader(std::unique_ptr<KvStore> store, std::unique_ptr<Snapshot> snapshot);
  std::unique_ptr<KvStore> store_;
  std::unique_ptr<Snapshot> snapshot_;
};

}  // namespace ol::storage
