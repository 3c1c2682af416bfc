#include <ol/storage/outbox_log.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "temp_directory.hpp"

namespace ol::storage {
namespace {

Bytes message(std::string_view text) {
  return to_bytes(as_bytes(text));
}

void append_all(const std::filesystem::path& path, const std::vector<Bytes>& messages) {
  auto log = OutboxLog::open(path);
  ASSERT_TRUE(log) << log.error().message;
  for (const Bytes& bytes : messages)
    ASSERT_TRUE((*log)->append(bytes));
}

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(OutboxLog, reads_back_what_was_appended_over_several_runs) {
  const TempDirectory dir;
  append_all(dir / "outbox", {message("vote 1"), message("")});
  append_all(dir / "outbox", {message("vote 2"), Bytes(kOutboxMessageMax, 7)});
  const auto contents = read_outbox_log(dir / "outbox");
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->messages,
            (std::vector<Bytes>{message("vote 1"), message(""), message("vote 2"),
                                Bytes(kOutboxMessageMax, 7)}));
  EXPECT_EQ(contents->damaged_bytes, 0U);
}

TEST(OutboxLog, refuses_a_message_over_the_limit_and_writes_nothing_of_it) {
  const TempDirectory dir;
  auto log = OutboxLog::open(dir / "outbox");
  ASSERT_TRUE(log);
  const auto refused = (*log)->append(Bytes(kOutboxMessageMax + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageErrorKind::OverLimit);
  EXPECT_EQ(std::filesystem::file_size(dir / "outbox"), 0U);
}

TEST(OutboxLog, is_open_once_only) {
  const TempDirectory dir;
  auto log = OutboxLog::open(dir / "outbox");
  ASSERT_TRUE(log);
  EXPECT_EQ(OutboxLog::open(dir / "outbox").error().kind, StorageErrorKind::Locked);
}

TEST(OutboxLog, says_which_file_is_missing) {
  const auto missing = read_outbox_log("/nonexistent/outbox");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, StorageErrorKind::Missing);
  EXPECT_NE(missing.error().message.find("/nonexistent/outbox"), std::string::npos);
  EXPECT_FALSE(OutboxLog::open("/nonexistent/outbox"));
}

TEST(OutboxLog, steps_over_a_tail_cut_at_every_byte_and_reads_what_follows) {
  const TempDirectory dir;
  append_all(dir / "whole", {message("first"), message("second")});
  const Bytes whole = file_bytes(dir / "whole");
  const std::size_t first_bytes = 16 + 5;
  for (std::size_t cut = first_bytes; cut < whole.size(); ++cut) {
    const std::filesystem::path path = dir / ("cut" + std::to_string(cut));
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(whole.data()), static_cast<std::streamsize>(cut));
    append_all(path, {message("after the crash")});
    const auto contents = read_outbox_log(path);
    ASSERT_TRUE(contents);
    EXPECT_EQ(contents->messages,
              (std::vector<Bytes>{message("first"), message("after the crash")}))
        << cut;
    EXPECT_EQ(contents->damaged_bytes, cut - first_bytes) << cut;
  }
}

TEST(OutboxLog, loses_only_the_message_that_a_flipped_bit_is_in) {
  const TempDirectory dir;
  append_all(dir / "outbox", {message("first"), message("second"), message("third")});
  const Bytes whole = file_bytes(dir / "outbox");
  for (std::size_t i = 16 + 5; i < whole.size() - (16 + 5); ++i) {
    Bytes bad = whole;
    bad[i] ^= 0x10;
    OutboxReader reader(bad);
    EXPECT_EQ(to_bytes(reader.next().value()), message("first"));
    EXPECT_EQ(to_bytes(reader.next().value()), message("third")) << i;
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.damaged_bytes(), 16U + 6U) << i;
  }
}

TEST(OutboxLog, has_the_documented_bytes) {
  const TempDirectory dir;
  append_all(dir / "outbox", {message("ab")});
  const Bytes bytes = file_bytes(dir / "outbox");
  ASSERT_EQ(bytes.size(), 18U);
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 4), (Bytes{'O', 'L', 'M', 1}));
  EXPECT_EQ(Bytes(bytes.begin() + 12, bytes.end()), (Bytes{0, 0, 0, 2, 'a', 'b'}));
}

}  // namespace
}  // namespace ol::storage
