#include "file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ol::storage {

StorageError errno_error(std::string_view action, const std::filesystem::path& path) {
  const int code = errno;
  const auto kind = code == ENOENT   ? StorageErrorKind::Missing
                    : code == EEXIST ? StorageErrorKind::Exists
                                     : StorageErrorKind::Io;
  return {kind, "cannot " + std::string(action) + " " + path.string() + ": " +
                    std::generic_category().message(code)};
}

StorageResult<void> write_all_at(int fd, std::size_t offset, ByteView bytes,
                                 const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno_error("write", path));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::size_t>(n);
  }
  return {};
}

StorageResult<Bytes> read_exact_at(int fd, std::size_t offset, std::size_t size,
                                   const std::filesystem::path& path) {
  Bytes out(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n =
        ::pread(fd, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno_error("read", path));
    if (n == 0) {
      return fail(StorageError{StorageErrorKind::Corrupted,
                               path.string() + " ends early: it was cut short"});
    }
    done += static_cast<std::size_t>(n);
  }
  return out;
}

StorageResult<void> sync_directory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail(errno_error("open directory", directory));
  if (::fsync(fd.get()) != 0) return fail(errno_error("sync directory", directory));
  return {};
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

StorageResult<void> lock_exclusively(int fd, const std::filesystem::path& path) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail(errno_error("lock", path));
  return fail(StorageError{StorageErrorKind::Locked,
                           path.string() +
                               " is in use by another process: stop that node first, or give this "
                               "one its own home directory"});
}

}  // namespace ol::storage
