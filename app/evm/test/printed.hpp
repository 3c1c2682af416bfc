#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace ol::app::test {

/// What a command prints, called by a line of arguments. Throws what it throws.
inline std::string printed_by(void (*add)(CLI::App&), const std::string& line) {
  CLI::App app;
  add(app);
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  try {
    app.parse(line);
  } catch (...) {
    std::cout.rdbuf(before);
    throw;
  }
  std::cout.rdbuf(before);
  return out.str();
}

/// A JSON file of a test's own, gone afterwards.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("app_evm_" + std::to_string(::getpid()) + "_" + std::to_string(next()) + ".json")) {
    std::ofstream(path_) << text;
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  static int next() {
    static int count = 0;
    return ++count;
  }

  std::filesystem::path path_;
};

}  // namespace ol::app::test
