#include <ol/storage/safety_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <ol/base/check.hpp>
#include <ol/storage/safety_store.hpp>

#include "file.hpp"

namespace ol::storage {

StorageResult<std::unique_ptr<SafetyFile>> SafetyFile::create(const std::filesystem::path& path,
                                                              ByteView initial) {
  // Built under another name: whoever finds the final name finds a complete record.
  std::filesystem::path temporary = path;
  temporary += ".new";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return fail(errno_error("remove", temporary));
  }
  Descriptor fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail(errno_error("create", temporary));
  OL_TRY_VOID(lock_exclusively(fd.get(), temporary));
  OL_TRY_VOID(write_all_at(fd.get(), 0, Bytes(kSafetyDiskBytes), temporary));
  std::unique_ptr<SafetyFile> file(new SafetyFile(path, fd.release()));
  OL_TRY_VOID(SafetyStore::format(*file, initial));
  if (::fsync(file->descriptor_) != 0) return fail(errno_error("sync", temporary));
  // Unlike rename, link never replaces a record that is there.
  if (::link(temporary.c_str(), path.c_str()) != 0) {
    StorageError error = errno_error("create", path);
    ::unlink(temporary.c_str());
    return fail(std::move(error));
  }
  if (::unlink(temporary.c_str()) != 0) return fail(errno_error("remove", temporary));
  OL_TRY_VOID(sync_directory(directory_of(path)));
  return file;
}

StorageResult<std::unique_ptr<SafetyFile>> SafetyFile::open(const std::filesystem::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return fail(errno_error("open", path));
  OL_TRY_VOID(lock_exclusively(fd.get(), path));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail(errno_error("read", path));
  if (info.st_size != static_cast<off_t>(kSafetyDiskBytes)) {
    return fail(StorageError{StorageErrorKind::Corrupted,
                             "the safety record " + path.string() + " has " +
                                 std::to_string(info.st_size) + " bytes instead of " +
                                 std::to_string(kSafetyDiskBytes) +
                                 ": restore the newest copy of the file"});
  }
  return std::unique_ptr<SafetyFile>(new SafetyFile(path, fd.release()));
}

SafetyFile::~SafetyFile() {
  ::close(descriptor_);
}

StorageResult<void> SafetyFile::write(std::size_t offset, ByteView bytes) {
  OL_CHECK(offset <= kSafetyDiskBytes, "the offset lies inside the file");
  OL_CHECK(bytes.size() <= kSafetyDiskBytes - offset, "the bytes fit the file");
  return write_all_at(descriptor_, offset, bytes, path_);
}

StorageResult<void> SafetyFile::sync() {
  if (::fdatasync(descriptor_) != 0) return fail(errno_error("sync", path_));
  return {};
}

StorageResult<Bytes> SafetyFile::read(std::size_t offset, std::size_t size) {
  return read_exact_at(descriptor_, offset, size, path_);
}

}  // namespace ol::storage
