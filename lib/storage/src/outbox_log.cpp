#include <ol/storage/outbox_log.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

#include "file.hpp"

namespace ol::storage {
namespace {

constexpr std::string_view kMarker = "OLM\x01";
constexpr std::size_t kHeaderBytes = 4 + 4 + 8;

// Eight bytes are plenty against accidents, and the length is covered too.
FixedBytes<8, struct OutboxChecksumTag> checksum_of(ByteView message) {
  Writer covered;
  covered.blob(message);
  const Hash256 digest = crypto::blake3(covered.bytes());
  return *FixedBytes<8, struct OutboxChecksumTag>::from(digest.view().first(8));
}

std::optional<ByteView> message_at(ByteView bytes) {
  Reader in(bytes);
  if (as_text(in.raw(kMarker.size())) != kMarker) return std::nullopt;
  const auto checksum = in.fixed<FixedBytes<8, struct OutboxChecksumTag>>();
  const ByteView message = in.blob(kOutboxMessageMax);
  if (!in.ok()) return std::nullopt;
  if (checksum_of(message) != checksum) return std::nullopt;
  return message;
}

}  // namespace

StorageResult<std::unique_ptr<OutboxLog>> OutboxLog::open(const std::filesystem::path& path) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail(errno_error("open", path));
  OL_TRY_VOID(lock_exclusively(fd.get(), path));
  return std::unique_ptr<OutboxLog>(new OutboxLog(path, fd.release()));
}

OutboxLog::~OutboxLog() {
  ::close(descriptor_);
}

StorageResult<void> OutboxLog::append(ByteView message) {
  if (message.size() > kOutboxMessageMax) {
    return fail(StorageError{StorageErrorKind::OverLimit,
                             "a message of " + std::to_string(message.size()) +
                                 " bytes does not fit the log " + path_.string()});
  }
  Writer out;
  out.raw(as_bytes(kMarker)).fixed(checksum_of(message)).blob(message);
  ByteView rest = out.bytes();
  while (!rest.empty()) {
    const ssize_t n = ::write(descriptor_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno_error("append to", path_));
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

std::optional<ByteView> OutboxReader::next() {
  while (!rest_.empty()) {
    if (auto message = message_at(rest_)) {
      rest_ = rest_.subspan(kHeaderBytes + message->size());
      return message;
    }
    const auto marker = as_bytes(kMarker);
    const auto found = std::search(rest_.begin() + 1, rest_.end(), marker.begin(), marker.end());
    const auto skipped = static_cast<std::size_t>(found - rest_.begin());
    damaged_bytes_ += skipped;
    rest_ = rest_.subspan(skipped);
  }
  return std::nullopt;
}

StorageResult<OutboxContents> read_outbox_log(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail(errno_error("open", path));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail(errno_error("read", path));
  OL_TRY(const Bytes bytes,
         read_exact_at(fd.get(), 0, static_cast<std::size_t>(info.st_size), path));
  OutboxReader reader(bytes);
  OutboxContents contents;
  while (const auto message = reader.next())
    contents.messages.push_back(to_bytes(*message));
  contents.damaged_bytes = reader.damaged_bytes();
  return contents;
}

}  // namespace ol::storage
