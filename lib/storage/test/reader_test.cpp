#include <ol/storage/reader.hpp>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

std::unique_ptr<DatabaseReader> open_reader(const DatabaseOptions& options) {
  auto reader = DatabaseReader::open(options, test_identity());
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? *std::move(reader) : nullptr;
}

void expect_blocks(const Snapshot& snapshot, const std::vector<primitives::BlockHash>& hashes) {
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto block = snapshot.block(Height(i));
    ASSERT_TRUE(block) << i << ": " << block.error().message;
    ASSERT_TRUE(*block) << i;
    EXPECT_EQ((*block)->hash, hashes[i]) << i;
  }
}

TEST(DatabaseReader, reads_beside_a_database_that_goes_on) {
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  const auto database = open_database(options);
  std::vector<primitives::BlockHash> hashes;
  const auto commit = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      commit_blocks(*database, 1, 20, 2'000);
      hashes.push_back(database->head()->hash);
    }
  };
  commit(60);
  const auto reader = open_reader(options);
  ASSERT_TRUE(reader);
  const auto then = hashes;
  const auto files = store_files(options.path, "", ".sst");
  ASSERT_FALSE(files.empty());
  // Long enough for its files to be merged into others and deleted.
  const auto all_there = [&] {
    return std::ranges::all_of(files, [](const auto& f) { return std::filesystem::exists(f); });
  };
  for (int round = 0; round < 100 && all_there(); ++round)
    commit(20);
  EXPECT_FALSE(all_there());
  EXPECT_EQ(reader->snapshot().head()->height, Height(then.size() - 1));
  expect_blocks(reader->snapshot(), then);
  EXPECT_FALSE(reader->snapshot().block(Height(then.size()))->has_value());

  const auto later = open_reader(options);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->snapshot().head(), database->head());
  expect_blocks(later->snapshot(), hashes);
}

TEST(DatabaseReader, leaves_a_database_that_rests_as_it_is) {
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  {
    const auto database = open_database(options);
    commit_blocks(*database, 30);
  }
  const auto before = directory_contents(options.path);
  const auto reader = open_reader(options);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->snapshot().head()->height, Height(29));
  EXPECT_EQ(directory_contents(options.path), before);
  // It holds no lock.
  commit_blocks(*open_database(options), 1);
}

TEST(DatabaseReader, says_what_it_cannot_read) {
  const TempDirectory dir;
  const auto missing = DatabaseReader::open(test_options(dir / "none"), test_identity());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, StorageErrorKind::Missing);
  EXPECT_FALSE(std::filesystem::exists(dir / "none"));

  const auto options = test_options(dir / "db");
  commit_blocks(*open_database(options), 3);
  ChainIdentity other = test_identity();
  other.genesis_hash.bytes[0] ^= 1;
  const auto foreign = DatabaseReader::open(options, other);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, StorageErrorKind::WrongGenesis);
}

}  // namespace
}  // namespace ol::storage
