#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ol::app {

/// The whole file as text; CommandError if it cannot be read or is larger than `bytes_max`.
[[nodiscard]] std::string read_text(const std::filesystem::path& path,
                                    std::size_t bytes_max = std::size_t{64} << 20);
/// Writes beside `path` and renames, so that a reader never sees half a file.
void write_text(const std::filesystem::path& path, std::string_view text);
/// CommandError if the directory cannot be made.
void make_directory(const std::filesystem::path& path);

}  // namespace ol::app
