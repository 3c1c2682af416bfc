#include "kv_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>

#include <ol/base/check.hpp>

namespace ol::storage {
namespace {

// Inspecting must leave the directory as it is, the log for humans included.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Hashes and keys do not compress; blocks, receipts and headers do.
bool compresses(Column column) {
  switch (column) {
    case Column::Headers:
    case Column::Blocks:
    case Column::Receipts:
    case Column::EvmHeaders:
    case Column::Codes:
    case Column::Certificates:
      return true;
    case Column::Meta:
    case Column::HeightByHash:
    case Column::HeightByEvmHash:
    case Column::Txns:
    case Column::Accounts:
    case Column::Slots:
    case Column::TrieNodes:
    case Column::History:
    case Column::HistoryIndex:
    case Column::SlotHistory:
    case Column::SlotHistoryIndex:
    case Column::LogIndex:
    case Column::Exchange:
    case Column::ExchangeRoots:
      return false;
  }
  OL_CHECK(false, "every column is listed");
}

}  // namespace

const char* column_name(Column column) {
  switch (column) {
    case Column::Meta:
      return "default";
    case Column::Headers:
      return "headers";
    case Column::Blocks:
      return "blocks";
    case Column::HeightByHash:
      return "height_by_hash";
    case Column::HeightByEvmHash:
      return "height_by_evm_hash";
    case Column::Certificates:
      return "certificates";
    case Column::Receipts:
      return "receipts";
    case Column::Txns:
      return "txns";
    case Column::EvmHeaders:
      return "evm_headers";
    case Column::Accounts:
      return "accounts";
    case Column::Slots:
      return "slots";
    case Column::Codes:
      return "codes";
    case Column::TrieNodes:
      return "trie_nodes";
    case Column::History:
      return "history";
    case Column::HistoryIndex:
      return "history_index";
    case Column::SlotHistory:
      return "slot_history";
    case Column::SlotHistoryIndex:
      return "slot_history_index";
    case Column::LogIndex:
      return "log_index";
    case Column::Exchange:
      return "exchange";
    case Column::ExchangeRoots:
      return "exchange_roots";
  }
  OL_CHECK(false, "every column is named");
}

rocksdb::DBOptions make_db_options(const DatabaseOptions& options, KvStore::Access access) {
  rocksdb::DBOptions out;
  out.paranoid_checks = true;
  out.create_if_missing = false;
  out.max_open_files = options.open_files_max;
  out.db_write_buffer_size = options.write_buffer_bytes;
  out.max_total_wal_size = options.log_bytes_max;
  out.max_manifest_file_size = 64 * 1024 * 1024;
  out.max_background_jobs = 2;
  out.bytes_per_sync = 1024 * 1024;
  out.info_log_level = rocksdb::WARN_LEVEL;
  out.max_log_file_size = 8 * 1024 * 1024;
  out.keep_log_file_num = 4;
  out.stats_dump_period_sec = 0;
  out.statistics = rocksdb::CreateDBStatistics();
  out.statistics->set_stats_level(rocksdb::StatsLevel::kExceptDetailedTimers);
  // Damage inside the log is found while inspecting and reported; opening for writing must also
  // stop at a gap between two logs, which only this mode does.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  if (access == KvStore::Access::Inspect) {
    out.info_log = std::make_shared<SilentLogger>();
    if (!options.repair_log) {
      out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    }
  }
  return out;
}

std::vector<rocksdb::ColumnFamilyDescriptor> make_columns(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    family.compression = compresses(column) ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    family.level_compaction_dynamic_level_bytes = true;
    family.force_consistency_checks = true;
    columns.emplace_back(column_name(column), family);
  }
  return columns;
}

}  // namespace ol::storage
