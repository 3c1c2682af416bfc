#include <ol/storage/block_log.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <ol/crypto/hash.hpp>

#include "file.hpp"

namespace ol::storage {
namespace {

constexpr std::uint32_t kMagic = 0x4f4c424c;  // "OLBL"
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kChecksumBytes = 32;

std::unexpected<StorageError> io_error(const std::filesystem::path& path, const char* action) {
  return fail(StorageError{StorageErrorKind::Io, "cannot " + std::string(action) + " " +
                                                     path.string() + ": " + std::strerror(errno)});
}

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

StorageResult<Bytes> read_all(const std::filesystem::path& path, int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return io_error(path, "read the size of");
  Bytes out(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(descriptor, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path, "read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

Bytes encode_record(const primitives::Block& block) {
  Writer body;
  primitives::encode(body, block);
  Writer out;
  out.u32(kMagic).blob(body.bytes()).fixed(crypto::blake3(body.bytes()));
  return out.take();
}

}  // namespace

StorageResult<std::unique_ptr<BlockLog>> BlockLog::open(const std::filesystem::path& directory,
                                                        const primitives::ChainDomain& domain,
                                                        Durability durability,
                                                        std::size_t rotate_bytes) {
  std::unique_ptr<BlockLog> log(new BlockLog(durability, rotate_bytes));
  const std::array<const char*, 2> names{"blocks.a.log", "blocks.b.log"};
  for (std::size_t i = 0; i < 2; ++i) {
    File& file = log->files_[i];
    file.path = directory / names[i];
    file.descriptor = ::open(file.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file.descriptor < 0) return io_error(file.path, "open");
    OL_TRY_VOID(log->recover(file, domain));
  }
  if (durability == Durability::Device) OL_TRY_VOID(sync_directory(directory));
  log->current_ = log->files_[0].highest >= log->files_[1].highest ? 0 : 1;
  std::sort(log->recovered_.begin(), log->recovered_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.header.height, a.header.view) < std::pair(b.header.height, b.header.view);
  });
  return log;
}

BlockLog::~BlockLog() {
  for (const File& file : files_) {
    if (file.descriptor >= 0) ::close(file.descriptor);
  }
}

// Reads records up to the first that is not whole, and cuts the file there so that later appends
// follow the last whole one.
StorageResult<void> BlockLog::recover(File& file, const primitives::ChainDomain& domain) {
  OL_TRY(const Bytes bytes, read_all(file.path, file.descriptor));
  std::size_t offset = 0;
  while (bytes.size() - offset >= kHeaderBytes) {
    Reader in(ByteView(bytes).subspan(offset));
    if (in.u32() != kMagic) break;
    const ByteView body = in.blob(primitives::kBlockBytesMax * 2);
    const Hash256 checksum = in.fixed<Hash256>();
    if (!in.ok() || checksum != crypto::blake3(body)) break;
    auto block = primitives::decode_block(domain, body);
    if (!block) break;
    file.highest = std::max(file.highest, block->header.height);
    recovered_.push_back(*std::move(block));
    offset += kHeaderBytes + body.size() + kChecksumBytes;
  }
  if (::ftruncate(file.descriptor, static_cast<off_t>(offset)) != 0)
    return io_error(file.path, "shorten");
  if (::lseek(file.descriptor, static_cast<off_t>(offset), SEEK_SET) < 0)
    return io_error(file.path, "seek in");
  file.bytes = offset;
  return {};
}

StorageResult<void> BlockLog::append(const primitives::Block& block) {
  File& file = files_[current_];
  if (failed_) {
    return fail(StorageError{StorageErrorKind::Io,
                             "the log " + file.path.string() +
                                 " failed before; restart the node after checking the device"});
  }
  // What follows a record cut short is not found again, so one failure ends the log.
  failed_ = true;
  const Bytes record = encode_record(block);
  if (!write_all(file.descriptor, record)) return io_error(file.path, "write");
  if (durability_ == Durability::Device && ::fdatasync(file.descriptor) != 0)
    return io_error(file.path, "sync");
  file.bytes += record.size();
  file.highest = std::max(file.highest, block.header.height);
  failed_ = false;
  return {};
}

StorageResult<void> BlockLog::committed(primitives::Height height) {
  File& other = files_[1 - current_];
  if (files_[current_].bytes < rotate_bytes_ || other.highest > height) return {};
  if (::ftruncate(other.descriptor, 0) != 0) return io_error(other.path, "empty");
  if (::lseek(other.descriptor, 0, SEEK_SET) < 0) return io_error(other.path, "seek in");
  other.bytes = 0;
  other.highest = primitives::Height(0);
  current_ = 1 - current_;
  return {};
}

}  // namespace ol::storage
