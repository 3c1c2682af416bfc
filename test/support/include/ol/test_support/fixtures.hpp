#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace ol::test_support {

/// The folder an archive of test vectors is unpacked in. Archives (`<name>.tar.zst`) are looked for
/// in `$OL_FIXTURES`, else in `../shared/fixtures` beside the repository; each is unpacked once per
/// build directory, again when it is newer. Nothing if the archive is absent, which is printed.
[[nodiscard]] std::optional<std::filesystem::path> fixtures(std::string_view name);

/// All regular files below `folder` that end in .json, sorted.
[[nodiscard]] std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);

/// The parsed file. A file that is missing or is not JSON ends the process with a message.
[[nodiscard]] boost::json::value read_json(const std::filesystem::path& file);

}  // namespace ol::test_support

/// Skips the current test, saying why, unless the archive is there; `folder` names its contents.
#define OL_FIXTURES_OR_SKIP(folder, name)                                          \
  const auto folder##_found = ::ol::test_support::fixtures(name);                  \
  if (!folder##_found) GTEST_SKIP() << "test vectors " << (name) << " are absent"; \
  const std::filesystem::path& folder = *folder##_found
