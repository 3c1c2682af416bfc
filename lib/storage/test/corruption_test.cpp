#include <random>

#include "../src/kv_store.hpp"
#include "../src/records.hpp"
#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

// A closed database with table files, a log and a few dozen blocks.
class ClosedDatabase {
 public:
  ClosedDatabase() : options(test_options(dir_ / "db")) {
    commit_blocks(*open_database(options), 40, 8, 1500);
    // Opening turned the log into tables; these blocks are in the log alone.
    commit_blocks(*open_database(options), 5);
  }

  [[nodiscard]] std::vector<std::filesystem::path> files(std::string_view prefix,
                                                         std::string_view suffix) const {
    const auto found = store_files(options.path, prefix, suffix);
    EXPECT_FALSE(found.empty()) << prefix << "*" << suffix;
    return found;
  }

  /// Puts back what directory_contents found, and nothing else.
  void restore(const std::map<std::string, Bytes>& files) const {
    std::filesystem::remove_all(options.path / "rocksdb");
    std::filesystem::create_directory(options.path / "rocksdb");
    for (const auto& [name, bytes] : files)
      write_file(name, bytes);
  }

  /// Expects `kind`, and every file as it was.
  void expect_refused(StorageErrorKind kind, const ChainIdentity& identity = test_identity()) {
    const auto before = directory_contents(options.path);
    EXPECT_STREQ(describe(open_error(options, identity)), describe(kind));
    EXPECT_TRUE(directory_contents(options.path) == before) << "the refused directory was changed";
  }

 private:
  TempDirectory dir_;

 public:
  DatabaseOptions options;
};

Bytes flipped(const Bytes& bytes, std::size_t at) {
  Bytes out = bytes;
  out[at] ^= 0x20;
  return out;
}

TEST(Corruption, wrong_genesis_is_told_apart_and_damages_nothing) {
  ClosedDatabase closed;
  auto identity = test_identity();
  identity.genesis_hash.bytes[31] ^= 1;
  closed.expect_refused(StorageErrorKind::WrongGenesis, identity);
  identity = test_identity();
  identity.domain.chain_id = primitives::ChainId(1);
  closed.expect_refused(StorageErrorKind::WrongGenesis, identity);
  expect_whole_chain(*open_database(closed.options));
}

TEST(Corruption, a_database_in_use_is_told_apart_and_damages_nothing) {
  ClosedDatabase closed;
  const auto held = open_database(closed.options);
  EXPECT_EQ(open_error(closed.options), StorageErrorKind::Locked);
  commit_blocks(*held, 1);
  expect_whole_chain(*held);
}

TEST(Corruption, another_format_is_told_apart_and_damages_nothing) {
  ClosedDatabase closed;
  {
    const auto store =
        KvStore::open(closed.options.path / "rocksdb", closed.options, KvStore::Access::ReadWrite);
    ASSERT_TRUE(store);
    KvBatch batch;
    batch.put(Column::Meta, as_bytes(kIdentityKey), Writer().u32(kFormatVersion + 1).take());
    ASSERT_TRUE((*store)->write(batch, KvStore::Durability::Device));
  }
  closed.expect_refused(StorageErrorKind::WrongFormat);
}

TEST(Corruption, each_missing_file_is_reported_and_nothing_is_started_afresh) {
  for (const auto& [prefix, suffix] :
       {std::pair("CURRENT", ""), std::pair("MANIFEST", ""), std::pair("", ".sst")}) {
    ClosedDatabase closed;
    std::filesystem::remove(closed.files(prefix, suffix).front());
    closed.expect_refused(StorageErrorKind::Corrupted);
  }
}

TEST(Corruption, a_damaged_CURRENT_is_reported) {
  ClosedDatabase closed;
  const auto path = closed.files("CURRENT", "").front();
  const Bytes good = file_bytes(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    write_file(path, flipped(good, i));
    closed.expect_refused(StorageErrorKind::Corrupted);
  }
  write_file(path, {});
  closed.expect_refused(StorageErrorKind::Corrupted);
  write_file(path, good);
  expect_whole_chain(*open_database(closed.options));
}

TEST(Corruption, a_damaged_MANIFEST_is_reported) {
  ClosedDatabase closed;
  const auto path = closed.files("MANIFEST", "").front();
  const Bytes good = file_bytes(path);
  const auto files = directory_contents(closed.options.path);
  std::mt19937_64 random(11);
  std::size_t refused = 0;
  for (int i = 0; i < 40; ++i) {
    closed.restore(files);
    write_file(path, flipped(good, random() % good.size()));
    const auto damaged = directory_contents(closed.options.path);
    const auto found = Database::open(closed.options, test_identity());
    if (found) {
      // What RocksDB appended after the last commit is not vouched for, and may not matter.
      expect_whole_chain(**found);
      continue;
    }
    ++refused;
    EXPECT_EQ(found.error().kind, StorageErrorKind::Corrupted) << found.error().message;
    EXPECT_TRUE(directory_contents(closed.options.path) == damaged)
        << "the refused directory was changed";
  }
  EXPECT_GT(refused, 30U);
  closed.restore(files);
  write_file(path, {});
  closed.expect_refused(StorageErrorKind::Corrupted);
}

// A manifest cut at the end of an entry is a valid, older manifest. It must be refused unless what
// it describes is whole.
TEST(Corruption, a_shortened_MANIFEST_never_yields_a_mixture_of_moments) {
  ClosedDatabase closed;
  const auto path = closed.files("MANIFEST", "").front();
  const Bytes good = file_bytes(path);
  std::mt19937_64 random(12);
  const auto files = directory_contents(closed.options.path);
  std::size_t refused = 0;
  for (int i = 0; i < 40; ++i) {
    closed.restore(files);
    // Half of the cuts near the end, where an older list is most like the newest.
    const std::size_t tail = std::min<std::size_t>(good.size(), 3000);
    const std::size_t cut = i % 2 == 0 ? random() % good.size() : good.size() - 1 - random() % tail;
    write_file(path, ByteView(good).first(cut));
    const auto database = Database::open(closed.options, test_identity());
    if (!database) {
      ++refused;
      EXPECT_EQ(database.error().kind, StorageErrorKind::Corrupted) << database.error().message;
    } else {
      expect_whole_chain(**database);
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(Corruption, a_flipped_bit_in_the_log_is_reported_and_can_be_cut_off_on_request) {
  ClosedDatabase closed;
  const auto logs = closed.files("", ".log");
  const auto path = *std::max_element(logs.begin(), logs.end(), [](const auto& a, const auto& b) {
    return std::filesystem::file_size(a) < std::filesystem::file_size(b);
  });
  const Bytes good = file_bytes(path);
  ASSERT_GT(good.size(), 5000U);
  for (const std::size_t at : {good.size() / 5, good.size() / 2}) {
    write_file(path, flipped(good, at));
    closed.expect_refused(StorageErrorKind::Corrupted);
  }
  closed.options.repair_log = true;
  const auto database = open_database(closed.options);
  ASSERT_NE(database, nullptr);
  EXPECT_LT(database->head()->height, Height(44));
  EXPECT_GE(database->head()->height, Height(39));
  expect_whole_chain(*database);
  commit_blocks(*database, 3);
}

TEST(Corruption, a_log_cut_at_any_byte_loses_whole_blocks_only) {
  ClosedDatabase closed;
  const auto logs = closed.files("", ".log");
  const auto path = *std::max_element(logs.begin(), logs.end(), [](const auto& a, const auto& b) {
    return std::filesystem::file_size(a) < std::filesystem::file_size(b);
  });
  const Bytes good = file_bytes(path);
  const auto files = directory_contents(closed.options.path);
  std::mt19937_64 random(13);
  for (int i = 0; i < 25; ++i) {
    closed.restore(files);
    const std::size_t cut = random() % good.size();
    write_file(path, ByteView(good).first(cut));
    const auto database = open_database(closed.options);
    ASSERT_NE(database, nullptr) << cut;
    EXPECT_GE(database->head()->height, Height(39));
    expect_whole_chain(*database);
  }
}

TEST(Corruption, a_flipped_bit_in_a_table_is_never_read_as_data) {
  ClosedDatabase closed;
  std::mt19937_64 random(14);
  auto full = closed.options;
  full.verify_all = true;
  const auto tables = closed.files("", ".sst");
  const auto files = directory_contents(closed.options.path);
  std::size_t refused = 0;
  for (int i = 0; i < 25; ++i) {
    closed.restore(files);
    const auto& path = tables[random() % tables.size()];
    const Bytes& good = files.at(path.string());
    write_file(path, flipped(good, random() % good.size()));
    const auto found = Database::open(full, test_identity());
    if (!found) {
      ++refused;
      EXPECT_EQ(found.error().kind, StorageErrorKind::Corrupted) << found.error().message;
    } else {
      // Bytes of a table that no reader ever looks at (names in its footer) are not covered.
      expect_whole_chain(**found);
    }
  }
  EXPECT_GT(refused, 15U);
}

TEST(Corruption, reads_of_a_damaged_table_fail_and_say_so) {
  ClosedDatabase closed;
  std::size_t refused_reads = 0;
  for (const auto& path : closed.files("", ".sst")) {
    Bytes bytes = file_bytes(path);
    bytes[bytes.size() / 10] ^= 1;
    write_file(path, bytes);
  }
  const auto database = Database::open(closed.options, test_identity());
  if (!database) {
    EXPECT_EQ(database.error().kind, StorageErrorKind::Corrupted);
    return;
  }
  const auto at = (*database)->snapshot().value();
  for (Height h; h <= at->head()->height; h = h.next()) {
    const auto block = at->block(h);
    if (block) continue;
    EXPECT_EQ(block.error().kind, StorageErrorKind::Corrupted);
    ++refused_reads;
  }
  EXPECT_GT(refused_reads, 0U);
}

// What the head names is taken away or exchanged, each part by itself, below the checksums.
TEST(Corruption, a_head_that_does_not_fit_its_parts_is_reported) {
  ClosedDatabase closed;
  const auto place = closed.options.path / "rocksdb";
  const Bytes top = height_key(Height(44));
  const Bytes below = height_key(Height(43));
  const Bytes root_key = state::TrieNodeKey{}.encode();
  const Head head = *open_database(closed.options)->head();
  struct Damage {
    Column column;
    Bytes key;
    std::optional<Column> copy_from_below;
  };
  const std::vector<Damage> damages{
      {Column::Blocks, top, std::nullopt},
      {Column::Blocks, top, Column::Blocks},
      {Column::Headers, top, std::nullopt},
      {Column::Headers, top, Column::Headers},
      {Column::Certificates, top, std::nullopt},
      {Column::Certificates, top, Column::Certificates},
      {Column::EvmHeaders, top, std::nullopt},
      {Column::EvmHeaders, top, Column::EvmHeaders},
      {Column::Receipts, top, std::nullopt},
      {Column::Blocks, top, Column::Receipts},
      {Column::Certificates, top, Column::Receipts},
      {Column::EvmHeaders, top, Column::Receipts},
      {Column::HeightByHash, to_bytes(head.hash.view()), std::nullopt},
      {Column::HeightByHash, to_bytes(head.hash.view()), Column::Receipts},
      {Column::HeightByEvmHash, to_bytes(head.evm_hash.view()), std::nullopt},
      {Column::TrieNodes, root_key, std::nullopt},
      {Column::TrieNodes, root_key, Column::Receipts},
      {Column::Meta, to_bytes(as_bytes(kHeadKey)), std::nullopt},
      {Column::Meta, to_bytes(as_bytes(kHeadKey)), Column::Receipts},
      {Column::Meta, to_bytes(as_bytes(kIdentityKey)), std::nullopt},
      {Column::Meta, to_bytes(as_bytes(kHistoryFloorKey)), Column::Receipts},
      {Column::Meta, to_bytes(as_bytes(kManifestKey)), Column::Receipts},
  };
  const auto put = [&](Column column, const Bytes& key, const std::optional<Bytes>& value) {
    const auto store = KvStore::open(place, closed.options, KvStore::Access::ReadWrite);
    ASSERT_TRUE(store) << store.error().message;
    KvBatch batch;
    if (value) {
      batch.put(column, key, *value);
    } else {
      batch.erase(column, key);
    }
    ASSERT_TRUE((*store)->write(batch, KvStore::Durability::Process));
  };
  const auto get = [&](Column column, const Bytes& key) {
    return KvStore::open(place, closed.options, KvStore::Access::Inspect)
        .value()
        ->get(column, key, nullptr)
        .value();
  };
  for (std::size_t i = 0; i < damages.size(); ++i) {
    SCOPED_TRACE(i);
    const Damage& damage = damages[i];
    const auto good = get(damage.column, damage.key);
    std::optional<Bytes> bad;
    if (damage.copy_from_below) bad = get(*damage.copy_from_below, below);
    put(damage.column, damage.key, bad);
    closed.expect_refused(StorageErrorKind::Corrupted);
    put(damage.column, damage.key, good);
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    SCOPED_TRACE(i);
    const auto column = static_cast<Column>(i);
    const Bytes key = to_bytes(as_bytes(kWatermarkKey));
    put(column, key, below);
    closed.expect_refused(StorageErrorKind::Corrupted);
    put(column, key, top);
  }
  expect_whole_chain(*open_database(closed.options));
}

TEST(Corruption, a_directory_that_cannot_be_made_is_named) {
  const auto refused = Database::open(test_options("/proc/nowhere/db"), test_identity());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageErrorKind::Io);
  EXPECT_NE(refused.error().message.find("/proc/nowhere/db"), std::string::npos);
}

}  // namespace
}  // namespace ol::storage
