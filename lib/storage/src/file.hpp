#pragma once

#include <filesystem>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/descriptor.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

/// "cannot <action> <path>: <what errno says>". Reads errno; no other call may come between.
[[nodiscard]] StorageError errno_error(std::string_view action, const std::filesystem::path& path);
/// Writes all of `bytes` at `offset`, going on after short writes.
[[nodiscard]] StorageResult<void> write_all_at(int fd, std::size_t offset, ByteView bytes,
                                               const std::filesystem::path& path);
/// Exactly `size` bytes at `offset`.
[[nodiscard]] StorageResult<Bytes> read_exact_at(int fd, std::size_t offset, std::size_t size,
                                                 const std::filesystem::path& path);
/// Makes the names in `directory` durable.
[[nodiscard]] StorageResult<void> sync_directory(const std::filesystem::path& directory);
/// The directory `path` lies in; "." for a bare name.
[[nodiscard]] std::filesystem::path directory_of(const std::filesystem::path& path);
/// Takes an exclusive lock that ends with the descriptor, or says that another process has it.
[[nodiscard]] StorageResult<void> lock_exclusively(int fd, const std::filesystem::path& path);

}  // namespace ol::storage
