#pragma once

#include <filesystem>
#include <memory>

#include <ol/storage/safety_disk.hpp>

namespace ol::storage {

/// The safety record's file: kSafetyDiskBytes, written out in full on creation so that a sync
/// never has to allocate. Holds an exclusive flock while open, so that of two processes given one
/// directory only one can sign. Format: docs/protocol/safety-record.md. One thread at a time.
class SafetyFile final : public SafetyDisk {
 public:
  /// Creates `path` holding `initial` in both slots. The file appears under its name only when it
  /// is complete and durable, its directory entry included. StorageErrorKind::Exists if there is
  /// one already: a safety record is never overwritten by a fresh one.
  [[nodiscard]] static StorageResult<std::unique_ptr<SafetyFile>> create(
      const std::filesystem::path& path, ByteView initial);
  /// Opens an existing file. StorageErrorKind::Missing, Locked, or Corrupted if its size is wrong.
  [[nodiscard]] static StorageResult<std::unique_ptr<SafetyFile>> open(
      const std::filesystem::path& path);
  ~SafetyFile() override;

  [[nodiscard]] StorageResult<void> write(std::size_t offset, ByteView bytes) override;
  [[nodiscard]] StorageResult<void> sync() override;
  [[nodiscard]] StorageResult<Bytes> read(std::size_t offset, std::size_t size) override;
  [[nodiscard]] std::string name() const override { return path_.string(); }

 private:
  SafetyFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace ol::storage
