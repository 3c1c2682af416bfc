#include "durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace ol::node {
namespace {

std::unexpected<std::string> disk_error(const std::filesystem::path& path, const char* what) {
  return fail("cannot " + std::string(what) + " " + path.string() + ": " +
              std::error_code(errno, std::generic_category()).message());
}

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::optional<Bytes> read_bounded(const std::filesystem::path& path, std::size_t bytes_max) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec || size > bytes_max) return std::nullopt;
  Bytes out(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  if (!in) return std::nullopt;
  return out;
}

// Under another name first: a crash leaves a whole file or none.
Result<void, std::string> write_durably(const std::filesystem::path& path, ByteView bytes) {
  const std::filesystem::path aside = path.string() + ".new";
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return disk_error(aside, "create");
  const bool written = write_all(file, bytes) && ::fsync(file) == 0;
  ::close(file);
  if (!written) return disk_error(aside, "write");
  if (::rename(aside.c_str(), path.c_str()) != 0) return disk_error(path, "rename into");
  const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return disk_error(path.parent_path(), "open");
  const bool synced = ::fsync(directory) == 0;
  ::close(directory);
  if (!synced) return disk_error(path.parent_path(), "sync");
  return {};
}

}  // namespace ol::node
