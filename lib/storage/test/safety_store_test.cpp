#include <ol/storage/safety_store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ol::storage {
namespace {

// Keeps what was written apart from what was synced, so that a test can end a crash either way.
class MemoryDisk final : public SafetyDisk {
 public:
  StorageResult<void> write(std::size_t offset, ByteView bytes) override {
    if (fail_writes) return fail(StorageError{StorageErrorKind::Io, "write refused"});
    writes.push_back({offset, to_bytes(bytes)});
    std::copy(bytes.begin(), bytes.end(), current.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  StorageResult<void> sync() override {
    if (fail_syncs) return fail(StorageError{StorageErrorKind::Io, "sync refused"});
    durable = current;
    writes.clear();
    ++syncs;
    return {};
  }
  StorageResult<Bytes> read(std::size_t offset, std::size_t size) override {
    const auto begin = current.begin() + static_cast<std::ptrdiff_t>(offset);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  std::string name() const override { return "memory"; }

  struct Write {
    std::size_t offset;
    Bytes bytes;
  };
  Bytes current = Bytes(kSafetyDiskBytes);
  Bytes durable = Bytes(kSafetyDiskBytes);
  std::vector<Write> writes;
  bool fail_writes = false;
  bool fail_syncs = false;
  int syncs = 0;
};

Bytes record(std::string_view text) {
  return to_bytes(as_bytes(text));
}

std::unique_ptr<SafetyStore> open_store(MemoryDisk& disk) {
  auto store = SafetyStore::open(disk);
  EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message);
  return store ? std::move(*store) : nullptr;
}

StorageErrorKind open_error(MemoryDisk& disk) {
  auto store = SafetyStore::open(disk);
  EXPECT_FALSE(store.has_value());
  return store ? StorageErrorKind::Io : store.error().kind;
}

TEST(SafetyCell, decodes_what_it_encodes) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kSafetyRecordMax}) {
    const SafetyCell cell{7, Bytes(size, 0xab)};
    EXPECT_EQ(decode_safety_cell(encode_safety_cell(cell)), cell);
  }
}

TEST(SafetyCell, has_the_documented_bytes) {
  const Bytes bytes = encode_safety_cell({2, record("ab")});
  ASSERT_EQ(bytes.size(), 8U + 2U + 8U + 4U + 2U + 32U);
  EXPECT_EQ(as_text(ByteView(bytes).first(8)), "OLSAFETY");
  EXPECT_EQ(Bytes(bytes.begin() + 8, bytes.begin() + 24),
            (Bytes{0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 'a', 'b'}));
}

TEST(SafetyCell, refuses_every_flipped_bit_and_every_truncation) {
  const Bytes good = encode_safety_cell({9, record("a record")});
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(decode_safety_cell(ByteView(good).first(i))) << i;
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << bit));
      EXPECT_FALSE(decode_safety_cell(bad)) << i << " bit " << bit;
    }
  }
}

TEST(SafetyCell, ignores_what_an_older_longer_record_left_behind) {
  Bytes bytes = encode_safety_cell({9, record("short")});
  append(bytes, record("the tail of something longer"));
  EXPECT_EQ(decode_safety_cell(bytes), (SafetyCell{9, record("short")}));
}

TEST(SafetyStore, finds_the_initial_record_after_format) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, record("genesis")));
  const auto store = open_store(disk);
  EXPECT_EQ(store->record(), record("genesis"));
  EXPECT_FALSE(store->recovered_from_torn_write());
}

TEST(SafetyStore, finds_the_newest_record_again) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  for (int i = 0; i < 10; ++i) {
    auto store = open_store(disk);
    ASSERT_TRUE(store->write(record("first " + std::to_string(i))));
    ASSERT_TRUE(store->write(record("second " + std::to_string(i))));
    EXPECT_EQ(open_store(disk)->record(), record("second " + std::to_string(i)));
    EXPECT_EQ(open_store(disk)->sequence(), 4U + 2U * static_cast<unsigned>(i));
  }
}

TEST(SafetyStore, returns_from_write_only_after_sync) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  auto store = open_store(disk);
  const int before = disk.syncs;
  ASSERT_TRUE(store->write(record("vote")));
  EXPECT_EQ(disk.syncs, before + 1);
  EXPECT_EQ(disk.durable, disk.current);
}

TEST(SafetyStore, syncs_when_it_opens_so_that_what_it_found_cannot_vanish) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  auto store = open_store(disk);
  disk.fail_syncs = true;
  EXPECT_FALSE(store->write(record("left in the page cache")));
  EXPECT_FALSE(SafetyStore::open(disk));
  disk.fail_syncs = false;
  EXPECT_EQ(open_store(disk)->record(), record("left in the page cache"));
  disk.current = disk.durable;
  EXPECT_EQ(open_store(disk)->record(), record("left in the page cache"));
}

TEST(SafetyStore, accepts_the_largest_record_and_refuses_one_byte_more) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  auto store = open_store(disk);
  EXPECT_TRUE(store->write(Bytes(kSafetyRecordMax, 1)));
  const auto refused = store->write(Bytes(kSafetyRecordMax + 1, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageErrorKind::OverLimit);
  EXPECT_EQ(open_store(disk)->record(), Bytes(kSafetyRecordMax, 1));
  EXPECT_TRUE(store->write(record("still works")));
  EXPECT_EQ(SafetyStore::format(disk, Bytes(kSafetyRecordMax + 1)).error().kind,
            StorageErrorKind::OverLimit);
}

// The write is cut after each of its bytes, its two copies in either order: the older record or
// the newer one is found, never anything else, and the store works on.
TEST(SafetyStore, survives_a_write_torn_at_every_byte) {
  MemoryDisk base;
  ASSERT_TRUE(SafetyStore::format(base, record("one")));
  auto store = open_store(base);
  ASSERT_TRUE(store->write(record("two, a longer record")));
  ASSERT_TRUE(store->write(record("three")));
  base.fail_syncs = true;
  ASSERT_FALSE(store->write(record("four is the torn one")));
  ASSERT_EQ(base.writes.size(), 2U);
  const std::size_t length = base.writes[0].bytes.size();
  for (const bool second_first : {false, true}) {
    for (std::size_t cut = 0; cut <= 2 * length; ++cut) {
      MemoryDisk disk;
      disk.current = base.durable;
      for (std::size_t i = 0; i < cut; ++i) {
        const auto& write = base.writes[(i < length) != second_first ? 0 : 1];
        disk.current[write.offset + i % length] = write.bytes[i % length];
      }
      auto reopened = open_store(disk);
      const bool whole = cut >= length;
      EXPECT_EQ(reopened->record(), whole ? record("four is the torn one") : record("three"))
          << cut;
      ASSERT_TRUE(reopened->write(record("next"))) << cut;
      EXPECT_EQ(open_store(disk)->record(), record("next")) << cut;
    }
  }
}

TEST(SafetyStore, survives_any_mixture_of_sectors_of_an_unsynced_write) {
  std::mt19937_64 random(20240613);
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, record("start")));
  Bytes last_returned = record("start");
  for (int round = 0; round < 300; ++round) {
    auto store = open_store(disk);
    Bytes attempted(random() % 5000, static_cast<std::uint8_t>(round));
    if (round % 3 == 0) {
      ASSERT_TRUE(store->write(attempted));
      last_returned = attempted;
      continue;
    }
    disk.fail_syncs = true;
    ASSERT_FALSE(store->write(attempted));
    disk.fail_syncs = false;
    for (std::size_t sector = 0; sector < kSafetyDiskBytes; sector += 512) {
      if (random() % 2 != 0) continue;
      const auto at = static_cast<std::ptrdiff_t>(sector);
      std::copy_n(disk.durable.begin() + at, 512, disk.current.begin() + at);
    }
    const Bytes found = open_store(disk)->record();
    EXPECT_TRUE(found == last_returned || found == attempted) << round;
    last_returned = found;
  }
}

TEST(SafetyStore, keeps_the_newest_record_when_one_of_its_copies_rots) {
  for (std::size_t cell = 0; cell < 4; ++cell) {
    MemoryDisk disk;
    ASSERT_TRUE(SafetyStore::format(disk, record("old")));
    ASSERT_TRUE(open_store(disk)->write(record("new")));
    disk.current[cell * kSafetyCellBytes + 25] ^= 0x40;
    auto store = open_store(disk);
    EXPECT_EQ(store->record(), record("new")) << cell;
    EXPECT_TRUE(store->recovered_from_torn_write());
    ASSERT_TRUE(store->write(record("newer")));
    EXPECT_EQ(open_store(disk)->record(), record("newer"));
  }
}

TEST(SafetyStore, refuses_a_disk_without_a_whole_record) {
  MemoryDisk blank;
  EXPECT_EQ(open_error(blank), StorageErrorKind::Corrupted);
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, record("x")));
  for (std::size_t cell = 0; cell < 4; ++cell)
    disk.current[cell * kSafetyCellBytes] ^= 1;
  const auto store = SafetyStore::open(disk);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, StorageErrorKind::Corrupted);
  EXPECT_NE(store.error().message.find("memory"), std::string::npos);
}

TEST(SafetyStore, refuses_slots_that_do_not_belong_together) {
  const auto put = [](MemoryDisk& disk, std::size_t cell, std::uint64_t sequence,
                      const char* text) {
    const Bytes bytes = encode_safety_cell({sequence, record(text)});
    ASSERT_TRUE(disk.write(cell * kSafetyCellBytes, bytes));
  };
  MemoryDisk gap;
  put(gap, 0, 2, "a");
  put(gap, 2, 5, "b");
  EXPECT_EQ(open_error(gap), StorageErrorKind::Corrupted);
  MemoryDisk wrong_slot;
  put(wrong_slot, 0, 3, "a");
  EXPECT_EQ(open_error(wrong_slot), StorageErrorKind::Corrupted);
  MemoryDisk twins;
  put(twins, 0, 2, "a");
  put(twins, 1, 2, "b");
  EXPECT_EQ(open_error(twins), StorageErrorKind::Corrupted);
}

TEST(SafetyStore, stays_failed_after_one_failed_sync) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  auto store = open_store(disk);
  disk.fail_syncs = true;
  EXPECT_FALSE(store->write(record("lost")));
  disk.fail_syncs = false;
  EXPECT_FALSE(store->write(record("must not succeed")));
  EXPECT_EQ(store->record(), Bytes{});
}

TEST(SafetyStore, stays_failed_after_one_failed_write) {
  MemoryDisk disk;
  ASSERT_TRUE(SafetyStore::format(disk, {}));
  auto store = open_store(disk);
  disk.fail_writes = true;
  EXPECT_FALSE(store->write(record("lost")));
  disk.fail_writes = false;
  EXPECT_FALSE(store->write(record("must not succeed")));
}

}  // namespace
}  // namespace ol::storage
