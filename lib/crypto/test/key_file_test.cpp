#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <ol/crypto/key_file.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

constexpr PassphraseCost kCheap{1, PassphraseCost::kMemoryKibMin};

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ol-key-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/key";
  }
  ~KeyFile() override { std::filesystem::remove_all(directory_); }

  void write_raw(ByteView content, mode_t mode = 0600) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << as_text(content);
    ::chmod(path_.c_str(), mode);
  }
  KeyFileError read_error(std::optional<std::string_view> passphrase = std::nullopt) const {
    return read_key_file(path_, KeyKind::Bls, passphrase).error();
  }

  std::string directory_;
  std::string path_;
};

TEST_F(KeyFile, keeps_a_plain_key) {
  ASSERT_TRUE(write_key_file(path_, KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  EXPECT_EQ(read_key_file(path_, KeyKind::Bls, std::nullopt).value(), test::seed(1));
}

TEST_F(KeyFile, keeps_an_encrypted_key) {
  ASSERT_TRUE(write_key_file(path_, KeyKind::Bls, test::seed(1), "pass", kCheap).has_value());
  EXPECT_EQ(read_key_file(path_, KeyKind::Bls, "pass").value(), test::seed(1));
  EXPECT_EQ(read_error("Pass"), KeyFileError::WrongPassphrase);
  EXPECT_EQ(read_error(), KeyFileError::PassphraseNeeded);
  EXPECT_EQ(read_error(""), KeyFileError::PassphraseNeeded);
}

TEST_F(KeyFile, is_readable_by_its_owner_only_whatever_the_umask) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(write_key_file(path_, KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(KeyFile, is_never_overwritten) {
  ASSERT_TRUE(write_key_file(path_, KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  EXPECT_EQ(write_key_file(path_, KeyKind::Bls, test::seed(2), std::nullopt).error(),
            KeyFileError::AlreadyExists);
  EXPECT_EQ(read_key_file(path_, KeyKind::Bls, std::nullopt).value(), test::seed(1));
}

TEST_F(KeyFile, is_not_written_through_a_link) {
  ASSERT_EQ(::symlink((directory_ + "/elsewhere").c_str(), path_.c_str()), 0);
  EXPECT_FALSE(write_key_file(path_, KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/elsewhere"));
}

TEST_F(KeyFile, reports_a_missing_directory) {
  EXPECT_EQ(
      write_key_file(directory_ + "/no/key", KeyKind::Bls, test::seed(1), std::nullopt).error(),
      KeyFileError::WriteFailed);
  EXPECT_EQ(read_key_file(directory_ + "/no/key", KeyKind::Bls, std::nullopt).error(),
            KeyFileError::NotFound);
  EXPECT_EQ(read_key_file(path_ + "/below", KeyKind::Bls, std::nullopt).error(),
            KeyFileError::NotFound);
}

TEST_F(KeyFile, writes_into_the_working_directory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  EXPECT_TRUE(write_key_file("key", KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  std::filesystem::current_path(before);
  EXPECT_TRUE(read_key_file(path_, KeyKind::Bls, std::nullopt).has_value());
}

TEST_F(KeyFile, refuses_files_open_to_others) {
  const auto content = encode_key_file(KeyKind::Bls, test::seed(1), std::nullopt);
  for (const mode_t mode : {0640u, 0620u, 0610u, 0604u, 0602u, 0601u, 0777u}) {
    write_raw(*content, mode);
    EXPECT_EQ(read_error(), KeyFileError::TooOpen) << std::oct << mode;
  }
  for (const mode_t mode : {0600u, 0400u, 0700u}) {
    write_raw(*content, 0600);
    ::chmod(path_.c_str(), mode);
    EXPECT_TRUE(read_key_file(path_, KeyKind::Bls, std::nullopt).has_value()) << std::oct << mode;
    ::chmod(path_.c_str(), 0600);
  }
}

TEST_F(KeyFile, refuses_what_is_not_a_file) {
  EXPECT_EQ(read_key_file(directory_, KeyKind::Bls, std::nullopt).error(), KeyFileError::NotAFile);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read_error(), KeyFileError::NotAFile);
}

TEST_F(KeyFile, refuses_a_key_of_another_kind) {
  ASSERT_TRUE(write_key_file(path_, KeyKind::Ed25519, test::seed(1), std::nullopt).has_value());
  EXPECT_EQ(read_error(), KeyFileError::WrongKind);
}

TEST_F(KeyFile, refuses_a_passphrase_for_a_plain_key) {
  ASSERT_TRUE(write_key_file(path_, KeyKind::Bls, test::seed(1), std::nullopt).has_value());
  EXPECT_EQ(read_error("pass"), KeyFileError::NotEncrypted);
}

TEST_F(KeyFile, refuses_damaged_files) {
  const auto content = *encode_key_file(KeyKind::Bls, test::seed(1), std::nullopt);
  EXPECT_EQ(content.size(), 7u + 32 + 4);
  for (std::size_t size = 0; size < content.size(); ++size) {
    write_raw(ByteView(content).first(size));
    EXPECT_EQ(read_error(), KeyFileError::BadFormat) << size;
  }
  for (std::size_t i = 0; i < content.size(); ++i) {
    auto changed = content;
    changed[i] ^= 0x40;
    write_raw(changed);
    const auto error = read_error();
    const auto expected = i == 4   ? KeyFileError::UnknownVersion
                          : i == 5 ? KeyFileError::WrongKind
                                   : KeyFileError::BadFormat;
    EXPECT_EQ(error, expected) << i;
  }
  auto longer = content;
  longer.resize(100'000);
  write_raw(longer);
  EXPECT_EQ(read_error(), KeyFileError::BadFormat);
}

TEST_F(KeyFile, binds_the_kind_of_an_encrypted_key) {
  auto content = *encode_key_file(KeyKind::Bls, test::seed(1), "pass", kCheap);
  EXPECT_TRUE(decode_key_file(content, KeyKind::Bls, "pass").has_value());
  content[5] = static_cast<std::uint8_t>(KeyKind::BlsShare);
  EXPECT_EQ(decode_key_file(content, KeyKind::BlsShare, "pass").error(),
            KeyFileError::WrongPassphrase);
}

TEST_F(KeyFile, passes_on_what_is_wrong_with_the_sealed_part) {
  const auto content = *encode_key_file(KeyKind::Bls, test::seed(1), "pass", kCheap);
  const auto error = [&](std::size_t at, std::uint8_t value) {
    auto changed = content;
    changed[at] = value;
    return decode_key_file(changed, KeyKind::Bls, "pass").error();
  };
  EXPECT_EQ(error(7, 'x'), KeyFileError::BadFormat);
  EXPECT_EQ(error(11, 9), KeyFileError::UnknownVersion);
  EXPECT_EQ(error(12, 0xff), KeyFileError::CostOutOfBounds);
  EXPECT_EQ(encode_key_file(KeyKind::Bls, test::seed(1), "p", {0, 0}).error(),
            KeyFileError::CostOutOfBounds);
}

TEST(KeyFileErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(KeyFileError::OutOfMemory); ++i) {
    texts.insert(describe(static_cast<KeyFileError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(KeyFileError::OutOfMemory) + 1);
}

}  // namespace
}  // namespace ol::crypto
