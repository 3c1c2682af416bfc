#pragma once

#include <cstddef>
#include <cstdint>

#include <ol/base/bytes.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

/// Largest safety record.
inline constexpr std::size_t kSafetyRecordMax = 64 * 1024;
/// One copy of a record with its header, padded so that no two cells share a disk sector.
inline constexpr std::size_t kSafetyCellBytes = kSafetyRecordMax + 4096;
/// Two slots of two copies each (docs/protocol/safety-record.md).
inline constexpr std::size_t kSafetyDiskBytes = 4 * kSafetyCellBytes;

/// A preallocated area of exactly kSafetyDiskBytes that keeps the safety record: a file, or the
/// simulator's memory with faults. One thread at a time.
///
/// What SafetyStore relies on, and a fake must offer: bytes written before a `sync` that returned
/// success are read back; bytes written since the last successful `sync` may after a crash be
/// there, be absent, or be there in part, in any mixture; other bytes never change.
class SafetyDisk {
 public:
  SafetyDisk() = default;
  SafetyDisk(const SafetyDisk&) = delete;
  SafetyDisk& operator=(const SafetyDisk&) = delete;
  virtual ~SafetyDisk() = default;

  /// Writes `bytes` at `offset`; not durable yet.
  /// @pre offset + bytes.size() <= kSafetyDiskBytes.
  [[nodiscard]] virtual StorageResult<void> write(std::size_t offset, ByteView bytes) = 0;
  /// Returns once everything written is durable.
  [[nodiscard]] virtual StorageResult<void> sync() = 0;
  /// Exactly `size` bytes at `offset`.
  [[nodiscard]] virtual StorageResult<Bytes> read(std::size_t offset, std::size_t size) = 0;
  /// What to call it in messages: a path.
  [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace ol::storage
