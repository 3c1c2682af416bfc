#pragma once

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include <ol/storage/database.hpp>

#include "chain_maker.hpp"
#include "temp_directory.hpp"

namespace ol::storage {

/// The child of the database's head whose content follows from its height alone: it sets the
/// accounts of `touched_accounts(height)` to test_account(height).
[[nodiscard]] MadeBlock make_next(const Database& database, std::size_t txns = 3,
                                  std::size_t txn_bytes = 40);
[[nodiscard]] std::vector<Address> touched_accounts(primitives::Height height);

/// Opens or fails the test.
[[nodiscard]] std::unique_ptr<Database> open_database(const DatabaseOptions& options);
[[nodiscard]] StorageErrorKind open_error(const DatabaseOptions& options,
                                          const ChainIdentity& identity = test_identity());
/// Commits `count` blocks made by make_next, one by one.
void commit_blocks(Database& database, std::size_t count, std::size_t txns = 3,
                   std::size_t txn_bytes = 40);

/// Walks a chain of make_next blocks from genesis to the head: links, indexes, certificates,
/// receipts, and the state against what the heights say, through the trie and flat.
void expect_whole_chain(const Database& database);

/// Every file under `path` with its bytes.
[[nodiscard]] std::map<std::string, Bytes> directory_contents(const std::filesystem::path& path);
[[nodiscard]] Bytes file_bytes(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, ByteView bytes);
/// The files directly in the database's store directory whose name starts or ends so.
[[nodiscard]] std::vector<std::filesystem::path> store_files(const std::filesystem::path& path,
                                                             std::string_view prefix,
                                                             std::string_view suffix);

}  // namespace ol::storage
