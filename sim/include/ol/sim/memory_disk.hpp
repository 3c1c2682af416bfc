#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ol/sim/fault_counts.hpp>
#include <ol/sim/random.hpp>
#include <ol/storage/safety_disk.hpp>

namespace ol::sim {

/// Where in a write of the safety record something goes wrong.
enum class DiskFault : std::uint8_t {
  None,
  CrashBeforeWrite,
  CrashBetweenCopies,
  CrashBeforeSync,
  CrashAfterSync,
  WriteError,
  SyncError,
};

/// The safety record's disk in memory, with the faults SafetyDisk allows: what was not synced is
/// there, missing, or there in part after a crash.
class MemoryDisk final : public storage::SafetyDisk {
 public:
  /// `faults` counts what happens; borrowed.
  explicit MemoryDisk(FaultCounts& faults);

  [[nodiscard]] storage::StorageResult<void> write(std::size_t offset, ByteView bytes) override;
  [[nodiscard]] storage::StorageResult<void> sync() override;
  [[nodiscard]] storage::StorageResult<Bytes> read(std::size_t offset, std::size_t size) override;
  [[nodiscard]] std::string name() const override { return "simulated disk"; }

  /// The next write or sync that reaches the point meets `fault`; a crash calls `on_crash`, after
  /// which nothing more may leave the node.
  void arm(DiskFault fault, std::function<void()> on_crash);
  /// Power is gone: decides by `random` what becomes of each unsynced write.
  void crash(Random& random);

 private:
  struct Pending {
    std::size_t offset;
    Bytes bytes;
  };

  storage::StorageResult<void> fail_with_crash();

  FaultCounts& faults_;
  Bytes image_;
  std::vector<Pending> pending_;
  DiskFault fault_ = DiskFault::None;
  std::function<void()> on_crash_;
};

}  // namespace ol::sim
