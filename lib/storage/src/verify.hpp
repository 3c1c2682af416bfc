#pragma once

#include <filesystem>

#include <ol/storage/database.hpp>

#include "kv_store.hpp"

namespace ol::storage {

/// Whether the store belongs to the chain and its format is known: WrongFormat, WrongGenesis, or
/// Corrupted when it does not say.
[[nodiscard]] StorageResult<void> check_identity(const KvStore& store,
                                                 const std::filesystem::path& path,
                                                 const ChainIdentity& identity);
/// Whether the list of the store's files still holds what it did when the head was committed.
[[nodiscard]] StorageResult<void> check_manifest(const KvStore& store,
                                                 const std::filesystem::path& path);
/// Whether every column took part in the batch that wrote the head.
[[nodiscard]] StorageResult<void> check_watermarks(const KvStore& store,
                                                   const std::filesystem::path& path,
                                                   const std::optional<Head>& head);
/// Whether everything at the head is there and fits together, down to the root of the state.
[[nodiscard]] StorageResult<void> check_head(const Snapshot& snapshot,
                                             const std::filesystem::path& path,
                                             const ChainIdentity& identity);

/// The newest moment of the store, after all of these checks but the first.
[[nodiscard]] StorageResult<std::unique_ptr<Snapshot>> checked_snapshot(
    const KvStore& store, const std::filesystem::path& path, const ChainIdentity& identity);

}  // namespace ol::storage
