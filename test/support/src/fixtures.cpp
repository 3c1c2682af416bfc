#include <ol/test_support/fixtures.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

#include <ol/base/check.hpp>

namespace ol::test_support {
namespace {

namespace fs = std::filesystem;

fs::path archive_folder() {
  const char* const configured = std::getenv("OL_FIXTURES");
  if (configured != nullptr && *configured != '\0') return configured;
  return fs::path(OL_SOURCE_DIR) / ".." / "shared" / "fixtures";
}

/// Test processes run side by side; one unpacks while the others wait for the file lock.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& file)
      : descriptor_(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    OL_CHECK(descriptor_ >= 0, "the fixtures' lock file can be made");
    OL_CHECK(::flock(descriptor_, LOCK_EX) == 0, "the fixtures can be locked");
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

std::string quoted(const fs::path& path) {
  std::string out = "'";
  for (const char c : path.string()) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

void unpack(const fs::path& archive, const fs::path& folder, const fs::path& stamp) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::string command = "tar --zstd -xf " + quoted(archive) + " -C " + quoted(folder);
  OL_CHECK(std::system(command.c_str()) == 0, "the fixtures can be unpacked with tar --zstd");
  std::ofstream(stamp) << "unpacked\n";
  fs::last_write_time(stamp, fs::last_write_time(archive));
}

}  // namespace

std::optional<fs::path> fixtures(std::string_view name) {
  const fs::path archive = archive_folder() / (std::string(name) + ".tar.zst");
  std::error_code missing;
  const auto changed = fs::last_write_time(archive, missing);
  if (missing) {
    std::printf(
        "[ FIXTURES ] %s is absent: its tests are SKIPPED. Set OL_FIXTURES to the folder that "
        "holds it.\n",
        archive.lexically_normal().c_str());
    return std::nullopt;
  }
  const fs::path cache = OL_FIXTURES_CACHE;
  fs::create_directories(cache);
  const FolderLock lock(cache / "lock");
  const fs::path folder = cache / name;
  const fs::path stamp = cache / (std::string(name) + ".stamp");
  const auto unpacked = fs::last_write_time(stamp, missing);
  if (missing || unpacked != changed) unpack(archive, folder, stamp);
  return folder;
}

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") out.push_back(entry);
  }
  std::sort(out.begin(), out.end());
  return out;
}

boost::json::value read_json(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", file.c_str());
    std::abort();
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error) {
    std::fprintf(stderr, "%s is not JSON: %s\n", file.c_str(), error.message().c_str());
    std::abort();
  }
  return value;
}

}  // namespace ol::test_support
