#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace ol::storage {

/// How a database is kept. Memory in use stays near the caches and write_buffer_bytes together.
struct DatabaseOptions {
  /// The directory; created if it does not exist.
  std::filesystem::path path;
  /// Cache for blocks of table files, index and filter blocks included.
  std::size_t block_cache_bytes = 256 * 1024 * 1024;
  /// Accounts and slots of the head kept decoded in memory, beside at most 24 MiB of code.
  std::size_t state_cache_bytes = 32 * 1024 * 1024;
  /// Changes gathered in memory, over all column families, before they become a table file.
  std::size_t write_buffer_bytes = 64 * 1024 * 1024;
  /// The write-ahead log is cut once it is this long; also bounds replay at start-up.
  std::size_t log_bytes_max = 128 * 1024 * 1024;
  int open_files_max = 512;
  /// Wait for the device on each commit. Without it a power cut may lose the newest blocks, which
  /// the node then fetches from its peers; the death of the process alone never loses any.
  bool sync_commits = false;
  /// Number of heights below the head whose account values are kept; nothing: all of them.
  std::optional<std::uint64_t> history_window;
  /// Drop everything behind the first damaged record of the write-ahead log instead of refusing to
  /// open. What is dropped are whole blocks at the end of the chain; peers have them.
  bool repair_log = false;
  /// Read every file against its checksums on opening. Takes as long as reading the directory.
  bool verify_all = false;
};

/// Figures for metrics; bytes and counts since opening.
struct DatabaseStats {
  std::uint64_t table_bytes = 0;
  std::uint64_t write_buffer_bytes = 0;
  std::uint64_t block_cache_bytes = 0;
  std::uint64_t block_cache_hits = 0;
  std::uint64_t block_cache_misses = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t log_syncs = 0;
  std::uint64_t compaction_pending_bytes = 0;
  std::uint64_t write_stall_us = 0;
};

}  // namespace ol::storage
