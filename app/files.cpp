#include "files.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

#include "command.hpp"

namespace ol::app {

std::string read_text(const std::filesystem::path& path, std::size_t bytes_max) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec) throw CommandError("cannot read " + path.string() + ": " + ec.message());
  if (size > bytes_max) {
    throw CommandError(path.string() + " has more than " + std::to_string(bytes_max) + " bytes");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw CommandError("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path beside = path;
  beside += ".new";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) throw CommandError("cannot write " + beside.string());
  }
  std::error_code ec;
  std::filesystem::rename(beside, path, ec);
  if (ec) throw CommandError("cannot write " + path.string() + ": " + ec.message());
}

void make_directory(const std::filesystem::path& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec) throw CommandError("cannot create the directory " + path.string() + ": " + ec.message());
}

}  // namespace ol::app
