#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

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
