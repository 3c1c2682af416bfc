#include <ol/storage/safety_file.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <ol/storage/safety_store.hpp>

#include "temp_directory.hpp"

namespace ol::storage {
namespace {

Bytes record(std::string_view text) {
  return to_bytes(as_bytes(text));
}

TEST(SafetyFile, keeps_the_record_across_opens) {
  const TempDirectory dir;
  {
    auto file = SafetyFile::create(dir / "safety", record("first"));
    ASSERT_TRUE(file) << file.error().message;
    auto store = SafetyStore::open(**file);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->write(record("second")));
  }
  auto file = SafetyFile::open(dir / "safety");
  ASSERT_TRUE(file) << file.error().message;
  auto store = SafetyStore::open(**file);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->record(), record("second"));
}

TEST(SafetyFile, is_readable_by_its_owner_only_and_leaves_nothing_else_behind) {
  const TempDirectory dir;
  ASSERT_TRUE(SafetyFile::create(dir / "safety", {}));
  struct stat info{};
  ASSERT_EQ(::stat((dir / "safety").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(static_cast<std::size_t>(info.st_size), kSafetyDiskBytes);
  const std::filesystem::directory_iterator entries(dir.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(SafetyFile, tells_missing_from_locked_from_cut_short) {
  const TempDirectory dir;
  const auto missing = SafetyFile::open(dir / "safety");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, StorageErrorKind::Missing);
  {
    auto held = SafetyFile::create(dir / "safety", {});
    ASSERT_TRUE(held);
    const auto second = SafetyFile::open(dir / "safety");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, StorageErrorKind::Locked);
    EXPECT_NE(second.error().message.find((dir / "safety").string()), std::string::npos);
  }
  std::filesystem::resize_file(dir / "safety", kSafetyDiskBytes - 1);
  const auto cut = SafetyFile::open(dir / "safety");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, StorageErrorKind::Corrupted);
}

TEST(SafetyFile, never_replaces_a_record_that_exists) {
  const TempDirectory dir;
  {
    ASSERT_TRUE(SafetyFile::create(dir / "safety", record("precious")));
  }
  const auto again = SafetyFile::create(dir / "safety", record("fresh"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, StorageErrorKind::Exists);
  auto file = SafetyFile::open(dir / "safety");
  ASSERT_TRUE(file);
  EXPECT_EQ((*SafetyStore::open(**file))->record(), record("precious"));
}

TEST(SafetyFile, replaces_the_remains_of_a_creation_that_was_interrupted) {
  const TempDirectory dir;
  std::ofstream(dir / "safety.new") << "half";
  EXPECT_TRUE(SafetyFile::create(dir / "safety", record("x")));
  EXPECT_FALSE(std::filesystem::exists(dir / "safety.new"));
}

TEST(SafetyFile, names_the_directory_that_cannot_be_written) {
  const auto refused = SafetyFile::create("/nonexistent-directory/safety", {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/nonexistent-directory/safety"), std::string::npos);
}

TEST(SafetyFile, gives_the_lock_back_when_its_process_is_killed) {
  const TempDirectory dir;
  {
    ASSERT_TRUE(SafetyFile::create(dir / "safety", record("x")));
  }
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto held = SafetyFile::open(dir / "safety");
    const char answer = held ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;)
      ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(SafetyFile::open(dir / "safety").error().kind, StorageErrorKind::Locked);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(SafetyFile::open(dir / "safety"));
  ::close(ready[0]);
  ::close(ready[1]);
}

// A child counts up in the record and reports each count after its write returned; killed at any
// instant, the file must hold the last reported count or the one being written.
TEST(SafetyFile, loses_no_returned_write_when_killed) {
  const TempDirectory dir;
  {
    ASSERT_TRUE(SafetyFile::create(dir / "safety", record("0")));
  }
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    int reports[2];
    ASSERT_EQ(::pipe(reports), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto file = SafetyFile::open(dir / "safety");
      auto store = SafetyStore::open(**file);
      std::uint64_t n = std::stoull(std::string(as_text((*store)->record())));
      for (;;) {
        ++n;
        if (!(*store)->write(record(std::to_string(n)))) ::_exit(1);
        if (::write(reports[1], &n, sizeof n) != static_cast<ssize_t>(sizeof n)) ::_exit(1);
      }
    }
    ::close(reports[1]);
    std::uint64_t reported = last;
    for (int i = 0; i < 3 + round; ++i) {
      ASSERT_EQ(::read(reports[0], &reported, sizeof reported),
                static_cast<ssize_t>(sizeof reported));
    }
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(reports[0], &reported, sizeof reported) ==
           static_cast<ssize_t>(sizeof reported)) {
    }
    ::close(reports[0]);
    auto file = SafetyFile::open(dir / "safety");
    ASSERT_TRUE(file) << file.error().message;
    auto store = SafetyStore::open(**file);
    ASSERT_TRUE(store) << store.error().message;
    const std::uint64_t found = std::stoull(std::string(as_text((*store)->record())));
    EXPECT_GE(found, reported);
    EXPECT_LE(found, reported + 1);
    last = found;
  }
}

}  // namespace
}  // namespace ol::storage
