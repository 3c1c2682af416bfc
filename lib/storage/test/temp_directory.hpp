#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <ol/base/check.hpp>

namespace ol::storage {

/// A fresh directory that goes away with the object.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "ol-storage-XXXXXX").string();
    OL_CHECK(::mkdtemp(name.data()) != nullptr, "a test can make a directory");
    path_ = name;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace ol::storage
