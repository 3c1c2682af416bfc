#include <ol/storage/block_log.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Block;
using primitives::Height;

Block block_at(std::uint64_t height, std::uint64_t view, std::size_t bytes = 50) {
  primitives::Header header;
  header.chain_id = test_identity().domain.chain_id;
  header.height = Height(height);
  header.view = primitives::View(view);
  return Block::propose(test_identity().domain, std::move(header), {Bytes(bytes, 0x21)});
}

std::unique_ptr<BlockLog> open_log(const std::filesystem::path& directory,
                                   Durability durability = Durability::Process) {
  auto log = BlockLog::open(directory, test_identity().domain, durability);
  EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().message);
  return log ? std::move(*log) : nullptr;
}

std::vector<std::uint64_t> views_in(const std::filesystem::path& directory) {
  std::vector<std::uint64_t> out;
  for (const Block& block : open_log(directory)->take_recovered())
    out.push_back(block.header.view.value());
  return out;
}

TEST(BlockLog, gives_back_what_was_appended_in_the_order_of_heights) {
  for (const Durability durability : {Durability::Process, Durability::Device}) {
    const TempDirectory dir;
    {
      const auto log = open_log(dir.path(), durability);
      EXPECT_TRUE(log->take_recovered().empty());
      for (const std::uint64_t n : {3ULL, 1ULL, 2ULL})
        ASSERT_TRUE(log->append(block_at(n, n + 10)));
    }
    ASSERT_TRUE(open_log(dir.path(), durability)->append(block_at(3, 20)));
    EXPECT_EQ(views_in(dir.path()), (std::vector<std::uint64_t>{11, 12, 13, 20}));
    EXPECT_EQ(open_log(dir.path())->take_recovered()[0].hash, block_at(1, 11).hash);
  }
}

TEST(BlockLog, drops_a_record_cut_at_every_byte_and_goes_on_behind_the_whole_ones) {
  const TempDirectory dir;
  const auto path = dir / "blocks.a.log";
  ASSERT_TRUE(open_log(dir.path())->append(block_at(1, 1)));
  const std::size_t first = file_bytes(path).size();
  ASSERT_TRUE(open_log(dir.path())->append(block_at(2, 2)));
  const Bytes whole = file_bytes(path);
  for (std::size_t cut = first; cut < whole.size(); ++cut) {
    write_file(path, ByteView(whole).first(cut));
    ASSERT_TRUE(open_log(dir.path())->append(block_at(2, 3)));
    EXPECT_EQ(views_in(dir.path()), (std::vector<std::uint64_t>{1, 3})) << cut;
  }
}

TEST(BlockLog, never_gives_back_a_block_with_a_flipped_bit) {
  const TempDirectory dir;
  const auto path = dir / "blocks.a.log";
  ASSERT_TRUE(open_log(dir.path())->append(block_at(1, 1)));
  const Bytes whole = file_bytes(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes bad = whole;
    bad[i] ^= 0x08;
    write_file(path, bad);
    EXPECT_TRUE(views_in(dir.path()).empty()) << i;
  }
}

TEST(BlockLog, takes_turns_between_its_files_and_keeps_what_is_not_committed) {
  const TempDirectory dir;
  const auto size = [&](const char* name) { return std::filesystem::file_size(dir / name); };
  constexpr std::size_t rotate_bytes = 32 * 1024;
  const std::size_t large = 7 * 1024;
  const auto opened =
      BlockLog::open(dir.path(), test_identity().domain, Durability::Process, rotate_bytes);
  ASSERT_TRUE(opened);
  const auto& log = *opened;
  std::uint64_t height = 0;
  const auto fill = [&] {
    for (int i = 0; i < 5; ++i) {
      ++height;
      ASSERT_TRUE(log->append(block_at(height, height, large)));
    }
  };
  height = 1;
  ASSERT_TRUE(log->append(block_at(height, height)));
  ASSERT_TRUE(log->committed(Height(height)));
  EXPECT_EQ(size("blocks.b.log"), 0U) << "a short file is not given up";
  fill();
  ASSERT_TRUE(log->committed(Height(1)));
  fill();
  EXPECT_GT(size("blocks.a.log"), rotate_bytes);
  EXPECT_GT(size("blocks.b.log"), rotate_bytes);
  ASSERT_TRUE(log->committed(Height(5)));
  EXPECT_EQ(views_in(dir.path()).size(), 11U) << "block 6 in the older file is not committed";
  ASSERT_TRUE(log->committed(Height(6)));
  EXPECT_EQ(views_in(dir.path()), (std::vector<std::uint64_t>{7, 8, 9, 10, 11}));
  ASSERT_TRUE(log->append(block_at(12, 12)));
  EXPECT_LT(size("blocks.a.log"), 5'000U);
  EXPECT_EQ(views_in(dir.path()), (std::vector<std::uint64_t>{7, 8, 9, 10, 11, 12}));
}

TEST(BlockLog, names_the_directory_it_cannot_use) {
  const auto refused =
      BlockLog::open("/nonexistent-directory", test_identity().domain, Durability::Process);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/nonexistent-directory"), std::string::npos);
}

TEST(BlockLog, stays_failed_after_an_append_the_disk_refused) {
  const TempDirectory dir;
  ASSERT_TRUE(open_log(dir.path())->append(block_at(1, 1)));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto log = open_log(dir.path());
    ::signal(SIGXFSZ, SIG_IGN);
    const auto length = std::filesystem::file_size(dir / "blocks.a.log") + 30;
    rlimit limit{length, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(10);
    if (log->append(block_at(2, 2))) ::_exit(11);
    limit.rlim_cur = RLIM_INFINITY;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(12);
    ::_exit(log->append(block_at(2, 3)) ? 13 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(views_in(dir.path()), (std::vector<std::uint64_t>{1}));
}

}  // namespace
}  // namespace ol::storage
