#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

/// Largest message the log takes: what the consensus channel carries, so that no proposal that can
/// be sent is too long to be logged.
inline constexpr std::size_t kOutboxMessageMax = std::size_t{4} << 20;

/// Appends every signed consensus message before it is sent, so that a checker can prove from the
/// files of all nodes that none signed two different votes for a view. Not part of safety itself:
/// it survives the death of the process, not a power cut. Format: docs/protocol/outbox-log.md.
/// One thread at a time.
class OutboxLog {
 public:
  /// Opens `path` for appending, creating it if need be. Never shortens or rewrites it: what a
  /// crash left half written stays, and the reader steps over it.
  [[nodiscard]] static StorageResult<std::unique_ptr<OutboxLog>> open(
      const std::filesystem::path& path);
  OutboxLog(const OutboxLog&) = delete;
  OutboxLog& operator=(const OutboxLog&) = delete;
  ~OutboxLog();

  /// Returns once the operating system has the message. Send only after success.
  [[nodiscard]] StorageResult<void> append(ByteView message);

 private:
  OutboxLog(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Steps through the bytes of a log, over damage too. Borrows `bytes`.
class OutboxReader {
 public:
  explicit OutboxReader(ByteView bytes) : rest_(bytes) {}

  /// The next whole message, borrowed; nothing at the end.
  [[nodiscard]] std::optional<ByteView> next();
  /// Bytes stepped over so far that belong to no whole message.
  [[nodiscard]] std::size_t damaged_bytes() const { return damaged_bytes_; }

 private:
  ByteView rest_;
  std::size_t damaged_bytes_ = 0;
};

/// All whole messages of a log in the order they were appended.
struct OutboxContents {
  std::vector<Bytes> messages;
  std::size_t damaged_bytes = 0;
};
[[nodiscard]] StorageResult<OutboxContents> read_outbox_log(const std::filesystem::path& path);

}  // namespace ol::storage
