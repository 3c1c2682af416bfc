#include <ol/sim/memory_disk.hpp>

#include <algorithm>
#include <utility>

namespace ol::sim {
namespace {

using storage::StorageError;
using storage::StorageErrorKind;

std::unexpected<StorageError> io_error(const char* what) {
  return fail(StorageError{StorageErrorKind::Io, what});
}

void copy_to(Bytes& image, std::size_t offset, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

MemoryDisk::MemoryDisk(FaultCounts& faults) : faults_(faults), image_(storage::kSafetyDiskBytes) {}

void MemoryDisk::arm(DiskFault fault, std::function<void()> on_crash) {
  fault_ = fault;
  on_crash_ = std::move(on_crash);
}

storage::StorageResult<void> MemoryDisk::fail_with_crash() {
  fault_ = DiskFault::None;
  faults_.note(Fault::CrashWhileWriting);
  if (on_crash_) on_crash_();
  return io_error("the power went out");
}

storage::StorageResult<void> MemoryDisk::write(std::size_t offset, ByteView bytes) {
  if (fault_ == DiskFault::WriteError) {
    fault_ = DiskFault::None;
    faults_.note(Fault::DiskError);
    return io_error("no space left on the simulated disk");
  }
  if (fault_ == DiskFault::CrashBeforeWrite) return fail_with_crash();
  if (fault_ == DiskFault::CrashBetweenCopies && !pending_.empty()) return fail_with_crash();
  pending_.push_back({offset, to_bytes(bytes)});
  return {};
}

storage::StorageResult<void> MemoryDisk::sync() {
  if (fault_ == DiskFault::SyncError) {
    fault_ = DiskFault::None;
    faults_.note(Fault::DiskError);
    return io_error("the simulated disk failed to sync");
  }
  if (fault_ == DiskFault::CrashBeforeSync) return fail_with_crash();
  for (const Pending& one : pending_)
    copy_to(image_, one.offset, one.bytes);
  pending_.clear();
  // Durable, but the caller never gets to act on it.
  if (fault_ == DiskFault::CrashAfterSync) {
    fault_ = DiskFault::None;
    faults_.note(Fault::CrashWhileWriting);
    if (on_crash_) on_crash_();
  }
  return {};
}

storage::StorageResult<Bytes> MemoryDisk::read(std::size_t offset, std::size_t size) {
  const auto begin = image_.begin() + static_cast<std::ptrdiff_t>(offset);
  Bytes out(begin, begin + static_cast<std::ptrdiff_t>(size));
  for (const Pending& one : pending_) {
    const std::size_t from = std::max(offset, one.offset);
    const std::size_t to = std::min(offset + size, one.offset + one.bytes.size());
    for (std::size_t i = from; i < to; ++i)
      out[i - offset] = one.bytes[i - one.offset];
  }
  return out;
}

void MemoryDisk::crash(Random& random) {
  constexpr std::size_t kPiece = 64;
  for (const Pending& one : pending_) {
    const std::uint64_t fate = random.below(4);
    if (fate == 0) continue;
    if (fate == 1) {
      copy_to(image_, one.offset, one.bytes);
      continue;
    }
    faults_.note(Fault::TornWrite);
    const std::size_t cut = random.below(one.bytes.size() + 1);
    for (std::size_t at = 0; at < one.bytes.size(); at += kPiece) {
      const std::size_t size = std::min(kPiece, one.bytes.size() - at);
      const ByteView piece = ByteView(one.bytes).subspan(at, size);
      // Either everything before an instant arrived, or any mixture did.
      const bool arrived = fate == 2 ? at + size <= cut : random.chance(500);
      if (arrived) copy_to(image_, one.offset + at, piece);
    }
    if (fate == 2 && cut % kPiece != 0 && cut < one.bytes.size()) {
      const std::size_t at = cut - cut % kPiece;
      copy_to(image_, one.offset + at, ByteView(one.bytes).subspan(at, cut - at));
    }
  }
  pending_.clear();
  fault_ = DiskFault::None;
  on_crash_ = nullptr;
}

}  // namespace ol::sim
