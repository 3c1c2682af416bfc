#pragma once

#include <rocksdb/db.h>

#include <vector>

#include <ol/storage/options.hpp>

#include "kv_store.hpp"

namespace ol::storage {

/// The column's name on disk.
[[nodiscard]] const char* column_name(Column column);
[[nodiscard]] rocksdb::DBOptions make_db_options(const DatabaseOptions& options,
                                                 KvStore::Access access);
/// One descriptor per column, in the order of `Column`, sharing `cache`.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> make_columns(
    const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace ol::storage
