#include <ol/storage/safety_store.hpp>

#include <array>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::storage {
namespace {

constexpr std::string_view kMagic = "OLSAFETY";
constexpr std::uint16_t kVersion = 1;

// Records alternate between the slots by the parity of their sequence number.
std::size_t slot_of(std::uint64_t sequence) {
  return static_cast<std::size_t>(sequence % 2);
}

std::size_t cell_offset(std::size_t slot, std::size_t copy) {
  return (slot * 2 + copy) * kSafetyCellBytes;
}

StorageResult<void> write_slot(SafetyDisk& disk, const SafetyCell& cell) {
  const Bytes bytes = encode_safety_cell(cell);
  for (const std::size_t copy : {0U, 1U}) {
    OL_TRY_VOID(disk.write(cell_offset(slot_of(cell.sequence), copy), bytes));
  }
  return {};
}

// What a slot holds: either copy will do, and a copy that is not the slot's newest is stale.
struct Slot {
  std::optional<SafetyCell> cell;
  std::array<bool, 2> stale{};

  [[nodiscard]] bool damaged() const { return stale[0] || stale[1]; }
};

StorageError corrupted(const SafetyDisk& disk, std::string_view what) {
  return {StorageErrorKind::Corrupted,
          "the safety record " + disk.name() + " is corrupted: " + std::string(what) +
              ". Signing without it could sign twice; restore the newest copy of the file, or "
              "start as an observer and import a record exported from this validator"};
}

StorageResult<Slot> read_slot(SafetyDisk& disk, std::size_t slot) {
  std::array<std::optional<SafetyCell>, 2> copies;
  for (const std::size_t copy : {0U, 1U}) {
    OL_TRY(const Bytes bytes, disk.read(cell_offset(slot, copy), kSafetyCellBytes));
    copies[copy] = decode_safety_cell(bytes);
    if (copies[copy] && slot_of(copies[copy]->sequence) != slot) {
      return fail(corrupted(disk, "a record lies in the wrong slot"));
    }
  }
  if (copies[0] && copies[1] && copies[0]->sequence == copies[1]->sequence &&
      copies[0] != copies[1]) {
    return fail(corrupted(disk, "two different records carry one sequence number"));
  }
  // A torn write may leave the newer record whole in one copy and the older one in the other.
  // Taking the newer is safe: it only forbids more.
  const std::size_t best =
      !copies[0] || (copies[1] && copies[1]->sequence > copies[0]->sequence) ? 1 : 0;
  Slot out{copies[best], {}};
  for (const std::size_t copy : {0U, 1U})
    out.stale[copy] = copies[copy] != out.cell || !out.cell;
  return out;
}

// Makes the newest record whole in both copies before it is relied on: a copy left stale would
// pass for the slot's content when a later write to the slot is torn.
StorageResult<void> repair(SafetyDisk& disk, const Slot& newest) {
  const Bytes bytes = encode_safety_cell(*newest.cell);
  for (const std::size_t copy : {0U, 1U}) {
    if (!newest.stale[copy]) continue;
    OL_TRY_VOID(disk.write(cell_offset(slot_of(newest.cell->sequence), copy), bytes));
  }
  return disk.sync();
}

}  // namespace

Bytes encode_safety_cell(const SafetyCell& cell) {
  OL_CHECK(cell.record.size() <= kSafetyRecordMax, "a safety record fits its cell");
  Writer out;
  out.raw(as_bytes(kMagic)).u16(kVersion).u64(cell.sequence).blob(cell.record);
  const Hash256 checksum = crypto::blake3(out.bytes());
  out.fixed(checksum);
  return out.take();
}

std::optional<SafetyCell> decode_safety_cell(ByteView bytes) {
  Reader in(bytes);
  if (as_text(in.raw(kMagic.size())) != kMagic) return std::nullopt;
  if (in.u16() != kVersion) return std::nullopt;
  const std::uint64_t sequence = in.u64();
  const ByteView record = in.blob(kSafetyRecordMax);
  const std::size_t covered = bytes.size() - in.remaining();
  const auto checksum = in.fixed<Hash256>();
  if (!in.ok()) return std::nullopt;
  if (crypto::blake3(bytes.first(covered)) != checksum) return std::nullopt;
  return SafetyCell{sequence, to_bytes(record)};
}

StorageResult<void> SafetyStore::format(SafetyDisk& disk, ByteView initial) {
  if (initial.size() > kSafetyRecordMax) {
    return fail(
        StorageError{StorageErrorKind::OverLimit, "a safety record has at most 65536 bytes"});
  }
  for (const std::uint64_t sequence : {1ULL, 2ULL}) {
    OL_TRY_VOID(write_slot(disk, {sequence, to_bytes(initial)}));
  }
  return disk.sync();
}

StorageResult<std::unique_ptr<SafetyStore>> SafetyStore::open(SafetyDisk& disk) {
  OL_TRY(Slot even, read_slot(disk, 0));
  OL_TRY(Slot odd, read_slot(disk, 1));
  if (!even.cell && !odd.cell) return fail(corrupted(disk, "neither slot holds a whole record"));
  const bool even_newer = !odd.cell || (even.cell && even.cell->sequence > odd.cell->sequence);
  const Slot& newest = even_newer ? even : odd;
  const Slot& older = even_newer ? odd : even;
  if (older.cell && newest.cell->sequence - older.cell->sequence != 1) {
    return fail(corrupted(disk, "its two slots are not neighbours in time"));
  }
  OL_TRY_VOID(repair(disk, newest));
  const bool torn = even.damaged() || odd.damaged();
  return std::unique_ptr<SafetyStore>(new SafetyStore(disk, *newest.cell, torn));
}

StorageResult<void> SafetyStore::write(ByteView record) {
  if (record.size() > kSafetyRecordMax) {
    return fail(
        StorageError{StorageErrorKind::OverLimit, "a safety record has at most 65536 bytes"});
  }
  if (failed_) {
    return fail(StorageError{StorageErrorKind::Io,
                             "the safety record " + disk_.name() +
                                 " failed to reach the disk before; restart the node after "
                                 "checking the device"});
  }
  SafetyCell next{newest_.sequence + 1, to_bytes(record)};
  failed_ = true;
  OL_TRY_VOID(write_slot(disk_, next));
  OL_TRY_VOID(disk_.sync());
  failed_ = false;
  newest_ = std::move(next);
  return {};
}

}  // namespace ol::storage
