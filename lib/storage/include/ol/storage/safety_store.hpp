#pragma once

#include <memory>
#include <optional>
#include <string>

#include <ol/storage/safety_disk.hpp>

namespace ol::storage {

/// One decoded cell.
struct SafetyCell {
  std::uint64_t sequence = 0;
  Bytes record;
  friend bool operator==(const SafetyCell&, const SafetyCell&) = default;
};

/// Magic, version, sequence, length, record, BLAKE3 over all of it.
/// @pre record.size() <= kSafetyRecordMax.
[[nodiscard]] Bytes encode_safety_cell(const SafetyCell& cell);
/// Nothing unless every field and the checksum hold. Bytes behind the checksum are ignored: they
/// are left from a longer, older record.
[[nodiscard]] std::optional<SafetyCell> decode_safety_cell(ByteView bytes);

/// Keeps the newest of a sequence of opaque records on a SafetyDisk so that it survives a crash at
/// any instant. Format and argument: docs/protocol/safety-record.md. One thread at a time.
///
/// Invariants:
///  1. A record whose `write` returned is the one found by the next `open`, or a newer one is.
///  2. At most the slot of a write that never returned is unreadable, and nothing signed under
///     that record can have left the process.
class SafetyStore {
 public:
  /// Fills both slots of a new disk with `initial` and syncs.
  [[nodiscard]] static StorageResult<void> format(SafetyDisk& disk, ByteView initial);
  /// Reads and checks both slots, restores a damaged copy of the newest record and syncs: what a
  /// killed process wrote may still be on its way to the device, and the caller acts on it.
  /// `disk` must outlive the store.
  /// StorageErrorKind::Corrupted when no slot is whole or the two do not belong together.
  [[nodiscard]] static StorageResult<std::unique_ptr<SafetyStore>> open(SafetyDisk& disk);

  /// The newest durable record.
  [[nodiscard]] const Bytes& record() const { return newest_.record; }
  /// Grows by one with each write.
  [[nodiscard]] std::uint64_t sequence() const { return newest_.sequence; }
  /// True when `open` found the trace of a write that a crash cut short.
  [[nodiscard]] bool recovered_from_torn_write() const { return torn_; }

  /// Returns after `record` is durable. After the first failure every later call fails too: a
  /// device that failed once to sync may drop the data and report success the next time.
  [[nodiscard]] StorageResult<void> write(ByteView record);

 private:
  SafetyStore(SafetyDisk& disk, SafetyCell newest, bool torn)
      : disk_(disk), newest_(std::move(newest)), torn_(torn) {}

  SafetyDisk& disk_;
  SafetyCell newest_;
  bool torn_ = false;
  bool failed_ = false;
};

}  // namespace ol::storage
