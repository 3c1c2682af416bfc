#pragma once

#include <filesystem>
#include <string>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>

namespace ol::node {

/// Writes a whole file that a crash leaves whole or absent, and returns once it is on the device.
/// The error is a sentence for the operator.
[[nodiscard]] Result<void, std::string> write_durably(const std::filesystem::path& path,
                                                      ByteView bytes);
/// Nothing if it cannot be read or is longer than `bytes_max`.
[[nodiscard]] std::optional<Bytes> read_bounded(const std::filesystem::path& path,
                                                std::size_t bytes_max);

}  // namespace ol::node
