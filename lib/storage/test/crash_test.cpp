#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

// A child that does `work` with the write end of a pipe and never returns.
struct Child {
  pid_t pid = -1;
  int reports = -1;

  template <typename Work>
  static Child start(const Work& work) {
    int ends[2];
    OL_CHECK(::pipe(ends) == 0, "a test can make a pipe");
    Child out;
    out.pid = ::fork();
    OL_CHECK(out.pid >= 0, "a test can fork");
    if (out.pid == 0) {
      ::close(ends[0]);
      work(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    out.reports = ends[0];
    return out;
  }

  /// The next height the child reports as committed; nothing once it is gone.
  [[nodiscard]] std::optional<std::uint64_t> next() const {
    std::uint64_t height = 0;
    if (::read(reports, &height, sizeof height) != static_cast<ssize_t>(sizeof height)) {
      return std::nullopt;
    }
    return height;
  }

  int wait() {
    int status = 0;
    OL_CHECK(::waitpid(pid, &status, 0) == pid, "the child ends");
    ::close(reports);
    return status;
  }
};

void report(int pipe, std::uint64_t height) {
  if (::write(pipe, &height, sizeof height) != static_cast<ssize_t>(sizeof height)) ::_exit(2);
}

// Rounds after the first fork while RocksDB's threads run here, which this sanitizer does not
// follow.
#if __has_feature(thread_sanitizer)
constexpr bool kCanFork = false;
#else
constexpr bool kCanFork = true;
#endif

// Commits for ever, one block or a span of up to three at a time, and reports each head.
void commit_for_ever(const DatabaseOptions& options, std::uint64_t seed, int pipe) {
  std::mt19937_64 random(seed);
  auto database = Database::open(options, test_identity());
  if (!database) ::_exit(1);
  for (;;) {
    const MadeBlock block = make_next(**database, random() % 20, 40 + random() % 4000);
    if (!(*database)->commit(block.committed())) ::_exit(1);
    report(pipe, (*database)->head()->height.value());
  }
}

TEST(Crash, loses_no_committed_block_when_killed_at_random_instants) {
  if (!kCanFork) GTEST_SKIP() << "the thread sanitizer does not follow a fork with threads";
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  const std::uint64_t seed = 20240917;
  std::mt19937_64 random(seed);
  std::uint64_t reported = 0;
  for (std::uint64_t round = 0; round < 25; ++round) {
    Child child = Child::start([&](int pipe) { commit_for_ever(options, seed + round, pipe); });
    const std::uint64_t wait_for = random() % 25;
    for (std::uint64_t i = 0; i <= wait_for; ++i) {
      const auto height = child.next();
      ASSERT_TRUE(height) << "round " << round;
      reported = *height;
    }
    // From here the child runs on; how far it gets is chance, and so is the instant of its death.
    for (volatile std::uint64_t spin = random() % 2'000'000; spin > 0; spin = spin - 1) {
    }
    ::kill(child.pid, SIGKILL);
    while (const auto height = child.next())
      reported = *height;
    child.wait();
    const auto database = open_database(options);
    ASSERT_NE(database, nullptr) << "round " << round;
    ASSERT_TRUE(database->head());
    EXPECT_GE(database->head()->height.value(), reported) << "round " << round;
    EXPECT_LE(database->head()->height.value(), reported + 1) << "round " << round;
    expect_whole_chain(*database);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(Crash, comes_back_when_killed_while_opening) {
  if (!kCanFork) GTEST_SKIP() << "the thread sanitizer does not follow a fork with threads";
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  std::mt19937_64 random(7);
  for (std::uint64_t round = 0; round < 15; ++round) {
    Child child = Child::start([&](int pipe) {
      report(pipe, 0);
      const auto database = Database::open(options, test_identity());
      if (!database) ::_exit(1);
      commit_blocks(**database, 10, 10, 2000);
      report(pipe, 1);
    });
    ASSERT_TRUE(child.next());
    for (volatile std::uint64_t spin = random() % 20'000'000; spin > 0; spin = spin - 1) {
    }
    ::kill(child.pid, SIGKILL);
    child.wait();
  }
  const auto database = open_database(options);
  ASSERT_NE(database, nullptr);
  expect_whole_chain(*database);
}

// The file system refuses to let any file grow past a point inside the batch: the batch fails as a
// whole, the node learns of it, and after a restart the chain ends where it did before.
TEST(Crash, leaves_nothing_of_a_batch_the_disk_refused) {
  if (!kCanFork) GTEST_SKIP() << "the thread sanitizer does not follow a fork with threads";
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  commit_blocks(*open_database(options), 5);
  for (const std::uint64_t room : {0ULL, 1ULL, 6ULL, 7ULL, 100ULL, 3000ULL, 20'000ULL, 39'000ULL}) {
    const Head before = *open_database(options)->head();
    Child child = Child::start([&](int) {
      auto database = Database::open(options, test_identity());
      if (!database) ::_exit(10);
      const MadeBlock good = make_next(**database, 1);
      if (!(*database)->commit(good.committed())) ::_exit(11);
      const MadeBlock torn = make_next(**database, 10, 4000);
      const auto logs = store_files(options.path, "", ".log");
      std::uint64_t longest = 0;
      for (const auto& log : logs)
        longest = std::max(longest, static_cast<std::uint64_t>(std::filesystem::file_size(log)));
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{longest + room, longest + room};
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(12);
      const auto refused = (*database)->commit(torn.committed());
      if (refused) ::_exit(13);
      if (refused.error().kind != StorageErrorKind::Io) ::_exit(14);
      if ((*database)->head() != good.head()) ::_exit(15);
      if ((*database)->commit(torn.committed())) ::_exit(16);
      ::_exit(0);
    });
    const int status = child.wait();
    ASSERT_TRUE(WIFEXITED(status)) << status;
    ASSERT_EQ(WEXITSTATUS(status), 0) << "room " << room;
    const auto database = open_database(options);
    ASSERT_NE(database, nullptr) << "room " << room;
    EXPECT_EQ(database->head()->height, before.height.next()) << "room " << room;
    expect_whole_chain(*database);
    commit_blocks(*database, 1);
  }
}

}  // namespace
}  // namespace ol::storage
